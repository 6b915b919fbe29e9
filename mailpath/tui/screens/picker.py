"""The lab's scenarios: what each is about, and for those who asked what it teaches, and what to try."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets.option_list import Option

from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.text import QUIET, Glyphs, Row, clean, fit
from mailpath.wording.phrases import count

if TYPE_CHECKING:
    from mailpath.lab import Scenario

Rows = Iterator[tuple[Option, str]]


def picker(
    scenarios: Mapping[str, Scenario],
    current: str | None,
    tells: Callable[[Scenario], bool],
    glyphs: Glyphs,
) -> FindScreen:
    """Ends with the id of the scenario that was picked, or None.  `tells`: whether what comes of one is said
    already."""
    width = max((len(name) for name in scenarios), default=0)

    def row(name: str, sign: str = "") -> tuple[Option, str]:
        scenario = scenarios[name]
        said = scenario.title if tells(scenario) else scenario.about
        lead = (f"{sign} ", "$success" if sign == glyphs.passed else QUIET) if sign else ""
        prompt = Content.assemble(lead, (fit(clean(name), width, pad=True), "bold"), "  ", clean(said))
        return Option(prompt, id=name), f"{name} {scenario.domain} {said}"

    def tell(name: str) -> list[Row]:
        scenario = scenarios.get(name)
        if scenario is None:
            return []
        path = Row("Path", f"{scenario.sender} -> {scenario.domain}", style=QUIET)
        if not tells(scenario):
            return [Row("About", scenario.about), path]
        return [Row("Teaches", scenario.teaches), Row("Try", scenario.hint, style="$primary"), path]

    return FindScreen(
        f"Lab: {count(len(scenarios), 'scenario')}",
        list(_grouped(scenarios, row, glyphs)),
        box="picker",
        find="Type to find a name, domain or title; arrows, PgUp, PgDn move",
        enter="Enter walks it",
        begin=current,
        about=tell,
    )


def _grouped(
    scenarios: Mapping[str, Scenario], row: Callable[[str, str], tuple[Option, str]], glyphs: Glyphs
) -> Rows:
    """Those of each course under its heading, ticked where their lessons are done; then the others."""
    from mailpath.lessons import library, memory

    try:
        known = memory.recall()
    except memory.MemoryProblem:
        known = {}  # `mailpath learn` says so
    left = dict.fromkeys(scenarios)
    for name, course in library.courses().items():
        lessons: dict[str, list[str]] = {}
        for lesson in library.in_course(name):
            for each in library.played_in(lesson):
                if each in left:
                    lessons.setdefault(each, []).append(lesson.id)
        if lessons:
            yield Option(Content.styled(course.title, "$primary"), disabled=True), ""
        for each in (each for each in scenarios if each in lessons):
            done = all(taken in known and known[taken].done for taken in lessons[each])
            yield row(each, glyphs.passed if done else glyphs.other)
            del left[each]
    if left and len(left) < len(scenarios):
        yield Option(Content.styled("To try things out", "$primary"), disabled=True), ""
    yield from (row(each, glyphs.other if len(left) < len(scenarios) else "") for each in left)
