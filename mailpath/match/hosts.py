"""Which names senders accept as host names (RFC 1123 section 2.1, RFC 5321 section 2.3.5).

DNS itself allows any octet in a name (RFC 2181 section 11), and so do MX records.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from mailpath.names import BadName, a_labels
from mailpath.records import Word


class HostNames(Word):
    """Whose rule decides."""

    RFC = "rfc", "letters, digits, inner hyphens; underscores too, because people use them"
    POSTFIX = "postfix", "those of `rfc`, and `*` as first label (Postfix, valid_hostname.c)"
    EXIM = "exim", "those of `rfc`, and labels with inner slashes (Exim, dns_check_names_pattern)"


_EXIM = re.compile(r"(?:(?:^|\.)\w(?:[a-z0-9/_-]*\w)?)+\.?", re.ASCII | re.IGNORECASE)


@lru_cache(maxsize=4096)
def is_host_name(name: str, rule: HostNames) -> bool:
    """Whether a sender with this rule accepts `name` as a host (presentation form, no final dot)."""
    if rule is HostNames.EXIM:
        return _EXIM.fullmatch(name) is not None
    return _is_ldh(name.removeprefix("*.") if rule is HostNames.POSTFIX else name)


def _is_ldh(name: str) -> bool:
    try:
        return a_labels(name) == name.lower()
    except BadName:
        return False


def is_anybodys(name: str) -> bool:
    """Whether any sender accepts `name` as a host."""
    return any(is_host_name(name, rule) for rule in HostNames)


def is_address(name: str) -> bool:
    """Whether the name is the text of an IP address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_localhost(name: str) -> bool:
    """Whether the name is that of the machine itself (RFC 6761 section 6.3)."""
    return name.lower().rstrip(".").rpartition(".")[2] == "localhost"


@lru_cache(maxsize=4096)
def is_loopback(address: str) -> bool:
    """Whether the address, as text, is one of the machine itself (RFC 6890)."""
    return is_address(address) and ipaddress.ip_address(address).is_loopback
