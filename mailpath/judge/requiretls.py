"""Messages that ask for more, or for less, than their sender's posture gives: RFC 8689.

REQUIRETLS (section 4.2.1): a host will do if it was found securely (a signed MX RRset, or a name that the
MTA-STS policy lists), is authenticated, and announces REQUIRETLS inside TLS; a message for which none will
do goes back to its author, with 5.7.10 or 5.7.30.  `TLS-Required: No` (section 4.2.2): what the recipient
asks for is ignored.  Both are told as of a sender that implements RFC 8689, as Postfix does from 3.11 on.
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.facts import MxHost, MxKind, Security, StsPolicy, Walk
from mailpath.judge.delivery import deliver
from mailpath.judge.model import Attempt, Outcome, Verdict
from mailpath.judge.posture import DaneUse, Level, OptionalCheck, Posture, Reference
from mailpath.judge.readings import indeterminate
from mailpath.judge.sts import applied, listed, published

#: RFC 8689 section 4.2.1.  The better a host did, the greater the code: the best one is reported.
NOT_AUTHENTICATED = "5.7.10"  # "Encryption needed"
NOT_ANNOUNCED = "5.7.30"  # "REQUIRETLS support required"


def strict(posture: Posture) -> Posture:
    """`posture` as REQUIRETLS makes it: the certificate is checked though the level may not ask for it."""
    if not posture.requiretls_verifies:
        return posture
    return _with(posture, level=Level.VERIFY, references=(Reference.MX,))


def lax(posture: Posture) -> Posture:
    """`posture` as `TLS-Required: No` makes it: TLS where it works, nothing enforced."""
    level = Level.NONE if posture.level is Level.NONE else Level.MAY
    return _with(posture, level=level, dane=DaneUse.OFF, sts=False, optional_check=OptionalCheck.NEVER)


def _with(posture: Posture, **fields: object) -> Posture:
    """With these fields, which are then known though the posture's source is silent on them."""
    unknown = {field: values for field, values in posture.unknown.items() if field not in fields}
    return replace(posture, unknown=unknown, **fields)


def announcing(walk: Walk) -> tuple[str, ...]:
    """The MX hosts of which a server announced REQUIRETLS inside TLS, in path order."""
    return tuple(host.name for host in walk.mx.hosts if _announced(walk, host.addresses))


def deliver_requiring(walk: Walk, posture: Posture, cached: StsPolicy | None = None) -> Verdict:
    """What a sender does with a message sent with REQUIRETLS; `posture` is `strict` and leaves nothing
    unknown.  `cached`: the MTA-STS policy that it has from an earlier delivery.
    """
    attempts: list[Attempt] = []
    refused: list[Attempt] = []
    untold: Verdict | None = None
    for host in walk.mx.hosts:
        if not host.addresses:
            continue
        verdict = deliver(replace(walk, mx=replace(walk.mx, hosts=(host,))), posture, cached)
        secure = _found_securely(walk, host, posture, cached)
        refusal = _refusal(walk, host, verdict, secure)
        if refusal is not None:
            attempts.append(refusal)
            refused.append(refusal)
            continue
        attempts += verdict.attempts
        if verdict.outcome is Outcome.AUTHENTICATED and secure:
            taken = replace(verdict, attempts=tuple(attempts))
            return taken if untold is None else _either(untold, taken)
        if verdict.outcome is not Outcome.DEFERRED:
            untold = untold or verdict
    if not refused:
        return untold or deliver(walk, posture, cached)
    bounced = _bounced(posture, refused, attempts, applied(walk, posture, cached).state)
    return bounced if untold is None else _either(untold, bounced)


def _refusal(walk: Walk, host: MxHost, verdict: Verdict, secure: bool | None) -> Attempt | None:
    """Why the message must not go to this host; None: it may, or that cannot be told, or nobody answered.

    `secure`: whether the host was found securely, None where that was not learnt.
    """
    if secure is False:
        why = "was not found securely: the MX is not signed, and no MTA-STS policy lists it"
        return _refused(host, verdict, NOT_AUTHENTICATED, why)
    if not _answered(walk, host):
        return None
    if verdict.outcome not in (Outcome.AUTHENTICATED, Outcome.UNKNOWN):
        why = f"cannot be authenticated: {verdict.why or verdict.reason}"
        return _refused(host, verdict, NOT_AUTHENTICATED, why)
    if not _announced(walk, (verdict.address,) if verdict.address is not None else host.addresses):
        return _refused(host, verdict, NOT_ANNOUNCED, "does not announce it")
    return None


def _refused(host: MxHost, verdict: Verdict, code: str, why: str) -> Attempt:
    return Attempt(
        host=host.name,
        address=verdict.address,
        outcome=Outcome.BOUNCED,
        reason=f"REQUIRETLS is required, but this host {why.rstrip('.')}",
        status_code=code,
    )


def _bounced(posture: Posture, refused: list[Attempt], attempts: list[Attempt], state: str | None) -> Verdict:
    """No host will do; the reason is that of the one which came nearest."""
    decisive = max(refused, key=lambda each: each.status_code or "")
    return Verdict(
        posture=posture.name,
        outcome=Outcome.BOUNCED,
        reason=decisive.reason,
        host=decisive.host,
        policy_state=state,
        status_code=decisive.status_code,
        attempts=tuple(attempts),
    )


def _either(untold: Verdict, told: Verdict) -> Verdict:
    """A host of which it cannot be told whether it takes the mail, and what happens if it does not."""
    possible = {Outcome.AUTHENTICATED, told.outcome}
    return replace(
        untold,
        outcome=Outcome.UNKNOWN,
        possible=tuple(each for each in Outcome if each in possible) if len(possible) > 1 else (),
        attempts=told.attempts,
    )


def _announced(walk: Walk, addresses: tuple[str, ...]) -> bool:
    return any(session.requiretls for session in walk.starttls.sessions if session.address in addresses)


def _answered(walk: Walk, host: MxHost) -> bool:
    sessions = walk.starttls.sessions
    return any(each.greeting is not None for each in sessions if each.address in host.addresses)


def _found_securely(walk: Walk, host: MxHost, posture: Posture, cached: StsPolicy | None) -> bool | None:
    """Section 4.2.1, step 2; without an MX the name is the recipient's own.  None: it was not learnt."""
    if walk.mx.lookup.security is Security.SECURE or walk.mx.kind is MxKind.IMPLICIT:
        return True
    policy = published(walk, posture) or cached
    if policy is not None and policy.mode != "none" and listed(policy, host.name, posture):
        return True
    unseen = policy is None and applied(walk, posture, cached).unseen
    return None if unseen or indeterminate(walk.mx.lookup) else False
