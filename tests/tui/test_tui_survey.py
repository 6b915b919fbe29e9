"""A survey on the screen: its table, what is listed of it, what is judged again, and the paths behind it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from survey_world import POSTURES, TODAY, A, about, kept, told
from textual.widgets import Input
from tui_world import appears, drawn

from mailpath.judge import Outcome
from mailpath.survey.results import Cause, Row
from mailpath.survey.store import Store
from mailpath.survey.viewing import Head
from mailpath.tui.screens.path import PathScreen
from mailpath.tui.screens.survey import SurveyScreen
from mailpath.tui.surveyapp import SurveyApp

WIDE = (120, 40)
SIZES = {"wide": WIDE, "compact": (80, 24), "narrow": (60, 20)}


async def ready(pilot: Any) -> SurveyScreen:
    """The table, once it is filled and nothing is judged any more."""
    screen: SurveyScreen = pilot.app.table
    await appears(pilot, "compared with today")
    await judged(pilot, screen)
    return screen


async def judged(pilot: Any, screen: SurveyScreen) -> None:
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def listed(screen: SurveyScreen) -> list[str]:
    """The domains, or the groups, in order."""
    names = screen.judge.domains.names
    return [each.name if isinstance(each, Head) else names[each] for each in screen.table.entries]


async def test_what_is_listed(tmp_path: Path) -> None:
    app = SurveyApp(str(told(tmp_path / "store")))
    async with app.run_test(size=WIDE) as pilot:
        screen = await ready(pilot)
        text = drawn(pilot)
        assert "Under postfix-dane, 2 of 49 domains would stop getting mail: 1,216 of" in text
        assert listed(screen)[:2] == ["example.com", "b.example"]
        # Moving; the lines below tell of what the cursor is on.
        await pilot.press("down")
        assert "Its certificate matches none of its TLSA records." in drawn(pilot)
        assert "the recipient's administrator" in drawn(pilot)
        await pilot.press("end")
        assert "It was not walked yet" in drawn(pilot)
        await pilot.press("up", "k", "pageup", "home", "pagedown")
        assert 0 < screen.table.cursor < 49
        # The order: by key, turned, and by a click on a head.
        await pilot.press("s", "s", "S", "home")
        assert listed(screen)[0] == "plain.example"
        assert screen.how.by == "operator"
        assert screen.how.turned
        await pilot.click("#heads", offset=(14, 0))
        assert listed(screen)[:2] == sorted(listed(screen))[:2]
        await pilot.click("#heads", offset=(14, 0))
        assert listed(screen)[:2] == sorted(listed(screen), reverse=True)[:2]
        # Found while typing; Enter goes back to the table, Esc ends it.
        await pilot.press("slash", *"hosting d3")
        assert {name[:2] for name in listed(screen)} == {"d3"}
        await pilot.press("enter", "down")
        assert screen.focused is screen.table
        assert screen.table.cursor == 1
        await pilot.press("escape")
        assert len(listed(screen)) == 49
        # By kind: what newly breaks first; a click on a figure does the same.
        await pilot.press("b")
        assert set(listed(screen)) == {"b.example", f"{'very-long-name-' * 4}.example"}
        await pilot.press("right")
        assert listed(screen) == ["b.example"]
        await pilot.press("escape", "left", "g")
        assert listed(screen)[0] == "b.example"
        assert "1,204 would newly be deferred" in drawn(pilot)
        await pilot.press("g")
        assert listed(screen)[0] == "TLSA002: The certificate matches no TLSA record"
        await pilot.press("enter")
        assert "b.example" in listed(screen)[1:3]
        await pilot.press("escape", "x", "backspace", "d", "escape")
        assert len(listed(screen)) == 49
        await pilot.press("q")
    assert app.return_value is not None
    assert app.return_value.startswith("Under postfix-dane, 2 of 49 domains would stop getting mail")


async def test_a_click_chooses_and_a_second_opens(tmp_path: Path) -> None:
    app = SurveyApp(str(told(tmp_path / "store")))
    async with app.run_test(size=WIDE) as pilot:
        screen = await ready(pilot)
        lines = drawn(pilot).splitlines()
        line = next(n for n, text in enumerate(lines) if "▶ postfix-dane" in text)
        await pilot.click(offset=(lines[line].index("1,216"), line))
        assert screen.how.only == "newly_deferred"
        assert len(listed(screen)) == 2
        await pilot.click(offset=(4, line + 1))
        assert screen.judge.seen.posture == POSTURES[1]
        assert screen.how.only == ""
        await pilot.click("#table", offset=(14, 1))
        assert screen.table.cursor == 1
        await pilot.click("#table", offset=(14, 1), times=2)
        await appears(pilot, "its exchanges were not kept")
        await pilot.press("escape", "r")
        await ready(pilot)
        assert "its exchanges were not kept" not in drawn(pilot)


async def test_judged_again_and_opened(tmp_path: Path, walks: Any) -> None:
    app = SurveyApp(str(kept(tmp_path / "store", walks)), posture=POSTURES[1])
    async with app.run_test(size=WIDE) as pilot:
        screen = await ready(pilot)
        assert "Under postfix-dane-sts, 1 of 6 domains" in drawn(pilot)
        assert "NOT EVIDENCE: on the capture's own DNSSEC root" in drawn(pilot)
        # Another posture.
        await pilot.press("v", *"postfix-secure")
        await appears(pilot, "Postures to compare")
        await pilot.press("enter")
        await judged(pilot, screen)
        assert list(screen.judge.figures()) == [*POSTURES, "postfix-secure"]
        assert "Under postfix-secure, " in drawn(pilot)
        assert screen.judge.figures()["postfix-secure"]["unknown"].domains == 2
        await pilot.press("v", "enter")  # lets go of what is chosen
        assert list(screen.judge.figures()) == [*POSTURES]
        # An attacker: who reads what, today's posture among them.
        await pilot.press("a", *"mitm-self", "enter")
        await judged(pilot, screen)
        figures = screen.judge.figures()
        assert list(figures) == [TODAY, *POSTURES]
        assert {name: found["read"].domains for name, found in figures.items()} == {
            TODAY: 4,
            "postfix-dane": 2,
            "postfix-dane-sts": 1,
        }
        assert "Simulated: under mitm-self-signed." in drawn(pilot)
        assert "the attacker reads the mail to" in drawn(pilot)
        # The path is opened through the same, and gone back from.
        await pilot.press("left", "enter")
        await appears(pilot, "simulated under mitm-self-signed")
        path = pilot.app.screen
        assert isinstance(path, PathScreen)
        assert path.posture == screen.judge.seen.posture == POSTURES[1]
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.screen is screen
        # Another time, without the attack.
        await pilot.press("x", "t", *"1 year", "enter")
        await judged(pilot, screen)
        assert "Simulated: as of 20" in drawn(pilot)
        assert screen.judge.figures()["postfix-dane"]["unknown"].domains == 2
        await pilot.press("x")
        assert "Simulated" not in drawn(pilot)
        # From the path's own key, too; and its menu and help are the path's.
        await pilot.press("home", "enter")
        await appears(pilot, "6 of 6 done")
        await pilot.press("backspace")
        await pilot.pause()
        assert pilot.app.screen is screen
        await pilot.press("d", *"postfix-encrypt", "enter")
        await judged(pilot, screen)
        assert "compared with today, postfix-encrypt" in drawn(pilot)
        await pilot.press("question_mark")
        assert "List only what newly breaks" in drawn(pilot)
        await pilot.press("escape", "colon", *"group by")
        assert "Group by operator" in drawn(pilot)
        await pilot.press("enter")
        await pilot.pause()
        assert screen.how.grouped == "operator"


async def test_what_an_enemy_sent_is_text(tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\u202eevil"
    row = Row(
        domain=f"{evil}.example",
        mails=7,
        operator=evil,
        hosts=(evil,) * 5,
        outcomes={TODAY: A, evil: Outcome.DEFERRED},
        causes={evil: Cause(event=evil, code=evil, reason=evil * 40)},
        inconclusive="",
        assumed_from=evil,
    )
    store = told(tmp_path / "store", [row])
    with Store(store, writes=True) as opened:
        opened.change(about(postures=(evil,), sender=evil))
    app = SurveyApp(str(store))
    async with app.run_test(size=WIDE) as pilot:
        screen = await ready(pilot)
        for keys in ((), ("g",), ("enter",), ("g",), ("v",), ("escape", "d"), ("escape", "home", "enter")):
            await pilot.press(*keys)
            await pilot.pause()
            assert "evil" in drawn(pilot) or keys == ("escape", "d")
            assert not set(drawn(pilot)) & set("\x1b\x07\u202e")
        assert screen.judge.pins == (evil,)


async def test_a_store_that_cannot_be_read(tmp_path: Path) -> None:
    store = told(tmp_path / "store")
    (store / "survey.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    app = SurveyApp(str(store))
    async with app.run_test(size=WIDE) as pilot:
        await appears(pilot, "The survey could not be read")
        await pilot.press("down", "enter", "b", "g", "v", "a", "right", "slash", "x", "escape")
        await pilot.press("q")
    assert app.return_value == ""


def test_the_app_on_a_path_loads_nothing_of_it() -> None:
    program = "import sys, mailpath.tui.app, mailpath.tui.screens.help; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [name for name in loaded.stdout.split() if name.startswith("mailpath.survey")] == []


@pytest.mark.snapshot
@pytest.mark.parametrize(
    ("size", "keys", "options"),
    [
        ("wide", ["down"], {}),
        ("compact", ["down"], {}),
        ("narrow", ["right"], {}),
        ("compact", ["g", "enter", "slash"], {}),
        ("wide", ["b"], {"ascii": True}),
        ("wide", ["T", "down"], {}),
        ("compact", ["down"], {"color": False}),
    ],
    ids=["wide", "compact", "narrow", "grouped", "ascii", "light", "plain"],
)
def test_pictures(
    snap_compare: Any, tmp_path: Path, size: str, keys: list[str], options: dict[str, Any]
) -> None:
    async def press(pilot: Any) -> None:
        await ready(pilot)
        await pilot.press(*keys)
        await pilot.pause()
        assert isinstance(pilot.app.screen.query_one("#find"), Input)

    app = SurveyApp(str(told(tmp_path / "store")), **options)
    assert snap_compare(app, terminal_size=SIZES[size], run_before=press)
