"""The tables of a scenario file below the scenario itself: zones, servers, certificates, policy, faults.

`grammar.toml` says what each key means; `docs/scenarios.md` is made of both.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

REPLY = re.compile(r"[2-5][0-9]{2}(?:[ -].*)?\Z", re.DOTALL)

Preset = Literal[
    "web",
    "web-wrongname",
    "web-expired",
    "web-notyet",
    "web-noint",
    "web-withroot",
    "self",
    "self-wrongname",
    "self-expired",
    "ta",
    "ta-wrongname",
    "ta-expired",
    "ta-nochain",
]
Listen = Literal["yes", "refused", "blackhole"]
Algorithm = Literal["ECDSAP256SHA256", "ECDSAP384SHA384", "ED25519", "RSASHA256", "RSASHA512"]
_DIGESTS = ("SHA1", "SHA256", "SHA384")
TlsVersion = Literal["1.0", "1.1", "1.2", "1.3"]


#: Seconds that a cache may keep a record (RFC 2181 section 8).
Ttl = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=60)]
#: Begin and end in days from now, broken ones too; a negative one is past.
Days = tuple[
    Annotated[float, msgspec.Meta(ge=-36500, le=36500)], Annotated[float, msgspec.Meta(ge=-36500, le=36500)]
]
#: Certificates between a server's and the root: more than any public authority has.
MAX_ISSUERS = 8
_Position = Annotated[int, msgspec.Meta(ge=0, le=MAX_ISSUERS + 1)]


def _check_days(days: Days | None) -> None:
    if days is not None and days[0] >= days[1]:
        raise ValueError("`days` must end after they begin")


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: it allows only known keys and checks every value."""


class Zone(Table, frozen=True):
    """A DNS zone.  The first zone of a scenario is usually the recipient domain ("@")."""

    name: str = "@"
    sec: Literal["unsigned", "signed", "nsec3", "nsec3optout", "expired", "badds", "nods"] = "unsigned"
    tamper: tuple[str, ...] = ()
    ns: Literal["real", "refused", "dead"] = "real"
    days: Days | None = None
    algorithms: Annotated[tuple[Algorithm, ...], msgspec.Meta(min_length=1, max_length=5)] = (
        "ECDSAP256SHA256",
    )
    ds: Annotated[tuple[str, ...], msgspec.Meta(max_length=20)] | None = None
    negative_ttl: Ttl = 300
    rr: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_days(self.days)
        if len(set(self.algorithms)) != len(self.algorithms):
            raise ValueError("`algorithms` names one twice")
        for text in self.ds or ():
            words = text.split()
            if (
                not (len(words) == 2 and words[0] in self.algorithms and words[1] in _DIGESTS)
                and len(words) < 4
            ):
                raise ValueError(
                    f"`ds` is {text!r}, but must be a DS record or like {self.algorithms[0]} SHA256"
                )


class Certificate(Table, frozen=True):
    """A certificate: a preset, and the differences from it."""

    preset: Preset = "web"
    names: tuple[str, ...] | None = None
    cn: str | None = None
    san: bool = True
    key: str = "current"
    algorithm: Literal[
        "ecdsa-p256", "ecdsa-p384", "ecdsa-p521", "rsa-4096", "rsa-3072", "rsa-2048", "rsa-1024"
    ] = "ecdsa-p256"
    sha: Literal["sha256", "sha1"] = "sha256"
    eku: tuple[Literal["server", "client"], ...] = ("server",)
    days: Days | None = None
    issuers: Annotated[int, msgspec.Meta(ge=0, le=MAX_ISSUERS)] | None = None
    sent: Annotated[tuple[_Position, ...], msgspec.Meta(min_length=1, max_length=16)] | None = None
    host: str = ""
    ca: Annotated[str, msgspec.Meta(max_length=20)] = ""

    def __post_init__(self) -> None:
        if self.sha == "sha1" and self.preset.startswith("self") and self.algorithm.startswith("ecdsa"):
            raise ValueError("`sha` can be sha1 in a self-signed certificate only if `algorithm` is RSA")
        if self.sha == "sha1" and self.family == "web" and self.issuers == 0:
            raise ValueError("`sha` cannot be sha1 where the root itself issues: its key is not RSA")
        _check_days(self.days)
        if self.sent is not None and (self.sent[0] != 0 or max(self.sent) > self.top):
            raise ValueError(f"`sent` begins with 0, the leaf, and goes up to {self.top} here")

    @property
    def family(self) -> str:
        """ "web", "self" or "ta"."""
        return self.preset.partition("-")[0]

    @property
    def top(self) -> int:
        """The place of the root in the path, which begins with the leaf at 0."""
        between = self.issuers if self.issuers is not None else int(self.family == "web")
        return 0 if self.family == "self" else between + 1

    @property
    def presented(self) -> tuple[int, ...]:
        """What the server sends: places in the path."""
        if self.sent is not None:
            return self.sent
        variation = self.preset.partition("-")[2]
        if self.family == "self" or variation in ("noint", "nochain"):
            return (0,)
        last = self.top if self.family == "ta" or variation == "withroot" else self.top - 1
        return tuple(range(last + 1))


#: How a reply begins that is sent as it stands, whatever it is.
RAW = "raw "
#: The points of a dialogue at which a server may pause: before it answers these commands.
Point = Literal["GREETING", "EHLO", "HELO", "STARTTLS", "MAIL", "RCPT", "DATA", "QUIT", "EHLO-TLS"]


class TlsLimits(Table, frozen=True):
    """What the server's TLS accepts."""

    min: TlsVersion | None = None
    max: TlsVersion | None = None
    ciphers: str | None = None


def _check_reply(key: str, value: str, words: tuple[str, ...]) -> None:
    if value and value not in words and not REPLY.match(value) and not value.startswith(RAW):
        expected = ", ".join([*(f'"{word}"' for word in words), 'an SMTP reply like "450 4.7.1 later"'])
        raise ValueError(f"`{key}` is {value!r}, but must be {expected}")


def _is_rsa(cert: Certificate | Preset) -> bool:
    return isinstance(cert, Certificate) and cert.algorithm.startswith("rsa")


class Server(Table, frozen=True):
    """A receiving mail server (RFC 5321, RFC 3207) with its own address.

    A host with several addresses has a table for each; its certificates are told apart as HOST, HOST#2 and so
    on.  Any reply may be "raw " and what is sent as it stands, "close", or "silent".
    """

    host: str
    a: bool = True
    v6: bool = False
    ttl: Ttl = 3600
    also: tuple[str, ...] = ()
    ptr: str = ""
    listen: Listen = "yes"
    listen6: Listen | None = None
    banner: str = ""
    banner_delay: Seconds = 0.0
    pause: dict[Point, Seconds] = {}
    drip: Seconds = 0.0
    ehlo: tuple[str, ...] = ("PIPELINING", "SIZE 10240000", "8BITMIME", "ENHANCEDSTATUSCODES")
    ehlo_reply: str = ""
    helo: str = ""
    name: str = ""
    ehlo_tls: tuple[str, ...] | None = None
    starttls: str = "ok"
    inject: str = ""
    cert: Certificate | Preset = "web"
    second: Certificate | Preset | None = None
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
        _check_reply("banner", self.banner, ("close", "silent"))
        _check_reply(
            "starttls", self.starttls, ("ok", "absent", "garbage", "silent", "abort", "hang", "drop")
        )
        _check_reply("after_tls", self.after_tls, ("ok", "close", "close-ehlo", "close-mail", "silent"))
        for key in ("ehlo_reply", "helo", "mail", "rcpt", "data", "dot"):
            _check_reply(key, getattr(self, key), ("close", "silent"))
        if self.second is not None and _is_rsa(self.second) == _is_rsa(self.cert):
            raise ValueError("`second` must have a key of another kind than `cert`: one RSA, one ECDSA")


class Sts(Table, frozen=True):
    """MTA-STS (RFC 8461): the TXT record, the policy and the host that serves it."""

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
    delay: Seconds = 0.0
    ttl: Ttl = 3600
    address_at: str | None = None

    def __post_init__(self) -> None:
        if not 200 <= self.status <= 599:
            raise ValueError("`status` must be between 200 and 599")


class Fault(Table, frozen=True):
    """Questions that the resolver, or a name server behind it, does not answer as the zones would have it."""

    name: str = "*"
    type: str = "*"
    answer: Literal["servfail", "refused", "notimp", "formerr", "drop"] = "servfail"
    cd: Literal["any", "set", "clear"] = "any"
    ede: Annotated[int, msgspec.Meta(ge=0, le=65535)] | None = None
