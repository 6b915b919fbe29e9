"""What is taken away and come back to: files, the bounce's way, the walks of this run, filtered evidence."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input
from tui_world import FakeSession, app, appears, drawn, path_screen, scene_of, settle

from mailpath.exchanges import Envelope
from mailpath.facts import Path as MailPath
from mailpath.lab import Lab
from mailpath.network.capture import Capture, capture_of, load
from mailpath.network.recording import Recording
from mailpath.tui import CaptureSource, saving
from mailpath.tui.app import MailpathApp
from mailpath.tui.screens.save import SaveScreen
from mailpath.tui.session import Session
from mailpath.tui.widgets.steps import FilterInput, Steps
from mailpath.walk import live_network, walk

WIDE = (120, 40)


def listed(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def plain(pilot: Any) -> str:
    return " ".join(drawn(pilot).replace("│", " ").split())


async def test_every_kind_of_file_is_written_once(
    capture: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session(CaptureSource(capture))
    options: dict[str, Any] = {"sender": "a.example", "recipient": "dane-good.example", "start": True}
    async with MailpathApp(session, **options).run_test(size=WIDE, notifications=True) as pilot:
        await appears(pilot, "Who can read it")
        for number in range(len(saving.KINDS)):
            pilot.app.notify("told-in-passing")
            await appears(pilot, "told-in-passing")
            await pilot.press("w", *["down"] * number, "enter")
            await appears(pilot, "Written:")
            pilot.app.clear_notifications()
        await pilot.press("w", "enter")
        await appears(pilot, "exists;")
        path_screen(pilot)
        name = saving.proposed(scene_of(pilot).replayer.capture)
    assert listed(tmp_path) == {f"{name}{kind.suffix}" for kind in saving.KINDS.values()}
    assert load(tmp_path / f"{name}.json.gz") == capture
    assert "dane-good.example" in (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    assert "<html" in (tmp_path / f"{name}.html").read_text(encoding="utf-8")
    told = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert told["posture"] == "rfc"
    assert set(told["attacks"]) == {"rfc"}
    picture = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
    assert "told-in-passing" not in picture
    assert "http" not in picture.replace("http://www.w3.org", "").replace("https://www.textualize.io", "")
    assert gzip.decompress((tmp_path / f"{name}.json.gz").read_bytes()).endswith(b"\n")


async def test_save_dialog(tmp_path: Path) -> None:
    async with app(start=True).run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert isinstance(pilot.app.screen, SaveScreen)
        assert "b.example-20231114-221320" in drawn(pilot)
        pilot.app.screen.query_one(Input).value = str(tmp_path / "no" / "such\x1b")
        await pilot.press("tab", "enter")
        await appears(pilot, "cannot be written")
        await pilot.press("w", "escape")
        assert not isinstance(pilot.app.screen, SaveScreen)
    assert listed(tmp_path) == set()


def test_names_of_files_hold_nothing_odd() -> None:
    with pytest.raises(saving.SavingFailed, match="cannot be written"):
        saving.write("\0", b"")


async def test_swap_history_and_earlier_recipients() -> None:
    session = FakeSession()
    async with app(session, start=True).run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        screen = path_screen(pilot)
        screen.keeper.earlier = ("earlier.example", "earlier.example")
        await pilot.press("s")
        await settle(pilot)
        assert screen.walks.state.path == MailPath(sender="b.example", recipient="a.example")
        assert session.walks == 2
        await pilot.press("g")
        await settle(pilot)
        assert pilot.app.screen.query("#history")
        assert "b.example → a.example" in drawn(pilot)
        assert "a.example → b.example" in drawn(pilot)
        await pilot.press("down", "enter")
        await settle(pilot)
        assert screen.walks.state.path == MailPath(sender="a.example", recipient="b.example")
        assert "b.example: authenticated by rfc" in drawn(pilot)
        assert "6 of 6 done, 381 ms" in drawn(pilot)
        assert "A listener cannot read it." in plain(pilot)
        assert session.walks == 2
        await pilot.press("g", "up", "enter")
        await settle(pilot)
        assert screen.query_one("#recipient", Input).value == "earlier.example"
        assert session.walks == 2
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("s")
        await appears(pilot, "Enter a sender and a recipient to swap them.")
        # A walk that finishes behind the dialogue moves no row under the cursor.
        latest = screen.keeper.walks[-1]
        await pilot.press("g")
        for _ in range(25):
            screen.keeper.keep(latest)
        assert len(screen.keeper.walks) == 20
        await pilot.press("enter")
        await settle(pilot)
        assert scene_of(pilot).replayer is latest.replayer


async def test_filter_keeps_the_lines_that_hold_the_words() -> None:
    async with app(start=True).run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"DIALOGUE 12")  # every word, in any order
        await settle(pilot)
        assert "220 line 12 of the dialogue" in drawn(pilot)
        assert "220 line 13" not in drawn(pilot)
        assert "1 of 32 lines with 'DIALOGUE 12'; Esc shows all." in drawn(pilot)
        await pilot.press("7")
        await settle(pilot)
        assert "No line contains 'DIALOGUE 127'; Esc shows all." in drawn(pilot)
        await pilot.press("backspace")
        await pilot.press("enter")
        assert pilot.app.focused is pilot.app.screen.query_one(Steps).panel("tlsa")
        await pilot.press("slash", "escape")
        await settle(pilot)
        assert "220 line 3" in drawn(pilot)
        assert pilot.app.screen.query_one("#step-tlsa FilterInput", FilterInput).value == ""
        await pilot.press("escape", "escape")
        await settle(pilot)
        assert pilot.app.screen.query_one(Steps).opened is None


async def test_nothing_to_save_or_swap_yet() -> None:
    async with app(sender="").run_test(size=WIDE, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("escape", "w")
        await appears(pilot, "There is nothing to save yet.")
        await pilot.press("g")
        await appears(pilot, "No walk is finished yet.")


async def test_a_stop_of_the_rail_opens_its_panel() -> None:
    """It is there where the lines of the other steps are not."""
    async with app(start=True).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert not pilot.app.screen.query_one("#step-mx").display
        stops = drawn(pilot).splitlines()[pilot.app.screen.query_one("#rail").region.y]
        await pilot.click(offset=(stops.index("3 STS"), pilot.app.screen.query_one("#rail").region.y))
        assert pilot.app.screen.query_one(Steps).opened == "mta-sts"
        await pilot.click("#rail", offset=(len(stops.strip()), 0))
        assert pilot.app.screen.has_class("-verdict-open")


@pytest.fixture
def with_envelope(lab: Lab) -> Capture:
    """A walk on which MAIL FROM and RCPT TO were tried."""
    path = MailPath(recipient="dane-good.example", sender="a.example")

    async def walked() -> Capture:
        async with live_network(lab.settings, kind="lab") as network:
            recording = Recording(network, Envelope(mail_from="", rcpt_to="user@dane-good.example"))
            found = await walk(path, recording, network.ground.made)
            return capture_of(recording, path, found.roots)

    return asyncio.run(walked())


async def test_a_capture_with_an_envelope_has_a_panel_for_it(with_envelope: Capture) -> None:
    session = Session(CaptureSource(with_envelope))
    options: dict[str, Any] = {"sender": "a.example", "recipient": "dane-good.example", "start": True}
    async with MailpathApp(session, **options).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert "E Envelope   ✓ TAKEN        Sender and recipient are accepted." in drawn(pilot)
        await pilot.press("E")
        await settle(pilot)
        assert "Tried     MAIL FROM:<>, RCPT TO:<user@dane-good.example>, then RSET;" in drawn(pilot)
        await pilot.press("e", "slash", *"RCPT")
        await settle(pilot)
        assert re.search(r"\d ms  C: RCPT TO:<user@dane-good.example>", drawn(pilot))
        await pilot.press("escape", "5", "z")
        await settle(pilot)
        assert "Envelope" not in drawn(pilot)  # one panel alone
        await pilot.press("escape", "E", "up")
        assert pilot.app.focused is pilot.app.screen.query_one(Steps).panel("starttls")
        # Another path, without an envelope: the panel goes.
        await pilot.press("s")
        await settle(pilot)
        assert "Envelope" not in drawn(pilot)
        await pilot.press("E")
        await settle(pilot)
        assert pilot.app.screen.query_one(Steps).opened != "envelope"
