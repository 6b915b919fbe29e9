"""A terminal that is closed under the app, or a kill: it is gone, and nothing is left behind."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mailpath.tui.terminal import _Out

DEADLINE = 30.0
SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "hangups.py"


def test_it_is_gone_at_any_moment() -> None:
    """A few of the moments of `make hangups`."""
    few = ["closed", "ignored", "terminate", "--moments", "4", "--span", "1.6", "--at-once", "6"]
    ran = subprocess.run(
        [sys.executable, str(SCRIPT), *few], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_terminal_that_takes_nothing_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody tells of the hang-up, the next frame does, and it alone."""
    raised: list[int] = []
    monkeypatch.setattr(signal, "raise_signal", raised.append)
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding="utf-8") as stream:
        out = _Out(stream)
        out.write("x")
        out.flush()
        os.close(ours)
        for _ in range(3):
            out.write("y" * 100_000)
            out.flush()
        assert raised == [signal.SIGTERM]
        os.dup2(os.open(os.devnull, os.O_WRONLY), theirs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_lab_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "mailpath", "lab", "dane-good"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TMPDIR": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"},
    )
    os.close(theirs)
    give_up = time.monotonic() + DEADLINE
    told = False
    try:
        while process.poll() is None:
            assert time.monotonic() < give_up, "it does not end"
            if select.select([ours], [], [], 0.05)[0] and not _read(ours):
                break
            if not told and list(tmp_path.iterdir()):
                process.send_signal(number)
                told = True
        assert process.wait(timeout=DEADLINE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    assert told
    assert list(tmp_path.iterdir()) == []


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # the other end is closed: Linux says EIO
        return b""
