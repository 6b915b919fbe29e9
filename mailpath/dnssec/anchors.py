"""Trust anchors: where a chain of trust begins (RFC 4033 section 2, RFC 4035 section 5).

An anchor may stand at any name: the root's, a private top-level domain's, that of a signed zone below an
unsigned parent (an island of security, RFC 4033 section 2).  Where several stand above a name the closest
one decides, as in unbound and BIND and as RFC 6840 appendix C.1 describes it: an anchor that fails is not
made good by the chain from one above it (section 5.10 leaves that to the validator).  A negative trust
anchor (RFC 7646) is the opposite: from its name down everything counts as unsigned, until an anchor stands
closer; at one name the negative one wins (RFC 7646 section 2; unbound, which agrees in all else, prefers
the positive one there).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import dns.exception
import dns.name
import dns.rdatatype
import dns.rrset
import dns.zonefile
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import Delegation
from mailpath.dnssec.messages import name_text
from mailpath.errors import MailpathError
from mailpath.network.protocol import MAX_ANCHOR
from mailpath.visible import visible

#: Of one anchor text: a capture's comes from a stranger.
MAX_RECORDS = 100

_PLACE = re.compile(r"\A<input>:[0-9]+: ")


class BadAnchor(MailpathError):
    """The trust anchor text holds no usable anchor; the message is one plain sentence."""


@dataclass(frozen=True)
class Anchor:
    """DS and DNSKEY records that vouch for the keys of one zone; as a trust anchor they need no proof."""

    ds: tuple[Delegation, ...] = ()
    keys: tuple[DNSKEY, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether one of them is of an algorithm, and of a digest type, that counts here (RFC 4035 5.2)."""
        return any(int(key.algorithm) in algorithms.SUPPORTED for key in self.keys) or any(
            int(ds.algorithm) in algorithms.SUPPORTED and algorithms.digest_supported(int(ds.digest_type))
            for ds in self.ds
        )


@dataclass(frozen=True)
class Anchors:
    """`by_name`: canonical name -> what is trusted there without proof."""

    by_name: Mapping[dns.name.Name, Anchor] = field(default_factory=dict)


@dataclass(frozen=True)
class Points:
    """Every name at which something is decided without looking further up.

    `insecure`: negative trust anchors (RFC 7646).  `simulated`: zones that an attack declares insecure.
    """

    anchors: Anchors
    insecure: frozenset[dns.name.Name] = frozenset()
    simulated: frozenset[dns.name.Name] = frozenset()

    def closest(self, name: dns.name.Name) -> dns.name.Name | None:
        """The closest of them at or above `name`; None where none covers it (RFC 6840 appendix C.1)."""
        while name not in self.simulated and name not in self.insecure and name not in self.anchors.by_name:
            if name == dns.name.root:
                return None
            name = name.parent()
        return name.canonicalize()

    def above(self, name: dns.name.Name, rdtype: RdataType) -> dns.name.Name | None:
        """The closest of them for (`name`, `rdtype`): DS lives on the parent's side (RFC 4034 section 5)."""
        return self.closest(name.parent() if rdtype == RdataType.DS and name != dns.name.root else name)

    def may_sign(self, signer: dns.name.Name, name: dns.name.Name, rdtype: RdataType) -> bool:
        """Whether a zone `signer` can vouch for (`name`, `rdtype`): not from above the closest of them, or
        else an unsigned parent could take the island of security below along (RFC 6840 appendix C.1).
        """
        top = self.above(name, rdtype)
        return top is not None and signer.is_subdomain(top)

    def declared_insecure(self, name: dns.name.Name) -> str:
        """That `name` itself is declared insecure, whatever anchor stands there (RFC 7646 section 2), as a
        sentence; "" where it is not.
        """
        if name in self.simulated:
            return f"{called(name)} is the attacker's own unsigned zone (simulated)"
        if name in self.insecure:
            return f"{called(name)} is declared insecure here (negative trust anchor)"
        return ""

    def anchor(self, name: dns.name.Name) -> Anchor | None:
        """The anchor at `name` itself that counts."""
        return None if self.declared_insecure(name) else self.anchors.by_name.get(name)

    def kind(self, name: dns.name.Name) -> str:
        """How a fact tells it: "positive", "negative" (RFC 7646), or "" where `name` is no such point."""
        if self.anchor(name) is not None:
            return "positive"
        return "negative" if name in self.insecure and name not in self.simulated else ""


def points(anchor_text: str, insecure: Iterable[str] = (), simulated: Iterable[str] = ()) -> Points:
    """The `Points` of a ground.  Raises `BadAnchor`."""
    return Points(read_anchors(anchor_text), _names(insecure), _names(simulated))


def _names(texts: Iterable[str]) -> frozenset[dns.name.Name]:
    return frozenset(dns.name.from_text(text).canonicalize() for text in texts)


@lru_cache(maxsize=8)
def read_anchors(text: str) -> Anchors:
    """The DS and DNSKEY records of any names in zone-file `text` (RFC 1035 section 5, RFC 4034 section 5.3).

    At most `MAX_ANCHOR` characters and `MAX_RECORDS` records, in linear time; no directives.  An anchor
    without a record that can be used is refused: to skip it would switch validation off without a word.
    Raises `BadAnchor`.
    """
    if len(text) > MAX_ANCHOR:
        raise BadAnchor(f"The trust anchor is longer than {MAX_ANCHOR // 1024} KiB.")
    found: dict[dns.name.Name, Anchor] = {}
    count = 0
    for rrset in _rrsets(text):
        name = rrset.name.canonicalize()
        if rrset.rdtype not in (RdataType.DS, RdataType.DNSKEY):
            kind = dns.rdatatype.to_text(rrset.rdtype)
            raise BadAnchor(f"A trust anchor is a DS or a DNSKEY record, not {called(name)} {kind}.")
        count += len(rrset)
        if count > MAX_RECORDS:
            raise BadAnchor(f"The trust anchor has more than {MAX_RECORDS} records.")
        there = found.get(name, Anchor())
        found[name] = Anchor(
            ds=there.ds + tuple(rdata for rdata in rrset if isinstance(rdata, DS)),
            keys=there.keys + tuple(rdata for rdata in rrset if isinstance(rdata, DNSKEY)),
        )
    if not found:
        raise BadAnchor("The trust anchor contains neither a DS nor a DNSKEY record.")
    for name in sorted(found):
        if not found[name].usable:
            raise BadAnchor(
                f"The trust anchor of {called(name)} uses no supported algorithm and digest type."
            )
    return Anchors(found)


def _rrsets(text: str) -> list[dns.rrset.RRset]:
    try:
        return dns.zonefile.read_rrsets(
            text, origin=dns.name.root, relativize=False, default_ttl=0, rdclass=None
        )
    except (dns.exception.DNSException, ValueError) as error:
        # dnspython's own place in the text is of the line behind, and names no file.
        why = visible(_PLACE.sub("", str(error)), limit=200).rstrip(".")
        raise BadAnchor(f"The trust anchor cannot be read as zone-file text: {why}.") from error


def called(name: dns.name.Name) -> str:
    """`name` as a sentence has it, where a dot would be overlooked (RFC 1034 section 3.1)."""
    return "the root" if name == dns.name.root else name_text(name)
