"""From a look-up's wire-form rdata to typed records; foreign bytes, so a malformed record is left out."""

from __future__ import annotations

import ipaddress
from typing import TypeVar

import dns.exception
import dns.rdata
import dns.rdataclass
import dns.rdatatype
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from mailpath.facts import Found, Lookup

_Rdata = TypeVar("_Rdata", bound=dns.rdata.Rdata)


def parsed(lookup: Lookup, kind: type[_Rdata]) -> list[_Rdata]:
    """The records of the look-up that are well-formed ones of `kind`, in the look-up's order."""
    if lookup.found is not Found.FOUND:
        return []
    rdtype = dns.rdatatype.from_text(lookup.rdtype)
    found = []
    for wire in lookup.rdata:
        try:
            rdata = dns.rdata.from_wire(dns.rdataclass.IN, rdtype, wire, 0, len(wire))
        except dns.exception.DNSException:
            continue
        if isinstance(rdata, kind):
            found.append(rdata)
    return found


def addresses(lookup: Lookup) -> list[str]:
    """The addresses of an A or AAAA look-up, ascending."""
    found = [ipaddress.ip_address(record.address) for record in parsed(lookup, A)]
    found += [ipaddress.ip_address(record.address) for record in parsed(lookup, AAAA)]
    return [str(address) for address in sorted(found, key=lambda address: address.packed)]


def texts(lookup: Lookup) -> tuple[bytes, ...]:
    """TXT records, the strings of each joined (RFC 7208 section 3.3, RFC 8461 section 3.1)."""
    return tuple(b"".join(record.strings) for record in parsed(lookup, TXT))
