"""A real chasquid: it relays for a domain of its own, whose aliases are the recipients."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from interop_mta_internet import Grounds, lines_of, listens, submit
from interop_senders import Sender, Tried, unpacked
from interop_tools import run, tool, wait_until

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


class Chasquid(Sender):
    """Debian's chasquid.  It has no levels."""

    levels = ("chasquid-1.11",)

    def __init__(self, grounds: Grounds) -> None:
        super().__init__(grounds)
        self._log = self._home / "chasquid.log"

    def start(self, recipients: Sequence[str]) -> None:
        home = self._home
        aliases = {f"r{number}": each for number, each in enumerate(recipients)}
        self._configure(aliases)
        trusted = f"SSL_CERT_FILE={self._grounds.ca_file}"
        program = unpacked("chasquid", "usr/bin/chasquid")
        process = self._space.spawn(
            tool("env"), trusted, program, "-config_dir", home, "-v", "1", log=self._log
        )
        wait_until(lambda: listens(process, PORT), 20, "chasquid to listen")
        submit(self._space, PORT, [f"{alias}@{DOMAIN}" for alias in aliases], home / "recipients.json")

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
        return lines_of(self._log)

    def tried(self) -> Mapping[str, Tried]:
        found: dict[str, Tried] = {}
        for line in self.lines():
            if match := _LINE.search(line):
                recipient, sent, failed, why = match.groups()
                local, _, domain = recipient.partition("@")
                found.setdefault(f"{local}@{to_domain(domain)}", Tried(sent or _STATUS[failed], why or ""))
        return found
