"""A real Postfix: one instance, one smtp(8) client per security level, each message once now and once later.

A message is retried when it is older than `minimal_backoff_time`, because that is when Postfix at level
may takes a failed handshake for a reason to send in the clear (postconf(5) smtp_tls_security_level).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from interop_mta_internet import POLICY_DAEMON_PORT, listens, submit
from interop_mta_model import Attempt
from interop_namespace import Namespace
from interop_tools import run, tool, wait_until

SUBMISSION_PORT = 10025
BACKOFF = 5  # seconds
FIRST_ATTEMPTS = 90.0  # seconds that all of them may take
AUTHENTICATED = frozenset({"Verified"})

_POLICIES = f"smtp_tls_policy_maps=socketmap:inet:127.0.0.1:{POLICY_DAEMON_PORT}:postfix"
#: Posture -> parameters of its smtp(8) client.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "postfix-none": ("smtp_tls_security_level=none",),
    "postfix-may": ("smtp_tls_security_level=may",),
    "postfix-encrypt": ("smtp_tls_security_level=encrypt",),
    "postfix-verify": ("smtp_tls_security_level=verify",),
    "postfix-secure": ("smtp_tls_security_level=secure",),
    "postfix-dane": ("smtp_tls_security_level=dane",),
    "postfix-dane-only": ("smtp_tls_security_level=dane-only",),
    "postfix-dane-policy": ("smtp_tls_security_level=may", "smtp_tls_policy_maps=static:dane"),
    "postfix-sts": ("smtp_tls_security_level=may", _POLICIES),
    "postfix-dane-sts": ("smtp_tls_security_level=dane", _POLICIES),
}

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/spool
data_directory = {home}/data
maillog_file = {home}/mail.log
maillog_file_prefixes = {home}
myhostname = mail.a.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = all
# Else the family that goes first is drawn by lot.
smtp_address_preference = ipv6
alias_maps =
alias_database =
local_recipient_maps =
transport_maps = regexp:{home}/etc/transport
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtputf8_enable = no
notify_classes =
smtp_dns_support_level = dnssec
smtp_tls_CAfile = {ca_file}
smtp_tls_loglevel = 1
smtp_connection_cache_on_demand = no
smtp_connect_timeout = 4s
smtp_helo_timeout = 15s
smtp_starttls_timeout = 15s
smtp_mail_timeout = 15s
smtp_rcpt_timeout = 15s
smtp_data_init_timeout = 15s
smtp_data_xfer_timeout = 15s
smtp_data_done_timeout = 15s
smtp_quit_timeout = 4s
minimal_backoff_time = {backoff}s
maximal_backoff_time = 4000s
queue_run_delay = 4000s
in_flow_delay = 0
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 9000 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_CLIENT = """\
{posture} unix - - n - 8 smtp
  -o syslog_name=client -o max_use={max_use} -o smtp_helo_name={posture}.a.example
"""

#: Folder -> group and mode, as Debian's /etc/postfix/postfix-files has them; all but `pid` are postfix's.
_FOLDERS = {
    "data": ("postfix", 0o700),
    "spool/pid": ("root", 0o755),
    "spool/public": ("postdrop", 0o710),
    "spool/maildrop": ("postdrop", 0o730),
    **{
        f"spool/{name}": ("postfix", 0o700)
        for name in (
            *("active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming"),
            *("private", "saved", "trace"),
        )
    },
}

_LINE = re.compile(r"^\S+ +\d+ [\d:]{8} \S+ client/smtp\[(\d+)\]: (.*)$")
_TLS = re.compile(r"^(\w+) TLS connection established to \S+?\[([0-9a-f.:]+)\]:\d+: ")
_STATUS = re.compile(
    r"^\w+: to=<([^>]*)>,(?: orig_to=<[^>]*>,)? relay=([^,]+), .*dsn=([\d.]+), status=(\w+) \((.*)\)$"
)
_RELOADED = "]: reload -- version"
_RELAY = re.compile(r"^([^\[]+)\[([^\]]+)\]:\d+$")


class Postfix:
    """An instance in `space`; everything of it is in `home`.

    `postures`: the name of each client, with its parameters; `max_use`: deliveries of one smtp(8) process;
    `more`: lines of main.cf.
    """

    def __init__(
        self,
        space: Namespace,
        home: Path,
        ca_file: Path,
        postures: Iterable[str] | Mapping[str, Iterable[str]] = LEVELS,
        *,
        max_use: int = 1,
        more: str = "",
        port: int = SUBMISSION_PORT,
    ) -> None:
        self._space = space
        self._home = home
        self._log = MailLog(home / "mail.log")
        (home / "etc").mkdir(parents=True)
        _make_folders(home)
        chosen = {name: LEVELS[name] for name in postures} if not isinstance(postures, Mapping) else postures
        self._write("main.cf", _MAIN.format(home=home, ca_file=ca_file, backoff=BACKOFF) + more)
        self._postures = chosen
        self._port = port
        self._write_clients(max_use)
        self._write("transport", "".join(f"/^{posture}[@+]/ {posture}:\n" for posture in chosen))
        programs = run("postconf", "-d", "-h", "daemon_directory").strip()
        master = Path(programs) / "master"
        # master(8) begins by closing every descriptor there may be, which are a billion on some machines.
        limited = (tool("prlimit"), "--nofile=8192", master)
        process = self._space.spawn(*limited, "-d", "-c", home / "etc", log=home / "master.log")
        self._master = process
        wait_until(lambda: listens(process, port), 20, "Postfix to listen", self.said)

    def reload(self, max_use: int) -> None:
        """While nothing is on its way: from now on each smtp(8) process delivers so many messages."""
        self._write_clients(max_use)
        before = self._log.text().count(_RELOADED)
        self._master.send_signal(signal.SIGHUP)
        wait_until(lambda: self._log.text().count(_RELOADED) > before, 20, "Postfix to reload", self.said)

    def _write_clients(self, max_use: int) -> None:
        clients = [
            _CLIENT.format(posture=posture, max_use=max_use)
            + "".join(f"  -o {{ {line} }}\n" for line in lines)
            for posture, lines in self._postures.items()
        ]
        self._write("master.cf", _MASTER.format(port=self._port) + "".join(clients))

    def _write(self, name: str, text: str) -> None:
        write_old(self._home / "etc" / name, text)

    def deliver(self, recipients: Sequence[str]) -> dict[str, list[Attempt]]:
        """One message to each; what was logged of each, in order of attempts: one, or two where deferred."""
        self.submit(recipients)
        self.retry()
        return self.finished()

    def submit(self, recipients: Sequence[str]) -> None:
        """One message to each; the first attempts begin."""
        submit(self._space, self._port, recipients, self._home / "recipients.json")
        self._recipients = tuple(recipients)
        self._submitted = time.monotonic()

    def retry(self) -> None:
        """When all have been tried once, and are old enough, those that were deferred are tried again."""
        self._wait_for(self._recipients, 1)
        # Strictly older than minimal_backoff_time, which Postfix counts in whole seconds.
        time.sleep(max(0.0, self._submitted + BACKOFF + 1.1 - time.monotonic()))
        self._space.run(tool("postqueue"), "-c", self._home / "etc", "-f")

    def finished(self) -> dict[str, list[Attempt]]:
        """What was logged of each when the second attempts are over, too."""
        waiting = [recipient for recipient, tried in self.attempts().items() if tried[0].status == "deferred"]
        self._wait_for(waiting, 2)
        return self.attempts()

    def _wait_for(self, recipients: Sequence[str], times: int) -> None:
        def missing() -> list[str]:
            found = self.attempts()
            return [recipient for recipient in recipients if len(found.get(recipient, ())) < times]

        wait_until(
            lambda: not missing(),
            FIRST_ATTEMPTS,
            f"Postfix to try {times} times",
            lambda: f"{len(missing())} are missing: {missing()[:5]}\n{self.said()}",
        )

    def said(self) -> str:
        """The end of its log."""
        return "\n".join([*self._log.text().splitlines()[-20:], self._space.logs()])

    def attempts(self) -> dict[str, list[Attempt]]:
        """What the log tells, by recipient."""
        return self._log.attempts()


def write_old(file: Path, text: str) -> None:
    """Postfix lets a file that was just written "cool down" for two seconds (dict.c): this one is old."""
    file.write_text(text)
    os.utime(file, (time.time() - 60,) * 2)


class MailLog:
    """A log that is being written: each look reads on from where the last one ended."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._words: dict[str, dict[str, str]] = defaultdict(dict)
        self._found: dict[str, list[Attempt]] = defaultdict(list)

    def text(self) -> str:
        """All of it."""
        return self._file.read_text(errors="replace") if self._file.exists() else ""

    def attempts(self) -> dict[str, list[Attempt]]:
        """Recipient -> what was logged of its mail, in order of attempts."""
        if self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._read)
                whole = file.read().rpartition(b"\n")[0]
            self._read += len(whole) + bool(whole)
            for raw in whole.decode(errors="replace").splitlines():
                self._take(raw)
        return dict(self._found)

    def _take(self, raw: str) -> None:
        line = _LINE.match(raw)
        if line is None:
            return
        pid, said = line.groups()
        if tls := _TLS.match(said):
            self._words[pid][tls[2]] = tls[1]
        elif status := _STATUS.match(said):
            recipient, relay, code, outcome, text = status.groups()
            at = _RELAY.match(relay)
            host, address = (at[1], at[2]) if at else (None, None)
            # One process sends one message at a time: its lines belong together.
            word = self._words.pop(pid, {}).get(address or "")
            self._found[recipient].append(Attempt(outcome, code, host, address, word, text))


def _make_folders(home: Path) -> None:
    """What `postfix check` would make, but in no time."""
    for name, (group, mode) in _FOLDERS.items():
        folder = home / name
        folder.mkdir(parents=True)
        shutil.chown(folder, "root" if group == "root" else "postfix", group)
        folder.chmod(mode)
