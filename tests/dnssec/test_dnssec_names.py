"""What may be asked: any name that DNS has, and types that are signed (RFC 2181 section 11, RFC 8482)."""

import dns.rrset
import pytest
from miniworld import AT, World, zone

from mailpath.dnssec import Validator
from mailpath.facts import Found, Security


def world():
    return World(zone("."), zone("example."), zone("b.example.", "@ MX 10 mx1\n"))


async def look(where, owner, rdtype="MX"):
    return await Validator(where, AT).lookup(owner, rdtype)


def is_(found, security):
    assert found.security is security, found.reason
    return found


@pytest.mark.parametrize(
    ("owner", "rdtype"),
    [
        ("a" * 64 + ".example", "A"),
        (".".join(["a" * 60] * 5), "A"),
        ("b.example", "NONSENSE"),
    ],
)
async def test_what_cannot_be_asked_fails_without_a_question(owner, rdtype):
    where = world()
    found = await look(where, owner, rdtype)
    assert found.found is Found.FAILED
    assert not where.asked


@pytest.mark.parametrize(
    ("rdtype", "why"),
    [
        ("ANY", "name a type, such as A, AAAA, MX, TXT or TLSA"),
        ("type255", "name a type, such as A, AAAA, MX, TXT or TLSA"),
        ("RRSIG", "are not signed themselves (RFC 4035 section 2.2): name the type that they cover"),
        ("SIG", "are not signed themselves"),
        ("AXFR", "is the transfer of a whole zone"),
        ("IXFR", "is the transfer of a whole zone"),
        ("OPT", "belongs to a message, not to a zone"),
        ("TSIG", "belongs to a message, not to a zone"),
        ("TKEY", "belongs to a message, not to a zone"),
        ("MAILA", "is obsolete"),
        ("MAILB", "is obsolete"),
        ("TYPE128", "NXNAME is a meta type, so no zone has records of it"),
        ("TYPE200", "TYPE200 is a meta type, so no zone has records of it"),
        ("TYPE0", "is reserved"),
    ],
)
async def test_types_of_which_nothing_is_signed_say_so_without_a_question(rdtype, why):
    where = world()
    validator = Validator(where, AT)
    found = await validator.lookup("b.example", rdtype)
    assert (found.found, found.security) == (Found.FAILED, Security.INDETERMINATE)
    assert why in found.reason
    assert (await validator.claimed("b.example", rdtype)).resolver_rcode is None
    assert not where.asked


@pytest.mark.parametrize(
    "label",
    ["0/25", "*", "a+b", "o'x", "_25", "a\\.b", "\\000\\255", "my\\032name", "\\@", "\\\\", "xn--bcher-kva"],
)
async def test_any_octet_is_legal_in_a_name(label):
    """RFC 2181 section 11: found, denied, and as an anchor."""
    where = World(
        zone("."), zone("example.", f'{label} TXT "x"\n'), zone(f"z.{label}.zone.", "@ MX 0 .\n", ds=[])
    )
    for owner in (f"{label}.example", f"q.{label}.example"):
        found = is_(await look(where, owner, "TXT"), Security.SECURE)
        assert (found.name, found.found) == (owner, Found.FOUND if owner[0:2] != "q." else Found.ABSENT)
    apex = f"z.{label}.zone"
    where.anchor += "\n" + where.ds(f"{apex}.")
    assert is_(await look(where, apex), Security.SECURE).chain == (apex,)
    where.insecure = (apex,)
    assert is_(await look(where, apex), Security.INSECURE).chain == (apex,)


async def test_a_full_stop_within_the_last_label_is_no_end():
    where = World(zone("."), zone("b\\..", "@ MX 0 .\n"))
    assert is_(await look(where, "b\\."), Security.SECURE).name == "b\\."
    assert is_(await look(where, "b\\.."), Security.SECURE).name == "b\\."


async def test_names_come_out_in_lower_case_without_a_dot():
    found = await look(world(), "B.EXAMPLE.", "mx")
    assert (found.name, found.rdtype, found.canonical) == ("b.example", "MX", "b.example")
    assert (await look(world(), ".", "NS")).name == "."


@pytest.mark.parametrize("owner", ["localhost", "mail.localhost"])
@pytest.mark.parametrize("address", ["127.0.0.1", None])
async def test_what_a_resolver_says_of_localhost_itself_is_nobody_s_forgery(owner, address):
    """The root proves that there is no such name, and resolvers answer for it (RFC 6761 section 6.3)."""

    def own_answer(message):
        message.authority.clear()
        message.set_rcode(0)
        if address is not None:
            message.answer.append(dns.rrset.from_text(f"{owner}.", 60, "IN", "A", address))

    where = world()
    where.edit(owner, "A")(own_answer)
    found = is_(await look(where, owner, "A"), Security.INSECURE)
    assert found.found is (Found.ABSENT if address is None else Found.FOUND)
    assert not found.broken
    forged = world()
    forged.edit("nolocalhost", "A")(lambda message: (message.authority.clear(), message.set_rcode(0)))
    assert (await look(forged, "nolocalhost", "A")).broken
