"""A whole signed DNS in memory behind one recursive resolver: a `Network` for tests of the validator.

It answers as a resolver that was asked with CD: CNAME, DNAME and wildcards are expanded, denials come
with NSEC or NSEC3, DS comes from the parent.  Everything can be bent: windows, signatures, keys, single
answers.  Names are absolute; RDATA in zone text are relative to the zone.
"""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC import Bitmap as NsecBitmap
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.NSEC3 import Bitmap as Nsec3Bitmap

from mailpath.exchanges import (
    DnsExchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.network.protocol import NetworkContext

#: The moment at which everything is valid, and the window around it.
AT = 1_790_000_000
INCEPTION, EXPIRATION = AT - 86_400, AT + 7 * 86_400
TTL = 300
_IN = dns.rdataclass.IN


def name(text: str) -> dns.name.Name:
    return dns.name.from_text(text)


@cache
def _private_key(algorithm: int, seed: str):
    material = hashlib.sha512(f"{algorithm} {seed}".encode()).digest()
    if algorithm == 15:
        return ed25519.Ed25519PrivateKey.from_private_bytes(material[:32])
    if algorithm == 16:
        return ed448.Ed448PrivateKey.from_private_bytes(material[:57])
    if algorithm in (13, 14):
        curve = ec.SECP256R1() if algorithm == 13 else ec.SECP384R1()
        return ec.derive_private_key(int.from_bytes(material[:31], "big"), curve)
    return rsa.generate_private_key(65537, 1024)


@dataclass
class Key:
    """A signing key; `flags` may be changed after it was made (revoked, no zone key)."""

    seed: str
    algorithm: int = 15
    flags: int = 256
    protocol: int = 3

    def __post_init__(self) -> None:
        self.private = _private_key(self.algorithm, self.seed)
        made = dns.dnssec.make_dnskey(self.private.public_key(), self.algorithm)
        self.dnskey: Any = made.replace(flags=self.flags, protocol=self.protocol)

    @property
    def tag(self) -> int:
        return dns.dnssec.key_id(self.dnskey)

    def sign(self, rrset, signer, inception=INCEPTION, expiration=EXPIRATION):
        return dns.dnssec.sign(
            rrset, self.private, signer, self.dnskey, inception=inception, expiration=expiration
        )


@cache
def _read(origin: dns.name.Name, text: str) -> tuple[tuple[dns.name.Name, dns.rdataset.Rdataset], ...]:
    """What a zone's text holds: most worlds have the same root."""
    found = dns.zone.from_text(text, origin, relativize=False, check_origin=False)
    return tuple(found.iterate_rdatasets())


@dataclass
class SignedZone:
    """One zone.  `denial`: "nsec", "nsec3", "optout", or "" for an unsigned zone.

    `windows`: (owner, type) -> (inception, expiration).  `bent`: (owner, type) whose signatures are broken.
    `unsigned`: (owner, type) left without signature.  `signers`: (owner, type) -> keys used instead.
    """

    origin: dns.name.Name
    text: str = ""
    denial: str = "nsec"
    ksk: list[Key] = field(default_factory=list)
    zsk: list[Key] = field(default_factory=list)
    published: list[Key] | None = None
    ds: list[dns.rdata.Rdata] | None = None
    digest: str = "SHA256"
    iterations: int = 0
    salt: bytes = b""
    windows: dict = field(default_factory=dict)
    bent: set = field(default_factory=set)
    unsigned: set = field(default_factory=set)
    signers: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        label = self.origin.to_text()
        if self.denial:
            self.ksk = self.ksk or [Key(f"ksk {label}", flags=257)]
            self.zsk = self.zsk or [Key(f"zsk {label}")]
        head = f"@ {TTL} IN SOA ns.invalid. host.invalid. 1 3600 600 86400 {TTL}\n@ {TTL} IN NS ns.invalid.\n"
        self.nodes: dict[dns.name.Name, dict[RdataType, dns.rdataset.Rdataset]] = {}
        for owner, rdataset in _read(self.origin, head + self.text):
            own = rdataset.copy()
            own.ttl = TTL
            self.nodes.setdefault(owner, {})[own.rdtype] = own
        self._cache: dict = {}

    def build(self) -> None:
        """Publish the keys, and make the chain of denial."""
        if not self.denial:
            return
        apex = self.nodes[self.origin]
        keys = self.ksk + self.zsk if self.published is None else self.published
        apex[RdataType.DNSKEY] = dns.rdataset.from_rdata_list(TTL, [key.dnskey for key in keys])
        auth = [owner for owner in self.nodes if not self._occluded(owner)]
        if self.denial == "nsec":
            self._build_nsec(sorted(auth))
        else:
            self._build_nsec3(auth)

    def delegation(self, owner: dns.name.Name) -> dns.name.Name | None:
        """The zone cut at or above `owner`, below the apex."""
        for depth in range(len(self.origin) + 1, len(owner) + 1):
            cut = dns.name.Name(owner.labels[-depth:])
            if RdataType.NS in self.nodes.get(cut, {}):
                return cut
        return None

    def exists(self, owner: dns.name.Name) -> bool:
        return any(other.is_subdomain(owner) for other in self.nodes)

    def _occluded(self, owner: dns.name.Name) -> bool:
        cut = self.delegation(owner)
        return cut is not None and cut != owner

    def _types(self, owner: dns.name.Name) -> set[RdataType]:
        types = set(self.nodes.get(owner, {}))
        if self.delegation(owner) == owner:
            types &= {RdataType.NS, RdataType.DS}
            return types | ({RdataType.RRSIG} if RdataType.DS in types else set())
        return types | {RdataType.RRSIG} if types else types

    def _build_nsec(self, owners: list[dns.name.Name]) -> None:
        self.chain: list[tuple[dns.name.Name, dns.name.Name]] = []
        for owner, following in zip(owners, [*owners[1:], owners[0]], strict=True):
            types = self._types(owner) | {RdataType.NSEC, RdataType.RRSIG}
            rdata = NSEC(_IN, RdataType.NSEC, following, NsecBitmap.from_rdtypes(list(types)))
            self.nodes[owner][RdataType.NSEC] = dns.rdataset.from_rdata_list(TTL, [rdata])
            self.chain.append((owner, following))

    def hash(self, owner: dns.name.Name) -> bytes:
        text = dns.dnssec.nsec3_hash(owner, self.salt, self.iterations, 1)
        return base64.b32hexdecode(text)

    def _build_nsec3(self, auth: list[dns.name.Name]) -> None:
        shown: dict[dns.name.Name, set[RdataType]] = {}
        for owner in auth:
            types = self._types(owner)
            if self.denial == "optout" and types == {RdataType.NS}:
                continue
            shown[owner] = types
            above = owner
            while above != self.origin:
                above = above.parent()
                shown.setdefault(above, set())
        shown[self.origin] |= {RdataType.RRSIG}
        ring = sorted((self.hash(owner), owner) for owner in shown)
        flags = 1 if self.denial == "optout" else 0
        self.ring: list[tuple[bytes, bytes, dns.name.Name]] = []
        for (hashed, owner), (following, _) in zip(ring, [*ring[1:], ring[0]], strict=True):
            bitmap = Nsec3Bitmap.from_rdtypes(list(shown[owner]))
            rdata = NSEC3(_IN, RdataType.NSEC3, 1, flags, self.iterations, self.salt, following, bitmap)
            at = dns.name.Name((base64.b32hexencode(hashed).lower(), *self.origin.labels))
            self.nodes.setdefault(at, {})[RdataType.NSEC3] = dns.rdataset.from_rdata_list(TTL, [rdata])
            self.ring.append((hashed, following, at))
        self.hash_owners = {at for _, _, at in self.ring}

    # --- what the server puts into an answer -------------------------------------------------------

    def signed(self, owner, rdtype, expanded=None) -> list[dns.rrset.RRset]:
        """The RRset at `owner` and its RRSIGs, shown as `expanded` when it comes from a wildcard."""
        rdataset = self.nodes[owner][rdtype]
        shown = expanded or owner
        found = [dns.rrset.from_rdata_list(shown, TTL, list(rdataset))]
        if rdtype == RdataType.NS and self.delegation(owner) == owner:
            return found
        if not self.denial or (owner, rdtype) in self.unsigned:
            return found
        signatures = self._cache.get((owner, rdtype))
        if signatures is None:
            signatures = self._cache[(owner, rdtype)] = self._sign(owner, rdtype, rdataset)
        if signatures:
            found.append(dns.rrset.from_rdata_list(shown, TTL, signatures))
        return found

    def _sign(self, owner, rdtype, rdataset) -> list[dns.rdata.Rdata]:
        rrset = dns.rrset.from_rdata_list(owner, TTL, list(rdataset))
        keys = self.ksk if rdtype == RdataType.DNSKEY else self.zsk
        keys = self.signers.get((owner, rdtype), keys)
        window = self.windows.get((owner, rdtype), (INCEPTION, EXPIRATION))
        made = [key.sign(rrset, self.origin, *window) for key in keys]
        if (owner, rdtype) in self.bent:
            made = [
                rrsig.replace(signature=bytes([rrsig.signature[0] ^ 1]) + rrsig.signature[1:])
                for rrsig in made
            ]
        return made

    def matching(self, owner: dns.name.Name) -> list[dns.rrset.RRset]:
        if self.denial == "nsec":
            return self.signed(owner, RdataType.NSEC) if owner in self.nodes else self.covering(owner)
        hashed = self.hash(owner)
        return next((self.signed(at, RdataType.NSEC3) for h, _, at in self.ring if h == hashed), [])

    def covering(self, owner: dns.name.Name) -> list[dns.rrset.RRset]:
        if self.denial == "nsec":
            for here, following in self.chain:
                if here < owner and (owner < following or following == self.origin):
                    return self.signed(here, RdataType.NSEC)
        else:
            hashed = self.hash(owner)
            for before, after, at in self.ring:
                inside = before < hashed < after
                if inside or (after <= before and (hashed > before or hashed < after)):
                    return self.signed(at, RdataType.NSEC3)
        return []

    def encloser(self, owner: dns.name.Name) -> tuple[dns.name.Name, dns.name.Name]:
        """The closest encloser, and the next closer name; below opt-out, the closest with an NSEC3."""
        closer = owner
        while True:
            closer, owner = owner, owner.parent()
            if self.exists(owner) and (self.denial != "optout" or self.matching(owner)):
                return owner, closer

    def deny(self, owner: dns.name.Name, *, wildcard: str) -> list[dns.rrset.RRset]:
        """`wildcard`: "none" (NXDOMAIN), "nodata" (exists without the type), "used" (positive answer)."""
        encloser, closer = self.encloser(owner)
        star = dns.name.Name((b"*", *encloser.labels))
        parts = [] if self.denial == "nsec" or wildcard == "used" else self.matching(encloser)
        parts = parts + self.covering(owner if self.denial == "nsec" else closer)
        if wildcard == "none":
            parts = parts + self.covering(star)
        elif wildcard == "nodata":
            parts = parts + self.matching(star)
        return parts

    def no_data(self, owner: dns.name.Name) -> list[dns.rrset.RRset]:
        found = self.matching(owner)
        if not found and self.denial == "optout":
            encloser, closer = self.encloser(owner)
            found = self.matching(encloser) + self.covering(closer)
        return found


Edit = Callable[[dns.message.Message], None]


class World:
    """The resolver.  `edits`: (name, type) -> what changes the answer; `dead`: what fails and how."""

    def __init__(self, *zones: SignedZone, simulated: tuple[str, ...] = ()) -> None:
        self.zones = {zone.origin: zone for zone in zones}
        for zone in sorted(zones, key=lambda z: -len(z.origin)):
            self._delegate(zone)
        for zone in zones:
            zone.build()
        root = self.zones[dns.name.root]
        self.anchor = "\n".join(
            f". IN DS {dns.dnssec.make_ds('.', key.dnskey, 'SHA256').to_text()}" for key in root.ksk
        )
        self.simulated = simulated
        self.insecure: tuple[str, ...] = ()
        self.asked: list[Question] = []
        self.edits: dict[tuple[str, str], Edit] = {}
        self.dead: dict[tuple[str, str], Failure | str] = {}
        self.strips = False
        self.rounds = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._release: asyncio.Task[None] | None = None

    def sign_anew(self) -> None:
        """After a window, a bent or a missing signature was changed."""
        for one in self.zones.values():
            one._cache.clear()

    def _delegate(self, zone: SignedZone) -> None:
        if zone.origin == dns.name.root:
            return
        parent = self.zone_of(zone.origin.parent())
        node = parent.nodes.setdefault(zone.origin, {})
        node[RdataType.NS] = zone.nodes[zone.origin][RdataType.NS]
        ds = zone.ds
        if ds is None and zone.denial:
            ds = [
                dns.dnssec.make_ds(zone.origin, k.dnskey, zone.digest, policy=dns.dnssec.allow_all_policy)
                for k in zone.ksk
            ]
        if ds:
            node[RdataType.DS] = dns.rdataset.from_rdata_list(TTL, ds)

    def zone_of(self, owner: dns.name.Name) -> SignedZone:
        while owner not in self.zones:
            owner = owner.parent()
        return self.zones[owner]

    @property
    def ground(self) -> NetworkContext:
        return NetworkContext(
            kind="lab",
            resolver="miniworld",
            trust_anchor=self.anchor,
            roots=(),
            made=AT,
            insecure_zones=self.insecure,
            simulated_insecure=self.simulated,
        )

    def ds(self, *origins: str) -> str:
        """Trust anchors, DS, of these zones."""
        return "".join(
            f"{origin} IN DS {dns.dnssec.make_ds(origin, key.dnskey, 'SHA256').to_text()}\n"
            for origin in origins
            for key in self.zones[name(origin)].ksk
        )

    def dnskey(self, *origins: str) -> str:
        """Trust anchors, DNSKEY, of these zones."""
        return "".join(
            f"{origin} 172800 IN DNSKEY {key.dnskey.to_text()}\n"
            for origin in origins
            for key in self.zones[name(origin)].ksk
        )

    def edit(self, owner: str, rdtype: str) -> Callable[[Edit], Edit]:
        def register(change: Edit) -> Edit:
            self.edits[(owner, rdtype)] = change
            return change

        return register

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        return HttpsExchange(request=request, failure=Failure.NOT_RECORDED)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        return SmtpExchange(request=request, failure=Failure.NOT_RECORDED)

    async def ask(self, question: Question) -> DnsExchange:
        self.asked.append(question)
        await self._round_trip()
        broken = self.dead.get((question.name, question.rdtype))
        if isinstance(broken, Failure):
            return DnsExchange(question=question, failure=broken, detail="as the test wants it")
        return DnsExchange(
            question=question,
            response=self.answer(question, broken).to_wire(max_size=65_535),
            transport="udp",
        )

    async def _round_trip(self) -> None:
        """All questions on their way at one time come back together: one round."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        if self._release is None:
            self._release = asyncio.ensure_future(self._one_round())
        await future

    async def _one_round(self) -> None:
        loop: Any = asyncio.get_running_loop()
        for _ in range(300):  # more turns of the loop than any validation step takes
            await asyncio.sleep(0)
            if not loop._ready:  # whoever could ask has asked
                break
        self.rounds += 1
        waiting, self._waiting, self._release = self._waiting, [], None
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def answer(self, question: Question, rcode: str | None = None) -> dns.message.Message:
        query = dns.message.make_query(name(question.name), question.rdtype, want_dnssec=True)
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        if rcode is not None:
            response.set_rcode(dns.rcode.from_text(rcode))
            return response
        self._resolve(response, name(question.name), dns.rdatatype.from_text(question.rdtype))
        change = self.edits.get((question.name, question.rdtype))
        if change is not None:
            change(response)
        if self.strips:
            for section in (response.answer, response.authority):
                section[:] = [
                    rrset
                    for rrset in section
                    if rrset.rdtype not in (RdataType.RRSIG, RdataType.NSEC, RdataType.NSEC3)
                ]
        return response

    def _resolve(self, response, owner, rdtype, hops: int = 0) -> None:
        above = owner.parent() if rdtype == RdataType.DS and owner != dns.name.root else owner
        zone = self.zone_of(above)
        node = zone.nodes.get(owner, {}) if owner not in getattr(zone, "hash_owners", ()) else {}
        for depth in range(len(zone.origin), len(owner)):
            upper = dns.name.Name(owner.labels[-depth:])
            if RdataType.DNAME in zone.nodes.get(upper, {}):
                target = owner.relativize(upper).derelativize(zone.nodes[upper][RdataType.DNAME][0].target)
                response.answer += zone.signed(upper, RdataType.DNAME)
                response.answer.append(dns.rrset.from_text(owner, TTL, "IN", "CNAME", target.to_text()))
                if hops < 10:
                    self._resolve(response, target, rdtype, hops + 1)
                return None
        star = None
        if not node and not zone.exists(owner):
            star = dns.name.Name((b"*", *zone.encloser(owner)[0].labels))
            if star not in zone.nodes:
                response.set_rcode(dns.rcode.NXDOMAIN)
                return self._negative(
                    response, zone, zone.deny(owner, wildcard="none") if zone.denial else []
                )
            node = zone.nodes[star]
        source = star or owner
        if rdtype in node:
            response.answer += zone.signed(source, rdtype, owner)
        elif RdataType.CNAME in node:
            response.answer += zone.signed(source, RdataType.CNAME, owner)
        elif not zone.denial:
            return self._negative(response, zone, [])
        else:
            denial = zone.deny(owner, wildcard="nodata") if star else zone.no_data(owner)
            return self._negative(response, zone, denial)
        if star and zone.denial:
            self._append(response.authority, zone.deny(owner, wildcard="used"))
        if rdtype not in node and hops < 10:
            self._resolve(response, node[RdataType.CNAME][0].target, rdtype, hops + 1)
        return None

    def _negative(self, response, zone, denial) -> None:
        self._append(response.authority, zone.signed(zone.origin, RdataType.SOA) + denial)

    @staticmethod
    def _append(section, rrsets) -> None:
        seen = {(r.name, r.rdtype, r.covers) for r in section}
        for rrset in rrsets:
            if (rrset.name, rrset.rdtype, rrset.covers) not in seen:
                section.append(copy.copy(rrset))
                seen.add((rrset.name, rrset.rdtype, rrset.covers))


def zone(origin: str, text: str = "", **options) -> SignedZone:
    return SignedZone(name(origin), text, **options)


def without(message: dns.message.Message, *rdtypes: RdataType, section: str = "both") -> None:
    """Take out every RRset of these types, and the signatures over them."""
    for part in (message.answer, message.authority):
        part[:] = [r for r in part if r.rdtype not in rdtypes and r.covers not in rdtypes]
