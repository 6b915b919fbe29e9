"""Writes reaches.json of `mailpath explain`: how each case of scripts/explain_cases ends under every preset,
as the judge has it; --check only says whether it is current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import msgspec

from mailpath.judge import Attempt, Posture, Verdict, judge
from mailpath.judge.events import Event
from mailpath.judge.presets import PRESETS
from mailpath.tickets import reach
from mailpath.tickets.reach import Reach
from scripts.explain_cases.case import Case
from scripts.explain_cases.cases import CASES

FILE = Path(reach.__file__).with_name(reach.FILE)

#: (event, status code, word): see `Reach`.
Ending = tuple[Event, str | None, str | None]


def reaches(case: Case) -> tuple[Reach, ...]:
    """How the mail, and attempts at it, end under each preset."""
    return tuple(each for posture in PRESETS.values() for each in _judge(case, posture))


def _judge(case: Case, posture: Posture) -> Iterator[Reach]:
    verdicts = [judge(case.walk, concrete) for concrete in _resolve(posture)]
    found = {ending for verdict in verdicts for ending in _endings(case, verdict)}
    for event, code, word in sorted(found, key=str):
        yield Reach(case.id, posture.name, event, code, word)


def _endings(case: Case, verdict: Verdict) -> Iterator[Ending]:
    """In which of the case's events the mail, and attempts at it, end."""
    tried: list[Attempt | Verdict] = [*verdict.attempts, verdict]
    for each in tried:
        if each.event in case.events and case.by in (None, each.demanded_by):
            yield each.event, each.status_code, each.tls_word if each.event is Event.SENT_TLS else None


def _resolve(posture: Posture) -> list[Posture]:
    """The posture with each value of each field whose source is silent, one after the other.

    All of them at once would be too many, and one alone shows what the field can do.
    """
    if not posture.unknown:
        return [posture]
    first = {field: values[0] for field, values in posture.unknown.items()}
    made = [posture.changed(**first)]
    for field, values in posture.unknown.items():
        made += [posture.changed(**{**first, field: value}) for value in values[1:]]
    return made


def table() -> bytes:
    """The file as it ships: one case a line."""
    cases = (
        reach.Case(case.id, case.text, case.findings, case.events, case.by, reaches(case))
        for case in CASES.values()
    )
    return b"[\n" + b",\n".join(msgspec.json.encode(case) for case in cases) + b"\n]\n"


def main() -> int:
    if "--check" not in sys.argv[1:]:
        FILE.write_bytes(table())
        return 0
    if FILE.read_bytes() == table():
        return 0
    print(f"{FILE.name} is not current: run python scripts/reaches.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
