"""`mailpath postures import` and `learn`: the posture of a server, out of its configuration or its doings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailpath.commands.outputs import put
from mailpath.commands.stdio import print_json, tell
from mailpath.ending import ExitCode

if TYPE_CHECKING:
    from mailpath.servers.drafts import Imported


def run(files: tuple[str, ...], name: str | None, agent: str | None, write: bool, as_json: bool) -> int:
    """Prints the postures, and adds them to the config file where that is asked for.

    Raises `MailpathError`; then nothing was written.
    """
    from mailpath.servers.given import read
    from mailpath.servers.importing import imported

    return _given("import", imported(read(files), name, agent), write, as_json)


def learn(seen: str, mail_log: str | None, name: str | None, write: bool, as_json: bool) -> int:
    """The same of what a server did in the lab.  Raises `MailpathError`."""
    from mailpath.servers.learning.telling import learned

    return _given("learn", learned(seen, mail_log, name or "learned"), write, as_json)


def _given(command: str, found: Imported, write: bool, as_json: bool) -> int:
    from mailpath.servers.placing import placed
    from mailpath.servers.rendering import render_text, to_dict

    where = placed(found, write=write)
    if as_json:
        print_json(to_dict(found))
    else:
        put(render_text(found), "text", None)
    if write:
        added = f"Added to {where}; `mailpath check b.example --posture {found.name}`."
        tell(f"mailpath postures {command}: {added}")
    return ExitCode.OK if found.decided else ExitCode.UNKNOWN
