"""A real terminal for commands, by tmux: keys go in, the screen comes out."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Self

#: What the tests' own environment may say about a terminal that is not this one.
_NOT_OURS = frozenset({"TMUX", "NO_COLOR", "COLUMNS", "LINES"})


class Terminal:
    """One tmux server of its own, with one pane; a context manager that ends it."""

    def __init__(self, directory: Path) -> None:
        self.home = directory
        self._socket = directory / "tmux"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tmux("kill-server")

    def start(self, command: str, width: int, height: int) -> None:
        size = ["-x", str(width), "-y", str(height)]
        self.tmux("new-session", "-d", *size, f"{command}; echo ended $?; cat")
        self.tmux("resize-window", *size)

    def tmux(self, *arguments: str) -> str:
        environment = {key: value for key, value in os.environ.items() if key not in _NOT_OURS}
        ran = subprocess.run(
            ["tmux", "-S", str(self._socket), "-f", "/dev/null", *arguments],
            capture_output=True,
            text=True,
            timeout=20,
            env=environment
            | {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
            | {f"XDG_{kind}_HOME": str(self.home / kind) for kind in ("CONFIG", "STATE")},
            check=False,
        )
        return ran.stdout

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def until(self, text: str) -> str:
        """The screen once `text` is on it."""
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            screen = self.screen()
            if text in screen:
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{text!r} did not appear on:\n{self.screen()}")
