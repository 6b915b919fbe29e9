"""DANE for SMTP: do the TLSA records of an MX host match what it presented (RFC 6698, RFC 7671, RFC 7672)?

On port 25 TLS alone stops nobody who can tamper: an attacker can strip STARTTLS, or present any certificate.
With DANE the receiving domain publishes in DNSSEC-signed DNS, at `_25._tcp.<mx host>`, which certificate its
server has.  A sender that finds secure, usable TLSA records there must use TLS, and must not deliver unless
one of them matches (RFC 7672 section 2.2).  No certificate authority has a say.

A TLSA record has four fields (RFC 6698 section 2.1).  The *selector* says which octets count: the whole
certificate (0), or its public key alone (1), which survives a renewal.  The *matching type* says how the
record holds them: in full (0), or as a SHA-256 (1) or SHA-512 (2) digest.  The fourth field is that data.
The *usage* says what they prove:

* DANE-EE(3) names the server's own certificate.  Its name, dates and issuer do not matter (RFC 7672 section
  3.1.1): a self-signed, expired certificate is fine if its key is the published one.  Hence "3 1 1", the
  record that the RFC recommends.
* DANE-TA(2) names a trust anchor above it (section 3.1.2), perhaps the domain's own CA.  The server must send
  the path up to that anchor, the path must be valid now, and the server's certificate must bear the name of
  the MX host or the recipient domain (section 3.2.3).
* PKIX-TA(0) and PKIX-EE(1) want public CAs on top, which mail servers have no common list of; senders treat
  them as unusable (section 3.1.3).

One matching record is enough, so a domain announces its next key beside the current one before it rolls over.
If none of the records is usable, the sender must still use TLS, but cannot authenticate the server (section
2.2).  What real senders do beyond or short of the RFCs is data: `DaneRules`.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from hashlib import sha256, sha512

import msgspec
from msgspec.structs import replace

from mailpath.facts import TlsaRecord
from mailpath.match import der as asn1
from mailpath.match import names, pkix
from mailpath.match.certificate import signed_by
from mailpath.match.pkix import Flaw, Floor

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)
CERT, SPKI = range(2)
FULL, SHA2_256, SHA2_512 = range(3)
_DIGEST_LENGTH = {SHA2_256: 32, SHA2_512: 64}

#: Most records of one RRset that we look at.
MAX_RECORDS = 100
#: Most anchors held in full in DNS (2 0 0, 2 1 0) that we try for one chain: each costs signature checks.
MAX_ANCHORS_IN_DNS = 8


class DaneRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a sender reads TLSA records.

    `agility`: of the digests for one usage and selector, only the strongest counts (RFC 7671 section 9).
    `full_data_checked`: a Full(0) record whose data is no certificate or key is unusable; otherwise it is
    usable and never matches.  `lengths_checked`: the same of a digest of a wrong length.
    `full_data_anchor`: a trust anchor held in full in DNS (2 0 0, 2 1 0) need not be in the presented chain
    (RFC 7671 section 5.2.2); `full_key_anchor`: a bare key (2 1 0) need not either.  `leaf_anchor`: the leaf,
    or a copy of it above it, may be its anchor; `leaf_hashes`: a DANE-TA record may name the leaf itself.
    `anchor_dates`: the dates of an anchor count even if it is not self-issued.  `floor`, `name_rules`: for
    the DANE-TA path.  `key_floor`: for the leaf's key, under DANE-EE too.
    """

    agility: bool = True
    full_data_checked: bool = True
    full_data_anchor: bool = True
    full_key_anchor: bool = True
    leaf_anchor: bool = False
    leaf_hashes: bool = False
    lengths_checked: bool = True
    anchor_dates: bool = True
    floor: Floor = Floor.OPENSSL_1
    key_floor: Floor = Floor.OPENSSL_1
    name_rules: names.NameRules = names.RFC_7672


#: RFC 7671 and 7672 to the letter; refuses weak digests, as every current library does.
RFC = DaneRules()
#: Postfix 3.6 and later: OpenSSL's SSL_dane_tlsa_add(3), with the digests "sha512 sha256"; OpenSSL ends the
#: path below an anchor that is not self-issued (x509_vfy.c, internal_verify).
POSTFIX = DaneRules(name_rules=names.POSTFIX, anchor_dates=False)
#: Exim 4.96 with GnuTLS (tls-gnu.c: dane_tlsa_load, verify_certificate; libdane: dane_verify_crt_raw).
EXIM_GNUTLS = DaneRules(
    agility=False,
    full_data_checked=False,
    full_data_anchor=False,
    leaf_anchor=True,
    floor=Floor.GNUTLS,
    key_floor=Floor.NONE,
    name_rules=names.GNUTLS,
)


#: Sendmail 8.18 with OpenSSL 3 (tls.c): it hands OpenSSL the records that it takes for usable.
SENDMAIL = replace(POSTFIX, lengths_checked=False, floor=Floor.OPENSSL_2, key_floor=Floor.OPENSSL_2)
#: mox dane/dane.go: each record by itself, and whatever certificate it names is the anchor.
MOX = DaneRules(
    agility=False,
    full_key_anchor=False,
    leaf_anchor=True,
    leaf_hashes=True,
    key_floor=Floor.NONE,
    name_rules=names.GO,
)


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One record compared with one presented certificate.  `computed`: the data that would match it."""

    record: TlsaRecord
    depth: int
    computed: bytes
    equal: bool


class Mismatch(Enum):
    """Why usable records accept nothing that the server shows."""

    RECORD = "no record is equal to a certificate of the chain"
    ANCHOR_ABSENT = "every record names a trust anchor, and the chain does not hold it"
    ANCHOR_REFUSES = "the chain holds the trust anchor, which does not make the certificate good"


class DaneMatch(msgspec.Struct, frozen=True, kw_only=True):
    """`verdict`: "matched", "mismatch", "unusable" (all records), "none" (no records).

    `usage`, `record`, `depth`, `name`: of the match (`name` for DANE-TA only).  `name_refused`: a DANE-TA
    record and its path are good and only the name is wrong (Exim then still tries its own roots).  `usable`:
    the records that count; `passed_over`: usable ones that a stronger digest replaces.  `reason`: one plain
    sentence; `flaw`: the same in one word, if there is no match.
    """

    verdict: str
    reason: str
    usage: int | None = None
    record: TlsaRecord | None = None
    depth: int | None = None
    name: str | None = None
    name_refused: bool = False
    usable: tuple[TlsaRecord, ...] = ()
    passed_over: tuple[TlsaRecord, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    flaw: Flaw = Flaw.TLSA

    @property
    def matched(self) -> bool:
        return self.verdict == "matched"

    @property
    def mismatch(self) -> Mismatch | None:
        """Which kind of mismatch it is; None where it is none."""
        if self.verdict != "mismatch":
            return None
        if any(each.equal and each.record.usage == DANE_TA for each in self.comparisons):
            return Mismatch.ANCHOR_REFUSES
        anchors_only = all(record.usage == DANE_TA for record in self.usable)
        return Mismatch.ANCHOR_ABSENT if anchors_only else Mismatch.RECORD


def unusable(record: TlsaRecord, rules: DaneRules = RFC) -> str:
    """Why no sender with `rules` can use `record`; "" when one can."""
    if record.usage in (PKIX_TA, PKIX_EE):
        return "PKIX usages are not used for SMTP (RFC 7672 section 3.1.3)"
    if record.usage not in (DANE_TA, DANE_EE):
        return f"unknown certificate usage {record.usage}"
    if record.selector not in (CERT, SPKI):
        return f"unknown selector {record.selector}"
    if record.mtype == FULL:
        return _refuse_full(record) if rules.full_data_checked else "" if record.data else "no data"
    length = _DIGEST_LENGTH.get(record.mtype)
    if length is None:
        return f"unknown matching type {record.mtype}"
    if len(record.data) != length and rules.lengths_checked:
        return f"the digest has {len(record.data)} bytes, but matching type {record.mtype} needs {length}"
    return ""


def _refuse_full(record: TlsaRecord) -> str:
    if record.selector == CERT:
        return "" if asn1.parts(record.data) is not None else "the data is not a certificate"
    return "" if _is_key(record.data) else "the data is not a public key"


@lru_cache(maxsize=1024)
def _is_key(spki: bytes) -> bool:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        load_der_public_key(spki)
    except (ValueError, TypeError):
        return False
    except UnsupportedAlgorithm:
        return True
    return True


def computed(shape: tuple[int, int], der: bytes) -> bytes:
    """The data of a TLSA record of `shape` (selector, matching type) for the certificate `der`.

    Empty if `der` is no certificate or the shape is unknown.
    """
    selector, mtype = shape
    if selector == SPKI:
        parts = asn1.parts(der)
        selected = parts.spki if parts is not None else b""
    else:
        selected = der if selector == CERT else b""
    if not selected:
        return b""
    if mtype == FULL:
        return selected
    if mtype == SHA2_256:
        return sha256(selected).digest()
    return sha512(selected).digest() if mtype == SHA2_512 else b""


def match(
    records: tuple[TlsaRecord, ...],
    chain: tuple[bytes, ...],
    names: tuple[str, ...],
    at: int,
    rules: DaneRules = RFC,
) -> DaneMatch:
    """Compare `records` with `chain` (DER, leaf first, as presented) at Unix time `at`.

    `names`: reference names for DANE-TA, the TLSA base domain first (RFC 7672 section 3.2.2).
    Never raises.  Remembers its results.
    """
    return _match(records[:MAX_RECORDS], chain[: pkix.MAX_CHAIN], names, at, rules)


def forget() -> None:
    """Forget all results."""
    _match.cache_clear()


@lru_cache(maxsize=4096)
def _match(
    records: tuple[TlsaRecord, ...],
    chain: tuple[bytes, ...],
    references: tuple[str, ...],
    at: int,
    rules: DaneRules,
) -> DaneMatch:
    if not records:
        return DaneMatch(verdict="none", reason="There are no TLSA records.")
    fit = tuple(record for record in records if not unusable(record, rules))
    if not fit:
        return DaneMatch(verdict="unusable", reason="None of the TLSA records is usable.")
    usable, passed_over = _select_strongest(fit) if rules.agility else (fit, ())
    comparisons = tuple(_compare(usable, chain, 0 if rules.leaf_hashes else 1))
    found = DaneMatch(
        verdict="mismatch", reason="", usable=usable, passed_over=passed_over, comparisons=comparisons
    )
    if not chain:
        return replace(found, reason="The server presented no certificate.", flaw=Flaw.ABSENT)
    if pkix.key_below(chain[0], rules.key_floor):
        return replace(found, reason="The key of the server's certificate is too weak.", flaw=Flaw.WEAK)
    for comparison in comparisons:
        if comparison.equal and comparison.record.usage == DANE_EE:
            return replace(
                found,
                verdict="matched",
                reason="A DANE-EE record matches the server's certificate.",
                usage=DANE_EE,
                record=comparison.record,
                depth=0,
            )
    return _try_anchors(found, chain, references, at, rules)


def _select_strongest(
    records: tuple[TlsaRecord, ...],
) -> tuple[tuple[TlsaRecord, ...], tuple[TlsaRecord, ...]]:
    """(records that count, those that a stronger digest of their kind replaces); RFC 7671 section 9."""
    strongest: dict[tuple[int, int], int] = {}
    for record in records:
        shape = (record.usage, record.selector)
        strongest[shape] = max(strongest.get(shape, FULL), record.mtype)
    counts = tuple(each for each in records if each.mtype in (FULL, strongest[each.usage, each.selector]))
    return counts, tuple(record for record in records if record not in counts)


def _compare(records: tuple[TlsaRecord, ...], chain: tuple[bytes, ...], lowest: int) -> list[Comparison]:
    """Compare DANE-EE records with the leaf, DANE-TA records with those from `lowest` up; EE first."""
    compared: list[Comparison] = []
    for record in sorted(records, key=lambda record: -record.usage):
        depths = (0,) if record.usage == DANE_EE else range(lowest, len(chain))
        for depth in depths if chain else ():
            value = computed((record.selector, record.mtype), chain[depth])
            compared.append(
                Comparison(record=record, depth=depth, computed=value, equal=value == record.data)
            )
    return compared


# --- DANE-TA ---------------------------------------------------------------------------------------


def _try_anchors(
    found: DaneMatch, chain: tuple[bytes, ...], references: tuple[str, ...], at: int, rules: DaneRules
) -> DaneMatch:
    """Try every trust anchor that the records name; `found` is the mismatch if none will do.

    No DANE-EE record is equal to the leaf, or that would have been the end of it.
    """
    why: list[str] = []
    flaws: list[Flaw] = []
    for comparison in found.comparisons:
        if not comparison.equal:
            continue
        anchor = chain[comparison.depth]
        result = _verify(chain, anchor, at, rules)
        # A leaf that is its own anchor proves nothing: RFC 7672 section 3.1.2 wants a name under an anchor.
        if result.trusted and anchor not in result.path[1:] and not rules.leaf_anchor:
            why.append("The trust anchor is the server's own certificate.")
        elif result.trusted:
            depth = result.path.index(anchor) or comparison.depth
            return _check_name(found, comparison.record, depth, chain[0], references=references, rules=rules)
        else:
            why.append(f"The path to the trust anchor fails: {result.error}.")
            flaws.append(result.flaw)
    if rules.full_data_anchor:
        whole = [record for record in found.usable if (record.usage, record.mtype) == (DANE_TA, FULL)]
        for record in whole[:MAX_ANCHORS_IN_DNS]:
            level = _find_anchor_in_dns(record, chain, at, rules)
            if level is not None:
                return _check_name(found, record, level, chain[0], references=references, rules=rules)
    flaw = Flaw.EXPIRED if Flaw.EXPIRED in flaws else Flaw.TLSA
    return replace(found, reason=why[0] if why else _explain_mismatch(found), flaw=flaw)


def _verify(chain: tuple[bytes, ...], anchor: bytes, at: int, rules: DaneRules) -> pkix.PkixResult:
    return pkix.verify(chain, (anchor,), at, floor=rules.floor, partial=True, anchor_dates=rules.anchor_dates)


def _find_anchor_in_dns(
    record: TlsaRecord, chain: tuple[bytes, ...], at: int, rules: DaneRules
) -> int | None:
    """Depth of the anchor that `record` (2 0 0 or 2 1 0) itself holds, if the chain leads up to it."""
    if record.selector == CERT:
        depth = len(_verify(chain, record.data, at, rules).path) - 1
        return depth if depth >= 1 else None
    for der in chain if rules.full_key_anchor else ():
        # The bare key has no name and no dates: the certificate that it signed is the top of the path.
        if not signed_by(der, record.data):
            continue
        result = _verify(chain, der, at, rules)
        if result.trusted and not pkix.digest_below(der, rules.floor):
            return len(result.path)
    return None


def _check_name(
    found: DaneMatch,
    record: TlsaRecord,
    depth: int,
    leaf: bytes,
    *,
    references: tuple[str, ...],
    rules: DaneRules,
) -> DaneMatch:
    """The path is good; does the leaf bear one of the names (RFC 7672 section 3.2.3)?"""
    name = names.any_match(references, names.certificate_names(leaf), rules.name_rules)
    if name is None:
        wanted = " or ".join(references) or "any name"
        return replace(
            found,
            depth=depth,
            name_refused=True,
            flaw=Flaw.NAME,
            reason=f"The trust anchor matches, but the server's certificate does not name {wanted}.",
        )
    return replace(
        found,
        verdict="matched",
        reason="A DANE-TA record matches a certificate above the server's.",
        usage=DANE_TA,
        record=record,
        depth=depth,
        name=name,
    )


def _explain_mismatch(found: DaneMatch) -> str:
    """Why nothing matched, where no certificate was the one that a record names."""
    usages = {record.usage for record in found.usable}
    if usages == {DANE_EE}:
        return "The server's certificate matches none of the DANE-EE records."
    if usages == {DANE_TA}:
        return "No certificate above the server's own in its chain matches a DANE-TA record."
    return "Neither the server's certificate nor one above it matches any TLSA record."
