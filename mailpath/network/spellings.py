"""How an address may be spelt so that only who knows it sees it: its network alone, one hexadecimal number,
other signs between its parts.  Pure.

What shows by itself is found by `mailpath.network.private`.  Most servers name a client once as it is, in
their greeting; with what that tells the rest is found.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator

#: Between the parts of an IPv4 address: as written, escaped (RFC 3986 section 2.1, twice at times), defanged.
_DOT = r"(?:\\?[-._x]|%(?:25)?2e|\[\.\]|\(\.\)|&#46;|,? {1,3})"
_COLON = r"(?:[-:._]|%(?:25)?3a|&#58;)"


def pattern_of(addresses: Iterable[str], public: Iterable[str]) -> re.Pattern[str] | None:
    """Finds spellings of `addresses` (canonical); None for none.

    Networks that hold one of the `public` addresses as well are no secret, and not sought by themselves.
    """
    stay = frozenset(filter(None, map(_network, public)))
    either = [each for address in sorted(addresses) for each in _spellings(address, stay)]
    return re.compile("(?i)" + "|".join(either)) if either else None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _network(text: str) -> str:
    """What of an address tells whose it is: its /24, its /48; "" where there is none."""
    address = _address(text)
    if address is None:
        return ""
    return address.packed[: 3 if address.version == 4 else 6].hex()


def _spellings(text: str, stay: frozenset[str]) -> Iterator[str]:
    address = _address(text)
    if address is None:
        return
    alone = _network(text) not in stay
    if isinstance(address, ipaddress.IPv4Address):
        yield from _of_v4(address, alone)
    else:
        yield from _of_v6(address, alone)


def _of_v4(address: ipaddress.IPv4Address, alone: bool) -> Iterator[str]:
    octets = tuple(address.packed)
    for parts in (octets, octets[::-1]):
        yield _apart(_DOT.join(f"0*{part}" for part in parts))
        yield _apart(_DOT.join(f"(?:0x0?|(?<![0-9a-f]))0?{part:x}" for part in parts), "0-9a-f")
        yield _apart("".join(f"{part:03}" for part in parts))
        yield "".join(f"{part:02x}" for part in parts)
    yield _apart(_DOT.join(f"0+{part:o}" for part in octets))
    yield _apart(f"(?:{int(address)}|0*{int(address):o})")
    if alone and octets[0]:
        net = octets[:3]
        for parts in (net, net[::-1]):
            named = _DOT.join(f"0*{part}" for part in parts)
            yield rf"(?<![0-9])(?<![0-9][-._]){named}(?![0-9]|[-._][0-9])"


def _of_v6(address: ipaddress.IPv6Address, alone: bool) -> Iterator[str]:
    parts = address.exploded.split(":")
    yield "".join(parts)
    yield _apart(_COLON.join(parts), "0-9a-f")
    yield _apart(_COLON.join(f"0*{part.lstrip('0') or '0'}" for part in parts), "0-9a-f")
    yield _apart(_COLON.join(map(re.escape, address.compressed.split(":"))), "0-9a-f")
    if alone and int(parts[2], 16):
        named = _COLON.join(f"0*{part.lstrip('0') or '0'}" for part in parts[:3])
        yield rf"(?<![0-9a-f]){named}(?![0-9a-f]|{_COLON}{{1,2}}[0-9a-f])"


def _apart(spelt: str, letters: str = "0-9") -> str:
    """`spelt` where it is not the middle of a longer number."""
    return f"(?<![{letters}]){spelt}(?![{letters}])"
