"""Postures that users define: a preset with other fields, as a table of the config file has it.  Pure.

[posture.ours]
base = "postfix-dane"
sts = true
dane_rules = { agility = false }
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mailpath.judge.fields import BadPosture, understood, written
from mailpath.judge.posture import Posture
from mailpath.judge.presets import AGENTS, PRESETS, UnknownPosture, posture
from mailpath.wording.phrases import did_you_mean

__all__ = ["RENAMED", "BadPosture", "custom_posture"]

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
    set, change.  A field that is set is known, though the base's source is silent on it.
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
        if key not in ("base", "agent"):
            try:
                made |= understood(start, {field: value})
            except BadPosture as error:
                raise BadPosture(str(error), key, *error.path[1:]) from None
    given = {RENAMED.get(key, key): value for key, value in table.items() if key != "base"}
    changed = ", ".join(line for field, value in given.items() for line in written(field, value))
    title = f"{start.name} with {changed}" if changed else f"as {start.name}"
    return start.changed(
        **{
            "title": title,
            **made,
            "name": name,
            "source": "your own configuration",
            "measured": None,
            "notes": "",
        }
    )


def _preset(name: object) -> Posture | None:
    try:
        return posture(name) if isinstance(name, str) else None
    except UnknownPosture:
        return None
