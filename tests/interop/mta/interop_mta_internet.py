"""The lab's internet in a namespace, and what a sending machine there has: a resolver and a policy daemon.

Everything is on the standard ports and at the published addresses, because mail servers know nothing of
a `dial` table.  Files of /etc that a sending machine reads are stood in for, so that nothing depends on
the machine that the tests run on.
"""

from __future__ import annotations

import contextlib
import json
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from interop_mta_model import Taken, recipient_of
from interop_namespace import Namespace, namespace
from interop_tools import tool, wait_until

HERE = Path(__file__).parent

#: The lab's networks as `mailpath.lab.internet` gives addresses out.
ADDRESSES = (
    "192.0.2.1/24",
    "198.51.100.1/24",
    "203.0.113.1/24",
    *(f"2001:db8::{number:x}" for number in range(1, 255)),
)
LAB_DNS = "192.0.2.1"
RESOLVER = "127.0.0.1"
POLICY_DAEMON_PORT = 8461
#: Users, with groups of the same name, that servers look up although they are unpacked without them.
USERS = {"Debian-exim": 64999, "opensmtpd": 64998, "opensmtpq": 64997, "smmsp": 64996, "smmta": 64995}

_RESOLV = f"nameserver {RESOLVER}\noptions edns0 trust-ad timeout:6 attempts:2\n"
_NSSWITCH = (
    "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n"
)


@dataclass(frozen=True)
class Grounds:
    """A namespace in which the lab is up.  `folder`: readable by mail servers' own users."""

    space: Namespace
    folder: Path
    etc: Path
    lab: subprocess.Popen[bytes]

    @property
    def network_file(self) -> Path:
        return self.folder / "lab" / "network.toml"

    @property
    def ca_file(self) -> Path:
        return self.folder / "lab" / "ca.pem"

    @property
    def anchor(self) -> Path:
        return self.folder / "lab" / "root.ds"

    def taken(self) -> dict[str, Taken]:
        """The mail that the lab's servers have taken, by recipient."""
        told = self.folder / "lab" / "taken.json"
        told.unlink(missing_ok=True)
        self.lab.send_signal(signal.SIGUSR1)
        wait_until(told.exists, 20, "the lab to tell what it took", self.space.logs)
        return taken_in(told)


def taken_in(file: Path) -> dict[str, Taken]:
    """What a receiving side wrote down of the mail it took."""
    found = {}
    for each in json.loads(file.read_text()):
        found[recipient_of(each["commands"])] = Taken(each["host"], each["address"], bool(each["tls"]))
    return found


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that mail servers may enter when they have given up root."""
    folder = Path(tempfile.mkdtemp(prefix="mailpath-interop-"))
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def lab_grounds(script: str = "interop_mta_serve.py", *more: str) -> Iterator[Grounds]:
    """The lab with all its scenarios, in a namespace of its own.  `script`: what else serves it, and its
    arguments behind the folder."""
    with temporary_folder() as folder:
        etc, home = folder / "etc", folder / "lab"
        etc.mkdir()
        home.mkdir()
        write_etc(etc)
        with namespace(ADDRESSES, etc) as space:
            lab = space.spawn(tool("env"), sys.executable, HERE / script, home, *more, log=folder / "lab.log")
            wait_until((home / "ready").exists, 30, "the lab to be up", space.logs)
            yield Grounds(space, folder, etc, lab)


def write_etc(etc: Path) -> None:
    """What a sending machine has in /etc."""
    postfix = pwd.getpwnam("postfix")
    users = ["root:x:0:0::/:/bin/sh", "nobody:x:65534:65534::/:/bin/sh"]
    users += [f"postfix:x:{postfix.pw_uid}:{postfix.pw_gid}::/:/bin/sh"]
    users += [f"{user}:x:{number}:{number}::/:/bin/sh" for user, number in USERS.items()]
    lines = Path("/etc/group").read_text().splitlines()
    groups = [line for line in lines if line.split(":")[0] not in USERS]
    groups += [f"{user}:x:{number}:" for user, number in USERS.items()]
    (etc / "passwd").write_text("\n".join(users) + "\n")
    (etc / "group").write_text("\n".join(groups) + "\n")
    (etc / "resolv.conf").write_text(_RESOLV)
    (etc / "nsswitch.conf").write_text(_NSSWITCH)
    (etc / "hosts").write_text("127.0.0.1 localhost\n")


def start_resolver(
    space: Namespace, folder: Path, anchor: Path, *more: str, at: str = RESOLVER, above: str = LAB_DNS
) -> None:
    """A validating unbound on `at` that asks `above`, the lab's DNS.  `more`: lines of its server clause."""
    options = [
        f"interface: {at}",
        f'directory: "{folder}"',
        'chroot: ""',
        'username: ""',
        f'pidfile: "{folder}/unbound.pid"',
        "use-syslog: no",
        "do-ip6: no",
        "val-log-level: 2",
        "num-queries-per-thread: 1024",
        f'trust-anchor-file: "{anchor}"',
        *more,
    ]
    lines = "".join(f"  {option}\n" for option in options)
    conf = folder / "unbound.conf"
    conf.write_text(
        f"server:\n{lines}remote-control:\n  control-enable: yes\n  control-use-cert: no\n"
        f'  control-interface: "{folder}/unbound.control"\n'
        f'forward-zone:\n  name: "."\n  forward-addr: {above}\n'
    )
    space.spawn(tool("unbound"), "-d", "-c", conf, log=folder / "unbound.log")
    space.wait_for_dns([(at, "example")])


def start_policy_daemon(
    space: Namespace, folder: Path, ca_file: Path, *, grace: int = 60, room: int = 10000
) -> subprocess.Popen[bytes]:
    """postfix-mta-sts-resolver, from the virtual environment that the tests run in.

    `grace`: seconds for which it does not look at the record again; `room`: policies that it keeps.
    """
    conf = folder / "mta-sts-daemon.yml"
    conf.write_text(
        f"host: 127.0.0.1\nport: {POLICY_DAEMON_PORT}\nreuse_port: true\nshutdown_timeout: 1\n"
        f"cache_grace: {grace}\n"
        f"cache:\n  type: internal\n  options:\n    cache_size: {room}\n"
        "default_zone:\n  strict_testing: false\n  timeout: 15\n"
    )
    daemon = Path(sys.prefix) / "bin" / "mta-sts-daemon"
    assert daemon.exists(), f"{daemon} is not there: pip install --group interop"
    trusted = f"SSL_CERT_FILE={ca_file}"
    process = space.spawn(tool("env"), trusted, daemon, "-c", conf, log=folder / "mta-sts-daemon.log")
    wait_until(lambda: listens(process, POLICY_DAEMON_PORT), 20, "the policy daemon to listen", space.logs)
    return process


def submit(space: Namespace, port: int, recipients: Iterable[str], jobs: Path) -> None:
    """Hand the mail server at `port` one message to each.  `jobs`: a file for the recipients."""
    jobs.write_text(json.dumps(list(recipients)))
    space.run(sys.executable, HERE / "interop_mta_submit.py", str(port), jobs)


def piping(commands: Mapping[str, Sequence[str]], jobs: Path) -> tuple[str | Path, ...]:
    """A command that runs each of `commands`, which are by recipient, with its message on standard input.
    `jobs`: a file for them.
    """
    jobs.write_text(json.dumps(list(commands.items())))
    return sys.executable, HERE / "interop_mta_pipe.py", jobs


def lines_of(*logs: Path) -> list[str]:
    """What stands in those that are there yet."""
    return [line for log in logs if log.exists() for line in log.read_text(errors="replace").splitlines()]


def listens(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether anybody listens on 127.0.0.1:`port` where `process` is (proc(5) net/tcp; 0A: LISTEN)."""
    assert process.poll() is None, f"{process.args!r} ended with {process.returncode}"
    rows = [line.split() for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()]
    return any((row[1], row[3]) == (f"0100007F:{port:04X}", "0A") for row in rows)
