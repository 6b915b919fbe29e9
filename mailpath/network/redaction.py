"""A capture without what it tells of the machine that made it, or of who writes to whom.

Taken out: this machine's addresses, its EHLO name and whatever names a server found for it (servers tell
them in the EHLO greeting, RFC 5321 section 4.1.1.1, and in refusals), the resolver, local parts of mail
addresses, headers of the policy host's answer that no fact needs, and what a resolver says of itself in
EDNS options (NSID, RFC 5001; the text of an extended error, RFC 8914).  What stays is what the walk needs
and anybody can look up: a redacted capture replays to the same verdicts.

How private words are found: `mailpath.network.private`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mailpath.exchanges import (
    Chunk,
    DnsExchange,
    Exchange,
    HttpsExchange,
    SmtpExchange,
)
from mailpath.network.capture import Capture, capture_from
from mailpath.network.dns_messages import records
from mailpath.network.private import MARK, Private
from mailpath.network.redacted_ground import redacted_envelope, redacted_ground
from mailpath.network.replies import dialogue

#: EHLO keywords (IANA's mail parameters) that a server may list.
_EXTENSIONS = (
    rb"8BITMIME|ATRN|AUTH|BINARYMIME|CHUNKING|DELIVERBY|DSN|ENHANCEDSTATUSCODES|ETRN|EXPN|FUTURERELEASE|HELP"
    rb"|LIMITS|MT-PRIORITY|PIPELINING|REQUIRETLS|RRVS|SIZE|SMTPUTF8|STARTTLS|SUBMITTER|VERB|VRFY|XCLIENT"
    rb"|XFORWARD"
)
_HEADERS = frozenset({b"content-type"})
_POLICY_LINE = re.compile(r"(?i)\s*(?:version|mode|mx|max_age)\s*:")
_CODE = re.compile(r"[0-9]{3}[ -]")
_GREETING = re.compile(r"(250[ -])(\S*)[^\r\n]*")
#: What a server calls itself: the first word of its greetings (RFC 5321 section 4.2).
_SELF = re.compile(r"[\w-]+\.[\w.-]+")
#: The beginning of a line of the reply to EHLO: a keyword and a number stay, whatever this machine is called.
_KEYWORD = re.compile(rb"250[ -](?:" + _EXTENSIONS + rb")(?=[\s=]|\Z)(?: [0-9]+\s*\Z)?", re.IGNORECASE)

_OPT, _EXTENDED_ERROR, _PADDING = 41, 15, 12


def redacted(capture: Capture) -> Capture:
    """`capture` without what is private.  Pure; redacting twice changes nothing more."""
    words = _Words(capture)
    exchanges: tuple[Exchange, ...] = (
        *(words.dns(exchange) for exchange in capture.dns),
        *(words.https(exchange) for exchange in capture.https),
        *(words.smtp(exchange) for exchange in capture.smtp),
    )
    made = capture_from(exchanges, redacted_ground(capture), capture.path, capture.ground.roots)
    return msgspec.structs.replace(made, mailpath=capture.mailpath)


class _Words:
    """The exchanges of one capture without what is private."""

    def __init__(self, capture: Capture) -> None:
        envelopes = {capture.ground.envelope, *(each.request.envelope for each in capture.smtp)}
        public = {each.question.name.lower() for each in capture.dns}
        public |= {each.request.sni.lower() for each in capture.smtp if each.request.sni is not None}
        public |= {name for name in (capture.path.recipient, capture.path.sender) if name is not None}
        boxes = [box for each in envelopes if each for box in (each.mail_from, each.rcpt_to)]
        public |= {box.rpartition("@")[2].lower() for box in boxes}
        addresses = {each.request.address for each in capture.smtp}
        addresses |= {each.request.address for each in capture.https}
        self._private = Private(
            names=[capture.ground.ehlo],
            locals_={box.rpartition("@")[0] for box in boxes} - {MARK},
            others=_resolver_words(capture.ground.resolver),
            public_addresses=addresses,
            public_names=public,
        )
        for exchange in capture.smtp:
            said = dialogue(exchange)
            for reply, code in ((said.greeting, 220), (said.ehlo, 250), (said.ehlo_tls, 250)):
                if reply is not None and reply.code == code:
                    named = _SELF.match(reply.lines[0].decode("latin-1"))
                    if named is not None:
                        self._private.trust(named[0])
        self._private.learn(_heard(capture))

    # --- exchanges ---

    def dns(self, exchange: DnsExchange) -> DnsExchange:
        response = exchange.response
        return msgspec.structs.replace(
            exchange,
            response=None if response is None else without_options(response),
            detail=self.text(exchange.detail),
        )

    def https(self, exchange: HttpsExchange) -> HttpsExchange:
        lines = exchange.body.decode("latin-1").splitlines(keepends=True)
        kept = [line if _POLICY_LINE.match(line) else self.text(line) for line in lines]
        return msgspec.structs.replace(
            exchange,
            headers=tuple(header for header in exchange.headers if header[0].lower() in _HEADERS),
            body="".join(kept).encode("latin-1"),
            detail=self.text(exchange.detail),
        )

    def smtp(self, exchange: SmtpExchange) -> SmtpExchange:
        return msgspec.structs.replace(
            exchange,
            request=msgspec.structs.replace(
                exchange.request, envelope=redacted_envelope(exchange.request.envelope)
            ),
            transcript=tuple(self._transcript(exchange.transcript)),
            injected=self.bytes(exchange.injected),
            detail=self.text(exchange.detail),
        )

    def _transcript(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Line by line, since what is private may be cut in two: a line goes with the chunk that ends it."""
        streams: dict[tuple[bool, bool], _Stream] = {}
        rest: dict[tuple[bool, bool], Chunk] = {}
        dialogues = {tls: _Dialogue() for tls in (False, True)}
        for chunk in chunks:
            stream = streams.setdefault((chunk.sent, chunk.tls), _Stream())
            rest[chunk.sent, chunk.tls] = chunk
            whole = [self._line(line, chunk, dialogues[chunk.tls]) for line in stream.lines(chunk.data)]
            if whole:
                yield msgspec.structs.replace(chunk, data=b"".join(whole))
        for key, stream in streams.items():
            if stream.pending:
                yield msgspec.structs.replace(rest[key], data=self.bytes(stream.pending))

    def _line(self, line: bytes, chunk: Chunk, dialogue: _Dialogue) -> bytes:
        if chunk.sent:
            dialogue.sent(line)
        elif dialogue.received(line):
            text = line.decode("latin-1")
            greeting = _GREETING.match(text)
            if greeting is not None and len(text.split()) > 1 + (text[3:4] == " "):
                kept = f"{greeting[1]}{greeting[2]} [{MARK}]{text[greeting.end() :]}"
                return self.bytes(kept.encode("latin-1"))
        keyword = _KEYWORD.match(line) if not chunk.sent else None
        if keyword is not None:
            return keyword[0] + self.text(line[keyword.end() :].decode("latin-1")).encode("latin-1")
        return self.bytes(line)

    # --- text ---

    def bytes(self, data: bytes) -> bytes:
        """One line, or a few; a reply's code is no part of a name behind its hyphen."""
        made = []
        for line in data.decode("latin-1").split("\n"):
            code = _CODE.match(line)
            begin = code.end() if code is not None else 0
            made.append(line[:begin] + self.text(line[begin:]))
        return "\n".join(made).encode("latin-1")

    def text(self, text: str) -> str:
        """`text` without private words."""
        return self._private.hide(text)


class _Stream:
    """Bytes of one direction, given out by whole lines."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    @property
    def pending(self) -> bytes:
        return b"".join(self._parts)

    def lines(self, data: bytes) -> list[bytes]:
        if b"\n" not in data:
            self._parts.append(data)  # joined when the line is whole: it may come octet by octet
            return []
        *whole, rest = (self.pending + data).split(b"\n")
        self._parts = [rest]
        return [line + b"\n" for line in whole]


class _Dialogue:
    """Which command the reply that is being read answers."""

    def __init__(self) -> None:
        self._verbs: list[bytes] = []
        self._first = True
        self._verb = b""

    def sent(self, line: bytes) -> None:
        self._verbs.append(line.split(b" ", 1)[0].strip().upper())

    def received(self, line: bytes) -> bool:
        """Whether `line` begins the reply to EHLO or HELO."""
        begins, self._first = self._first, line[3:4] != b"-"
        if begins:
            self._verb = self._verbs[-1] if self._verbs else b""
        return begins and self._verb in (b"EHLO", b"HELO")


def _heard(capture: Capture) -> Iterator[str]:
    """Everything that was said to us, each stream in one piece."""
    for exchange in capture.smtp:
        for tls in (False, True):
            said = (chunk.data for chunk in exchange.transcript if not chunk.sent and chunk.tls is tls)
            yield b"".join(said).decode("latin-1")
        yield exchange.injected.decode("latin-1")
    for fetched in capture.https:
        yield fetched.body.decode("latin-1")
    for each in capture.exchanges:
        yield each.detail


def _resolver_words(resolver: str) -> set[str]:
    """The resolver as configured, and the names and addresses in it: "tls://192.0.2.53#dns.example"."""
    parts = {part for part in re.split(r"[/#\[\]]+", resolver) if "." in part or ":" in part}
    bare = {part.rpartition(":")[0] for part in parts if part.count(":") == 1}
    return {resolver, *parts, *bare} - {"https:", "tls:", "https", "tls"}


# --- DNS -------------------------------------------------------------------------------------------


def without_options(message: bytes) -> bytes:
    """A DNS message of the same length whose EDNS options say nothing (RFC 6891 section 6.1.2).

    An extended error keeps its number, its text becomes blanks; any other option becomes padding (RFC 7830).
    What does not parse stays as it is.
    """
    made = bytearray(message)
    for rdtype, begin, end in records(message):
        at = begin
        while rdtype == _OPT and at + 4 <= end <= len(message):
            code = int.from_bytes(made[at : at + 2], "big")
            stop = at + 4 + int.from_bytes(made[at + 2 : at + 4], "big")
            if stop > end:
                break
            if code == _EXTENDED_ERROR:
                made[at + 6 : stop] = b" " * max(stop - at - 6, 0)
            else:
                made[at : at + 2] = _PADDING.to_bytes(2, "big")
                made[at + 4 : stop] = bytes(stop - at - 4)
            at = stop
    return bytes(made)
