"""Random main.cf with policy tables, for a real Postfix to deliver by and for `postures import` to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from interop_mta_internet import POLICY_DAEMON_PORT

from mailpath.lab import Scenario

PLUGIN = f"socketmap:inet:127.0.0.1:{POLICY_DAEMON_PORT}:postfix"
LEVELS = ("none", "may", "encrypt", "verify", "secure", "dane", "dane-only")
_PROTOCOLS = (
    *(
        ">=TLSv1",
        ">=TLSv1.2",
        ">=TLSv1.3",
        "!SSLv2, !SSLv3",
        "!SSLv2 !SSLv3 !TLSv1 !TLSv1.1",
        "TLSv1.2, TLSv1.3",
    ),
    *("TLSv1.2", "TLSv1.2:TLSv1.3", ">=TLSv1.1, <=TLSv1.3", "$smtp_tls_protocols"),
)
_EXCLUDED = ("aNULL", "aNULL, MD5, RC4", "RC4", "EXPORT LOW 3DES", "eNULL", "aNULL:DES:kRSA")
_POLICY_PROTOCOLS = tuple(each.replace(", ", ":").replace(" ", ":") for each in _PROTOCOLS if "$" not in each)


@dataclass(frozen=True)
class Config:
    """One server.  `lines`: its main.cf; `tables`: the sources of its tables, by path; `to`: the scenarios
    that it sends to.
    """

    name: str
    lines: tuple[str, ...]
    tables: dict[Path, str]
    to: tuple[Scenario, ...]

    @property
    def main_cf(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)


def configs(count: int, pool: Sequence[Scenario], each_to: int, folder: Path, release: str) -> list[Config]:
    """The first `count` of one and the same row."""
    return [_config(number, pool, each_to, folder, release) for number in range(count)]


def _config(number: int, pool: Sequence[Scenario], each_to: int, folder: Path, release: str) -> Config:
    draw = Random(f"main.cf {number}")
    name = f"c{number:03}"
    to = tuple(draw.sample(list(pool), each_to))
    lines = [f"mail_version = {release}", *_level(draw)]
    if draw.random() < 0.85:
        lines.append("smtp_dns_support_level = dnssec")
    tables: dict[Path, str] = {}
    if draw.random() < 0.65:
        table = folder / f"{name}.policy"
        tables[table] = _table(draw, to)
        maps = [f"texthash:{table}"]
        if draw.random() < 0.4:
            maps.insert(draw.randrange(2), PLUGIN)
        if draw.random() < 0.2:
            domain = draw.choice(to).domain
            maps.insert(0, f"inline:{{ {{ {domain} = {draw.choice(LEVELS)} }} }}")
        lines.append(f"smtp_tls_policy_maps = {', '.join(maps)}")
    elif draw.random() < 0.4:
        lines.append(f"smtp_tls_policy_maps = {draw.choice((PLUGIN, 'static:dane', 'static:encrypt'))}")
    lines += _tls(draw, to)
    draw.shuffle(lines)
    return Config(name, tuple(lines), tables, to)


def _level(draw: Random) -> list[str]:
    """A level; or one of before there were levels; or none."""
    kind = draw.random()
    if kind < 0.78:
        return [f"smtp_tls_security_level = {draw.choice(LEVELS)}"]
    if kind < 0.84:
        return ["smtp_tls_security_level ="]
    if kind < 0.9:
        return ["smtp_tls_security_level =", "smtp_use_tls = yes"]
    return ["smtp_enforce_tls = yes", f"smtp_tls_enforce_peername = {draw.choice(('yes', 'no'))}"]


def _table(draw: Random, to: Sequence[Scenario]) -> str:
    lines = []
    for scenario in draw.sample(list(to), draw.randint(1, 5)):
        level = draw.choice(LEVELS)
        words = [scenario.domain, level]
        if level in ("verify", "secure") and draw.random() < 0.6:
            words.append(f"match={_match(draw, scenario, ':')}")
        if level != "none" and draw.random() < 0.3:
            words.append(f"protocols={draw.choice(_POLICY_PROTOCOLS)}")
        if level != "none" and draw.random() < 0.2:
            words.append(f"exclude={draw.choice(('aNULL', 'aNULL:MD5'))}")
        if level != "none" and draw.random() < 0.2:
            words.append(f"ciphers={draw.choice(('medium', 'high'))}")
        lines.append(" ".join(words))
    if draw.random() < 0.15:
        lines.append(f".example {draw.choice(LEVELS)}")
    if draw.random() < 0.15:
        lines.append(f"{draw.choice(to).domain} secrue")
    return "# a table\n" + "\n".join(lines) + "\n"


def _match(draw: Random, scenario: Scenario, separator: str) -> str:
    host = scenario.absolute(scenario.server[0].host) if scenario.server else f"mx.{scenario.domain}"
    names = ["hostname", "nexthop", "dot-nexthop", host, f".{scenario.domain}", "mx.elsewhere.example"]
    return separator.join(draw.sample(names, draw.randint(1, 3)))


def _tls(draw: Random, to: Sequence[Scenario]) -> list[str]:
    found = []
    for name, values, often in (
        ("smtp_tls_protocols", _PROTOCOLS[:-1], 0.35),
        ("smtp_tls_mandatory_protocols", _PROTOCOLS, 0.35),
        ("smtp_tls_ciphers", ("medium", "high"), 0.2),
        ("smtp_tls_mandatory_ciphers", ("medium", "high"), 0.2),
        ("smtp_tls_exclude_ciphers", _EXCLUDED, 0.25),
        ("smtp_tls_mandatory_exclude_ciphers", _EXCLUDED, 0.15),
        ("smtp_tls_dane_insecure_mx_policy", ("may", "encrypt", "dane"), 0.35),
        ("smtp_tls_servername", ("hostname",), 0.1),
        ("smtp_mx_session_limit", ("1", "2", "0"), 0.15),
        ("smtp_mx_address_limit", ("1", "5", "0"), 0.15),
        ("smtp_skip_5xx_greeting", ("yes", "no"), 0.2),
        ("smtp_discard_ehlo_keywords", ("starttls, chunking",), 0.04),
        ("smtp_tls_loglevel", ("1",), 0.1),
        ("smtp_tls_connection_reuse", ("no",), 0.1),
    ):
        if draw.random() < often:
            found.append(f"{name} = {draw.choice(values)}")
    for level in ("verify", "secure"):
        if draw.random() < 0.25:
            found.append(f"smtp_tls_{level}_cert_match = {_match(draw, draw.choice(to), ', ')}")
    return found
