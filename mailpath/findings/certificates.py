"""Findings on the certificate that an MX host shows (part of step 5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath.assess.certificate import Problem, certificate_of, pkix_problem
from mailpath.assess.standing import enforced
from mailpath.assess.tlsa import dane_lost, surely_none, tlsa_of
from mailpath.facts import MxHost, Session, Walk
from mailpath.facts.findings import Finding, Severity
from mailpath.findings.catalogue import finding
from mailpath.match import pkix
from mailpath.match.certificate import describe
from mailpath.visible import visible
from mailpath.wording.phrases import clause
from mailpath.wording.times import DAY, span, utc

#: A certificate with less than this left, and less than half its life, is warned of.
SOON = 14 * DAY

_MATCHED = "Senders with DANE need nothing: the TLSA records vouch for this certificate."

_SELF_SIGNED_FIX = "Publish a TLSA record for it, or use a certificate from a public CA."

_LOST = "Walk again first: this walk could not determine whether TLSA records vouch for the certificate."

_CODES = {
    Problem.EXPIRED: "TLS009",
    Problem.NOT_YET_VALID: "TLS009",
    Problem.SELF_SIGNED: "TLS008",
    Problem.INCOMPLETE: "TLS011",
    Problem.WEAK: "TLS023",
    Problem.UNTRUSTED: "TLS012",
    Problem.WRONG_NAME: "TLS010",
}
CERTIFICATE = frozenset(_CODES.values())


def named(leaf: bytes | None) -> str:
    """One certificate in a few words: whose, from whom, until when."""
    if leaf is None:
        return "no certificate"
    facts = describe(leaf)
    if facts.error:
        return "an unreadable certificate"
    who = ", ".join(visible(name) for name in facts.sans[:3]) or visible(facts.subject) or "nobody"
    return f"{who}, from {visible(facts.issuer)}, until {utc(facts.not_after)}, SHA-256 {facts.sha256[:16]}…"


def find(walk: Walk, host: MxHost, session: Session) -> Iterator[Finding]:
    """What is wrong with the chain: it weighs nothing where DANE matches, most where a policy demands it."""
    chain = session.tls.chain if session.tls is not None else ()
    if not chain:
        return
    stands = certificate_of(walk, host, session)
    if stands.problem is Problem.MISMATCH:
        yield finding("TLS025", visible(host.name), f"{clause(stands.words)}.", got=named(chain[0]))
    matched, demanded = stands.good and stands.by == "dane", enforced(walk, host)
    lost = not demanded and not stands.good and dane_lost(walk, host)
    weight = Severity.INFO if matched or lost else Severity.ERROR if demanded else Severity.WARNING
    fix = _MATCHED if matched else _LOST if lost else ""
    for each in (*_path(walk, host, chain, weight), *_expiring(walk, host, chain[0], weight)):
        yield msgspec.structs.replace(each, fix=fix) if fix else each


def _path(walk: Walk, host: MxHost, chain: tuple[bytes, ...], weight: Severity) -> Iterator[Finding]:
    name, shown, leaf = visible(host.name), named(chain[0]), describe(chain[0])
    problem, words = pkix_problem(walk, host.name, chain) or (None, "")
    dated = leaf.not_before is not None and leaf.not_after is not None
    late = dated and leaf.not_after is not None and leaf.not_after < walk.at
    early = dated and leaf.not_before is not None and leaf.not_before > walk.at
    if late or early:
        when = f"expired on {utc(leaf.not_after)}" if late else f"is not valid before {utc(leaf.not_before)}"
        yield finding("TLS009", name, f"the certificate {when}.", severity=weight, got=shown)
    if problem is None:
        floor = pkix_problem(walk, host.name, chain, floor=pkix.Floor.OPENSSL_2)
        if floor is not None and floor[0] is Problem.WEAK:
            key = f"{leaf.key_type} {leaf.key_bits} bits, {leaf.signature_algorithm}"
            yield finding("TLS023", name, f"{floor[1]}.", got=visible(key))
    elif _CODES[problem] != "TLS009" or not (late or early):
        # TLSA records would count, and there are none: only then is publishing one the advice.
        advised = problem is Problem.SELF_SIGNED and surely_none(tlsa_of(walk, host.name))
        yield finding(
            _CODES[problem],
            name,
            f"{words}.",
            severity=weight,
            found=f"MX host {name}" if problem is Problem.WRONG_NAME else "",
            got=shown,
            fix=_SELF_SIGNED_FIX if advised else "",
        )


def _expiring(walk: Walk, host: MxHost, leaf: bytes, weight: Severity) -> Iterator[Finding]:
    facts = describe(leaf)
    if facts.not_after is None or facts.not_before is None:
        return
    remaining = facts.not_after - walk.at
    # A short-lived certificate is renewed in the second half of its life, however short that is.
    if 0 <= remaining < min(SOON, (facts.not_after - facts.not_before) // 2) and facts.not_before <= walk.at:
        severity = Severity.WARNING if weight is Severity.ERROR else weight
        yield finding(
            "TLS013",
            visible(host.name),
            f"the certificate expires in {span(remaining, full=True)}, on {utc(facts.not_after)}.",
            severity=severity,
            got=named(leaf),
        )
