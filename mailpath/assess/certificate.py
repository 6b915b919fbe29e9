"""What the certificate of a mail host proves at the walk's time, before any posture is asked.  Pure.

Where the host has TLSA records that can be used they decide alone (RFC 7672 section 3.1); elsewhere it takes
a chain to a trusted root (RFC 5280) and the host's name in the certificate (RFC 9525).  Under an MX RRset
that is not signed the records are matched all the same (RFC 7672 section 2.2.1): but then nothing vouches for
the host that they vouch for.
"""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec

from mailpath.assess.tlsa import dane_names, has_insecure_mx, secure_set, tlsa_of, usable
from mailpath.facts import MxHost, Session, TlsaSet, Walk
from mailpath.match import dane, names, pkix
from mailpath.match.certificate import describe
from mailpath.match.pkix import Flaw
from mailpath.visible import visible


class Problem(Enum):
    """Why a certificate does not authenticate the host."""

    ANONYMOUS = "there is none"
    MISMATCH = "the TLSA records do not accept it"
    UNVOUCHED = "the TLSA records accept it, but the MX RRset that names the host is not signed"
    EXPIRED = "it has expired"
    NOT_YET_VALID = "it is not yet valid"
    SELF_SIGNED = "it is self-signed"
    INCOMPLETE = "the server does not send its issuer's certificate"
    WEAK = "a key or a digest is too weak"
    UNTRUSTED = "its chain leads to no trusted root"
    WRONG_NAME = "it is for another host"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """`problem` None: the host is authenticated, `by` what.  `words`: a clause of visible text.

    `usage`: of the TLSA record that matched.
    """

    by: Literal["none", "dane", "half-dane", "pkix"]
    problem: Problem | None
    words: str
    usage: int | None = None

    @property
    def good(self) -> bool:
        return self.problem is None


def certificate_of(walk: Walk, host: MxHost, session: Session) -> Certificate:
    """How the session's certificate stands."""
    chain = session.tls.chain if session.tls is not None else ()
    if not chain:
        words = "there is no certificate (anonymous cipher suite)"
        return Certificate(by="none", problem=Problem.ANONYMOUS, words=words)
    found = secure_set(tlsa_of(walk, host.name))
    if found is not None and usable(found):
        by_dane = _by_dane(walk, found, chain)
        if by_dane.problem is not Problem.UNVOUCHED:
            return by_dane
        by_pkix = _by_pkix(walk, host, chain)
        return msgspec.structs.replace(by_pkix, usage=by_dane.usage) if by_pkix.good else by_dane
    return _by_pkix(walk, host, chain)


def _by_dane(walk: Walk, found: TlsaSet, chain: tuple[bytes, ...]) -> Certificate:
    half = has_insecure_mx(walk)
    matched = dane.match(found.records, chain, dane_names(walk, found.base), walk.at)
    by: Literal["dane", "half-dane"] = "half-dane" if half else "dane"
    if not matched.matched:
        return Certificate(by=by, problem=Problem.MISMATCH, words=visible(matched.reason).rstrip("."))
    if half:
        words = "DANE matches the host, but nothing vouches for the MX record that names it"
        return Certificate(by=by, problem=Problem.UNVOUCHED, words=words, usage=matched.usage)
    words = f"DANE matches (usage {matched.usage})"
    return Certificate(by=by, problem=None, words=words, usage=matched.usage)


def _by_pkix(walk: Walk, host: MxHost, chain: tuple[bytes, ...]) -> Certificate:
    problem, words = pkix_problem(walk, host.name, chain) or (
        None,
        "the certificate is trusted and names the host",
    )
    return Certificate(by="pkix", problem=problem, words=words)


def pkix_problem(
    walk: Walk,
    host: str,
    chain: tuple[bytes, ...],
    *,
    floor: pkix.Floor = pkix.Floor.NONE,
    rules: names.NameRules = names.RFC,
) -> tuple[Problem, str] | None:
    """Why `chain` (DER, leaf first) does not authenticate `host` by PKIX, and a clause on it; None: it does.

    `floor`: under keys and digests; `rules`: how names are compared.
    """
    built = pkix.verify(chain, walk.roots, walk.at, floor=floor)
    if not built.trusted:
        return _untrusted(built, chain)
    presented = names.certificate_names(chain[0])
    if names.any_match((host,), presented, rules) is not None:
        return None
    if not presented.dns and rules.cn_fallback == "never":
        return Problem.WRONG_NAME, "the certificate has no DNS-ID at all"
    whose = ", ".join(visible(name) for name in presented.dns[:4]) or visible(presented.cn or "nobody")
    return Problem.WRONG_NAME, f"the certificate is for {whose}, not for {visible(host)}"


#: Certificates out of their time.
_TIMES = {Flaw.NOT_YET_VALID: Problem.NOT_YET_VALID, Flaw.EXPIRED: Problem.EXPIRED}
#: X509_V_ERR_* of x509_vfy.h.
_SELF_SIGNED, _SELF_SIGNED_IN_CHAIN = 18, 19
_NO_ISSUER = (20, 21)
#: What is below the floor.
_WEAK = {
    66: "the certificate's key is too weak",
    67: "the key of a CA certificate in the chain is too weak",
    68: "the digest of a signature in the chain is too weak",
}


def _untrusted(built: pkix.PkixResult, chain: tuple[bytes, ...]) -> tuple[Problem, str]:
    leaf, error = describe(chain[0]), visible(built.error)
    if built.flaw in _TIMES:
        which = f"certificate {built.depth} of the chain" if built.depth else "the certificate"
        return _TIMES[built.flaw], f"{which} {error.removeprefix('certificate ')}"
    if built.code == _SELF_SIGNED or (leaf.self_signed and built.code in _NO_ISSUER):
        return Problem.SELF_SIGNED, "the certificate is self-signed"
    if built.code == _SELF_SIGNED_IN_CHAIN:
        root = visible(describe(chain[-1]).subject)
        return Problem.UNTRUSTED, f"the chain leads to {root}, which is not trusted"
    if built.code in _NO_ISSUER and len(chain) == 1:
        return (
            Problem.INCOMPLETE,
            f"the server does not send its issuer: {visible(leaf.issuer)}",
        )
    if built.flaw is Flaw.WEAK:
        return Problem.WEAK, _WEAK[built.code]
    return Problem.UNTRUSTED, f"the certificate is not trusted: {error}"
