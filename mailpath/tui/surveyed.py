"""A survey in words: what is told of one domain, of a group, and of all of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mailpath.survey.out.decision import percent, reason_of, told
from mailpath.survey.results import Count
from mailpath.survey.viewing import Domains, Head, Seen
from mailpath.tui.text import QUIET, Row, both_forms, clean, outcome_word
from mailpath.wording.phrases import amount, join_and

if TYPE_CHECKING:
    from mailpath.tui.controllers.judging import SurveyJudge

#: Hosts that are named.
_MOST = 3


def decided(seen: Seen, read: Count, everything: Count) -> str:
    """What an attacker gets, of all there is, in a sentence."""
    if not read.domains:
        return f"Under {seen.posture}, the attacker reads the mail to none of them."
    share = percent(read.mails, everything.mails)
    return (
        f"Under {seen.posture}, the attacker reads the mail to {read.domains:,} of"
        f" {amount(everything.domains, 'domain')}: {read.mails:,} of {amount(everything.mails, 'mail')}"
        f" ({share})."
    )


def headline(judge: SurveyJudge) -> str:
    """What stays in the scrollback: what the survey found under the chosen posture."""
    from mailpath.survey.again import FOUND
    from mailpath.survey.viewing import Totals

    seen = judge.seen
    found = Totals(judge.domains, FOUND, seen.today, [seen.posture]).of(seen.posture)
    return told(seen.posture, found.get("newly_deferred", Count()), judge.everything)


def about_group(head: Head, seen: Seen) -> list[Row]:
    """Of the head of a group."""
    rest = ""
    if head.broken:
        how = "are read by the attacker" if seen.look.attack else "would newly be deferred"
        rest = f"; {head.broken:,} {how} under {seen.posture}"
    said = f"{amount(head.domains, 'domain')}, {amount(head.mails, 'mail')}{rest}."
    return [
        Row("", head.name, style="bold", label_style=""),
        Row("", said, label_style=""),
        Row(
            "", "Enter closes it." if head.opened else "Enter lists its domains.", style=QUIET, label_style=""
        ),
    ]


def about_domain(domains: Domains, number: int, seen: Seen) -> list[Row]:
    """Of a domain, under the chosen posture."""
    row = domains.rows[number]
    hosts = row.hosts[:_MOST]
    more = f" and {len(row.hosts) - _MOST} more" if len(row.hosts) > _MOST else ""
    at = f" at {join_and(hosts) if not more else ', '.join(hosts)}{more}" if hosts else ""
    return [
        Row("", f"{both_forms(row.domain)}{clean(at, 300)}", style="bold", label_style=""),
        *_cause(domains, number, seen),
        *_remarks(domains, number),
    ]


def _cause(domains: Domains, number: int, seen: Seen) -> Iterator[Row]:
    cell = domains.column(seen.look, seen.posture).cells[number]
    if cell is None:
        row = domains.rows[number]
        if not row.outcomes:
            why = "It was not walked yet: mailpath survey --resume goes on."
        elif not domains.kept[number]:
            why = "It was walked, but its exchanges were not kept: it cannot be judged again."
        else:
            why = "It is not judged yet."
        yield Row("", why, style=QUIET, label_style="")
        return
    word = outcome_word(cell.outcome).lower()
    if cell.inconclusive:
        yield Row("Unknown", cell.inconclusive)
        return
    cause = cell.cause
    if not cause.reason and not cause.event:
        yield Row("", f"Mail is delivered {word} under {seen.posture}.", label_style="")
        return
    if cell.read is not None:
        said = {"yes": "READ", "maybe": "MAYBE READ", "no": "NOT READ"}[cell.read]
        yield Row(said.capitalize(), f"{cause.reason} ({word})")
        return
    reason = reason_of(cause)
    code = f"{reason.code}: " if reason.code else ""
    yield Row(word.capitalize(), f"{code}{cause.reason or reason.title}")
    yield Row("Whose", reason.whose)
    if reason.fix:
        yield Row("Fix", reason.fix, style="$primary")


def _remarks(domains: Domains, number: int) -> Iterator[Row]:
    row = domains.rows[number]
    if row.assumed_from:
        yield Row("Seen", f"at {row.assumed_from}, of the same provider", style=QUIET)
