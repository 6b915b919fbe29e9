"""The moving pictures of the README: whole, small, and of what the tour is to show."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[2]
_SPEC = importlib.util.spec_from_file_location("tour_terminal", ROOT / "scripts" / "tour_terminal.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_module = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_module)
Grid = _module.Grid
SHOWN = ("TLSA002", "under postfix-may", "4.7.5", "mitm-self-signed", "BOGUS", "ECDSAP256SHA256")


def test_the_svg_plays_its_frames_and_fetches_nothing() -> None:
    text = (ROOT / "screenshots" / "tour.svg").read_text(encoding="utf-8")
    assert len(text.encode()) < 800_000
    root = ElementTree.fromstring(text)
    frames = root.findall("./{*}g[@class='frame']")
    assert 6 <= len(frames) <= 8
    said = " ".join("".join(frame.itertext()).replace("\N{NO-BREAK SPACE}", " ") for frame in frames)
    assert [word for word in SHOWN if word not in said] == []
    assert "@keyframes" in text
    assert re.findall(r"(?:src|href)=|url\((?!#)|@import|<script", text) == []


def test_the_cast_is_asciicast_with_its_own_pace() -> None:
    text = (ROOT / "screenshots" / "tour.cast").read_text(encoding="utf-8")
    assert len(text.encode()) < 300_000
    header, *events = (json.loads(line) for line in text.splitlines())
    assert header["version"] == 2
    times = [at for at, kind, _ in events if kind == "o"]
    assert times == sorted(times)
    assert len(times) == len(events) > 20
    grid = Grid(header["width"], header["height"])
    seen = ""
    for _, _, data in events:
        grid.feed(data)
        seen += grid.text()
    assert [word for word in SHOWN if word not in seen] == []


def test_the_grid_keeps_what_changes() -> None:
    grid = Grid(10, 2)
    grid.feed("\x1b[?25l\x1b[1;1H\x1b[1mab\x1b[0m\r\n\x1b[2;3H漢c\x1b]0;t\x07")
    assert grid.text() == "ab        \n  漢c     "
    assert grid.changes() == "\x1b[1;1H\x1b[0;1mab\x1b[2;3H\x1b[0m漢c"
    assert grid.changes() == ""
    grid.feed("\x1b[1;2H\x1b[31mx\x1b[0m")
    assert grid.changes() == "\x1b[1;2H\x1b[0;31mx"


def test_every_picture_is_of_a_finished_walk() -> None:
    pictures = {path: path.read_text(encoding="utf-8") for path in (ROOT / "screenshots").glob("*.svg")}
    assert len(pictures) >= 9
    unfinished = [path.name for path, text in pictures.items() if re.search("walking|waiting", text)]
    assert unfinished == []
    assert [
        path.name for path in pictures if path.stem != "tour" and not path.with_suffix(".png").exists()
    ] == []
