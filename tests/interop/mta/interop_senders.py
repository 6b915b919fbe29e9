"""Other mail servers against the lab: what each says of one message to each recipient, and what is compared.

Of each only the first attempt counts.  A server is a class (`Sender`) in a module of
its own; it lies unpacked below the virtual environment, because Debian's mail servers exclude each other.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from interop_mta_internet import Grounds
from interop_mta_model import DELIVERED, Cell, Taken, judged
from interop_namespace import Namespace
from interop_tools import tool, wait_until

from mailpath.judge import Verdict

LIMIT = 60.0  # seconds until every message has been tried

#: Arguments: pairs of a file or folder and what it stands in for, "--", then the program.  `ip netns exec`
#: gives each program mounts of its own.
_STAND_IN = """\
while [ "$1" != -- ]; do mount --rbind "$1" "$2"; shift 2; done
shift; exec "$@"
"""


@dataclass(frozen=True)
class Tried:
    """The first attempt at one message as the server tells it.

    `status`: "sent", "deferred" or "bounced".
    """

    status: str
    text: str


class Sender(ABC):
    """A mail server in the lab's namespace, with a folder of its own.

    `levels`: the presets that it is held against; `spared`: scenarios that it gets no mail for.
    """

    levels: ClassVar[Sequence[str]]
    spared: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._space = grounds.space
        self._home = grounds.folder / type(self).__name__.lower()
        self._home.mkdir()

    @abstractmethod
    def start(self, recipients: Sequence[str]) -> None:
        """Hand it one message for each "LEVEL@DOMAIN"."""

    @abstractmethod
    def tried(self) -> Mapping[str, Tried]:
        """What it has said so far, by recipient."""

    @abstractmethod
    def lines(self) -> list[str]:
        """Of its log."""


def of_level(level: str, recipients: Iterable[str]) -> list[str]:
    """Those that mail is sent to at it."""
    return [each for each in recipients if each.startswith(f"{level}@")]


def unpacked(package: str, path: str) -> Path:
    """A file of a package that `make interop` unpacked."""
    file = Path(sys.prefix) / "mta" / package / path
    assert file.exists(), f"{file} is not there: make interop unpacks it"
    return file


def standing_in(files: Mapping[Path, str], *command: str | Path) -> list[str | Path]:
    """`command` with `files` in place of paths that are built into it; to be spawned in a namespace."""
    pairs = [str(each) for pair in files.items() for each in pair]
    return [tool("sh"), "-c", _STAND_IN, "sh", *pairs, "--", *command]


def deliver(sender: Sender, recipients: Sequence[str], space: Namespace) -> Mapping[str, Tried]:
    """One message to each: what the server says of the first attempts."""
    try:
        sender.start(recipients)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{space.logs()}") from None

    def missing() -> list[str]:
        found = sender.tried()
        return [each for each in recipients if each not in found]

    def more() -> str:
        return f"{len(missing())} are missing: {missing()[:5]}\n{space.logs()}"

    wait_until(lambda: not missing(), LIMIT, "every message to be tried", more)
    return sender.tried()


def seen(tried: Tried, taken: Taken | None) -> Cell:
    """What both ends tell of one message.  The host is an address: servers under two names know only one."""
    if (tried.status == "sent") != (taken is not None):
        return Cell(f"{tried.status}, taken by {taken}", text=tried.text)
    if taken is None:
        return Cell(tried.status, text=tried.text)
    outcome = "encrypted" if taken.tls else "plaintext"
    return Cell(outcome, host=taken.address, text=tried.text)


def foreseen(verdict: Verdict) -> Cell:
    """What the judge foresees of the first attempt; encrypted is all TLS, which is what both ends tell."""
    cell = judged(verdict)
    if verdict.after_retry:
        return Cell("deferred", text=cell.text)
    outcome = "encrypted" if cell.outcome == "authenticated" else cell.outcome
    return Cell(outcome, host=verdict.address if outcome in DELIVERED else None, text=cell.text)
