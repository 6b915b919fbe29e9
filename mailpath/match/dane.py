"""DANE for SMTP: do the TLSA records of an MX host match what it presented (RFC 6698, RFC 7671, RFC 7672)?

DANE-EE(3) is about the leaf alone: its name, dates and issuer do not matter (RFC 7672 section 3.1.1).
DANE-TA(2) names a trust anchor above the leaf (section 3.1.2): the path from the leaf to it must hold at
the time given, and the leaf must bear one of the names expected (section 3.2.3).  PKIX-TA(0) and PKIX-EE(1)
have no meaning for SMTP (section 3.1.3).  One record that matches is enough.

What real senders do beyond or short of that is data: `DaneRules`.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256, sha512

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from mailpath.facts import TlsaRecord
from mailpath.match import der as asn1
from mailpath.match import names, pkix
from mailpath.match.certificate import signature, signed_by
from mailpath.match.pkix import Flaw, Floor

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)
CERT, SPKI = range(2)
FULL, SHA2_256, SHA2_512 = range(3)
_DIGEST_LENGTH = {SHA2_256: 32, SHA2_512: 64}

#: Most records of one RRset that are looked at.
MAX_RECORDS = 100
#: Most anchors that stand in DNS as a whole (2 0 0, 2 1 0) tried for one chain: each costs signatures.
MAX_ANCHORS_IN_DNS = 8


class DaneRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a sender reads TLSA records.

    `agility`: of digests for one usage and selector only the strongest published counts (RFC 7671
    section 9).  `full_data_checked`: a Full(0) record whose data is no certificate or key is unusable;
    otherwise it is usable and fails.  `full_data_anchor`: a trust anchor that stands in DNS as a whole
    (2 0 0, 2 1 0) need not be in the chain presented (RFC 7671 section 5.2.2).
    `leaf_anchor`: a copy of the leaf above it may be its anchor.  `anchor_dates`: the dates of an anchor
    count though it is not self-issued.
    `floor`, `name_rules`: of the DANE-TA path.  `key_floor`: of the leaf's key, DANE-EE or not.
    """

    agility: bool = True
    full_data_checked: bool = True
    full_data_anchor: bool = True
    leaf_anchor: bool = False
    anchor_dates: bool = True
    floor: Floor = Floor.OPENSSL_1
    key_floor: Floor = Floor.OPENSSL_1
    name_rules: names.NameRules = names.RFC_7672


#: RFC 7671 and 7672 to the letter; weak digests refused as every current library does.
RFC = DaneRules()
#: Postfix 3.6 and later: OpenSSL's SSL_dane_tlsa_add(3), smtp_tls_dane digests "sha512 sha256"; its path ends
#: below an anchor that is not self-issued (x509_vfy.c, internal_verify).
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


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One record held against one presented certificate.  `computed`: what the record would have to say."""

    record: TlsaRecord
    depth: int
    computed: bytes
    equal: bool


class DaneMatch(msgspec.Struct, frozen=True, kw_only=True):
    """`verdict`: "matched", "mismatch", "unusable" (all records), "none" (no records).

    `usage`, `record`, `depth`, `name`: of the match (`name` for DANE-TA only).  `name_refused`: a DANE-TA
    record and its path hold and only the name is wrong (Exim then still tries its own roots).  `usable`:
    the records that were used; `passed_over`: usable ones behind a stronger digest.  `reason`: one plain
    sentence; `flaw`: the same in a word, where there is no match.
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


def unusable(record: TlsaRecord, rules: DaneRules = RFC) -> str:
    """Why no sender with `rules` can use `record`; "" when one can."""
    if record.usage in (PKIX_TA, PKIX_EE):
        return "PKIX usages are not used for SMTP (RFC 7672 section 3.1.3)"
    if record.usage not in (DANE_TA, DANE_EE):
        return f"unknown certificate usage {record.usage}"
    if record.selector not in (CERT, SPKI):
        return f"unknown selector {record.selector}"
    if record.mtype == FULL:
        return _unusable_full(record) if rules.full_data_checked else "" if record.data else "no data"
    length = _DIGEST_LENGTH.get(record.mtype)
    if length is None:
        return f"unknown matching type {record.mtype}"
    if len(record.data) != length:
        return f"the digest has {len(record.data)} bytes, but matching type {record.mtype} needs {length}"
    return ""


def _unusable_full(record: TlsaRecord) -> str:
    if record.selector == CERT:
        return "" if asn1.parts(record.data) is not None else "the data is not a certificate"
    return "" if _key_readable(record.data) else "the data is not a public key"


@lru_cache(maxsize=1024)
def _key_readable(spki: bytes) -> bool:
    try:
        load_der_public_key(spki)
    except (ValueError, TypeError):
        return False
    except UnsupportedAlgorithm:
        return True
    return True


def computed(shape: tuple[int, int], der: bytes) -> bytes:
    """What a TLSA record of `shape` (selector, matching type) says of the certificate `der`.

    Empty when `der` is no certificate or the shape is unknown.
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
    """Hold `records` against `chain` (DER, leaf first, as presented) at Unix time `at`.

    `names`: reference names for DANE-TA, the TLSA base domain first (RFC 7672 section 3.2.2).
    Never raises.  Results are remembered.
    """
    return _match(records[:MAX_RECORDS], chain[: pkix.MAX_CHAIN], names, at, rules)


def forget() -> None:
    """Drop the results that are remembered."""
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
    usable, passed_over = _agile(fit) if rules.agility else (fit, ())
    comparisons = tuple(_compare(usable, chain))
    found = DaneMatch(
        verdict="mismatch", reason="", usable=usable, passed_over=passed_over, comparisons=comparisons
    )
    if not chain:
        return msgspec.structs.replace(found, reason="The server presented no certificate.", flaw=Flaw.ABSENT)
    if pkix.key_below(chain[0], rules.key_floor):
        return msgspec.structs.replace(
            found, reason="The key of the server's certificate is too weak.", flaw=Flaw.WEAK
        )
    for comparison in comparisons:
        if comparison.equal and comparison.record.usage == DANE_EE:
            return msgspec.structs.replace(
                found,
                verdict="matched",
                reason="A DANE-EE record matches the server's certificate.",
                usage=DANE_EE,
                record=comparison.record,
                depth=0,
            )
    return _anchored(found, chain, references, at, rules)


def _agile(records: tuple[TlsaRecord, ...]) -> tuple[tuple[TlsaRecord, ...], tuple[TlsaRecord, ...]]:
    """RFC 7671 section 9: (records that count, those behind a stronger digest of their kind)."""
    strongest: dict[tuple[int, int], int] = {}
    for record in records:
        shape = (record.usage, record.selector)
        strongest[shape] = max(strongest.get(shape, FULL), record.mtype)
    counts = [record.mtype in (FULL, strongest[record.usage, record.selector]) for record in records]
    return (
        tuple(record for record, counted in zip(records, counts, strict=True) if counted),
        tuple(record for record, counted in zip(records, counts, strict=True) if not counted),
    )


def _compare(records: tuple[TlsaRecord, ...], chain: tuple[bytes, ...]) -> list[Comparison]:
    """DANE-EE records with the leaf, DANE-TA records with every certificate above it; EE first."""
    compared: list[Comparison] = []
    for record in sorted(records, key=lambda record: -record.usage):
        depths = (0,) if record.usage == DANE_EE else range(1, len(chain))
        for depth in depths if chain else ():
            value = computed((record.selector, record.mtype), chain[depth])
            compared.append(
                Comparison(record=record, depth=depth, computed=value, equal=value == record.data)
            )
    return compared


# --- DANE-TA ---------------------------------------------------------------------------------------


def _anchored(
    found: DaneMatch, chain: tuple[bytes, ...], references: tuple[str, ...], at: int, rules: DaneRules
) -> DaneMatch:
    """Try every trust anchor that the records name; `found` is the mismatch to start from."""
    why: list[str] = []
    flaws: list[Flaw] = []
    for comparison in found.comparisons:
        if not comparison.equal or comparison.record.usage != DANE_TA:
            continue
        anchor = chain[comparison.depth]
        result = _path(chain, anchor, at, rules)
        # A leaf that is its own anchor proves nothing: RFC 7672 section 3.1.2 wants a name under an anchor.
        if result.trusted and anchor not in result.path[1:] and not rules.leaf_anchor:
            why.append("The trust anchor is the server's own certificate.")
        elif result.trusted:
            depth = result.path.index(anchor) or comparison.depth
            return _named(found, comparison.record, depth, chain[0], references=references, rules=rules)
        else:
            why.append(f"The path to the trust anchor fails: {result.error}.")
            flaws.append(result.flaw)
    if rules.full_data_anchor:
        whole = [record for record in found.usable if (record.usage, record.mtype) == (DANE_TA, FULL)]
        for record in whole[:MAX_ANCHORS_IN_DNS]:
            level = _anchor_in_dns(record, chain, at, rules)
            if level is not None:
                return _named(found, record, level, chain[0], references=references, rules=rules)
    dated = Flaw.EXPIRED if Flaw.EXPIRED in flaws else Flaw.TLSA
    return msgspec.structs.replace(found, reason=_mismatch(found, why), flaw=dated)


def _path(chain: tuple[bytes, ...], anchor: bytes, at: int, rules: DaneRules) -> pkix.PkixResult:
    return pkix.verify(chain, (anchor,), at, floor=rules.floor, partial=True, anchor_dates=rules.anchor_dates)


def _anchor_in_dns(record: TlsaRecord, chain: tuple[bytes, ...], at: int, rules: DaneRules) -> int | None:
    """Depth of the anchor that `record` (2 0 0 or 2 1 0) holds itself, if the chain hangs from it."""
    if record.selector == CERT:
        result = _path(chain, record.data, at, rules)
        depth = len(result.path) - 1
        return depth if result.trusted and depth >= 1 and result.path[-1] == record.data else None
    for der in chain:
        # The bare key has no name and no dates: what it signed is the top of the path.
        if not signed_by(der, record.data):
            continue
        result = _path(chain, der, at, rules)
        if result.trusted and result.path[-1] == der and not _digest_below(der, rules.floor):
            return len(result.path)
    return None


def _digest_below(der: bytes, floor: Floor) -> bool:
    parts = asn1.parts(der)
    digest = signature(parts)[1] if parts is not None else None
    return digest is not None and digest < floor.bits


def _named(
    found: DaneMatch,
    record: TlsaRecord,
    depth: int,
    leaf: bytes,
    *,
    references: tuple[str, ...],
    rules: DaneRules,
) -> DaneMatch:
    """The path holds; does the leaf bear one of the names (RFC 7672 section 3.2.3)?"""
    name = names.any_match(references, names.certificate_names(leaf), rules.name_rules)
    if name is None:
        wanted = " or ".join(references) or "any name"
        return msgspec.structs.replace(
            found,
            depth=depth,
            name_refused=True,
            flaw=Flaw.NAME,
            reason=f"The trust anchor matches, but the server's certificate does not name {wanted}.",
        )
    return msgspec.structs.replace(
        found,
        verdict="matched",
        reason="A DANE-TA record matches a certificate above the server's.",
        usage=DANE_TA,
        record=record,
        depth=depth,
        name=name,
    )


def _mismatch(found: DaneMatch, why: list[str]) -> str:
    """Why nothing matched: the first path that failed, or what no certificate was there for."""
    if why:
        return why[0]
    usages = {record.usage for record in found.usable}
    if usages == {DANE_EE}:
        return "The server's certificate matches none of the DANE-EE records."
    if usages == {DANE_TA}:
        return "No certificate above the server's own in its chain matches a DANE-TA record."
    return "Neither the server's certificate nor one above it matches any TLSA record."
