"""The survey on a page of text: the decision, then what newly breaks, by whom and by what."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from mailpath.report.contents import named
from mailpath.survey.out.decision import GROUPS, Broken, Decision, Letter, Share, amount, decisions, headline
from mailpath.survey.results import Results
from mailpath.wording.layout import WIDTH, cells, hanging, wrapped

#: Domains, groups and letters that are shown; the other formats have them all.
MOST, MOST_GROUPS, MOST_LETTERS = 20, 8, 1
_COLUMN = 9


def render(results: Results, *, letter: Letter | None = None, width: int = WIDTH) -> str:
    """The whole page; ends with a newline."""
    return "\n".join(_lines(results, letter, width)) + "\n"


def _lines(results: Results, letter: Letter | None, width: int) -> Iterator[str]:
    decided = decisions(results)
    for decision in decided:
        yield from wrapped(headline(results, decision), width)
    yield ""
    yield from wrapped(
        f"Held against today, {results.today}: {amount(results.domains, 'domain')},"
        f" {amount(results.mails, 'mail')}. Deferred includes mail that is returned.",
        width,
    )
    yield ""
    yield from _totals(decided)
    for decision in decided:
        if decision.broken:
            yield from _breaks(results, decision, letter, width)
        if decision.untold:
            yield ""
            yield f"Unknown under {decision.posture}, by cause"
            yield from _groups(decision.untold, width)


def _totals(decided: Sequence[Decision]) -> Iterator[str]:
    """Domains and mails of every posture in every group."""
    rows = [["", *(name.removeprefix("newly ") for name in GROUPS.values())]]
    for decision in decided:
        counts = [getattr(decision.totals, group) for group in GROUPS]
        rows.append(["  domains", *(f"{each.domains:,}" for each in counts)])
        rows.append(["  mails", *(f"{each.mails:,}" for each in counts)])
    widths = [max(map(cells, column)) for column in zip(*rows, strict=True)]
    newly = sum(name.startswith("newly") for name in GROUPS.values())
    span = sum(widths[1 : 1 + newly]) + 2 * (newly - 1)
    yield " " * (widths[0] + 2) + " newly ".center(span, "-")
    for at, row in enumerate(rows):
        if at % 2:
            yield decided[at // 2].posture
        figures = (f"  {cell:>{wide}}" for cell, wide in zip(row[1:], widths[1:], strict=True))
        yield f"{row[0]:{widths[0]}}{''.join(figures)}".rstrip()


def _breaks(results: Results, decision: Decision, letter: Letter | None, width: int) -> Iterator[str]:
    yield ""
    yield f"Newly deferred under {decision.posture}"
    told: set[str] = set()
    for broken in decision.broken[:MOST]:
        yield ""
        yield from _broken(broken, told, width)
    rest = decision.broken[MOST:]
    if rest:
        mails = sum(each.row.mails for each in rest)
        yield ""
        yield f"and {amount(len(rest), 'domain')} more, {amount(mails, 'mail')}: --format csv has all."
    for title, shares in (("operator", decision.operators), ("cause", decision.causes)):
        yield ""
        yield f"By {title}"
        yield from _groups(shares, width)
    yield from _letters(results, decision, letter, width)


def _broken(broken: Broken, told: set[str], width: int) -> Iterator[str]:
    row, reason = broken.row, broken.reason
    at = f" at {row.operator}" if row.operator and row.operator != row.domain else ""
    yield from wrapped(f"{amount(row.mails, 'mail')} to {named(row.domain)}{at}", width)
    cause = " ".join(
        part for part in (f"{reason.code}:" if reason.code else "", broken.said or reason.title) if part
    )
    # The remedy of a code is the same for all: once is enough.
    fix = reason.fix if reason.named not in told else f"as above, {reason.code}" if reason.code else ""
    told.add(reason.named)
    for label, text in (("Cause", cause), ("Whose", reason.whose), ("Fix", fix)):
        if text:
            yield from hanging(label, text, indent=2, column=_COLUMN, width=width)


def _groups(shares: Sequence[Share], width: int) -> Iterator[str]:
    shown = list(shares[:MOST_GROUPS])
    figures = [f"{each.count.domains:,}" for each in shown], [f"{each.count.mails:,}" for each in shown]
    wide = [max(map(len, column)) for column in figures]
    for each, domains, mails in zip(shown, *figures, strict=True):
        some = " " if each.count.domains == 1 else "s", " " if each.count.mails == 1 else "s"
        label = f"{domains:>{wide[0]}} domain{some[0]} {mails:>{wide[1]}} mail{some[1]}"
        yield from hanging(label, each.of, indent=2, column=len(label) + 4, width=width)
    if len(shares) > len(shown):
        yield f"  and {len(shares) - len(shown):,} more"


def _letters(results: Results, decision: Decision, letter: Letter | None, width: int) -> Iterator[str]:
    """To the postmasters of those with most mail whose move it is; how the others are written."""
    mendable = [each.row for each in decision.broken if each.row.causes and _is_theirs(each, decision)]
    if not mendable or letter is None:
        return
    for row in mendable[:MOST_LETTERS]:
        text = letter(row.domain, decision.posture)
        if text:
            yield ""
            yield f"The letter to the postmaster of {row.domain}:"
            yield ""
            yield from text.splitlines()
    if len(mendable) > MOST_LETTERS:
        yield ""
        yield "The page has the letters to the others:"
        store = shlex.quote(results.store)
        yield f"  mailpath survey --resume --store {store} --posture {decision.posture} -o survey.html"


def _is_theirs(broken: Broken, decision: Decision) -> bool:
    cause = broken.row.causes.get(decision.posture)
    return cause is not None and cause.side == "recipient-admin"
