"""What a posture would change, ready to be laid out: the totals, what newly breaks, by whom and by what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import get_args

import msgspec

from mailpath.findings import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.survey.results import Cause, Count, Group, PostureTotals, Results, Row, group_in
from mailpath.tickets.families import WHOSE, Side
from mailpath.visible import visible
from mailpath.wording.phrases import amount

#: Takes a domain and a posture; returns the letter to its postmaster, "" where no walk is kept.
Letter = Callable[[str, str], str]

#: The groups as people read them, what matters most first.
GROUPS: Mapping[Group, str] = {
    "newly_deferred": "newly deferred",
    "newly_plaintext": "newly plaintext",
    "newly_encrypted": "newly encrypted",
    "newly_authenticated": "newly authenticated",
    "unchanged": "unchanged",
    "unknown": "unknown",
}
assert {*GROUPS} == {*get_args(Group)}

NO_OPERATOR = "no mail host"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """A cause as people read it; visible text.

    `code`: of the finding, "" for none; `title`: what is wrong, a clause; `whose`: who can mend it; `fix`:
    what mends it, a sentence or more, "" where nothing is known.
    """

    code: str
    title: str
    whose: str
    fix: str

    @property
    def named(self) -> str:
        """ "TLSA002: The certificate matches no TLSA record"."""
        return f"{self.code}: {self.title}" if self.code else self.title


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A domain that newly gets no mail.  `said`: why, a sentence of its own; `reason`: the kind of cause."""

    row: Row
    said: str
    reason: Reason


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """A group of what newly breaks, or is unknown."""

    of: str
    count: Count
    reason: Reason | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One posture compared with today.  `broken`: most mails first; `operators`, `causes`: of them, `untold`:
    of what is unknown, most mails first.
    """

    posture: str
    title: str
    totals: PostureTotals
    broken: tuple[Broken, ...]
    operators: tuple[Share, ...]
    causes: tuple[Share, ...]
    untold: tuple[Share, ...]


def decisions(results: Results) -> tuple[Decision, ...]:
    """Of each posture that was asked for, in that order."""
    return tuple(_decision(results, posture) for posture in results.postures)


def broken_under(results: Results, posture: str) -> tuple[Broken, ...]:
    """Exactly the domains that are newly deferred, most mails first."""
    rows = (row for row in results.rows if group_in(row, results.today, posture) == "newly_deferred")
    return tuple(_broken(row, row.causes.get(posture, Cause())) for row in rows)


def _decision(results: Results, posture: str) -> Decision:
    broken = broken_under(results, posture)
    unknown = [row for row in results.rows if group_in(row, results.today, posture) == "unknown"]
    preset = PRESETS.get(posture)
    return Decision(
        posture=posture,
        title=visible(preset.title) if preset is not None else "",
        totals=results.postures[posture],
        broken=broken,
        operators=_shares((each.row.operator or NO_OPERATOR, None, each.row.mails) for each in broken),
        causes=_shares((each.reason.named, each.reason, each.row.mails) for each in broken),
        untold=_shares((untold(row, results.today, posture), None, row.mails) for row in unknown),
    )


def _broken(row: Row, cause: Cause) -> Broken:
    return Broken(row=row, said=visible(cause.reason), reason=reason_of(cause))


def reason_of(cause: Cause) -> Reason:
    """What kind of cause it is."""
    entry = CATALOGUE.get(cause.code)
    fix = entry.fix if entry is not None else ""
    if cause.side == "sender-admin":  # nobody promised what this sender demands
        fix = "Make an exception for the domain." + (f" On its own side: {fix}" if fix else "")
    return Reason(
        code=cause.code if entry is not None else "",
        title=entry.title if entry is not None else visible(cause.event.replace("-", " ")) or "not told",
        whose=whose(cause.side),
        fix=fix,
    )


def whose(side: Side | None) -> str:
    """Who can mend it."""
    return WHOSE[side] if side is not None else "nobody knows"


def untold(row: Row, today: str, posture: str) -> str:
    """Why a row is in no other group; one word or two, so that like goes with like."""
    if row.inconclusive:
        return "turned away for now"
    if posture not in row.outcomes:
        return "not walked"
    cause = row.causes.get(posture) or row.causes.get(today) or Cause()
    return visible(cause.event.replace("-", " ")) or "not told"


def _shares(rows: Iterable[tuple[str, Reason | None, int]]) -> tuple[Share, ...]:
    domains: dict[str, int] = {}
    mails: dict[str, int] = {}
    reasons: dict[str, Reason | None] = {}
    for name, reason, number in rows:
        domains[name] = domains.get(name, 0) + 1
        mails[name] = mails.get(name, 0) + number
        reasons.setdefault(name, reason)
    ordered = sorted(domains, key=lambda name: (-mails[name], name))
    return tuple(
        Share(of=name, count=Count(domains=domains[name], mails=mails[name]), reason=reasons[name])
        for name in ordered
    )


def percent(part: int, whole: int) -> str:
    """ "0.2%", "12%"; what is not nothing is not told as nothing."""
    if not whole:
        return "0%"
    share = 100 * part / whole
    if share and share < 0.1:
        return "< 0.1%"
    if part != whole and share > 99.9:
        return "> 99.9%"
    return f"{share:.1f}%" if share < 10 and share != int(share) else f"{share:.0f}%"


def headline(results: Results, decision: Decision) -> str:
    """The decision in a sentence."""
    everything = Count(domains=results.domains, mails=results.mails)
    return told(decision.posture, decision.totals.newly_deferred, everything)


def told(posture: str, newly: Count, everything: Count) -> str:
    """What `posture` newly defers, of all there is, in a sentence."""
    if not newly.domains:
        return f"Under {posture}, no domain would stop getting mail."
    return (
        f"Under {posture}, {newly.domains:,} of {amount(everything.domains, 'domain')} would stop"
        f" getting mail: {newly.mails:,} of {amount(everything.mails, 'mail')}"
        f" ({percent(newly.mails, everything.mails)})."
    )
