"""The totals as OpenMetrics 1.0 text, for a textfile collector: how many domains and mails in which group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mailpath.survey.out.decision import GROUPS, decisions
from mailpath.survey.results import Results

#: What a label's value must not hold as it stands (the specification's ABNF, `escaped-char`).
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def render(results: Results, *, made: int) -> str:
    """Every metric, and `# EOF`; `made`: Unix time."""
    return "\n".join((*_lines(results, made), "# EOF")) + "\n"


def _lines(results: Results, made: int) -> Iterator[str]:
    decided = decisions(results)
    yield from _head("mailpath_survey", "info", "What was surveyed.")
    yield _sample("mailpath_survey_info", {"version": results.mailpath, "today": results.today}, 1)
    yield from _head("mailpath_survey_made_timestamp_seconds", "gauge", "When, Unix time.", unit="seconds")
    yield _sample("mailpath_survey_made_timestamp_seconds", {}, made)
    for what in ("domains", "mails"):
        name = f"mailpath_survey_{what}"
        yield from _head(name, "gauge", f"{what.capitalize()} by what a posture changes from today.")
        for decision in decided:
            for group in GROUPS:
                number = getattr(getattr(decision.totals, group), what)
                yield _sample(name, {"posture": decision.posture, "group": group}, number)
    for what in ("domains", "mails"):
        name = f"mailpath_survey_newly_deferred_{what}"
        yield from _head(name, "gauge", f"{what.capitalize()} that a posture newly defers, by cause.")
        for decision in decided:
            causes: dict[str, int] = {}
            for share in decision.causes:
                code = share.reason.code if share.reason is not None else ""
                causes[code] = causes.get(code, 0) + getattr(share.count, what)
            for code, number in causes.items():
                yield _sample(name, {"posture": decision.posture, "code": code}, number)


def _head(name: str, kind: str, help: str, unit: str = "") -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    if unit:
        yield f"# UNIT {name} {unit}"
    yield f"# HELP {name} {help.translate(_ESCAPES)}"


def _sample(name: str, labels: Mapping[str, str], value: int) -> str:
    told = ",".join(f'{label}="{text.translate(_ESCAPES)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"
