"""A hash ring: which of a survey's workers owns a host's address.

Where one is lost its part goes to those next to it on the ring, and nobody else's part changes hands (Karger
et al., Consistent Hashing and Random Trees, STOC 1997).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator
from hashlib import blake2b

#: Places of each shard on the ring: the largest part is then about a third larger than the mean.
POINTS = 64


class Ring:
    """Of shards 0 to `shards` - 1.  The same in every process, whatever its hash seed."""

    def __init__(self, shards: int) -> None:
        points = sorted(
            (_place(f"{shard}/{each}"), shard) for shard in range(shards) for each in range(POINTS)
        )
        self._places = [place for place, _ in points]
        self._shards = [shard for _, shard in points]

    def owners(self, key: str) -> Iterator[int]:
        """Every shard once: the owner of `key`, who owns it where that one is lost, and so on."""
        start = bisect(self._places, _place(key))
        yield from dict.fromkeys(self._shards[start:] + self._shards[:start])


def _place(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
