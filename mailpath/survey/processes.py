"""Workers on this machine: processes that this one starts, and reaches through pipes of pickles."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from mailpath.survey.links import Link
from mailpath.survey.worker import work

#: Octets that a pipe holds before it is read.
ROOM = 1024 * 1024
#: Octets of the length before each message, and of a message: a walk of fifty mail hosts has some MiB.
HEAD, MOST = 8, 256 * 1024 * 1024
#: Seconds in which a server notices that a process which has ended holds its session no longer.
REST = 1.0
_PROGRAM = "import sys; sys.path[:] = {path!r}; from mailpath.survey.processes import main; main()"


class Pipes:
    """One end of a pair of pipes: a `Link`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, message: Any) -> None:
        """Never waits."""
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        if not self._writer.is_closing():
            self._writer.write(len(data).to_bytes(HEAD, "big") + data)

    async def receive(self) -> Any:
        """The next message; None where the other end is gone."""
        try:
            length = int.from_bytes(await self._reader.readexactly(HEAD), "big")
            return pickle.loads(await self._reader.readexactly(length)) if length <= MOST else None
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    def close(self) -> None:
        """Say nothing more: the other end finds the end of its pipe."""
        self._writer.close()


class Processes:
    """The `Transport` of `size` processes.  `pids`: of those at work, by their shards."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rest = REST
        self.pids: dict[int, int] = {}

    @asynccontextmanager
    async def started(self, shard: int) -> AsyncIterator[Link]:
        """A worker, which ends with the block."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _PROGRAM.format(path=sys.path)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=ROOM,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        pipes = Pipes(process.stdout, process.stdin)
        self.pids[shard] = process.pid
        try:
            yield pipes
        finally:
            del self.pids[shard]
            pipes.close()
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def _serve(source: int, sink: int) -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb"))
    transport, protocol = await loop.connect_write_pipe(
        asyncio.streams.FlowControlMixin, os.fdopen(sink, "wb")
    )
    await work(Pipes(reader, asyncio.StreamWriter(transport, protocol, None, loop)))


def main() -> None:
    """Standard input and output are the pipe; what anything else writes there goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the holder's to heed
    source, sink = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    asyncio.run(_serve(source, sink))
