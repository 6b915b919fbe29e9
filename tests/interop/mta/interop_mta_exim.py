"""A real Exim, unpacked beside the system's packages: a configuration per level, a process per message."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from interop_mta_internet import lines_of, piping
from interop_mta_model import Attempt
from interop_namespace import Namespace
from interop_tools import tool

AUTHENTICATED = frozenset({"CV=dane"})
#: At this level a trusted chain was asked for; elsewhere CV=yes is an observation that nothing hangs on.
AUTHENTICATED_VERIFY = frozenset({"CV=yes"})
USER_ID = 64999  # of the user that `interop_mta_internet.write_etc` makes up
LIMIT = 120.0  # seconds for all messages

#: Posture -> options of its smtp transport.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "exim": ("hosts_try_dane = *",),
    "exim-none": ("hosts_avoid_tls = *", "hosts_try_dane ="),
    "exim-opportunistic": ("hosts_try_dane =",),
    "exim-noclear": ("hosts_try_dane =", "tls_tempfail_tryclear = false"),
    "exim-require-tls": ("hosts_try_dane =", "hosts_require_tls = *"),
    "exim-verify": (
        "hosts_try_dane =",
        "hosts_require_tls = *",
        "tls_verify_hosts = *",
        "tls_verify_cert_hostnames = *",
    ),
    "exim-require-dane": ("hosts_require_dane = *",),
}

_CONF = """\
spool_directory = {spool}
exim_path = {exim}
log_file_path = {spool}/log/%slog
primary_hostname = {posture}.a.example
exim_user = Debian-exim
exim_group = Debian-exim
never_users =
tls_advertise_hosts =
dns_dnssec_ok = 1
dns_retrans = 6s
dns_retry = 2
keep_environment =
qualify_domain = a.example
ignore_bounce_errors_after = 0s
log_selector = +tls_cipher +tls_certificate_verified
begin routers
dns:
  driver = dnslookup
  transport = smtp
  self = send
  no_more
begin transports
smtp:
  driver = smtp
  connect_timeout = 4s
  command_timeout = 15s
  data_timeout = 15s
  final_timeout = 15s
  tls_verify_certificates = {ca_file}
{options}
begin retry
* * F,4d,1m
"""

_LINE = re.compile(r"^[\d-]{10} [\d:]{8} ([0-9A-Za-z-]{16,}) (=>|==|\*\*) (\S+?):? (.*)$")
_HOST = re.compile(r"\bH=(\S+)(?: DS)? \[([^\]]+)\]")
_WORD = re.compile(r"\b(CV=\w+)")
_STATUS = {"=>": "sent", "==": "deferred", "**": "bounced"}


class Exim:
    """Exim in `space`; everything of it is in `home`.  `levels`: name -> options of its smtp transport."""

    def __init__(
        self, space: Namespace, home: Path, ca_file: Path, levels: Mapping[str, Iterable[str]] = LEVELS
    ) -> None:
        self._levels = levels
        self._space = space
        self._home = home
        home.mkdir()
        # Exim starts itself again as its own user, who may not enter the folder that it was unpacked into.
        self._program = Path(shutil.copy(program(), home))
        for posture, options in levels.items():
            spool = home / posture
            (spool / "log").mkdir(parents=True)
            for folder in (spool, spool / "log"):
                os.chown(folder, USER_ID, USER_ID)
            lines = "\n".join(f"  {option}" for option in options)
            conf = _CONF.format(
                spool=spool, exim=self._program, posture=posture, ca_file=ca_file, options=lines
            )
            self._conf(posture).write_text(conf)

    def _conf(self, posture: str) -> Path:
        return self._home / f"{posture}.conf"

    def start(self, recipients: Sequence[str]) -> subprocess.Popen[bytes]:
        """Begins to deliver one message to each; the process ends when all have been tried."""
        command = piping({each: self._command(each) for each in recipients}, self._home / "jobs.json")
        return self._space.spawn(tool("env"), *command, log=self._home / "exim.log")

    def _command(self, recipient: str) -> list[str]:
        """Delivers before it ends."""
        conf = self._conf(recipient.split("@", maxsplit=1)[0])
        return [str(self._program), "-C", str(conf), "-odf", "-oi", "-f", "<>", recipient]

    def said(self) -> str:
        """What went wrong inside."""
        logs = sorted(self._home.glob("*/log/paniclog"))
        return "\n".join(line for log in logs for line in log.read_text(errors="replace").splitlines()[:3])

    def attempts(self) -> dict[str, list[Attempt]]:
        """What the logs tell, by recipient."""
        found: dict[str, list[Attempt]] = {}
        for posture in self._levels:
            for recipient, attempt in _attempts(lines_of(self._home / posture / "log" / "mainlog")):
                found[recipient] = [attempt]
        return found


def _attempts(lines: Iterable[str]) -> Iterable[tuple[str, Attempt]]:
    for raw in lines:
        line = _LINE.match(raw)
        if line is None or "@" not in line[3]:
            continue
        _, mark, recipient, rest = line.groups()
        host, word = _HOST.search(rest), _WORD.search(rest)
        name, address = (host[1], host[2]) if host else (None, None)
        yield recipient, Attempt(_STATUS[mark], None, name, address, word[1] if word else None, rest)


def program() -> Path:
    """Where `make interop` unpacked it: Debian's package conflicts with that of Postfix."""
    unpacked = Path(sys.prefix) / "exim" / "usr" / "sbin" / "exim4"
    assert unpacked.exists(), f"{unpacked} is not there: make interop unpacks it"
    return unpacked
