"""Records as master-file lines (RFC 1035 section 5): TLSA data by the certificate that it is made of."""

from __future__ import annotations

from collections.abc import Iterable

import dns.exception
import dns.name
import dns.rdata
import dns.rrset
import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from dns.rdatatype import RdataType

from mailpath.lab.ca import association
from mailpath.lab.scenario import replace_tlsa, tlsa_references
from mailpath.lab.zones import TTL, Signing
from mailpath.lab.zones import Zone as LabZone
from mailpath.match import dane
from mailpath.network.special import category
from mailpath.rehearse.notes import Notes, relative
from mailpath.rehearse.zones import Zones

#: Lines of a scenario; the grammar has its own bound.
MOST_LINES = 5000


class Shown:
    """A certificate that can be named: `{tlsa ... HOST/PART}`."""

    def __init__(self, label: str, part: str, der: bytes) -> None:
        self.label, self.part, self.der = label, part, der


class Line(msgspec.Struct, frozen=True):
    """A line of a scenario's zone, and the record that it stands for: `text` is a zone-file line with its
    absolute owner, TTL and class.
    """

    zone: str
    line: str
    owner: str
    rdtype: str
    ttl: int
    data: str

    @property
    def text(self) -> str:
        """The record, to be read anywhere."""
        return f"{self.owner}. {self.ttl} IN {self.rdtype} {self.data}"


def lines(zones: Zones, shown: list[Shown], published: frozenset[str], notes: Notes) -> list[Line]:
    """In the order of names.  `published`: addresses that servers bring with them."""
    found: list[Line] = []
    left_out = 0
    for (owner, rdtype), rrset in sorted(
        zones.rrsets.items(), key=lambda each: (each[0][0].split(".")[::-1], each[0][1])
    ):
        zone = zones.zone_of(owner)
        for rdata in sorted(rrset, key=lambda each: getattr(each, "preference", 0)):
            if rdtype in (RdataType.A, RdataType.AAAA):
                if rdata.to_text() in published:
                    continue
                if not _is_harmless(rdata.to_text()):
                    notes.add(owner, f"nobody talked to its address {rdata.to_text()}; it is left out")
                    continue
            if left_out or len(found) >= MOST_LINES:
                left_out += 1
                continue
            line = _line(owner, zone, rrset, rdata, shown)
            if _can_hold(zone, line):
                name = rrset.rdtype.name
                found.append(Line(zone, line, owner, name, rrset.ttl, rdata.to_text()))
            else:
                notes.add(
                    owner, f"its {rrset.rdtype.name} record cannot be written in a zone file; it is left out"
                )
    if left_out:
        notes.add(zones.capture.path.recipient, f"{left_out} records are more than a scenario holds")
    return found


def _is_harmless(address: str) -> bool:
    """Nothing in the lab would connect there, nor anywhere outside of it."""
    try:
        return category(address) != ""
    except ValueError:
        return False


def _can_hold(zone: str, line: str) -> bool:
    """Whether the lab's zone can read the line."""
    made = LabZone(dns.name.from_text(f"{zone}." if zone != "." else "."), Signing(), 0)
    text = replace_tlsa(line, [f"3 1 1 {'00' * 32}"] * len(tlsa_references(line)))
    try:
        made.add_text([text])
    except (dns.exception.DNSException, ValueError):
        return False
    return True


def _line(
    owner: str, zone: str, rrset: dns.rrset.RRset, rdata: dns.rdata.Rdata, shown: Iterable[Shown]
) -> str:
    name = relative(owner, zone) if zone != "." else f"{owner}."
    ttl = "" if rrset.ttl == TTL else f" {rrset.ttl}"
    if rrset.rdtype == RdataType.TLSA:
        return f"{_escaped(name)}{ttl} {_tlsa(rdata.to_wire() or b'', owner, shown)}"
    return _escaped(f"{name}{ttl} {rrset.rdtype.name} {rdata.to_text()}")


def _escaped(text: str) -> str:
    """Nobody's record is taken for a reference of ours."""
    return text.replace("{", "\\123")


def _tlsa(wire: bytes, owner: str, shown: Iterable[Shown]) -> str:
    """A reference to the certificate that the data is made of, or else the data."""
    if len(wire) >= 3:
        usage, selector, matching, data = wire[0], wire[1], wire[2], wire[3:]
        base = owner.removeprefix("_25._tcp.")
        near = sorted(shown, key=lambda each: each.label.partition("#")[0] != base)
        for said in ("", *_OTHERS):
            for each in near:
                if _made(each.der, selector, matching, said) == data and data:
                    part = "" if each.part == "leaf" else f"/{each.part}"
                    other = f" as {said}" if said else ""
                    return f"{{tlsa {usage} {selector} {matching} {each.label}{part}{other}}}"
    return (
        f"TLSA \\# {len(wire)} {wire.hex()}"
        if len(wire) < 3
        else f"TLSA {wire[0]} {wire[1]} {wire[2]} {wire[3:].hex()}"
    )


#: What generators digest by mistake, as the grammar writes it behind "as".
_OTHERS = ("1 1", "0 1", "1 2", "0 2", "1 0", "0 0", "pem")


def _made(der: bytes, selector: int, matching: int, said: str) -> bytes:
    """TLSA data of the certificate `der`: by the record's own fields, or as `said`."""
    if not said:
        return dane.computed((selector, matching), der) if (selector, matching) in _SHAPES else b""
    if said != "pem":
        first, second = map(int, said.split())
        return dane.computed((first, second), der)
    try:
        return association(x509.load_der_x509_certificate(der), selector, matching, pem=True)
    except (ValueError, UnsupportedAlgorithm):
        return b""


_SHAPES = {(selector, matching) for selector in (0, 1) for matching in (0, 1, 2)}
