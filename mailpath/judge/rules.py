"""The rules that make one sender differ from another: each field of a posture or of its agent is one.

A rule's id is its field's name with hyphens ("dane-missing"); reports name those that decided (`because.py`).
What an operator asks for is no rule, as the RFCs' sender can be asked for it too; nor is what a server is
called or writes into its log.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from mailpath.assess.standing import tls_name
from mailpath.judge.agent import Agent
from mailpath.judge.fields import FIXED, Field, fields_of, written
from mailpath.judge.posture import Posture
from mailpath.judge.presets import PRESETS
from mailpath.match.sts_dialects import StsParsing
from mailpath.records import Word

RFC = PRESETS["rfc"]
#: What is asked for on a path: the level and its names, DANE, MTA-STS.
DEMANDS = ("level", "references", "match_names", "dane", "sts")
_LOGGED = frozenset(
    {"title", "tls_log_words", "tls_field_words", "logs_canonical_host", "trusted_requires_name", "floor"}
)
#: The fields that are rules.
RULES = tuple(
    field
    for record in (Agent, Posture)
    for field in record.__struct_fields__
    if field not in FIXED and field not in DEMANDS and field not in _LOGGED
)

#: Rule id -> what a report says where it decided, or that by the rule's value.
_TOLD: dict[str, str | dict[str, str]] = tomllib.loads(
    resources.files(__package__).joinpath("rules.toml").read_text("utf-8")
)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`about`: what it means, and where that is written.  `rfc`: as the RFCs' sender has it, in lines of the
    config file, as far as others have it otherwise; `others`: how they have it, and the presets that do;
    `means`: what a line says whose value is a word; `silent`: presets whose sources do not say.
    """

    id: str
    about: str
    rfc: tuple[str, ...]
    others: dict[tuple[str, ...], tuple[str, ...]]
    means: dict[tuple[str, ...], str]
    silent: tuple[str, ...]


def rule_id(field: str) -> str:
    """The public name of the rule."""
    return field.replace("_", "-")


def value_of(posture: Posture, field: str) -> Any:
    """The value of a field, of the posture's own or of its agent's."""
    return getattr(posture if field in Posture.__struct_fields__ else posture.agent, field)


def deviations(posture: Posture) -> dict[str, Any]:
    """The rules that `posture` has otherwise than `rfc`, by field, with its values.

    Where its source is silent nothing is known to deviate.
    """
    values = ((field, value_of(posture, field)) for field in RULES if field not in posture.unknown)
    return {field: value for field, value in values if value != value_of(RFC, field)}


def told(posture: Posture, rule: str) -> str:
    """What the rule with this id makes `posture` do, as a clause: "this sender tries at most 5 addresses"."""
    field = rule.replace("-", "_")
    value = value_of(posture, field)
    entry = _TOLD.get(rule, {})
    key = str(value).lower() if isinstance(value, bool) else str(value)
    clause: str = entry if isinstance(entry, str) else entry.get(key, "")
    if not clause:
        return f"this sender has {'; '.join(written(field, msgspec.to_builtins(value)))}"
    words = [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, Word)]
    shown = value.name if isinstance(value, StsParsing) else value
    shown = tls_name(value) if field.startswith("min_tls") else shown
    return clause.format(value=shown, means="; ".join(word.means for word in words))


@cache
def catalogue() -> Mapping[str, Rule]:
    """Every rule by its id."""
    presets = {name: {each.name: each for each in fields_of(preset)} for name, preset in PRESETS.items()}
    return {rule_id(field): _rule(field, presets) for field in RULES}


def _rule(field: str, presets: dict[str, dict[str, Field]]) -> Rule:
    usual = presets[RFC.name][field]
    lines = tuple(written(field, usual.value))
    others: dict[tuple[str, ...], tuple[str, ...]] = {}
    means = {lines: usual.means}
    silent = tuple(name for name, fields in presets.items() if fields[field].candidates)
    for name, fields in presets.items():
        other = tuple(line for line in written(field, fields[field].value) if line not in lines)
        if other and name not in silent:
            others[other] = (*others.get(other, ()), name)
            means[other] = fields[field].means
    changed = {line.partition(" = ")[0] for other in others for line in other}
    return Rule(
        id=rule_id(field),
        about=usual.about,
        rfc=tuple(line for line in lines if line.partition(" = ")[0] in changed or not changed),
        others=others,
        means={said: meant for said, meant in means.items() if meant},
        silent=silent,
    )
