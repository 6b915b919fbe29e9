"""The config file in the app, and what it remembers: mistakes are told with line and key, the app starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tui_world import FakeSession, app, drawn, path_screen, settle, walk

from mailpath import config
from mailpath.commands.app import preferences
from mailpath.facts import Found, SenderFacts
from mailpath.tui import CaptureSource, Preferences
from mailpath.tui.app import MailpathApp
from mailpath.tui.session import Session

WIDE = (120, 40)

GOOD = """
[default]
sender = "a.example"
posture = "ours"
theme = "mailpath-light"

[network]
resolver = "192.0.2.53"
ca_file = "ca.pem"

[posture.ours]
base = "postfix-dane"
sts = true

[keymap]
"path.again" = "f5"
"""

WRONG = """
resolver = "192.0.2.53"

[default]
sender = 1
colour = "red"

[network]
smtp_port = 0
resolvr = "x"
timeout = 3.0

[posture.ours]
base = "no-such"

[posture.mine]
sts = "maybe"

[keymap]
"path.again" = 5
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    config.config_file().parent.mkdir(parents=True)
    return tmp_path


def test_what_the_file_says(home: Path) -> None:
    config.config_file().write_text(GOOD, encoding="utf-8")
    found = config.load()
    assert found.problems == ()
    assert found.defaults == {"sender": "a.example", "posture": "ours", "theme": "mailpath-light"}
    settings, problems = found.settings()
    assert (settings.resolver, problems) == ("192.0.2.53", ())
    assert settings.ca_file == str(config.config_file().parent / "ca.pem")
    own, problems = found.own_postures()
    assert problems == ()
    assert own["ours"].sts
    assert config.postures()["ours"] == own["ours"]


def test_each_mistake_is_told_with_its_line_and_key(home: Path) -> None:
    config.config_file().write_text(WRONG, encoding="utf-8")
    found = config.load()
    told = "\n".join([*found.problems, *found.settings()[1], *found.own_postures()[1]])
    for where in (
        "line 2, resolver: There is no such key",
        "line 5, default.sender: This must be a string in quotes.",
        "line 6, default.colour: There is no such key.",
        "line 9, network.smtp_port: A port must be a number",
        "line 10, network.resolvr: There is no such key.",
        "line 14, posture.ours.base: There is no preset 'no-such'",
        "line 17, posture.mine.sts: sts: Expected `bool`, got `str`.",
        "line 20, keymap.path.again: This must be a string in quotes.",
    ):
        assert where in told
    assert found.settings()[0].timeout == 3.0
    with pytest.raises(config.ConfigError, match="line 2, resolver"):
        config.postures()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"[default\n", "The file is not TOML: Expected ']'"),
        (b"\xff", "The file is not TOML"),
        (b"a = " + b"[" * 5000, "The file is not TOML"),
        (b"x" * 300_000, "larger than"),
        (b"posture = 1", "line 1, posture: This must be a table [posture.NAME]"),
        (b'"\\u001b]0;x" = 1', "There is no such key"),
    ],
)
def test_a_file_that_cannot_be_used(home: Path, data: bytes, sentence: str) -> None:
    config.config_file().write_bytes(data)
    (problem,) = config.load().problems
    assert sentence in problem
    assert problem.isprintable()


def test_what_is_remembered(home: Path) -> None:
    assert config.load_state() == config.State()
    told = preferences(config.load())
    told.remember("nord", tuple(f"{n}.example" for n in range(20)))
    state = config.load_state()
    assert (state.theme, len(state.recent), state.recent[0]) == ("nord", config.MOST_RECENT, "0.example")
    assert preferences(config.load()).theme == "nord"
    # A line that stands there twice is one; what no terminal should see is none.
    config.state_file().write_text('{"recent": ["b.example", "b.example", "\\u001b]0;x", "\\ud800"]}')
    assert config.load_state().recent == ("b.example",)
    for broken in (b"", b"[]", b'{"recent": 3, "theme": 4}', b'{"theme": "\\ud800"}', b"{" * 9):
        config.state_file().write_bytes(broken)
        assert config.load_state() == config.State()


async def test_the_app_with_preferences() -> None:
    told = Preferences(
        theme="mailpath-light",
        keymap={"path.again": "f5", "path.none": "x"},
        recent=("earlier.example",),
        problems=("config.toml: line 2, resolver: There is no such key.",),
    )
    session = FakeSession()
    running = app(session, start=True, posture="gone", preferences=told)
    async with running.run_test(size=WIDE) as pilot:
        assert "line 2, resolver" in drawn(pilot) or not drawn(pilot).strip()
        await settle(pilot)
        assert pilot.app.theme == "mailpath-light"
        assert path_screen(pilot).posture == "rfc"
        assert session.walks == 1
        await pilot.press("f5")
        await settle(pilot)
        assert session.walks == 2
        await pilot.press("r")
        await settle(pilot)
        assert session.walks == 2
        assert running.recent == ("b.example", "earlier.example")


async def test_mistakes_stay_on_the_screen_until_escape() -> None:
    told = Preferences(theme="no-such", problems=("config.toml: line 2, resolver: There is no such key.",))
    found = walk(sender=SenderFacts(port25=Found.BLOCKED, port25_reason="all time out"))
    session = FakeSession(found=found)
    async with app(session, start=True, preferences=told).run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert session.walks == 1
        assert "Outgoing port 25 is blocked here" in drawn(pilot)
        shown = drawn(pilot)
        assert "✗ config.toml: line 2, resolver: There is no such key. (1 more: mailpath paths)" in shown
        assert pilot.app.theme == "mailpath-dark"
        await pilot.press("escape")
        await settle(pilot)
        assert "config.toml" not in drawn(pilot)
        assert "Outgoing port 25 is blocked here" in drawn(pilot)


async def test_own_postures_are_in_the_list(home: Path, capture: Any) -> None:
    config.config_file().write_text(GOOD + '\n[posture.bad]\nbase = "x"\n', encoding="utf-8")
    told = preferences(config.load())
    session = Session(CaptureSource(capture), own_postures=told.postures)
    running = MailpathApp(
        session, recipient="dane-good.example", start=True, posture="ours", preferences=told
    )
    async with running.run_test(size=WIDE) as pilot:
        for _ in range(500):
            if "6 Verdict under ours" in drawn(pilot):
                break
            await pilot.pause(0.01)
        assert "6 Verdict under ours" in drawn(pilot)
        assert "ours" in path_screen(pilot).side.postures.names
        assert "bad" not in path_screen(pilot).side.postures.names


def test_the_config_is_read_without_the_judge() -> None:
    code = (
        "import mailpath.commands.app, sys\n"
        "print([m for m in ('textual', 'cryptography', 'dns') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout == "[]\n"
