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
#: Reports of one mailbox that are read.
MAX_REPORTS = 500

_GZIP = b"\x1f\x8b"
_MAIL = re.compile(rb"\s*(?:From |[A-Za-z][A-Za-z0-9-]{0,75}:[ \t\r\n])")
#: Where a mail of a mailbox begins: its line, and a header field.
_MAILBOX = re.compile(rb"(?:\A|\n\r?\n)(?P<mail>From [^\n]{1,998}\n[A-Za-z][A-Za-z0-9-]{0,75}:)")
_TYPES = ("application/tlsrpt+json", "application/tlsrpt+gzip")
_NAMED = re.compile(r"\.json(?:\.gz)?\Z|\.gz\Z", re.IGNORECASE)


class ReportError(MailpathError):
    """It is no TLS report; the message says why in one sentence."""


class Carried(NamedTuple):
    """`json`: the report's bytes; `recipient`: the domain it is about, A-labels, where its carrier tells."""

    json: bytes
    recipient: str | None


def carried(data: bytes, name: str = "") -> list[Carried]:
    """The reports in a file of this content and this name, one or more: those of a mailbox, or of one mail.

    Raises `ReportError` and nothing else.
    """
    if len(data) > MAX_INPUT:
        raise ReportError("The report is larger than 8 MiB.")
    found = [(data, None)] if data.startswith(_GZIP) or not _MAIL.match(data) else _mailed(data)
    recipient = recipient_of(name)
    return [
        Carried(_inflated(content) if content.startswith(_GZIP) else content, told or recipient)
        for content, told in found
    ]


def recipient_of(name: str) -> str | None:
    """The policy domain of `sender!policy-domain!begin!end[!unique-id].extension`; None for other names."""
    parts = PurePath(name).name.split("!")
    if len(parts) not in (4, 5) or not parts[2].isdigit() or not parts[3].partition(".")[0].isdigit():
        return None
    return as_domain(parts[1])


def _mailed(data: bytes) -> list[tuple[bytes, str | None]]:
    """The reports of a mail, or of a mailbox file (RFC 4155), each with its recipient domain."""
    starts = [found.start("mail") for found in _MAILBOX.finditer(data)] or [0]
    mails = (data[start:end] for start, end in zip(starts, (*starts[1:], len(data)), strict=True))
    found = [each for mail in mails for each in _attached(mail)][:MAX_REPORTS]
    if not found:
        raise ReportError("The mail contains no TLS report.")
    return found


def _attached(data: bytes) -> list[tuple[bytes, str | None]]:
    found = []
    try:
        message = email.message_from_bytes(data)
        for part in list(message.walk())[:MAX_PARTS]:
            name = part.get_filename() or ""
            content = _content(part) if _holds(part, name) else None
            if content is not None:
                told = as_domain(str(message.get("tls-report-domain", ""))) or recipient_of(name)
                found.append((content, told))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError("The mail cannot be parsed.") from error
    return found


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
