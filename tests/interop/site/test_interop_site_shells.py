"""Completions and man pages as they ship, in the shells and the reader that people have: Tab is pressed, and
what it makes is read off the screen.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from interop_tools import tool
from terminal import Terminal

DOCS = Path(__file__).resolve().parents[3] / "docs"
COMPLETIONS = DOCS / "completions"
#: How each shell comes to the file that ships: as a package's or a user's own is read.
SHELLS = {
    "bash": ("bash --norc --noprofile", f"source '{COMPLETIONS}/mailpath.bash'"),
    "zsh": ("zsh -f", f"fpath=('{COMPLETIONS}' $fpath); autoload -Uz compinit; compinit -u -D"),
    "fish": ("fish --no-config", f"set -p fish_complete_path '{COMPLETIONS}'"),
}
#: What is typed, Tab behind it, and what stands in the line then: a command, its subcommand, an option of
#: it, a scenario.
TYPED = {
    "mailpath dns": "mailpath dnssec",
    "mailpath lesson she": "mailpath lesson sheet",
    "mailpath check --trust-c": "mailpath check --trust-capture",
    "mailpath check --lab half-d": "mailpath check --lab half-dane",
}


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A shell that has read its file, with an empty line."""
    command, setting = SHELLS[request.param]
    path = f"PATH='{Path(sys.executable).parent}':\"$PATH\""
    with Terminal(tmp_path) as terminal:
        terminal.start(f"env {path} HOME='{tmp_path}' {command}", 100, 30)
        for words in (setting, "echo rea''dy"):
            terminal.tmux("send-keys", "-l", words)
            terminal.tmux("send-keys", "Enter")
        terminal.until("\nready")
        yield terminal


def test_tab_completes(shell: Terminal) -> None:
    for typed, completed in TYPED.items():
        shell.tmux("send-keys", "-l", typed)
        shell.tmux("send-keys", "Tab")
        shell.until(completed)
        shell.tmux("send-keys", "C-u")


def warnings(page: Path) -> str:
    """What man says of a page while it sets it."""
    done = subprocess.run(
        [tool("man"), "--warnings", "--local-file", "-Tutf8", "-Z", str(page)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stderr or ("" if done.returncode == 0 else f"man ended with {done.returncode}")


def test_man_has_nothing_to_say_of_any_page(tmp_path: Path) -> None:
    pages = sorted((DOCS / "man").glob("*.1"))
    assert len(pages) > 20
    assert {page.name: said for page in pages if (said := warnings(page))} == {}
    spoilt = tmp_path / "spoilt.1"
    spoilt.write_text(pages[0].read_text(encoding="utf-8") + ".XYZ\n", encoding="utf-8")
    assert "XYZ" in warnings(spoilt)
