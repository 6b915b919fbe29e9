"""What is told at once, because it is about the place walked from: in one sentence, with what can still be
done.  Pure."""

from __future__ import annotations

from mailpath.facts import Found, Walk, unreached
from mailpath.visible import visible


def notice(walk: Walk, *steps: str) -> str:
    """The weightiest of what stands in the way here, as far as `steps` can tell; "" if nothing does."""
    recipient = visible(walk.path.recipient, limit=80)
    elsewhere = f"ssh HOST mailpath check {recipient} --capture - | mailpath open -"
    if "mx" in steps and unreached(walk):
        return (
            f"The resolver {visible(walk.resolver, limit=60)} could not be asked, so nothing is known of"
            f" {recipient}. Choose another (--resolver ADDRESS), walk elsewhere and look here"
            f" ({elsewhere}), or open a capture or the lab, which need no network."
        )
    if "sender" in steps and walk.sender.port25 is Found.BLOCKED:
        return (
            "Port 25 does not leave this machine, so the servers were not seen; the other panels stand."
            f" Walk where it is open, look here: {elsewhere}"
        )
    if "dnssec" in steps and not walk.dnssec.resolver_passes:
        return (
            f"The resolver {visible(walk.resolver, limit=60)} leaves DNSSEC out, so DANE cannot be judged;"
            " the other panels stand. Choose another: --resolver ADDRESS, or [network] in the config file."
        )
    return ""
