"""Who can read a mail that was sent so.  Pure."""

from __future__ import annotations

from hashlib import sha256

from mailpath.attacks import attacked, attacker
from mailpath.facts import Lookup, Security, Walk
from mailpath.judge import Outcome, Verdict
from mailpath.judge.readings import indeterminate
from mailpath.match.certificate import describe


def listener_reads(verdict: Verdict) -> bool | None:
    """Whether somebody who only listens on the link reads the mail; None when it cannot be told."""
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict.outcome is Outcome.PLAINTEXT
    excluded = verdict.possible and Outcome.PLAINTEXT not in verdict.possible
    return False if excluded else None


def reads(walk: Walk, verdict: Verdict) -> bool:
    """Whether the attacker reads the mail: in the clear on a link it watches, or as the one who took it.

    A delivery is to the attacker when the certificate that the server at that address showed on `walk` is
    one whose private key the attacker has.
    """
    if verdict.outcome is Outcome.PLAINTEXT:
        return True
    if verdict.outcome not in (Outcome.ENCRYPTED, Outcome.AUTHENTICATED):
        return False
    return to_attacker(walk, verdict)


def to_attacker(walk: Walk, verdict: Verdict) -> bool:
    """Whether the host that the verdict names is the attacker's server."""
    if verdict.address == attacker.ADDRESS:
        return True
    return any(
        session.tls is not None and _holds_key(session.tls.chain)
        for session in walk.starttls.sessions
        if session.address == verdict.address
    )


def perhaps_bogus(after: Walk, attack: str) -> bool:
    """Whether an answer that `attack` forged may be bogus to the sender: the walk could not learn it."""
    forged: list[tuple[Lookup, ...]] = []
    if "forge-mx" in attacked.parts(attack):
        forged.append((after.mx.lookup,))
    if "forge-address" in attacked.parts(attack):
        forged.append(tuple(host.v4 for host in after.mx.hosts if host.v4 is not None))
    believed = (Security.INSECURE, Security.SECURE)
    return any(
        any(indeterminate(each) for each in lookups)
        and not any(each.security in believed for each in lookups)
        for lookups in forged
    )


def _holds_key(chain: tuple[bytes, ...]) -> bool:
    """Whether the attacker has the private key of the leaf of `chain` (DER, leaf first)."""
    return bool(chain) and describe(chain[0]).spki_sha256 == sha256(attacker.public_key()).hexdigest()
