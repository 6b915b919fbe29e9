"""KeyTrap by sum: a path is walked within bounds, and means the same whatever is worked out first."""

from __future__ import annotations

import asyncio
import random
import time

import dns.rdataset
import keytrap
import pytest
from dns.rdatatype import RdataType
from hypothesis import given, settings
from hypothesis import strategies as st
from miniworld import AT, TTL, World, name, zone

from mailpath.dnssec import Effort, Validator, bounds, signatures
from mailpath.exchanges import DnsExchange, Failure, Question
from mailpath.facts import Found, Path, Security, Walk
from mailpath.network.protocol import Network
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.walk import Event, StepStarted, _Walker, walk

PATH = Path(recipient=keytrap.DOMAIN, sender=None)
LEGAL = {"rsa": keytrap.rsa_keys(4096, 64), "p384": keytrap.ecdsa_keys()}
TLSA = "TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"


class Shuffled:
    """Holds every answer back for a while, which another one may overtake."""

    def __init__(self, inner: Network, seed: int) -> None:
        self._inner, self._dice = inner, random.Random(seed)

    def __getattr__(self, name: str):
        return getattr(self._inner, name)

    async def ask(self, question: Question) -> DnsExchange:
        for _ in range(self._dice.randrange(40)):
            await asyncio.sleep(0)
        return await self._inner.ask(question)


async def spent(network: Network, effort: Effort = Effort.FULL) -> bounds.Whole:
    """What a walk of so much effort takes."""
    walker = _Walker(PATH, network, AT, None, effort=effort)
    await walker.run()
    return walker._tools.validator._verifier.whole


def addresses(found: Walk, host: str) -> set[Security]:
    (host_facts,) = [each for each in found.mx.hosts if each.name == host]
    return {lookup.security for lookup in (host_facts.v4, host_facts.v6) if lookup is not None}


@pytest.mark.parametrize("kind", LEGAL)
def test_hundreds_of_traps_end_soon_and_nothing_is_said_of_what_was_not_verified(kind: str) -> None:
    where = Replay(keytrap.capture_of_world(LEGAL[kind], hosts=16))
    signatures.forget()
    began = time.process_time()
    found = asyncio.run(walk(PATH, where, AT))
    assert time.process_time() - began < 1
    assert addresses(found, "mx0.b.example") == {Security.INDETERMINATE}
    lookup = found.mx.hosts[1].v4
    assert lookup is not None
    assert (lookup.found, lookup.ede) == (Found.FOUND, 5)
    assert "gave up" in lookup.reason
    # The keys were verified, and whoever is not to blame stays what it is.
    assert {zone.status for zone in found.dnssec.zones} == {Security.SECURE}
    assert found.mx.lookup.security is Security.SECURE
    assert addresses(found, "mx.c.example") == {Security.SECURE}


@pytest.mark.parametrize("bits", [(3072, 3071), (4096, 65), (8192, 17)])
async def test_rsa_keys_that_take_too_long_verify_nothing(bits: tuple[int, int]) -> None:
    signatures.forget()
    where = keytrap.world(keytrap.rsa_keys(*bits), hosts=3, honest=False)
    found = await walk(PATH, where, AT)
    lookup = found.mx.hosts[1].v4
    assert lookup is not None
    assert (lookup.found, lookup.security, lookup.ede) == (Found.FOUND, Security.BOGUS, 6)
    what = (
        "modulus has 8192 bits, but this validator accepts at most 4096"
        if bits[0] > 4096
        else f"exponent has {bits[1]} bits, but this validator accepts at most 64"
    )
    assert f"made with a key that is not accepted: its RSA {what}" in lookup.reason
    # Those of a good key beside them hold.
    found = await walk(PATH, keytrap.world(keytrap.rsa_keys(*bits), hosts=3), AT)
    assert addresses(found, "mx0.b.example") == {Security.SECURE}


@pytest.mark.parametrize("bits", [(4096, 64), (4096, 17), (1024, 2)])
def test_rsa_keys_of_honest_sizes_are_used(bits: tuple[int, int]) -> None:
    from mailpath.dnssec.algorithms import PublicKey

    for key in keytrap.rsa_keys(*bits):
        assert PublicKey(key).costly == ""
        assert PublicKey(key).bits == bits[0]


async def test_twenty_hosts_in_twenty_signed_zones_are_far_from_the_bounds() -> None:
    hosts = range(20)
    text = "".join(f"@ MX 10 mx.h{n}.example.\n" for n in hosts)
    zones = [
        zone(f"h{n}.example.", f"mx A 192.0.2.{n + 1}\n_25._tcp.mx {TLSA}\n", denial="nsec3", iterations=50)
        for n in hosts
    ]
    where = World(
        zone("."),
        zone("example.", denial="nsec3", iterations=100),
        zone("b.example.", text, denial="nsec3", iterations=150),
        *zones,
    )
    took = await spent(where)
    assert not took.exhausted
    assert took.verifications < bounds.VERIFICATIONS_IN_ALL * 2 / 3
    assert took.rounds < bounds.HASH_ROUNDS_IN_ALL / 8


async def test_a_path_that_needs_too_many_good_signatures_is_not_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = keytrap.world(LEGAL["p384"], hosts=3, signatures=0)
    need = (await spent(where)).verifications
    monkeypatch.setattr(bounds, "VERIFICATIONS_IN_ALL", need - 1)
    found = await walk(PATH, where, AT)
    assert {zone.status for zone in found.dnssec.zones} == {Security.INDETERMINATE}
    for lookup in (found.mx.lookup, found.sts.txt):
        assert lookup is not None
        assert (lookup.security, lookup.reason.startswith("gave up")) == (Security.INDETERMINATE, True)
    # Not absent: nobody knows.
    assert found.sts.txt is not None
    assert (found.sts.txt.found, found.sts.txt.failure) == (Found.FAILED, Failure.NOT_TRIED)


async def test_hashing_is_bounded_in_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    where = World(zone("."), zone("example.", denial="nsec3", iterations=150), zone("b.example.", denial=""))
    need = (await spent(where)).rounds
    assert need > 150
    monkeypatch.setattr(bounds, "HASH_ROUNDS_IN_ALL", need)
    assert (await walk(PATH, where, AT)).mx.lookup.security is Security.INSECURE
    monkeypatch.setattr(bounds, "HASH_ROUNDS_IN_ALL", need - 1)
    assert (await walk(PATH, where, AT)).mx.lookup.security is Security.INDETERMINATE


async def test_long_answers_are_read_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    more = [f"192.0.{n >> 8}.{n & 255}" for n in range(2, 302)]
    text = "@ MX 10 mx1\n@ MX 20 mx2\n" + "".join(f"mx1 A {each}\nmx2 A {each}\n" for each in more)
    where = World(zone("."), zone("example."), zone("b.example.", text))
    need = (await spent(where)).records
    assert 600 < need < 2000  # those of 300 addresses, and none of the others
    monkeypatch.setattr(bounds, "RECORDS_IN_ALL", need)
    assert addresses(await walk(PATH, where, AT), "mx1.b.example") == {Security.SECURE}
    monkeypatch.setattr(bounds, "RECORDS_IN_ALL", need - 1)
    host = (await walk(PATH, where, AT)).mx.hosts[0]
    assert host.v4 is not None
    assert (host.v4.found, host.v4.failure) == (Found.FAILED, Failure.NOT_TRIED)
    assert "long answer was not read" in host.v4.reason


async def test_hundreds_of_keys_and_delegations_that_share_a_tag_are_soon_told_apart() -> None:
    where = World(zone("."), zone("example."), zone("b.example.", "@ MX 10 mx1\n"))
    signed, above = where.zones[name("b.example")], where.zones[name("example")]
    own = signed.zsk[0].dnskey
    dice, words = random.Random(1), [own.key[place : place + 2] for place in range(0, 32, 2)]
    keys = []
    for _ in range(500):
        dice.shuffle(words)
        keys.append(own.replace(key=b"".join(words)))
    like = next(iter(above.nodes[signed.origin][RdataType.DS]))
    records = [like.replace(key_tag=signed.zsk[0].tag, digest=dice.randbytes(32)) for _ in range(500)]
    apex, cut = signed.nodes[signed.origin], above.nodes[signed.origin]
    apex[RdataType.DNSKEY] = dns.rdataset.from_rdata_list(TTL, [signed.ksk[0].dnskey, own, *keys])
    cut[RdataType.DS] = dns.rdataset.from_rdata_list(TTL, [*records, like])
    where.sign_anew()
    held = Recording(where)
    await walk(PATH, held, AT)
    began = time.process_time()
    assert (await walk(PATH, held, AT)).mx.lookup.security is Security.BOGUS
    assert time.process_time() - began < 0.5  # it took 2.5 s


# --- the order of arrival ----------------------------------------------------------------------------

TRAPPED = Replay(keytrap.capture_of_world(LEGAL["p384"], hosts=4, signatures=2))


@settings(max_examples=20)
@given(st.integers(0, 1 << 30), st.integers(-2, 1), st.sampled_from(["verifications", "rounds"]))
def test_what_is_worked_out_first_decides_nothing(seed: int, spare: int, bound: str) -> None:
    """Bounds that are just met, just missed, and met early."""

    async def walked() -> tuple[Walk, Walk]:
        names = {"verifications": "VERIFICATIONS", "rounds": "HASH_ROUNDS"}
        with pytest.MonkeyPatch.context() as monkeypatch:
            need = getattr(await spent(TRAPPED), bound)
            monkeypatch.setattr(bounds, f"{names[bound]}_IN_ALL", max(need + spare, 0))
            return await walk(PATH, TRAPPED, AT), await walk(PATH, Shuffled(TRAPPED, seed), AT)

    in_turn, shuffled = asyncio.run(walked())
    assert in_turn == shuffled


async def test_what_another_walk_verified_is_charged_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "VERIFICATIONS_IN_ALL", (await spent(TRAPPED)).verifications - 1)
    again = await walk(PATH, TRAPPED, AT)
    signatures.forget()
    assert await walk(PATH, TRAPPED, AT) == again
    assert addresses(again, "mx0.b.example") == {Security.INDETERMINATE}


async def test_a_recording_of_a_path_that_was_given_up_replays_as_it_was_walked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "VERIFICATIONS_IN_ALL", 25)
    recording = Recording(Shuffled(TRAPPED, 7))
    events: list[Event] = []
    found = await walk(PATH, recording, AT, events.append)
    started = [event.id for event in events if isinstance(event, StepStarted)]
    assert len(started) == len(set(started))
    from mailpath.network.capture import capture_of

    assert await walk(PATH, Replay(capture_of(recording, PATH, found.roots)), AT) == found


async def test_one_look_up_alone_ends_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "VERIFICATIONS_IN_ALL", 3)
    validator = Validator(TRAPPED, AT)
    found = await validator.lookup("mx0.b.example", "A")
    assert (found.security, validator.exhausted) == (Security.INDETERMINATE, True)
    assert "300 signature checks" in found.reason
