"""Programs that the interop tests drive, and the Debian package that each comes from.

A missing program fails the test that wants it: interop tests are left out by their marker, never skipped.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

#: Program -> package of Debian 12, as `packages.txt` lists them.
PACKAGES = {
    "chromium": "chromium",
    "delv": "bind9-dnsutils",
    "dnssec-keygen": "bind9-utils",
    "dnssec-revoke": "bind9-utils",
    "dnssec-signzone": "bind9-utils",
    "fish": "fish",
    "ip": "iproute2",
    "keymgr": "knot-dnssecutils",
    "knotd": "knot",
    "kzonesign": "knot-dnssecutils",
    "ldns-keygen": "ldnsutils",
    "ldns-signzone": "ldnsutils",
    "m4": "m4",
    "man": "man-db",
    "named": "bind9",
    "nsd": "nsd",
    "objdump": "binutils",
    "openssl": "openssl",
    "pgrep": "procps",
    "postconf": "postfix",
    "postfix": "postfix",
    "postqueue": "postfix",
    "prlimit": "util-linux",
    "setpriv": "util-linux",
    "tmux": "tmux",
    "unbound": "unbound",
    "unbound-control": "unbound",
    "zsh": "zsh",
}
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"])


class MissingTool(AssertionError):
    """A program is not installed; the message names its package."""


def tool(program: str) -> str:
    """The full path of `program`.  Raises `MissingTool`."""
    found = shutil.which(program, path=_PATH)
    if found is None:
        raise MissingTool(f"{program} is not installed: apt-get install {PACKAGES.get(program, program)}")
    return found


def run(program: str, *arguments: str | Path, cwd: Path | None = None, timeout: float = 30.0) -> str:
    """Standard output of `program`; its standard error is in the `AssertionError` when it fails."""
    return checked([tool(program), *map(str, arguments)], cwd=cwd, timeout=timeout)


def checked(
    command: Sequence[str], *, cwd: Path | None = None, stdin: str = "", timeout: float = 30.0
) -> str:
    """Standard output of `command`.  Raises `AssertionError` with its last lines when it fails."""
    done = subprocess.run(
        list(command), cwd=cwd, input=stdin, capture_output=True, text=True, timeout=timeout, check=False
    )
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout


def wait_until(
    true: Callable[[], bool],
    seconds: float,
    what: str,
    more: Callable[[], str] = lambda: "",
    *,
    pause: float = 0.1,
) -> None:
    """Raises `AssertionError` that names `what` (with `more()` below) when it has not come about by then."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}\n{more()}"
        time.sleep(pause)
