"""What live sessions wait for at this moment, for whoever shows it: a server may take half a minute.

Nothing is told: a screen that is drawn ten times a second looks here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from mailpath.exchanges import SmtpRequest


class Wait:
    """`awaited`: a phrase ("the greeting").  `limit`: seconds, after which it is given up."""

    def __init__(self, request: SmtpRequest, awaited: str, limit: float) -> None:
        self.request = request
        self.awaited = awaited
        self.limit = limit
        self._since = time.monotonic()

    @property
    def lasted(self) -> float:
        """Seconds, of `limit`."""
        return time.monotonic() - self._since

    @property
    def of_host(self) -> str:
        """What is awaited, and of whom, as a phrase; the name as it came."""
        return f"{self.awaited} of {self.request.sni or self.request.address}"

    def again(self) -> None:
        """A part came: the wait for the rest begins."""
        self._since = time.monotonic()


class Waits:
    """The waits under way."""

    def __init__(self) -> None:
        self._running: list[Wait] = []

    @contextmanager
    def during(self, request: SmtpRequest, awaited: str, limit: float) -> Iterator[Wait]:
        """One wait, for as long as the block runs."""
        wait = Wait(request, awaited, limit)
        self._running.append(wait)
        try:
            yield wait
        finally:
            self._running.remove(wait)

    def longest(self) -> Wait | None:
        """The one that has lasted longest, of two that began together one whose host has a name; None when
        nothing is waited for.
        """
        return max(
            self._running,
            key=lambda wait: (int(wait.lasted), wait.request.sni is not None, wait.lasted),
            default=None,
        )
