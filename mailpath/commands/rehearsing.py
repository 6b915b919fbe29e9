"""`mailpath lab from`: a captured path as a scenario file."""

from __future__ import annotations

import asyncio

from mailpath.commands.outputs import examine, put
from mailpath.commands.stdio import tell
from mailpath.errors import concerning
from mailpath.network.capture import load
from mailpath.rehearse import rehearse, write
from mailpath.visible import visible

#: As diff(1) has them.
SAME, DIFFERENT = 0, 1


def run(*, capture: str, output: str | None) -> int:
    """0 where the lab behaves as the capture did, 1 where it does not.  Raises `MailpathError`, OSError."""
    examine({"-o": output}, {"the command": capture}, None)
    held = load(capture)
    with concerning(file=capture):
        drawn, differences = asyncio.run(rehearse(held))
    text = write(drawn, f"Made from a capture of the path to {visible(held.path.recipient)}.")
    put(text, "text", output, "scenario")
    for note in drawn.notes:
        tell(f"mailpath lab from: {note}")
    return DIFFERENT if differences else SAME
