"""A real Haraka: an instance per level, because its settings are the same for every recipient."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interop_mta_internet import lines_of, listens, submit
from interop_senders import Sender, Tried, of_level, unpacked
from interop_tools import tool, wait_until

PORT = 10050


@dataclass(frozen=True)
class Level:
    """Lines of outbound.ini and of tls.ini."""

    outbound: str = ""
    tls: str = ""


LEVELS: Mapping[str, Level] = {
    "haraka": Level(),
    "haraka-none": Level(outbound="enable_tls=false\n"),
    "haraka-reject-unauthorized": Level(tls="[outbound]\nrejectUnauthorized=true\n"),
    "haraka-force-tls": Level(tls="[outbound]\n{forced}"),
}

#: File of config/ -> what is in it.  The hosts of the lab are on this machine, and yet not this server.
_CONFIG: Mapping[str, str] = {
    "me": "{level}.a.example\n",
    "host_list": "{level}.a.example\n",
    "plugins": "every_recipient\n",
    "smtp.ini": "listen=127.0.0.1:{port}\nnodes=0\n",
    "outbound.ini": "local_mx_ok=true\ntemp_fail_intervals=1h\n{outbound}",
    "tls.ini": "{tls}",
    "log.ini": "[main]\nlevel=INFO\n",
}
_PLUGIN = "exports.hook_rcpt = (next, connection) => { connection.relaying = true; next(OK) }\n"
#: A message has the number of its session and one of its own, and a further one when it is delivered.
_QUEUED = re.compile(r"\[([0-9A-F-]{36}\.\d+)\] \[core\] recipient <([^>]+)>")
_ENDED = re.compile(
    r"\[([0-9A-F-]{36}\.\d+)\.\d+\] \[outbound\] +"
    r"(?:(delivered) file=.*?response=(.*)|(Temp failing) \S+ for \d+ seconds: (.*)|(Double bounce): (.*))"
)
_STATUS = {"delivered": "sent", "Temp failing": "deferred", "Double bounce": "bounced"}


def node() -> Path:
    """From the virtual environment that the tests run in."""
    program = Path(sys.prefix) / "bin" / "node"
    assert program.exists(), f"{program} is not there: pip install --group interop"
    return program


class Haraka(Sender):
    """Haraka as npm has it."""

    levels = tuple(LEVELS)

    def start(self, recipients: Sequence[str]) -> None:
        for number, level in enumerate(LEVELS):
            port, home = PORT + number, self._home / level
            its = of_level(level, recipients)
            self._serve(level, port, home, its)
            submit(self._space, port, its, home / "recipients.json")

    def _serve(self, level: str, port: int, home: Path, recipients: Sequence[str]) -> None:
        shutil.copytree(unpacked("haraka", "node_modules/Haraka/config"), home / "config")
        (home / "queue").mkdir()
        (home / "plugins").mkdir()
        (home / "plugins" / "every_recipient.js").write_text(_PLUGIN)
        made = LEVELS[level]
        # A name there is that of a domain or of one MX host, not of all below it.
        domains = [each.partition("@")[2] for each in recipients]
        tls = made.tls.format(forced="".join(f"force_tls_hosts[]={domain}\n" for domain in domains))
        for name, text in _CONFIG.items():
            filled = text.format(level=level, port=port, outbound=made.outbound, tls=tls)
            (home / "config" / name).write_text(filled)
        trusted = f"NODE_EXTRA_CA_CERTS={self._grounds.ca_file}"
        program = unpacked("haraka", "node_modules/Haraka/bin/haraka")
        command = (tool("env"), trusted, node(), program, "-c", home)
        process = self._space.spawn(*command, log=self._log(level))
        wait_until(lambda: listens(process, port), 30, f"{level} to listen")

    def _log(self, level: str) -> Path:
        return self._home / f"{level}.log"

    def lines(self) -> list[str]:
        return lines_of(*map(self._log, LEVELS))

    def tried(self) -> Mapping[str, Tried]:
        found: dict[str, Tried] = {}
        recipients: dict[str, str] = {}
        for line in self.lines():
            if queued := _QUEUED.search(line):
                recipients[queued[1]] = queued[2]
            elif ended := _ENDED.search(line):
                message, *told = ended.groups()
                how, why = (each for each in told if each is not None)
                found.setdefault(recipients[message], Tried(_STATUS[how], why))
        return found
