"""Everything there is to do here, in one list that is found by typing: keys, postures, attacks, plans,
scenarios, findings of this walk, paths, themes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets.option_list import Option

from mailpath.tui.keynames import key_text
from mailpath.tui.plans import GOALS
from mailpath.tui.screens.finding import FindScreen
from mailpath.tui.screens.keys import FROM_TABLE, does
from mailpath.tui.text import ASCII, QUIET, Row, clean, fit
from mailpath.tui.theme import THEMES

if TYPE_CHECKING:
    from mailpath.tui.screens.path import PathScreen

#: Cells for what stands before a name: its kind, or the keys that do the same.
_LEAD = 10


class Goal(NamedTuple):
    """`lead`: its kind, or its keys; `run`: does it."""

    lead: str
    name: str
    about: str
    run: Callable[[], Awaitable[object] | object]


def menu(goals: list[Goal], cut: str) -> FindScreen:
    """Ends with the index of the goal that was chosen, as text, or with None.  `cut`: the sign for it."""
    rows = []
    for number, goal in enumerate(goals):
        lead = fit(clean(goal.lead), _LEAD - 2, cut, pad=True)
        prompt = Content.assemble((f"{lead}  ", QUIET), clean(goal.name, 200))
        rows.append((Option(prompt, id=str(number)), f"{goal.lead} {goal.name} {goal.about}"))

    def tell(number: str) -> list[Row]:
        return [Row("", clean(goals[int(number)].about), label_style="")] if number else []

    return FindScreen(
        "Menu",
        rows,
        box="picker",
        find="Type to find an action, posture, attack, scenario, finding or path",
        enter="Enter takes it",
        about=tell,
    )


def goals(screen: PathScreen, keymap: Mapping[str, str], *, themes: bool) -> Iterator[Goal]:
    """What every key of the screen does, then what there is by name.  `keymap`: id -> keys; `themes`: whether
    there are colors to choose."""
    yield from _keys(screen, keymap)
    side, walks, keeper = screen.side, screen.walks, screen.keeper
    if screen.scene is not None:
        from mailpath.findings import find, step_of

        for found in find(screen.scene.shown.walk):
            where = f"{found.code} at {found.subject}"
            yield Goal("Finding", where, found.message, partial(screen.reader.jump, step_of(found.code)))
    for name, posture in walks.postures.items():
        yield Goal("Posture", name, posture.title, partial(setattr, screen, "posture", name))
    for name, attack in side.attack_names.items():
        yield Goal("Attack", name, attack.does, partial(screen.lenses.choose, "attacks", name))
    for name, about in GOALS.items() if screen.scene is not None else ():
        yield Goal("Plan", name, about, partial(screen.plans.open_goal, name))
    for name, scenario in walks.scenarios.items():
        about = scenario.title if walks.tells(scenario) else scenario.about
        yield Goal("Scenario", name, about, partial(walks.walk_scenario, name))
    for number, scene in reversed(list(enumerate(keeper.walks))):
        path = f"{scene.path.sender or 'any sender'} to {scene.path.recipient}"
        yield Goal("Recent", path, "Shows this walk again.", partial(keeper.show, f"walk:{number}"))
    for name in keeper.earlier:
        yield Goal("Recent", name, "Fills in this recipient.", partial(keeper.show, f"name:{name}"))
    for name in sorted(THEMES) if themes else ():
        yield Goal("Theme", name, "Colors of the app.", partial(setattr, screen.app, "theme", name))


def _keys(screen: PathScreen, keymap: Mapping[str, str]) -> Iterator[Goal]:
    bindings = [each for group in (*screen.KEYS.values(), FROM_TABLE) for each in group]
    return actions(screen, bindings, keymap, ascii=screen.glyphs is ASCII)


def actions(
    screen: Screen[Any], bindings: Iterable[BindingType], keymap: Mapping[str, str], *, ascii: bool
) -> Iterator[Goal]:
    """What the keys of `screen` do."""
    for binding in (each for each in bindings if isinstance(each, Binding)):
        if does(screen, binding) and binding.id != "path.menu":
            keys = key_text(keymap.get(binding.id or "", binding.key), ascii)
            run = partial(screen.app.run_action, binding.action, screen)
            yield Goal(keys, binding.tooltip or binding.description, "", run)
