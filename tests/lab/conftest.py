"""One lab of its own for these tests: the built-in scenarios and two that exercise everything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import pytest

from mailpath.lab import Lab, load, scenarios

HERE = Path(__file__).parent
DEADLINE = 5.0


@pytest.fixture(scope="session")
def internet() -> Iterator[Lab]:
    everything = (*scenarios(), load(HERE / "zoo.toml"), load(HERE / "faults.toml"))
    with Lab.start(everything) as running:
        yield running


@dataclass
class Asker:
    """Asks the lab's resolver over real sockets."""

    host: str
    port: int

    def __call__(
        self, name: str, rdtype: str, *, cd: bool = False, do: bool = True, tcp: bool = False
    ) -> dns.message.Message:
        query = dns.message.make_query(name, rdtype, want_dnssec=do, payload=1232)
        if cd:
            query.flags |= dns.flags.CD
        if tcp:
            return dns.query.tcp(query, self.host, DEADLINE, self.port)
        return dns.query.udp(query, self.host, DEADLINE, self.port)


@pytest.fixture(scope="session")
def ask(internet: Lab) -> Asker:
    host, port = internet.settings.resolver.split(":")
    return Asker(host, int(port))
