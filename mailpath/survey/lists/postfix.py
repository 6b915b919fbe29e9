"""Postfix's log: `postfix/smtp[PID]: QID: to=<ADDRESS>, relay=..., status=...`, versions 2.3 to 3.11.

Counted is what its SMTP client tried to deliver; a filter on this machine is not where mail goes.  One
regular expression goes over a block of lines, so that lines that say nothing of this cost no more than their
octets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from mailpath.survey.lists.tally import Tally

#: `to=` is quoted where it must be (smtp's own text form since 3.5); what stands between relay and status is
#: the version's: conn_use, delay, delays, tls (3.11), dsn.  A probe (`status=deliverable`) is no mail.
_DELIVERY = (
    rb'([0-9A-Za-z]{5,20}): to=<((?:"(?:[^"\\\n]|\\[^\n]){0,320}")?[^\s"<>@]{0,320}@([^\s"<>]{1,255}))>, '
    rb"(?:orig_to=<[^\n]{0,320}?>, )?"
    rb"relay=(?![^\s\[]{0,255}\[(?:127\.|::1\]))[^\s]{1,400}, "
    rb"(?:[a-z_]{1,12}=[^\s]{0,200}, ){0,9}status=(sent|deferred|bounced|SOFTBOUNCE)\b"
)
#: Behind the program's name the process, as syslog (RFC 3164; a journal in short form) and RFC 5424 have it.
_LOGGED = re.compile(
    rb"smtp(?:\[\d{1,9}\]: | \d{1,9} \S{1,64} (?:-|\[[^\n]{0,200}?\]) (?:\xef\xbb\xbf)?)" + _DELIVERY
)
_MESSAGE = re.compile(_DELIVERY)
#: The beginning of a block tells where mail goes.
_ROUTE = re.compile(rb'@([^\s"<>]{1,255})>, relay=([^\s\[]{1,255})\[(?!127\.|::1\])')
_SAMPLE = 64 * 1024
#: Held back by the queue for a dead destination, whichever transport leads there.
_SUSPENDED = re.compile(
    rb"error(?:\[\d{1,9}\]: | \d{1,9} \S{1,64} (?:-|\[[^\n]{0,200}?\]) (?:\xef\xbb\xbf)?)"
    + _DELIVERY
    + rb" \(delivery temporarily suspended"
)
_HELD = b"(delivery temporarily suspended"

#: What is searched for in a block, and the word for it.
_SAID = (
    (b"Anonymous TLS connection established to ", "Anonymous"),
    (b"Untrusted TLS connection established to ", "Untrusted"),
    (b"Trusted TLS connection established to ", "Trusted"),
    (b"Verified TLS connection established to ", "Verified"),
    (b"(TLS is required, but was not offered", "required"),
    (b"(non DNSSEC destination", "dane-only"),
    (b"(Server certificate not ", "not-verified"),
)
#: 3.11, smtp_log_tls_feature_status: the level, "!" before it and what follows tell how it went.
_TLS_FIELD = re.compile(rb", tls=!?([a-z-]{1,12})")


def read_syslog(blocks: Iterator[bytes], tally: Tally) -> None:
    """A log of lines, a journal in short form included."""
    for block in blocks:
        _count(_LOGGED.findall(block), tally)
        if _HELD in block:
            _count_held(_SUSPENDED.findall(block), tally)
        _note(block, tally)
        tally.check()


def _count(found: list[tuple[bytes, bytes, bytes, bytes]], tally: Tally) -> None:
    counts = tally.counts
    for queue, address, domain, status in found:
        if status == b"sent" or status == b"bounced":  # noqa: PLR1714 - the faster way
            if tally.any_waits and not tally.leaves(queue, address):
                continue
        elif not tally.waits(queue, address):
            continue
        counts[domain.lower()] += 1


def _count_held(found: list[tuple[bytes, bytes, bytes, bytes]], tally: Tally) -> None:
    for queue, address, domain, _ in found:
        if tally.waits(queue, address):
            tally.held[domain.lower()] += 1


def _note(block: bytes, tally: Tally) -> None:
    for domain, host in _ROUTE.findall(block, 0, _SAMPLE):
        tally.route(domain.lower(), host.lower())
    for said, word in _SAID:
        if number := block.count(said):
            tally.said[word] += number
    if b", tls=" in block:
        for level in _TLS_FIELD.findall(block):
            tally.said[f"tls={level.decode()}"] += 1


# --- the journal's own forms -----------------------------------------------------------------------


class _Entry(msgspec.Struct, kw_only=True):
    """A line of `journalctl -o json`, of a container's log or of a shipper's; a field of octets is a list."""

    MESSAGE: object = None
    SYSLOG_IDENTIFIER: object = None
    log: object = None
    message: object = None


_decoder = msgspec.json.Decoder(_Entry)


def read_json(blocks: Iterator[bytes], tally: Tally) -> None:
    """One JSON object a line."""
    for block in blocks:
        for line in block.splitlines():
            if b"to=" not in line and b" TLS " not in line:
                continue
            try:
                entry = _decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                tally.skipped += 1
                continue
            _count_entry(entry.MESSAGE, entry.SYSLOG_IDENTIFIER, tally)
            for text in (entry.log, entry.message):
                if isinstance(text, str):
                    told = text.encode("utf-8", "replace")
                    _count(_LOGGED.findall(told), tally)
                    _note(told, tally)
        tally.check()


def _count_entry(message: object, program: object, tally: Tally) -> None:
    if not isinstance(message, str) or not isinstance(program, str) or not program.endswith("smtp"):
        return
    told = message.encode("utf-8", "replace")
    delivery = _MESSAGE.match(told)
    if delivery is not None:
        _count([delivery.groups()], tally)  # type: ignore[list-item]
    _note(told, tally)


#: A field of an entry of `journalctl -o export` that is text.
_PROGRAM, _TEXT = re.compile(rb"^SYSLOG_IDENTIFIER=\S*smtp$", re.M), re.compile(rb"^MESSAGE=(.*)$", re.M)


def read_export(blocks: Iterator[bytes], tally: Tally) -> None:
    """`journalctl -o export`: fields of a line each, entries with an empty line between them."""
    carry = b""
    for block in blocks:
        *entries, carry = (carry + block).split(b"\n\n")
        # An entry without end is none.
        carry = carry if len(carry) < 1 << 20 else b""
        for entry in entries:
            _count_exported(entry, tally)
        tally.check()
    _count_exported(carry, tally)


def _count_exported(entry: bytes, tally: Tally) -> None:
    if b"\nMESSAGE=" not in b"\n" + entry or _PROGRAM.search(entry) is None:
        return
    found = _TEXT.search(entry)
    if found is not None:
        _count_entry(found[1].decode("utf-8", "replace"), "smtp", tally)
