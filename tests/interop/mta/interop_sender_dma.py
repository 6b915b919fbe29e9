"""A real dma: a configuration per level, a process per message, which stays to try again after five minutes.

It logs when mail is delivered or given up; that mail waits shows in nothing more being said.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from interop_mta_internet import Grounds, piping
from interop_sender_syslog import SystemLog
from interop_senders import Sender, Tried, of_level, standing_in, unpacked

QUIET = 5.0  # seconds without a line, after which mail that was not delivered waits

#: Level -> lines of dma.conf.  VERIFYCERT came with 0.14.
LEVELS: Mapping[str, str] = {
    "dma-0.13": "",
    "dma-0.13-starttls": "SECURETRANSFER\nSTARTTLS\n",
    "dma-0.13-opportunistic": "SECURETRANSFER\nSTARTTLS\nOPPORTUNISTIC_TLS\n",
}
_LINE = re.compile(r" dma\[([\w.]+)\]: (.*)$")
_TRYING = re.compile(r"<([^>]+)> trying delivery$")
_SENT = re.compile(r"<([^>]+)> delivery successful$")
_BOUNCED = ("delivery failed, bouncing as", "error creating bounce")  # where there is no sender to tell


class Dma(Sender):
    """Debian's dma."""

    levels = tuple(LEVELS)

    def __init__(self, grounds: Grounds) -> None:
        super().__init__(grounds)
        self._log = SystemLog(self._home)
        self._said = 0, 0.0  # how many lines there were, and since when

    def start(self, recipients: Sequence[str]) -> None:
        deliver = [str(unpacked("dma", "usr/sbin/dma")), "-f", "<>", "-i"]
        for level in LEVELS:
            its = {each: [*deliver, each] for each in of_level(level, recipients)}
            instead = {self._configure(level): "/etc", **self._log.instead}
            command = standing_in(instead, *piping(its, self._home / f"{level}.json"))
            self._space.spawn(*command, log=self._home / f"{level}.log")

    def _configure(self, level: str) -> Path:
        home = self._home / level
        etc, spool = home / "etc", home / "spool"
        shutil.copytree(self._grounds.etc, etc)
        with (etc / "passwd").open("a") as users:
            users.write("mail:x:8:8::/:/bin/sh\n")
        (etc / "dma").mkdir()
        spool.mkdir()
        shutil.chown(spool, 8, 8)
        spool.chmod(0o770)
        shutil.chown(home, 8, 8)
        conf = f"SPOOLDIR {spool}\nMAILNAME {level}.a.example\n{LEVELS[level]}"
        (etc / "dma" / "dma.conf").write_text(conf)
        return etc

    def tried(self) -> Mapping[str, Tried]:
        found: dict[str, Tried] = {}
        recipients: dict[str, str] = {}
        last: dict[str, str] = {}
        lines = self._log.lines()
        for line in lines:
            if not (match := _LINE.search(line)):
                continue
            queued, said = match.groups()
            if trying := _TRYING.match(said):
                recipients[queued] = trying[1]
            elif sent := _SENT.match(said):
                found.setdefault(sent[1], Tried("sent", said))
            elif said.startswith(_BOUNCED) and queued in recipients:
                found.setdefault(recipients[queued], Tried("bounced", last.get(queued, "")))
            else:
                last[queued] = said
        if self._quiet(len(lines)):
            for queued, recipient in recipients.items():
                found.setdefault(recipient, Tried("deferred", last.get(queued, "")))
        return found

    def _quiet(self, lines: int) -> bool:
        if lines != self._said[0]:
            self._said = lines, time.monotonic()
        return time.monotonic() - self._said[1] > QUIET

    def lines(self) -> list[str]:
        return self._log.lines()
