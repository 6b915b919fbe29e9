"""SMTP replies, read strictly (RFC 5321 section 4.2), and what a session's transcript says.

    Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF

The replies of a stream are read in order, and the nth reply belongs to the nth command (the greeting
comes first): how TCP cut the stream into segments, and when they came, changes nothing.  What came in
clear text behind the reply to STARTTLS belongs to no command (RFC 3207 section 6) and is never read
as a reply to one.

A bare LF ends a line as CRLF does, as every sender has it; any octet may stand in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mailpath.exchanges import Chunk, SmtpExchange
from mailpath.facts import Reply
from mailpath.visible import visible

#: RFC 5321 section 4.5.3.1.5 allows 512 octets; Postfix reads 2048.
MAX_LINE = 2048
MAX_LINES = 100
#: Of one dialogue, all replies together.
MAX_DIALOGUE = 64 * 1024

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_WORD = re.compile(rb"[ =\t]")
_BARE = frozenset({b"STARTTLS", b"REQUIRETLS"})


class ReplyReader:
    """Reads replies off a byte stream.  After a reply that is none (`code` None) it reads no more."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._code: int | None = None
        self._lines: list[bytes] = []
        self._broken = False

    def feed(self, data: bytes) -> None:
        """Add bytes as they came."""
        self._pending += data

    @property
    def rest(self) -> bytes:
        """Bytes that came behind the last reply that was read."""
        return bytes(self._pending)

    @property
    def partial(self) -> bool:
        """Something of the next reply has come, but not all of it."""
        return bool(self._pending or self._lines)

    @property
    def hopeless(self) -> bool:
        """What has come of the next line cannot become a reply line any more."""
        head = bytes(self._pending[:4]).removesuffix(b"\r")
        return bool(head) and not _LINE.fullmatch(head + b"250 "[len(head) :])

    def next(self) -> Reply | None:
        """The next reply; None when more bytes are needed, or none can come."""
        while not self._broken:
            end = self._pending.find(b"\n", 0, MAX_LINE + 1)
            if end < 0:
                if len(self._pending) > MAX_LINE:
                    return self._defect(f"a reply line is longer than {MAX_LINE} octets", MAX_LINE)
                return None
            line = bytes(self._pending[:end]).removesuffix(b"\r")
            match = _LINE.fullmatch(line)
            if match is None:
                return self._defect("a line does not begin with a reply code", end + 1)
            code = int(match[1])
            if self._code is not None and code != self._code:
                return self._defect(
                    f"the reply's lines have different codes, {self._code} and {code}", end + 1
                )
            if len(self._lines) == MAX_LINES:
                return self._defect(f"the reply has more than {MAX_LINES} lines", end + 1)
            del self._pending[: end + 1]
            self._code = code
            self._lines.append(match[3] or b"")
            if match[2] != b"-":
                reply = Reply(code=code, lines=tuple(self._lines))
                self._code, self._lines = None, []
                return reply
        return None

    def _defect(self, defect: str, length: int) -> Reply:
        """The reply that is none: lines read so far, then the raw line at fault."""
        raw = bytes(self._pending[:length]).rstrip(b"\r\n")
        del self._pending[:length]
        self._broken = True
        return Reply(code=None, lines=(*self._lines, raw), defect=defect)


def read_replies(transcript: Iterable[Chunk], *, tls: bool = False) -> tuple[Reply, ...]:
    """Every complete reply received in the clear, or with `tls` inside TLS, in order.

    A last reply with `code` None says why reading ended there.
    """
    reader = ReplyReader()
    for chunk in transcript:
        if not chunk.sent and chunk.tls is tls:
            reader.feed(chunk.data)
    replies: list[Reply] = []
    while (reply := reader.next()) is not None:
        replies.append(reply)
    return tuple(replies)


def ehlo_keywords(reply: Reply | None) -> tuple[str, ...]:
    """The extensions of an EHLO reply (RFC 5321 section 4.1.1.1), visible text, in the server's order.

    The keyword in upper case, then its parameters as they came ("SIZE 10240000").  STARTTLS and REQUIRETLS
    take no parameters, and senders look at the word alone (RFC 3207, RFC 8689): so it is here.
    """
    if reply is None or reply.code is None or not 200 <= reply.code < 300:
        return ()
    keywords: list[str] = []
    for line in reply.lines[1:]:
        text = line.strip()
        if not text:
            continue
        word = _WORD.split(text, maxsplit=1)[0]
        keyword = word.upper()
        keywords.append(visible(keyword if keyword in _BARE else keyword + text[len(word) :]))
    return tuple(keywords)


def offers(keywords: Iterable[str], keyword: str) -> bool:
    """Whether `keyword`, in upper case, is among `ehlo_keywords`, whatever parameters it has."""
    return any(each.split(" ", 1)[0] == keyword for each in keywords)


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """The replies of one session, by the command they answer; None where none came (or it was not sent)."""

    greeting: Reply | None = None
    ehlo: Reply | None = None
    helo: Reply | None = None
    starttls: Reply | None = None
    ehlo_tls: Reply | None = None
    mail_from: Reply | None = None
    rcpt_to: Reply | None = None
    quit: Reply | None = None


_FIELDS = {
    b"HELO": "helo",
    b"STARTTLS": "starttls",
    b"MAIL": "mail_from",
    b"RCPT": "rcpt_to",
    b"QUIT": "quit",
}


def dialogue(exchange: SmtpExchange) -> Dialogue:
    """What was answered to what, read from the transcript alone."""
    found: dict[str, Reply] = {}
    for tls in (False, True):
        sent = b"".join(chunk.data for chunk in exchange.transcript if chunk.sent and chunk.tls is tls)
        fields = [] if tls else ["greeting"]
        for command in sent.split(b"\r\n")[:-1]:
            verb = command.split(b" ", 1)[0].upper()
            if verb == b"EHLO":
                fields.append("ehlo_tls" if tls else "ehlo")
            else:
                fields.append(_FIELDS.get(verb, ""))
        for field, reply in zip(fields, read_replies(exchange.transcript, tls=tls), strict=False):
            if field and field not in found:
                found[field] = reply
    return Dialogue(**found)
