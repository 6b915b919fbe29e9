"""Large blocks of memory go back to the system.

asyncio reads each connection, and each TLS session, into blocks of 256 KiB.  Once one was freed, glibc takes
such blocks from its heap (mallopt(3), M_MMAP_THRESHOLD: the threshold is dynamic); what lives longer settles
in the room that they leave, the next block needs new room, and the heap of a survey grows.  What is received
and kept must be copied out of its block (see `received`), or each reply takes a page of its own.
"""

from __future__ import annotations

import ctypes
from contextlib import suppress

#: glibc's number for it (malloc.h), and what is large, in octets: its own first value.
_M_MMAP_THRESHOLD, LARGE = -3, 128 * 1024


def give_large_blocks_back() -> None:
    """From now on the heap of this process does not grow for large blocks: the system lends each by itself.

    Where the C library is not glibc, nothing happens.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE)
