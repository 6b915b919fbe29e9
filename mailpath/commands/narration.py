"""What `mailpath check` tells on standard error while it walks, where somebody is there to read it."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable

from mailpath.commands.stdio import plain, tell
from mailpath.facts import TITLES
from mailpath.network.waits import Waits
from mailpath.visible import visible
from mailpath.walk import StepFinished
from mailpath.wording.signs import ASCII, UNICODE
from mailpath.wording.times import milliseconds

#: Seconds of a wait that nobody need be told of, and between two looks.
NOTICED, LOOK = 2.0, 0.5


def watched() -> bool:
    """Whether somebody is there to read it."""
    return sys.stderr.isatty()


def narrator() -> Callable[[StepFinished], None] | None:
    """Tells each step as it ends; None where nobody reads it."""
    if not watched():
        return None
    glyphs = ASCII if plain(sys.stderr) else UNICODE

    def step_ended(event: StepFinished) -> None:
        step = event.result
        tell(f"{glyphs.of(step.status)} {TITLES[step.id]}  {step.word}  {milliseconds(event.elapsed_ms)}")

    return step_ended


@contextlib.asynccontextmanager
async def waits_told(waits: Waits) -> AsyncIterator[None]:
    """For as long as the block runs, each wait of a mail session that lasts is told, once for each host."""
    if not watched():
        yield
        return
    looking = asyncio.create_task(_look(waits, "..." if plain(sys.stderr) else "…"))
    try:
        yield
    finally:
        looking.cancel()


async def _look(waits: Waits, glyph: str) -> None:
    told: set[str] = set()
    while True:
        wait = waits.longest()
        if wait is not None and wait.lasted >= NOTICED:
            line = f"{glyph} {TITLES['starttls']}  waiting up to {wait.limit:g} s: {visible(wait.of_host)}"
            if line not in told:
                told.add(line)
                tell(line)
        await asyncio.sleep(LOOK)
