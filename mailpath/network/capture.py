"""A walk's exchanges as a file: JSON, compressed where the name ends in ".gz", through a pipe as "-".

A capture stands alone: exchanges, the ground they stood on, the trust anchor and the root
certificates that anchor a recorded chain.  It may come from a stranger (a ticket's attachment): it is
read strictly and within bounds, and whatever is wrong with it is a `CaptureError` with one sentence.
"""

from __future__ import annotations

import gzip
import os
import sys
import zlib
from collections.abc import Iterable
from typing import Annotated, BinaryIO

import msgspec

from mailpath import __version__
from mailpath.errors import MailpathError, concerning, reason_of
from mailpath.exchanges import DnsExchange, Exchange, HttpsExchange, SmtpExchange
from mailpath.facts import Path
from mailpath.files import replace_file
from mailpath.names import BadName, as_domain, to_dns_name
from mailpath.network.protocol import SIMULATED_ZONE, NetworkContext
from mailpath.network.recording import Recording, in_order, key_of
from mailpath.records import Record
from mailpath.visible import visible
from mailpath.wording.times import LAST

SCHEMA = 1
#: Bytes, compressed and unpacked; a walk over a domain with many hosts makes less than one MiB.
MAX_CAPTURE = 12 * 1024 * 1024
#: Bytes of one exchange: what the live network reads of a DNS message, an HTTPS answer (64 KiB of body, its
#: head), an SMTP session (64 KiB of replies and what we said), and a certificate chain beside them.
MAX_DNS = 65535
MAX_HTTPS = 192 * 1024
MAX_SMTP = 192 * 1024
MAX_CHAIN = 128 * 1024
MAX_DETAIL = 4096
MAX_HEADERS = 100
_MOST = msgspec.Meta(max_length=10_000)
_GZIP_MAGIC = b"\x1f\x8b"

Where = str | os.PathLike[str] | BinaryIO


class CaptureError(MailpathError):
    """A capture cannot be read or written; the message says why in one plain sentence."""


class Capture(Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a replay needs.  Exchanges are sorted by key and no key is there twice.

    `mailpath`: the version that made it.
    """

    schema: Annotated[int, msgspec.Meta(ge=SCHEMA, le=SCHEMA)] = SCHEMA
    mailpath: str = __version__
    path: Path
    ground: NetworkContext
    dns: Annotated[tuple[DnsExchange, ...], _MOST] = ()
    https: Annotated[tuple[HttpsExchange, ...], _MOST] = ()
    smtp: Annotated[tuple[SmtpExchange, ...], _MOST] = ()

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All of them, sorted by kind and key."""
        return (*self.dns, *self.https, *self.smtp)


class _Head(msgspec.Struct):
    """What is read first: files of another schema are told apart from broken ones."""

    schema: int


def capture_of(recording: Recording, path: Path, roots: Iterable[bytes]) -> Capture:
    """What `recording` holds.  `roots`: the trusted certificates that anchor a recorded chain (DER)."""
    return capture_from(recording.exchanges, recording.ground, path, roots)


def capture_from(
    exchanges: Iterable[Exchange], ground: NetworkContext, path: Path, roots: Iterable[bytes]
) -> Capture:
    """A capture of `exchanges`, in whatever order they come."""
    ordered = sorted(exchanges, key=in_order)
    return Capture(
        path=path,
        ground=msgspec.structs.replace(ground, roots=tuple(sorted(set(roots)))),
        dns=tuple(e for e in ordered if isinstance(e, DnsExchange)),
        https=tuple(e for e in ordered if isinstance(e, HttpsExchange)),
        smtp=tuple(e for e in ordered if isinstance(e, SmtpExchange)),
    )


def dump(capture: Capture, where: Where) -> None:
    """Write `capture` to a file, a path or "-" (standard output).

    The same capture is written as the same bytes.  A file that holds an envelope, and so mail addresses, is
    its owner's alone.  Raises `CaptureError`; OSError where it is standard
    output that cannot be written, as every other output there does.
    """
    data = msgspec.json.encode(capture) + b"\n"
    if where == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        if isinstance(where, str | os.PathLike):
            if os.fspath(where).endswith(".gz"):
                data = gzip.compress(data, mtime=0)
            replace_file(where, data, private=capture.ground.envelope is not None)
        else:
            where.write(data)
    except OSError as error:
        sentence = f"The capture cannot be written: {reason_of(error)}."
        raise CaptureError(sentence, file=_named(where)) from error


def load(where: Where) -> Capture:
    """Read a capture from a file, a path or "-" (standard input), gzip or not.  Raises `CaptureError`."""
    try:
        if where == "-":
            data = sys.stdin.buffer.read(MAX_CAPTURE + 1)
        elif isinstance(where, str | os.PathLike):
            with open(where, "rb") as file:
                data = file.read(MAX_CAPTURE + 1)
        else:
            data = where.read(MAX_CAPTURE + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        sentence = f"The capture cannot be read: {reason_of(error)}."
        raise CaptureError(sentence, file=_named(where)) from error
    with concerning(file=_named(where)):
        return decode(_unpacked(data))


def _named(where: Where) -> str:
    return os.fspath(where) if isinstance(where, str | os.PathLike) else ""


def decode(data: bytes) -> Capture:
    """The capture in `data`, unpacked JSON.  Raises `CaptureError`."""
    if not data.strip():
        raise CaptureError("The capture is empty.")
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.schema != SCHEMA:
            raise CaptureError(f"The capture has schema {head.schema}; this version reads schema {SCHEMA}.")
        capture = msgspec.json.decode(data, type=Capture)
    except RecursionError:
        raise CaptureError("The capture is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CaptureError(f"This is not a mailpath capture: {visible(str(error), limit=300)}.") from None
    _check(capture)
    return capture


def _check(capture: Capture) -> None:
    for name in (capture.path.recipient, capture.path.sender):
        if name is not None and not _is_domain(name):
            raise CaptureError("The capture's path does not lead from a domain to a domain.")
    if not 0 <= capture.ground.made <= LAST:
        raise CaptureError("The capture's time is not a date.")
    wrong = find_fault(capture.ground)
    if wrong:
        raise CaptureError(wrong)
    if not all(_is_bounded(exchange) for exchange in capture.exchanges):
        raise CaptureError("The capture contains an exchange that is larger than possible.")
    keys = [key_of(exchange) for exchange in capture.exchanges]
    if len(set(keys)) != len(keys):
        raise CaptureError("The capture contains two answers to one request.")


def find_fault(ground: NetworkContext) -> str:
    """Why no walk can stand on `ground`, one sentence; "" where it can."""
    if any(zone != SIMULATED_ZONE for zone in ground.simulated_insecure):
        return f"The capture simulates an unsigned zone other than {SIMULATED_ZONE}."
    if not all(map(_is_name, ground.insecure_zones)):
        return "The capture contains a negative trust anchor that is not a domain name."
    if ground.kind not in ("live", "lab", "capture"):
        return "The capture does not say what kind of network it was made on."
    if not all(1 <= port <= 65535 for port in (ground.smtp_port, ground.https_port)):
        return "The capture names a port that is not between 1 and 65535."
    return ""


def _is_name(text: str) -> bool:
    """As the settings write a negative trust anchor, but for capitals and a dot at the end."""
    try:
        return to_dns_name(text) in (text.lower(), text.lower().removesuffix("."))
    except BadName:
        return False


def _is_bounded(exchange: Exchange) -> bool:
    """Nothing in it is more than a walk would have read: what follows from it stays small."""
    chain: tuple[bytes, ...] = ()
    match exchange:
        case DnsExchange():
            fits = len(exchange.response or b"") <= MAX_DNS
        case HttpsExchange():
            head = sum(len(name) + len(value) for name, value in exchange.headers)
            fits = head + len(exchange.body) <= MAX_HTTPS and len(exchange.headers) <= MAX_HEADERS
            chain = exchange.chain
        case SmtpExchange():
            said = sum(len(chunk.data) for chunk in exchange.transcript)
            fits = said + len(exchange.injected) <= MAX_SMTP
            chain = exchange.tls.chain if exchange.tls is not None else ()
    return fits and sum(map(len, chain)) <= MAX_CHAIN and len(exchange.detail) <= MAX_DETAIL


def _is_domain(name: str) -> bool:
    """As a walk takes it: lower-case A-labels without a trailing dot."""
    return as_domain(name) == name


def _unpacked(data: bytes) -> bytes:
    if data.startswith(_GZIP_MAGIC):
        inflate = zlib.decompressobj(wbits=31)
        try:
            data = inflate.decompress(data, MAX_CAPTURE + 1)
        except zlib.error as error:
            raise CaptureError(f"The capture's compression is broken: {error}.") from None
        if len(data) <= MAX_CAPTURE and not inflate.eof:
            raise CaptureError("The capture ends in the middle of its compressed data.")
        if inflate.unused_data:
            raise CaptureError("Something else follows the capture's compressed data.")
    if len(data) > MAX_CAPTURE:
        raise CaptureError(f"The capture is larger than {MAX_CAPTURE // 1024 // 1024} MiB.")
    return data
