"""Zones as the answers of one capture showed them: what is in them, how they are signed, what fails.

The root and `example.` are the lab's own.  A zone's content is what was asked for: a name that nobody asked
about is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dns.exception
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
import msgspec
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.RRSIG import RRSIG

from mailpath.assess.lookups import lookups
from mailpath.dnssec.messages import name_text
from mailpath.dnssec.wire import RRset, WireMessage, read_message
from mailpath.exchanges import DnsExchange, Failure
from mailpath.facts import Security, Walk, ZoneFact
from mailpath.lab.grammar import Fault, Zone
from mailpath.names import is_within
from mailpath.network.capture import Capture
from mailpath.rehearse.notes import Notes, is_plain, relative
from mailpath.rehearse.servers import Address
from mailpath.wording.times import DAY

#: Days by which a capture may have been made after its lab began.
_CLOSE = 0.05

#: The lab has these itself.
_LABS_OWN = frozenset({".", "example"})
_LONGEST = 2**31 - 1
#: How the lab's signatures stand: days from now.
_USUAL = (-30.0, 14.0)
#: What a zone is made of, and not what is in it.
_MADE = frozenset(
    {
        RdataType.RRSIG,
        RdataType.NSEC,
        RdataType.NSEC3,
        RdataType.NSEC3PARAM,
        RdataType.DNSKEY,
        RdataType.DS,
        RdataType.SOA,
        RdataType.NS,
        RdataType.OPT,
    }
)
_ANSWERS = (dns.rcode.NOERROR, dns.rcode.NXDOMAIN)
_ALGORITHMS = {8: "RSASHA256", 10: "RSASHA512", 13: "ECDSAP256SHA256", 14: "ECDSAP384SHA384", 15: "ED25519"}
_USUAL_ALGORITHMS = ("ECDSAP256SHA256",)
_DIGESTS = {1: "SHA1", 2: "SHA256", 4: "SHA384"}
_ERRORS = {"SERVFAIL": "servfail", "REFUSED": "refused", "NOTIMP": "notimp", "FORMERR": "formerr"}


@dataclass
class _Shown:
    """What the answers say of one zone."""

    signed: bool = False
    nsec3: bool = False
    opt_out: bool = False
    window: tuple[int, int] | None = None
    negative_ttl: int | None = None


@dataclass
class Zones:
    """The zones of one capture.  `rrsets`: owner (a wildcard where one was expanded), type -> records."""

    capture: Capture
    walk: Walk
    notes: Notes
    skipped: str  # the sending domain that every lab has
    rrsets: dict[tuple[str, RdataType], dns.rrset.RRset] = field(default_factory=dict)
    _shown: dict[str, _Shown] = field(default_factory=dict)
    _exist: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._facts = {zone.name: zone for zone in self.walk.dnssec.zones}
        for name in self._facts:
            self._zone(name)
        for exchange in self.capture.dns:
            message = _read(exchange)
            if message is not None and message.rcode in _ANSWERS:
                self._take(exchange.question.name, message)
        for owner, _ in list(self.rrsets):
            if self.zone_of(owner) in _LABS_OWN:
                self._zone(_registered(owner))
        self._zone(self.capture.path.recipient)

    # --- reading -----------------------------------------------------------------------------------

    def _zone(self, name: str) -> _Shown:
        return self._shown.setdefault(name, _Shown())

    def _take(self, asked: str, message: WireMessage) -> None:
        if message.rcode == dns.rcode.NOERROR:
            self._exist.add(asked)
        signatures = [rdata for rrset in message.answer for rdata in rrset if isinstance(rdata, RRSIG)]
        aliases = [rrset.name for rrset in message.answer if rrset.rdtype == RdataType.DNAME]
        for rrset in (*message.answer, *message.authority):
            owner = name_text(rrset.name)
            for rdata in rrset:
                if isinstance(rdata, RRSIG):
                    self._sign(rdata)
                elif isinstance(rdata, NSEC3):
                    shown = self._zone(name_text(rrset.name.parent()))
                    shown.nsec3, shown.opt_out = True, shown.opt_out or bool(rdata.flags & 1)
            if rrset.rdtype == RdataType.SOA and is_within(asked, owner):
                self._zone(owner).negative_ttl = min(rrset.ttl, _LONGEST)
        for rrset in message.answer:
            if rrset.rdtype in _MADE:
                continue
            cover = [each for each in signatures if each.type_covered == rrset.rdtype]
            synthesized = any(rrset.name != alias and rrset.name.is_subdomain(alias) for alias in aliases)
            if rrset.rdtype == RdataType.CNAME and synthesized:
                continue
            self._keep(rrset, cover)

    def _keep(self, rrset: RRset, signatures: list[RRSIG]) -> None:
        """`rrset` under the name and TTL that the zone has for it (RFC 4034 section 3.1)."""
        owner, ttl = rrset.name, rrset.ttl
        for each in signatures:
            depth = len(owner.labels) - 1
            if each.labels < depth and not owner.is_wild():
                owner = dns.name.Name([b"*", *owner.labels[depth - each.labels :]])
            ttl = each.original_ttl
        kept = dns.rrset.from_rdata_list(owner, min(ttl, _LONGEST), list(rrset))
        self.rrsets.setdefault((name_text(owner), rrset.rdtype), kept)

    def _sign(self, rdata: RRSIG) -> None:
        shown = self._zone(name_text(rdata.signer))
        shown.signed = True
        begin, end = rdata.inception, rdata.expiration
        if shown.window is not None:
            begin, end = max(begin, shown.window[0]), min(end, shown.window[1])
        if begin < end:
            shown.window = begin, end

    def zone_of(self, name: str) -> str:
        """The deepest zone that is known to be above `name`."""
        return max((zone for zone in self._shown if is_within(name, zone)), key=len, default=".")

    def _is_ours(self, zone: str) -> bool:
        """Whether the scenario has to bring this zone."""
        return zone not in _LABS_OWN and not (self.skipped and is_within(zone, self.skipped))

    @property
    def addresses(self) -> dict[str, Address]:
        """Address -> the names that have it, in the order of names, and the TTL."""
        found: dict[str, list[tuple[str, int]]] = {}
        for (owner, rdtype), rrset in sorted(self.rrsets.items()):
            if rdtype in (RdataType.A, RdataType.AAAA) and self._is_ours(self.zone_of(owner)):
                for rdata in rrset:
                    found.setdefault(rdata.to_text(), []).append((owner, rrset.ttl))
        return {
            address: Address(tuple(owner for owner, _ in held if is_plain(owner)), held[0][1])
            for address, held in found.items()
            if any(is_plain(owner) for owner, _ in held)
        }

    # --- drawing -----------------------------------------------------------------------------------

    def draw(self, lines: dict[str, list[str]]) -> tuple[Zone, ...]:
        """The zones, the recipient's first.  `lines`: zone -> its master-file lines."""
        recipient = self.capture.path.recipient
        ours = sorted(
            (zone for zone in self._shown if self._is_ours(zone)),
            key=lambda zone: (zone != self.zone_of(recipient), zone.count("."), zone),
        )
        drawn = []
        for zone in ours:
            if not is_plain(zone):
                self.notes.add(zone, "a scenario cannot write the name of this zone; it is left out")
                continue
            drawn.append(self._draw(zone, tuple(lines.get(zone, ()))))
        return tuple(drawn)

    def _draw(self, zone: str, lines: tuple[str, ...]) -> Zone:
        shown, fact = self._shown[zone], self._facts.get(zone)
        said = self._signing(zone, shown, fact)
        if shown.window is not None and said["sec"] not in ("unsigned", "expired"):
            made = self.capture.ground.made
            begin, end = ((moment - made) / DAY for moment in shown.window)
            if abs(begin - _USUAL[0]) > _CLOSE or abs(end - _USUAL[1]) > _CLOSE:
                said["days"] = round(begin, 3), round(end, 3)
        if fact is not None and said["sec"] in ("signed", "nsec3", "nsec3optout", "expired"):
            said |= self._keys(zone, fact)
        if shown.negative_ttl is not None:
            said["negative_ttl"] = shown.negative_ttl
        said["ns"] = self._name_servers(zone)
        return Zone(
            name=relative(zone, self.capture.path.recipient),
            tamper=tuple(self._tampered(zone, fact)),
            rr=lines,
            **said,
        )

    def _signing(self, zone: str, shown: _Shown, fact: ZoneFact | None) -> dict[str, Any]:
        signed = "nsec3optout" if shown.opt_out else "nsec3" if shown.nsec3 else "signed"
        if fact is None or not fact.ds:
            return {"sec": "nods" if shown.signed else "unsigned"}
        if fact.status is Security.INSECURE and not self._below_insecure(zone):
            self.notes.add(zone, "its DS records name only algorithms that validators skip; here it has none")
            return {"sec": "nods"}
        if fact.keys and not any(ds.matches for ds in fact.ds):
            return {"sec": "badds"}
        made = self.capture.ground.made
        own = [each for each in fact.signatures if each.rdtype == "DNSKEY" and each.owner == zone]
        lapsed = own and all(not each.inception <= made <= each.expiration for each in own)
        if fact.status is Security.BOGUS and lapsed:
            begin, end = ((moment - made) / DAY for moment in (own[0].inception, own[0].expiration))
            if abs(end + 3) < _CLOSE and signed == "signed":
                return {"sec": "expired"}
            return {"sec": signed, "days": (round(begin, 3), round(end, 3))}
        return {"sec": signed}

    def _keys(self, zone: str, fact: ZoneFact) -> dict[str, Any]:
        """Algorithms, and the DS records, where they are not what the lab makes."""
        found = tuple(dict.fromkeys(key.algorithm for key in fact.keys))
        known = tuple(_ALGORITHMS[each] for each in found if each in _ALGORITHMS)
        if len(known) != len(found):
            self.notes.add(zone, "it has keys of algorithms that the lab cannot sign with; they are left out")
        algorithms = known or _USUAL_ALGORITHMS
        ds_set: list[str] = []
        for ds in fact.ds:
            digest = _DIGESTS.get(ds.digest_type)
            if ds.matches and _ALGORITHMS.get(ds.algorithm) in algorithms and digest is not None:
                ds_set.append(f"{_ALGORITHMS[ds.algorithm]} {digest}")
            elif not ds.matches:
                ds_set += self._stale(zone, f"{ds.tag} {ds.algorithm} {ds.digest_type} {ds.digest}")
        said: dict[str, Any] = {} if algorithms == _USUAL_ALGORITHMS else {"algorithms": algorithms}
        usual = [f"{each} SHA256" for each in algorithms]
        if any(len(each.split()) == 2 for each in ds_set) and sorted(ds_set) != sorted(usual):
            said["ds"] = tuple(dict.fromkeys(ds_set))[:20]
        return said

    def _stale(self, zone: str, text: str) -> Iterator[str]:
        """A DS record that matches no key, if the lab can write it."""
        try:
            dns.rdata.from_text("IN", "DS", text)
        except (dns.exception.DNSException, ValueError):
            self.notes.add(zone, "a DS record is malformed; it is left out")
        else:
            yield text

    def _below_insecure(self, zone: str) -> bool:
        return any(
            fact.status is Security.INSECURE and zone != name and is_within(zone, name)
            for name, fact in self._facts.items()
        )

    def _tampered(self, zone: str, fact: ZoneFact | None) -> Iterator[str]:
        """RRsets whose signatures do not hold, though their zone's do."""
        if fact is None:
            return
        if fact.status is Security.BOGUS:
            made = self.capture.ground.made
            matches = any(ds.matches for ds in fact.ds)
            if matches and any(each.inception <= made <= each.expiration for each in fact.signatures):
                own = [each for each in fact.signatures if each.rdtype == "DNSKEY"]
                if any(each.inception <= made <= each.expiration for each in own):
                    yield "@ DNSKEY"
            return
        for lookup in lookups(self.walk):
            if lookup.final_security is Security.BOGUS and lookup.zone == zone and is_plain(lookup.canonical):
                if lookup.rdata:
                    yield f"{relative(lookup.canonical, zone)} {lookup.rdtype}"
                else:
                    self.notes.add(lookup.canonical, f"the denial of {lookup.rdtype} is bogus; here it holds")

    def _name_servers(self, zone: str) -> str:
        """ "refused" or "dead", where nothing in the zone was answered."""
        within = [
            each
            for each in self.capture.dns
            if self.zone_of(each.question.name) == zone
            and not (each.question.rdtype == "DS" and each.question.name == zone)
        ]
        if not within or any(_answered(each) for each in within):
            return "real"
        return "dead" if all(each.failure is Failure.TIMEOUT for each in within) else "refused"

    def faults(self) -> tuple[Fault, ...]:
        """Questions that failed, where no zone that is drawn explains it."""
        faults: list[Fault] = []
        bogus = {name for name, fact in self._facts.items() if fact.status is Security.BOGUS}
        broken = {lookup.name for lookup in lookups(self.walk) if lookup.security is Security.BOGUS}
        broken |= {lookup.canonical for lookup in lookups(self.walk) if lookup.security is Security.BOGUS}
        for exchange in self.capture.dns:
            question = exchange.question
            zone = self.zone_of(question.name)
            if _answered(exchange) or question.again or self._name_servers(zone) != "real":
                continue
            checking = not question.checking_disabled
            if checking and (
                question.name in broken or any(is_within(question.name, each) for each in bogus)
            ):
                continue
            if not is_plain(question.name):
                self.notes.add(question.name, "a question about it failed; here it is answered")
                continue
            faults.append(self._fault(exchange, checking))
        return _merged(faults)

    def _fault(self, exchange: DnsExchange, checking: bool) -> Fault:
        question, message = exchange.question, _read(exchange)
        answer, ede = "drop", None
        if message is not None:
            code = dns.rcode.to_text(message.rcode)
            answer = _ERRORS.get(code, "servfail")
            if code not in _ERRORS:
                self.notes.add(question.name, f"the resolver answered {code}; here it says SERVFAIL")
            ede = next((int(each.code) for each in message.body.extended_errors), None)
        elif exchange.failure is not Failure.TIMEOUT:
            self.notes.add(question.name, "the way to the resolver failed; here the answer never comes")
        return Fault(
            name=f"{question.name}.",
            type=question.rdtype,
            answer=answer,  # type: ignore[arg-type]
            cd="clear" if checking else "set",
            ede=ede,
        )

    def fillers(self, drawn: set[str]) -> Iterator[tuple[str, str]]:
        """(zone, line) for names that exist and have none of the records that were asked for."""
        for name in sorted(self._exist):
            zone = self.zone_of(name)
            known = any(is_within(each, name) for each in drawn) or name == zone
            if known or not is_plain(name) or not self._is_ours(zone) or self._wild(name, drawn):
                continue
            yield zone, f"{relative(name, zone)} HINFO exists here"

    @staticmethod
    def _wild(name: str, drawn: set[str]) -> bool:
        labels = name.split(".")
        return any(".".join(["*", *labels[depth:]]) in drawn for depth in range(1, len(labels)))


def _read(exchange: DnsExchange) -> WireMessage | None:
    if exchange.response is None:
        return None
    try:
        return read_message(exchange.response)
    except dns.exception.DNSException:
        return None


def _answered(exchange: DnsExchange) -> bool:
    message = _read(exchange)
    return message is not None and message.rcode in _ANSWERS


def _registered(name: str) -> str:
    """A zone for a name of which no zone is known: its last two labels."""
    return ".".join(name.split(".")[-2:])


def _merged(faults: list[Fault]) -> tuple[Fault, ...]:
    """What fails alike with CD and without fails."""
    alike: dict[Fault, list[str]] = {}
    for each in faults:
        alike.setdefault(msgspec.structs.replace(each, cd="any"), []).append(each.cd)
    return tuple(
        fault if len(cds) > 1 else msgspec.structs.replace(fault, cd=cds[0]) for fault, cds in alike.items()
    )
