"""Special-use addresses (RFC 6890, and the IANA special-purpose address registries it started).

A public name that points into one of these blocks is a mistake or an attempt to make us connect to
something that is not the recipient's; nothing there can take mail from the Internet.
"""

from __future__ import annotations

import ipaddress

#: Block, and what it is for; the first match counts, so the narrower block comes first.
_BLOCKS: tuple[tuple[str, str], ...] = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared (carrier-grade NAT)"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.9/32", ""),  # Port Control Protocol and TURN anycast: globally reachable
    ("192.0.0.10/32", ""),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmarking"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("255.255.255.255/32", "broadcast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("64:ff9b:1::/48", "local translation"),
    ("100::/64", "discard-only"),
    ("2001::/32", "Teredo"),
    ("2001:2::/48", "benchmarking"),
    ("2001:db8::/32", "documentation"),
    ("2001:10::/28", "ORCHID"),
    ("2001:20::/28", "ORCHID"),
    ("3fff::/20", "documentation"),
    ("5f00::/16", "segment routing"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "private"),
    ("ff00::/8", "multicast"),
)
_NETWORKS = tuple((ipaddress.ip_network(block), name) for block, name in _BLOCKS)
#: An IPv4 address is the last 32 bits: NAT64 (RFC 6052), SIIT (RFC 2765), IPv4-compatible (RFC 4291).
_CARRIERS = tuple(ipaddress.IPv6Network(block) for block in ("64:ff9b::/96", "::ffff:0:0:0/96", "::/96"))
#: So it is of any address with an ISATAP interface identifier (RFC 5214 section 6.1); bit 6 may be set.
_ISATAP = 0x00005EFE


def category(address: str) -> str:
    """What special use `address` is set aside for; "" when it is public.

    An IPv6 address that carries an IPv4 one (IPv4-mapped or -compatible, NAT64, SIIT, 6to4, ISATAP) is judged
    by what it carries, too.  Raises `ValueError` when `address` is not an IP address.
    """
    ip = ipaddress.ip_address(address)
    for network, name in _NETWORKS:
        if ip.version == network.version and ip in network:
            return name
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return category(str(ip.ipv4_mapped)) or "IPv4-mapped"
        inner = _carried(ip)
        if inner is not None:
            return category(str(inner))
    return ""


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that `ip` is a form of, as packets to it may end there."""
    if ip.sixtofour is not None:
        return ip.sixtofour
    identifier = int(ip) >> 32 & 0xFFFFFFFF
    if identifier & ~0x02000000 == _ISATAP or any(ip in block for block in _CARRIERS):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
