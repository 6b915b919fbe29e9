"""What a TLSA record that matches nothing was made of (RFC 6698 section 2.1).

A record that does not match is not always one that was forgotten at a renewal.  The program that made it may
have hashed an empty file, the certificate in place of its key, the PEM text in place of the DER, or another
host's key: the digest gives it away, because all of these can be computed again.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import lru_cache

import msgspec

from mailpath.facts import TlsaRecord
from mailpath.match import dane, pkix
from mailpath.match import der as asn1

#: Most certificates beside the server's own that a record is compared with.
MAX_OTHERS = 400
#: Octets of a certificate: a hostile chain is not hashed in all these ways.
_MOST = 16 * 1024
#: Fewer octets than this are the beginning of too many digests.
_LEAST = 8

_BY_TYPE = {"SHA-256": (dane.SHA2_256, hashlib.sha256), "SHA-512": (dane.SHA2_512, hashlib.sha512)}
#: Digests for which TLSA has no matching type.
_UNKNOWN = {"SHA-1": hashlib.sha1, "SHA-224": hashlib.sha224, "SHA-384": hashlib.sha384, "MD5": hashlib.md5}
_NOTHING = {"no data at all": b"", "an empty line": b"\n"}


class Kind(StrEnum):
    """What went wrong; the texts of `findings/catalogue.toml` go by it."""

    NOTHING = "nothing"  # the digest of an empty input
    USAGE = "usage"  # of the server's certificate under DANE-TA, of one above it under DANE-EE
    SELECTOR = "selector"  # of the certificate where the key is meant, or the reverse
    MATCHING = "matching"  # the digest is of another type than the record says
    DIGEST = "digest"  # a digest that TLSA does not know
    TEXT = "text"  # of PEM, base64 or hexadecimal text, not of the DER octets
    KEY_BITS = "key-bits"  # of the bare key, without its algorithm
    ENCODED = "encoded"  # the text of the right digest, not its octets
    CUT = "cut"  # a part of the right digest
    ADDRESS = "address"  # of the certificate at another address of the host
    SNI = "sni"  # of the certificate that the host shows without SNI
    HOST = "host"  # of the certificate of another MX host
    UNSENT = "unsent"  # of an authority that the server does not send


class Other(msgspec.Struct, frozen=True):
    """A chain (DER, leaf first) that somebody else shows; `kind`: who.  `whose`: "mx2.b.example", raw."""

    kind: Kind
    whose: str
    chain: tuple[bytes, ...]


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """`holds`: what the record's data is, a noun phrase (raw text).  `other`: whose certificate it fits.

    `shape`: usage, selector and matching type under which the data would be right for this server.
    """

    kind: Kind
    holds: str
    shape: tuple[int, int, int] | None = None
    other: Other | None = None


@lru_cache(maxsize=1024)
def explain_mismatch(
    record: TlsaRecord, chain: tuple[bytes, ...], others: tuple[Other, ...] = ()
) -> Mistake | None:
    """What `record`, which matches nothing of `chain` (DER, leaf first), was made of; None: nobody can tell.

    Never raises.  Remembers its results.
    """
    chain = chain[: pkix.MAX_CHAIN]
    tries = (_from_nothing, _from_chain, _from_text, _from_digest)
    found = (mistake for each in tries for mistake in each(record, chain))
    return next(found, None) or next(_from_others(record, others[:MAX_OTHERS]), None)


def _from_nothing(record: TlsaRecord, _: tuple[bytes, ...]) -> Iterator[Mistake]:
    for what, data in _NOTHING.items():
        for name in _named(record.data, data):
            yield Mistake(kind=Kind.NOTHING, holds=f"the {name} digest of {what}")


def _selected(der: bytes, whose: str) -> Iterator[tuple[int, str, bytes]]:
    """(selector, noun phrase, octets) of a certificate."""
    spki = dane.computed((dane.SPKI, dane.FULL), der)
    if spki:
        yield dane.SPKI, f"the key of {whose}", spki
    yield dane.CERT, whose, der


def _of_chain(chain: tuple[bytes, ...]) -> Iterator[tuple[int, int, str, bytes]]:
    for depth, der in enumerate(chain):
        if len(der) > _MOST:
            continue
        whose = f"certificate {depth} of the chain" if depth else "the server's certificate"
        for selector, what, octets in _selected(der, whose):
            yield depth, selector, what, octets


def _from_chain(record: TlsaRecord, chain: tuple[bytes, ...]) -> Iterator[Mistake]:
    """The right octets under other fields, or with a digest that TLSA does not know."""
    for depth, selector, what, octets in _of_chain(chain):
        usage = dane.DANE_TA if depth else dane.DANE_EE
        for mtype, name in _forms(record.data, octets):
            shape = (usage, selector, mtype)
            if shape != (record.usage, record.selector, record.mtype):
                holds = f"the {name} digest of {what}" if name else f"{what} in full"
                yield Mistake(kind=_differs(record, shape), holds=holds, shape=shape)
        for name, function in _UNKNOWN.items():
            if record.data == function(octets, usedforsecurity=False).digest():
                yield Mistake(kind=Kind.DIGEST, holds=f"the {name} digest of {what}")


def _differs(record: TlsaRecord, shape: tuple[int, int, int]) -> Kind:
    if record.usage != shape[0]:
        return Kind.USAGE
    return Kind.SELECTOR if record.selector != shape[1] else Kind.MATCHING


def _forms(data: bytes, octets: bytes) -> Iterator[tuple[int, str]]:
    """The matching types under which `data` stands for `octets`, each with the digest's name."""
    if data == octets:
        yield dane.FULL, ""
    for name in _named(data, octets):
        yield _BY_TYPE[name][0], name


def _named(data: bytes, octets: bytes) -> Iterator[str]:
    """The name of the digest of `octets` that `data` is."""
    for name, (_, function) in _BY_TYPE.items():
        if data == function(octets).digest():
            yield name


def _pem(label: str, octets: bytes) -> bytes:
    text = b64encode(octets)
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    mark = label.encode()
    return b"\n".join([b"-----BEGIN %s-----" % mark, *lines, b"-----END %s-----" % mark])


_TEXTS: dict[str, Callable[[str, bytes], bytes]] = {
    "the PEM text": _pem,
    "the base64 text": lambda _, octets: b64encode(octets),
    "the hexadecimal text": lambda _, octets: octets.hex().encode(),
}


def _from_text(record: TlsaRecord, chain: tuple[bytes, ...]) -> Iterator[Mistake]:
    """Text was hashed, with or without the end of its last line; or the key without its algorithm."""
    for _, selector, what, octets in _of_chain(chain):
        label = "PUBLIC KEY" if selector == dane.SPKI else "CERTIFICATE"
        for kind, make in _TEXTS.items():
            text = make(label, octets)
            for written in (text, text + b"\n", text.replace(b"\n", b"\r\n") + b"\r\n"):
                if record.data == written:
                    yield Mistake(kind=Kind.TEXT, holds=f"{kind} of {what}")
                for name in _named(record.data, written):
                    yield Mistake(kind=Kind.TEXT, holds=f"the {name} digest of {kind} of {what}")
        bits = _key_bits(octets)
        known = {name: function for name, (_, function) in _BY_TYPE.items()} | _UNKNOWN
        for name, function in known.items() if bits else ():
            if record.data == function(bits, usedforsecurity=False).digest():
                yield Mistake(kind=Kind.KEY_BITS, holds=f"the {name} digest of the bare bits of {what}")


def _key_bits(spki: bytes) -> bytes:
    """subjectPublicKey without its count of unused bits (RFC 5280 section 4.1); b"" if unreadable."""
    try:
        fields = list(asn1.elements(asn1.only(spki, asn1.SEQUENCE).content))
    except asn1.BadDer:
        return b""
    return fields[1].content[1:] if len(fields) == 2 and fields[1].tag == asn1.BIT_STRING else b""


def _from_digest(record: TlsaRecord, chain: tuple[bytes, ...]) -> Iterator[Mistake]:
    """The right digest, written or hashed once more as text, or not whole."""
    data = record.data
    for _, _, what, octets in _of_chain(chain):
        for name, (_, function) in _BY_TYPE.items():
            digest = function(octets).digest()
            of = f"the {name} digest of {what}"
            for kind, text in (
                ("the hexadecimal text", digest.hex().encode()),
                ("the base64 text", b64encode(digest)),
            ):
                if data.strip().lower() == text.lower():
                    yield Mistake(kind=Kind.ENCODED, holds=f"{kind} of {of}")
                for again in (*_named(data, text), *_named(data, text + b"\n")):
                    yield Mistake(kind=Kind.ENCODED, holds=f"the {again} digest of {kind} of {of}")
            if _LEAST <= len(data) < len(digest) and (digest.startswith(data) or digest.endswith(data)):
                yield Mistake(kind=Kind.CUT, holds=f"only {len(data)} octets of {of}")


def _from_others(record: TlsaRecord, others: tuple[Other, ...]) -> Iterator[Mistake]:
    for other in others:
        for depth, der in enumerate(other.chain[: pkix.MAX_CHAIN]):
            above = depth > 0 or other.kind is Kind.UNSENT
            whose = f"certificate {depth} of the chain of {other.whose}" if depth else other.whose
            for _, what, octets in _selected(der, whose):
                for _, name in _forms(record.data, octets):
                    holds = f"the {name} digest of {what}" if name else f"{what} in full"
                    kind = other.kind
                    if above:  # an authority's certificate, which has no place under DANE-EE
                        kind = Kind.UNSENT if record.usage == dane.DANE_TA else Kind.USAGE
                    yield Mistake(kind=kind, holds=holds, other=other)
