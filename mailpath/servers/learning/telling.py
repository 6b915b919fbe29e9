"""What was learned as a table of the config file: who decided each line, contradictions, what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.lab.scenario import Scenario, scenarios
from mailpath.lab.session_log import read_sessions
from mailpath.servers.drafts import Draft, Imported, Kind, Remark, Setting
from mailpath.servers.given import ImportRefused
from mailpath.servers.learning.fitting import Fitted, fit
from mailpath.servers.learning.mail_logs import Logged, read_log
from mailpath.servers.learning.observing import Observed, observed
from mailpath.servers.learning.walking import walks
from mailpath.wording.phrases import count

#: Scenarios that a line names.
_NAMED = 4


def learned(seen: str, mail_log: str | None, name: str) -> Imported:
    """The posture of the server whose sessions the lab wrote to the file `seen`, and that wrote `mail_log`.

    Raises `BadSessionLog`, `ImportRefused`.
    """
    ids, sessions = read_sessions(seen)
    known = {each.id: each for each in scenarios()}
    missing = [each for each in ids if each not in known]
    log = read_log(mail_log) if mail_log is not None else ()
    there = tuple(known[each] for each in ids if each in known)
    found = observed(there, sessions, log)
    if not any(each.taken for each in found.values()):
        raise ImportRefused("The lab's servers took no message, so nothing can be learned.", file=seen)
    walked = walks(there)
    fitted = fit(walked, found, _program(log))
    return told(fitted, walked, found, there, name=name, missing=missing)


def _program(log: tuple[Logged, ...]) -> str:
    programs = {each.program for each in log}
    return programs.pop() if len(programs) == 1 else ""


def told(
    fitted: Fitted,
    walked: Mapping[str, Walk],
    found: Mapping[str, Observed],
    there: tuple[Scenario, ...],
    *,
    name: str,
    missing: list[str],
) -> Imported:
    """The posture with its reasons.  `missing`: scenarios of the log that this mailpath does not have."""
    right = len(found) - len(fitted.wrong)
    settings = [
        Setting(field=field, value=_plain(value), why=_decided_by(scenarios))
        for field, (value, scenarios) in fitted.changes.items()
        if field not in fitted.open
    ]
    settings += (
        Setting(field=field, value=_plain(values), why="no scenario decides it", open=True)
        for field, values in fitted.open.items()
    )
    why = f"explains {right} of {count(len(found), 'scenario')}"
    draft = Draft(base=fitted.base, why=why, settings=tuple(settings))
    remarks = list(_compared(fitted, walked, found))
    unseen = [each.id for each in there if each.id not in found]
    if unseen:
        said = f"Nothing was seen of {', '.join(unseen)}."
        remarks.append(Remark(kind=Kind.ASSUMED, where="", sentence=said))
    if missing:
        said = f"These scenarios are not built in, and were left out: {', '.join(missing[:10])}."
        remarks.append(Remark(kind=Kind.ASSUMED, where="", sentence=said))
    return Imported(
        program=f"Learnt from what it did in {count(len(found), 'scenario')} of the lab.",
        postures={name: draft},
        remarks=tuple(remarks),
    )


def _compared(fitted: Fitted, walked: Mapping[str, Walk], found: Mapping[str, Observed]) -> Iterator[Remark]:
    for scenario, seen in found.items():
        verdict = judge(walked[scenario], fitted.posture)
        if scenario in fitted.wrong:
            said = f"{seen}; the posture says {verdict.outcome} ({verdict.reason})"
            yield Remark(kind=Kind.CONTRADICTED, where=scenario, sentence=said)
        else:
            word = f", {seen.word}" if seen.word else ""
            yield Remark(kind=Kind.AGREED, where=scenario, sentence=f"{seen}{word}")


def _decided_by(scenarios: tuple[str, ...]) -> str:
    if not scenarios:
        return "together with the others"
    more = f" and {len(scenarios) - _NAMED} more" if len(scenarios) > _NAMED else ""
    return f"decided by {', '.join(scenarios[:_NAMED])}{more}"


def _plain(value: Any) -> Any:
    """As TOML has it: with lists, where a posture has tuples, also of tuples."""
    return msgspec.json.decode(msgspec.json.encode(value))
