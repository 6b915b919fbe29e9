"""`make tour`: the app in use on the lab, as moving pictures: screenshots/tour.svg and screenshots/tour.cast.

The same keys are pressed twice.  In the installed command on a pseudo terminal, for the cast (asciicast v2,
docs.asciinema.org/manual/asciicast/v2): `asciinema play screenshots/tour.cast`.  And in the app under
Textual's driver, for the frames of the SVG, which a browser plays by itself (CSS animation; whoever does not
play it shows the first frame).  Both have the tour's own pace, not that of the machine they were made on.
`--check` makes the SVG anew and compares what its frames show.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ.pop("NO_COLOR", None)

from screenshots_same import LABS, differences
from tour_terminal import Terminal

from mailpath.attacks.catalogue import ATTACKS
from mailpath.tui import LabSource
from mailpath.tui.app import MailpathApp
from mailpath.tui.saving import local_fonts
from mailpath.tui.session import Session

FOLDER = Path(__file__).resolve().parent.parent / "screenshots"
SCENARIO = "dane-stale"
SIZE = (120, 44)
#: Seconds: for a scene, and between its keys in the cast.
SCENE, KEY = 4.5, 0.6
DEADLINE = 30.0
MOST = {"tour.cast": 300_000, "tour.svg": 800_000}


@dataclass(frozen=True)
class Scene:
    """`keys` lead to it from the scene before; `shows` is then on the screen."""

    caption: str
    keys: tuple[str, ...]
    shows: str


#: From no attack to the man in the middle with a certificate of their own.
DOWN = 1 + list(ATTACKS).index("mitm-self-signed")
SCENES = (
    Scene(f"mailpath lab {SCENARIO}: the path is walked, what is broken is open", (), "MISMATCH"),
    Scene("→ →  A sender that enforces nothing: encrypted, to whomever", ("right", "right"), "postfix-may"),
    Scene("→ → → →  One that follows DANE: deferred, and what its log says", ("right",) * 4, "4.7.5"),
    Scene("p  The scenario before, where record and key agree", ("p",), "AUTHENTICATED"),
    Scene(
        f"a{' ↓' * DOWN}  An attacker on that path, with a certificate of their own",
        ("a", *["down"] * DOWN),
        "cannot read it",
    ),
    Scene(
        "← ← ← ←  The same attacker, and a sender that enforces nothing",
        ("left",) * 4,
        "The attacker reads it",
    ),
    Scene(
        "x t ↓ → → → →  No attacker, but time: the signatures have run out",
        ("x", "t", "down", *["right"] * 4),
        "BOGUS",
    ),
    Scene(
        "x Esc 2 e z  The evidence: the chain of trust, link by link",
        ("x", "escape", "2", "e", "z"),
        "DNSKEY",
    ),
)

# --- The cast ---


def cast() -> str:
    """The tour as asciicast v2.  Raises SystemExit where a scene does not come."""
    header = {"version": 2, "width": SIZE[0], "height": SIZE[1], "title": "mailpath: a tour of the lab"}
    events: list[list[object]] = [[0.0, "o", "\x1b[?1049h\x1b[?25l\x1b[2J"]]
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal("lab", SCENARIO, size=SIZE, home=home)
        try:
            terminal.read("6 of 6 done")
            for number, scene in enumerate(SCENES):
                for count, key in enumerate(scene.keys):
                    events.append([round(number * SCENE + count * KEY, 2), "o", terminal.grid.changes()])
                    terminal.press(key)
                    terminal.read()
                terminal.read(scene.shows)
                at = number * SCENE + len(scene.keys) * KEY
                events.append([round(at, 2), "o", terminal.grid.changes()])
            terminal.press("q")
            events.append([round(len(SCENES) * SCENE, 2), "o", terminal.read()])
        finally:
            terminal.end()
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in [header, *events])


# --- The SVG ---

_FRAME = '<g id="frame-'


async def frames() -> list[str]:
    """One SVG for each scene."""
    session = Session(LabSource(SCENARIO))
    app = MailpathApp(session)
    taken: list[str] = []
    try:
        async with app.run_test(size=SIZE) as pilot:
            for scene in SCENES:
                for key in scene.keys:
                    await pilot.press(key)
                    await _settled(app, pilot)
                await _until(app, pilot, scene)
                taken.append(local_fonts(app.export_screenshot(title="mailpath")))
    finally:
        session.close()
    return taken


async def _settled(app: MailpathApp, pilot: Any) -> None:
    await pilot.pause(0.1)
    async with asyncio.timeout(DEADLINE):
        await app.workers.wait_for_complete()
    await pilot.pause(0.1)


async def _until(app: MailpathApp, pilot: Any, scene: Scene) -> None:
    give_up = time.monotonic() + DEADLINE
    while scene.shows not in _plain(app.export_screenshot()):
        if time.monotonic() > give_up:
            raise SystemExit(f"{scene.shows!r} did not appear: {scene.caption}")
        await _settled(app, pilot)
    await _settled(app, pilot)


def _plain(svg: str) -> str:
    return re.sub(r"<[^>]*>", "", svg).replace("&#160;", " ")


def animated(taken: list[str]) -> str:
    """One SVG that shows each of `taken` for its time, its caption below, and begins again."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', taken[0])
    assert box is not None
    width, height = float(box[1]), float(box[2])
    whole = len(taken) * SCENE
    rules = [
        "rect{shape-rendering:crispEdges}",
        f".frame{{visibility:hidden;animation:turn {whole:g}s infinite step-end}}",
        f"@keyframes turn{{0%{{visibility:visible}}{100 / len(taken):.3f}%{{visibility:hidden}}}}",
        "#frame-0{visibility:visible}",
        *(f"#frame-{n}{{animation-delay:{n * SCENE:g}s}}" for n in range(len(taken))),
        ".caption{font:600 24px 'Fira Code',Consolas,Menlo,'DejaVu Sans Mono',monospace;fill:#82aadc}",
        "@media (prefers-reduced-motion){.frame{animation:none}}",
    ]
    bar = 56
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" '
        f'viewBox="0 0 {width:g} {height + bar:g}">',
        f"<style>{''.join(rules)}</style>",
        f'<rect width="{width:g}" height="{height + bar:g}" rx="10" fill="#11151b"/>',
    ]
    for number, (svg, scene) in enumerate(zip(taken, SCENES, strict=True)):
        inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", svg, flags=re.DOTALL)
        inner = inner.replace(' shape-rendering="crispEdges"', "").replace("&#160;", "\u00a0")
        inner = re.sub(r"<!--.*?-->|\n\s*", "", inner, flags=re.DOTALL)
        inner = re.sub(r"terminal-\d+-", f"t{number}-", re.sub(r"terminal-r(\d+)", rf"t{number}-r\1", inner))
        place = f'{_FRAME}{number}" class="frame">'
        words = f'<text class="caption" x="20" y="{height + 34:g}">{escape(scene.caption)}</text>'
        parts.append(f"{place}{inner}{words}</g>")
    return "\n".join([*parts, "</svg>", ""])


def check() -> int:
    """1 where a scene of the SVG that is kept does not show what the app shows now, and how they differ."""
    kept = (FOLDER / "tour.svg").read_text(encoding="utf-8").split(_FRAME)
    found: list[str] = []
    for _ in range(LABS):
        made = animated(asyncio.run(frames())).split(_FRAME)
        if len(made) != len(kept):
            break
        found = [line for pair in zip(kept, made, strict=True) for line in differences(*pair)]
        if not found:
            return 0
    print("screenshots/tour.svg is older than the app: run `make tour`", *found, sep="\n")
    return 1


def main() -> int:
    if "--check" in sys.argv:
        return check()
    FOLDER.mkdir(exist_ok=True)
    for name, text in (("tour.svg", animated(asyncio.run(frames()))), ("tour.cast", cast())):
        data = text.encode()
        if len(data) > MOST[name]:
            raise SystemExit(f"{name} has {len(data)} bytes, more than {MOST[name]}")
        (FOLDER / name).write_bytes(data)
        print(f"{name}: {len(data) // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
