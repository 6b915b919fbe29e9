"""Who runs a mail host: the registrable domain of its name, and the network in which its address is.

The Public Suffix List comes with a package and is as new as that; nothing is downloaded.
"""

from __future__ import annotations

from functools import cache, lru_cache
from ipaddress import ip_network

from publicsuffixlist import PublicSuffixList

#: Octets that one operator has as a rule: what is announced on its own at least (RFC 7454 section 6.1.3).
_PREFIX = {4: 24, 6: 48}


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(4096)
def operator_of(host: str) -> str:
    """The registrable domain of `host` (A-labels); the name itself where it has none."""
    return _suffixes().privatesuffix(host) or host


@lru_cache(1024)
def network_of(address: str) -> str:
    """The /24 or /48 of an IP address."""
    length = _PREFIX[6 if ":" in address else 4]
    return str(ip_network(f"{address}/{length}", strict=False))
