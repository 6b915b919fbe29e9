"""What a walk costs: questions, round trips, signatures; and that shared work is shared."""

import asyncio
import collections
from typing import Any

import dns.message
from miniworld import AT, World, zone

from mailpath.dnssec import Validator, signatures, wire
from mailpath.facts import Security

TLSA = "TLSA 3 1 1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
B = f"@ MX 10 mx1\n@ MX 20 mx.c.example.\nmx1 A 192.0.2.1\n_25._tcp.mx1 {TLSA}\n"
C = f"mx A 192.0.2.2\nmx AAAA 2001:db8::2\n_25._tcp.mx {TLSA}\n"
PATH = [
    ("b.example", "MX"),
    ("mx1.b.example", "A"),
    ("mx1.b.example", "AAAA"),
    ("mx.c.example", "A"),
    ("mx.c.example", "AAAA"),
    ("_25._tcp.mx1.b.example", "TLSA"),
    ("_25._tcp.mx.c.example", "TLSA"),
    ("_mta-sts.b.example", "TXT"),
]


def world(*more, **options):
    return World(zone("."), zone("example."), zone("b.example.", B, **options), zone("c.example.", C), *more)


class Counting:
    """Counts public-key operations by what they verify."""

    def __init__(self, monkeypatch):
        from mailpath.dnssec.algorithms import PublicKey

        signatures.forget()
        self.made: collections.Counter[Any] = collections.Counter()
        original = PublicKey.verify

        def verify(key, signature, data):
            self.made[(key.dnskey.to_wire(), signature, data)] += 1
            return original(key, signature, data)

        monkeypatch.setattr(PublicKey, "verify", verify)


async def test_a_path_with_two_signed_zones_verifies_no_signature_twice(monkeypatch):
    counting, where = Counting(monkeypatch), world()
    validator = Validator(where, AT)
    for owner, rdtype in PATH:
        assert (await validator.lookup(owner, rdtype)).security is Security.SECURE
    assert set(counting.made.values()) == {1}
    assert validator.verifications == counting.made.total()


async def test_no_question_is_asked_twice_in_turn_or_at_once():
    for together in (False, True):
        where = world()
        validator = Validator(where, AT)
        if together:
            await asyncio.gather(*(validator.lookup(*one) for one in PATH * 2))
        else:
            for one in PATH * 2:
                await validator.lookup(*one)
        await validator.settle()
        assert len(where.asked) == len(set(where.asked))


async def test_the_order_of_lookups_changes_no_fact():
    facts = []
    for order in (PATH, PATH[::-1]):
        where = world()
        validator = Validator(where, AT)
        found = await asyncio.gather(*(validator.lookup(*one) for one in order))
        facts.append((sorted(map(repr, found)), validator.zones()))
    assert facts[0] == facts[1]


async def test_a_signed_name_takes_one_round_trip():
    for owner, rdtype in PATH:
        where = world()
        await Validator(where, AT).lookup(owner, rdtype)
        assert where.rounds == 1, (owner, rdtype)


async def test_a_name_four_labels_deep_takes_at_most_two_whatever_is_there():
    """A zone of its own at every label, hosts and underscores included; secure, insecure and bogus."""
    signed = [
        zone("mx1.b.example."),
        zone("_tcp.mx1.b.example."),
        zone("_25._tcp.mx1.b.example.", f"@ {TLSA}\n"),
    ]
    unsigned = [zone("mx1.b.example."), zone("_tcp.mx1.b.example.", f"_25 {TLSA}\n", denial="")]
    for more, security in ((signed, Security.SECURE), (unsigned, Security.INSECURE)):
        where = World(zone("."), zone("example."), zone("b.example."), *more)
        found = await Validator(where, AT).lookup("_25._tcp.mx1.b.example", "TLSA")
        assert (found.security, where.rounds <= 2) == (security, True), where.rounds
    where = world()
    found = await Validator(where, AT).lookup("x.y.mx1.b.example", "A")
    assert (found.security, where.rounds) == (Security.SECURE, 1)


async def test_an_alias_into_another_zone_takes_at_most_three():
    where = World(
        zone("."),
        zone("example."),
        zone("other."),
        zone("b.example.", "mx1 CNAME mx1.hosts.c.other.\n"),
        zone("c.other.", "mx1.hosts A 192.0.2.1\n"),
    )
    found = await Validator(where, AT).lookup("mx1.b.example", "A")
    assert found.security is Security.SECURE
    assert where.rounds <= 3


async def test_nothing_is_asked_ahead_below_a_proven_insecure_delegation():
    where = World(zone("."), zone("example."), zone("u.example.", "mx1 A 192.0.2.1\n@ MX 0 mx1\n", denial=""))
    validator = Validator(where, AT)
    await validator.lookup("u.example", "MX")
    before = len(where.asked)
    await validator.lookup("mx1.u.example", "A")
    assert [(q.name, q.rdtype) for q in where.asked[before:]] == [("mx1.u.example", "A")]


async def test_a_cancelled_lookup_does_not_hurt_the_next_one():
    where = world()
    validator = Validator(where, AT)
    first = asyncio.ensure_future(validator.lookup("b.example", "MX"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    first.cancel()
    assert (await validator.lookup("b.example", "MX")).security is Security.SECURE
    assert len(where.asked) == len(set(where.asked))


async def test_a_recording_after_settle_holds_what_an_attack_will_need():
    """Unsigned lies about a recorded name are bogus, not unknown: the DS denials below the zone are there."""
    where = world()
    validator = Validator(where, AT)
    await validator.lookup("_25._tcp.mx1.b.example", "TLSA")
    await validator.settle()
    asked = {(q.name, q.rdtype) for q in where.asked}
    labels = ["example", "b.example", "mx1.b.example", "_tcp.mx1.b.example", "_25._tcp.mx1.b.example"]
    assert {(label, "DS") for label in labels} <= asked


def test_messages_that_are_remembered_have_a_bound(monkeypatch):
    monkeypatch.setattr(wire, "_MOST_REMEMBERED", 10)
    memory, read = wire._Memory(), wire.Body((), (), (), (), frozenset(), 0)
    for octet in (b"a", b"b", b"c"):
        memory.keep(octet * 5, read)
    assert list(memory.known) == [b"c" * 5]


def test_one_body_is_read_once_whatever_id_and_flags():
    query = dns.message.make_query("b.example", "MX").to_wire()
    first, second = (wire.read_message(head + query[4:]) for head in (b"ab\x81\x90", b"cd\x81\xb0"))
    assert first.body is second.body
    assert (first.flags, second.flags) == (0x8190, 0x81B0)
