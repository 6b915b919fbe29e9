"""Records and times as people write them down, all of it visible text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict

from mailpath.facts import Lookup, TlsaRecord
from mailpath.visible import visible
from mailpath.wording.phrases import clause

#: A Full(0) TLSA record may hold a whole certificate; a digest of SHA-512 has 128 hex digits.
MOST_HEX = 160

#: The remedy where the resolver may be at fault.
ASK_ANOTHER = "Try again; if that does not help, ask another resolver with --resolver."


def dotted(name: str) -> str:
    """A name as a zone file writes it, fully qualified."""
    return "." if name == "." else f"{visible(name)}."


class Remedy(TypedDict, total=False):
    """What `finding` takes of one."""

    fix: str
    records: Sequence[str]


def alias_lines(lookup: Lookup) -> list[str]:
    """ "a.example. CNAME b.example.": the aliases that a lookup followed."""
    return [f"{dotted(link.owner)} {link.rdtype} {dotted(link.target)}" for link in lookup.links[:4]]


def records_found(lookup: Lookup, records: Iterable[str]) -> list[str]:
    """Records as a zone file has them, at the name where they stand, behind the aliases that lead there."""
    owner = dotted(lookup.canonical)
    return [*alias_lines(lookup), *(f"{owner} {lookup.rdtype} {record}" for record in records)]


def none_found(lookup: Lookup) -> str | list[str]:
    """ "mx1.b.example. has no TLSA record", behind the aliases that lead there."""
    gone = lookup.rcode == "NXDOMAIN" and lookup.links
    lacks = "does not exist" if gone else f"has no {lookup.rdtype} record"
    said = f"{dotted(lookup.canonical)} {lacks}"
    return [*alias_lines(lookup), said] if lookup.links else said


def publish(lookup: Lookup, data: str) -> Remedy:
    """The remedy that publishes a record where a lookup led.

    Never beside a CNAME, where DNS has room for nothing else (RFC 1034 section 3.6.2).
    """
    record = f"{dotted(lookup.canonical)} {lookup.rdtype} {data}"
    return {"fix": f"Publish this record.{in_place(lookup)}", "records": [record]}


def in_place(lookup: Lookup) -> str:
    """The other remedy where a CNAME leads away; begins with a blank."""
    if not lookup.links or lookup.links[0].rdtype != "CNAME":
        return ""
    alias = dotted(lookup.links[0].owner)
    return f" Or delete the CNAME record of {alias} and give that name a record of its own."


def rrset(lookup: Lookup) -> str:
    """ "b.example MX": which RRset a sentence is about."""
    return f"{visible(lookup.name)} {lookup.rdtype}"


def why(lookup: Lookup, default: str = "no reason is known") -> str:
    """Why a look-up went wrong, in the words of whoever knows best, to stand inside a sentence."""
    return clause(visible(lookup.reason or lookup.detail or lookup.rcode or default))


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
