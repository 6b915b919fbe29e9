"""A signal ends every command at once, at any moment: no traceback, the shell's own exit status."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

#: Seconds.  LIMIT: for what happens at once; less than any wait of a walk.  WITH_START: for Python's start as
#: well, and for the time that an end may hang before it is cut off.
LIMIT, WITH_START = 4.0, 15.0

#: Sends itself a signal where a module is about to be imported: a moment that no clock can miss.
AT_IMPORT = """
import os, sys
class Sends:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Sends())
sys.argv = ["mailpath", *{words!r}]
from mailpath.__main__ import main
main()
"""

#: What holds the main thread: a full queue, a lock, a read, a computation.
HELD = {
    "queue": "import queue; full = queue.Queue(1); full.put(1); full.put(2)",
    "lock": "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "thread": "import threading; t = threading.Thread(target=threading.Event().wait); t.start(); t.join()",
    "pipe": "os.read(os.pipe()[0], 1)",
    "work": "while True: sum(range(1000))",
    "loop": "import asyncio, time\nasync def held(): time.sleep(100)\nasyncio.run(held())",
    "deaf": "while True:\n    try: signal.pause()\n    except BaseException: continue",
}


def ran(program: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(
    ("words", "module"),
    [
        (["check", "b.example"], "click"),
        (["check", "b.example"], "mailpath.commands.check"),
        (["dnssec", "b.example"], "dns.rdatatype"),
        (["lab", "serve"], "cryptography"),
        (["lab", "dane-good"], "mailpath.tui.source"),
    ],
)
def test_while_modules_are_imported(number: signal.Signals, words: list[str], module: str) -> None:
    program = AT_IMPORT.format(number=int(number), words=words, module=module)
    assert ran(program) == (128 + number, "", "")


def test_before_it_listens() -> None:
    """Python's own handler of SIGINT raises an exception wherever it is."""
    program = AT_IMPORT.format(number=int(signal.SIGINT), words=["paths"], module="mailpath.ending")
    assert ran(program) == (130, "", "")


@pytest.mark.parametrize("held", HELD)
def test_whatever_the_main_thread_waits_for(held: str) -> None:
    program = f"""
import os, signal, sys
from mailpath import ending
ending.watch()
ending.at_end(lambda: os.write(1, b"second "))
ending.at_end(lambda: os.write(1, b"first "))
revoke = ending.at_end(lambda: os.write(1, b"never "))
revoke()
print("ready", flush=True)
{HELD[held]}
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        began = time.monotonic()
        process.terminate()
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - began < LIMIT
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, out, err) == (143, b"first second ", b"")


def test_an_end_that_hangs_is_cut_off() -> None:
    program = """
import os, signal, threading
from mailpath import ending
ending.watch(status=0)
ending.at_end(threading.Event().wait)
os.kill(os.getpid(), signal.SIGTERM)
threading.Event().wait()
"""
    began = time.monotonic()
    assert ran(program) == (-signal.SIGALRM, "", "")
    assert time.monotonic() - began < WITH_START


def test_what_is_half_made_is_waited_for() -> None:
    program = """
import os, signal, threading, time
from mailpath import ending
ending.watch(status=5)
with ending.whole():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.2)
    ending.at_end(lambda: print("undone", flush=True))
threading.Event().wait()
"""
    assert ran(program) == (5, "undone\n", "")


def test_a_signal_that_was_ignored_stays_so() -> None:
    program = """
import os, signal, time
from mailpath import ending
signal.signal(signal.SIGHUP, signal.SIG_IGN)
ending.watch()
os.kill(os.getpid(), signal.SIGHUP)
time.sleep(0.1)
print("here")
"""
    assert ran(program) == (0, "here\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("command", ["check", "dnssec"])
def test_during_a_walk(number: signal.Signals, command: str, tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(20)
        resolver = f"127.0.0.1:{udp.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "mailpath", command, "b.example", "--resolver", resolver],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"XDG_CONFIG_HOME": str(tmp_path)},
        )
        try:
            udp.recv(4096)
            process.send_signal(number)
            out, err = process.communicate(timeout=LIMIT)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, out, err) == (128 + number, b"", b"")
