"""One scenario: a TOML file that describes a piece of the internet, and what happens to mail there.

The file has three readers: the lab builds its zones, servers, certificates and policy; the app shows `title`,
`teaches` and `hint` to a newcomer; the tests compare every posture with `[expect]`.  Decoding is strict: an
unknown key, a wrong type or a value outside its vocabulary is a `ScenarioError` that names the file and the
key.

Names in a file are relative to the recipient domain ("mx1", "@", "*.@") unless they end in a dot.
Lines of `zone.rr` are master-file lines (RFC 1035 section 5) relative to their own zone, in which
``{tlsa U S M HOST[/PART]}`` means the TLSA data (RFC 6698 section 2.1) for the certificate that server HOST
presents; PART is ``leaf`` (default), ``int``, ``ta``, a name of the server's ``tlsacert`` table, or
``none`` for data that matches nothing.  ``{tlsa U S M HOST[/PART] as DATA}`` says U S M and holds other data,
as generators do by mistake: DATA is the selector and matching type that it is made by ("0 1"), or ``pem`` for
the digest of the PEM text.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

from mailpath import names
from mailpath.errors import MailpathError

#: What an `[expect]` line may say; "/retry" after it: deferred at first, and so on a later attempt.
OUTCOMES = frozenset({"authenticated", "encrypted", "plaintext", "deferred", "bounced", "unknown"})

#: A scenario file is a page of text: anything larger is not one.
MAX_BYTES = 256 * 1024
#: Lines of all its zones together.
MAX_RECORDS = 5000

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\Z")
_REPLY = re.compile(r"[2-5][0-9]{2}(?:[ -].*)?\Z", re.DOTALL)
_TLSA = re.compile(
    r"\{tlsa (\d{1,3}) (\d{1,3}) (\d{1,3}) ([^/{}\s]+)(?:/([a-z0-9-]+))?(?: as ([01] [012]|pem))?\}"
)

Preset = Literal[
    "web",  # root -> intermediate -> leaf of the lab's public CA; leaf and intermediate are sent
    "web-wrongname",
    "web-expired",
    "web-notyet",
    "web-noint",  # the intermediate is not sent
    "web-withroot",  # the root is sent too
    "self",  # self-signed
    "self-wrongname",
    "self-expired",
    "ta",  # private trust anchor -> leaf; both are sent
    "ta-wrongname",
    "ta-expired",
    "ta-nochain",  # the trust anchor is not sent
]
Listen = Literal["yes", "refused", "blackhole"]
TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]


class ScenarioError(MailpathError):
    """A scenario file that cannot be used; the message names file and key and says why in one sentence."""


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: it allows only known keys and checks every value."""


class Zone(_Table, frozen=True):
    """A DNS zone.  The first zone of a scenario is usually the recipient domain ("@").

    `sec`: unsigned; signed (NSEC); nsec3; nsec3optout; expired (all signatures expired three days ago);
    badds (the DS at the parent matches no key); nods (signed, no DS at the parent: an island).
    `tamper`: "owner TYPE" of RRsets with corrupted signatures.  `ns`: "refused" (the zone's servers
    answer REFUSED, so a resolver says SERVFAIL) or "dead" (no answer ever comes).
    """

    name: str = "@"
    sec: Literal["unsigned", "signed", "nsec3", "nsec3optout", "expired", "badds", "nods"] = "unsigned"
    tamper: tuple[str, ...] = ()
    ns: Literal["real", "refused", "dead"] = "real"
    rr: tuple[str, ...] = ()


class Certificate(_Table, frozen=True):
    """A certificate: a preset, and the differences from it.

    `names`: DNS-IDs (default: the server's host name); `cn`: the subject's common name (default: the first
    name; "": none); `san` false: no subjectAltName; `key`: a label, the same label means the same key
    within one server; `algorithm` of the key; `sha`: digest of the signature on it (sha1: its issuer has an
    RSA key); `eku`: extended key usages (default: server).
    """

    preset: Preset = "web"
    names: tuple[str, ...] | None = None
    cn: str | None = None
    san: bool = True
    key: str = "current"
    algorithm: Literal["ecdsa-p256", "rsa-2048", "rsa-1024"] = "ecdsa-p256"
    sha: Literal["sha256", "sha1"] = "sha256"
    eku: tuple[Literal["server", "client"], ...] = ("server",)

    def __post_init__(self) -> None:
        if self.sha == "sha1" and self.preset.startswith("self") and self.algorithm == "ecdsa-p256":
            raise ValueError("`sha` can be sha1 in a self-signed certificate only if `algorithm` is RSA")


class TlsLimits(_Table, frozen=True):
    """What the server's TLS accepts; `ciphers`: an OpenSSL cipher list ("aNULL": anonymous suites)."""

    min: TlsVersion | None = None
    max: TlsVersion | None = None
    ciphers: str | None = None


def _check_reply(key: str, value: str, words: tuple[str, ...]) -> None:
    if value and value not in words and not _REPLY.match(value):
        expected = ", ".join([*(f'"{word}"' for word in words), 'an SMTP reply like "450 4.7.1 later"'])
        raise ValueError(f"`{key}` is {value!r}, but must be {expected}")


class Server(_Table, frozen=True):
    """A receiving mail server (RFC 5321, RFC 3207) with its own address.

    `a`, `v6`: whether it has an A, an AAAA record.  `banner`: a greeting reply, "close" or "silent"
    (nothing is ever said); `banner_delay`: seconds before it.  `ehlo`: keyword lines, `ehlo_reply`: a
    reply that refuses EHLO.  `starttls`: "ok", "absent" (not offered), "garbage" (220, then no TLS),
    "abort" (220, closed at the ClientHello), "hang" (220, then silence), "drop" (closed at the command),
    or a reply that refuses it.  `inject`: clear text sent right after the 220.  `after_tls`: "ok",
    "close", "close-ehlo", "close-mail", or a reply to EHLO inside TLS.  `mail`, `rcpt`, `data`, `dot`:
    replies.  `require_tls`: refuses MAIL in clear text (530).  `requiretls`: announces RFC 8689 inside TLS.
    `greylist`: answers RCPT with 451 in the first session.
    """

    host: str
    a: bool = True
    v6: bool = False
    listen: Listen = "yes"
    listen6: Listen | None = None
    banner: str = ""
    banner_delay: float = 0.0
    ehlo: tuple[str, ...] = ("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES")
    ehlo_reply: str = ""
    starttls: str = "ok"
    inject: str = ""
    cert: Certificate | Preset = "web"
    sni: dict[str, Certificate | Preset] = {}
    sni_required: bool = False
    sni_reject_unknown: bool = False
    tls: TlsLimits = TlsLimits()
    tlsacert: dict[str, Certificate | Preset] = {}
    after_tls: str = "ok"
    requiretls: bool = False
    require_tls: bool = False
    greylist: bool = False
    mail: str = ""
    rcpt: str = ""
    data: str = ""
    dot: str = ""

    def __post_init__(self) -> None:
        if not 0.0 <= self.banner_delay <= 60.0:
            raise ValueError("`banner_delay` must be between 0 and 60 seconds")
        _check_reply("banner", self.banner, ("close", "silent"))
        _check_reply("starttls", self.starttls, ("ok", "absent", "garbage", "abort", "hang", "drop"))
        _check_reply("after_tls", self.after_tls, ("ok", "close", "close-ehlo", "close-mail"))
        for key in ("ehlo_reply", "mail", "rcpt", "data", "dot"):
            _check_reply(key, getattr(self, key), ())


class Sts(_Table, frozen=True):
    """MTA-STS (RFC 8461): the TXT record, the policy and the host that serves it.

    `txt`: TXT records at `_mta-sts` (default: one good one).  `mx`: patterns of the policy (default: the
    MX hosts of the first zone).  `body`: the policy verbatim instead.  `ctype` "": no Content-Type.
    `redirect`: a Location, with `status` 302.  `listen`: "noaddr" (the policy host has no address),
    "hang" (it never answers).  `stall`: the body never completes.  `no_length`: the body ends with the
    connection.  `address_at`: the absolute owner name of the address record, if `mta-sts` is a CNAME.
    """

    txt: tuple[str, ...] | None = None
    mode: str = "enforce"
    mx: tuple[str, ...] | None = None
    max_age: int = 604800
    body: str | None = None
    eol: Literal["\r\n", "\n"] = "\r\n"
    status: int = 200
    ctype: str = "text/plain"
    redirect: str = ""
    cert: Certificate | Preset = "web"
    listen: Literal["yes", "refused", "blackhole", "noaddr", "hang"] = "yes"
    stall: bool = False
    no_length: bool = False
    address_at: str | None = None

    def __post_init__(self) -> None:
        if not 200 <= self.status <= 599:
            raise ValueError("`status` must be between 200 and 599")


class Scenario(_Table, frozen=True):
    """The contents of one TOML file.

    `id`: its short name; `domain`: the recipient domain (default "ID.example"), `sender`: the sending one.
    `expect`: posture name -> outcome, or outcome + "/retry" if the first attempt is deferred.
    `attack`: what it teaches about attackers: attack name -> posture name -> outcome, followed by ", read" if
    the attacker reads the mail.
    """

    id: str
    title: str
    teaches: str
    hint: str
    domain: str = ""
    sender: str = "a.example"
    zone: tuple[Zone, ...] = ()
    server: tuple[Server, ...] = ()
    sts: Sts | None = None
    expect: dict[str, str] = {}
    attack: dict[str, dict[str, str]] = {}

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
        hosts = {self.absolute(server.host): server for server in self.server}
        if sum(len(zone.rr) for zone in self.zone) > MAX_RECORDS:
            raise ValueError(f"`zone.rr` has more than {MAX_RECORDS} lines in all")
        for zone in self.zone:
            for line in zone.rr:
                _check_line(line)
                self._check_tlsa(line, hosts)

    def _check_tlsa(self, line: str, hosts: dict[str, Server]) -> None:
        for reference in tlsa_references(line):
            server = hosts.get(self.absolute(reference.host))
            if server is None:
                raise ValueError(f"`zone.rr` line {line!r} names a server that is not there")
            if reference.part not in {"leaf", "int", "ta", "none", *server.tlsacert}:
                raise ValueError(f"`zone.rr` line {line!r} names an unknown part")

    def absolute(self, name: str) -> str:
        """The absolute name, without trailing dot and in lower case, for a `name` in the file."""
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
    if len(raw) > MAX_BYTES:
        raise ScenarioError(f"larger than {MAX_BYTES} bytes.", file=source)
    try:
        table = tomllib.loads(raw.decode("utf-8"))
        return msgspec.convert(table, Scenario)
    except UnicodeDecodeError as error:
        raise ScenarioError(f"not UTF-8: {error}.", file=source) from error
    except RecursionError as error:
        raise ScenarioError("nested too deeply.", file=source) from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ScenarioError(f"{error}.", file=source) from error


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
