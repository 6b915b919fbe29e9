"""A scenario file is edited in another window: the app builds it again, walks, and says what that did."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from tui_world import drawn

from mailpath.lab import load
from mailpath.tui import LabSource
from mailpath.tui.app import MailpathApp
from mailpath.tui.session import Session


async def shows(pilot: Any, words: str) -> None:
    """Wait until the screen, or a message on it, says `words`."""
    for _ in range(1500):
        told = " ".join(str(each.message) for each in pilot.app._notifications)
        if words in " ".join(drawn(pilot).replace("│", " ").split()) or words in told:
            return
        await pilot.pause(0.01)
    raise AssertionError(f"{words!r} is not on\n{drawn(pilot)}")


async def test_a_saved_scenario_is_walked_again(tmp_path: Path) -> None:
    folder = resources.files("mailpath.lab") / "scenarios"
    text = next(each for each in folder.iterdir() if "dane-stale" in each.name).read_text()
    file = tmp_path / "mine.toml"
    file.write_text(text)
    session = Session(LabSource(load(file), str(file)))
    app = MailpathApp(session, posture="postfix-dane")
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            await shows(pilot, "deferred by postfix-dane")
            file.write_text(text.replace("mx1/old}", "mx1}"))
            await shows(pilot, "delivered authenticated")
            await shows(pilot, "postfix-dane deferred → authenticated")
            await shows(pilot, "Gone: TLSA002")
            file.write_text(text.replace("MX 10 mx1", "MX ten mx1"))
            line = text[: text.index("MX 10 mx1")].count("\n") + 1
            await shows(pilot, f"mine.toml: line {line}: zone.rr: '@ MX ten mx1'")
            file.write_text("id = 5\n")
            await shows(pilot, "mine.toml: line 1: id: Expected `str`, got `int`. The lab stays as it was.")
    finally:
        session.close()
