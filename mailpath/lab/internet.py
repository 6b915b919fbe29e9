"""Assembles scenarios into one internet: zones, addresses, certificates, and what listens where.

Nothing is open yet here; `mailpath.lab.running` opens the sockets.  Mail servers get addresses from
192.0.2.0/24 and 198.51.100.0/24, policy hosts from 203.0.113.0/24 (RFC 5737); IPv6 addresses come from
2001:db8::/32 (RFC 3849): `mailpath.lab.kept` allots them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import dns.exception
import dns.name
import dns.rdatatype
import dns.reversename
import msgspec

from mailpath.lab import grammar, https, zones
from mailpath.lab import scenario as files
from mailpath.lab.ca import Issued, association
from mailpath.lab.grammar import Certificate, Fault, Preset, Server, Sts, TlsLimits
from mailpath.lab.https import PolicyHost
from mailpath.lab.kept import Kept
from mailpath.lab.resolver import Faulty, Resolver
from mailpath.lab.scenario import Scenario, ScenarioError
from mailpath.lab.smtp import MailServer
from mailpath.lab.tls import Selector
from mailpath.lab.zones import Signing, Zone

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

_SIGNING = {
    "unsigned": Signing(),
    "signed": Signing(signed=True),
    "nsec3": Signing(signed=True, nsec3=True),
    "nsec3optout": Signing(signed=True, nsec3=True, opt_out=True),
    "expired": Signing(signed=True, expired=True),
    "badds": Signing(signed=True, ds="bad"),
    "nods": Signing(signed=True, ds="none"),
}
_SIGNED = _SIGNING["signed"]
NAME_SERVER_ADDRESS = "192.0.2.1"
_STS_ID = "v=STSv1; id=20260101000000;"


@dataclass(frozen=True)
class Listener:
    """What a client finds at a published `address` and `port` of `host`.

    `listen`: "yes", "refused" or "blackhole".
    """

    host: str
    address: str
    port: int
    listen: str
    serve: Handler

    @property
    def published(self) -> str:
        """The key of a dial entry: "192.0.2.10:25", "[2001:db8::10]:25"."""
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Internet:
    """All scenarios in one internet.  Raises `ScenarioError` if it cannot build them.

    `now`: the Unix time to which signatures and certificates are relative; `folder`: for key files.
    `kept`: what it has in common with an earlier one.
    """

    def __init__(self, scenarios: tuple[Scenario, ...], now: int, folder: Path, kept: Kept) -> None:
        self.kept = kept
        self.listeners: list[Listener] = []
        self.folder = folder
        self.faults: list[Faulty] = []
        self._zones: dict[dns.name.Name, Zone] = {}
        self._shared: dict[dns.name.Name, grammar.Zone] = {}
        self.root = self._add(Zone(dns.name.root, _SIGNED, now, kept))
        example = self._add(Zone(dns.name.from_text("example."), _SIGNED, now, kept))
        example.add_text([f"{zones.NAME_SERVER} A {NAME_SERVER_ADDRESS}"])
        for each in scenarios:
            self._declare(each, now)
        self.root.delegate(example)
        if any(server.ptr for each in scenarios for server in each.server):
            self._reverse = self._add(Zone(dns.name.from_text("arpa."), _SIGNED, now, kept))
            self.root.delegate(self._reverse)
        for each in scenarios:
            self._delegate(each)
        for each in scenarios:
            _Builder(self, each).build()
        for zone in self._zones.values():
            zone.seal()
        self.resolver = Resolver(self._zones.values(), self.faults)

    @property
    def trust_anchor(self) -> str:
        """The root's DS record as zone-file text."""
        return "".join(f". IN DS {ds}\n" for ds in self.root.delegation_signers())

    def _add(self, zone: Zone) -> Zone:
        self._zones[zone.name] = zone
        return zone

    def _declare(self, each: Scenario, now: int) -> None:
        for spec in each.zone:
            name = absolute(each, spec.name)
            if _is_alike(self._shared.get(name), spec) and not self._serves(each, name):
                continue  # as of a top-level domain above two scenarios, or of one sender of both
            if name in self._zones:
                raise ScenarioError(f"{name} is there already.", file=each.id, key="zone.name")
            try:
                tampered = frozenset(_read_rrset_key(line, name) for line in spec.tamper)
            except (ValueError, dns.exception.DNSException) as error:
                sentence = f'needs lines like "@ MX": {error}.'
                raise ScenarioError(sentence, file=each.id, key="zone.tamper") from error
            signing = replace(
                _SIGNING[spec.sec],
                tampered=tampered,
                days=spec.days,
                algorithms=spec.algorithms,
                ds_set=spec.ds,
            )
            self._add(Zone(name, signing, now, self.kept, serves=spec.ns, negative_ttl=spec.negative_ttl))
            if name != absolute(each, "@") and not self._serves(each, name):
                self._shared[name] = spec
        for fault in each.fault:
            try:
                self.faults.append(_read_fault(each, fault))
            except (dns.exception.DNSException, dns.rdatatype.UnknownRdatatype) as error:
                raise ScenarioError(f"{error}.", file=each.id, key="fault") from error

    @staticmethod
    def _serves(each: Scenario, zone: dns.name.Name) -> bool:
        """Whether a mail server of the scenario has its address in `zone`."""
        zones_of = [absolute(each, spec.name) for spec in each.zone]
        hosts = [absolute(each, name) for server in each.server for name in (server.host, *server.also)]
        above = [[other for other in zones_of if host.is_subdomain(other)] for host in hosts]
        return any(max(found, key=len) == zone for found in above if found)

    def _delegate(self, each: Scenario) -> None:
        for spec in each.zone:
            zone = self._zones[absolute(each, spec.name)]
            if zone.parent is not None:
                continue
            above = zone.name.parent()
            while above not in self._zones:
                above = above.parent()
            try:
                self._zones[above].delegate(zone)
            except (dns.exception.DNSException, ValueError) as error:
                raise ScenarioError(f"{error}.", file=each.id, key="zone.ds") from error

    def point_back(self, address: str, name: str) -> None:
        """Publishes the PTR record of `address` (RFC 1035 section 3.5)."""
        self._reverse.add_text([f"{dns.reversename.from_address(address)} PTR {name}."])

    def zone_of(self, each: Scenario, name: dns.name.Name, key: str) -> Zone:
        """The zone of scenario `each` to which `name` belongs; `key` names it in the error."""
        own = [self._zones[absolute(each, spec.name)] for spec in each.zone]
        above = [zone for zone in own if name.is_subdomain(zone.name)]
        if not above:
            raise ScenarioError(f"{name} is in none of the scenario's zones.", file=each.id, key=key)
        return max(above, key=lambda zone: len(zone.name))


@dataclass
class _Builder:
    """Puts one scenario's servers and records into the internet."""

    internet: Internet
    scenario: Scenario
    servers: dict[str, Server] = field(default_factory=dict)

    def build(self) -> None:
        self.servers = self.scenario.labelled()
        for label, server in self.servers.items():
            self._add_mail_server(label, server)
        if self.scenario.sts is not None:
            self._add_policy_host(self.scenario.sts)
        for spec in self.scenario.zone:
            zone = self.internet.zone_of(self.scenario, absolute(self.scenario, spec.name), "zone")
            for text in spec.rr:
                data = [self._associate(reference) for reference in files.tlsa_references(text)]
                line = files.replace_tlsa(text, data)
                try:
                    zone.add_text([line])
                except (dns.exception.DNSException, ValueError) as error:
                    wrong = ScenarioError(f"{text!r}: {error}.", file=self.scenario.id, key="zone.rr")
                    wrong.quote = text
                    raise wrong from error

    def _issue(self, host: str, cert: Certificate | Preset) -> Issued:
        spec = Certificate(preset=cert) if isinstance(cert, str) else cert
        if spec.names is not None:
            names = tuple(self.scenario.absolute(name) for name in spec.names)
            spec = msgspec.structs.replace(spec, names=names)
        if spec.host:
            host = self.scenario.absolute(spec.host)
            spec = msgspec.structs.replace(spec, host="")
        return self.internet.kept.authority.issue(host, spec, self.scenario.domain)

    def _issue_both(self, host: str, server: Server) -> Issued:
        issued = self._issue(host, server.cert)
        return issued if server.second is None else replace(issued, second=self._issue(host, server.second))

    def _add_mail_server(self, label: str, server: Server) -> None:
        kept = self.internet.kept
        host = self.scenario.absolute(server.host)
        by_name = {self.scenario.absolute(name): self._issue(host, cert) for name, cert in server.sni.items()}
        selector = Selector(
            self.internet.folder,
            self._issue_both(host, server),
            by_name,
            server.tls,
            required=server.sni_required,
            reject_unknown=server.sni_reject_unknown,
        )
        ends = []
        if server.a:
            ends.append((kept.address("mail servers", label), "A", server.listen))
        if server.v6:
            address = kept.address("IPv6 addresses", label)
            ends.append((address, "AAAA", server.listen6 or server.listen))
        for address, rdtype, listen in ends:
            for name in (host, *map(self.scenario.absolute, server.also)):
                self._publish(name, f"{server.ttl} {rdtype} {address}", "server.host")
            if server.ptr:
                self.internet.point_back(address, self.scenario.absolute(server.ptr))
            running = MailServer(server, host, address, selector, kept.log)
            self.internet.listeners.append(Listener(host, address, 25, listen, running.serve))

    def _add_policy_host(self, sts: Sts) -> None:
        domain = self.scenario.domain
        for text in (_STS_ID,) if sts.txt is None else sts.txt:
            escaped = text.replace("\\", "\\\\").replace('"', '\\"')
            self._publish(f"_mta-sts.{domain}", f'TXT "{escaped}"', "sts.txt")
        host = f"mta-sts.{domain}"
        kept = self.internet.kept
        address = kept.address("policy hosts", host)
        if sts.listen != "noaddr":
            at = self.scenario.absolute(sts.address_at) if sts.address_at is not None else host
            self._publish(at, f"{sts.ttl} A {address}", "sts")
        patterns = sts.mx if sts.mx is not None else self._list_mx_hosts()
        listed = tuple(self.scenario.absolute(pattern) for pattern in patterns)
        body = https.write_policy(sts, listed, kept.paced)
        selector = Selector(self.internet.folder, self._issue(host, sts.cert), {}, TlsLimits())
        running = PolicyHost(sts, host, address, body.encode(), selector, kept.log)
        listen = sts.listen if sts.listen in {"refused", "blackhole"} else "yes"
        self.internet.listeners.append(Listener(host, address, 443, listen, running.serve))

    def _list_mx_hosts(self) -> tuple[str, ...]:
        """The MX hosts of the recipient domain as its zone lines spell them; none for a null MX."""
        fields = [line.split() for zone in self.scenario.zone[:1] for line in zone.rr]
        return tuple(
            each[3] for each in fields if len(each) == 4 and each[:2] == ["@", "MX"] and each[3] != "."
        )

    def _publish(self, host: str, text: str, key: str) -> None:
        owner = dns.name.from_text(f"{host}.")
        self.internet.zone_of(self.scenario, owner, key).add_text([f"{owner} {text}"])

    def _associate(self, asked: files.TlsaReference) -> str:
        """TLSA data for the certificate of a host; part "none": for one that nobody ever presents."""
        label = self.scenario.absolute(asked.host)
        part, _, place_at = asked.part.partition("/")
        server, name = self.servers[label], label.partition("#")[0]
        if part == "none":
            chosen = self._issue(name, Certificate(preset="self", key="never presented"))
        elif part == "second" and server.second is not None:
            chosen = self._issue(name, server.second)
        else:
            chosen = self._issue(name, server.tlsacert.get(part, server.cert))
        at = place_at or part
        place = 1 if at in {"ta", "int"} else int(at) if at.isdigit() else 0
        certificate = chosen.path[min(place, len(chosen.path) - 1)]
        selector, matching, pem = asked.selector, asked.matching, asked.data == "pem"
        if asked.data and not pem:
            selector, matching = map(int, asked.data.split())
        data = association(certificate, selector, matching, pem=pem)
        return f"{asked.usage} {asked.selector} {asked.matching} {data.hex()}"


def absolute(each: Scenario, name: str) -> dns.name.Name:
    """`name` of a scenario file as a DNS name."""
    plain = each.absolute(name)
    return dns.name.root if plain == "." else dns.name.from_text(f"{plain}.")


def _is_alike(one: grammar.Zone | None, other: grammar.Zone) -> bool:
    """Whether two scenarios can share one zone: it holds the same, or it is an empty one that validates."""
    if one is None or one == other:
        return one == other
    return all(
        each.sec in ("signed", "nsec3", "nsec3optout") and each.ns == "real" and not (each.rr or each.tamper)
        for each in (one, other)
    )


def _read_fault(each: Scenario, fault: Fault) -> Faulty:
    name = None if fault.name == "*" else absolute(each, fault.name)
    rdtype = None if fault.type == "*" else dns.rdatatype.from_text(fault.type)
    return Faulty(name, rdtype, fault)


def _read_rrset_key(line: str, origin: dns.name.Name) -> tuple[dns.name.Name, dns.rdatatype.RdataType]:
    owner, rdtype = line.split()
    return dns.name.from_text(owner, origin), dns.rdatatype.from_text(rdtype)
