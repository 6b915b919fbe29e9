"""`mailpath postures import`: the posture of a server, out of its configuration."""

from __future__ import annotations

from mailpath.commands.outputs import put
from mailpath.commands.stdio import print_json, tell
from mailpath.ending import ExitCode


def run(files: tuple[str, ...], name: str | None, agent: str | None, write: bool, as_json: bool) -> int:
    """Prints the postures, and adds them to the config file where that is asked for.

    Raises `MailpathError`; then nothing was written.
    """
    from mailpath.servers.given import read
    from mailpath.servers.importing import imported
    from mailpath.servers.placing import placed
    from mailpath.servers.rendering import render_text, to_dict

    found = imported(read(files), name, agent)
    where = placed(found, write=write)
    if as_json:
        print_json(to_dict(found))
    else:
        put(render_text(found), "text", None)
    if write:
        tell(
            f"mailpath postures import: Added to {where}; `mailpath check b.example --posture {found.name}`."
        )
    return ExitCode.OK if found.decided else ExitCode.UNKNOWN
