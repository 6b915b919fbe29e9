"""What the lab's servers saw: the newest sessions, and how many there were.  A lab may run for days."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: Most sessions that we keep.
MAX_SEEN = 10_000
#: Most characters of one session's commands that we keep: an honest client says less than one KiB.
MAX_SAID = 4096


@dataclass(slots=True)
class Seen:
    """What one server saw of one session.  `sni`: "" if TLS came without a name, None without TLS.

    `commands`: the first `MAX_SAID` characters of them.  `together`: sessions that were open at its address
    when it began, itself one of them.  `began`: Unix time, with its fraction.
    """

    host: str
    address: str
    commands: list[str] = field(default_factory=list)
    sni: str | None = None
    tls_version: str = ""
    delivered: int = 0
    together: int = 1
    began: float = field(default_factory=time.time)
    _room: int = MAX_SAID

    def hear(self, command: str) -> None:
        """Keep `command`, or as much of it as there is room for."""
        if self._room:
            kept = command[: self._room]
            self.commands.append(kept)
            self._room = max(0, self._room - len(kept) - 1)


class Log:
    """The sessions of all servers in the order of connection.

    `newest`: at most `MAX_SEEN`; `count`: how many there were.  `ended`: called with each that is over.
    """

    def __init__(self) -> None:
        self.newest: deque[Seen] = deque(maxlen=MAX_SEEN)
        self.count = 0
        self.ended: Callable[[Seen], None] | None = None
        self._open: Counter[str] = Counter()

    @contextmanager
    def session(self, host: str, address: str) -> Iterator[Seen]:
        """The record of a new session, which lasts as long as the block."""
        self._open[address] += 1
        seen = Seen(host, address, together=self._open[address])
        self.newest.append(seen)
        self.count += 1
        try:
            yield seen
        finally:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
            if self.ended is not None:
                self.ended(seen)
