"""What the palette finds beside the keys: postures, attacks, scenarios, findings of this walk, paths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.content import Content

from mailpath.facts import Path
from mailpath.tui.text import clean

if TYPE_CHECKING:
    from mailpath.tui.screens.path import PathScreen


def goals(screen: PathScreen) -> Iterator[SystemCommand]:
    """Found when something is typed; before that the palette has the keys alone."""
    side, walks, keeper = screen.side, screen.walks, screen.keeper
    for name, posture in walks.postures.items():
        yield _goal("Posture", name, posture.title, partial(setattr, screen, "posture", name))
    for name, attack in side.attack_names.items():
        yield _goal("Attack", name, attack.does, partial(screen.lenses.choose, "attacks", name))
    for name, scenario in walks.scenarios.items():
        yield _goal("Scenario", name, scenario.title, partial(walks.walk_scenario, name))
    if screen.scene is not None:
        from mailpath.findings import find, step_of

        for found in find(screen.scene.shown.walk):
            where = f"{found.code} at {found.subject}"
            yield _goal("Finding", where, found.message, partial(screen.reader.jump, step_of(found.code)))
    for number, scene in enumerate(keeper.walks):
        yield _goal(
            "Recent", _arrow(scene.path), "Show this walk again", partial(keeper.show, f"walk:{number}")
        )
    for name in keeper.earlier:
        yield _goal("Recent", name, "Fill in this recipient", partial(keeper.show, f"name:{name}"))


def _arrow(path: Path) -> str:
    return f"{path.sender or 'any sender'} to {path.recipient}"


def _goal(kind: str, name: str, about: str, chosen: Callable[[], None]) -> SystemCommand:
    return SystemCommand(plain(f"{kind}: {name}"), plain(about), chosen, discover=False)


def plain(text: str) -> str:
    """Text for the palette, where Textual reads markup."""
    return Content(clean(text, 200)).markup
