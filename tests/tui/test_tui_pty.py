"""Every octet that the app sends to a real terminal while it shows what a hostile server says.

The lab's `hostile-text` writes escape sequences, C1 controls, bidi marks and markup into every place that a
stranger can write to: DNS strings, the policy, the banner, certificate names.  What reaches the terminal must
be printable text and the sequences that the app itself draws with, of which each form is listed here.
"""

from __future__ import annotations

import base64
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("mailpath")

#: Forms of control sequences (ECMA-48) that Textual draws and sets the terminal up with.
OWN = (
    r"\x1b\[[0-9;:]*m",  # SGR
    r"\x1b\[[0-9]*;?[0-9]*H",  # cursor position
    r"\x1b\[\?(?:7|25|1000|1002|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]",  # modes
    r"\x1b\[\?(?:1016|2026|2048)\$p",  # is this mode known?
    r"\x1b\[[<>=][0-9]*u",  # keyboard protocol
    r"\x1b\[6n",
    r"\x1b\[2J",
    r"\x1b\]22;[a-z]+\x07",  # the pointer's shape
)
_OWN = re.compile("|".join(OWN))
_COPY = re.compile(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07")


class Screen:
    """The command behind a pseudo terminal; `seen` is all that it wrote."""

    def __init__(self, *arguments: str, home: Path, columns: int = 120, lines: int = 40) -> None:
        self.seen = b""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(home)
            keep = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
            own = {
                "TERM": "xterm-256color",
                "LC_ALL": "C.UTF-8",
                "HOME": str(home),
                "PYTHONWARNINGS": "ignore",
            }
            os.execve(str(COMMAND), [str(COMMAND), *arguments], keep | own)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys: str) -> None:
        """Type `keys` and wait for what they draw."""
        os.write(self._terminal, keys.encode())
        if select.select([self._terminal], [], [], 1.0)[0]:
            self.read(0.05)

    def read(self, quiet: float) -> None:
        """Until nothing has come for `quiet` seconds, or the command has ended."""
        give_up = time.monotonic() + 3
        while time.monotonic() < give_up and select.select([self._terminal], [], [], quiet)[0]:
            try:
                data = os.read(self._terminal, 65536)
            except OSError:
                return  # the other end is closed
            if not data:
                return
            self.seen += data

    def escape(self) -> None:
        """Esc by itself: what follows within a tenth of a second would be a key with Alt."""
        self.press("\x1b")
        self.read(0.12)

    def until(self, text: str) -> None:
        give_up = time.monotonic() + 30
        while text not in plain(self.seen) and time.monotonic() < give_up:
            self.read(0.1)
        assert text in plain(self.seen), plain(self.seen)[-4000:]

    def end(self) -> int:
        """The exit code."""
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            self.read(0.05)
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                os.close(self._terminal)
                return os.waitstatus_to_exitcode(status)
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        raise AssertionError("the app did not end")


def plain(data: bytes) -> str:
    return _COPY.sub("", _OWN.sub("", data.decode("utf-8", "strict")))


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    home = tmp_path / "\x1b]0;owned\x07\x1b[2J\u202e"
    home.mkdir()
    running = Screen("lab", "hostile-text", home=home)
    yield running
    if running.pid and _lives(running.pid):
        os.kill(running.pid, 9)
        os.waitpid(running.pid, 0)


def _lives(pid: int) -> bool:
    try:
        return os.waitpid(pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return False


def test_nothing_but_text_and_own_sequences_reaches_the_terminal(screen: Screen) -> None:
    screen.until("6 of 6 done")
    screen.until("Who can read it")
    for panel in "012345":
        screen.press(panel)
        screen.press("e")
    for keys in ("6", "aa", "jj", "x", "tt", "x", "hh", "?"):
        screen.press(keys)
    for keys in "gw":
        screen.escape()
        screen.press(keys)
    screen.escape()
    screen.press("w\r")
    screen.until("Written:")
    screen.press("c")
    screen.press("5")
    screen.press("/server")
    screen.press("\r")
    screen.press("q")
    assert screen.end() == 0
    text = plain(screen.seen)
    odd = {char for char in text if char not in "\r\n" and not char.isprintable()}
    assert odd == set(), sorted(map(repr, odd))
    assert not [
        char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Cs") and char not in "\r\n"
    ]
    (copied,) = _COPY.findall(screen.seen.decode())
    lines = base64.b64decode(copied).decode().split("\n")
    assert len(lines) <= 24  # a reply, whatever the server said
    assert all(line.isprintable() for line in lines)
