"""How an edit can go on that was begun: with verbs, keys, names and lines that there are.

What is offered is how an edit is written, and not the one that a task asks for: a value is offered when it
has been begun, and of a TLSA record all but its numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from textual.suggester import Suggester

from mailpath.attacks.catalogue import ATTACKS
from mailpath.judge.presets import PRESETS
from mailpath.lab.grammar import Server
from mailpath.lab.scenario import Scenario
from mailpath.lessons.grammar import Do
from mailpath.lessons.session import Session

#: Of the keys of scenarios, values that are often meant.
_VALUES = {
    "sec": ("signed", "unsigned"),
    "key": ("next", "current"),
    "cert": ("web", "self", "ta", "web-expired", "web-wrongname"),
}


def continuations(session: Session, typed: str) -> Iterator[str]:
    """Whole edits that begin with `typed`, the likeliest first."""
    step = session.step
    if isinstance(step, Do):
        for each, head in _edits(session, step):
            if each.startswith(typed) and each != typed and (not head or len(typed) > len(head)):
                yield each
        yield from _certificates(session.world.scenario, typed)


def _certificates(scenario: Scenario, typed: str) -> Iterator[str]:
    """Of a TLSA record with its three numbers: the certificates that it can be made of."""
    begun = re.search(r"\{tlsa \d \d \d (\S*)\Z", typed)
    if begun is None:
        return
    for host, server in _hosts(scenario).items():
        for name in (host, *(f"{host}/{label}" for label in server.tlsacert)):
            if name.startswith(begun[1]):
                yield f"{typed.removesuffix(begun[1])}{name}}}"


def _hosts(scenario: Scenario) -> dict[str, Server]:
    """Servers, by the names that zones have for them."""
    return {each.host: each for each in scenario.labelled().values()}


def _edits(session: Session, step: Do) -> Iterator[tuple[str, str]]:
    """Whole edits, each with the part behind which something must have been typed; "" for none."""
    scenario = session.world.scenario
    for key in step.may:
        if key in ("posture", "attack"):
            names = PRESETS if key == "posture" else ("none", *ATTACKS)
            yield from ((text, "") for text in (f"{key} ", *(f"{key} {name}" for name in names)))
        elif key in ("wait", "clock", "policy-age"):
            yield f"{key} ", ""
            yield from ((f"{key} {span}", f"{key} ") for span in ("1h", "1d", "7d", "90d"))
        else:
            yield from _changes(key, scenario)


def _changes(key: str, scenario: Scenario) -> Iterator[tuple[str, str]]:
    if key == "zone.rr":
        yield f"add {key} ", ""
        yield from ((f"add {key} _25._tcp.{host} {{tlsa ", "") for host in _hosts(scenario))
        yield f"drop {key} ", ""
        yield from ((f"drop {key} {line}", "") for zone in scenario.zone[:1] for line in zone.rr)
        return
    yield f"set {key} ", ""
    last = key.rsplit(".", 1)[-1]
    yield from ((f"set {key} {value}", f"set {key} ") for value in _VALUES.get(last, ()))
    yield f"drop {key}", ""


class EditSuggester(Suggester):
    """Shows the first of them behind the cursor."""

    def __init__(self, at: Callable[[], Session | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._at = at

    async def get_suggestion(self, value: str) -> str | None:
        session = self._at()
        return next(continuations(session, value), None) if session is not None and value else None


def words_of(scenario: Scenario) -> tuple[str, ...]:
    """What is written in a scenario's text again and again: keys, hosts, records."""
    hosts = [server.host for server in scenario.server]
    keys = ("expired", "unsigned", "signed", "cert", "days", "names", "server", "host", "mode", "max_age")
    records = ["{tlsa ", *(f"_25._tcp.{host}" for host in hosts)]
    return tuple(dict.fromkeys((*records, *hosts, *keys)))


def rest_of(words: tuple[str, ...], before: str) -> str:
    """What completes the word at the end of `before`; "" for nothing."""
    found = re.search(r"[{_.A-Za-z0-9-]{2,}\Z", before)
    if found is None:
        return ""
    begun = found[0]
    return next((each[len(begun) :] for each in words if each.startswith(begun) and each != begun), "")
