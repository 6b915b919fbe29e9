"""Why an attack works, or why it does not, told from the facts of the tampered walk.  Pure.

The facts are the validator's and the matchers' own: a forged answer is "bogus" here because the walk found
it so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mailpath.attacks import attacked, attacker
from mailpath.attacks.reading import to_attacker
from mailpath.facts import Found, Lookup, Security, Walk
from mailpath.judge import Outcome, Verdict
from mailpath.visible import visible


def evidence(
    before: Walk,
    after: Walk,
    attack: str,
    verdict: Verdict,
    *,
    touched: bool = True,
    steer_to: str | None = None,
) -> str:
    """For example "the MX RRset is signed, and the forged one is bogus; deferred (...)"."""
    if not touched:
        return f"there is nothing for it to tamper with; {effect(after, verdict)}"
    causes = [_CAUSES[name](after) for name in attacked.parts(attack) if name != "steer"]
    if "block-policy" in attacked.parts(attack) and verdict.policy_state == "cached":
        causes.append("the cached policy counts")
    if steer_to is not None:
        causes.insert(0, f"only {visible(steer_to)} can be reached")
    return "; ".join([*(cause for cause in causes if cause), effect(after, verdict)])


# --- what the attack did ---------------------------------------------------------------------------


def _forged(lookups: Iterable[Lookup], what: str, verb: str = "is") -> str:
    """What became of forged answers: the best of them counts for the attacker."""
    found = {lookup.security for lookup in lookups}
    if Security.INSECURE in found or Security.SECURE in found:
        return f"{what} {verb} not signed, so the forgery is believed"
    if Security.BOGUS in found:
        return f"{what} {verb} signed, so the forgery is bogus"
    return f"whether {what} {verb} signed could not be learnt"


def _forge_mx(after: Walk) -> str:
    return _forged([after.mx.lookup], "the MX RRset")


def _forge_address(after: Walk) -> str:
    lookups = [host.v4 for host in after.mx.hosts if host.v4 is not None]
    return _forged(lookups, "the address") if lookups else ""


def _tlsa(after: Walk) -> list[Lookup]:
    return [candidate.lookup for host in after.tlsa.hosts for candidate in host.candidates]


def _deny_tlsa(after: Walk) -> str:
    if any(lookup.security is Security.BOGUS for lookup in _tlsa(after)):
        return "the zone is signed, so a denial of its TLSA records without proof is bogus"
    believed = any(lookup.security is Security.INSECURE for lookup in _tlsa(after))
    return "the denial of the TLSA records is believed" if believed else ""


def _block_tlsa(after: Walk) -> str:
    failed = any(lookup.found is Found.FAILED for lookup in _tlsa(after))
    return "the TLSA lookup fails, which is not an absence" if failed else ""


def _block_policy(after: Walk) -> str:
    txt = after.sts.txt
    if txt is not None and txt.security is Security.BOGUS:
        return "the denial of the MTA-STS record is bogus, yet without an answer there is no policy"
    return "no MTA-STS policy is found"


_CAUSES: Mapping[str, Callable[[Walk], str]] = {
    "strip-starttls": lambda _: "STARTTLS is hidden",
    "break-tls": lambda _: "every TLS handshake is reset",
    "mitm-self-signed": lambda _: "the attacker's certificate is self-signed",
    "mitm-own-cert": lambda _: f"the attacker's certificate is valid, but for {attacker.HOST}",
    "mitm-misissued": lambda _: "the attacker's certificate is trusted and names the MX host",
    "forge-mx": _forge_mx,
    "forge-address": _forge_address,
    "deny-tlsa": _deny_tlsa,
    "block-tlsa": _block_tlsa,
    "block-policy": _block_policy,
}


# --- what became of the mail -----------------------------------------------------------------------


def effect(walk: Walk, verdict: Verdict) -> str:
    """What the sender does then, in a few words."""
    when = " on a retry" if verdict.after_retry else ""
    host = visible(verdict.host or "")
    if verdict.outcome is Outcome.PLAINTEXT:
        to = "the attacker" if to_attacker(walk, verdict) else host
        return f"{_passed_over(verdict)}sent to {to} in the clear{when}"
    if verdict.outcome in (Outcome.ENCRYPTED, Outcome.AUTHENTICATED):
        if to_attacker(walk, verdict):
            taken = "taken for the true host" if verdict.outcome is Outcome.AUTHENTICATED else "encrypted"
            return f"{_passed_over(verdict)}delivered to the attacker, {taken}{when}"
        return f"{_passed_over(verdict)}delivered {verdict.outcome.value} to {host}{when}"
    return f"{verdict.outcome.value} ({verdict.reason})"


def _passed_over(verdict: Verdict) -> str:
    """The hosts that were tried before the one that takes the mail: what an attack does is often this."""
    hosts = list(dict.fromkeys(each.host for each in verdict.attempts if each.host != verdict.host))
    if not hosts:
        return ""
    return (
        f"{visible(hosts[0])} is passed over; "
        if len(hosts) == 1
        else f"{len(hosts)} hosts are passed over; "
    )
