"""What a TLS report comes in: a mail, gzip, a file name that says whom it is about.

RFC 8460 section 5.1 (file names), 5.2 (gzip), 5.3 (mail: `multipart/report`, the report as
`application/tlsrpt+json` or `application/tlsrpt+gzip`, the recipient domain in `TLS-Report-Domain`).
"""

from __future__ import annotations

import email
import email.message
import re
import zlib
from pathlib import PurePath
from typing import NamedTuple

from mailpath.errors import MailpathError
from mailpath.names import as_domain

#: Bytes, of the file and of the report in it.
MAX_INPUT = 8 << 20
#: Parts of a mail that are looked at.
MAX_PARTS = 200

_GZIP = b"\x1f\x8b"
_MAIL = re.compile(rb"\s*(?:From |[A-Za-z][A-Za-z0-9-]{0,75}:[ \t\r\n])")
_TYPES = ("application/tlsrpt+json", "application/tlsrpt+gzip")
_NAMED = re.compile(r"\.json(?:\.gz)?\Z|\.gz\Z", re.IGNORECASE)


class ReportError(MailpathError):
    """It is no TLS report; the message says why in one sentence."""


class Carried(NamedTuple):
    """`json`: the report's bytes; `recipient`: the domain it is about, A-labels, where its carrier tells."""

    json: bytes
    recipient: str | None


def carried(data: bytes, name: str = "") -> Carried:
    """The report in a file of this content and this name.  Raises `ReportError` and nothing else."""
    if len(data) > MAX_INPUT:
        raise ReportError("The report is larger than 8 MiB.")
    recipient = recipient_of(name)
    if not data.startswith(_GZIP) and _MAIL.match(data):
        data, told = _attached(data)
        recipient = told or recipient
    return Carried(_inflated(data) if data.startswith(_GZIP) else data, recipient)


def recipient_of(name: str) -> str | None:
    """The policy domain of `sender!policy-domain!begin!end[!unique-id].extension`; None for other names."""
    parts = PurePath(name).name.split("!")
    if len(parts) not in (4, 5) or not parts[2].isdigit() or not parts[3].partition(".")[0].isdigit():
        return None
    return as_domain(parts[1])


def _attached(data: bytes) -> tuple[bytes, str | None]:
    try:
        message = email.message_from_bytes(data)
        for part in list(message.walk())[:MAX_PARTS]:
            name = part.get_filename() or ""
            content = _content(part) if _holds(part, name) else None
            if content is not None:
                return content, as_domain(str(message.get("tls-report-domain", ""))) or recipient_of(name)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError("The mail cannot be parsed.") from error
    raise ReportError("The mail contains no TLS report.")


def _holds(part: email.message.Message, name: str) -> bool:
    kind = part.get_content_type()
    return kind in _TYPES or (kind.startswith("application/") and _NAMED.search(name) is not None)


def _content(part: email.message.Message) -> bytes | None:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else None


def _inflated(data: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        made = inflate.decompress(data, MAX_INPUT + 1)
    except zlib.error as error:
        raise ReportError("The file is damaged: it cannot be unpacked with gzip.") from error
    if len(made) > MAX_INPUT:
        raise ReportError("The report is larger than 8 MiB.")
    if not inflate.eof:
        raise ReportError("The file is damaged: the gzip data is truncated.")
    return made
