"""A real chasquid: it relays for a domain of its own, whose aliases are the recipients."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence

from interop_mta_internet import HERE, Grounds, listens, wait_until
from interop_senders import Tried, home_of, unpacked
from interop_tools import run, tool

from mailpath.names import to_domain

PORT = 10040
NAME, DOMAIN = "chasquid.a.example", "relay.a.example"

_CONF = """\
hostname: "{name}"
smtp_address: "127.0.0.1:{port}"
submission_address: "127.0.0.1:{submission}"
data_dir: "{home}/data"
mail_log_path: "<stderr>"
"""
_LINE = re.compile(r" from=<> to=(\S+) (?:(sent)|failed \((\w+)\): (.*))$")
_STATUS = {"temporary": "deferred", "permanent": "bounced"}


class Chasquid:
    """Debian's chasquid in the lab's namespace.  It has no levels."""

    def __init__(self, grounds: Grounds) -> None:
        self.levels: tuple[str, ...] = ("chasquid-1.11",)
        self.spared: frozenset[str] = frozenset()
        self._grounds = grounds
        self._home = home_of(grounds, "chasquid")
        self._log = self._home / "chasquid.log"

    def start(self, recipients: Sequence[str]) -> None:
        home, space = self._home, self._grounds.space
        aliases = {f"r{number}": each for number, each in enumerate(recipients)}
        self._configure(aliases)
        trusted = f"SSL_CERT_FILE={self._grounds.ca_file}"
        program = unpacked("chasquid", "usr/bin/chasquid")
        process = space.spawn(tool("env"), trusted, program, "-config_dir", home, "-v", "1", log=self._log)
        wait_until(lambda: listens(process, PORT), 20, "chasquid to listen")
        jobs = home / "recipients.json"
        jobs.write_text(json.dumps([f"{alias}@{DOMAIN}" for alias in aliases]))
        space.run(sys.executable, HERE / "interop_mta_submit.py", str(PORT), jobs)

    def _configure(self, aliases: Mapping[str, str]) -> None:
        home = self._home
        certificate, domain = home / "certs" / NAME, home / "domains" / DOMAIN
        for folder in (certificate, domain, home / "data"):
            folder.mkdir(parents=True)
        key = ("-newkey", "rsa:2048", "-nodes", "-keyout", certificate / "privkey.pem")
        signed = ("-out", certificate / "fullchain.pem", "-subj", f"/CN={NAME}", "-days", "2")
        run("openssl", "req", "-x509", *key, *signed)
        (domain / "aliases").write_text("".join(f"{alias}: {to}\n" for alias, to in aliases.items()))
        conf = _CONF.format(name=NAME, port=PORT, submission=PORT + 1, home=home)
        (home / "chasquid.conf").write_text(conf)

    def lines(self) -> list[str]:
        return self._log.read_text(errors="replace").splitlines() if self._log.exists() else []

    def tried(self) -> Mapping[str, Tried]:
        found: dict[str, Tried] = {}
        for line in self.lines():
            if match := _LINE.search(line):
                recipient, sent, failed, why = match.groups()
                local, _, domain = recipient.partition("@")
                found.setdefault(f"{local}@{to_domain(domain)}", Tried(sent or _STATUS[failed], why or ""))
        return found
