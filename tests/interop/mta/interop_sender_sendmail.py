"""A real Sendmail: a configuration per level, a process per message, which delivers before it ends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interop_mta_internet import POLICY_DAEMON_PORT, Grounds, piping
from interop_sender_syslog import SystemLog
from interop_senders import Sender, Tried, standing_in, unpacked
from interop_tools import checked, tool


@dataclass(frozen=True)
class Level:
    """`mc`: lines of the .mc file; `access`: entries of the access map."""

    mc: str = ""
    access: str = ""


LEVELS: Mapping[str, Level] = {
    "sendmail": Level(),
    "sendmail-none": Level(access="Try_TLS:\tNO\n"),
    "sendmail-fallback": Level(mc="define(`confTLS_FALLBACK_TO_CLEAR', `true')dnl\n"),
    "sendmail-encr": Level(access="TLS_Srv:\tENCR:112\n"),
    "sendmail-verify": Level(access="TLS_Srv:\tVERIFY:112\n"),
    "sendmail-verify-cn": Level("FEATURE(`check_cert_altnames')dnl\n", "TLS_Srv:\tVERIFY:112+CN\n"),
    "sendmail-sts": Level(f"FEATURE(`sts', `socket -d5 -T<TMPF> inet:{POLICY_DAEMON_PORT}@127.0.0.1')dnl\n"),
}

_MC = """\
divert(0)dnl
OSTYPE(`linux')dnl
define(`confDOMAIN_NAME', `{level}.a.example')dnl
define(`QUEUE_DIR', `{home}/queue')dnl
define(`STATUS_FILE', `{home}/statistics')dnl
define(`ALIAS_FILE', `')dnl
define(`confDOUBLE_BOUNCE_ADDRESS', `')dnl
define(`confDONT_BLAME_SENDMAIL', `GroupWritableDirPathSafe,MapInUnsafeDirPath')dnl
define(`confDONT_PROBE_INTERFACES', `true')dnl
define(`confCACERT', `{ca_file}')dnl
define(`confCACERT_PATH', `{home}')dnl
define(`confLOG_LEVEL', `14')dnl
define(`confTO_CONNECT', `4s')dnl
define(`confTO_INITIAL', `15s')dnl
define(`confTO_HELO', `15s')dnl
define(`confTO_STARTTLS', `15s')dnl
FEATURE(`access_db', `text -T<TMPF> -k0 -v1 {home}/access')dnl
FEATURE(`nocanonify')dnl
{mc}MAILER(`smtp')dnl
"""

_LINE = re.compile(r": to=<?([^>,]+)>?,.* dsn=(\d)[\d.]*,(?: reply=.*,)? stat=(.*)$")
_STATUS = {"2": "sent", "4": "deferred", "5": "bounced"}


class Sendmail(Sender):
    """Debian's Sendmail."""

    levels = tuple(LEVELS)

    def __init__(self, grounds: Grounds) -> None:
        super().__init__(grounds)
        self._log = SystemLog(self._home)

    def start(self, recipients: Sequence[str]) -> None:
        for level in LEVELS:
            self._configure(level)
        commands = {each: self._command(each) for each in recipients}
        command = standing_in(self._log.instead, *piping(commands, self._home / "jobs.json"))
        self._space.spawn(*command, log=self._home / "sendmail.log")

    def _configure(self, level: str) -> None:
        home, made = self._home / level, LEVELS[level]
        (home / "queue").mkdir(parents=True)
        (home / "access").write_text(made.access)
        mc = home / "sendmail.mc"
        mc.write_text(_MC.format(level=level, home=home, ca_file=self._grounds.ca_file, mc=made.mc))
        cf = unpacked("sendmail-cf", "usr/share/sendmail/cf/m4/cf.m4").parent.parent
        made_of_it = checked(
            [tool("m4"), f"-D_CF_DIR_={cf}/", str(cf / "m4" / "cf.m4"), str(mc)], cwd=cf / "cf"
        )
        (home / "sendmail.cf").write_text(made_of_it)

    def _command(self, recipient: str) -> list[str]:
        program = unpacked("sendmail-bin", "usr/libexec/sendmail/sendmail")
        conf = self._home / recipient.split("@", maxsplit=1)[0] / "sendmail.cf"
        return [str(program), f"-C{conf}", "-odi", "-oi", "-f", "<>", recipient]

    def tried(self) -> Mapping[str, Tried]:
        found: dict[str, Tried] = {}
        for line in self._log.lines():
            if match := _LINE.search(line):
                found.setdefault(match[1], Tried(_STATUS[match[2]], match[3]))
        return found

    def lines(self) -> list[str]:
        return self._log.lines()
