"""Zones of the mini-internet: their records, cuts, keys and signatures (RFC 4034, RFC 4035 section 2).

A zone signs an RRset when somebody first asks for it, with one combined signing key on P-256 (RFC 6605): an
internet of fifty zones is up in milliseconds.  A scenario declares what is wrong with a zone (expired
signatures, a DS that matches nothing, one corrupted signature), so the lab's resolver knows what a validating
resolver would say without being one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from dns.rdata import GenericRdata
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY

from mailpath.lab.kept import Kept, PrivateKey
from mailpath.lab.nsec3 import Chain
from mailpath.wording.times import DAY

TTL = 3600
#: Of the range for private use (RFC 6895 section 3.1).
_PRIVATE = 65400
_TLSA_LINE = re.compile(r"\bTLSA (\d{1,3}) (\d{1,3}) (\d{1,3})(?: ((?:[0-9a-fA-F]{2})*))?$")
#: TLSA data in the form of an unknown type (RFC 3597 section 5): fewer than its three fields, too.
_TLSA_BARE = re.compile(r"\bTLSA \\# (\d+)( [0-9a-fA-F]*)?$")
NEGATIVE_TTL = 300

#: The one name server of every zone; its address is in the "example" zone.
NAME_SERVER = dns.name.from_text("ns1.nic.example.")
_GENERATES: dict[str, Callable[[], PrivateKey]] = {
    "ECDSAP256SHA256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ECDSAP384SHA384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ED25519": ed25519.Ed25519PrivateKey.generate,
    "RSASHA256": lambda: rsa.generate_private_key(65537, 2048),
    "RSASHA512": lambda: rsa.generate_private_key(65537, 2048),
}
#: As a DS record's text has them.
_KNOWN_ALGORITHMS = [["5"], ["7"], ["8"], ["10"], ["13"], ["14"], ["15"], ["16"]]
_MAILBOX = dns.name.from_text("hostmaster.nic.example.")


class Status(Enum):
    """What a validating resolver makes of a zone's data (RFC 4033 section 5)."""

    SECURE = "secure"
    INSECURE = "insecure"
    BOGUS = "bogus"


@dataclass(frozen=True)
class Signing:
    """How a zone is signed; the defaults are an unsigned zone.

    `nsec3`: hashed denial (RFC 5155), `opt_out` over unsigned delegations.  `expired`: every signature
    expired three days ago.  `ds`: "good", "bad" (matches no key) or "none".  `tampered`: RRsets with a
    corrupted signature.  `days`: begin and end of every signature, from now.  `algorithms`: a key of each
    signs everything; `ds_set`: the DS records at the parent, as the scenario file has them.
    """

    signed: bool = False
    nsec3: bool = False
    opt_out: bool = False
    expired: bool = False
    ds: str = "good"
    tampered: frozenset[tuple[dns.name.Name, RdataType]] = frozenset()
    days: tuple[float, float] | None = None
    algorithms: tuple[str, ...] = ("ECDSAP256SHA256",)
    ds_set: tuple[str, ...] | None = None

    @property
    def window(self) -> tuple[int, int]:
        """Begin and end of every signature, in seconds from now."""
        if self.days is not None:
            return int(self.days[0] * DAY), int(self.days[1] * DAY)
        return (-33 * DAY, -3 * DAY) if self.expired else (-30 * DAY, 14 * DAY)

    @property
    def lapsed(self) -> bool:
        """No signature holds now."""
        start, end = self.window
        return not start <= 0 <= end


class Zone:
    """One zone.  Add records and children, then `seal()` it; after that it only answers.

    `serves`: "real", "refused" or "dead", as in the scenario file; `negative_ttl`: of its denials;
    `kept`: whose keys and pace it has (default: its own).
    """

    def __init__(
        self,
        name: dns.name.Name,
        signing: Signing,
        now: int,
        kept: Kept | None = None,
        *,
        serves: str = "real",
        negative_ttl: int = NEGATIVE_TTL,
    ) -> None:
        self.name = name
        self.signing = signing
        self.serves = serves
        self.parent: Zone | None = None
        self.cuts: dict[dns.name.Name, Zone] = {}
        self.nsec3: Chain | None = None
        self._now = now
        self._paced = int if kept is None else kept.paced
        self._negative_ttl = negative_ttl = self._paced(negative_ttl)
        self._nodes: dict[dns.name.Name, dict[RdataType, dns.rrset.RRset]] = {}
        self._known: frozenset[dns.name.Name] = frozenset()  # nodes and empty non-terminals
        self._order: list[dns.name.Name] = []  # owners of NSEC records, canonical order
        self._signatures: dict[tuple[dns.name.Name, RdataType], dns.rrset.RRset] = {}
        self._keys: list[tuple[PrivateKey, DNSKEY]] = []
        self.add(
            _rrset(name, "SOA", f"{NAME_SERVER} {_MAILBOX} {now} 7200 3600 1209600 {negative_ttl}"),
            _rrset(name, "NS", str(NAME_SERVER)),
        )
        known = {} if kept is None else kept.keys
        for algorithm in signing.algorithms if signing.signed else ():
            key = known.get((name, algorithm)) or _GENERATES[algorithm]()
            known[name, algorithm] = key
            dnskey = dns.dnssec.make_dnskey(key.public_key(), algorithm, flags=257)
            self._keys.append((key, dnskey))
            self.add(dns.rrset.from_rdata(name, TTL, dnskey))

    # --- building ----------------------------------------------------------------------------------

    def add(self, *rrsets: dns.rrset.RRset) -> None:
        """Adds records to the RRsets that are already there."""
        for rrset in rrsets:
            rrset.ttl = self._paced(rrset.ttl)
            node = self._nodes.setdefault(rrset.name, {})
            if rrset.rdtype in node:
                for rdata in rrset:
                    node[rrset.rdtype].add(rdata, rrset.ttl)
            else:
                node[rrset.rdtype] = rrset

    def add_text(self, lines: list[str]) -> None:
        """Adds master-file lines (RFC 1035 section 5), relative to the zone.  Raises DNSException.

        TLSA data of any length: people publish it, and the library refuses it.
        """
        plain = [_TLSA_BARE.sub(rf"TYPE{_PRIVATE} \\# \1\2", line) for line in lines]
        text = "\n".join(_TLSA_LINE.sub(_as_private, line) for line in plain)
        parsed = dns.zone.from_text(
            f"$TTL {TTL}\n{text}\n", origin=self.name, relativize=False, check_origin=False
        )
        for name, node in parsed.nodes.items():
            for rdataset in node.rdatasets:
                records = list(rdataset)
                if rdataset.rdtype == _PRIVATE:
                    records = [GenericRdata(each.rdclass, RdataType.TLSA, each.data) for each in records]
                self.add(dns.rrset.from_rdata_list(name, rdataset.ttl, records))

    def delegate(self, child: Zone) -> None:
        """Delegates `child` from this zone: adds NS, and DS as the child's signing says."""
        child.parent = self
        self.cuts[child.name] = child
        self.add(_rrset(child.name, "NS", str(NAME_SERVER)))
        for ds in child.delegation_signers():
            self.add(dns.rrset.from_rdata(child.name, TTL, ds))

    def delegation_signers(self) -> list[dns.rdata.Rdata]:
        """The DS records at the parent: one of each key (SHA-256), corrupted or others if the scenario says
        so.  Raises DNSException.
        """
        if self.signing.ds_set is not None:
            return [self._delegation_signer(each) for each in self.signing.ds_set]
        if not self._keys or self.signing.ds == "none":
            return []
        made = [dns.dnssec.make_ds(self.name, dnskey, "SHA256") for _, dnskey in self._keys]
        if self.signing.ds == "bad":
            return [ds.replace(digest=bytes(byte ^ 0xFF for byte in ds.digest)) for ds in made]
        return [*made]

    def _delegation_signer(self, text: str) -> dns.rdata.Rdata:
        """The DS of "ALGORITHM DIGEST", or the record that `text` is."""
        words = text.split()
        for (_, dnskey), algorithm in zip(self._keys, self.signing.algorithms, strict=False):
            if len(words) == 2 and words[0] == algorithm:
                policy = dns.dnssec.allow_all_policy  # SHA-1, too: somebody has it
                return dns.dnssec.make_ds(self.name, dnskey, words[1], policy=policy)
        return dns.rdata.from_text("IN", "DS", text)

    def seal(self) -> None:
        """Builds the chain of denial of existence; call it after the last record was added."""
        known = set(self._nodes)
        for name in self._nodes:
            while name != self.name:
                known.add(name)
                name = name.parent()  # noqa: PLW2901
        self._known = frozenset(known)
        if not self.signing.signed:
            return
        if self.signing.nsec3:
            self.add(_rrset(self.name, "NSEC3PARAM", "1 0 0 -"))
            self.nsec3 = Chain(
                self.name,
                {name: self._list_types(name) for name in self._known if not self._skips(name)},
                opt_out=self.signing.opt_out,
                ttl=self._negative_ttl,
            )
            return
        self._order = sorted(self._nodes)
        for index, name in enumerate(self._order):
            following = self._order[(index + 1) % len(self._order)]
            types = " ".join(rdtype.name for rdtype in [*self._list_types(name), RdataType.NSEC])
            nsec = dns.rrset.from_text(name, self._negative_ttl, "IN", "NSEC", f"{following} {types}")
            self._nodes[name][RdataType.NSEC] = nsec

    def _skips(self, name: dns.name.Name) -> bool:
        """Opt-out skips unsigned delegations, and empty non-terminals that lead only to those."""
        if not self.signing.opt_out:
            return False
        below = [cut for cut in self.cuts.values() if cut.name.is_subdomain(name)]
        unsigned = all(RdataType.DS not in self._nodes[cut.name] for cut in below)
        others = any(node.is_subdomain(name) and node not in self.cuts for node in self._nodes)
        return bool(below) and unsigned and not others

    def _list_types(self, name: dns.name.Name) -> list[RdataType]:
        """Types in the bitmap at `name`, without NSEC itself; with RRSIG if anything there is signed."""
        types: list[RdataType] = [rdtype for rdtype in self._nodes.get(name, {}) if rdtype != RdataType.NSEC]
        if name not in self.cuts or RdataType.DS in types or not self.signing.nsec3:
            return [*types, RdataType.RRSIG] if types else []
        return types

    # --- answering ---------------------------------------------------------------------------------

    def exists(self, name: dns.name.Name) -> bool:
        """Whether `name` is a node or an empty non-terminal here."""
        return name in self._known

    def node(self, name: dns.name.Name) -> dict[RdataType, dns.rrset.RRset]:
        return self._nodes.get(name, {})

    def soa(self) -> dns.rrset.RRset:
        """The SOA for a negative answer (RFC 2308 section 3: its TTL is the minimum)."""
        return dns.rrset.from_rdata(self.name, self._negative_ttl, self._nodes[self.name][RdataType.SOA][0])

    def closest_encloser(self, name: dns.name.Name) -> dns.name.Name:
        """The longest existing ancestor of `name` (RFC 4592 section 3.3.1)."""
        while name not in self._known:
            name = name.parent()
        return name

    def nsec_at(self, name: dns.name.Name) -> dns.rrset.RRset:
        """The NSEC record at `name`, or the one that covers it (RFC 4035 section 3.1.3)."""
        if RdataType.NSEC in self.node(name):
            return self._nodes[name][RdataType.NSEC]
        before = [owner for owner in self._order if owner < name]
        return self._nodes[before[-1]][RdataType.NSEC]

    def status(self) -> Status:
        """The verdict of a validating resolver on this zone as a whole."""
        if self.parent is not None:
            above = self.parent.status()
            if above is not Status.SECURE:
                return above
            if not self.signing.signed or not self._is_delegated_securely():
                return Status.INSECURE
        elif not self.signing.signed:
            return Status.INSECURE
        if (
            self.signing.lapsed
            or self.signing.ds == "bad"
            or not self._is_anchored()
            or (self.name, RdataType.DNSKEY) in self.signing.tampered
        ):
            return Status.BOGUS
        return Status.SECURE

    def _is_delegated_securely(self) -> bool:
        """A validator that knows the usual algorithms finds a DS that counts (RFC 4035 section 5.2)."""
        if self.signing.ds_set is None:
            return self.signing.ds != "none"
        return any(
            len(each.split()) == 2 or each.split()[1:2] in _KNOWN_ALGORITHMS for each in self.signing.ds_set
        )

    def _is_anchored(self) -> bool:
        """Some DS is that of a key."""
        ds_set = self.signing.ds_set
        return ds_set is None or any(len(each.split()) == 2 for each in ds_set)

    def is_tampered(self, rrset: dns.rrset.RRset) -> bool:
        return (rrset.name, rrset.rdtype) in self.signing.tampered

    def signature(self, rrset: dns.rrset.RRset) -> dns.rrset.RRset | None:
        """The RRSIG RRset of `rrset`, made at first use; None if this zone does not sign it.

        A delegation's NS set belongs to the child and is not signed (RFC 4035 section 2.2).
        """
        if not self._keys:
            return None
        if rrset.name in self.cuts and rrset.rdtype not in {RdataType.DS, RdataType.NSEC}:
            return None
        made = self._signatures.get((rrset.name, rrset.rdtype))
        if made is None:
            start, end = self.signing.window
            signed: list[dns.rdata.Rdata] = []
            begin, end = self._now + start, self._now + end
            for key, dnskey in self._keys:
                rrsig = dns.dnssec.sign(rrset, key, self.name, dnskey, inception=begin, expiration=end)
                broken = bytes([rrsig.signature[0] ^ 0xFF]) + rrsig.signature[1:]
                signed.append(rrsig.replace(signature=broken) if self.is_tampered(rrset) else rrsig)
            made = dns.rrset.from_rdata_list(rrset.name, rrset.ttl, signed)
            self._signatures[rrset.name, rrset.rdtype] = made
        return made


def _as_private(line: re.Match[str]) -> str:
    """A TLSA record with a digest of the wrong length, as a type that the library leaves alone."""
    *fields, data = line.groups(default="")
    if data and len(data) == {"1": 64, "2": 128}.get(fields[2], len(data)):
        return line[0]
    wire = f"{int(fields[0]):02x}{int(fields[1]):02x}{int(fields[2]):02x}{data}"
    return f"TYPE{_PRIVATE} \\# {len(wire) // 2} {wire}"


def _rrset(name: dns.name.Name, rdtype: str, text: str) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, TTL, "IN", rdtype, text)
