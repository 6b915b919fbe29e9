"""Findings on the certificate that an MX host shows (part of step 5)."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mailpath.facts import MxHost, Session, Walk
from mailpath.facts.findings import Finding, Severity
from mailpath.findings import tlsa
from mailpath.findings.catalogue import finding
from mailpath.match import names, pkix
from mailpath.match.names import certificate_names
from mailpath.match.pkix import describe
from mailpath.steps.certificate import certificate_of, dane_lost, tlsa_of
from mailpath.steps.sts import listed
from mailpath.visible import visible
from mailpath.wording.phrases import clause
from mailpath.wording.times import DAY, span, utc

#: A certificate with less than this left, and less than half its life, is warned of.
SOON = 14 * DAY

_MATCHED = "Nothing needs to be done for senders with DANE: the TLSA records vouch for this certificate."

_SELF_SIGNED_FIX = "Publish a TLSA record for it, or use a certificate of a public CA."

_LOST = "Walk again first: whether TLSA records vouch for it was not learnt here."

# X509_V_ERR_* of x509_vfy.h.
_NOT_YET_VALID, _EXPIRED = 9, 10
_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 18, 19
_NO_ISSUER = (20, 21)
_WEAK = (66, 67, 68)


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
    assert session.tls is not None
    chain = session.tls.chain
    stands = certificate_of(walk, host, session)
    matched = stands.good and stands.how == "dane"
    if stands.how == "dane" and not stands.good:
        yield finding(
            "TLS025",
            visible(host.name),
            f"{clause(stands.words)}.",
            got=named(chain[0]),
        )
    policy = walk.sts.policy
    enforced = policy is not None and policy.mode == "enforce" and listed(walk, host.name)
    lost = not enforced and not stands.good and dane_lost(walk, host)
    weight = Severity.INFO if matched or lost else Severity.ERROR if enforced else Severity.WARNING
    fix = _MATCHED if matched else _LOST if lost else ""
    for each in (*_path(walk, host, chain, weight), *_expiring(walk, host, chain[0], weight)):
        yield msgspec.structs.replace(each, fix=fix) if fix else each


def _path(walk: Walk, host: MxHost, chain: tuple[bytes, ...], weight: Severity) -> Iterator[Finding]:
    name = visible(host.name)
    leaf = describe(chain[0])
    built = pkix.verify(chain, walk.roots, walk.at)
    shown = named(chain[0])
    current = (
        leaf.not_before is None or leaf.not_after is None or leaf.not_before <= walk.at <= leaf.not_after
    )
    if not current:
        late = leaf.not_after is not None and leaf.not_after < walk.at
        words = f"expired on {utc(leaf.not_after)}" if late else f"is not valid before {utc(leaf.not_before)}"
        yield finding("TLS009", name, f"the certificate {words}.", severity=weight, got=shown)
    if not built.trusted:
        code, words = _untrusted(built, chain)
        if code == "TLS009" and not current:
            return
        fix = _SELF_SIGNED_FIX if code == "TLS008" and _may_have_tlsa(walk, host) else ""
        yield finding(code, name, f"{words}.", severity=weight, got=shown, fix=fix)
        return
    presented = certificate_names(chain[0])
    if names.any_match((host.name,), presented, names.RFC) is None:
        who = ", ".join(visible(each) for each in presented.dns[:4]) or visible(presented.cn or "nobody")
        message = f"the certificate is for {who}."
        yield finding("TLS010", name, message, severity=weight, found=f"MX host {name}", got=shown)
    floor = pkix.verify(chain, walk.roots, walk.at, floor=pkix.Floor.OPENSSL_2)
    if not floor.trusted and floor.code in _WEAK:
        key = f"{leaf.key_type} {leaf.key_bits} bits, {leaf.signature_algorithm}"
        yield finding("TLS023", name, f"{visible(floor.error)}.", got=visible(key))


def _may_have_tlsa(walk: Walk, host: MxHost) -> bool:
    """TLSA records would count, and there are none: only then is publishing one the advice."""
    entry = tlsa_of(walk, host)
    return entry is not None and tlsa.established(entry)


def _untrusted(built: pkix.PkixResult, chain: tuple[bytes, ...]) -> tuple[str, str]:
    """(code, why) of a chain that does not hold."""
    error = visible(built.error)
    leaf = describe(chain[0])
    if built.code in (_EXPIRED, _NOT_YET_VALID):
        which = "the certificate" if not built.depth else f"certificate {built.depth} of the chain"
        return "TLS009", f"{which}: {error}"
    if built.code == _SELF_SIGNED or (leaf.self_signed and built.code in _NO_ISSUER):
        return "TLS008", "the certificate is self-signed"
    if built.code == _SELF_SIGNED_IN_CHAIN:
        return "TLS012", f"the chain leads to {visible(describe(chain[-1]).subject)}, which is not trusted"
    if built.code in _NO_ISSUER and len(chain) == 1:
        return "TLS011", f"the issuer of the certificate is not sent: {visible(leaf.issuer)}"
    if built.code in _WEAK:
        return "TLS023", error
    return "TLS012", f"the certificate is not trusted: {error}"


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
