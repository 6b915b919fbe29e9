"""Received octets, in no more room than they take."""

from __future__ import annotations


def apart(data: bytes) -> bytes:
    """The same octets in a block of their own.

    asyncio reads into 256 KiB, and what came stays at the beginning of them.  The rest is free, but as long
    as the octets are kept, the next read needs new room: the heap of a survey grew by it.
    """
    return bytes(memoryview(data))
