"""Whose files these are, and their import."""

from __future__ import annotations

from collections.abc import Sequence

from mailpath.judge.presets import AGENTS
from mailpath.servers.drafts import Imported
from mailpath.servers.given import Given, ImportRefused
from mailpath.wording.phrases import did_you_mean


def imported(files: Sequence[Given], name: str | None = None, agent: str | None = None) -> Imported:
    """The postures in `files`.  `name`: of the server's own, by default after its host name; `agent`: whose
    habits it has, by default those of the version that the files tell.  Raises `ImportRefused`.
    """
    if agent is not None and agent not in AGENTS:
        near = did_you_mean(agent, AGENTS) or f" The agents are {', '.join(AGENTS)}."
        raise ImportRefused(f"There is no agent {agent!r}.{near}")
    from mailpath.servers import exim, postfix

    found = exim.read_exim(files)
    if found.found:
        return exim.import_exim(found, name)
    lines = postfix.sorted_lines(files)
    if postfix.is_postfix(lines):
        return postfix.import_postfix(lines, name, agent)
    from mailpath.servers.sendmail import Sendmail, import_sendmail

    if (sendmail := Sendmail(files)).found:
        return import_sendmail(sendmail, name)
    named = ", ".join(file.name for file in files)
    raise ImportRefused(
        f"{named}: This is no configuration of Postfix (main.cf, master.cf, postconf -n, -M, -P), Exim"
        " (a configuration file, a transport, exim -bP transports) or Sendmail (.mc, access map)."
    )
