"""Where to connect: "ip:port" pairs, and the forms a resolver can be given in.

192.0.2.1   192.0.2.1:5300   [2001:db8::1]:5300     DNS over UDP and TCP (RFC 1035, RFC 7766)
tls://192.0.2.1#dns.example[:853]                   DNS over TLS, the name verified (RFC 7858, RFC 8310)
https://dns.example/dns-query                       DNS over HTTPS (RFC 8484)
"""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec

from mailpath.names import a_labels, u_labels


class Kind(StrEnum):
    PLAIN = "plain"
    TLS = "tls"
    HTTPS = "https"


class ResolverEndpoint(msgspec.Struct, frozen=True):
    """One recursive resolver.  `text` is the form it was given in; `name` what its certificate must say.

    `because`: why this one is asked, where nobody chose it: a clause.
    """

    text: str
    kind: Kind
    host: str = ""
    port: int = 53
    name: str = ""
    because: str = ""


def address(text: str) -> str:
    """`text` as a canonical IP address; a zone index of a link-local one (`%eth0`) is kept.

    Raises `ValueError` with one sentence.
    """
    bare, percent, zone = text.partition("%")
    try:
        return str(ipaddress.ip_address(bare)) + percent + zone
    except ValueError:
        raise ValueError(f"{text!r} is not an IP address.") from None


def port_number(text: str) -> int:
    """`text` as a port, 1 to 65535.  Raises `ValueError` with one sentence."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError(f"{text!r} is not a port number.")
    return int(text)


def split(text: str, default_port: int | None = None) -> tuple[str, int]:
    """The address and port of "ip:port" or "[v6]:port"; with `default_port` also of a bare address.

    Raises `ValueError` with one sentence.
    """
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} does not have the form [v6]:port.")
        port = rest[1:]
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    else:
        host, port = text, ""
    if port:
        return address(host), port_number(port)
    if default_port is None or text.endswith(":"):
        raise ValueError(f"{text!r} has no port; use ip:port or [v6]:port.")
    return address(host), default_port


def join(host: str, port: int) -> str:
    """The "ip:port" form of an address and a port; IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def resolver(text: str) -> ResolverEndpoint:
    """The resolver that `text` names.  Raises `ValueError` with one sentence."""
    if text.startswith("tls://"):
        return _resolver_over_tls(text)
    if text.startswith("https://"):
        return _resolver_over_https(text)
    host, port = split(text, 53)
    return ResolverEndpoint(text, Kind.PLAIN, host, port)


def _resolver_over_https(text: str) -> ResolverEndpoint:
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # a bracket that is not closed, a port that is none
        host, port = None, None
    if not host or port == 0 or parts.username is not None or parts.fragment:
        raise ValueError(f"{text!r} does not have the form https://host/path.")
    host = _host(host)
    return ResolverEndpoint(text, Kind.HTTPS, host, port or 443, host)


def _host(text: str) -> str:
    """`text` as an address or as A-labels that TLS and HTTP can name.  Raises `ValueError`."""
    try:
        return address(text)
    except ValueError:
        name = a_labels(text)
    if "xn--" in name and u_labels(name) is None:
        raise ValueError(f"{text!r} is not a valid internationalized name.")
    return name


def _resolver_over_tls(text: str) -> ResolverEndpoint:
    where, hash_mark, name = text.removeprefix("tls://").partition("#")
    host, port = split(where, 853)
    if hash_mark:
        name, colon, after = name.partition(":")
        if not name:
            raise ValueError(f"{text!r} has no name after the '#'.")
        if colon:
            port = port_number(after)
        name = _host(name)
    return ResolverEndpoint(text, Kind.TLS, host, port, name or host)
