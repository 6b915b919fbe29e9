"""What a survey frees goes back to the system."""

from __future__ import annotations

import ctypes

import pytest

from mailpath.survey.memory import LARGE, give_large_blocks_back

_NAMES = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "used", "free", "top")


class _Info(ctypes.Structure):
    """struct mallinfo2 of glibc 2.33."""

    _fields_ = tuple((name, ctypes.c_size_t) for name in _NAMES)


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="no glibc that tells")
def test_large_blocks_are_apart_however_many_were_freed() -> None:
    tell = ctypes.CDLL(None).mallinfo2
    tell.restype = _Info
    give_large_blocks_back()
    for _ in range(3):
        bytearray(8 * LARGE)  # freed at once: from now on a smaller one would not be apart by itself
    start, full = tell(), []
    while (tell().hblks, tell().arena) == (start.hblks, start.arena):
        full.append(bytearray(2 * LARGE))  # what other tests left free is used first
    before = tell()
    held = [bytearray(2 * LARGE) for _ in range(40)]
    after = tell()
    assert after.hblks > before.hblks + len(held) / 2
    assert after.arena - before.arena < 2 * LARGE
