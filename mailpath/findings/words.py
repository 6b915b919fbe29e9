"""Records and times as people write them down, all of it visible text."""

from __future__ import annotations

from mailpath.facts import Lookup, TlsaRecord
from mailpath.visible import visible

#: A Full(0) TLSA record may hold a whole certificate; a digest of SHA-512 has 128 hex digits.
MOST_HEX = 160

#: The remedy where the resolver may be at fault.
ASK_ANOTHER = "Try again; if that does not help, ask another resolver with --resolver."


def dotted(name: str) -> str:
    """A name as a zone file writes it, fully qualified."""
    return "." if name == "." else f"{visible(name)}."


def rrset(lookup: Lookup) -> str:
    """ "b.example MX": which RRset a sentence is about."""
    return f"{visible(lookup.name)} {lookup.rdtype}"


def why(lookup: Lookup, default: str = "no reason is known") -> str:
    """Why a look-up went wrong, in the words of whoever knows best; no full stop at the end."""
    return visible(lookup.reason or lookup.detail or lookup.rcode or default).rstrip(".")


def hexed(data: bytes) -> str:
    """Hex, cut where no digest is that long."""
    text = data.hex()
    return text if len(text) <= MOST_HEX else f"{text[:MOST_HEX]}… ({len(data)} bytes)"


def tlsa_data(usage: int, selector: int, mtype: int, data: bytes) -> str:
    """ "3 1 1 8d02…": the data of a TLSA record."""
    return f"{usage} {selector} {mtype} {hexed(data)}"


def tlsa_line(owner: str, record: TlsaRecord) -> str:
    """A whole TLSA record as a zone file has it, without TTL and class."""
    return f"{dotted(owner)} TLSA {tlsa_data(record.usage, record.selector, record.mtype, record.data)}"
