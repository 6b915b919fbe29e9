"""Exchanges as the bytes of a store, and back.  What is read may come from a stranger: it is bounded."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Sequence
from hashlib import blake2b

import msgspec

from mailpath.errors import MailpathError
from mailpath.exchanges import (
    DnsExchange,
    Exchange,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
)
from mailpath.network.capture import MAX_CAPTURE

#: What is shorter stays as it is: a DNS answer hardly shrinks.
WORTH_IT = 512
#: References of one walk.
MOST_PLACES = 10_000
_KINDS: dict[type, bytes] = {DnsExchange: b"d", HttpsExchange: b"h", SmtpExchange: b"s"}
_REQUESTS: dict[type, bytes] = {Question: b"d", HttpsRequest: b"h"}
_ROOT = b"r"
_STORED, _DEFLATED = b"\0", b"\1"
_encoder = msgspec.msgpack.Encoder()
_decoders: dict[bytes, msgspec.msgpack.Decoder[Exchange]] = {
    kind: msgspec.msgpack.Decoder(record) for record, kind in _KINDS.items()
}


class Damaged(MailpathError):
    """These are no bytes of a store."""


def digest(data: bytes) -> bytes:
    """Of 16 octets: by content."""
    return blake2b(data, digest_size=16).digest()


def digest_of(request: Request) -> bytes:
    """Of a request: by what is asked."""
    return digest(_REQUESTS.get(type(request), b"s") + _encoder.encode(request))


def packed(exchange: Exchange) -> bytes:
    """`exchange` as bytes; the same content is the same bytes."""
    return compressed(_KINDS[type(exchange)] + _encoder.encode(exchange))


def unpacked(data: bytes) -> Exchange:
    """What `packed` packed.  Raises `Damaged`, `msgspec.DecodeError`."""
    content = plain(data)
    decoder = _decoders.get(content[:1])
    if decoder is None:
        raise Damaged("These are no bytes of a store.")
    return decoder.decode(memoryview(content)[1:])


def packed_root(root: bytes) -> bytes:
    """A root certificate (DER) as bytes that are no exchange's."""
    return compressed(_ROOT + root)


def unpacked_root(data: bytes) -> bytes:
    """What `packed_root` packed.  Raises `Damaged`."""
    content = plain(data)
    if content[:1] != _ROOT:
        raise Damaged("These are no bytes of a store.")
    return content[1:]


def compressed(data: bytes) -> bytes:
    """`data`, smaller where that is worth it."""
    return _STORED + data if len(data) < WORTH_IT else _DEFLATED + zlib.compress(data, 1)


def plain(data: bytes) -> bytes:
    """What `compressed` compressed.  Raises `Damaged`."""
    if data[:1] == _STORED:
        return data[1:]
    if data[:1] != _DEFLATED:
        raise Damaged("These are no bytes of a store.")
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(memoryview(data)[1:], MAX_CAPTURE)
    except zlib.error:
        raise Damaged("These are no bytes of a store.") from None
    if not inflate.eof:
        raise Damaged("These are no bytes of a store.")
    return content


def places(exchanges: Sequence[int], roots: Sequence[int]) -> bytes:
    """The references of one walk."""
    return compressed(array("q", [len(exchanges), *exchanges, *roots]).tobytes())


def places_in(data: bytes) -> tuple[list[int], list[int]]:
    """What `places` packed: those of exchanges, and those of roots.  Raises `Damaged`."""
    content = plain(data)
    if len(content) % 8 or not 8 <= len(content) <= 8 * MOST_PLACES:
        raise Damaged("These are no bytes of a store.")
    count, *found = array("q", content)
    if not 0 <= count <= len(found):
        raise Damaged("These are no bytes of a store.")
    return found[:count], found[count:]
