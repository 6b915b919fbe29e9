"""The network file: where to ask, how long to wait, whom to trust.

TOML; every key is also an option of the commands that probe.  Relative paths in the file are relative
to the file.  Roots come from `ca_file`, else from the system, else from certifi.
"""

from __future__ import annotations

import binascii
import json
import re
import ssl
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from mailpath.errors import MailpathError, concerning
from mailpath.names import BadName, to_dns_name
from mailpath.network import endpoints
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.protocol import MAX_ZONES
from mailpath.wording.phrases import did_you_mean

#: No network file, anchor file or bundle of roots that anybody means is larger.
MAX_FILE = 16 * 1024 * 1024
MAX_WAIT = 3600.0
#: Seconds, where nobody says otherwise: one wait, one reply line in an accepted session, a whole walk.
TIMEOUT = 5.0
REPLY_TIMEOUT = 30.0
DEADLINE = 120.0
#: Where Linux distributions and BSDs keep the bundle when Python's OpenSSL was built for another place.
BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_EHLO = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Za-z:.]{1,64}\]")


class SettingsError(MailpathError):
    """A setting cannot be used.  `file` and `key` say which."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach the world.  Times in seconds; `dial` maps a published "ip:port" to where it lives.

    `patience`: "sender": the sending server waits as long as its kind does; "ours": no longer than we do.
    `insecure_zones`: negative trust anchors (RFC 7646), names as `names.to_dns_name` has them.
    """

    resolver: str | None = None
    trust_anchor: str | None = None
    ca_file: str | None = None
    smtp_port: int = 25
    https_port: int = 443
    timeout: float | None = None
    reply_timeout: float | None = None
    greeting_timeout: float = 30.0
    deadline: float | None = None
    ehlo: str | None = None
    patience: Literal["sender", "ours"] = "sender"
    allow_private: bool = False
    insecure_zones: tuple[str, ...] = ()
    dial: dict[str, str] = {}

    @property
    def wait(self) -> float:
        """Seconds of one wait: a connect, a DNS try, a policy."""
        return TIMEOUT if self.timeout is None else self.timeout

    @property
    def reply_wait(self) -> float:
        """Seconds without a line, or of a handshake, in a session that was accepted; `timeout` where only
        that is given.
        """
        given = self.timeout if self.reply_timeout is None else self.reply_timeout
        return REPLY_TIMEOUT if given is None else given

    @property
    def whole_wait(self) -> float:
        """Seconds for a whole walk."""
        return DEADLINE if self.deadline is None else self.deadline

    def merged(self, **options: Any) -> Settings:
        """These settings with every option that is not None in their place; `dial` entries are added.

        Raises `SettingsError`.
        """
        given = {key: value for key, value in options.items() if value is not None}
        if "dial" in given:
            given["dial"] = {**self.dial, **given["dial"]}
        return settings_of({**msgspec.structs.asdict(self), **given})

    def dialled(self, host: str, port: int) -> tuple[str, int]:
        """Where a connection to the published address `host` really goes."""
        there = self.dial.get(endpoints.join(endpoints.address(host), port))
        return (host, port) if there is None else endpoints.split(there)


def settings_of(table: Mapping[str, Any]) -> Settings:
    """The settings in a table with the keys of a network file.  Raises `SettingsError`."""
    try:
        return _checked(msgspec.convert(table, Settings))
    except msgspec.ValidationError as error:
        sentence, key = _explained(error)
        raise SettingsError(sentence, key=key) from None


def load(path: str | Path) -> Settings:
    """The settings in the TOML file at `path`.  Raises `SettingsError` with file, key and one sentence."""
    file = Path(path)
    try:
        raw = tomllib.loads(_read(file).decode("utf-8"))
    except UnicodeDecodeError:
        raise SettingsError("The file is not UTF-8 text.", file=str(path)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The file is not TOML: {error}.", file=str(path)) from None
    except RecursionError:
        raise SettingsError("The file is nested too deeply.", file=str(path)) from None
    with concerning(file=str(path)):
        settings = settings_of(raw)
    paths = {
        key: str((file.parent / value).absolute())
        for key in ("trust_anchor", "ca_file")
        if (value := getattr(settings, key)) is not None
    }
    return msgspec.structs.replace(settings, **paths)


def to_toml(settings: Settings) -> str:
    """`settings` as a network file: `load` of it gives equal settings (paths made absolute)."""
    lines: list[str] = []
    for key, value in msgspec.structs.asdict(settings).items():
        if value not in (None, ()) and key != "dial":
            whole = str(Path(value).absolute()) if key in ("trust_anchor", "ca_file") else value
            lines.append(f"{key} = {_toml_value(whole)}")
    if settings.dial:
        lines += ["", "[dial]"]
        lines += [
            f"{_toml_value(here)} = {_toml_value(there)}" for here, there in sorted(settings.dial.items())
        ]
    return "\n".join(lines) + "\n"


def anchor_text(settings: Settings) -> str:
    """The trust anchor as zone-file text: the file's, or IANA's root keys.  Raises `SettingsError`."""
    if settings.trust_anchor is None:
        return ROOT_ANCHORS
    try:
        return _read(Path(settings.trust_anchor), key="trust_anchor").decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError("The file is not text.", file=settings.trust_anchor, key="trust_anchor") from None


def roots(settings: Settings) -> tuple[bytes, ...]:
    """Trusted CA certificates, DER: of `ca_file`, else of the system, else of certifi.

    Raises `SettingsError` when `ca_file` cannot be used.
    """
    if settings.ca_file is not None:
        found = _certificates(_read(Path(settings.ca_file), key="ca_file"))
        if not found:
            raise SettingsError("The file contains no PEM certificate.", file=settings.ca_file, key="ca_file")
        if not _loads(found):
            sentence = "The file contains a certificate that OpenSSL cannot read."
            raise SettingsError(sentence, file=settings.ca_file, key="ca_file")
        return found
    return _system_roots() or _certifi_roots()


@lru_cache(maxsize=4)
def _loads(certificates: tuple[bytes, ...]) -> bool:
    """Whether OpenSSL reads them all."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=b"".join(certificates))
    except ssl.SSLError:
        return False
    return True


@cache
def known_roots() -> frozenset[bytes]:
    """Trusted CA certificates, DER, that this machine has without being told: the system's and certifi's."""
    return frozenset((*_system_roots(), *_certifi_roots()))


def _system_roots() -> tuple[bytes, ...]:
    """() where the system has no bundle that can be read."""
    for bundle in (ssl.get_default_verify_paths().cafile, *BUNDLES):
        if bundle is not None and Path(bundle).is_file():
            try:
                found = _certificates(_read(Path(bundle)))
            except SettingsError:
                continue  # an unreadable system bundle: the next place may do
            if found:
                return found
    return ()


def _certifi_roots() -> tuple[bytes, ...]:
    import certifi

    return _certificates(Path(certifi.where()).read_bytes())


@lru_cache(maxsize=4)
def _certificates(pem: bytes) -> tuple[bytes, ...]:
    found: dict[bytes, None] = {}
    for block in _PEM.findall(pem):
        try:
            found[binascii.a2b_base64(block)] = None
        except binascii.Error:
            continue  # one damaged block of a bundle does not take the others with it
    return tuple(found)


def _read(file: Path, *, key: str = "") -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE + 1)
    except OSError as error:
        raise SettingsError(f"The file cannot be read: {error.strerror}.", file=str(file), key=key) from None
    if len(data) > MAX_FILE:
        raise SettingsError("The file is too large.", file=str(file), key=key)
    return data


def _checked(settings: Settings) -> Settings:
    """`settings` with names and dial keys in canonical form.  Raises `SettingsError`."""
    for key in ("smtp_port", "https_port"):
        if not 1 <= getattr(settings, key) <= 65535:
            raise SettingsError("A port must be a number from 1 to 65535.", key=key)
    for key in ("timeout", "reply_timeout", "greeting_timeout", "deadline"):
        seconds = getattr(settings, key)
        if seconds is not None and not 0 < seconds <= MAX_WAIT:
            raise SettingsError("A time must be more than 0 and at most 3600 seconds.", key=key)
    if settings.ehlo is not None and not _EHLO.fullmatch(settings.ehlo):
        raise SettingsError(
            "An EHLO name must be a host name or an address literal like [192.0.2.1].", key="ehlo"
        )
    if settings.resolver is not None:
        try:
            endpoints.resolver(settings.resolver)
        except ValueError as error:
            raise SettingsError(str(error), key="resolver") from None
    dial: dict[str, str] = {}
    for here, there in settings.dial.items():
        try:
            dial[endpoints.join(*endpoints.split(here))] = endpoints.join(*endpoints.split(there))
        except ValueError as error:
            raise SettingsError(str(error), key=f"dial.{here}") from None
    return msgspec.structs.replace(settings, dial=dial, insecure_zones=_zones(settings.insecure_zones))


def _zones(typed: tuple[str, ...]) -> tuple[str, ...]:
    zones: dict[str, None] = {}
    for name in typed:
        try:
            zones[to_dns_name(name.strip())] = None
        except BadName as error:
            raise SettingsError(f"{name!r}: {error}", key="insecure_zones") from None
    if len(zones) > MAX_ZONES:
        raise SettingsError(f"There may be at most {MAX_ZONES} negative trust anchors.", key="insecure_zones")
    return tuple(zones)


def _explained(error: msgspec.ValidationError) -> tuple[str, str]:
    """The sentence and the key of msgspec's "Expected `int`, got `str` - at `$.smtp_port`"."""
    text = str(error)
    unknown = re.search(r"unknown field `(.+?)`", text)
    if unknown:
        return f"There is no such key.{did_you_mean(unknown[1], Settings.__struct_fields__)}", unknown[1]
    sentence, _, where = text.partition(" - at `$")
    return sentence + ".", where.strip("`.[]") or ""


def _toml_value(value: str | float | bool | tuple[str, ...]) -> str:
    # JSON strings, numbers and booleans are TOML ones, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
