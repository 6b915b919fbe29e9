"""No picture of the app is older than the app: they are taken anew, and show the same."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "scripts"


@pytest.mark.parametrize("script", ["screenshots.py", "tour.py"])
def test_the_pictures_show_what_the_app_shows(script: str) -> None:
    done = subprocess.run(
        [sys.executable, SCRIPTS / script, "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_word_a_colour_and_a_row_are_noticed() -> None:
    """And chance is not: the proof that the comparison means something."""
    differences = runpy.run_path(str(SCRIPTS / "screenshots_same.py"))["differences"]
    kept = (ROOT / "screenshots" / "dane-stale.svg").read_text(encoding="utf-8")
    assert list(differences(kept, kept)) == []
    assert list(differences(kept, kept.replace("MISMATCH", "MATCH", 1)))
    assert list(differences(kept, kept.replace("fill: #8fce8f", "fill: #123456").replace("#d", "#e")))
    assert list(differences(kept, kept.partition("Who&#160;can&#160;read")[0]))
    chance = (
        '<text class="t-r1" x="0" y="20">key tag 26804) until 2026-12-13 16:22 UTC, 160 ms, 70a5d4c400</text>'
    )
    later = (
        '<text class="t-r1" x="0" y="20">key tag 8583) until 2027-01-02 03:04 UTC, 32 ms, 9f13822bdb</text>'
    )
    assert list(differences(chance, later)) == []
