"""What is found on the chain of trust, the policy, and the report address."""

from __future__ import annotations

from typing import Any

import handmade as made
import pytest
from handmade import RECORD, policy, sts
from msgspec.structs import replace

from mailpath.exchanges import Failure
from mailpath.facts import (
    DnssecFacts,
    DsFact,
    Found,
    KeyFact,
    MxKind,
    Security,
    SignatureFact,
    StsFacts,
    Walk,
    ZoneFact,
)
from mailpath.findings import Finding, Severity, find, step_of
from mailpath.steps.dnssec import gather
from mailpath.steps.registry import result


def at(walk: Walk, step: str) -> dict[str, Finding]:
    return {each.code: each for each in find(walk) if step_of(each.code) == step}


# --- DNSSEC ----------------------------------------------------------------------------------------


def signature(*, left: int, life: int = 30 * made.DAY, verdict: str = "good") -> SignatureFact:
    expiration = made.NOW + left
    return SignatureFact(
        owner=made.DOMAIN,
        rdtype="MX",
        signer=made.DOMAIN,
        tag=4711,
        algorithm=13,
        inception=expiration - life,
        expiration=expiration,
        verdict=verdict,
    )


def with_mx(**changes: object) -> Walk:
    found = made.mx()
    return made.walk(mx=replace(found, lookup=replace(found.lookup, **changes)))


def test_insecure_mx_and_addresses() -> None:
    insecure = with_mx(security=Security.INSECURE, reason="example proves that b.example has no DS")
    assert set(at(insecure, "dnssec")) == {"SEC001"}
    assert "has no DS" in at(insecure, "dnssec")["SEC001"].message
    host = made.mx_host(v4=made.lookup(made.HOST, "A", made.ADDRESS, security=Security.INSECURE))
    assert set(at(made.walk(mx=made.mx(host)), "dnssec")) == {"SEC004"}


def test_what_was_declared_insecure_here_is_nobodys_fault() -> None:
    reason = f"{made.DOMAIN} a negative trust anchor is set here"
    declared = {"security": Security.INSECURE, "reason": reason, "chain": (made.DOMAIN,)}
    v4 = made.lookup(made.HOST, "A", made.ADDRESS, **declared)
    host = made.mx_host(v4=v4, v6=made.lookup(made.HOST, "AAAA", **declared))
    walk = with_mx(**declared)
    walk = replace(walk, mx=replace(walk.mx, hosts=(host,)))
    negative = zone(status=Security.INSECURE, reason=reason, anchor="negative", keys=())
    walk = replace(walk, dnssec=replace(walk.dnssec, zones=(negative,), weakest=Security.INSECURE))
    told = at(walk, "dnssec")
    assert set(told) == {"SEC013"}
    assert told["SEC013"].severity is Severity.WARNING
    assert told["SEC013"].got == reason
    assert result("dnssec", walk).summary == f"Nothing on the path is validated: {reason}."
    partly = replace(walk, mx=replace(walk.mx, hosts=made.mx().hosts))
    assert result("dnssec", partly).summary == "b.example MX is not validated; other parts of the path are."
    # What is unsigned by itself is told as ever, and a path that is signed only of the anchor.
    other = with_mx(security=Security.INSECURE, reason="example proves that b.example has no DS")
    other = replace(other, dnssec=replace(walk.dnssec, zones=(replace(negative, name="other.example"),)))
    assert set(at(other, "dnssec")) == {"SEC001", "SEC013"}
    assert "b.example MX is not signed" in result("dnssec", other).summary
    assert set(at(made.walk(dnssec=replace(walk.dnssec, weakest=Security.SECURE)), "dnssec")) == {"SEC013"}


def test_a_name_under_no_anchor() -> None:
    reason = f"No trust anchor covers {made.DOMAIN}"
    walk = with_mx(security=Security.INSECURE, reason=reason, chain=(".",))
    bare = zone(".", status=Security.INSECURE, reason="No trust anchor covers the root", keys=())
    walk = replace(walk, dnssec=replace(walk.dnssec, zones=(bare,), weakest=Security.INSECURE))
    told = at(walk, "dnssec")
    assert set(told) == {"SEC014"}
    assert told["SEC014"].message.startswith(f"{made.DOMAIN}, {made.HOST}, ")
    assert result("dnssec", walk).summary == "b.example MX is not validated; other parts of the path are."


def test_the_chain_begins_at_the_anchor_that_is_told() -> None:
    for mx, host, told in (
        (".", ".", "the chain of trust from the root is intact"),
        ("b.example", "b.example", "the chain of trust from the trust anchor b.example is intact"),
        (".", "b.example", "the chain of trust from the root and the trust anchor b.example is intact"),
        (
            "a",
            "b.example",
            "the chain of trust from the trust anchor a and the trust anchor b.example is intact",
        ),
    ):
        v4 = made.lookup(made.HOST, "A", made.ADDRESS, chain=(host,))
        v6 = made.lookup(made.HOST, "AAAA", found=Found.ABSENT, chain=(host,))
        walk = with_mx(chain=(mx,))
        walk = replace(walk, mx=replace(walk.mx, hosts=(made.mx_host(v4=v4, v6=v6),)))
        assert told in result("dnssec", walk).summary


@pytest.mark.parametrize(
    ("zone_fact", "fix"),
    [
        (
            {},
            "Have the parent of b.example replace its DS record (key tag 9) with one for a key that the zone"
            " publishes",
        ),
        ({}, "(key tag 1); until then"),
        (
            {"keys": (), "ede": 9},
            "Publish the keys of b.example again, or have its parent remove the DS record (key tag 9)",
        ),
        ({"keys": (), "ede": 10}, "Sign the zone b.example again"),
        (
            {"ds": (DsFact(tag=1, algorithm=13, digest_type=2, digest="00", matches=True),)},
            "Sign the zone b.example",
        ),
        (
            {"anchor": "positive"},
            "Check the trust anchor of b.example, this machine's clock and the resolver",
        ),
    ],
)
def test_what_mends_a_zone_that_its_parent_does_not_know(zone_fact: dict[str, Any], fix: str) -> None:
    gone = DsFact(tag=9, algorithm=13, digest_type=2, digest="00")
    fields: dict[str, Any] = {"status": Security.BOGUS, "ds": (gone,), **zone_fact}
    broken = zone(**fields)
    walk = with_mx(security=Security.BOGUS, zone=made.DOMAIN, chain=(".", made.DOMAIN))
    walk = replace(walk, dnssec=replace(walk.dnssec, zones=(broken,)))
    assert fix in at(walk, "dnssec")["SEC002"].fix


def test_bogus_says_why_and_run_out_signatures_have_their_own_code() -> None:
    bogus = with_mx(security=Security.BOGUS, reason="No DNSKEY matches the DS", ede=9)
    found = at(bogus, "dnssec")["SEC002"]
    assert found.severity is Severity.ERROR
    assert "extended DNS error 9" in found.got
    over = signature(left=-3 * made.DAY, verdict="expired")
    assert set(at(with_mx(security=Security.BOGUS, signatures=(over,)), "dnssec")) == {"SEC012"}
    # A signature that is both late and forged is not merely late.
    forged = signature(left=3 * made.DAY, verdict="the signature does not verify")
    assert set(at(with_mx(security=Security.BOGUS, signatures=(over, forged)), "dnssec")) == {"SEC002"}


def test_the_root_has_no_parent_and_nobody_signs_it_again() -> None:
    for late, code in ((False, "SEC002"), (True, "SEC012")):
        signatures = (signature(left=-3 * made.DAY, verdict="expired"),) if late else ()
        walk = with_mx(security=Security.BOGUS, zone=".", chain=(".",), signatures=signatures)
        fix = at(walk, "dnssec")[code].fix
        assert fix.startswith("Check the trust anchor, this machine's clock and the resolver")
        assert "today this is no fault" not in fix
        to_come = at(replace(walk, ahead=True), "dnssec")[code].fix
        assert (" today this is no fault" in to_come) == late
        broken = replace(walk, mx=replace(walk.mx, kind=MxKind.FAILED))
        assert at(broken, "mx")["MX005"].fix == fix


def test_indeterminate() -> None:
    unclear = {"security": Security.INDETERMINATE, "reason": "the DNSKEY of the root could not be had"}
    walk = with_mx(**unclear)
    assert set(at(walk, "dnssec")) == {"SEC003"}
    # One cause above all answers is told once.
    host = made.mx_host(v4=made.lookup(made.HOST, "A", made.ADDRESS, **unclear))
    walk = replace(walk, mx=replace(walk.mx, hosts=(host,)))
    told = [each for each in find(walk) if each.code == "SEC003"]
    assert [each.message.partition(":")[0] for each in told] == ["b.example MX, mx1.b.example A"]


@pytest.mark.parametrize(
    ("left", "life", "found"),
    [
        (6 * made.DAY, 30 * made.DAY, True),
        (8 * made.DAY, 30 * made.DAY, False),
        (made.DAY, 2 * made.DAY, False),  # signed anew every day: half of its life is not late
        (made.DAY // 3, 2 * made.DAY, True),
    ],
)
def test_signatures_that_run_out(left: int, life: int, found: bool) -> None:
    walk = with_mx(signatures=(signature(left=left, life=life),))
    assert ("SEC005" in at(walk, "dnssec")) is found


def zone(name: str = made.DOMAIN, **changes: object) -> ZoneFact:
    key = KeyFact(tag=1, algorithm=13, algorithm_name="ECDSAP256SHA256", flags=257, role="KSK")
    ds = DsFact(tag=1, algorithm=13, digest_type=2, digest="00", matches=True)
    return replace(ZoneFact(name=name, status=Security.SECURE, ds=(ds,), keys=(key,)), **changes)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        (
            {
                "keys": (
                    KeyFact(tag=1, algorithm=7, algorithm_name="RSASHA1NSEC3SHA1", flags=257, role="KSK"),
                )
            },
            "SEC006",
        ),
        ({"ds": (DsFact(tag=1, algorithm=13, digest_type=1, digest="00", matches=True),)}, "SEC007"),
        (
            {
                "ds": (
                    DsFact(tag=1, algorithm=13, digest_type=2, digest="00", matches=True),
                    DsFact(tag=2, algorithm=13, digest_type=2, digest="11"),
                )
            },
            "SEC011",
        ),
        (
            {
                "status": Security.INSECURE,
                "ds": (DsFact(tag=1, algorithm=250, digest_type=2, digest="00", supported=False),),
            },
            "SEC010",
        ),
    ],
)
def test_zones(changes: dict[str, Any], code: str | None) -> None:
    walk = made.walk(dnssec=DnssecFacts(zones=(zone(**changes),), weakest=Security.SECURE))
    assert set(at(walk, "dnssec")) == ({code} if code else set())


def test_what_the_resolver_says_is_told_once() -> None:
    blind = with_mx(resolver_rcode="NOERROR", resolver_ad=False)
    assert "no AD bit" in at(blind, "dnssec")["SEC009"].message
    lenient = with_mx(security=Security.BOGUS, resolver_rcode="NOERROR", resolver_ad=False)
    assert "the resolver returns it" in at(lenient, "dnssec")["SEC009"].message
    agrees = with_mx(resolver_rcode="NOERROR", resolver_ad=True)
    assert at(agrees, "dnssec") == {}


def test_a_resolver_that_strips_signatures_is_not_the_zones_fault() -> None:
    facts = DnssecFacts(resolver_passes=False, resolver_note="The resolver sends no signatures.")
    walk = replace(with_mx(security=Security.INDETERMINATE), dnssec=facts)
    assert set(at(walk, "dnssec")) == {"SEC008"}


@pytest.mark.parametrize(("ede", "passes"), [(9, False), (10, False), (22, True), (23, True)])
def test_only_an_answer_without_signatures_was_stripped(ede: int, passes: bool) -> None:
    root = ZoneFact(name=".", status=Security.INDETERMINATE, ede=ede, reason="Why not.")
    assert gather(made.mx(), made.walk().tlsa, (root,)).resolver_passes is passes


# --- MTA-STS and TLSRPT ----------------------------------------------------------------------------


def no_policy(**changes: object) -> StsFacts:
    facts = sts(policy=None, found=Found.FAILED, reason="it could not be had")
    assert facts.fetch is not None
    return replace(facts, fetch=replace(facts.fetch, **changes))


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (sts(), set()),
        (
            sts(txt=made.lookup("_mta-sts.b.example", "TXT", found=Found.FAILED, reason="SERVFAIL")),
            {"STS002"},
        ),
        (sts(policy=None, policy_id=None, texts=(b"v=STSv1; id=!;",), reason="bad id"), {"STS003"}),
        (sts(policy=None, policy_id=None, texts=RECORD * 2, reason="2 records"), {"STS004"}),
        (no_policy(address=None, status=None, detail="mta-sts.b.example has no address"), {"STS005"}),
        (
            no_policy(status=None, failure=Failure.CERTIFICATE, verify_error="expired", chain=(b"x",)),
            {"STS006"},
        ),
        (no_policy(status=None, failure=Failure.TIMEOUT, detail="no answer in time"), {"STS007"}),
        (no_policy(status=None, failure=Failure.TIMEOUT, limit=5.0, detail="we waited"), {"STS018"}),
        (no_policy(status=None, failure=Failure.TIMEOUT, limit=60.0, detail="we waited"), {"STS007"}),
        (no_policy(status=404), {"STS008"}),
        (no_policy(status=301), {"STS008"}),
        (
            no_policy(
                content_type=b"text/html",
                body=b"version: STSv1\nmode: enforce\nmx: mx1.b.example\nmax_age: 604800\n",
            ),
            {"STS009"},
        ),
        (no_policy(body=b"version: STSv1\nmode\n"), {"STS010"}),
        (no_policy(failure=Failure.TOO_LARGE), {"STS010"}),
        (policy(mode="testing"), {"STS011"}),
        (policy(mode="none", mx=()), {"STS012"}),
        (policy(mx=("mx9.b.example",)), {"STS013", "STS016"}),
        (policy(max_age=3600), {"STS015"}),
        (policy(mx=(made.HOST, "*.old.example")), {"STS016"}),
        (sts(tlsrpt_texts=(), tlsrpt_rua=()), {"RPT001"}),
        (sts(tlsrpt_rua=(), tlsrpt_reason="The TXT record has no rua."), {"RPT002"}),
        (sts(tlsrpt=made.lookup("_smtp._tls.b.example", "TXT", found=Found.FAILED)), {"RPT003"}),
    ],
)
def test_policy_and_reports(facts: StsFacts, codes: set[str]) -> None:
    assert set(at(made.walk(sts=facts), "mta-sts")) == codes


def test_an_unlisted_host_gets_the_line_to_add() -> None:
    found = at(made.walk(sts=policy(mx=("mx9.b.example",))), "mta-sts")["STS013"]
    assert found.severity is Severity.ERROR
    assert "'mx: mx1.b.example'" in found.fix
    assert "id=20261123T" in found.records[0]
    assert found.file is not None
    served = ["version: STSv1", "mode: enforce", "mx: mx9.b.example", "mx: mx1.b.example"]
    assert found.file.text.split("\n")[:-1] == served
    testing = at(made.walk(sts=policy(mode="testing", mx=("mx9.b.example",))), "mta-sts")["STS013"]
    assert testing.severity is Severity.WARNING


def test_a_host_that_does_not_keep_the_policy() -> None:
    stranger = made.certificate("other.example", names=("other.example",), issuer=made.INTERMEDIATE)
    chain = (stranger.der, made.INTERMEDIATE.der)
    walk = made.walk(sts=sts(), starttls=made.with_and_without_sni(*chain))
    assert "other.example" in at(walk, "mta-sts")["STS014"].message
    # The common name is no DNS-ID, which RFC 8461 section 4.2 wants.
    nameless = made.certificate(made.HOST, issuer=made.INTERMEDIATE)
    walk = made.walk(sts=sts(), starttls=made.with_and_without_sni(nameless.der, made.INTERMEDIATE.der))
    assert "no DNS-ID at all" in at(walk, "mta-sts")["STS014"].message
    plain = made.StarttlsFacts(sessions=(made.session(),))
    assert set(at(made.walk(sts=sts(), starttls=plain), "mta-sts")) == {"STS017"}


def test_no_policy_weighs_less_where_dane_guards_every_host() -> None:
    guarded = at(made.walk(), "mta-sts")["STS001"]
    bare = at(made.walk(tlsa=made.TlsaFacts(hosts=(made.tlsa(),))), "mta-sts")["STS001"]
    assert (guarded.severity, bare.severity) == (Severity.INFO, Severity.WARNING)
    assert bare.records[0].startswith('_mta-sts.b.example. TXT "v=STSv1; id=20261123T')
    assert bare.file is not None
    assert bare.file.url == "https://mta-sts.b.example/.well-known/mta-sts.txt"
