"""Classes that change together are styled together, and what has the focus is what is displayed."""

from __future__ import annotations

from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from tui_learn import learn_app, press, screen_of
from tui_world import settle

from mailpath.lessons import library
from mailpath.tui.learning.course import Start
from mailpath.tui.styling import at_once


async def test_the_screen_is_styled_once_for_what_changes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    styled: list[int] = []
    update = Stylesheet.update_nodes

    def count(sheet: Stylesheet, nodes: Any, animate: bool = False) -> None:
        found = list(nodes)
        styled.append(len(found))
        update(sheet, found, animate)

    async with learn_app(Start(lesson=library.lesson_named("who-is-there"))).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        screen = screen_of(pilot)
        whole = len(list(screen.walk_children(with_self=True)))
        monkeypatch.setattr(Stylesheet, "update_nodes", count)
        await press(pilot, "b", "enter")
        assert sum(each >= whole / 2 for each in styled) <= 4, styled
        styled.clear()
        with at_once(screen):
            screen.add_class("-path", "-zoom")
            screen.reader.open("verdict")
            with at_once(screen):
                screen.remove_class("-zoom")
            assert not styled
            assert not screen.verdict.region.area
            screen.set_focus(screen.verdict)  # it is displayed from now on, and only so can it have the focus
            assert screen.focused is screen.verdict
            assert len(styled) >= 1
            screen.add_class("-one")
        assert not screen.query_one("#matrix").display
