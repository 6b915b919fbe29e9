"""What is told at once, because it is about the place walked from: what can be done
about it, then what follows from it.  Pure."""

from __future__ import annotations

from mailpath.assess.faults import bounds_reached, unreached
from mailpath.facts import Found, Walk
from mailpath.visible import visible


def notice(walk: Walk, *steps: str) -> str:
    """The weightiest of what stands in the way here, as far as `steps` can tell; "" if nothing does."""
    recipient = visible(walk.path.recipient, limit=80)
    sender = f" --from {visible(walk.path.sender, limit=80)}" if walk.path.sender else ""
    elsewhere = f"ssh HOST mailpath check {recipient}{sender} --capture - | mailpath open -"
    if "mx" in steps and unreached(walk):
        failed = "answers only with errors" if walk.sender.resolver_fails else "could not be asked"
        return (
            f"The resolver {visible(walk.resolver, limit=60)} {failed}: use another (--resolver ADDRESS),"
            f" walk on another machine and view the result here ({elsewhere}), or open a capture or the lab,"
            f" which need no network. Nothing is known about {recipient}."
        )
    if "sender" in steps and walk.sender.port25 is Found.BLOCKED:
        return (
            "Outgoing port 25 is blocked here: walk where it is open, and view the result here"
            f" ({elsewhere}). The servers were not seen; the other panels are valid."
        )
    if "dnssec" in steps and not walk.dnssec.resolver_passes:
        return (
            f"The resolver {visible(walk.resolver, limit=60)} omits DNSSEC data: use another (--resolver"
            " ADDRESS, or [network] in the config file). DANE cannot be judged; the other panels are valid."
        )
    for bound in bounds_reached(walk):
        return f"The walk was cut short: {visible(bound)}. The panels show what was tried."
    return ""
