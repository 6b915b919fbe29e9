"""SMTP replies (RFC 5321 section 4.2), and what a session's transcript says.

    Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF

A reply ends with a line that has a code and no hyphen behind it, whatever stood before: so all senders
have it that go on reading at all.  One that breaks the grammar has no `code`, but `codes`: what a sender
makes of it differs from one to the next (`mailpath.judge.reply_parsing`).

The replies of a stream are read in order, and the nth reply belongs to the nth command (the greeting
comes first): how TCP cut the stream into segments, and when they came, changes nothing.  What came in
clear text behind the reply to STARTTLS belongs to no command (RFC 3207 section 6) and is never read
as a reply to one.

A bare LF ends a line as CRLF does, and so does CR CR LF, as every sender has it; any other octet may
stand in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from mailpath.exchanges import Chunk, SmtpExchange
from mailpath.facts import Reply
from mailpath.visible import visible

#: Of one dialogue, all replies together.
MAX_DIALOGUE = 64 * 1024

#: No length limits but that of the dialogue: section 4.5.3.1 wants none where it can be helped.
_LINE = re.compile(rb"([0-9]{3})(?:([ -])(.*))?", re.DOTALL)
_WORD = re.compile(rb"[=\s\0]")
#: The first word of a line, where the code would be.
_FIRST_WORD = re.compile(rb"[- ]*[^- ]+[- ]?")
_BARE = frozenset({b"STARTTLS", b"REQUIRETLS"})


class ReplyReader:
    """Reads replies off a byte stream."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._codes: list[int | None] = []
        self._lines: list[bytes] = []

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
        """What has come of the next reply is, or begins, a line that no reply has."""
        head = bytes(self._pending[:4]).removesuffix(b"\r")
        return None in self._codes or (bool(head) and not _LINE.fullmatch(head + b"250 "[len(head) :]))

    def next(self) -> Reply | None:
        """The next reply; None when more bytes are needed."""
        while (end := self._pending.find(b"\n")) >= 0:
            line = bytes(self._pending[:end]).rstrip(b"\r")
            del self._pending[: end + 1]
            match = _LINE.fullmatch(line)
            self._codes.append(int(match[1]) if match else None)
            self._lines.append((match[3] or b"") if match else line)
            if match and match[2] != b"-":
                return self._taken()
        return None

    def remains(self) -> Reply | None:
        """What came of a last reply that never ended, where a line of it is none of a reply."""
        if None not in self._codes:
            return None
        return msgspec.structs.replace(self._taken(), codes=())

    def _taken(self) -> Reply:
        codes, lines = tuple(self._codes), tuple(self._lines)
        self._codes, self._lines = [], []
        defect = _defect(codes)
        if defect:
            return Reply(code=None, lines=lines, defect=defect, codes=codes)
        return Reply(code=codes[-1], lines=lines)


def _defect(codes: tuple[int | None, ...]) -> str:
    """What is wrong with a reply whose lines have these codes, or ""."""
    if not all(code is not None and 200 <= code < 600 for code in codes):
        return "a line does not begin with a reply code"
    other = next((code for code in codes if code != codes[0]), None)
    return "" if other is None else f"the reply's lines have different codes, {codes[0]} and {other}"


def goes_on(reply: Reply) -> bool:
    """Some sender takes the reply for 2yz: its first code is, or its last."""
    codes = [code for code in reply.codes or (reply.code,) if code is not None]
    return any(200 <= code < 300 for code in (*codes[:1], *codes[-1:]))


def read_replies(transcript: Iterable[Chunk], *, tls: bool = False) -> tuple[Reply, ...]:
    """Every complete reply received in the clear, or with `tls` inside TLS, in order.

    A last one that never ended stands there as well, where what came of it is no reply.
    """
    reader = ReplyReader()
    for chunk in transcript:
        if not chunk.sent and chunk.tls is tls:
            reader.feed(chunk.data)
    replies: list[Reply] = []
    while (reply := reader.next()) is not None:
        replies.append(reply)
    remains = reader.remains()
    return (*replies, remains) if remains is not None else tuple(replies)


def ehlo_keywords(reply: Reply | None) -> tuple[str, ...]:
    """The extensions of an EHLO reply (RFC 5321 section 4.1.1.1), visible text, in the server's order.

    The keyword in upper case, then its parameters as they came ("SIZE 10240000").  STARTTLS and REQUIRETLS
    take no parameters, and senders look at the word alone (RFC 3207, RFC 8689): so it is here.
    """
    if reply is None or not goes_on(reply):
        return ()
    keywords: list[str] = []
    for number, line in enumerate(reply.lines[1:], 1):
        # Postfix takes the second word of any line (smtp_proto.c).
        coded = not reply.codes or reply.codes[number] is not None
        text = line.strip() if coded else _FIRST_WORD.sub(b"", line, count=1).strip()
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
    helo_tls: Reply | None = None
    mail_from: Reply | None = None
    rcpt_to: Reply | None = None
    quit: Reply | None = None


_FIELDS = {
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
            if verb in (b"EHLO", b"HELO"):
                fields.append(verb.decode().lower() + ("_tls" if tls else ""))
            else:
                fields.append(_FIELDS.get(verb, ""))
        for field, reply in zip(fields, read_replies(exchange.transcript, tls=tls), strict=False):
            if field and field not in found:
                found[field] = reply
    return Dialogue(**found)
