"""The survey on a page of text: the decision, then what newly breaks, by whom and by what."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from mailpath.judge.habits import Family
from mailpath.judge.presets import PRESETS
from mailpath.report.contents import named
from mailpath.survey.out.decision import GROUPS, Broken, Decision, Letter, Share, decisions, headline
from mailpath.survey.out.queries import Queries
from mailpath.survey.results import Results
from mailpath.wording.layout import WIDTH, cells, hanging, wrapped
from mailpath.wording.phrases import amount

#: Domains of a posture, and groups, that are shown; the other formats have them all.
MOST, MOST_GROUPS = 20, 8
_COLUMN = 9


def render(
    results: Results, *, letter: Letter | None = None, width: int = WIDTH, queries: Queries | None = None
) -> str:
    """The whole page; ends with a newline."""
    return "\n".join(_Page(results, letter, width).lines(queries)) + "\n"


class _Page:
    """What was told once is not told again: a remedy, a domain that breaks in the same way, a letter."""

    def __init__(self, results: Results, letter: Letter | None, width: int) -> None:
        self._results = results
        self._letter = letter
        self._width = width
        #: Domain and what is said of it -> the posture under which it is said.
        self._told: dict[tuple[str, str], str] = {}
        self._remedies: set[str] = set()
        #: Domains with a letter to write, and the posture that it is about.
        self._mendable: dict[str, str] = {}

    def lines(self, queries: Queries | None) -> Iterator[str]:
        """All of it."""
        results, decided = self._results, decisions(self._results)
        for decision in decided:
            yield from wrapped(headline(results, decision), self._width)
        yield ""
        yield from wrapped(
            f"Compared with today, {results.today}: {amount(results.domains, 'domain')},"
            f" {amount(results.mails, 'mail')}. Deferred includes mail that is returned.",
            self._width,
        )
        yield ""
        yield from _totals(decided)
        for decision in decided:
            if decision.broken:
                yield from self._breaks(decision)
        yield from self._letters()
        for decision in decided:
            if decision.untold:
                yield ""
                yield f"Unknown under {decision.posture}, by cause"
                yield from self._groups(decision.untold)
        if queries is not None:
            yield from _queried(queries)
        yield from self._next(decided)

    def _breaks(self, decision: Decision) -> Iterator[str]:
        yield ""
        yield f"Newly deferred under {decision.posture}"
        again: dict[str, list[Broken]] = {}
        new: list[Broken] = []
        for broken in decision.broken:
            before = self._told.setdefault((broken.row.domain, broken.said), decision.posture)
            (new if before == decision.posture else again.setdefault(before, [])).append(broken)
            if _is_theirs(broken, decision):
                self._mendable.setdefault(broken.row.domain, decision.posture)
        for posture, found in again.items():
            yield ""
            yield from self._as_before(posture, found)
        for broken in new[:MOST]:
            yield ""
            yield from self._broken(broken)
        if rest := new[MOST:]:
            mails = sum(each.row.mails for each in rest)
            yield ""
            yield f"and {amount(len(rest), 'domain')} more, {amount(mails, 'mail')}: --format csv has all."
        for title, shares in (("operator", decision.operators), ("cause", decision.causes)) if new else ():
            yield ""
            yield f"By {title}"
            yield from self._groups(shares)

    def _as_before(self, posture: str, found: Sequence[Broken]) -> Iterator[str]:
        """Domains that break as they do under `posture`."""
        names = [f"{each.row.domain} ({each.row.mails:,})" for each in found[:MOST]]
        more = f" and {len(found) - MOST:,} more" if len(found) > MOST else ""
        yield from wrapped(f"As under {posture}, with mails: {', '.join(names)}{more}", self._width)

    def _broken(self, broken: Broken) -> Iterator[str]:
        row, reason = broken.row, broken.reason
        at = f" at {row.operator}" if row.operator and row.operator != row.domain else ""
        yield from wrapped(f"{amount(row.mails, 'mail')} to {named(row.domain)}{at}", self._width)
        code = f"{reason.code}: " if reason.code else ""
        # The remedy of a code is the same for all.
        known = reason.named in self._remedies
        fix = f"as above, {reason.code}" if known and reason.code else reason.fix
        self._remedies.add(reason.named)
        rows = (
            ("Cause", f"{code}{broken.said or reason.title}"),
            ("Seen", f"at {row.assumed_from}, of the same provider" if row.assumed_from else ""),
            ("Whose", reason.whose),
            ("Fix", fix),
        )
        for label, text in rows:
            if text:
                yield from hanging(label, text, indent=2, column=_COLUMN, width=self._width)

    def _groups(self, shares: Sequence[Share]) -> Iterator[str]:
        shown = shares[:MOST_GROUPS]
        figures = [f"{each.count.domains:,}" for each in shown], [f"{each.count.mails:,}" for each in shown]
        wide = [max(map(len, column)) for column in figures]
        for each, domains, mails in zip(shown, *figures, strict=True):
            some = " " if each.count.domains == 1 else "s", " " if each.count.mails == 1 else "s"
            label = f"{domains:>{wide[0]}} domain{some[0]} {mails:>{wide[1]}} mail{some[1]}"
            yield from hanging(label, each.of, indent=2, column=len(label) + 4, width=self._width)
        if len(shares) > len(shown):
            yield f"  and {len(shares) - len(shown):,} more"

    def _letters(self) -> Iterator[str]:
        """To the postmaster with most mail whose move it is, and where the others are."""
        if self._letter is None or not self._mendable:
            return
        domain, posture = next(iter(self._mendable.items()))
        if text := self._letter(domain, posture):
            yield ""
            yield f"The letter to the postmaster of {domain}:"
            yield ""
            yield from text.splitlines()

    def _next(self, decided: Sequence[Decision]) -> Iterator[str]:
        """What to do with it, command by command."""
        store = shlex.quote(self._results.store)
        again = f"  mailpath survey --resume --store {store}"
        if self._letter is not None and len(self._mendable) > 1:
            yield ""
            yield "The page has the letters to the others:"
            yield f"{again} -o survey.html"
        fitting = [each.posture for each in decided if each.broken and _is_postfix(each)]
        if fitting:
            posture = f" --posture {shlex.quote(fitting[0])}" if len(decided) > 1 else ""
            yield ""
            yield "Exceptions that keep this mail as it is today, for smtp_tls_policy_maps:"
            yield f"{again}{posture} -o tls_policy.policy"
        yield ""
        yield "Every domain on the screen, to sort, find and open:"
        yield f"  mailpath open {store}"


def _queried(queries: Queries) -> Iterator[str]:
    """The figures again, out of the tables."""
    figures = {
        "The totals": queries.totals(),
        "By operator": queries.operators(),
        "By cause": queries.causes(),
        "Unknown, by cause": queries.untold(),
    }
    for figure, query in figures.items():
        yield ""
        yield f"{figure}, with DuckDB:"
        yield from (f"  {line}" for line in query.splitlines())


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


def _is_postfix(decision: Decision) -> bool:
    preset = PRESETS.get(decision.posture)
    return preset is not None and preset.agent.family is Family.POSTFIX


def _is_theirs(broken: Broken, decision: Decision) -> bool:
    cause = broken.row.causes.get(decision.posture)
    return cause is not None and cause.side == "recipient-admin"
