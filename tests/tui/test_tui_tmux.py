"""The installed command on a real terminal: what a person at 120x40 and at 80x24 sees."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Terminal

from mailpath.attacks.catalogue import ATTACKS

COMMAND = Path(sys.executable).with_name("mailpath")

pytestmark = [
    pytest.mark.tmux,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
    pytest.mark.skipif(not COMMAND.exists(), reason="the mailpath command is not installed"),
]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path) as running:
        yield running


def test_dane_stale_at_two_sizes(terminal: Terminal) -> None:
    terminal.start(f"{COMMAND} lab dane-stale", 120, 40)
    terminal.until("6 of 6 done")
    # The steps, without the lists that stand beside them.
    steps = [line[34:] for line in terminal.until("(computed from").splitlines()]
    words = " ".join(" ".join(steps).replace("│", " ").split())
    assert "✗ MISMATCH" in words
    digests = re.search(r"Found .*TLSA 3 1 1 .*?([0-9a-f]{64}).* Got 3 1 1 ([0-9a-f]{64})", words)
    assert digests is not None
    assert digests[1] != digests[2]
    terminal.tmux("send-keys", "Right", "Right")
    terminal.until("Verdict under postfix-may")
    assert "! ENCRYPTED" in terminal.until("delivered encrypted but unauthenticated by postfix-may")
    terminal.tmux("send-keys", *["Right"] * 4)
    screen = terminal.until("Verdict under postfix-dane")
    assert "Server certificate not verified" in screen
    assert "4.7.5" in screen
    terminal.tmux("resize-window", "-x", "80", "-y", "24")
    screen = terminal.until("0 Sender ✓  1 MX ✓  2 DNSSEC ✓  3 STS !  4 TLSA ✗  5 TLS ✗  6")
    assert "✗ DEFERRED        dane-stale.example: deferred by postfix-dane at" in screen
    terminal.tmux("send-keys", "q")
    screen = terminal.until("ended 0")
    assert screen.startswith("dane-stale.example: deferred by postfix-dane at mx1.dane-stale.example: ")


def test_attack_and_clock(terminal: Terminal) -> None:
    terminal.start(f"{COMMAND} lab dane-good", 120, 40)
    terminal.until("An active attacker cannot.")
    terminal.tmux("send-keys", "Right", "Right")
    terminal.until("An active attacker can")
    terminal.tmux("send-keys", "a", *["Down"] * (1 + list(ATTACKS).index("mitm-self-signed")))
    terminal.until("Simulated: under mitm-self-signed")
    terminal.until("The attacker reads it:")
    terminal.until("delivered to the attacker")
    terminal.until("Verdict under postfix-may")
    terminal.tmux("resize-window", "-x", "80", "-y", "24")
    terminal.until("Compared with no attack: ! ENCRYPTED")
    terminal.tmux("resize-window", "-x", "120", "-y", "40")
    terminal.tmux("send-keys", *["Right"] * 4)
    terminal.until("Verdict under postfix-dane")
    terminal.until("The attacker cannot read it:")
    terminal.until("✓ NOT READ, deferred")
    terminal.until("Compared with no attack:")
    terminal.tmux("send-keys", "x", "t", "t")
    terminal.until("Compared with now:")
    terminal.until("✗ BOGUS")
    terminal.until("✗ DEFERRED")
    terminal.until("RRSIG")
    terminal.tmux("send-keys", "Escape")
    terminal.until("─ Posture ")
    terminal.tmux("send-keys", "T", "q")
    # What stays is no simulation.
    screen = terminal.until("ended 0")
    assert "dane-good.example: delivered authenticated by postfix-dane" in screen
    # The theme is remembered.
    assert '"mailpath-light"' in (terminal.home / "STATE" / "mailpath" / "state.json").read_text(
        encoding="utf-8"
    )


def test_back_from_a_shell_the_screen_is_whole(terminal: Terminal) -> None:
    """Ctrl-Z, also from within a dialogue; SIGTSTP and SIGSTOP from outside."""
    terminal.start("PS1='sh: ' bash --norc --noprofile", 100, 30)
    terminal.tmux("send-keys", f"{COMMAND} lab dane-good", "Enter")
    terminal.until("6 of 6 done")
    pane = terminal.tmux("list-panes", "-F", "#{pane_pid}").strip()
    (running,) = _below(_below(pane)[0])
    for stop in ("-TSTP", "-STOP", "C-z"):
        if stop == "C-z":
            terminal.tmux("send-keys", "?")
            terminal.until("Esc closes")
        whole = _settled(terminal)
        if stop == "C-z":
            terminal.tmux("send-keys", stop)
        else:
            subprocess.run(["kill", stop, running], check=True)
        terminal.until("Stopped")
        terminal.tmux("send-keys", "clear; fg", "Enter")
        terminal.until(" mailpath  From a.example")
        assert _settled(terminal) == whole, stop
    terminal.tmux("send-keys", "Escape")
    terminal.until("6 of 6 done")
    terminal.tmux("send-keys", "q")
    terminal.until("delivered authenticated by rfc")


def test_nobody_there_to_come_back_from(terminal: Terminal) -> None:
    terminal.start(f"exec {COMMAND} lab dane-good", 80, 24)
    terminal.until("6 of 6 done")
    terminal.tmux("send-keys", "C-z")
    terminal.until("There is no shell to return to.")
    terminal.tmux("send-keys", "q")


def _below(process: str) -> list[str]:
    """The children of `process`."""
    ran = subprocess.run(["pgrep", "-P", process], capture_output=True, text=True, check=False)
    return ran.stdout.split()


def _settled(terminal: Terminal) -> str:
    """The screen, once it has stayed the same for a third of a second."""
    give_up = time.monotonic() + 10
    same, screen = 0, ""
    while same < 6 and time.monotonic() < give_up:
        time.sleep(0.05)
        now = terminal.screen()
        same, screen = (same + 1 if now == screen else 0), now
    return screen
