"""A network namespace of its own for real servers: many addresses, port 53, and no way out.

Every address sits on the namespace's loopback device; there is no other device, so that no packet of a
test can leave the machine.  Needs root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from interop_tools import checked, tool

_READY = Path(__file__).with_name("interop_ready.py")
_APPARMOR = Path("/sys/module/apparmor/parameters/enabled")
_numbers = count(1)

#: `ip netns exec` gives each program mounts of its own: files of a folder stand in for those of /etc there.
_OWN_ETC = 'for file in "$1"/*; do mount --bind "$file" "/etc/${file##*/}"; done; shift; exec "$@"'


class Namespace:
    """An open namespace.  Programs started with `spawn` end with it."""

    def __init__(self, name: str, etc: Path | None = None) -> None:
        self.name = name
        self._etc = etc
        self._started: list[tuple[subprocess.Popen[bytes], Path]] = []

    def command(self, *arguments: str | Path) -> list[str]:
        """`arguments` as a command that runs inside."""
        inside = [] if self._etc is None else ["sh", "-c", _OWN_ETC, "sh", str(self._etc)]
        return [tool("ip"), "netns", "exec", self.name, *inside, *map(str, arguments)]

    def run(self, *arguments: str | Path, stdin: str = "", timeout: float = 60.0) -> str:
        """Standard output of a program run inside.  Raises `AssertionError` when it fails."""
        return checked(self.command(*arguments), stdin=stdin, timeout=timeout)

    def spawn(self, *arguments: str | Path, log: Path) -> subprocess.Popen[bytes]:
        """Start a server that stays in the foreground; what it says goes to `log`.

        The first argument is a full path, as `interop_tools.tool` gives it.
        """
        arguments = (_unconfined(Path(arguments[0]), log.parent), *arguments[1:])
        with log.open("wb") as said:
            process = subprocess.Popen(
                self.command(*arguments),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        self._started.append((process, log))
        return process

    def wait_for_dns(self, questions: Sequence[tuple[str, str]], timeout: float = 15.0) -> None:
        """Wait until every (address, zone) answers for the zone's SOA.

        Raises `AssertionError` with the logs of the servers that ended or that were started last.
        """
        pairs = [f"{address}/{zone}" for address, zone in questions]
        try:
            self.run(sys.executable, _READY, str(timeout), *pairs, timeout=timeout + 15)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def logs(self) -> str:
        """The last lines that each server wrote."""
        texts = []
        for process, log in self._started:
            state = "running" if process.poll() is None else f"ended with {process.returncode}"
            lines = log.read_text(errors="replace").splitlines()[-15:]
            texts.append("\n".join([f"--- {log.name} ({state})", *lines]))
        return "\n".join(texts)

    def terminate(self) -> None:
        """Ask every server to end, by its process id."""
        for process, _ in self._started:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)

    def end(self) -> None:
        """End every server."""
        self.terminate()
        for process, _ in self._started:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        # Children that a server left behind: whatever still runs in here was started from here.
        for pid in checked([tool("ip"), "netns", "pids", self.name]).split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)


def _unconfined(program: Path, folder: Path) -> Path:
    """`program`, or a copy of it: AppArmor's profiles go by path and keep servers out of a test's folder."""
    if not _APPARMOR.exists() or _APPARMOR.read_text().strip() != "Y":
        return program
    copy = folder / "programs" / program.name
    copy.parent.mkdir(exist_ok=True)
    if not copy.exists():
        shutil.copy(program, copy)
    return copy


@contextlib.contextmanager
def namespace(addresses: Sequence[str], etc: Path | None = None) -> Iterator[Namespace]:
    """A new namespace whose loopback device holds `addresses`; removed at the end.

    "192.0.2.1/24" makes the whole IPv4 network local.  `etc`: a folder whose files programs inside see in
    place of those of /etc with the same name.
    """
    assert os.geteuid() == 0, "interop tests make a network namespace, which only root can: sudo make interop"
    name = f"mailpath-interop-{os.getpid()}-{next(_numbers)}"
    checked([tool("ip"), "netns", "add", name])
    space = Namespace(name, etc)
    try:
        orders = ["link set lo up", *(f"address add {_prefix(address)} dev lo" for address in addresses)]
        checked([tool("ip"), "-netns", name, "-batch", "-"], stdin="\n".join(orders) + "\n")
        yield space
    finally:
        space.end()
        checked([tool("ip"), "netns", "delete", name])


def _prefix(address: str) -> str:
    if "/" in address:
        return address
    return f"{address}/128" if ":" in address else f"{address}/32"
