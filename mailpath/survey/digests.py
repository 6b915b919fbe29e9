"""Which requests may have an answer in a store.

Of most that a survey asks nobody has ever asked, and a look into the database's index costs more than all
else that the store does about them.
"""

from __future__ import annotations

#: So many bits of a digest are looked at: four million octets.
BITS = 22


class Digests:
    """A set of digests.  `in` says yes of each that was added, and of few others."""

    def __init__(self) -> None:
        self._seen = bytearray(1 << BITS)

    def add(self, digest: bytes) -> None:
        """From now on it is there."""
        self._seen[_place(digest)] = 1

    def __contains__(self, digest: bytes) -> bool:
        return bool(self._seen[_place(digest)])


def _place(digest: bytes) -> int:
    return int.from_bytes(digest[:4], "big") >> (32 - BITS)
