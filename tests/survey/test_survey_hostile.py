"""Whatever is in a list: volumes or a sentence, in bounded memory; of an address nothing but its domain."""

from __future__ import annotations

import io
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailpath.names import to_domain
from mailpath.survey.lists import FORMATS, ListError, Volumes, read, tally
from mailpath.survey.lists.opening import BLOCK, LONGEST, Source

PIECES = (
    b"Nov 23 12:00:00 mail postfix/smtp[1]: ",
    b"4F2A91C0D7: to=<",
    b"bob@b.example",
    b'"x@y>, "@c.example',
    b"@\xff\xfe.example",
    b">, orig_to=<a@a.example",
    b">, relay=mx[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (ok)\n",
    b">, relay=none, delay=1, dsn=4.0.0, status=deferred (no)\n",
    b"2026-11-23 12:00:00 1vNabc-000abc-XY => ",
    b" R=dnslookup T=remote_smtp H=mx [192.0.2.1] X=TLS CV=dane\n",
    b"recipient_status,directionality\n",
    b'"x@b.example##Send;',
    b",Originating\n",
    b'{"queue_name": "q", "queue_id": "A", "recipients": [{"address": "x@b.example"}]}\n',
    b'{"MESSAGE": "',
    b'", "SYSLOG_IDENTIFIER": "postfix/smtp"}\n',
    b"__CURSOR=1\nSYSLOG_IDENTIFIER=postfix/smtp\nMESSAGE=",
    b"#Software: Microsoft Exchange Server\n#Fields: source,event-id,recipient-address\n",
    b"SMTP,SENDEXTERNAL,x@b.example\n",
    b"\n\n",
    b"7\tb.example\n",
    b"\x1f\x8b\x08",
    b"\xff\xfe",
    b"\0",
    b"\x1b]52;c;eA==\x07",
)
contents = st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=12).map(b"".join)


def volumes(content: bytes, log_format: str | None = None) -> Volumes | None:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))
    try:
        return read(["-"], log_format)
    except ListError:
        return None
    finally:
        sys.stdin = before


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(content=contents, log_format=st.none() | st.sampled_from(sorted(FORMATS)))
def test_any_bytes_are_volumes_or_a_sentence(content: bytes, log_format: str | None) -> None:
    found = volumes(content, log_format)
    if found is not None:
        assert all(to_domain(domain) == domain for domain in found.mails)
        assert all(mails > 0 for mails in found.mails.values())
        assert sum(found.mails.values()) == sum(each.mails for each in found.read)
        assert "@" not in repr(found)


class Endless(io.RawIOBase):
    """`size` octets of one line, and then the rest."""

    def __init__(self, size: int, rest: bytes) -> None:
        self.left, self.rest = size, rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        take = min(self.left, len(buffer))
        buffer[:take] = b"x" * take
        self.left -= take
        if not take:
            take = min(len(self.rest), len(buffer))
            buffer[:take], self.rest = self.rest[:take], self.rest[take:]
        return take


def test_a_line_of_100_mb_is_skipped_in_the_memory_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BufferedReader(Endless(100_000_000, b"\nb.example\n" + b"y" * (LONGEST + 1)))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    tracemalloc.start()
    found = read(["-"], "list")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.mails == {"b.example": 1}
    assert (found.read[0].lines, found.read[0].skipped) == (3, 2)
    assert "2 lines longer than 64 KiB: skipped." in found.read[0].why
    assert peak < 8 * BLOCK


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 70, LONGEST - 1, LONGEST, LONGEST + 1, BLOCK, 3 * BLOCK]), max_size=9))
def test_exactly_the_lines_that_are_too_long_are_cut(lengths: list[int]) -> None:
    lines = [b"%06d" % number + b"z" * length for number, length in enumerate(lengths)]
    whole = [line + b"\n" for line in lines if len(line) + 1 <= LONGEST]

    def blocks() -> Iterator[bytes]:
        before, sys.stdin = (
            sys.stdin,
            io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"\n".join([*lines, b""])))),
        )
        try:
            source = Source("-", lambda octets: None)
            yield from source.blocks()
            assert (source.lines, source.cut) == (len(lines), len(lines) - len(whole))
        finally:
            sys.stdin = before

    assert b"".join(blocks()).splitlines(keepends=True) == whole


def test_waiting_mails_and_domains_have_a_bound(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tally, "MOST_WAITING", 10)
    monkeypatch.setattr(tally, "MOST_DOMAINS", 50)
    counted = tally.Tally()
    assert [counted.waits(b"Q", b"%d" % number) for number in range(100)] == [True] * 100
    assert not counted.leaves(b"Q", b"99")
    assert counted.leaves(b"Q", b"1")  # too long ago
    file = tmp_path / "list"
    file.write_text("".join(f"host{number}.example\n" for number in range(51)), encoding="utf-8")
    with pytest.raises(ListError, match="more than 50 different domains"):
        read([str(file)])
