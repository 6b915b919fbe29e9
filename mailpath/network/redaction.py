"""A capture without what it tells of the machine that made it, or of who writes to whom.

Taken out: this machine's addresses, its EHLO name and whatever names a server found for it (servers tell
them in the EHLO greeting, RFC 5321 section 4.1.1.1, and in refusals), the resolver, local parts of mail
addresses, headers of the policy host's answer that no fact needs, and what a resolver says of itself in
EDNS options (NSID, RFC 5001; the text of an extended error, RFC 8914).  What stays is what the walk needs
and anybody can look up: a redacted capture replays to the same verdicts.

An address in a server's words is taken for this machine's unless it is one that was talked to, and a name
on the same line for that machine's name, wherever else it stands, unless it was asked for in DNS.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

import msgspec

from mailpath.exchanges import (
    Chunk,
    DnsExchange,
    Envelope,
    Exchange,
    HttpsExchange,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.capture import Capture, capture_from
from mailpath.network.dns_messages import behind_name

#: What stands in the place of something taken out; a name where a name must stand (RFC 2606 section 2).
MARK = "redacted"
NAME = "redacted.invalid"

_HEADERS = frozenset({b"content-type"})
_POLICY_LINE = re.compile(r"(?i)\s*(?:version|mode|mx|max_age)\s*:")
_V4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
_V6 = r"(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{0,4}|[0-9]{1,3}(?:\.[0-9]{1,3}){3})"
_ADDRESS = re.compile(rf"(?i)(?<![0-9a-f:.])(?:{_V6}|{_V4})(?![0-9a-f:]|\.[0-9])")
_MAILBOX = re.compile(r"(?:\"[^\"\r\n]{0,64}\"|[^\s<>@:;,\"()\[\]=]{1,64})@(?=[^\s<>@]{1,255})")
_HOST = re.compile(r"(?i)(?<![\w.@/-])(?:[\w-]{1,63}\.)+[a-z][\w-]{0,62}(?![\w-]|\.\w)")
_CODE = re.compile(r"[0-9]{3}[ -]")
_GREETING = re.compile(r"(250[ -])(\S*)[^\r\n]*")

_OPT, _EXTENDED_ERROR, _PADDING = 41, 15, 12


def redacted(capture: Capture) -> Capture:
    """`capture` without what is private.  Pure; redacting twice changes nothing more."""
    words = _Words(capture)
    ground = capture.ground
    exchanges: tuple[Exchange, ...] = (
        *(words.dns(exchange) for exchange in capture.dns),
        *(words.https(exchange) for exchange in capture.https),
        *(words.smtp(exchange) for exchange in capture.smtp),
    )
    made = capture_from(
        exchanges,
        msgspec.structs.replace(
            ground, resolver=MARK, ehlo=NAME if ground.ehlo else "", envelope=_envelope(ground.envelope)
        ),
        capture.path,
        ground.roots,
    )
    return msgspec.structs.replace(made, mailpath=capture.mailpath)


class _Words:
    """What is private in one capture, and what is known to be public."""

    def __init__(self, capture: Capture) -> None:
        envelopes = {capture.ground.envelope, *(each.request.envelope for each in capture.smtp)}
        self._names = _tokens([capture.ground.ehlo])
        self._resolver = _tokens(_resolver_words(capture.ground.resolver))
        self._locals = _tokens(_local_parts(envelopes))
        self._public_addresses = {each.request.address for each in capture.smtp}
        self._public_addresses |= {each.request.address for each in capture.https}
        self._public_names = {each.question.name.lower() for each in capture.dns}
        self._public_names |= {each.request.sni for each in capture.smtp if each.request.sni is not None}
        self._learned = _tokens({name for each in capture.smtp for name in self._names_in(each)})

    def _names_in(self, exchange: SmtpExchange) -> Iterator[str]:
        """Host names that a server told on a line with an address of this machine."""
        for tls in (False, True):
            said = b"".join(
                chunk.data for chunk in exchange.transcript if not chunk.sent and chunk.tls is tls
            )
            for line in said.decode("latin-1").split("\n"):
                if any(self._private(address) for address in _ADDRESS.findall(line)):
                    words = _HOST.findall(_CODE.sub("", line))
                    yield from (name for name in words if self._host_is_private(name))

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
            request=_request(exchange.request),
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
        """`text` without private words; names stand only beside addresses that are public."""
        found = [address for address in _ADDRESS.findall(text) if self._private(address)]
        text = _MAILBOX.sub(f"{MARK}@", text)
        private = (
            (self._names, NAME),
            (self._resolver, MARK),
            (self._locals, MARK),
            (self._learned, MARK),
        )
        for tokens, stand_in in private:
            if tokens is not None:
                text = tokens.sub(stand_in, text)
        if found:
            text = _HOST.sub(self._host, text)
            text = _ADDRESS.sub(lambda match: MARK if self._private(match[0]) else match[0], text)
        return text

    def _private(self, address: str) -> bool:
        try:
            return str(ipaddress.ip_address(address)) not in self._public_addresses
        except ValueError:
            return False

    def _host(self, match: re.Match[str]) -> str:
        return MARK if self._host_is_private(match[0]) else match[0]

    def _host_is_private(self, name: str) -> bool:
        return name.lower() != NAME and name.lower() not in self._public_names


class _Stream:
    """Bytes of one direction, given out by whole lines."""

    def __init__(self) -> None:
        self.pending = b""

    def lines(self, data: bytes) -> list[bytes]:
        *whole, self.pending = (self.pending + data).split(b"\n")
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


def _tokens(words: Iterable[str]) -> re.Pattern[str] | None:
    """Finds these words, longest first, where they stand alone; None for none.

    They are sought in bytes read as Latin-1.
    """
    wanted = sorted({word.encode("utf-8", "replace").decode("latin-1") for word in words if word}, key=len)
    if not wanted:
        return None
    either = "|".join(re.escape(word) for word in reversed(wanted))
    return re.compile(rf"(?i)(?<![\w.-])(?:{either})(?![\w-]|\.\w)")


def _resolver_words(resolver: str) -> list[str]:
    """The resolver as configured, and the names and addresses in it: "tls://192.0.2.53#dns.example"."""
    return [resolver, *(part for part in re.split(r"[/#\[\]]+", resolver) if "." in part), *_bare(resolver)]


def _bare(resolver: str) -> Iterator[str]:
    yield from _ADDRESS.findall(resolver)
    for part in re.split(r"[/#\[\]]+", resolver):
        yield part.rpartition(":")[0] if part.count(":") == 1 and part.rpartition(":")[2].isdigit() else ""


def _local_parts(envelopes: Iterable[Envelope | None]) -> Iterator[str]:
    for envelope in envelopes:
        if envelope is None:
            continue
        for mailbox in (envelope.mail_from, envelope.rcpt_to):
            local = mailbox.rpartition("@")[0]
            if local != MARK:
                yield local


def _request(request: SmtpRequest) -> SmtpRequest:
    return msgspec.structs.replace(request, envelope=_envelope(request.envelope))


def _envelope(envelope: Envelope | None) -> Envelope | None:
    if envelope is None:
        return None
    return Envelope(mail_from=_mailbox(envelope.mail_from), rcpt_to=_mailbox(envelope.rcpt_to))


def _mailbox(mailbox: str) -> str:
    """The mailbox without its local part; the null reverse-path is nobody's."""
    return f"{MARK}@{mailbox.rpartition('@')[2]}" if mailbox else ""


# --- DNS -------------------------------------------------------------------------------------------


def without_options(message: bytes) -> bytes:
    """A DNS message of the same length whose EDNS options say nothing (RFC 6891 section 6.1.2).

    An extended error keeps its number, its text becomes blanks; any other option becomes padding (RFC 7830).
    What does not parse stays as it is.
    """
    made = bytearray(message)
    for begin, end in _opt_data(message):
        at = begin
        while at + 4 <= end:
            code, length = (
                int.from_bytes(made[at : at + 2], "big"),
                int.from_bytes(made[at + 2 : at + 4], "big"),
            )
            stop = at + 4 + length
            if stop > end:
                break
            if code == _EXTENDED_ERROR:
                made[at + 6 : stop] = b" " * max(stop - at - 6, 0)
            else:
                made[at : at + 2] = _PADDING.to_bytes(2, "big")
                made[at + 4 : stop] = bytes(length)
            at = stop
    return bytes(made)


def _opt_data(message: bytes) -> Iterator[tuple[int, int]]:
    """(begin, end) of the data of each OPT record."""
    counts = [int.from_bytes(message[at : at + 2], "big") for at in range(4, 12, 2)]
    at = 12
    for section, count in enumerate(counts):
        for _ in range(count):
            at = behind_name(message, at)
            if section == 0:
                at += 4
                continue
            data = at + 10
            end = data + int.from_bytes(message[at + 8 : data], "big")
            if end > len(message):
                return
            if int.from_bytes(message[at : at + 2], "big") == _OPT:
                yield data, end
            at = end
