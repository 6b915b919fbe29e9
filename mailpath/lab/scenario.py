"""One scenario: a TOML file that describes a piece of the internet, and what happens to mail there.

The file has three readers: the lab builds its zones, servers, certificates and policy; the app shows `title`,
`teaches` and `hint` to a newcomer; the tests compare every posture with `[expect]`.  Decoding is strict: an
unknown key, a wrong type or a value outside its vocabulary is a `ScenarioError` that names the file and the
key.

Names in a file are relative to the recipient domain ("mx1", "@", "*.@") unless they end in a dot.
Lines of `zone.rr` are master-file lines (RFC 1035 section 5) relative to their own zone, in which
``{tlsa U S M HOST[/PART]}`` means the TLSA data (RFC 6698 section 2.1) for the certificate that server HOST
presents; PART is ``leaf`` (default), ``int`` or ``ta`` (its issuer), a place in its path (``2``), a name of
the server's ``tlsacert`` table (``next``, and ``next/ta`` for its issuer), or ``none`` for data that matches
nothing.  ``{tlsa U S M HOST[/PART] as
DATA}`` says U S M and holds other data, as generators do by mistake: DATA is the selector and matching type
that it is made by ("0 1"), or ``pem`` for the digest of the PEM text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import dns.exception
import dns.name
import msgspec

from mailpath import names
from mailpath.errors import MailpathError
from mailpath.lab.grammar import Certificate, Fault, Server, Sts, Table, Zone
from mailpath.lab.places import decode_table, line_of

#: What an `[expect]` line may say; "/retry" after it: deferred at first, and so on a later attempt.
OUTCOMES = frozenset({"authenticated", "encrypted", "plaintext", "deferred", "bounced", "unknown"})

#: A scenario file is a page of text: anything larger is not one.
MAX_BYTES = 256 * 1024
#: Lines of all its zones together.
MAX_RECORDS = 5000

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\Z")
_TLSA = re.compile(
    r"\{tlsa (\d{1,3}) (\d{1,3}) (\d{1,3}) ([^/{}\s]+)"
    r"(?:/([a-z0-9-]+(?:/(?:int|ta|\d))?))?(?: as ([01] [012]|pem))?\}"
)
_NAME = re.compile(r"[A-Za-z0-9_.*@/\\-]+\Z")


class ScenarioError(MailpathError):
    """A scenario file that cannot be used; the message names file, line and key and says why in one sentence.

    `file`: the file, or the id of a scenario that the lab cannot build.  `quote`: what stands in the line.
    """

    quote: str = ""


class Scenario(Table, frozen=True):
    """The contents of one TOML file.

    `id`: its short name; `about`: what is there, and not what comes of it.  `domain`: the recipient domain
    (default "ID.example"), `sender`: the sending one.
    `expect`: posture name -> outcome, or outcome + "/retry" if the first attempt is deferred.
    `attack`: what it teaches about attackers: attack name -> posture name -> outcome, followed by ", read" if
    the attacker reads the mail.
    """

    id: str
    title: str
    teaches: str
    hint: str
    about: str = ""
    domain: str = ""
    sender: str = "a.example"
    zone: tuple[Zone, ...] = ()
    server: tuple[Server, ...] = ()
    sts: Sts | None = None
    fault: tuple[Fault, ...] = ()
    expect: dict[str, str] = msgspec.field(default_factory=dict)
    attack: dict[str, dict[str, str]] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _ID.match(self.id):
            raise ValueError("`id` must be lower-case letters, digits and hyphens")
        for key in ("domain", "sender"):
            value = getattr(self, key) or f"{self.id}.example"
            try:
                plain = names.a_labels(value)
            except names.BadName as error:
                raise ValueError(f"`{key}` is {value!r}: {error}") from error
            msgspec.structs.force_setattr(self, key, plain)
        for posture, outcome in self.expect.items():
            _check_outcome(f'expect."{posture}"', outcome)
        for attack, outcomes in self.attack.items():
            for posture, outcome in outcomes.items():
                _check_outcome(f'attack."{attack}"."{posture}"', outcome.removesuffix(", read"))
        for key, name in self._names():
            self._check_name(key, name)
        hosts = self.labelled()
        if sum(len(zone.rr) for zone in self.zone) > MAX_RECORDS:
            raise ValueError(f"`zone.rr` has more than {MAX_RECORDS} lines in all")
        for zone in self.zone:
            for line in zone.rr:
                _check_line(line)
                self._check_tlsa(line, hosts)

    def _names(self) -> Iterator[tuple[str, str]]:
        """Every name in the file but those of zone lines, and its key."""
        for zone in self.zone:
            yield "zone.name", zone.name
        for fault in self.fault:
            yield "fault.name", fault.name
        certificates: list[Certificate | str | None] = []
        for server in self.server:
            yield "server.host", server.host
            yield "server.ptr", server.ptr or "@"
            yield from (("server.also", name) for name in server.also)
            yield from (("server.sni", name) for name in server.sni)
            certificates += [server.cert, server.second, *server.sni.values(), *server.tlsacert.values()]
        if self.sts is not None:
            yield "sts.address_at", self.sts.address_at or "@"
            certificates.append(self.sts.cert)
        for cert in certificates:
            if isinstance(cert, Certificate):
                yield "host", cert.host or "@"
                yield from (("names", name) for name in cert.names or ())

    def _check_name(self, key: str, name: str) -> None:
        try:
            if not _NAME.match(name):
                raise ValueError
            dns.name.from_text(f"{self.absolute(name)}.")
        except (dns.exception.DNSException, ValueError):
            raise ValueError(f"`{key}` is {name!r}, but must be a domain name (A-labels)") from None

    def _check_tlsa(self, line: str, hosts: dict[str, Server]) -> None:
        for reference in tlsa_references(line):
            server = hosts.get(self.absolute(reference.host))
            if server is None:
                raise ValueError(f"`zone.rr` line {line!r} names a server that is not there")
            cert = server.cert if isinstance(server.cert, Certificate) else Certificate(preset=server.cert)
            parts = {"leaf", "int", "ta", "none", *server.tlsacert, *map(str, range(cert.top + 1))}
            named = reference.part.partition("/")[0] if reference.part.count("/") else ""
            known = reference.part in parts | ({"second"} if server.second is not None else set())
            if not known and named not in server.tlsacert:
                raise ValueError(f"`zone.rr` line {line!r} names an unknown part")

    @property
    def slowest(self) -> float:
        """Seconds of the longest pause that somebody makes and then answers."""
        pauses = [
            wait for each in self.server for wait in (each.banner_delay, *each.pause.values(), 10 * each.drip)
        ]
        return min(60.0, max((self.sts.delay if self.sts is not None else 0.0, *pauses), default=0.0))

    def labelled(self) -> dict[str, Server]:
        """Absolute name -> server; the second address of a host is HOST#2, and so on."""
        found: dict[str, Server] = {}
        for server in self.server:
            host = self.absolute(server.host)
            number = 1 + sum(label.partition("#")[0] == host for label in found)
            found[host if number == 1 else f"{host}#{number}"] = server
        return found

    def absolute(self, name: str) -> str:
        """The absolute name, without trailing dot and in lower case, for a `name` in the file."""
        name, mark, number = name.partition("#")
        if mark:
            return f"{self.absolute(name)}#{number}"
        if "@" in name:
            return name.replace("@", self.domain).removesuffix(".").lower()
        if name.endswith("."):
            return name[:-1].lower() or "."
        return f"{name}.{self.domain}".lower()


def _check_line(line: str) -> None:
    """One line is one record: a directive (RFC 1035 section 5.1) could make it a million records."""
    if len(line.splitlines()) > 1:
        raise ValueError(f"`zone.rr` line {line!r} has more than one line")
    if line.lstrip().startswith("$"):
        raise ValueError(f"`zone.rr` line {line!r} begins with $: directives are not read")


def _check_outcome(key: str, value: str) -> None:
    if value.removesuffix("/retry") not in OUTCOMES:
        raise ValueError(f"`{key}` is {value!r}, but must be one of {', '.join(sorted(OUTCOMES))}")


class TlsaReference(NamedTuple):
    """One ``{tlsa ...}`` of a zone line.  `data`: what stands behind "as", or ""."""

    usage: int
    selector: int
    matching: int
    host: str
    part: str
    data: str


def tlsa_references(line: str) -> list[TlsaReference]:
    """The ``{tlsa ...}`` of a zone line, in order; the part is "leaf" by default."""
    return [
        TlsaReference(int(usage), int(selector), int(matching), host, part or "leaf", data)
        for usage, selector, matching, host, part, data in _TLSA.findall(line)
    ]


def replace_tlsa(line: str, rdata: list[str]) -> str:
    """`line` with each ``{tlsa ...}`` replaced by the TLSA record type and data of `rdata`, in order."""
    rest = iter(rdata)
    return _TLSA.sub(lambda _: f"TLSA {next(rest)}", line)


def load(path: str | Path) -> Scenario:
    """The scenario in the TOML file at `path`.  Raises `ScenarioError`."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}.", file=str(path)) from error
    return decode(raw, str(path))


def decode(raw: bytes, source: str) -> Scenario:
    """The scenario in the TOML text `raw`; `source` names it in errors.  Raises `ScenarioError`."""
    return decode_table(raw, source, Scenario, ScenarioError, MAX_BYTES)


@cache
def scenarios() -> tuple[Scenario, ...]:
    """The built-in scenarios, in the order a newcomer meets them (the number in the file name)."""
    folder = resources.files("mailpath.lab") / "scenarios"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name
    )
    return tuple(decode(file.read_bytes(), file.name) for file in files)


@cache
def sender() -> Scenario:
    """The sending side, a.example, which every lab contains.  It is not a scenario to walk to."""
    return decode((resources.files("mailpath.lab") / "sender.toml").read_bytes(), "sender.toml")


@contextmanager
def in_their_files(files: Mapping[str, str]) -> Iterator[None]:
    """Where the lab cannot build a scenario, the error of the block names its file and line.  `files`: id of
    a scenario -> the file, or what else was typed for it.
    """
    try:
        yield
    except ScenarioError as error:
        named = files.get(error.file)
        if named and Path(named).is_file():
            text = Path(named).read_text(encoding="utf-8", errors="replace")
            error.file, error.line = named, line_of(text, error.key, error.quote)
        raise
