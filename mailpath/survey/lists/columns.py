"""Tables and plain lists: Exchange's traces, CSV with named columns, `postqueue -j`, a domain a line.

Exchange Online's enhanced summary has `recipient_status` (`ADDRESS##STATUS;...`), the export of a message
trace one recipient a row; the tracking log of Exchange on premises names its columns in `#Fields:` and has
the event SENDEXTERNAL, before 2013 SEND, where mail leaves over SMTP.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import msgspec

from mailpath.survey.lists.tally import Tally

#: Recipients of one row.
_MOST = 100_000

_COUNTED = re.compile(rb"\s*(\d{1,15})\s+(\S{1,2000})\s*")
_ONE = re.compile(rb"\s*(\S{1,2000})\s*")
#: A name of a table's column, without what people put between words.
_JOINTS = re.compile(r"[\s_.-]+")

#: Names of columns, by what they hold.
RECIPIENT = (
    "domain",
    "recipientdomain",
    "recipientaddress",
    "recipients",
    "recipient",
    "rcpt",
    "rcptto",
    "address",
    "email",
    "emailaddress",
    "mail",
    "to",
)
VOLUME = ("mails", "count", "messages", "messagecount", "volume", "number", "total", "n")
_SENDER = ("senderaddress", "sender", "from")
_TRACKED = ("eventid", "source", "recipientaddress")
_DIRECTION = ("directionality", "direction")
#: Of a direction: mail that leaves.
_OUTWARD = ("originating", "outbound", "outgoing", "sent")


def fold(name: str) -> str:
    """The name of a column as the tables here have it."""
    return _JOINTS.sub("", name.strip().strip("\ufeff\"'").casefold())


def domain_of(address: str) -> bytes:
    """Of an address or a domain; nothing else of it is kept."""
    return address.strip().rpartition("@")[2].rstrip(">").lower().encode("utf-8", "replace")


# --- lines -----------------------------------------------------------------------------------------


def read_list(blocks: Iterator[bytes], tally: Tally) -> None:
    """`DOMAIN`, `ADDRESS` or `COUNT<TAB>DOMAIN` a line; "#" begins a comment."""
    counts = tally.counts
    for block in blocks:
        for line in block.splitlines():
            told = line.partition(b"#")[0] if b"#" in line else line
            found = _ONE.fullmatch(told)
            if found is not None:
                counts[_domain(found[1])] += 1
            elif (found := _COUNTED.fullmatch(told)) is not None:
                counts[_domain(found[2])] += int(found[1])
            elif told.rstrip().endswith(b">"):  # a name before the address
                counts[_domain(told.rstrip())] += 1
            elif told.strip():
                tally.skipped += 1
        tally.check()


def _domain(word: bytes) -> bytes:
    return word.rpartition(b"@")[2].rstrip(b">").lower()


class _Recipient(msgspec.Struct):
    address: str


class _Queued(msgspec.Struct):
    """A line of `postqueue -j`."""

    recipients: list[_Recipient]


_decoder = msgspec.json.Decoder(_Queued)


def read_queue(blocks: Iterator[bytes], tally: Tally) -> None:
    """`postqueue -j`: one JSON object a message."""
    for block in blocks:
        for line in block.splitlines():
            if not line.strip():
                continue
            try:
                queued = _decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                tally.skipped += 1
                continue
            for each in queued.recipients:
                tally.counts[domain_of(each.address)] += 1
        tally.check()


# --- tables ----------------------------------------------------------------------------------------


def read_columns(blocks: Iterator[bytes], tally: Tally) -> None:
    """CSV whose first row names the columns: one with a domain or an address, perhaps one with a number."""
    _read_table(blocks, tally, _columns_reader)


def read_trace(blocks: Iterator[bytes], tally: Tally) -> None:
    """Exchange Online: the enhanced summary or extended report, or the export of a message trace."""
    _read_table(blocks, tally, _trace_reader)


def read_tracking(blocks: Iterator[bytes], tally: Tally) -> None:
    """The message tracking log of Exchange on premises."""
    external: defaultdict[bytes, int] = defaultdict(int)
    sent: defaultdict[bytes, int] = defaultdict(int)
    places: dict[str, int] = {}
    for row in _rows(blocks, tally):
        if row and row[0].startswith("#"):
            if row[0].lower().startswith("#fields:"):
                names = [row[0].partition(":")[2], *row[1:]]
                places = {fold(name): at for at, name in enumerate(names)}
            continue
        event, source, recipients = (_cell(row, places, name) for name in _TRACKED)
        if event not in ("SENDEXTERNAL", "SEND") or source != "SMTP":
            continue
        for each in recipients.split(";", _MOST):
            (external if event == "SENDEXTERNAL" else sent)[domain_of(each)] += 1
        tally.check()
    for domain, mails in (external or sent).items():
        tally.counts[domain] += mails
    tally.check()


def table_of(names: Sequence[str]) -> str | None:
    """What a table with these columns is: "exchange", "csv", None for none of ours."""
    found = {fold(name) for name in names}
    if "recipientstatus" in found or ("recipientaddress" in found and found & {*_SENDER}):
        return "exchange"
    return "csv" if found & {*RECIPIENT} else None


_Take = Callable[[list[str]], None]


def _read_table(
    blocks: Iterator[bytes], tally: Tally, reader: Callable[[dict[str, int], Tally], _Take | None]
) -> None:
    take: _Take | None = None
    for row in _rows(blocks, tally):
        if take is None:
            # PowerShell writes the type of the objects first.
            if row and not row[0].startswith("#"):
                take = reader({fold(name): at for at, name in enumerate(row)}, tally)
                if take is None:
                    tally.skipped += 1
            continue
        if row:
            take(row)
            tally.check()


def _columns_reader(places: dict[str, int], tally: Tally) -> _Take | None:
    who = next((name for name in RECIPIENT if name in places), None)
    volume = next((name for name in VOLUME if name in places), None)
    if who is None:
        return None

    def take(row: list[str]) -> None:
        number = _cell(row, places, volume) if volume is not None else "1"
        if not (number.isascii() and number.isdigit() and len(number) < 16):
            tally.skipped += 1
            return
        for each in filter(None, (part.strip() for part in _cell(row, places, who).split(";", _MOST))):
            tally.counts[domain_of(each)] += int(number)

    return take


def _trace_reader(places: dict[str, int], tally: Tally) -> _Take | None:
    status = "recipientstatus" in places
    who = "recipientstatus" if status else next((name for name in RECIPIENT if name in places), None)
    sender = next((name for name in _SENDER if name in places), None)
    direction = next((name for name in _DIRECTION if name in places), None)
    if who is None:
        return None

    def take(row: list[str]) -> None:
        if direction is not None and _cell(row, places, direction).casefold() not in _OUTWARD:
            return
        if sender is not None and direction is not None:
            tally.senders[domain_of(_cell(row, places, sender))] += 1
        for each in _cell(row, places, who).split(";", _MOST):
            address = each.partition("##")[0]
            if address.strip():
                tally.counts[domain_of(address)] += 1

    return take


def _cell(row: list[str], places: dict[str, int], name: str) -> str:
    at = places.get(name, len(row))
    return row[at].strip() if at < len(row) else ""


def _rows(blocks: Iterator[bytes], tally: Tally) -> Iterator[list[str]]:
    """Rows, separated by commas, semicolons or tabs, whichever the head has most of.

    A field has an end (`csv.field_size_limit`), so that a lost quote does not take in the rest of the file.
    """
    lines = _lines(blocks)
    first = next(lines, "")
    comma = max(",;\t", key=first.count)
    reader = csv.reader(_again(first, lines), delimiter=comma)
    while True:
        before = reader.line_num
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:
            tally.skipped += reader.line_num - before


def _again(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _lines(blocks: Iterator[bytes]) -> Iterator[str]:
    """As text; a NUL is a blank.  Only a line feed ends a line: a subject may hold any other separator."""
    for block in blocks:
        yield from io.StringIO(block.decode("utf-8", "replace").replace("\0", " "), newline="\n")
