"""A mail taken apart, whatever its state: folded headers, encoded words, transfer encodings, odd charsets.

The standard library's parser does not refuse a mail (RFC 5322, RFC 2045 to 2047); what its accessors raise
on hostile values is caught here, value by value.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import email
import email.errors
import email.header
import email.message
import email.policy
import email.utils
import quopri
import re
from collections.abc import Iterator

import msgspec

from mailpath.tickets.bounce.page import plain

#: Most bytes and lines of input, parts of a mail, levels of nesting, characters of text that are read.
MAX_INPUT = 1 << 20
MAX_PARTS = 200
MAX_DEPTH = 20
MAX_LINES = 60_000
MAX_TEXT = 200_000
MAX_HEADER = 4000

Message = email.message.Message

_MAIL_HEADERS = ("from", "to", "subject", "return-path", "received", "content-type", "message-id", "date")
#: A mail that came back, or its headers alone (RFC 3462 section 2, RFC 6533 section 4).
_RETURNED = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)


class _Utf8(email.policy.Compat32):
    """Headers in UTF-8 (RFC 6532), which the default policy makes question marks of."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


_UTF8 = _Utf8()

_SPACES = re.compile(r"[ \t\r\n]+")


_DAEMON = re.compile(r"mailer-?daemon|postmaster|mail delivery (?:sub)?system|mdaemon", re.IGNORECASE)
_FAILED = re.compile(
    r"(?!(?:re|fwd?|aw|wg|sv) ?:).{0,80}?(?:undeliver|non-?delivery|returned mail|failure notice|returning m"
    r"|deliver(?:y|ed)?\b.{0,20}\b(?:fail|delay|status|problem)"
    r"|(?:fail|delay|bounc).{0,30}\bdeliver)",
    re.IGNORECASE,
)
#: Subjects of vacation replies.
_AWAY = re.compile(
    r"^(?:auto(?:matic|matische)?[ -]?(?:reply|response|antwort)|out of (?:the )?office|vacation|abwesen"
    r"|r[ée]ponse automatique|absence|respuesta autom|risposta automatica|on holiday|away from)",
    re.IGNORECASE,
)
#: Parts of reports that are not about a delivery (RFC 5965, RFC 8098, RFC 9007, RFC 8460).
_OTHER_REPORTS = ("message/feedback-report", "message/disposition-notification", "application/tlsrpt+gzip")


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """`text`: what a person would read of the notice; `status`: blocks of its message/delivery-status part,
    field name (lower case) to value; `returned`: headers of the mail that came back, lower case.
    """

    text: str
    status: tuple[dict[str, str], ...] = ()
    returned: dict[str, str] = {}
    headers: dict[str, str] = {}
    report: bool = False

    @property
    def is_reply(self) -> bool:
        """A program answered or reported, but not that the message failed: a vacation reply (RFC 3834), a
        feedback report (RFC 5965), a receipt (RFC 8098), a report on TLS or DMARC.
        """
        if self.report:
            return True
        failed = (
            self.status
            or _FAILED.match(self.headers.get("subject", "")[:200])
            or "x-failed-recipients" in self.headers
            or self._daemon
        )
        automatic = self.headers.get("auto-submitted", "").strip().lower().startswith("auto-replied")
        named = any(name in self.headers for name in ("x-autoreply", "x-autorespond", "x-autoresponder"))
        subject = _AWAY.search(self.headers.get("subject", ""))
        return not failed and bool(automatic or named or subject)

    @property
    def _daemon(self) -> bool:
        return bool(_DAEMON.search(self.headers.get("from", "")))

    @property
    def is_notice(self) -> bool:
        """It is a bounce, not a mail that somebody wrote about one."""
        nobody = self.headers.get("return-path", "").strip() == "<>"
        automatic = self.headers.get("auto-submitted", "no").strip().lower() != "no"
        return bool(
            self.status
            or self._daemon
            or _FAILED.match(self.headers.get("subject", "")[:200])
            or nobody
            or automatic
            or "x-failed-recipients" in self.headers
        )

    @property
    def sender(self) -> str | None:
        """Who sent the mail that bounced: a bounce goes to the envelope's sender (RFC 5321 section 4.5.5)."""
        to = self.headers.get("to") if self.is_notice else None
        for value in (self.returned.get("return-path"), to, self.returned.get("from")):
            found = address(value)
            if found is not None:
                return found
        return None

    @property
    def failed_recipient(self) -> str | None:
        """Exim's and Gmail's header, else whom the returned mail was for."""
        return address(self.headers.get("x-failed-recipients")) or address(self.returned.get("to"))


def bounded(data: bytes) -> bytes:
    """As much of `data` as is read, in UTF-8 where it begins as UTF-16 does (Windows saves text so)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data[:MAX_INPUT].decode("utf-16", "replace").encode()
    data = data.removeprefix(codecs.BOM_UTF8)
    return b"\n".join(data[:MAX_INPUT].split(b"\n", MAX_LINES)[:MAX_LINES])


def address(value: str | None) -> str | None:
    """The first mail address in a header's value."""
    if not value:
        return None
    try:
        listed = email.utils.getaddresses([value[:MAX_HEADER]])
    except (RecursionError, ValueError, IndexError, TypeError):
        return None
    for _, found in listed:
        if "@" in found and not _SPACES.search(found):
            return found
    return None


def read_mail(data: bytes) -> Mail | None:
    """`data` as a mail; None where it does not begin with headers of one."""
    data = data.lstrip(b"\r\n\t \x00")
    if data.startswith(b"From ") or data.startswith(b">From "):
        data = data.partition(b"\n")[2]
    try:
        message = email.message_from_bytes(data, policy=_UTF8)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return None
    names = {name.lower() for name in message.keys()}  # noqa: SIM118 - a Message is no mapping
    if not names.intersection(_MAIL_HEADERS):
        return None
    notice = _notice(message)
    texts: list[str] = []
    pages: list[str] = []
    status: tuple[dict[str, str], ...] = ()
    returned: dict[str, str] = {}
    report = False
    for part in _parts(_with_parts(notice)):
        kind = _kind(part)
        report = report or kind in _OTHER_REPORTS
        if kind.startswith("message/") and kind.endswith("delivery-status") and not status:
            status = _blocks(part)
        elif kind in _RETURNED and not returned:
            returned = headers_of(_first(part))
        elif kind == "text/html":
            pages.append(plain(_body(part)))
        elif kind.startswith("text/") or (kind[:10] in ("", "multipart/") and not part.is_multipart()):
            texts.append(_body(part))
    text = "\n".join(texts or pages)[:MAX_TEXT]
    if not returned:
        text, returned = _inline(text)
    return Mail(text=text, status=status, returned=returned, headers=headers_of(notice), report=report)


# --- structure -------------------------------------------------------------------------------------


def _notice(message: Message) -> Message:
    """The report itself, where somebody forwarded it as an attachment."""
    if _is_report(message):
        return message
    for part in _parts(message):
        if _kind(part) in ("message/rfc822", "message/global"):
            inner = _first(part)
            if _is_report(inner):
                return inner
    return message


_BOUNDARY = re.compile(r"^--(\S{1,200}?)[ \t]*\r?\n(?=Content-|\r?\n)", re.MULTILINE | re.IGNORECASE)


def _with_parts(message: Message) -> Message:
    """`message`; with the boundary that it uses, where that is not the one that it names."""
    payload = _payload(message)
    if not _kind(message).startswith("multipart/") or not isinstance(payload, str):
        return message
    found = _BOUNDARY.search(payload)
    if found is None or '"' in found[1]:
        return message
    head = f'Content-Type: {_kind(message)}; boundary="{found[1]}"\n\n'
    return email.message_from_bytes((head + payload).encode("utf-8", "surrogateescape"), policy=_UTF8)


def _is_report(message: Message) -> bool:
    if _kind(message) == "multipart/report":
        return True
    return any(_kind(part).endswith("delivery-status") for part in _children(message))


def _children(message: Message) -> list[Message]:
    payload = _payload(message)
    if not isinstance(payload, list):
        return []
    return [part for part in payload[:MAX_PARTS] if isinstance(part, email.message.Message)]


def _first(part: Message) -> Message:
    children = _children(part)
    if not children:
        return email.message_from_string(_body(part))
    payload = _payload(children[0])
    if isinstance(payload, str) and payload and not children[0].keys():
        # In a transfer encoding, which RFC 6533 section 4 allows, the parser saw no headers.
        return email.message_from_string(_decoded(payload, part)[:MAX_TEXT])
    return children[0]


def _parts(message: Message) -> Iterator[Message]:
    """The parts in order, but not what is inside a mail that came back."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    seen = 0
    while waiting and seen < MAX_PARTS:
        part, depth = waiting.pop(0)
        seen += 1
        if _kind(part).startswith("multipart/") and part.is_multipart() and depth < MAX_DEPTH:
            waiting = [*((child, depth + 1) for child in _children(part)), *waiting]
            continue
        yield part


def _kind(part: Message) -> str:
    try:
        return part.get_content_type().lower()
    except (ValueError, LookupError, TypeError, AttributeError):
        return ""


def _blocks(part: Message) -> tuple[dict[str, str], ...]:
    """The groups of fields of a message/delivery-status part (RFC 3464 section 2.1)."""
    blocks = tuple(found for child in _children(part) for found in _groups(child) if found)
    known = any("final-recipient" in block or "reporting-mta" in block for block in blocks)
    if known:
        return blocks
    # In a transfer encoding (which the RFC forbids) the parser saw no fields.
    raw = "\n".join(
        payload for child in (_children(part) or [part]) if isinstance(payload := _payload(child), str)
    )
    return tuple(_fields(_decoded(raw, part)))


def _groups(child: Message) -> Iterator[dict[str, str]]:
    """The group that the parser took for headers, and those in what is then the body: it knows
    message/delivery-status, and takes message/global-delivery-status (RFC 6533 section 3) for a mail.
    """
    yield headers_of(child)
    rest = None if child.is_multipart() else child.get_payload(decode=True)
    if isinstance(rest, bytes):
        yield from _fields(_chars(rest, None))


def _fields(text: str) -> Iterator[dict[str, str]]:
    pieces = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n"))
    return (headers_of(email.message_from_string(piece)) for piece in pieces[:MAX_PARTS] if piece.strip())


# --- values ----------------------------------------------------------------------------------------


def headers_of(message: Message) -> dict[str, str]:
    """Unfolded, decoded, the first of each name."""
    found: dict[str, str] = {}
    for name, value in message.items():
        found.setdefault(name.lower(), _unfolded(str(value)))
    return found


def _unfolded(value: str) -> str:
    """One line, encoded words read (RFC 2047)."""
    value = _SPACES.sub(" ", value[:MAX_HEADER]).strip()
    if "=?" not in value:
        return value
    try:
        pieces = email.header.decode_header(value)
    except (email.errors.HeaderParseError, binascii.Error, ValueError, LookupError):
        return value
    text = "".join(piece if isinstance(piece, str) else _chars(piece, charset) for piece, charset in pieces)
    return _SPACES.sub(" ", text).strip()


def _chars(data: bytes, charset: str | None) -> str:
    """`data` in `charset`, or in UTF-8, or in Latin-1: somebody's charset is no reason to see nothing."""
    for name in (charset, "utf-8"):
        if not name:
            continue
        try:
            return data.decode(name)
        except (LookupError, ValueError, TypeError):
            continue
    return data.decode("latin-1")


def _body(part: Message) -> str:
    payload = _payload(part)
    if not isinstance(payload, str):
        return ""
    return _decoded(payload, part)[:MAX_TEXT]


def _payload(part: Message) -> object:
    """What the parser holds: parts, or the body as its bytes were, those above ASCII as surrogates."""
    try:
        if not part.is_multipart() and _encoding(part) not in ("base64", "quoted-printable"):
            raw = part.get_payload(decode=True)
            return raw.decode("ascii", "surrogateescape") if isinstance(raw, bytes) else raw
        return part.get_payload()
    except ValueError:  # a charset whose name is no text
        part.del_param("charset")
        return part.get_payload()


def _encoding(part: Message) -> str:
    return str(part.get("content-transfer-encoding", "")).strip().lower()


def _decoded(payload: str, part: Message) -> str:
    raw = (
        payload.encode("ascii", "surrogateescape")
        if _plain_ascii(payload)
        else payload.encode("utf-8", "replace")
    )
    encoding = _encoding(part)
    if encoding == "base64":
        try:
            raw = base64.b64decode(b"".join(raw.split()) + b"==", validate=False)
        except (binascii.Error, ValueError):
            return payload
    elif encoding == "quoted-printable":
        raw = quopri.decodestring(raw)
    try:
        charset = part.get_param("charset")
    except (ValueError, LookupError, TypeError, AttributeError):
        charset = None
    return _chars(raw, charset if isinstance(charset, str) else None)


def _plain_ascii(payload: str) -> bool:
    return all(char < "\x80" or "\udc80" <= char <= "\udcff" for char in payload)


_BEGIN = re.compile(
    r"^(?:-{2,} ?(?:This is a copy of the message|Original message|The header of the original|Below this line"
    r" is a copy|Here is a copy|Original headers|Message header follows|----- Original).{0,200}|"
    r"Original message headers:.{0,100}|Received: from .{0,400})$",
    re.IGNORECASE | re.MULTILINE,
)


def _inline(text: str) -> tuple[str, dict[str, str]]:
    """A returned mail that stands in the notice itself (qmail, Exim): the text before it, its headers."""
    found = _BEGIN.search(text)
    if found is None:
        return text, {}
    start = found.start() if found[0].startswith("Received") else found.end()
    headers = headers_of(email.message_from_string(text[start:].lstrip("\r\n\t -")[:MAX_TEXT]))
    if not {"from", "to", "return-path", "received", "subject"}.intersection(headers):
        return text, {}
    return text[: found.start()], headers
