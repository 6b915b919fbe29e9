"""Whether anybody is at an address at all, before a library tries for minutes."""

from __future__ import annotations

import socket


def reach(host: str, port: int, seconds: float) -> None:
    """Connect, and hang up.  Raises `OSError` where nobody accepts that within `seconds`."""
    socket.create_connection((host, port), seconds).close()
