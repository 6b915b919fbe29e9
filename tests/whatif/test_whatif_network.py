"""The attacker's tampering, exchange by exchange, and that it is the same every time."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import msgspec
import pytest

from mailpath.attacks import attacker
from mailpath.attacks.catalogue import ATTACKS, UnknownAttack, parse
from mailpath.attacks.network import AttackedNetwork
from mailpath.attacks.record import Victim
from mailpath.exchanges import (
    DnsExchange,
    Failure,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
    Stage,
)
from mailpath.facts import Found, Security
from mailpath.network.capture import dump
from mailpath.network.protocol import NetworkContext
from mailpath.network.replay import Replay
from mailpath.whatif import Rewalks, changed

if TYPE_CHECKING:
    from conftest import Walks
    from whatif.conftest import RewalksOf

AT = 1_800_000_000
REQUEST = SmtpRequest(address="192.0.2.1", sni="mx1.b.example")
VICTIM = Victim(
    recipient="b.example", hosts={"mx1.b.example": ("192.0.2.1",), "mx2.b.example": ("192.0.2.2",)}
)


# --- DNS -------------------------------------------------------------------------------------------


def answered(question: Question, *, ad: bool = False, rcode: int = 0) -> DnsExchange:
    """A true answer with one TXT record."""
    query = dns.message.make_query(question.name, question.rdtype)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.RA | (dns.flags.AD if ad else 0)
    response.set_rcode(dns.rcode.Rcode(rcode))
    response.answer = [dns.rrset.from_text(f"{question.name}.", 60, "IN", "TXT", '"true"')]
    return DnsExchange(question=question, response=response.to_wire(), transport="udp")


def tampered(attack: str, name: str, rdtype: str, **true: object) -> tuple[DnsExchange, DnsExchange]:
    question = Question(name=name, rdtype=rdtype, checking_disabled=not true.pop("claim", False))
    exchange = answered(question, **true)  # type: ignore[arg-type]

    class Answering(Empty):
        async def ask(self, question: Question) -> DnsExchange:
            return exchange

    return exchange, asyncio.run(AttackedNetwork(Answering(), attack, AT, VICTIM).ask(question))


def test_a_forged_answer_is_for_the_victim_and_carries_no_signature() -> None:
    _, exchange = tampered("forge-mx", "b.example", "MX")
    assert exchange.response is not None
    message = dns.message.from_wire(exchange.response)
    assert [str(rrset) for rrset in message.answer] == [f"b.example. 300 IN MX 10 {attacker.HOST}."]
    true, untouched = tampered("forge-mx", "a.example", "MX")
    assert untouched is true


@pytest.mark.parametrize("attack", ["forge-mx", "forge-address", "deny-tlsa", "block-policy"])
@pytest.mark.parametrize(("ad", "rcode"), [(True, "SERVFAIL"), (False, "NOERROR")])
def test_a_resolver_that_proved_the_true_answer_cannot_prove_the_forged_one(
    attack: str, ad: bool, rcode: str
) -> None:
    names_and_types = {
        "forge-mx": ("b.example", "MX"),
        "forge-address": ("mx1.b.example", "A"),
        "deny-tlsa": ("_25._tcp.mx1.b.example", "TLSA"),
        "block-policy": ("_mta-sts.b.example", "TXT"),
    }
    _, exchange = tampered(attack, *names_and_types[attack], ad=ad, claim=True)
    assert exchange.response is not None
    message = dns.message.from_wire(exchange.response)
    assert dns.rcode.to_text(message.rcode()) == rcode
    assert not message.flags & dns.flags.AD


def test_the_attackers_zone_answers_for_itself_only() -> None:
    network = AttackedNetwork(Empty(), "steer", AT, VICTIM)

    def supplied(name: str, rdtype: str) -> dns.message.Message | None:
        exchange = asyncio.run(network.ask(Question(name=name, rdtype=rdtype)))
        return None if exchange.response is None else dns.message.from_wire(exchange.response)

    address = supplied(attacker.HOST, "A")
    assert address is not None
    assert attacker.ADDRESS in str(address)
    for name, rdtype, rcode in [
        (attacker.HOST, "AAAA", "NOERROR"),
        (attacker.ZONE, "DS", "NOERROR"),
        (f"_25._tcp.{attacker.HOST}", "TLSA", "NXDOMAIN"),
    ]:
        message = supplied(name, rdtype)
        assert message is not None
        assert (dns.rcode.to_text(message.rcode()), message.answer) == (rcode, [])
    assert supplied("notattacker.invalid", "A") is None
    assert supplied("b.example", "A") is None


# --- all together ----------------------------------------------------------------------------------


def test_every_attack_tells_what_it_does_and_tampers_with_something() -> None:
    for name, attack in ATTACKS.items():
        assert attack.name == name
        assert any((attack.dns, attack.smtp, attack.https, attack.certificate, attack.isolates))
        assert attack.needs
        assert attack.does.endswith(".")
        assert attack.stopped_by.endswith(".")


def test_an_unknown_attack_is_named() -> None:
    assert parse("steer + strip-starttls+steer") == (ATTACKS["steer"], ATTACKS["strip-starttls"])
    with pytest.raises(UnknownAttack, match=r"no attack 'melt'.*strip-starttls"):
        parse("steer+melt")


class Empty(Replay):
    """A network that holds nothing, and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.given = NetworkContext(kind="capture", resolver="", trust_anchor="", roots=(), made=AT)

    @property
    def ground(self) -> NetworkContext:
        return self.given

    async def ask(self, question: Question) -> DnsExchange:
        self.asked += 1
        return DnsExchange(question=question, failure=Failure.NOT_RECORDED)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        self.asked += 1
        return SmtpExchange(request=request, failure=Failure.NOT_RECORDED)


async def test_what_the_recording_does_not_hold_the_attacker_supplies() -> None:
    inner = Empty()
    network = AttackedNetwork(inner, "forge-mx+block-policy", AT, VICTIM)
    address = Question(name=attacker.HOST, rdtype="A")
    own = SmtpRequest(address=attacker.ADDRESS)
    policy = HttpsRequest(url="https://mta-sts.b.example/.well-known/mta-sts.txt", address="192.0.2.9")
    assert (await network.ask(address)).failure is None
    assert (await network.converse(own)).tls is not None
    assert (await network.fetch(policy)).failure is Failure.TIMEOUT
    assert inner.asked == 0
    assert network.tampered == {address, own, policy}
    other = Question(name="b.example", rdtype="TXT")
    assert (await network.ask(other)).failure is Failure.NOT_RECORDED
    assert other not in network.tampered


async def test_where_nothing_gets_out_the_attacker_does_not_answer_either() -> None:
    class Blocked(Empty):
        async def converse(self, request: SmtpRequest) -> SmtpExchange:
            return SmtpExchange(request=request, failure=Failure.BLOCKED, failed_at=Stage.CONNECT)

    network = AttackedNetwork(Blocked(), "mitm-self-signed", AT, VICTIM)
    assert (await network.converse(REQUEST)).failure is Failure.BLOCKED


def test_only_the_attackers_zone_and_root_are_added_to_the_ground() -> None:
    inner = Empty()
    ground = AttackedNetwork(inner, "steer", AT, VICTIM).ground
    assert ground.simulated_insecure == ("attacker.invalid",)
    assert ground.roots == (attacker.root(AT),)
    plain = msgspec.structs.replace(ground, simulated_insecure=(), roots=(), dialled=())
    assert plain == inner.ground


def test_our_own_validator_finds_out(rewalks: RewalksOf) -> None:
    """The attack touches messages only; bogus and insecure are what the walk made of them."""
    signed = asyncio.run(rewalks("dane-good").under("forge-mx")).walk
    assert signed.mx.lookup.security is Security.BOGUS
    assert [host.name for host in signed.mx.hosts] == [attacker.HOST]
    unsigned = asyncio.run(rewalks("pkix-good").under("forge-mx")).walk
    assert unsigned.mx.lookup.security is Security.INSECURE
    assert unsigned.mx.hosts[0].addresses == (attacker.ADDRESS,)
    denied = asyncio.run(rewalks("dane-good").under("deny-tlsa")).walk
    lookup = denied.tlsa.hosts[0].candidates[0].lookup
    assert (lookup.found, lookup.security) == (Found.ABSENT, Security.BOGUS)
    zones = {zone.name: zone.status for zone in unsigned.dnssec.zones}
    assert zones[attacker.ZONE] is Security.INSECURE


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_every_panel_survives_every_attack(attack: str, rewalks: RewalksOf) -> None:
    for scenario in ("dane-good", "sts-enforce", "two-mx-weak", "null-mx", "hostile-text", "ipv6"):
        walk = asyncio.run(rewalks(scenario).under(attack)).walk
        assert [step.word for step in walk.steps if step.word == "BUG"] == []


@pytest.mark.parametrize("attack", [*ATTACKS, "block-policy+forge-mx"])
def test_the_same_attack_twice_gives_the_same_walk(attack: str, walks: Walks) -> None:
    for scenario in ("two-mx-weak", "sts-enforce"):
        capture = walks.of(scenario).capture
        host = f"mx1.{capture.path.recipient}"
        first, second = (asyncio.run(Rewalks(capture).under(attack, host)) for _ in range(2))
        assert first == second


def test_another_process_walks_the_same(walks: Walks, tmp_path: FilePath) -> None:
    file = tmp_path / "capture.json.gz"
    capture = walks.of("sts-enforce").capture
    dump(capture, file)
    code = (
        "import asyncio, hashlib, sys, msgspec\n"
        "from mailpath.network.capture import load\n"
        "from mailpath.whatif import Rewalks\n"
        "found = asyncio.run(Rewalks(load(sys.argv[1])).under('forge-mx+mitm-misissued'))\n"
        "print(hashlib.sha256(msgspec.json.encode(found.walk)).hexdigest())\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=60, check=True
    )
    here = asyncio.run(Rewalks(capture).under("forge-mx+mitm-misissued")).walk
    assert run.stdout.strip() == hashlib.sha256(msgspec.json.encode(here)).hexdigest()


def test_a_network_needs_a_path_and_is_walked_once(walks: Walks) -> None:
    capture = walks.of("dane-good").capture

    class Counted(Replay):
        asked = 0

        async def converse(self, request: SmtpRequest) -> SmtpExchange:
            self.asked += 1
            return await super().converse(request)

    network = Counted(capture)
    with pytest.raises(TypeError, match="path"):
        Rewalks(network)

    async def several() -> None:
        rewalks = Rewalks(network, capture.path)
        for attack in ("strip-starttls", "break-tls", "forge-mx"):
            await rewalks.under(attack)

    asyncio.run(several())
    assert network.asked == len(capture.smtp)


def test_tampered_exchanges_and_changed_steps_are_told(rewalks: RewalksOf) -> None:
    before = asyncio.run(rewalks("dane-good").untampered())
    found = asyncio.run(rewalks("dane-good").under("deny-tlsa"))
    assert found.marks == {"tlsa": ("_25._tcp.mx1.dane-good.example TLSA",)}
    assert [one.id for one, _ in changed(before, found.walk)] == ["dnssec", "tlsa", "starttls"]
    said = tuple(msgspec.structs.replace(step, summary="In other words.") for step in before.steps)
    assert changed(before, msgspec.structs.replace(before, steps=said)) == ()
    hidden = asyncio.run(rewalks("sts-enforce").under("block-policy+strip-starttls"))
    assert set(hidden.marks) == {"mta-sts", "starttls"}
