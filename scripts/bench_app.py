"""`make benchapp`: first paint, a posture's repaint at twelve MX hosts, memory over many walks.

1. From the start of the process to the first frame on a pseudo terminal, `mailpath` against a bare Textual
   app, in turn; and until the screen is complete, and its postures are listed.
2. From the change of the posture until the screen is drawn again: the work itself, and with the waiting
   for Textual's next frame.
3. Resident memory after 100 walks of the lab and after 200.

Figures, not a test: machines are noisy.  Exit status 1 when a figure is over its limit all the same.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import pty
import select
import signal
import statistics
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["TEXTUAL_ANIMATIONS"] = "none"

from msgspec.structs import replace

from mailpath.facts import WALKED, Walk
from mailpath.facts import Path as MailPath
from mailpath.tui import LabSource, messages
from mailpath.tui.app import MailpathApp
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.replayer import Replayer
from mailpath.tui.session import Session

PAINT_LIMIT = 1.4
FRAME = 1 / 60
#: Of 100 walks: what the allocator leaves between its pages, and no more.
MEMORY_LIMIT = 1024  # KiB
ROUNDS = 11
DEADLINE = 20.0
HOSTS = 12
WARM, WALKS = 100, 200
#: The first words of the first frame, of the last panel, of the last posture group.
MARKS = (b"mailpath", WALKED[-1].looks_for[:20].encode(), b"postfix-dane")

_BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("mailpath")
Bare().run()
"""


def painted(command: list[str], marks: tuple[bytes, ...]) -> list[float]:
    """Seconds from the start of `command` until it has written each of `marks` to its terminal."""
    began = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # both as they are once installed
        os.execv(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    seen = b""
    times: list[float] = []
    try:
        while len(times) < len(marks):
            left = began + DEADLINE - time.perf_counter()
            if left <= 0 or not select.select([terminal], [], [], left)[0]:
                raise SystemExit(f"{marks[len(times)]!r} did not appear")
            seen += os.read(terminal, 65536)
            while len(times) < len(marks) and marks[len(times)] in seen:
                times.append(time.perf_counter() - began)
        return times
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def paint_ratio() -> float:
    app = [sys.executable, "-m", "mailpath"]
    bare = [sys.executable, "-c", _BARE]
    for command in (app, bare):
        painted(command, MARKS[:1])  # byte code is on disk from here on
    own: list[list[float]] = []
    other: list[float] = []
    for _ in range(ROUNDS):
        own.append(painted(app, MARKS))
        other += painted(bare, MARKS[:1])
    first, complete, listed = (statistics.median(each) for each in zip(*own, strict=True))
    plain = statistics.median(other)
    ratio = first / plain
    print(f"  first paint {first * 1000:.0f} ms, a bare Textual app {plain * 1000:.0f} ms: {ratio:.2f}")
    print(f"  the screen complete after {complete * 1000:.0f} ms, the postures listed {listed * 1000:.0f} ms")
    return ratio


def crowded(walk: Walk) -> Walk:
    """`walk` with its first MX host twelve times over, each with its own name, address and session."""
    first = walk.mx.hosts[0]
    address = first.addresses[0]
    sessions = [session for session in walk.starttls.sessions if session.address == address]
    tlsa = next(each for each in walk.tlsa.hosts if each.host == first.name)
    numbers = range(1, HOSTS + 1)
    return replace(
        walk,
        mx=replace(
            walk.mx,
            hosts=tuple(
                replace(first, name=f"mx{n}.b.example", addresses=(f"192.0.2.{n}",), preference=n)
                for n in numbers
            ),
        ),
        tlsa=replace(walk.tlsa, hosts=tuple(replace(tlsa, host=f"mx{n}.b.example") for n in numbers)),
        starttls=replace(
            walk.starttls,
            sessions=tuple(replace(each, address=f"192.0.2.{n}") for n in numbers for each in sessions),
        ),
    )


class Crowded(Session):
    """The lab, with a crowd of MX hosts in what was found."""

    async def walk(self, run: int, path: MailPath, post: Callable[[Any], Any]) -> None:
        def more(message: Any) -> None:
            if isinstance(message, messages.WalkFinished):
                replayer = message.replayer
                judged = JudgedWalk(crowded(replayer.judged.walk), replayer.judged.postures)
                found = Replayer(replayer.capture, judged)
                message = messages.WalkFinished(run, found, message.elapsed_ms)
            post(message)

        await super().walk(run, path, more)


async def finished(app: MailpathApp, pilot: Any) -> Any:
    """The path screen, once its walk and what follows from it are done."""
    screen: Any = app.screen_stack[0]
    async with asyncio.timeout(60):
        while screen.scene is None or screen.lenses.summary(screen.lenses.lens) is None:
            await pilot.pause(0.01)
    await pilot.pause()
    return screen


async def repaint() -> float:
    """Seconds of work from a change of posture to the drawn screen: the median over all postures."""
    session = Crowded(LabSource("dane-good"))
    app = MailpathApp(session)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            screen = await finished(app, pilot)
            gc.collect()
            gc.freeze()  # as `mailpath.tui.run_app` does
            work, whole = [], []
            for _ in range(2):
                for name in list(screen.side.postures.names):
                    drawn = asyncio.Event()
                    began, busy = time.perf_counter(), time.process_time()
                    screen.posture = name
                    screen.call_after_refresh(drawn.set)
                    await drawn.wait()
                    work.append(time.process_time() - busy)
                    whole.append(time.perf_counter() - began)
                    await pilot.pause(0.02)
            again = len(work) // 2
            later, shown = statistics.median(work[again:]), statistics.median(whole[again:])
            early = statistics.median(work[:again])
            print(f"  posture at {HOSTS} MX hosts: at first {early * 1000:.1f} ms of work,")
            print(f"  then {later * 1000:.1f} ms, on the screen after {shown * 1000:.1f} ms")
            return later
    finally:
        session.close()


def resident() -> int:
    """KiB of this process (Linux)."""
    gc.collect()
    text = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))


async def memory() -> int:
    """By how many KiB the process is larger after `WALKS` walks than after `WARM`."""
    session = Session(LabSource("dane-good"))
    app = MailpathApp(session)
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            early = 0
            for number in range(1, WALKS + 1):
                await finished(app, pilot)
                if number == WARM:
                    early = resident()
                if number < WALKS:
                    await pilot.press("r")
            late = resident()
        print(f"  memory after {WARM} walks {early / 1024:.1f} MiB, after {WALKS} {late / 1024:.1f} MiB")
        return late - early
    finally:
        session.close()


def main() -> int:
    print("The app:")
    paint = paint_ratio()
    work = asyncio.run(repaint())
    grown = asyncio.run(memory())
    limits = f"{PAINT_LIMIT} times the bare app, {FRAME * 1000:.1f} ms, {MEMORY_LIMIT / 1024:.0f} MiB more"
    print(f"  limits: {limits}")
    return 0 if paint <= PAINT_LIMIT and work <= FRAME and grown <= MEMORY_LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
