"""What changed between two surveys: domains that came or went, and what happens to mail for others.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mailpath.judge import Outcome
from mailpath.records import Record
from mailpath.survey.results import Row
from mailpath.visible import visible
from mailpath.wording.layout import table
from mailpath.wording.phrases import count

SCHEMA = 1


class Change(Record, frozen=True, kw_only=True):
    """One posture's outcome for one domain.  `reason`: of the new one, "" where mail is delivered."""

    domain: str
    mails: int
    posture: str
    old: Outcome
    new: Outcome
    reason: str = ""


class Difference(Record, frozen=True, kw_only=True):
    """`came`, `went`: domains in one of the two only; `changes`: most mails first, by posture in the order of
    the new survey.  Domains that one of them did not walk are left out.
    """

    schema: int = SCHEMA
    came: tuple[str, ...]
    went: tuple[str, ...]
    changes: tuple[Change, ...]


def compare(old: Iterable[Row], new: Iterable[Row]) -> Difference:
    """Both by domain; only postures that judged both."""
    before = {row.domain: row for row in old}
    after = {row.domain: row for row in new}
    changes = (change for row in after.values() for change in _changes(before.get(row.domain), row))
    return Difference(
        came=tuple(sorted(after.keys() - before.keys())),
        went=tuple(sorted(before.keys() - after.keys())),
        changes=tuple(sorted(changes, key=lambda change: (-change.mails, change.domain))),
    )


def _changes(old: Row | None, new: Row) -> Iterator[Change]:
    for posture, outcome in new.outcomes.items():
        was = old.outcomes.get(posture) if old is not None else None
        if was is not None and was is not outcome:
            cause = new.causes.get(posture)
            yield Change(
                domain=new.domain,
                mails=new.mails,
                posture=posture,
                old=was,
                new=outcome,
                reason=cause.reason if cause is not None else "",
            )


def render_text(difference: Difference) -> str:
    """As lines; ends with a newline."""
    return "".join(f"{line}\n" for line in _lines(difference))


def _lines(difference: Difference) -> Iterator[str]:
    rows = [
        (
            visible(change.domain),
            visible(change.posture),
            f"{change.old} -> {change.new}",
            change.reason,
        )
        for change in difference.changes
    ]
    if rows:
        yield from table([("DOMAIN", "POSTURE", "OUTCOME", "REASON"), *rows], indent=0)
    for what, domains in (("new", difference.came), ("gone", difference.went)):
        yield from (f"{visible(domain)}  {what}" for domain in domains)
    if not (rows or difference.came or difference.went):
        yield "Nothing changed."
    else:
        changed = len({change.domain for change in difference.changes})
        yield f"{count(changed, 'domain')} changed; {len(difference.came)} new, {len(difference.went)} gone."
