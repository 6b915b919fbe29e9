"""The drawing and the JSON of a chain: complete, one line each, and nothing foreign in the raw."""

import json

import pytest
from dns.rdatatype import RdataType
from miniworld import AT, INCEPTION, World, name, zone
from msgspec.structs import replace

from mailpath.dnssec import Validator
from mailpath.facts import Found, Lookup, Security, ZoneFact
from mailpath.report.dnssec import render_text, to_json

TEXT = '@ MX 10 mx1\nmx1 A 192.0.2.1\n*.w A 192.0.2.9\naway CNAME mx1.c.example.\nold TXT "x"\n'


async def drawn(owner, rdtype, *, at=AT, **options):
    where = World(
        zone("."),
        zone("example."),
        zone("b.example.", TEXT, **options),
        zone("c.example.", "mx1 A 192.0.2.2\n"),
        zone("u.example.", "@ MX 0 .\n", denial=""),
    )
    validator = Validator(where, at)
    found = await validator.lookup(owner, rdtype)
    return found, validator.zones()


async def test_a_secure_chain_is_drawn_from_the_root_down():
    found, zones = await drawn("b.example", "MX")
    text = render_text(found, zones, AT)
    lines = text.splitlines()
    assert lines[0] == "b.example MX, as of 2026-09-21 14:13 UTC: SECURE"
    heads = [line for line in lines if line.endswith("✓ SECURE")]
    assert [head.split("  ")[0] for head in heads] == ["root (.)", "example", "b.example", "b.example MX"]
    assert lines.count("▼") == 3
    for fact in zones:
        for key in fact.keys:
            assert f"DNSKEY {key.tag:<5}" in text
    assert "trusted: it is the trust anchor" in text
    assert text.count("trusted: the DS record names it") == 2
    assert "    10 mx1.b.example." in lines
    assert "This answer validates until 2026-09-28 14:13 UTC (7 days left)" in text
    assert text.endswith("\n")


async def test_ascii_only_is_ascii():
    found, zones = await drawn("b.example", "MX")
    assert render_text(found, zones, AT, ascii_only=True).isascii()


@pytest.mark.parametrize(
    ("owner", "rdtype", "options", "words"),
    [
        ("u.example", "MX", {}, ["! INSECURE", "example proves that u.example has no DS"]),
        (
            "b.example",
            "MX",
            {"windows": {(name("b.example"), RdataType.MX): (INCEPTION, AT - 86_400)}},
            [
                "✗ BOGUS",
                "expired on 2026-09-20",
                "NOT GOOD",
                "Extended DNS error 7 (RFC 8914): signature expired",
            ],
        ),
        (
            "none.b.example",
            "MX",
            {},
            ["b.example proves that none.b.example does not exist", "    the name does not exist (NXDOMAIN)"],
        ),
        ("mx1.b.example", "AAAA", {}, ["b.example proves that mx1.b.example has no AAAA"]),
        ("mx1.b.example", "AAAA", {}, ["there is none (NOERROR)", "proven by NSEC of mx1.b.example"]),
        ("foo.w.b.example", "A", {}, ["expanded from the wildcard *.w.b.example"]),
        (
            "away.b.example",
            "A",
            {},
            ["away.b.example CNAME mx1.c.example", "Zones that the aliases lead through"],
        ),
    ],
)
async def test_every_kind_of_end_says_what_it_is(owner, rdtype, options, words):
    found, zones = await drawn(owner, rdtype, **options)
    text = render_text(found, zones, AT)
    for word in words:
        assert word in text, text


async def test_json_has_the_whole_chain():
    found, zones = await drawn("away.b.example", "A")
    shown = json.loads(json.dumps(to_json(found, zones, AT)))
    assert (shown["status"], shown["ede"], shown["at"]) == ("secure", None, "2026-09-21T14:13:20Z")
    assert [link["zone"] for link in shown["chain"]] == [".", "example", "b.example", "c.example"]
    assert [link["on_path"] for link in shown["chain"]] == [True, True, False, True]
    assert shown["chain"][1]["ds"][0]["matches"] is True
    assert {key["role"] for key in shown["chain"][3]["keys"]} == {"KSK", "ZSK"}
    assert shown["aliases"][0]["status"] == "secure"
    assert shown["records"] == ["192.0.2.2"]
    assert shown["expires"] == "2026-09-28T14:13:20Z"


async def test_a_key_that_does_both_is_told_so():
    """257 is the SEP bit alone: the key that the DS names and that signs records, too, is a CSK."""
    found, zones = await drawn("b.example", "MX")
    last = zones[-1]
    named = next(key for key in last.keys if key.trusted_by)
    assert "CSK" not in render_text(found, zones, AT)
    by_it = tuple(replace(each, tag=named.tag) for each in found.signatures)
    both = replace(found, signatures=by_it)
    assert render_text(both, zones, AT).count("  CSK  trusted: the DS record names it") == 1
    roles = [key["role"] for zone in to_json(both, zones, AT)["chain"] for key in zone["keys"]]
    assert roles.count("CSK") == 1


def lookup(**fields):
    given = {
        "name": "b.example",
        "rdtype": "MX",
        "found": Found.FOUND,
        "canonical": "b.example",
        "rcode": "NOERROR",
    }
    return Lookup(**{**given, **fields})


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        ({"security": Security.SECURE, "resolver_ad": True, "resolver_rcode": "NOERROR"}, False),
        ({"security": Security.SECURE, "resolver_ad": False, "resolver_rcode": "NOERROR"}, True),
        ({"security": Security.BOGUS, "resolver_ad": False, "resolver_rcode": "SERVFAIL"}, False),
        ({"security": Security.BOGUS, "resolver_ad": False, "resolver_rcode": "NOERROR"}, True),
        ({"security": Security.INSECURE, "resolver_ad": False, "resolver_rcode": "NOERROR"}, False),
        ({"security": Security.INDETERMINATE, "resolver_ad": True, "resolver_rcode": "NOERROR"}, False),
    ],
)
def test_the_resolvers_claim_is_shown_beside_ours(fields, differs):
    text = render_text(lookup(**fields), (), AT)
    assert "Your resolver says:" in text
    assert ("differs" in text) is differs


def test_foreign_text_cannot_reach_the_terminal():
    evil = "x\x1b]52;c;AAAA\x07\u202e\ny"
    found = lookup(
        canonical=evil,
        records=(evil, "a" * 5000),
        reason=evil,
        wildcard=evil,
        denial=(evil,),
        zone=evil,
        chain=(evil,),
        security=Security.BOGUS,
    )
    zones = (ZoneFact(name=evil, status=Security.BOGUS, reason=evil),)
    text = render_text(found, zones, AT)
    shown = json.dumps(to_json(found, zones, AT), ensure_ascii=False)
    for bad in ("\x1b", "\x07", "\u202e"):
        assert bad not in text
        assert bad not in shown
    assert all("y" not in line[:1] for line in text.splitlines())
    assert max(map(len, text.splitlines())) < 1200


def test_a_signature_may_end_after_the_calendar_does():
    last = 253402300799  # what `--at` takes at most
    found = lookup(security=Security.SECURE, expires=last + 86400, chain=(".",), zone=".")
    assert "until 9999-12-31 23:59 UTC" in render_text(found, (), last)
    assert to_json(found, (), last)["expires"] == "9999-12-31T23:59:59Z"


def test_a_failed_question_is_no_absence():
    text = render_text(
        lookup(found=Found.FAILED, reason="b.example MX: the resolver answered SERVFAIL"), (), AT
    )
    assert "NO ANSWER" in text
    assert "there is none" not in text


async def test_what_was_never_compared_is_not_called_a_mismatch():
    where = World(zone("."), zone("example."), zone("b.example.", TEXT))
    where.dead[("b.example", "DNSKEY")] = "SERVFAIL"
    validator = Validator(where, AT)
    text = render_text(await validator.lookup("b.example", "MX"), validator.zones(), AT)
    assert "no key to compare with" in text
    assert "matches no key" not in text
    assert "? INDETERMINATE" in text


async def test_a_reason_is_not_said_twice_of_one_zone():
    found, zones = await drawn("b.example", "MX", bent={(name("b.example"), RdataType.DNSKEY)})
    lines = render_text(found, zones, AT).splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("b.example  ✗"))
    assert sum("does not verify" in line for line in lines[start:]) == 1
