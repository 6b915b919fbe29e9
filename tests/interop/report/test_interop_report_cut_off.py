"""A capture in the app where there is no network at all: posture, attack and clock as anywhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import interop_tools

from mailpath.network.capture import dump

TUI = Path(__file__).parents[2] / "tui"

#: Opens a capture, moves through posture, attack and clock, and prints what is on the screen after each.
SCRIPT = """
import asyncio, socket, sys
sys.path.insert(0, sys.argv[1])
from tui_world import app, appears, drawn, settle
from mailpath.network.capture import load
from mailpath.tui import CaptureSource
from mailpath.tui.session import Session

held = load(sys.argv[2])
session = Session(CaptureSource(held))

async def main():
    opened = app(session, sender=held.path.sender or "", recipient=held.path.recipient, start=True)
    async with opened.run_test(size=(120, 40)) as pilot:
        await appears(pilot, "6 of 6 done")
        for keys, text in (
            ((), "Verdict under rfc"),
            (("right", "right"), "Verdict under postfix-may"),
            (("a", "down", "down", "down"), "The attacker reads it:"),
            (("x", "t", "t"), "Compared with the recording:"),
        ):
            await pilot.press(*keys)
            await settle(pilot)
            await appears(pilot, text)
            print("=" * 8, text)
            print(drawn(pilot).split("Verdict under")[1])

try:
    socket.create_connection(("127.0.0.1", int(sys.argv[3])), 1).close()
    print("network", file=sys.stderr)
except OSError:
    print("none", file=sys.stderr)
asyncio.run(main())
session.close()
"""


def test_the_app_is_the_same_without_a_network(walks: Any, tmp_path: Path) -> None:
    file = tmp_path / "walk.json"
    dump(walks.of("dane-good").capture, file)
    port = walks.lab.settings.resolver.rpartition(":")[2]
    command = [sys.executable, "-c", SCRIPT, str(TUI), str(file), port]
    here, there = (
        subprocess.run([*before, *command], capture_output=True, text=True, timeout=120, check=False)
        for before in ([], [interop_tools.tool("unshare"), "-rn"])
    )
    assert (here.returncode, here.stderr) == (0, "network\n")
    assert (there.returncode, there.stderr) == (0, "none\n")
    assert there.stdout == here.stdout
    assert "AUTHENTICATED" in here.stdout
    assert "ENCRYPTED" in here.stdout
