"""What a list is, by its content."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

from mailpath.names import as_domain
from mailpath.survey.lists import columns, exim, postfix
from mailpath.survey.lists.opening import ListError
from mailpath.survey.lists.tally import Tally

Read = Callable[[Iterator[bytes], Tally], None]


class Kind(msgspec.Struct, frozen=True):
    """`title`: as a sentence names it; `read`: takes its blocks."""

    name: str
    title: str
    read: Read


#: What `--log-format` may be.
FORMATS: Mapping[str, str] = {
    "postfix": "a Postfix log: syslog, or the journal as text, JSON or export",
    "exim": "an Exim main log",
    "exchange": "a message trace of Exchange Online, CSV",
    "exchange-tracking": "a message tracking log of Exchange on premises",
    "postqueue": "postqueue -j",
    "csv": "CSV with named columns: domain or recipient, and perhaps count",
    "list": "a domain, an address or COUNT<TAB>DOMAIN a line",
}

_POSTFIX = re.compile(
    rb"postfix[\w/.-]{0,60}(?:\[\d{1,9}\]: | \d{1,9} )"
    rb"|: to=<[^>\n]{1,400}>, (?:orig_to=<[^>\n]{0,400}>, )?relay="
)
_EXIM = re.compile(rb"[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4} (?:<=|=>|->|>>|\*\*|==|Completed)")
#: How a line of any log begins: RFC 3164, RFC 3339 or 5424, ISO with a blank, Unix time.
_DATED = re.compile(
    rb"(?:<\d{1,3}>\d? ?)?"
    rb"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d|\d{10}[. ])"
)
_JOURNAL = re.compile(rb"__(?:CURSOR|REALTIME_TIMESTAMP)=")
#: Of a journal's own file (systemd's JOURNAL_FILE_FORMAT).
_JOURNAL_FILE = b"LPKSHHRH"


def kind_of(sample: bytes, path: str, forced: str | None = None) -> Kind:
    """The kind of a file that begins with `sample`; `forced`: a name of `FORMATS`.  Raises `ListError`."""
    if forced is not None and forced not in FORMATS:
        raise ListError(f"There is no log format {forced!r}: use {', '.join(FORMATS)}.")
    if not sample.strip():
        raise ListError("It is empty.", file=path)
    if sample.startswith(_JOURNAL_FILE):
        sentence = "It is a binary journal: use `journalctl -o short-iso --file=FILE | mailpath survey -`."
        raise ListError(sentence, file=path)
    name = forced or _recognized(sample)
    if name is None:
        raise ListError(_why_not(sample), file=path)
    return Kind(name, FORMATS.get(name, "a system log"), _reader(name, sample))


def _reader(name: str, sample: bytes) -> Read:
    if name == "postfix":
        if _begins(sample) == b"{":
            return postfix.read_json
        return postfix.read_export if _JOURNAL.match(sample.lstrip()) else postfix.read_syslog
    return _READERS[name]


def _read_both(blocks: Iterator[bytes], tally: Tally) -> None:
    """A system's log that begins with something else than mail."""
    for block in blocks:
        postfix.read_syslog(iter((block,)), tally)
        exim.read_exim(iter((block,)), tally)


#: "system": of every program's log, what the readers of both find in it.
_READERS: Mapping[str, Read] = {
    "exim": exim.read_exim,
    "exchange": columns.read_trace,
    "exchange-tracking": columns.read_tracking,
    "postqueue": columns.read_queue,
    "csv": columns.read_columns,
    "list": columns.read_list,
    "system": _read_both,
}


def _begins(sample: bytes) -> bytes:
    return sample.lstrip()[:1]


def _recognized(sample: bytes) -> str | None:
    head = sample.lstrip()
    if head[:1] == b"{":
        first = head.partition(b"\n")[0]
        if b'"recipients"' in first and b'"queue_id"' in first:
            return "postqueue"
        return "postfix" if re.search(rb'"(?:MESSAGE|log|message)"\s*:', first) else None
    if _JOURNAL.match(head):
        return "postfix"
    if head.lower().startswith((b"#software: microsoft exchange", b"#fields: date-time,")):
        return "exchange-tracking"
    if _POSTFIX.search(sample) is not None:
        return "postfix"
    if _EXIM.search(sample) is not None:
        return "exim"
    return _table(head) or _list(sample) or _dated(sample)


def _table(head: bytes) -> str | None:
    lines = (line for line in head[:8192].decode("utf-8", "replace").splitlines() if line.strip())
    first = next((line for line in lines if not line.startswith("#")), "")
    comma = max(",;\t", key=first.count)
    try:
        names = next(csv.reader([first], delimiter=comma), [])
    except csv.Error:
        return None
    # One column is a list with a head.
    return columns.table_of(names) if len(names) > 1 or _heads(names) else None


def _heads(names: list[str]) -> bool:
    return len(names) == 1 and columns.fold(names[0]) in columns.RECIPIENT


def _list(sample: bytes) -> str | None:
    """Whether most lines are domains of two labels or more."""
    lines = [line.partition(b"#")[0].split() for line in sample.splitlines()[:200]]
    words = [line for line in lines if line]
    good = sum(1 for line in words if _is_entry(line))
    return "list" if words and 2 * good > len(words) else None


def _is_entry(words: list[bytes]) -> bool:
    if len(words) > 2 or (len(words) == 2 and not words[0].isdigit()):
        return False
    domain = as_domain(words[-1].decode("utf-8", "replace"))
    return domain is not None and "." in domain


def _dated(sample: bytes) -> str | None:
    lines = [line for line in sample.splitlines()[:50] if line.strip()]
    return "system" if sum(_DATED.match(line) is not None for line in lines) * 2 > len(lines) else None


def _why_not(sample: bytes) -> str:
    odd = sum(octet < 9 or 13 < octet < 32 or octet == 127 for octet in sample[:4096])
    if b"\0" in sample or odd * 10 > len(sample[:4096]):
        return "It is a binary file, neither a log nor a list."
    if _begins(sample) in b"{[":
        return "It is JSON, but neither of the journal nor of postqueue -j."
    if re.match(rb"\s*\d{1,12},\S", sample):
        return "It is a table without names of columns: a first line like rank,domain says which one to read."
    return "It is neither a log of Postfix, Exim or Exchange nor a list of domains."
