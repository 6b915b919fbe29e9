"""The page docs/deviations.md: where mail servers depart from the standards, what matters most first."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from reference.markdown import table

from mailpath.judge import Posture
from mailpath.judge.posture import DaneUse
from mailpath.judge.presets import AGENTS, PRESETS
from mailpath.judge.rules import RULES, catalogue, rule_id, value_of
from mailpath.match.dane import DaneRules
from mailpath.match.names import NameRules
from mailpath.match.sts_dialects import StsParsing
from mailpath.records import Word

_TOLD = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
#: Agent -> (name, the preset that stands for it).
SERVERS: dict[str, tuple[str, str]] = {agent: tuple(said) for agent, said in _TOLD["server"].items()}
#: Beside `rfc`: what is configured most, and what reads policies.
COMPARED = ("rfc", "postfix-dane", "postfix-dane-sts", "postfix-tlspol", "exim")
_SAME = "·"
#: Rules of DANE, and of MTA-STS: of no account where a server has none.
_DANE = tuple(field for field in RULES if "dane" in field or "tlsa" in field or field == "insecure_mx")
_STS = tuple(field for field in RULES if "sts" in field.split("_"))
_STS = (*_STS, "unlisted_mx", "precedence", "defer_on_slow_policy")

Row = tuple[str, ...]


def page(cases: Iterable[tuple[str, Any, Any]]) -> Iterator[str]:
    """The page, line by line.  `cases`: those of the judge's table tests."""
    yield "# Where mail servers depart from the standards"
    yield ""
    yield (
        "The posture `rfc` is the sender that follows RFC 5321, 7672 and 8461 to the letter. Real servers "
        "are laxer in places and stricter in others. First come the twelve rules that matter most, in words; "
        "then all rules that differ, server by server; then what comes of them, case by case; and last each "
        "rule with its sources."
    )
    yield from _most()
    yield from _matrix()
    yield from _cases(cases)
    yield from _each_rule()


# --- the rules that matter most --------------------------------------------------------------------


def _most() -> Iterator[str]:
    yield ""
    yield "## The twelve rules that matter most"
    for number, rule in enumerate(_TOLD["rule"], 1):
        yield ""
        yield f"### {number}. {rule['title']}"
        yield ""
        yield rule["text"]
        for field in rule["fields"]:
            yield ""
            yield f"`{rule_id(field)}`:"
            yield ""
            yield from _by_value(field)


def _by_value(field: str) -> Iterator[str]:
    """The servers by what they do, the standards' way first."""
    groups: dict[str, list[str]] = {}
    for name, preset in SERVERS.values():
        if _is_used(PRESETS[preset], field):
            groups.setdefault(_in_words(PRESETS[preset], field), []).append(name)
    usual, *others = groups.items()
    alike = "the standards, and every server that is not named below"
    yield f"- {usual[0]}: {alike if len(usual[1]) > 1 else 'the standards'}"
    for said, names in others:
        yield f"- {said}: {', '.join(names)}"


def _is_used(posture: Posture, field: str) -> bool:
    if posture.name == "rfc":
        return True
    return (field not in _DANE or posture.dane is not DaneUse.OFF) and (field not in _STS or posture.sts)


def _in_words(posture: Posture, field: str) -> str:
    if field in posture.unknown:
        return "its source does not say"
    value = value_of(posture, field)
    if isinstance(value, Word):
        return f"**{value}**, {value.means}"
    if isinstance(value, bool):
        return f"**{'yes' if value else 'no'}**"
    return f"**{_short(value)}**"


# --- all of them -----------------------------------------------------------------------------------


def _matrix() -> Iterator[str]:
    standing = ", ".join(f"{name} is `{preset}`" for name, preset in list(SERVERS.values())[1:])
    yield ""
    yield "## Every rule, server by server"
    yield ""
    yield (
        f"A dot ({_SAME}) is what the standards' sender does, in the first column; a question mark, that no "
        "source says; a blank, that the server has no DANE, or no MTA-STS. Each "
        f"server stands there with the preset that uses most of what it can do: {standing}. The rules are "
        "explained below."
    )
    yield ""
    rows = [("Rule", *(name for name, _ in SERVERS.values()))]
    for field in RULES:
        cells = [_cell(PRESETS[preset], field) for _, preset in SERVERS.values()]
        if not {*cells[1:]} <= {_SAME, ""}:
            rows.append((f"[{rule_id(field)}](#{rule_id(field)})", *cells))
    yield from table(rows)


def _cell(posture: Posture, field: str) -> str:
    if not _is_used(posture, field):
        return ""
    if field in posture.unknown:
        return "?"
    value = value_of(posture, field)
    return _SAME if posture.name != "rfc" and value == value_of(PRESETS["rfc"], field) else _short(value)


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, StsParsing):
        return value.name
    if isinstance(value, NameRules | DaneRules):
        return "own" if value not in (NameRules(), DaneRules()) else "RFC"
    if isinstance(value, msgspec.Struct):
        changed = msgspec.to_builtins(value)
        usual = msgspec.to_builtins(type(value)())
        return ", ".join(f"{key} {each}" for key, each in changed.items() if each != usual[key]) or "usual"
    return str(value)


# --- case by case ----------------------------------------------------------------------------------


def _cases(cases: Iterable[tuple[str, Any, Any]]) -> Iterator[str]:
    yield ""
    yield "## Case by case"
    yield ""
    yield (
        "Each line is a case that the judge's tests hold. A dash: there is a policy, and this posture reads "
        "none."
    )
    yield ""
    yield from table([("Case", *COMPARED), *_outcomes(cases)])


def _outcomes(cases: Iterable[tuple[str, Any, Any]]) -> Iterator[Row]:
    from mailpath.judge import judge

    for rule, walk, _ in cases:
        announced = walk.sts.policy_id is not None or walk.sts.fetch is not None
        ended = [
            _ended(judge(walk, PRESETS[name])) if PRESETS[name].sts or not announced else "–"
            for name in COMPARED
        ]
        if len(set(ended) - {"–"}) > 1:
            yield (rule.replace("-", " "), *ended)


def _ended(verdict: Any) -> str:
    host = f", {verdict.host.removesuffix('.b.example')}" if verdict.host and not verdict.status_code else ""
    return f"{verdict.outcome.value}{host}{' on retry' if verdict.after_retry else ''}"


# --- each rule -------------------------------------------------------------------------------------


def _each_rule() -> Iterator[str]:
    yield ""
    yield "## Rules"
    yield ""
    yield (
        "No posture has code of its own: what differs is a field, and each field is a rule. JSON reports "
        "name those that decided (`because`), and `mailpath explain RULE` tells one. What an operator asks "
        "for (the level, DANE, MTA-STS) is no rule: `demanded_by` tells that."
    )
    for rule in catalogue().values():
        yield ""
        yield f"### {rule.id}"
        yield ""
        yield rule.about
        yield ""
        for lines, names in ((rule.rfc, ("rfc",)), *rule.others.items()):
            meant = f" ({rule.means[lines]})" if lines in rule.means else ""
            yield f"- {_code(lines)}{meant}: {', '.join(_named(names))}"
        if rule.silent:
            yield f"- no source says: {', '.join(rule.silent)}"


def _named(names: tuple[str, ...]) -> Iterator[str]:
    """Presets by name; all those of one server by the server's."""
    left = dict.fromkeys(names)
    for agent in AGENTS:
        own = [each.name for each in PRESETS.values() if each.agent.name == agent]
        if len(own) > 1 and left.keys() >= set(own):
            left = dict.fromkeys(f"every {SERVERS[agent][0]}" if each == own[0] else each for each in left)
            left = dict.fromkeys(each for each in left if each not in own)
    return iter(left)


def _code(lines: Iterable[str]) -> str:
    return ", ".join(f"`{line}`" for line in lines)
