"""A message that asks for more, or for less, than its sender's posture: RFC 8689.

REQUIRETLS (section 4.2.1): every hop must be found securely (a signed MX RRset, or a name that the MTA-STS
policy lists), be authenticated, and announce REQUIRETLS inside TLS; a message for which no host will do
goes back to its author.  `TLS-Required: No` (section 4.2.2): what the recipient asks for is ignored.  Pure.
"""

from __future__ import annotations

import msgspec

from mailpath.facts import MxHost, MxKind, Security, StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, judge
from mailpath.judge.posture import DaneUse, Level, Reference
from mailpath.judge.sts import listed, published
from mailpath.visible import visible
from mailpath.whatif.weakest import MOST_HOSTS, alone

#: RFC 8689 section 4.2.1.  The better a host did, the greater the code: the best one is reported.
NOT_AUTHENTICATED = "5.7.10"  # "Encryption needed"
NOT_ANNOUNCED = "5.7.30"  # "REQUIRETLS support required"


class Required(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a message sent with REQUIRETLS.

    `outcome`: AUTHENTICATED, BOUNCED, or DEFERRED where nothing answered.  `announcing`: hosts that announce
    REQUIRETLS.  `refused`: host -> why it will not do, in path order, up to the host that did.
    """

    outcome: Outcome
    host: str | None = None
    status_code: str | None = None
    reason: str
    announcing: tuple[str, ...] = ()
    refused: dict[str, str] = {}


def requiretls(walk: Walk, posture: Posture, cached: StsPolicy | None = None) -> Required:
    """What `posture` does with a message that requires TLS.  `cached`: the MTA-STS policy that it has."""
    hosts = [host for host in walk.mx.hosts if host.addresses][:MOST_HOSTS]
    announcing = tuple(host.name for host in hosts if announces(walk, host.addresses))
    ordinary = judge(walk, posture, cached)
    unchanged = Required(
        outcome=ordinary.outcome,
        status_code=ordinary.status_code,
        reason=ordinary.reason,
        announcing=announcing,
    )
    if not hosts:
        return unchanged
    refused: dict[str, str] = {}
    codes: set[str] = set()
    for host in hosts:
        verdict = _alone(walk, host, posture, cached)
        refusal = _refusal(walk, host, posture, cached, verdict)
        if refusal is None:
            reason = f"sent to {visible(host.name)}, authenticated, which announces REQUIRETLS"
            return msgspec.structs.replace(
                unchanged,
                outcome=verdict.outcome,
                host=host.name,
                status_code=None,
                reason=reason,
                refused=refused,
            )
        code, refused[host.name] = refusal
        codes.add(code)
    if not any(session.greeting is not None for session in walk.starttls.sessions):
        return msgspec.structs.replace(unchanged, refused=refused)
    return msgspec.structs.replace(
        unchanged,
        outcome=Outcome.BOUNCED,
        status_code=max(codes),
        reason="; ".join(f"{visible(name)} {why}" for name, why in refused.items()),
        refused=refused,
    )


def announces(walk: Walk, addresses: tuple[str, ...]) -> bool:
    """Whether a server at one of `addresses` announced REQUIRETLS inside TLS."""
    return any(session.requiretls for session in walk.starttls.sessions if session.address in addresses)


def tls_not_required(walk: Walk, posture: Posture) -> Verdict:
    """What `posture` does with `TLS-Required: No`: TLS where it works, nothing enforced."""
    level = Level.NONE if posture.level is Level.NONE else Level.MAY
    unknown = {field: values for field, values in posture.unknown.items() if field not in ("dane", "level")}
    lax = msgspec.structs.replace(posture, level=level, dane=DaneUse.OFF, sts=False, unknown=unknown)
    return judge(walk, lax)


def _alone(walk: Walk, host: MxHost, posture: Posture, cached: StsPolicy | None) -> Verdict:
    """The host tried by itself, where nothing less than authentication will do (section 4.2.1, step 4)."""
    unknown = {field: values for field, values in posture.unknown.items() if field != "level"}
    strict = msgspec.structs.replace(posture, level=Level.VERIFY, references=(Reference.MX,), unknown=unknown)
    return judge(alone(walk, host), strict, cached)


def _refusal(
    walk: Walk, host: MxHost, posture: Posture, cached: StsPolicy | None, verdict: Verdict
) -> tuple[str, str] | None:
    """The status code and why the message must not go to this host, as the end of a sentence."""
    if not _found_securely(walk, host, posture, cached):
        why = "was not found securely: the MX is not signed, and no MTA-STS policy lists it"
        return NOT_AUTHENTICATED, why
    if verdict.outcome is not Outcome.AUTHENTICATED:
        return NOT_AUTHENTICATED, f"cannot be authenticated: {verdict.why or verdict.reason}"
    if not announces(walk, (verdict.address or "",)):
        return NOT_ANNOUNCED, "does not announce REQUIRETLS"
    return None


def _found_securely(walk: Walk, host: MxHost, posture: Posture, cached: StsPolicy | None) -> bool:
    """Section 4.2.1, step 2; without an MX the name is the recipient's own."""
    if walk.mx.lookup.security is Security.SECURE or walk.mx.kind is MxKind.IMPLICIT:
        return True
    policy = published(walk, posture) or cached
    return policy is not None and policy.mode != "none" and listed(policy, host.name, posture)
