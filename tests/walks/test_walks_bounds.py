"""What a walk leaves out is counted and said; what one address cannot give is asked of the next."""

from __future__ import annotations

import gzip
import zlib
from typing import Any, cast

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.dnssec import Validator
from mailpath.exchanges import Failure, HttpsExchange, HttpsRequest
from mailpath.facts import Found, Lookup, PolicyFetch, Security, StarttlsFacts, TlsaFacts, Walk
from mailpath.network.protocol import NetworkContext
from mailpath.steps import mx, sender, sts, tlsa
from mailpath.steps.registry import result
from mailpath.steps.tools import Tools


class Validating:
    """A validator that knows some answers, and says of all else that there is none."""

    def __init__(self, **known: Lookup) -> None:
        self._known = known

    async def lookup(self, name: str, rdtype: str) -> Lookup:
        absent = Lookup(
            name=name, rdtype=rdtype, found=Found.ABSENT, canonical=name, security=Security.SECURE
        )
        return self._known.get(rdtype, absent)

    async def claimed(self, name: str, rdtype: str) -> Lookup:
        return replace(await self.lookup(name, rdtype), resolver_ad=True, resolver_rcode="NOERROR")


class Web:
    """A policy host whose addresses answer as told."""

    def __init__(self, **answers: HttpsExchange) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.ground = NetworkContext(
            kind="lab", resolver="", trust_anchor="", roots=(), ehlo="a.example", made=made.NOW
        )

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        self.asked.append(request.address)
        return replace(self.answers["v6" if ":" in request.address else "v4"], request=request)


def tools(network: Any, **known: Lookup) -> Tools:
    return Tools(made.walk().path, network, cast(Validator, Validating(**known)), made.NOW, nobody)


async def nobody(*step_ids: str, settled: bool = False) -> Walk:
    raise AssertionError(f"waits for {step_ids}")


def lookup(rdtype: str, *rdata: bytes) -> Lookup:
    return replace(made.lookup(made.DOMAIN, rdtype, "x"), rdata=rdata)


async def test_mx_hosts_beyond_the_bound_are_counted() -> None:
    names = [b"\x00\x0a\x04mx%02d\x07example\x00" % number for number in range(53)]
    found = await mx.look(tools(Web(), MX=lookup("MX", *names)), made.walk())
    assert (len(found.hosts), found.left_out) == (50, 3)
    line = result("mx", made.walk(mx=found))
    assert line.summary.endswith(" 3 more hosts not tried.")


async def test_addresses_beyond_the_bound_are_counted_for_each_family() -> None:
    v6 = [bytes.fromhex("20010db8") + bytes((*[0] * 11, number)) for number in range(23)]
    v4 = [bytes((192, 0, 2, number)) for number in range(22)]
    known = {"AAAA": lookup("AAAA", *v6), "A": lookup("A", *v4), "MX": lookup("MX", b"\x00\x0a\x02mx\x00")}
    found = await mx.look(tools(Web(), **known), made.walk())
    (host,) = found.hosts
    assert (len(host.addresses), host.left_out) == (40, 5)
    assert host.addresses[20] == "192.0.2.0"
    line = result("mx", made.walk(mx=found))
    assert line.summary.endswith(" 5 more addresses not tried.")


async def test_tlsa_records_beyond_the_bound_are_counted() -> None:
    records = [bytes((3, 1, 1, number)) + bytes(31) for number in range(51)]
    found = await tlsa.look(tools(Web(), TLSA=lookup("TLSA", *records)), made.walk())
    (candidate,) = found.hosts[0].candidates
    assert (len(candidate.records), candidate.left_out) == (50, 1)
    line = result("tlsa", made.walk(tlsa=TlsaFacts(hosts=found.hosts)))
    assert line.summary.endswith(" 1 more TLSA record not tried.")


def answer(failure: Failure | None = None, **fields: Any) -> HttpsExchange:
    return HttpsExchange(request=HttpsRequest(url="", address=""), failure=failure, **fields)


async def fetched(first: HttpsExchange) -> tuple[list[str], PolicyFetch]:
    """What was asked, and the fetch, where the first address answers so and the second well."""
    web = Web(v4=first, v6=answer(status=200))
    record = lookup("TXT", b"\x14v=STSv1; id=20261123")
    known = {
        "TXT": replace(record, records=('"v=STSv1; id=20261123;"',)),
        "AAAA": replace(
            lookup("AAAA", bytes.fromhex("20010db8000000000000000000000080")), records=("2001:db8::80",)
        ),
        "A": replace(lookup("A", bytes((192, 0, 2, 80))), records=("192.0.2.80",)),
    }
    web.ground = replace(web.ground, allow_private=True)
    facts = await sts.look(tools(web, **known), made.walk())
    assert facts.fetch is not None
    return web.asked, facts.fetch


async def test_a_connection_that_breaks_after_the_certificate_is_no_answer() -> None:
    asked, fetch = await fetched(answer(Failure.RESET, chain=(made.GOOD.der,)))
    assert (asked, fetch.status) == (["192.0.2.80", "2001:db8::80"], 200)


async def test_a_refused_certificate_and_a_response_end_the_search() -> None:
    asked, _ = await fetched(answer(Failure.CERTIFICATE, chain=(made.GOOD.der,)))
    assert asked == ["192.0.2.80"]
    asked, fetch = await fetched(answer(status=404))
    assert (asked, fetch.status) == (["192.0.2.80"], 404)


PLAIN = b"version: STSv1\n"
BOMB = gzip.compress(bytes(1_000_000))


@pytest.mark.parametrize(
    ("coding", "body", "read", "failure"),
    [
        pytest.param(b"gzip", gzip.compress(PLAIN), PLAIN, None, id="gzip"),
        pytest.param(b"deflate", zlib.compress(PLAIN), PLAIN, None, id="deflate"),
        pytest.param(b"identity", PLAIN, PLAIN, None, id="identity"),
        pytest.param(b"br", PLAIN, PLAIN, Failure.PROTOCOL, id="unknown"),
        pytest.param(b"gzip", PLAIN, PLAIN, Failure.PROTOCOL, id="false"),
        pytest.param(b"gzip", BOMB, BOMB, Failure.TOO_LARGE, id="bomb"),
    ],
)
async def test_a_policy_is_read_without_its_content_coding(coding, body, read, failure) -> None:
    headers = ((b"content-type", b"text/plain"), (b"Content-Encoding", coding))
    _, fetch = await fetched(answer(status=200, headers=headers, body=body))
    assert (fetch.body, fetch.failure) == (read, failure)


async def test_a_session_that_was_not_recorded_got_nowhere() -> None:
    missing = made.session(failure=Failure.NOT_RECORDED, greeting=None, ehlo=None)
    facts = made.walk().sender
    sessions = StarttlsFacts(sessions=(missing,))
    asked = replace(facts, port25=Found.NOT_TRIED)
    assert await sender.port25(tools(Web()), asked, sessions) == asked


async def test_names_that_some_sender_takes_for_hosts_are_looked_up() -> None:
    names = [b"\x00\x0a\x01*\x01b\x00", b"\x00\x0a\x03a/b\x00", b"\x00\x0a\x03a+b\x00", b"\x00\x0a\x02mx\x00"]
    found = await mx.look(tools(Web(), MX=lookup("MX", *names)), made.walk())
    assert [(host.name, host.form, host.v4 is not None) for host in found.hosts] == [
        ("*.b", "invalid", True),
        ("a+b", "invalid", False),
        ("a/b", "invalid", True),
        ("mx", "name", True),
    ]
