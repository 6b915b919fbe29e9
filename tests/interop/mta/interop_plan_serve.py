"""Runs inside the namespace: a lab that turns into what it is told.  Arguments: a folder, its pace.

Into the folder go the network file with the trust anchor and CA beside it, then the socket `control` and
`ready`.  Each line to the socket is JSON: {"scenario": ...} turns the lab into that scenario, {"ask": [[name,
type], ...]} asks the resolver.  The answer is a line: empty, or what went wrong.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import msgspec

from mailpath import ending
from mailpath.errors import MailpathError
from mailpath.lab import Lab, Scenario

RESOLVER = "127.0.0.1"


def main(folder: Path, pace: int) -> None:
    ending.watch(status=0)
    with Lab.start((), bind="published", pace=pace) as lab, socket.socket(socket.AF_UNIX) as control:
        lab.write_network_file(folder)
        control.bind(str(folder / "control"))
        control.listen()
        (folder / "ready").touch()
        while True:
            serve(lab, control.accept()[0])


def serve(lab: Lab, client: socket.socket) -> None:
    with client, client.makefile("rw", encoding="utf-8") as lines:
        for line in lines:
            try:
                told = json.loads(line)
                if "scenario" in told:
                    lab.replace((msgspec.convert(told["scenario"], Scenario),))
                for name, rdtype in told.get("ask", ()):
                    dns.query.udp(
                        dns.message.make_query(name, rdtype, want_dnssec=True), RESOLVER, timeout=10
                    )
                wrong = ""
            except (MailpathError, msgspec.ValidationError, dns.exception.DNSException, OSError) as error:
                wrong = f"{type(error).__name__}: {error}"
            lines.write(f"{wrong.splitlines()[0] if wrong else ''}\n")
            lines.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
