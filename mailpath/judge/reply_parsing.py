"""What one sender makes of the replies of a session (RFC 5321 section 4.2).  Pure.

A reply that keeps to the grammar is the same to all.  One that does not is read by each in its own way:
Postfix's smtp_chat.c skips what is no reply line and goes by the last code, Exim's smtp_out.c wants every
line to be one and goes by the first.  Both read C strings, and both have a limit to what they keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from mailpath.facts import Reply, Session
from mailpath.records import Word


class ReplyParsing(Word):
    """Whose code counts in a reply that breaks the grammar."""

    STRICT = "strict", "a line with broken syntax is not a reply"
    LAST_CODE = (
        "last-code",
        "the last line's code counts; other text is skipped, and so is excess text (Postfix, smtp_chat.c)",
    )
    FIRST_CODE = (
        "first-code",
        "the first line's code counts; with other text, or too much, it is not a reply (Exim, smtp_out.c)",
    )


#: PF line_length_limit: a reply's text is kept while it is shorter than this.
POSTFIX_TEXT = 2048
#: EX DELIVER_BUFFER_SIZE: the lines of a reply, a NUL and what the next line's code would need.
EXIM_REPLY = 4092

#: Replies that are remembered: two of each of the sessions of a walk, which are foreign and may be long.
_REMEMBERED = 128

_CONTROL = re.compile(rb"[^\x20-\x7e]")
_FIRST_WORD = re.compile(rb"[- ]*[^- ]+[- ]?")
_WORD = re.compile(rb"[ \t=]+")
_EXIM_STARTTLS = re.compile(rb"\n250[\s-]STARTTLS(?:\s|\Z)")
#: PF smtp_proto.c, smtp_pix_workarounds: a firewall blots out the greeting, and breaks ESMTP.
_PIX = re.compile(rb"[20 *]*")

_FIELDS = (
    "greeting",
    "ehlo",
    "helo",
    "starttls",
    "ehlo_tls",
    "helo_tls",
    "mail_from",
    "rcpt_to",
)


def parse_replies(session: Session, reading: ReplyParsing) -> Session:
    """`session` with the replies as a sender of this habit has them."""
    changed = {}
    for field in _FIELDS:
        reply = getattr(session, field)
        if reply is not None and (reply.defect or reading is ReplyParsing.FIRST_CODE):
            read = _read(reply, reading)
            if read is not reply:
                changed[field] = read
    return msgspec.structs.replace(session, **changed) if changed else session


def _read(reply: Reply, reading: ReplyParsing) -> Reply:
    if reading is ReplyParsing.STRICT:
        return reply
    if reading is ReplyParsing.FIRST_CODE:
        if None in reply.codes or sum(len(line) + 5 for line in reply.lines) > EXIM_REPLY:
            return msgspec.structs.replace(reply, code=None)
        code = reply.codes[0] if reply.codes else reply.code
    else:
        code = reply.codes[-1] if reply.codes else None
    return reply if code == reply.code else msgspec.structs.replace(reply, code=code)


@lru_cache(_REMEMBERED)
def sees_starttls(reply: Reply, reading: ReplyParsing) -> bool:
    """Whether STARTTLS is among the extensions, to a sender of this habit."""
    if reading is ReplyParsing.LAST_CODE:
        return any(_second_word(line) == b"STARTTLS" for line in _kept(reply))
    return _EXIM_STARTTLS.search(b"\n".join(reply.wire).split(b"\0", 1)[0]) is not None


@lru_cache(_REMEMBERED)
def is_pix_banner(greeting: Reply) -> bool:
    """Whether Postfix takes the greeting for that of a firewall to which HELO had better be said."""
    return all(_PIX.fullmatch(line) for line in greeting.wire)


def _kept(reply: Reply) -> Iterator[bytes]:
    """The lines behind the first, as far as Postfix keeps the text."""
    kept = 0
    for number, line in enumerate(reply.wire):
        if kept >= POSTFIX_TEXT:
            return
        text = _CONTROL.sub(b"?", line[:POSTFIX_TEXT].split(b"\0", 1)[0])
        kept += len(text) + (kept > 0)
        if number:
            yield text


def _second_word(line: bytes) -> bytes:
    """smtp_proto.c: what follows the code and its separator, up to a blank or an equals sign."""
    rest = _FIRST_WORD.sub(b"", line, count=1)
    return next((word.upper() for word in _WORD.split(rest) if word), b"")
