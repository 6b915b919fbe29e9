"""Who can read a mail that was sent so.  Pure."""

from __future__ import annotations

from mailpath.attacks import attacker
from mailpath.attacks.catalogue import parse
from mailpath.facts import Security, Walk
from mailpath.judge import Outcome, Verdict
from mailpath.judge.indeterminate import indeterminate
from mailpath.match.certificate import describe


def listener_reads(verdict: Verdict) -> bool | None:
    """Whether somebody who only listens on the link reads the mail; None when it cannot be told."""
    if verdict.outcome is not Outcome.UNKNOWN:
        return verdict.outcome is Outcome.PLAINTEXT
    excluded = verdict.possible and Outcome.PLAINTEXT not in verdict.possible
    return False if excluded else None


def reads(walk: Walk, verdict: Verdict) -> bool:
    """Whether the attacker reads the mail: in the clear on a link it watches, or as the one who took it."""
    if verdict.outcome in (Outcome.ENCRYPTED, Outcome.AUTHENTICATED):
        return goes_to_attacker(walk, verdict)
    return verdict.outcome is Outcome.PLAINTEXT


def may_read(walk: Walk, verdict: Verdict) -> bool:
    """Whether it cannot be excluded that the attacker reads the mail."""
    return reads(walk, verdict) or listener_reads(verdict) is None


def goes_to_attacker(walk: Walk, verdict: Verdict) -> bool:
    """Whether the server that the verdict names is the attacker's: the certificate that it showed on `walk`
    is one whose private key the attacker has.
    """
    return verdict.address == attacker.ADDRESS or any(
        session.tls is not None
        and session.tls.chain
        and describe(session.tls.chain[0]).spki_sha256 == attacker.key_digest()
        for session in walk.starttls.sessions
        if session.address == verdict.address
    )


def may_be_bogus(after: Walk, attack: str) -> bool:
    """Whether an answer that `attack` forged may be bogus to the sender: the walk could not learn it."""
    return any(
        any(indeterminate(lookup) for lookup in lookups)
        and not any(lookup.security in (Security.INSECURE, Security.SECURE) for lookup in lookups)
        for lookups in (each.forged(after) for each in parse(attack) if each.forged)
    )
