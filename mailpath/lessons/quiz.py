"""Tests before and after a class: items of the bank in two forms, whose answers the engine works out.

Form a and form b of an item ask for one idea in two settings, so that the second test does not ask what the
first one has given away.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Literal

import msgspec

from mailpath.errors import MailpathError
from mailpath.judge import Outcome
from mailpath.lab.grammar import Table
from mailpath.lessons import judging, library
from mailpath.lessons.grammar import Edits, OwnScenario, Question, Text
from mailpath.lessons.judging import Bench
from mailpath.lessons.words import option_text
from mailpath.lessons.worlds import World, world_of

Form = Literal["a", "b"]


class Item(Table, frozen=True, kw_only=True):
    """One question.  `believed`: the option that somebody chooses who holds the misconception."""

    ask: Text
    scenario: str | OwnScenario
    world: Edits = ()
    answer: Question
    options: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=5)]
    say: dict[str, Text] = msgspec.field(default_factory=dict)
    believed: str

    def text(self, option: str) -> str:
        """How an option reads."""
        return option_text(self.say, option)

    def made(self) -> World:
        """The world that is asked about.  Raises `MailpathError`."""
        return world_of(self.scenario, self.world)


class Asked(msgspec.Struct, frozen=True):
    """An item of one form, with its answer.  `misconception`: "M7"."""

    misconception: str
    item: Item
    right: str


@cache
def bank() -> Mapping[str, Mapping[Form, Item]]:
    """Misconception -> form -> item."""
    text = resources.files(__package__).joinpath("bank.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), dict[str, dict[Form, Item]])


def asked_in(course: str | None) -> tuple[str, ...]:
    """The misconceptions that a course is about, or all.  Raises `UnknownLesson`."""
    if course is None:
        return tuple(bank())
    spoken = {each for lesson in library.in_course(course) for each in lesson.misconceptions}
    return tuple(each for each in bank() if each in spoken)


async def form(bench: Bench, which: Form, misconceptions: Iterable[str]) -> tuple[Asked, ...]:
    """The items of one form, answers and all."""
    found = []
    for each in misconceptions:
        item = bank()[each][which]
        found.append(Asked(each, item, await judging.answer(bench, item.made(), item.answer)))
    return tuple(found)


async def problems(bench: Bench) -> tuple[str, ...]:
    """What is wrong with the bank, in sentences."""
    found = []
    for misconception, forms in bank().items():
        if set(forms) != {"a", "b"} or misconception not in library.misconceptions():
            found.append(f"{misconception}: there must be a form a and a form b of a known misconception.")
        if len({(each.answer.of, len(each.options), each.believed) for each in forms.values()}) != 1:
            found.append(f"{misconception}: the two forms do not ask alike.")
        for name, item in forms.items():
            found += [f"{misconception}.{name}: {what}" for what in await _problems(bench, item)]
    return tuple(found)


async def _problems(bench: Bench, item: Item) -> list[str]:
    try:
        right = await judging.answer(bench, item.made(), item.answer)
    except MailpathError as error:
        return [error.sentence]
    found = []
    if right not in item.options or right == Outcome.UNKNOWN:
        found.append(f"the answer {right!r} is none of the options.")
    if item.believed not in item.options or item.believed == right:
        found.append(f"{item.believed!r} is to be a wrong option.")
    return found
