"""A TLSA record that matches nothing: the mistake behind it is named, and "renewed" only where none fits."""

from __future__ import annotations

from collections.abc import Callable

import handmade as made
import pytest
from msgspec.structs import replace
from reported import NOTHING

from mailpath.facts import StarttlsFacts, TlsaFacts, Walk
from mailpath.findings import Finding, find
from mailpath.findings.catalogue import CATALOGUE, MISTAKES
from mailpath.match import dane
from mailpath.match.mistakes import Kind
from mailpath.report.panels import details, evidence, explain

FoundIn = Callable[[str], dict[str, Finding]]


@pytest.mark.parametrize(
    ("name", "code", "kind", "words"),
    [
        ("digest-of-nothing", "TLSA002", "nothing", "the SHA-256 digest of no data at all"),
        ("digest-of-a-line", "TLSA002", "nothing", "the SHA-256 digest of an empty line"),
        (
            "certificate-as-311",
            "TLSA002",
            "selector",
            "server's certificate, which belongs in a 3 0 1 record",
        ),
        (
            "key-as-301",
            "TLSA002",
            "selector",
            "key of the server's certificate, which belongs in a 3 1 1 record",
        ),
        ("issuer-as-311", "TLSA002", "usage", "certificate 1 of the chain, which belongs in a 2 1 1 record"),
        (
            "leaf-as-211",
            "TLSA008",
            "usage",
            "key of the server's certificate, which belongs in a 3 1 1 record",
        ),
        ("pem-as-311", "TLSA002", "text", "the PEM text of the key of the server's certificate"),
        ("pem-as-301", "TLSA002", "text", "the PEM text of the server's certificate"),
        ("swapped", "TLSA002", "host", "the key of the certificate of mx"),
    ],
)
def test_the_digest_gives_the_mistake_away(
    name: str, code: str, kind: str, words: str, found_in: FoundIn, reported: Callable[[str], Walk]
) -> None:
    found, walk = found_in(name)[code], reported(name)
    assert words in found.message
    assert explain(found).means == MISTAKES[kind]["meaning"]
    assert "renewed" not in explain(found).means
    assert found.fix.endswith(MISTAKES[kind]["fix"])
    session = walk.starttls.told(walk.mx.hosts[0].addresses[0], walk.mx.hosts[0].name)
    assert session is not None
    assert session.tls is not None
    live = dane.computed((1, 1), session.tls.chain[0]).hex()
    assert found.records == (f"_25._tcp.mx1.{name}.example. TLSA 3 1 1 {live}",)
    assert found.fix.startswith(
        "Publish this record, wait one TTL (3600 s), then delete the records that do not"
    )
    assert any(words in line for line in evidence(walk, "tlsa"))
    assert any(words in each.text for each in details(walk, "tlsa"))


def test_what_nothing_explains_was_most_likely_renewed(found_in: FoundIn) -> None:
    found = found_in("renewed")["TLSA002"]
    assert found.message.endswith("the server's certificate matches none of the DANE-EE records.")
    assert explain(found).means == CATALOGUE["TLSA002"].meaning
    assert "renewed" in CATALOGUE["TLSA002"].meaning


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sha256-as-312", "the key of the server's certificate, which belongs in a 3 1 1 record"),
        ("sha512-as-311", "the key of the server's certificate, which belongs in a 3 1 2 record"),
        ("pkix-as-111", "the key of the server's certificate, which belongs in a 3 1 1 record"),
    ],
)
def test_an_unusable_record_is_explained_too(name: str, words: str, found_in: FoundIn) -> None:
    assert words in found_in(name)["TLSA003"].message


def test_a_set_that_two_hosts_share_keeps_both_records(found_in: FoundIn) -> None:
    found = found_in("shared")
    assert "TLSA002" not in found
    assert found["TLSA010"].fix == "Nothing needs to be done."
    assert "is needed" in explain(found["TLSA010"]).means


def test_an_authority_that_is_not_sent_may_be_added() -> None:
    right, root = (
        made.record(usage, 1, 1, made.spki(key)) for usage, key in ((3, made.GOOD), (2, made.ROOT))
    )
    (found,) = find(made.walk(tlsa=TlsaFacts(hosts=(made.tlsa(right, root),)), sts=made.policy()))
    assert (found.code, explain(found).means) == ("TLSA010", CATALOGUE["TLSA010"].meaning)
    assert found.message.endswith("the SHA-256 digest of the key of the root CN=Handmade Root.")
    assert found.fix == "Add that certificate to the server's chain file, or delete this record."


def test_one_address_of_two_keeps_the_record_of_the_other() -> None:
    other = made.session((made.SELF_SIGNED.der,), address="192.0.2.11")
    sessions = made.with_and_without_sni(made.GOOD.der, made.INTERMEDIATE.der).sessions
    facts = StarttlsFacts(sessions=(*sessions, replace(other, sni=None), other))
    host = made.mx_host(addresses=(made.ADDRESS, "192.0.2.11"))
    found = [each for each in find(made.walk(mx=made.mx(host), starttls=facts)) if each.code == "TLSA002"]
    assert [each.message.partition(":")[0] for each in found] == ["mx1.b.example at 192.0.2.11"]
    assert "the key of the certificate at 192.0.2.10" in found[0].message
    assert ", and keep the other records. Or give all addresses" in found[0].fix


def test_a_mistake_beside_a_record_that_matches(found_in: FoundIn) -> None:
    found = found_in("right-and-wrong")["TLSA010"]
    assert "no data at all" in found.message
    assert found.fix == "Delete this record."
    assert found.records == (f"_25._tcp.mx1.right-and-wrong.example. TLSA 3 1 1 {NOTHING}",)


def test_every_kind_of_mistake_has_its_texts() -> None:
    assert set(MISTAKES) == set(Kind)
