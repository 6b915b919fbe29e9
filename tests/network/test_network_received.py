"""What is received and kept does not lie in the room into which it was read."""

from __future__ import annotations

import asyncio

from mailpath.network.live_smtp_protocol import RecordingProtocol
from mailpath.network.received import apart


async def test_what_came_is_kept_in_a_block_of_its_own() -> None:
    line = b"220 mx1.b.example ESMTP\r\n" * 40
    assert apart(line) == line
    assert apart(line) is not line
    protocol = RecordingProtocol(asyncio.get_running_loop())
    protocol.data_received(line)
    (chunk,) = protocol.transcript
    assert chunk.data == line
    assert chunk.data is not line
