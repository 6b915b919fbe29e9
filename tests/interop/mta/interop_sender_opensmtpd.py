"""A real OpenSMTPD: an instance per level, because each keeps away for a while from a host that failed it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from interop_mta_internet import lines_of, listens, submit
from interop_senders import Sender, Tried, of_level, standing_in, unpacked
from interop_tools import wait_until

PORT = 10030

#: Level -> what follows `relay` in its action.
LEVELS: Mapping[str, str] = {
    "opensmtpd-6.8": "",
    "opensmtpd-6.8-tls": "tls",
    "opensmtpd-6.8-tls-no-verify": "tls no-verify",
}

_CONF = """\
listen on 127.0.0.1 port {port}
smtp limit max-mails 10000
action "relay" relay {tls} helo {level}.a.example
match from any for any action "relay"
"""
_LINE = re.compile(r"mta delivery evpid=\w+ .*to=<([^>]+)> .*result=\"(\w+)\" stat=\"(.*)\"$")
_STATUS = {"Ok": "sent", "TempFail": "deferred", "PermFail": "bounced", "Loop": "bounced"}


class OpenSMTPD(Sender):
    """Debian's OpenSMTPD."""

    levels = tuple(LEVELS)
    # Bytes behind the reply to STARTTLS end the server, more often than not: it frees the session twice
    # ("Remote host sent too much data", then "double free or corruption").
    spared = frozenset({"injected-starttls"})

    def start(self, recipients: Sequence[str]) -> None:
        for number, level in enumerate(LEVELS):
            port, home = PORT + number, self._home / level
            self._serve(level, port, home)
            submit(self._space, port, of_level(level, recipients), home / "recipients.json")

    def _serve(self, level: str, port: int, home: Path) -> None:
        _make_folders(home)
        conf = home / "smtpd.conf"
        conf.write_text(_CONF.format(port=port, tls=LEVELS[level], level=level))
        instead = {
            home / "spool": "/var/spool",
            home / "lib": "/var/lib",
            home / "run": "/run",
            self._grounds.ca_file: "/etc/ssl/certs/ca-certificates.crt",
        }
        command = standing_in(instead, unpacked("opensmtpd", "usr/sbin/smtpd"), "-d", "-f", conf)
        process = self._space.spawn(*command, log=self._log(level))
        wait_until(lambda: listens(process, port), 20, f"{level} to listen")

    def _log(self, level: str) -> Path:
        return self._home / f"{level}.log"

    def lines(self) -> list[str]:
        return lines_of(*map(self._log, LEVELS))

    def tried(self) -> Mapping[str, Tried]:
        found: dict[str, Tried] = {}
        for line in self.lines():
            if match := _LINE.search(line):
                found.setdefault(match[1], Tried(_STATUS[match[2]], match[3]))
        return found


def _make_folders(home: Path) -> None:
    for name in ("spool/smtpd", "lib/opensmtpd/empty", "run"):
        (home / name).mkdir(parents=True)
    for folder in (home / "spool", home / "spool" / "smtpd", home / "lib", home / "run"):
        os.chmod(folder, 0o711)
