"""`make hangups`: the terminal goes away, or a signal comes, at many moments; the app must be gone.

Three programs in turn (the lab; a capture; a walk that hangs on a resolver that never answers), each on a
pseudo terminal of its own, ended in five ways at moments spread evenly over the first seconds.  Of each run:

- it is gone within `LIMIT` seconds, and no folder of the lab is left;
- where the terminal is still there: it has its screen, its echo and its lines back, and neither a warning nor
  a traceback stands on it;
- the exit status is one that docs/reference/exit-codes.md tells.

Exit status 1 where anything is otherwise.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fcntl
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mailpath.lab import Lab, scenarios

LIMIT = 2.0
#: So long a process that hangs is watched, before it is killed.
PATIENCE = 6.0
SOLD = re.compile(rb"Traceback|Warning|never awaited|Exception ignored|Error:|object at 0x")

Act = Callable[[int, int], object]  # process, our end of its terminal


@dataclass(frozen=True)
class Way:
    """`statuses`: what it may leave with; a negative one is the signal that ended it before it had a say."""

    name: str
    act: Act
    statuses: frozenset[int]
    hangup_ignored: bool = False
    again: Act | None = None
    closes: bool = False


def _close(_: int, terminal: int) -> None:
    os.close(terminal)


def _send(number: signal.Signals) -> Act:
    return lambda process, _: os.kill(process, number)


def _told(number: signal.Signals) -> frozenset[int]:
    return frozenset({0, 128 + number, -number})


WAYS = {
    way.name: way
    for way in (
        # 74: it has just found that there is no terminal, and cannot say so.
        Way("closed", _close, _told(signal.SIGHUP) | {74}, closes=True),
        Way("ignored", _close, _told(signal.SIGHUP) | {74}, hangup_ignored=True, closes=True),
        Way("hangup", _send(signal.SIGHUP), _told(signal.SIGHUP)),
        Way("terminate", _send(signal.SIGTERM), _told(signal.SIGTERM), again=_send(signal.SIGTERM)),
        Way("interrupt", _send(signal.SIGINT), _told(signal.SIGINT)),
    )
}


@dataclass
class Run:
    way: Way
    words: tuple[str, ...]
    moment: float
    seconds: float = 0.0
    busy: float = 0.0  # CPU seconds from the act to the end
    faults: list[str] = field(default_factory=list)


async def ended(run: Run) -> Run:
    """`run`, once it has been made."""
    with tempfile.TemporaryDirectory(prefix="mailpath-hangups-") as home:
        process, terminal = _started(run, home)
        seen = bytearray()
        loop = asyncio.get_running_loop()
        loop.add_reader(terminal, _read, terminal, seen)
        await asyncio.sleep(run.moment)
        if run.way.closes:
            loop.remove_reader(terminal)
        before, began = _cpu(process), time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            run.way.act(process, terminal)
        status, run.busy = await _waited(run, process, terminal, began, before)
        run.seconds = time.monotonic() - began
        if run.seconds > LIMIT:
            run.faults.append(f"still there after {LIMIT:g} s ({status} after {run.seconds:.2f})")
        elif status not in run.way.statuses:
            run.faults.append(f"left with {status}")
        if left := [name for name in os.listdir(home) if name.startswith("mailpath-")]:
            run.faults.append(f"left {', '.join(left)}")
        if not run.way.closes:
            loop.remove_reader(terminal)
            _read(terminal, seen)
            run.faults += _faults_of(terminal, bytes(seen))
            os.close(terminal)
    return run


def _started(run: Run, home: str) -> tuple[int, int]:
    process, terminal = pty.fork()
    if process == 0:
        own = {"TERM": "xterm-256color", "LC_ALL": "C.UTF-8", "HOME": home, "TMPDIR": home}
        own |= {f"XDG_{kind}_HOME": f"{home}/{kind}" for kind in ("CONFIG", "STATE")}
        if run.way.hangup_ignored:
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.execve(sys.executable, [sys.executable, "-m", "mailpath", *run.words], os.environ | own)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    os.set_blocking(terminal, False)
    os.set_inheritable(terminal, False)  # or the next one keeps this one's terminal open
    return process, terminal


def _read(terminal: int, seen: bytearray) -> None:
    """What stands there to be read."""
    with contextlib.suppress(OSError):  # nothing more; or the other end is closed: Linux says EIO
        while data := os.read(terminal, 65536):
            seen += data


async def _waited(run: Run, process: int, terminal: int, began: float, before: float) -> tuple[int, float]:
    """The exit status, and the processor's time from then on."""
    again = run.way.again
    while True:
        done, status, usage = os.wait4(process, os.WNOHANG)  # noqa: ASYNC222 - it does not wait
        if done:
            return os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime - before
        if again is not None and time.monotonic() > began + 0.1:
            again(process, terminal)
            again = None
        if time.monotonic() > began + PATIENCE:
            os.kill(process, signal.SIGKILL)
        await asyncio.sleep(0.01)


def _cpu(process: int) -> float:
    """Seconds of the processor that `process` has used (Linux; elsewhere 0)."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _faults_of(terminal: int, seen: bytes) -> Iterator[str]:
    """What is wrong with a terminal that was left."""
    if found := SOLD.search(seen):
        about = seen[max(0, found.start() - 200) : found.end() + 400]
        yield f"told {found[0].decode()!r}: {about.decode(errors='replace')!r}"
    for name, mode in (("screen", 1049), ("mouse", 1000), ("paste", 2004), ("focus", 1004)):
        if seen.rfind(b"\x1b[?%dh" % mode) > seen.rfind(b"\x1b[?%dl" % mode):
            yield f"{name} is not given back"
    if seen.rfind(b"\x1b[?25l") > seen.rfind(b"\x1b[?25h"):
        yield "the cursor is not given back"
    flags = termios.tcgetattr(terminal)[3]
    if not (flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG):
        yield "echo and lines are not given back"


@contextlib.contextmanager
def programs() -> Iterator[list[tuple[str, ...]]]:
    """The words of the three, ready to be called."""
    with tempfile.TemporaryDirectory() as folder, Lab.start(scenarios()[:3]) as lab, _silent() as resolver:
        capture = f"{folder}/walk.json.gz"
        check = ["check", lab.scenarios[0].domain, "--network", str(lab.write_network_file())]
        made = subprocess.run(
            [sys.executable, "-m", "mailpath", *check, "--capture", capture],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        assert made.returncode in (0, 1, 2)
        yield [("lab", "dane-good"), ("open", capture), ("--resolver", resolver, "b.example")]


@contextlib.contextmanager
def _silent() -> Iterator[str]:
    """A resolver that takes every question and never answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{udp.getsockname()[1]}"


async def ran(ways: list[Way], moments: int, span: float, at_once: int) -> list[Run]:
    room = asyncio.Semaphore(at_once)

    async def one(run: Run) -> Run:
        async with room:
            return await ended(run)

    with programs() as words:
        runs = [
            Run(way, words[(number + shift) % len(words)], span * (number + 0.5) / moments)
            for shift, way in enumerate(ways)
            for number in range(moments)
        ]
        return await asyncio.gather(*map(one, runs))


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("ways", nargs="*", metavar="WAY", help=f"{', '.join(WAYS)} [all]")
    asked.add_argument("--moments", type=int, default=60, help="of each way [60]")
    asked.add_argument("--span", type=float, default=3.0, help="seconds that they are spread over [3]")
    asked.add_argument("--at-once", type=int, default=4, help="[4]")
    given = asked.parse_args()
    ways = [WAYS[name] for name in given.ways or WAYS]
    runs = asyncio.run(ran(ways, given.moments, given.span, given.at_once))
    for way in ways:
        mine = [run for run in runs if run.way is way]
        hung = [run for run in mine if run.seconds > LIMIT]
        slowest = max(run.seconds for run in mine)
        bad = sum(1 for run in mine if run.faults)
        print(
            f"  {way.name:10} {len(mine)} moments: {len(hung)} hang, {bad - len(hung)} more are wrong;"
            f" slowest {slowest:.2f} s, at most {max(run.busy for run in mine):.2f} s CPU"
        )
    wrong = [run for run in runs if run.faults]
    for run in wrong:
        words = " ".join(run.words)[:40]
        print(f"    {run.way.name} at {run.moment:.2f} s, {words}: {'; '.join(run.faults)}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
