"""What a survey found: one row a domain, and what each posture would change.  Pure.

A domain is in exactly one group of a posture: what happens to its mail there, compared with what happens to
it today.  Mail that is kept and tried again, and mail that is returned, are both mail that is not delivered;
delivery at a later attempt is delivery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal, get_args

import msgspec

from mailpath import __version__
from mailpath.ending import ExitCode
from mailpath.judge import Outcome
from mailpath.judge.model import DELIVERED
from mailpath.records import Record
from mailpath.tickets.families import Side

SCHEMA = 1
#: Of all domains, how many may be unknown before the survey itself is (`--max-unknown`).
MAX_UNKNOWN = 0.05

Group = Literal[
    "newly_deferred",
    "newly_authenticated",
    "newly_encrypted",
    "newly_plaintext",
    "unchanged",
    "unknown",
]


class Cause(Record, frozen=True, kw_only=True):
    """Why a posture does not deliver, or why that cannot be told.

    `event`: a name of `mailpath.judge.Event`; `code`: of the finding behind it, "" for none; `side`: whose
    move it is, None where nobody knows; `reason`: one sentence, visible text.
    """

    event: str = ""
    code: str = ""
    side: Side | None = None
    reason: str = ""


class Row(Record, frozen=True, kw_only=True):
    """One domain.

    `mails`: how many went there, 1 where the list does not say.  `operator`: the registrable domain of its
    first MX host, "" for none; `hosts`: by preference.  `outcomes`: by posture, the one of today first.
    `event` to `reason`: the cause under the first posture that newly defers, else the first posture that has
    one, else empty; `causes`: of each posture that does not deliver or cannot be told.  `findings`: codes.
    `inconclusive`: why what happened proves nothing, though a sender would fare so (a server that turned us
    away for now), "" where it does.  `assumed_from`: the host that was met in place of one of the domain's,
    as all of its provider's say the same, "" for none (see `sampling`).
    """

    domain: str
    mails: int
    operator: str = ""
    hosts: tuple[str, ...] = ()
    outcomes: dict[str, Outcome] = {}  # noqa: RUF012 - a Struct copies an empty one
    event: str = ""
    code: str = ""
    side: Side | None = None
    reason: str = ""
    causes: dict[str, Cause] = {}  # noqa: RUF012 - the same
    findings: tuple[str, ...] = ()
    inconclusive: str = ""
    assumed_from: str = ""


class Count(Record, frozen=True, kw_only=True):
    """So many domains, and so many mails to them."""

    domains: int = 0
    mails: int = 0


class PostureTotals(Record, frozen=True, kw_only=True):
    """Every domain in one group: newly what it comes to, as before, or unknown for either of the two."""

    newly_deferred: Count = Count()
    newly_authenticated: Count = Count()
    newly_encrypted: Count = Count()
    newly_plaintext: Count = Count()
    unchanged: Count = Count()
    unknown: Count = Count()


class Results(Record, frozen=True, kw_only=True):
    """A survey as JSON has it.  `postures`: those compared with `today`; `rows`: most mails first."""

    schema: Annotated[int, msgspec.Meta(ge=SCHEMA, le=SCHEMA)] = SCHEMA
    mailpath: str = __version__
    store: str
    today: str
    domains: int
    mails: int
    postures: dict[str, PostureTotals]
    rows: tuple[Row, ...]


def group_of(before: Outcome, after: Outcome) -> Group:
    """In which group a domain is whose mail comes to `before` today and to `after` under another posture."""
    if Outcome.UNKNOWN in (before, after):
        return "unknown"
    if after is before or not {before, after} & DELIVERED:
        return "unchanged"
    return _NEWLY.get(after, "newly_deferred")


_NEWLY: Mapping[Outcome, Group] = {
    Outcome.AUTHENTICATED: "newly_authenticated",
    Outcome.ENCRYPTED: "newly_encrypted",
    Outcome.PLAINTEXT: "newly_plaintext",
}


def group_in(row: Row, today: str, posture: str) -> Group:
    """In which group `row` is; a domain that was not walked is unknown, and one that proved nothing."""
    if row.inconclusive:
        return "unknown"
    return group_of(
        row.outcomes.get(today, Outcome.UNKNOWN),
        row.outcomes.get(posture, Outcome.UNKNOWN),
    )


def compare(rows: Iterable[Row], today: str, postures: Sequence[str]) -> dict[str, PostureTotals]:
    """Of each of `postures`, how many domains and mails are in which group."""
    domains: Counter[tuple[str, Group]] = Counter()
    mails: Counter[tuple[str, Group]] = Counter()
    for row in rows:
        for posture in dict.fromkeys(postures):
            place = posture, group_in(row, today, posture)
            domains[place] += 1
            mails[place] += row.mails
    return {
        posture: PostureTotals(
            **{
                group: Count(domains=domains[posture, group], mails=mails[posture, group])
                for group in get_args(Group)
            }
        )
        for posture in postures
    }


def results_of(rows: Iterable[Row], *, store: str, today: str, postures: Sequence[str]) -> Results:
    """The whole of it; `rows` in any order, of these and other postures."""
    shown = (seen_by(row, today, postures) for row in rows)
    ordered = tuple(sorted(shown, key=lambda row: (-row.mails, row.domain)))
    return Results(
        store=store,
        today=today,
        domains=len(ordered),
        mails=sum(row.mails for row in ordered),
        postures=compare(ordered, today, postures),
        rows=ordered,
    )


def row_of(
    domain: str,
    mails: int,
    *,
    outcomes: Mapping[str, Outcome],
    causes: Mapping[str, Cause],
    today: str,
    operator: str = "",
    hosts: Sequence[str] = (),
    findings: Sequence[str] = (),
    inconclusive: str = "",
) -> Row:
    """The row of a domain; the cause that stands first is that of what newly breaks."""
    before = outcomes.get(today, Outcome.UNKNOWN)
    breaks = (each for each in causes if group_of(before, outcomes[each]) == "newly_deferred")
    first = causes.get(next(breaks, next(iter(causes), "")), Cause())
    return Row(
        domain=domain,
        mails=mails,
        operator=operator,
        hosts=tuple(hosts),
        outcomes=dict(outcomes),
        event=first.event,
        code=first.code,
        side=first.side,
        reason=first.reason,
        causes=dict(causes),
        findings=tuple(findings),
        inconclusive=inconclusive,
    )


def seen_by(row: Row, today: str, postures: Sequence[str]) -> Row:
    """`row` with nothing but `today` and `postures`, and the cause that counts for them."""
    names = [name for name in dict.fromkeys((today, *postures)) if name in row.outcomes]
    seen = row_of(
        row.domain,
        row.mails,
        outcomes={name: row.outcomes[name] for name in names},
        causes={name: row.causes[name] for name in names if name in row.causes},
        today=today,
    )
    told = {name: getattr(seen, name) for name in ("outcomes", "event", "code", "side", "reason", "causes")}
    return msgspec.structs.replace(row, **told)


def exit_code(results: Results, max_unknown: float = MAX_UNKNOWN) -> ExitCode:
    """1 where something newly breaks under any posture, else 3 where of any more than the share
    `max_unknown` of the domains is unknown, else 0.
    """
    totals = results.postures.values()
    if any(each.newly_deferred.domains for each in totals):
        return ExitCode.BELOW
    if any(each.unknown.domains > max_unknown * results.domains for each in totals):
        return ExitCode.UNKNOWN
    return ExitCode.OK
