"""`make screenshots`: pictures of the app on the lab, as SVG and PNG, into screenshots/.

PNG is made by a headless Chromium where there is one, else by rsvg-convert.  The font is a local one
(Fira Code if installed): nothing is fetched.  `--check` takes the pictures anew and
compares them with those that are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ.pop("NO_COLOR", None)

from screenshots_same import LABS, differences, may_differ_by_chance
from textual.pilot import Pilot

from mailpath.attacks.catalogue import ATTACKS
from mailpath.tui import LabSource
from mailpath.tui.app import MailpathApp
from mailpath.tui.saving import local_fonts
from mailpath.tui.session import Session

FOLDER = Path(__file__).resolve().parent.parent / "screenshots"
DEADLINE = 30.0
#: What the app says while there is nothing to show yet.
UNFINISHED = ("walking", "waiting")
#: What stands in the last line of every screen, once it is drawn.
FOOTER = "^P"


@dataclass(frozen=True)
class Shot:
    """`keys` are pressed once the walk of `scenario` is done (None: the picker is shown)."""

    name: str
    scenario: str | None
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 40)
    posture: str = "rfc"


#: The list opens with no attack chosen.
SELF_SIGNED = ("a", *["down"] * (1 + list(ATTACKS).index("mitm-self-signed")))
SHOTS = (
    Shot("dane-stale", "dane-stale", posture="postfix-dane"),
    Shot("dane-stale-may", "dane-stale", posture="postfix-may"),
    Shot("two-mx-weak", "two-mx-weak", posture="postfix-dane"),
    Shot("dnssec-chain", "dane-good", ("2", "e", "z")),
    Shot("compact", "sts-bad-cert", size=(80, 24), posture="postfix-sts"),
    Shot("attack-may", "dane-good", SELF_SIGNED, posture="postfix-may"),
    Shot("attack-dane", "dane-good", SELF_SIGNED, posture="postfix-dane"),
    Shot("clock", "dane-good", ("t", "down"), posture="postfix-dane"),
    Shot("picker", None),
)


async def take(shot: Shot) -> str:
    """The SVG of one shot."""
    session = Session(LabSource(shot.scenario))
    app = MailpathApp(session, posture=shot.posture)
    try:
        async with app.run_test(size=shot.size) as pilot:
            async with asyncio.timeout(DEADLINE):
                picture = await _finished(app, pilot)
                for key in shot.keys:
                    await pilot.press(key)
                    picture = await _finished(app, pilot)
            return picture
    finally:
        session.close()


async def _finished(app: MailpathApp, pilot: Pilot[str]) -> str:
    """The SVG once no worker runs, no step is under way, and the next look shows the same: one worker may
    start another, and what is told last makes room for itself.
    """
    before = ""
    while True:
        await pilot.pause(0.2)
        await app.workers.wait_for_complete()
        await pilot.pause(0.2)
        picture = app.export_screenshot(title="mailpath")
        done = FOOTER in picture and not any(word in picture for word in UNFINISHED)
        if done and not app.workers and picture == before:
            return picture
        before = picture


def to_png(svg: Path, png: Path) -> None:
    """Raises SystemExit where neither program is there."""
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text(encoding="utf-8")).groups()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium:
        with tempfile.TemporaryDirectory() as profile:
            page = Path(profile) / "page.html"
            style = "html,body{margin:0;background:transparent}img{display:block;width:100vw}"
            page.write_text(f'<style>{style}</style><img src="{svg.as_uri()}">', encoding="utf-8")
            size = f"--window-size={round(float(width))},{round(float(height))}"
            quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
            command = [chromium, "--headless", *quiet, "--disable-component-update", "--disable-sync"]
            command += [f"--user-data-dir={profile}", "--hide-scrollbars", size, f"--screenshot={png}"]
            subprocess.run([*command, page.as_uri()], check=True, capture_output=True, timeout=60)
        return
    if not shutil.which("rsvg-convert"):
        raise SystemExit("PNG pictures need chromium or rsvg-convert (Debian: librsvg2-bin).")
    subprocess.run(["rsvg-convert", "-z", "1.2", "-o", str(png), str(svg)], check=True, timeout=60)


def check(shots: Iterable[Shot]) -> int:
    """1 where a picture that is kept does not show what the app shows now, and how they differ."""
    stale = 0
    for shot in shots:
        kept = FOLDER / f"{shot.name}.svg"
        old = kept.read_text(encoding="utf-8") if kept.is_file() else ""
        for _ in range(LABS if may_differ_by_chance(old) else 1):
            found = list(differences(old, local_fonts(asyncio.run(take(shot)))))
            if not found:
                break
        else:
            print(f"screenshots/{kept.name} is older than the app: run `make screenshots`", *found, sep="\n")
            stale = 1
    return stale


def make(shots: Iterable[Shot]) -> int:
    """Take the pictures, as SVG and as PNG."""
    FOLDER.mkdir(exist_ok=True)
    for shot in shots:
        svg = FOLDER / f"{shot.name}.svg"
        svg.write_text(local_fonts(asyncio.run(take(shot))), encoding="utf-8")
        to_png(svg, svg.with_suffix(".png"))
        print(svg.name, svg.with_suffix(".png").name)
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where a picture is stale")
    parser.add_argument("names", nargs="*", choices=[*(shot.name for shot in SHOTS), []])
    options = parser.parse_args()
    wanted = [shot for shot in SHOTS if shot.name in options.names or not options.names]
    sys.exit((check if options.check else make)(wanted))
