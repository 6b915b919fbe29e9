"""Received octets, in no more room than they take."""

from __future__ import annotations


def apart(data: bytes) -> bytes:
    """The same octets in a block of their own.

    A socket is read into as much room as there could be octets: 64 KiB for a datagram, 256 KiB in asyncio.
    What came stays at the beginning of it.  The rest is free, but as long as the octets are kept, the next
    read needs new room: among the answers that a survey keeps the heap grew by 3 MiB per thousand domains.
    """
    return bytes(memoryview(data))
