"""The installed command behind a pseudo terminal, and as much of a terminal as it takes to know its screen.

Textual draws with cursor positions (CUP), colours (SGR, each run of text closed by a reset), and little else
(ECMA-48).  What it writes for one key is many times what has changed: `Grid` keeps the change.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from itertools import groupby
from pathlib import Path

from rich.cells import cell_len

#: Seconds without output after which a screen is taken to be finished, and the most that is waited for it.
QUIET, DEADLINE = 0.5, 30.0

_KEYS = {
    "right": "\x1b[C",
    "left": "\x1b[D",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "escape": "\x1b",
    "enter": "\r",
}
_PARTS = re.compile(
    r"\x1b\[(?P<private>[?<>=]?)(?P<numbers>[\d;:]*)[$ ]?(?P<final>[@-~])"
    r"|\x1b\].*?\x07|\x1b.|[\r\n]|[^\x1b\r\n]+",
    re.DOTALL,
)

#: A character and the SGR parameters it is drawn with; "" behind a wide character.
Cell = tuple[str, str]


class Grid:
    """The cells of a screen."""

    def __init__(self, columns: int, lines: int) -> None:
        self._columns, self._lines = columns, lines
        self._x = self._y = 0
        self._style = ""
        self._cells = self._blank()
        self._shown = self._blank()

    def _blank(self) -> list[list[Cell]]:
        return [[(" ", "")] * self._columns for _ in range(self._lines)]

    def feed(self, text: str) -> None:
        for part in _PARTS.finditer(text):
            final, numbers = part["final"], part["numbers"]
            if part[0] == "\r":
                self._x = 0
            elif part[0] == "\n":
                self._y = min(self._y + 1, self._lines - 1)
            elif final == "m" and not part["private"]:
                self._style = "" if numbers in ("", "0") else numbers
            elif final == "H":
                line, column = (int(number or 1) for number in (numbers or "1;1").split(";"))
                self._y, self._x = line - 1, column - 1
            elif final == "J":
                self._cells = self._blank()
            elif not part[0].startswith("\x1b"):
                self._put(part[0])

    def _put(self, text: str) -> None:
        for char in text:
            cells = [(char, self._style), ("", self._style)][: cell_len(char)]
            self._cells[self._y][self._x : self._x + len(cells)] = cells
            self._x += len(cells)

    def text(self) -> str:
        return "\n".join("".join(char for char, _ in line) for line in self._cells)

    def changes(self) -> str:
        """What turns the screen as it was at the last call into this one."""
        written: list[str] = []
        for y, (was, now) in enumerate(zip(self._shown, self._cells, strict=True)):
            differs = [x for x in range(self._columns) if was[x] != now[x]]
            if not differs:
                continue
            first, last = differs[0], differs[-1]
            written.append(f"\x1b[{y + 1};{first + 1}H")
            for style, cells in groupby(now[first : last + 1], key=lambda cell: cell[1]):
                written.append(f"\x1b[0{';' if style else ''}{style}m{''.join(char for char, _ in cells)}")
        self._shown = [list(line) for line in self._cells]
        return "".join(written)


class Terminal:
    """`mailpath` with `arguments`; `grid` is its screen."""

    def __init__(self, *arguments: str, size: tuple[int, int], home: str) -> None:
        command = str(Path(sys.executable).with_name("mailpath"))
        self.grid = Grid(*size)
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            keep = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
            own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", "HOME": home}
            os.execve(command, [command, *arguments], keep | own)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def press(self, key: str) -> None:
        os.write(self._terminal, _KEYS.get(key, key).encode())

    def read(self, until: str = "") -> str:
        """What it last wrote, once it is quiet and `until` is on the screen.

        Raises SystemExit when that does not come."""
        seen = b""
        give_up = time.monotonic() + DEADLINE
        while time.monotonic() < give_up:
            if select.select([self._terminal], [], [], QUIET)[0]:
                try:
                    data = os.read(self._terminal, 65536)
                except OSError:  # Linux: the other end is closed
                    return seen.decode()
                seen += data
                if data:
                    continue
            self.grid.feed(seen.decode())
            if until in self.grid.text():
                return seen.decode()
            seen = b""
        raise SystemExit(f"{until!r} did not appear on:\n{self.grid.text()}")

    def end(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)
