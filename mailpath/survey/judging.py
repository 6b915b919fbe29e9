"""The row of one domain: what each posture makes of its walk, and why.  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from mailpath.assess.sessions import hosts_logged, sessions_of
from mailpath.facts import Walk
from mailpath.findings import find
from mailpath.judge import Outcome, Posture, Verdict, judge
from mailpath.judge.model import DELIVERED
from mailpath.report import reply
from mailpath.report.explaining import decisive
from mailpath.report.headline import cause
from mailpath.report.result import Result, build
from mailpath.survey.operators import operator_of
from mailpath.survey.owners import turned_away
from mailpath.survey.results import Cause, Row, row_of
from mailpath.tickets.families import Side
from mailpath.visible import visible
from mailpath.wording.phrases import sentence

_SIDES: Mapping[reply.Side, Side | None] = {
    reply.Side.RECIPIENT: "recipient-admin",
    reply.Side.SENDER: "sender-admin",
    reply.Side.ADDRESS: "sender-user",
    reply.Side.WRITER: "sender-user",
    reply.Side.MAILBOX: "recipient-user",
    reply.Side.WAITING: "nobody",
    reply.Side.NOBODY: "nobody",
    reply.Side.UNKNOWN: None,
}


def row_for(walk: Walk, mails: int, today: Posture, postures: Sequence[Posture]) -> Row:
    """The row of the domain that `walk` leads to: of `today` and each of `postures`."""
    judged = {posture.name: posture.toward(walk.path.recipient) for posture in (today, *postures)}
    verdicts = {name: judge(walk, posture) for name, posture in judged.items()}
    failing = [judged[name] for name, verdict in verdicts.items() if verdict.outcome not in DELIVERED]
    causes: dict[str, Cause] = {}
    if failing:  # why mail is delivered as it is takes some work, and no row tells it
        result = build(walk, failing, {}, deciding=())
        causes = {posture.name: _cause(replace(result, posture=posture.name)) for posture in failing}
        found = result.findings
    else:
        found = find(walk)
    hosts = tuple(visible(host.name) for host in walk.mx.hosts)
    return row_of(
        walk.path.recipient,
        mails,
        outcomes={name: verdict.outcome for name, verdict in verdicts.items()},
        causes=causes,
        today=today.name,
        operator=visible(operator_of(walk.mx.hosts[0].name)) if hosts else "",
        hosts=hosts,
        findings=tuple(dict.fromkeys(each.code for each in found)),
        inconclusive=next(filter(None, (_put_off(walk, verdict) for verdict in verdicts.values())), ""),
    )


def _cause(result: Result) -> Cause:
    verdict = result.verdict
    side, found = reply.side_of(result), decisive(result)
    unknown = verdict.outcome is Outcome.UNKNOWN
    why = "" if unknown else cause(result, result.chosen, verdict)
    return Cause(
        event=verdict.event,
        code=found.code if found is not None and not unknown else "",
        side=_SIDES[side],
        reason=sentence(why or visible(verdict.reason)),
    )


def _put_off(walk: Walk, verdict: Verdict) -> str:
    """Why a delivery that failed proves nothing; "" where it does."""
    if verdict.outcome in DELIVERED:
        return ""
    sessions = (each for host in hosts_logged(walk, {verdict.host}) for each in sessions_of(walk, host))
    for session in sessions:
        if (said := turned_away(session)) is not None:
            return f"{visible(session.address)} turned us away for now, with {said.code}."
    return ""
