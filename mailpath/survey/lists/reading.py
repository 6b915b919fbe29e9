"""Reads lists and logs, one after the other, into volumes by recipient domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing

from mailpath.errors import concerning
from mailpath.records import Record
from mailpath.survey.lists.kinds import kind_of
from mailpath.survey.lists.opening import LONGEST, ListError, Progress, Source, oldest_first, total_octets
from mailpath.survey.lists.tally import MOST_DOMAINS, Tally, too_many
from mailpath.survey.lists.today import proposed
from mailpath.wording.phrases import amount

#: Why there is no mail in a file, by its kind.
NOTHING: Mapping[str, str] = {
    "postfix": "No mail in this log left over SMTP.",
    "exim": "No mail in this log left for another host.",
    "system": "No line in this log is one in which Postfix or Exim delivers to another host.",
    "exchange": "No mail in this trace left the organization.",
    "exchange-tracking": "No mail in this log left over SMTP.",
    "postqueue": "No mail is in this queue.",
    "list": "There is no domain in it.",
}


class Read(Record, frozen=True, kw_only=True):
    """What became of one file.

    `path`: as given, foreign; `kind`: a name of `FORMATS`, or "system"; `mails`: counted in it; `skipped`:
    lines that were too long or made no sense, and recipients that are no domain; `why`: sentences on what is
    missing or odd, "" where nothing is.
    """

    path: str
    kind: str
    lines: int
    mails: int
    skipped: int = 0
    why: str = ""


class Volumes(Record, frozen=True, kw_only=True):
    """`mails`: by recipient domain (A-labels), most first; `today`: the posture that the log tells of, None
    where it tells of none; `why`: a sentence on that; `read`: the files, in the order of reading.
    """

    mails: dict[str, int]
    today: str | None
    why: str
    read: tuple[Read, ...]


def read(paths: Sequence[str], log_format: str | None = None, progress: Progress | None = None) -> Volumes:
    """All of `paths` together, "-" for standard input.  `log_format`: a name of `FORMATS`, where the kind is
    not to be recognized.

    Raises `ListError` for a file that cannot be used, and where there is no domain in any.
    """
    reader = _Reader(paths, log_format, progress)
    for path in reader.paths:
        reader.read_one(path)
    return reader.volumes()


class _Reader:
    """Some files, one after the other."""

    def __init__(self, paths: Sequence[str], log_format: str | None, progress: Progress | None) -> None:
        self.paths = oldest_first(paths)
        self._total = total_octets(self.paths)
        self._format = log_format
        self._progress = progress
        self._tally = Tally()
        self._mails: dict[str, int] = {}
        self._read: list[Read] = []
        self._said: dict[str, Counter[str]] = {}
        self._done = self._seen = 0

    def _tell(self, octets: int) -> None:
        self._seen = octets
        if self._progress is not None:
            self._progress(self._done + octets, self._total)

    def read_one(self, path: str) -> None:
        """Raises `ListError`."""
        self._seen = 0
        with closing(Source(path, self._tell)) as source, concerning(file=path):
            if source.ended and not source.sample:
                raise ListError(source.ended)
            kind = kind_of(source.sample, path, self._format)
            kind.read(source.blocks(), self._tally)
        self._done += self._seen
        self._said.setdefault(kind.name, Counter()).update(self._tally.said)
        senseless = self._tally.skipped
        mails, skipped = self._tally.take(self._mails)
        odd = _odd(source, senseless, skipped, self._tally.relay())
        if not mails:
            odd.append(NOTHING.get(kind.name, NOTHING["list"]))
        for domain, number in mails.items():
            self._mails[domain] = self._mails.get(domain, 0) + number
        if len(self._mails) > MOST_DOMAINS:
            raise too_many()
        self._read.append(
            Read(
                path=path,
                kind=kind.name,
                lines=source.lines,
                mails=sum(mails.values()),
                skipped=source.cut + senseless + skipped,
                why=" ".join(odd),
            )
        )

    def volumes(self) -> Volumes:
        """Raises `ListError` where there is nothing."""
        if not self._mails:
            (*_, last) = self._read
            if len(self._read) == 1:
                raise ListError(last.why, file=last.path)
            raise ListError("None of the files has a domain that mail goes to.")
        by_kind: Counter[str] = Counter()
        for each in self._read:
            by_kind[each.kind] += each.mails
        kind = by_kind.most_common(1)[0][0]
        today, why = proposed(kind, self._said[kind])
        ordered = sorted(self._mails.items(), key=lambda each: (-each[1], each[0]))
        return Volumes(mails=dict(ordered), today=today, why=why, read=tuple(self._read))


def _odd(source: Source, senseless: int, skipped: int, relay: str) -> list[str]:
    """What is missing or odd, as sentences."""
    parts = [source.ended] if source.ended else []
    if source.cut:
        parts.append(f"{amount(source.cut, 'line')} longer than {LONGEST // 1024} KiB: skipped.")
    if senseless:
        parts.append(f"{amount(senseless, 'line')} not understood: skipped.")
    if skipped:
        parts.append(f"{amount(skipped, 'recipient')} without a domain that mail can go to: skipped.")
    if relay:
        parts.append(
            f"Nearly all mail goes through {relay}: a posture counts on the way to there, and that host"
            " decides on the way to the domains."
        )
    return parts
