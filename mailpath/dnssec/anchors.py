"""Trust anchors: the keys a validator believes without proof (RFC 4033 section 2, RFC 4035 section 5).

Every chain of trust begins at one.  An anchor may stand at any name: the root, a private top-level domain, or
a signed zone below an unsigned parent (an "island of security", RFC 4033 section 2).  Where several anchors
cover a name, the closest one decides, as in unbound and BIND and as RFC 6840 appendix C.1 describes: if it
fails, the chain from a higher anchor does not help (section 5.10 leaves that choice to the validator).

A negative trust anchor (RFC 7646) is the opposite: everything at and below its name counts as unsigned, down
to the next anchor.  Where both kinds stand at one name, the negative one wins (RFC 7646 section 2; unbound,
which otherwise agrees, prefers the positive one).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property, lru_cache

import dns.exception
import dns.name
import dns.rdatatype
import dns.rrset
import dns.zonefile
import msgspec
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.dnssec import algorithms
from mailpath.dnssec.algorithms import DsRecord, read_ds
from mailpath.dnssec.messages import name_text
from mailpath.errors import MailpathError
from mailpath.network.protocol import MAX_ANCHOR
from mailpath.visible import visible

#: Most records in one anchor text: a capture's text comes from a stranger.
MAX_RECORDS = 100

_LINE_NUMBER = re.compile(r"\A<input>:[0-9]+: ")


class BadAnchor(MailpathError):
    """The trust anchor text holds no usable anchor; the message is one plain sentence."""


class Anchor(msgspec.Struct, frozen=True):
    """DS and DNSKEY records that vouch for the keys of one zone; as a trust anchor they need no proof."""

    ds: tuple[DsRecord, ...] = ()
    keys: tuple[DNSKEY, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether we know algorithm and digest type of at least one record (RFC 4035 section 5.2)."""
        return any(int(key.algorithm) in algorithms.SUPPORTED for key in self.keys) or any(
            ds.known for ds in self.ds
        )


#: Canonical name -> what is trusted there without proof.
Anchors = Mapping[dns.name.Name, Anchor]

_ROOT = frozenset({dns.name.root.labels})


class Points(msgspec.Struct, frozen=True, dict=True):
    """Every name whose security is settled without looking further up.

    `anchors`: positive trust anchors, `insecure`: negative ones (RFC 7646).  `simulated`: zones that a
    simulated attack declares insecure.
    """

    anchors: Anchors
    insecure: frozenset[dns.name.Name]
    simulated: frozenset[dns.name.Name]

    def closest(self, name: dns.name.Name) -> dns.name.Name | None:
        """The closest such name at or above `name`; None where none covers it (RFC 6840 appendix C.1)."""
        if self._settled == _ROOT and name.is_absolute():  # as a rule; and asked some dozen times a walk
            return dns.name.root
        labels = tuple(label.lower() for label in name.labels)
        above = (labels[at:] for at in range(len(labels)))
        return next((dns.name.Name(each) for each in above if each in self._settled), None)

    @cached_property
    def _settled(self) -> frozenset[tuple[bytes, ...]]:
        """The labels of each of these names in lower case: a name's own hash is worked out byte by byte."""
        names = (*self.anchors, *self.insecure, *self.simulated)
        return frozenset(name.canonicalize().labels for name in names)

    def above(self, name: dns.name.Name, rdtype: RdataType) -> dns.name.Name | None:
        """`closest` for the RRset (`name`, `rdtype`): a DS belongs to the parent (RFC 4034 section 5)."""
        return self.closest(name.parent() if rdtype == RdataType.DS and name != dns.name.root else name)

    def may_sign(self, signer: dns.name.Name, name: dns.name.Name, rdtype: RdataType) -> bool:
        """Whether a zone `signer` can vouch for (`name`, `rdtype`).

        Not if it lies above the closest anchor: an insecure parent would then make the island of security
        below it insecure too (RFC 6840 appendix C.1).
        """
        top = self.above(name, rdtype)
        return top is not None and signer.is_subdomain(top)

    def declared_insecure(self, name: dns.name.Name) -> str:
        """A sentence saying that `name` itself is declared insecure; "" where it is not.

        A positive anchor at the same name changes nothing (RFC 7646 section 2).
        """
        if name in self.simulated:
            return f"{called(name)} is the attacker's own unsigned zone (simulated)"
        if name in self.insecure:
            return f"{called(name)} is declared insecure here (negative trust anchor)"
        return ""

    def anchor(self, name: dns.name.Name) -> Anchor | None:
        """The positive anchor in force at `name` itself."""
        return None if self.declared_insecure(name) else self.anchors.get(name)

    def kind(self, name: dns.name.Name) -> str:
        """The kind of anchor at `name` in the words of the facts: "positive", "negative" (RFC 7646) or ""."""
        if self.anchor(name) is not None:
            return "positive"
        return "negative" if name in self.insecure and name not in self.simulated else ""


@lru_cache(maxsize=8)
def read_points(anchor_text: str, insecure: tuple[str, ...], simulated: tuple[str, ...]) -> Points:
    """The `Points` that a network's settings describe.  Raises `BadAnchor`."""
    declared, attacked = (
        frozenset(dns.name.from_text(text).canonicalize() for text in texts)
        for texts in (insecure, simulated)
    )
    return Points(read_anchors(anchor_text), declared, attacked)


@lru_cache(maxsize=8)
def read_anchors(text: str) -> Anchors:
    """The DS and DNSKEY records in zone-file `text`, at any names (RFC 1035 section 5, RFC 4034 section 5.3).

    Takes linear time; allows at most `MAX_ANCHOR` characters, `MAX_RECORDS` records and no directives.
    Rejects a name none of whose records we can use: skipping it would silently turn validation off.  Raises
    `BadAnchor`.
    """
    if len(text) > MAX_ANCHOR:
        raise BadAnchor(f"The trust anchor is longer than {MAX_ANCHOR // 1024} KiB.")
    found: dict[dns.name.Name, Anchor] = {}
    count = 0
    for rrset in _parse(text):
        name = rrset.name.canonicalize()
        if rrset.rdtype not in (RdataType.DS, RdataType.DNSKEY):
            kind = dns.rdatatype.to_text(rrset.rdtype)
            raise BadAnchor(f"A trust anchor is a DS or a DNSKEY record, not {called(name)} {kind}.")
        count += len(rrset)
        if count > MAX_RECORDS:
            raise BadAnchor(f"The trust anchor has more than {MAX_RECORDS} records.")
        there = found.get(name, Anchor())
        ds = tuple(filter(None, map(read_ds, rrset))) if rrset.rdtype == RdataType.DS else ()
        keys = tuple(rdata for rdata in rrset if isinstance(rdata, DNSKEY))
        found[name] = Anchor(there.ds + ds, there.keys + keys)
    if not found:
        raise BadAnchor("The trust anchor contains neither a DS nor a DNSKEY record.")
    for name in sorted(found):
        if not found[name].usable:
            raise BadAnchor(
                f"The trust anchor of {called(name)} uses no supported algorithm and digest type."
            )
    return found


def _parse(text: str) -> list[dns.rrset.RRset]:
    try:
        return dns.zonefile.read_rrsets(
            text, origin=dns.name.root, relativize=False, default_ttl=0, rdclass=None
        )
    except (dns.exception.DNSException, ValueError) as error:
        # dnspython's message begins with the number of the next line, and with no file name.
        why = visible(_LINE_NUMBER.sub("", str(error)), limit=200).rstrip(".")
        raise BadAnchor(f"The trust anchor cannot be read as zone-file text: {why}.") from error


def called(name: dns.name.Name) -> str:
    """`name` for use in a sentence, where "." would be overlooked (RFC 1034 section 3.1)."""
    return "the root" if name == dns.name.root else name_text(name)
