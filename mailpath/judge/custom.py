"""Postures that users define: a preset with other fields, as a table of the config file has it.  Pure.

[posture.ours]
base = "postfix-dane"
sts = true
dane_rules = { agility = false }
unknown.min_tls = ["TLSv1", "TLSv1.2"]   # what one does not know of one's own server

[posture.ours.for]                       # recipients for whom another posture decides
"bank.example" = "postfix-secure"
".bank.example" = "postfix-secure"       # every domain below it
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from mailpath.judge.fields import BadPosture, understood, written
from mailpath.judge.posture import Posture
from mailpath.judge.presets import AGENTS, PRESETS, UnknownPosture, posture
from mailpath.names import BadName, to_domain
from mailpath.wording.phrases import did_you_mean

__all__ = ["RENAMED", "BadPosture", "custom_posture", "for_recipients"]

#: Keys of a table that are no fields.
_APART = ("base", "agent", "unknown", "for")

#: Values that a field may have: each is played.
_MOST_VALUES = 8

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")

#: Keys of a file written for mailpath 0.1, and what they are called now.
RENAMED: Mapping[str, str] = {
    "aliases_name_hosts": "check_cname_syntax",
    "dane_missing_goes_on": "tries_next_mx_without_tlsa",
    "dane_name_falls_to_pkix": "dane_ta_name_mismatch_accepts_pkix",
    "dane_stays": "no_plaintext_after_tlsa",
    "duplicates": "retry_duplicate_mx",
    "half_dane_beside_sts": "dane_with_insecure_mx_and_sts",
    "helo_where_blotted": "pix_workaround",
    "limit_spares_worse": "try_each_preference_once",
    "odd_reply": "invalid_reply_is",
    "replies": "reply_parsing",
    "sts_dialect": "sts_parsing",
    "sts_record_failure_waits": "defer_on_sts_lookup_error",
    "trusted_needs_name": "trusted_requires_name",
    "words": "tls_log_words",
}


def custom_posture(name: str, table: Mapping[str, Any]) -> Posture:
    """The posture `name` that `table` describes.  Raises `BadPosture`.

    `base`: a preset (default: rfc).  `agent`: a server program (default: the base's), whose habits, where
    set, change.  A field that is set is known, though the base's source is silent on it; `unknown` has the
    values that others may have.  `for` is left to `for_recipients`, which needs the other postures.
    """
    if not _NAME.match(name):
        raise BadPosture(f"{name!r} is not a posture name: lower-case letters, digits, dot, hyphen.")
    if _preset(name) is not None:
        raise BadPosture(f"{name!r} is the name of a preset; choose another name.")
    start = _preset(table.get("base", "rfc"))
    if start is None:
        near = did_you_mean(str(table["base"]), PRESETS)
        raise BadPosture(f"There is no preset {table['base']!r}, so it cannot be the base.{near}", "base")
    agent = table.get("agent", start.agent.name)
    if not isinstance(agent, str) or agent not in AGENTS:
        there = did_you_mean(str(agent), AGENTS) or f" The agents are {', '.join(AGENTS)}."
        raise BadPosture(f"There is no agent {agent!r}.{there}", "agent")
    start = start.changed(agent=AGENTS[agent])
    made: dict[str, Any] = {}
    for key, value in table.items():
        field = RENAMED.get(key, key)
        if field in made:
            raise BadPosture(f"{key}: {field} is set twice, also by its old name.", key)
        if key not in _APART:
            try:
                made |= understood(start, {field: value})
            except BadPosture as error:
                raise BadPosture(str(error), key, *error.path[1:]) from None
    told = (key for key in table if key == "agent" or key not in _APART)
    given = {RENAMED.get(key, key): table[key] for key in told}
    changed = ", ".join(line for field, value in given.items() for line in written(field, value))
    title = f"{start.name} with {changed}" if changed else f"as {start.name}"
    own = {"name": name, "source": "your own configuration", "measured": None, "notes": ""}
    start = start.changed(**{"title": title, **made, **own})
    return start.changed(unknown={**start.unknown, **_unknown(start, table.get("unknown", {}))})


def _unknown(start: Posture, table: object) -> dict[str, tuple[Any, ...]]:
    """Field -> the values that it may have.  Raises `BadPosture`."""
    if not isinstance(table, Mapping):
        raise BadPosture('This must be a table: unknown.FIELD = ["one", "another"].', "unknown")
    found = {}
    for key, values in table.items():
        if not isinstance(values, list) or not 2 <= len(values) <= _MOST_VALUES:
            why = f"unknown.{key} must be a list of the values that it may have, 2 to {_MOST_VALUES} of them."
            raise BadPosture(why, "unknown", key)
        if key not in Posture.__struct_fields__:
            raise BadPosture(f"unknown.{key}: only what an operator sets can be unknown.", "unknown", key)
        try:
            found[key] = tuple(understood(start, {key: each})[key] for each in values)
        except BadPosture as error:
            raise BadPosture(str(error), "unknown", key) from None
    return found


def for_recipients(posture: Posture, table: Mapping[str, Any], among: Mapping[str, Posture]) -> Posture:
    """`posture` with the postures that its `table` names for recipients, out of `among`.

    Raises `BadPosture`.
    """
    chosen = table.get("for", {})
    if not isinstance(chosen, Mapping):
        raise BadPosture('This must be a table of recipients: "b.example" = "POSTURE".', "for")
    found = {}
    for domain, name in chosen.items():
        if not isinstance(name, str) or (other := among.get(name)) is None:
            raise BadPosture(f"There is no posture {name!r}.{did_you_mean(str(name), among)}", "for", domain)
        try:
            parsed = to_domain(domain.removeprefix("."))
        except BadName as error:
            raise BadPosture(error.sentence, "for", domain) from None
        found["." * domain.startswith(".") + parsed] = other
    return msgspec.structs.replace(posture, recipients=found)


def _preset(name: object) -> Posture | None:
    try:
        return posture(name) if isinstance(name, str) else None
    except UnknownPosture:
        return None
