"""Random smtp transports, for a real Exim to deliver by and for `postures import` to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from mailpath.lab import Scenario

_CIPHERS = (
    *("NORMAL", "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1", "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
    *("NORMAL:%SERVER_PRECEDENCE", "NORMAL:-VERS-TLS1.0", "NORMAL:!VERS-TLS1.0:!VERS-TLS1.1:!VERS-TLS1.2"),
)
_EVERY = ("*", "* : !mx.elsewhere.example", "<; *")
_NONE = ("", ":", "!*")


@dataclass(frozen=True)
class Transport:
    """`options`: of the smtp transport; `to`: the scenarios that mail is sent to."""

    name: str
    options: tuple[str, ...]
    to: tuple[Scenario, ...]

    @property
    def block(self) -> str:
        """As it stands in a configuration file."""
        return f"{self.name}:\n  driver = smtp\n" + "".join(f"  {each}\n" for each in self.options)


def transports(count: int, pool: Sequence[Scenario], each_to: int) -> list[Transport]:
    """The first `count` of one and the same row."""
    return [_transport(number, pool, each_to) for number in range(count)]


def _transport(number: int, pool: Sequence[Scenario], each_to: int) -> Transport:
    draw = Random(f"transport {number}")
    options = []

    def lists(name: str, often: float, every: float) -> bool | None:
        """Whether it is for every host; None where it is not set."""
        if draw.random() >= often:
            return None
        chosen = draw.random() < every
        options.append(f"{name} = {draw.choice(_EVERY if chosen else _NONE)}".rstrip())
        return chosen

    lists("hosts_try_dane", 0.5, 0.5)
    lists("hosts_require_dane", 0.25, 0.6)
    lists("hosts_avoid_tls", 0.2, 0.5)
    lists("hosts_require_tls", 0.5, 0.8)
    lists("tls_verify_hosts", 0.4, 0.7)
    lists("tls_verify_cert_hostnames", 0.2, 0.5)
    lists("tls_try_verify_hosts", 0.25, 0.4)
    clear = ("no_tls_tempfail_tryclear", "tls_tempfail_tryclear = false", "tls_tempfail_tryclear")
    for line, often in (
        (draw.choice(clear), 0.4),
        (f"tls_require_ciphers = {draw.choice(_CIPHERS)}", 0.4),
        (f"tls_sni = {draw.choice(('', '$host'))}", 0.2),
        (f"hosts_max_try = {draw.choice((1, 2, 5))}", 0.2),
        ("multi_domain = false", 0.2),
    ):
        if draw.random() < often:
            options.append(line)
    draw.shuffle(options)
    return Transport(f"t{number:02}", tuple(options), tuple(draw.sample(list(pool), each_to)))
