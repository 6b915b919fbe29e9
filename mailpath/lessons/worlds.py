"""A lesson's world: a scenario and the edits made to it.

Nothing is changed in place.  A world is worked out anew from its scenario and the list of edits, so that undo
drops the last edit and reset drops them all.  The lab builds each scenario afresh in some milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from mailpath.attacks.catalogue import canonical
from mailpath.errors import MailpathError
from mailpath.judge.presets import posture
from mailpath.lab.scenario import Scenario, replace_tlsa, scenarios, tlsa_references
from mailpath.lessons.edits import Edit, EditError, parse
from mailpath.wording.phrases import did_you_mean
from mailpath.wording.times import DAY

#: What msgspec calls them -> what they are called in a scenario's text.
_KINDS = {
    "array": "a list in [ ]",
    "object": "a table in { }",
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
}
#: A world lies at most so far from the day on which the lab was built.
MAX_CLOCK = 20 * 365 * DAY


class Stage(msgspec.Struct, frozen=True):
    """The scenario as it was published from `moment` on: seconds since the first edit."""

    moment: int
    scenario: Scenario


class World(msgspec.Struct, frozen=True, kw_only=True):
    """`posture`: whose mail, "" for whom the question names.  `attack`: "" for none.  `clock`: seconds
    from now.  `policy_age`: of the MTA-STS policy in the sender's cache; None: first contact.  `waited`:
    seconds that passed on the way.  `since`: when the scenario was published, by that clock; `past`: what
    was published before, the oldest first.
    """

    scenario: Scenario
    posture: str = ""
    attack: str = ""
    clock: int = 0
    policy_age: int | None = None
    waited: int = 0
    since: int = 0
    past: tuple[Stage, ...] = ()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """All that was published, the oldest first; the last one is there now."""
        return (*self.past, Stage(self.since, self.scenario))


@cache
def scenario_named(name: str) -> Scenario:
    """The built-in scenario `name`.  Raises `MailpathError`."""
    for each in scenarios():
        if each.id == name:
            return each
    raise MailpathError(f"There is no scenario {name!r}.{did_you_mean(name, (s.id for s in scenarios()))}")


def world_of(scenario: str | Scenario, edits: Iterable[str | Edit] = ()) -> World:
    """The world of `scenario` (or the built-in one of that name) as if it had always been after `edits`.

    Raises `EditError` for an edit that cannot be made, `MailpathError`.
    """
    world = World(scenario=scenario if isinstance(scenario, Scenario) else scenario_named(scenario))
    for edit in edits:
        world = apply(world, parse(edit) if isinstance(edit, str) else edit)
    return replace(world, past=(), since=0, waited=0, clock=world.clock + world.waited)


def apply(world: World, edit: Edit) -> World:
    """`world` after `edit`.  Raises `EditError`."""
    try:
        match edit.verb:
            case "posture":
                return replace(world, posture=posture(edit.value).name)
            case "attack":
                return replace(world, attack="" if edit.value == "none" else canonical(edit.value))
            case "clock":
                return replace(world, clock=min(edit.value, MAX_CLOCK))
            case "policy-age":
                return replace(world, policy_age=edit.value)
            case "wait":
                return replace(world, waited=world.waited + edit.value)
        return _published(world, _edited(world.scenario, edit))
    except EditError:
        raise
    except MailpathError as error:
        raise EditError(error.sentence) from error


def _published(world: World, scenario: Scenario) -> World:
    """`scenario` takes the place of what was published."""
    if scenario == world.scenario:
        return world
    return replace(world, scenario=scenario, past=world.stages, since=world.waited)


def pinned(scenario: Scenario, name: str) -> Scenario:
    """`scenario` with the digests in its zones held fast: `{tlsa 3 1 1 mx1}` goes on to mean the certificate
    that mx1 shows today, under `name` in its `tlsacert` table, whatever it shows later.
    """
    labelled = scenario.labelled()
    needed = {
        scenario.absolute(reference.host)
        for zone in scenario.zone
        for line in zone.rr
        for reference in tlsa_references(line)
        if reference.part == "leaf"
    }
    if not needed:
        return scenario
    names = {host: _free(labelled[host].tlsacert, name) for host in needed}
    servers = tuple(
        replace(server, tlsacert={**server.tlsacert, names[host]: server.cert}) if host in names else server
        for host, server in labelled.items()
    )
    zones = tuple(
        replace(zone, rr=tuple(pinned_line(scenario, line, names) for line in zone.rr))
        for zone in scenario.zone
    )
    return replace(scenario, server=servers, zone=zones)


def _free(taken: dict[str, Any], name: str) -> str:
    number = 1
    while (found := name if number == 1 else f"{name}-{number}") in taken:
        number += 1
    return found


def pinned_line(scenario: Scenario, line: str, names: Mapping[str, str]) -> str:
    """`line` with the digest of "what the server shows" under a name.  `names`: host -> name."""
    told = []
    for each in tlsa_references(line):
        part = names[scenario.absolute(each.host)] if each.part == "leaf" else each.part
        data = f" as {each.data}" if each.data else ""
        told.append(f"{{tlsa {each.usage} {each.selector} {each.matching} {each.host}/{part}{data}}}")
    return replace_tlsa(line, told).replace("TLSA {tlsa", "{tlsa") if told else line


# --- edits of the scenario ---------------------------------------------------------------------------


def _edited(scenario: Scenario, edit: Edit) -> Scenario:
    """`scenario` after `edit`, held against the grammar of scenarios."""
    if edit.path[0] == "server" and len(edit.path) > 2 and edit.path[2] == "cert":
        scenario = pinned(scenario, "current")  # a record does not follow the key
    try:
        return _converted(scenario, edit)
    except msgspec.ValidationError as error:
        if edit.verb == "set" and isinstance(edit.value, str) and str(error).startswith("Expected `array"):
            return _edited(scenario, replace(edit, value=[edit.value]))  # a list of this one
        raise EditError(f"That cannot be published: {_told(str(error))}.") from error


def _told(error: str) -> str:
    """What msgspec says of a wrong value, in words for somebody who does not know its types."""
    sentence, _, place = error.partition(" - at `$.")
    where = f" ({place.rstrip('`')})" if place else ""
    kinds = re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", sentence)
    if kinds is None:
        return f"{sentence}{where}"
    wanted, given = (_KINDS.get(each.removesuffix(" | null"), each) for each in kinds.groups())
    return f"{wanted} is wanted here, not {given}{where}"


def _converted(scenario: Scenario, edit: Edit) -> Scenario:
    tables = _tables_of(scenario)
    _change(tables, scenario, edit)
    tables["about"] = ""  # it told of what was there before
    return msgspec.convert(tables, type(scenario))


def _tables_of(scenario: Scenario) -> dict[str, Any]:
    """With lists, where the scenario has tuples."""
    tables: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(scenario))
    return tables


def value_at(scenario: Scenario, key: str) -> Any:
    """What stands under the key of an edit ("zone.rr", "server.mx1.cert.days"); None where nothing does."""
    tables = _tables_of(scenario)
    try:
        kind, *rest = parse(f"drop {key}").path
        found: Any = tables[kind]
        if kind in ("zone", "server"):
            found, rest = _table(tables, scenario, kind, rest)
    except (EditError, LookupError):
        return None
    for part in rest:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _change(tables: dict[str, Any], scenario: Scenario, edit: Edit) -> None:
    kind, *rest = edit.path
    if not rest:
        _change_table(tables, scenario, edit)
        return
    if kind in ("zone", "server"):
        table, rest = _table(tables, scenario, kind, rest)
    else:
        table = tables[kind]
        if not isinstance(table, dict):
            raise EditError(f"There is no `{kind}` here.")
    if not rest:
        raise EditError(f"`{edit.key}` is a whole table: say which of its keys.")
    for part in rest[:-1]:
        table = _inner(table, part)
    _set(table, rest[-1], edit)


def _table(
    tables: dict[str, Any], scenario: Scenario, kind: str, rest: list[str]
) -> tuple[dict[str, Any], list[str]]:
    """The zone or server that the key is about, and the rest of the key."""
    named = "name" if kind == "zone" else "host"
    for table in tables[kind]:
        if scenario.absolute(rest[0]) == scenario.absolute(table[named]):
            return table, rest[1:]
    if kind == "zone" and tables["zone"]:
        return tables["zone"][0], rest
    there = ", ".join(table[named] for table in tables[kind]) or "none"
    raise EditError(f"There is no {kind} {rest[0]!r} here. There is: {there}.")


def _inner(table: dict[str, Any], part: str) -> dict[str, Any]:
    """The table in `table`; a certificate that is only a preset becomes one that can be changed."""
    held = table.get(part)
    if isinstance(held, str):
        held = {"preset": held}
    if held is None:
        held = {}
    if not isinstance(held, dict):
        raise EditError(f"`{part}` is no table.")
    table[part] = held
    return held


def _set(table: dict[str, Any], key: str, edit: Edit) -> None:
    if edit.verb == "set":
        table[key] = edit.value
        return
    held = table.get(key)
    if edit.verb == "drop" and edit.value is None:
        if key not in table:
            raise EditError(f"There is no `{edit.key}` to drop.")
        del table[key]  # back to the default
        return
    if not isinstance(held, list):
        raise EditError(f"`{edit.key}` is no list: use set.")
    if edit.verb == "add":
        held.append(edit.value)
        return
    wanted = _normal(edit.value)
    matching = [each for each in held if _normal(each) == wanted]
    if not matching:  # a piece of a line names it, where no other has it
        matching = [each for each in held if wanted in _normal(each)]
    if len(matching) != 1:
        found = "more than one line" if matching else "no line"
        raise EditError(f"{found} of `{edit.key}` is {edit.value!r}.".capitalize())
    held.remove(matching[0])


def _normal(value: Any) -> str:
    return " ".join(str(value).split()).lower()


def _change_table(tables: dict[str, Any], scenario: Scenario, edit: Edit) -> None:
    """A whole table: `add server {...}`, `drop server mx2`, `set sts`, `drop sts`."""
    kind = edit.path[0]
    if kind == "sts":
        if edit.verb == "add":
            raise EditError("There is one policy at most: use set sts.")
        value = edit.value if isinstance(edit.value, dict) else {}
        tables["sts"] = value if edit.verb == "set" else None
        return
    if edit.verb == "add" and isinstance(edit.value, dict):
        tables[kind].append(edit.value)
        return
    if edit.verb == "drop" and isinstance(edit.value, str):
        named = "host" if kind == "server" else "name"
        wanted = scenario.absolute(edit.value)
        kept = [each for each in tables[kind] if scenario.absolute(each[named]) != wanted]
        if len(kept) < len(tables[kind]):
            tables[kind] = kept
            return
    raise EditError(f"`{kind}` is a list of tables: add {kind} {{ ... }}, or drop {kind} NAME.")
