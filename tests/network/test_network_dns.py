"""Questions to resolvers that behave, and to ones that do not (real sockets on loopback)."""

import asyncio
import contextlib

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import httpx
import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from servers import server_context, serving

from mailpath.exchanges import Failure, Question
from mailpath.lab.dns import bind_pair
from mailpath.network import dns_messages, live_dns, live_dns_secure
from mailpath.network.dns_messages import framed, read_message
from mailpath.network.endpoints import Kind, ResolverEndpoint, resolver
from mailpath.network.live import LiveNetwork
from mailpath.network.live_dns import LiveDns
from mailpath.network.settings import Settings

MX = Question(name="b.example", rdtype="MX")
CA = trustme.CA()


async def nothing(reader: object, writer: object) -> None:
    """What a server does that hangs up at once."""


def answer(query: bytes, *, records: int = 1) -> bytes:
    response = dns.message.make_response(dns.message.from_wire(query))
    for n in range(records):
        response.answer.append(dns.rrset.from_text("b.example.", 300, "IN", "MX", f"{n} mx{n}.b.example."))
    return response.to_wire(max_size=65535)


def truncated(query: bytes) -> bytes:
    response = dns.message.make_response(dns.message.from_wire(query))
    response.flags |= dns.flags.TC
    return response.to_wire()


class Udp(asyncio.DatagramProtocol):
    """Answers each datagram with what `script(query, n)` returns: bytes, a list of them, or None."""

    def __init__(self, script) -> None:
        self.script = script
        self.queries: list[bytes] = []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.queries.append(data)
        said = self.script(data, len(self.queries))
        for message in [said] if isinstance(said, bytes) else said or []:
            self.transport.sendto(message, addr)


@contextlib.asynccontextmanager
async def resolving(udp, tcp=None):
    """A resolver on one port of 127.0.0.1, UDP and TCP; yields its "ip:port" and the UDP side."""

    async def over_tcp(reader, writer):
        while True:
            query = await read_message(reader)
            for message in tcp(query):
                writer.write(message)
            await writer.drain()

    async def refused(reader, writer):
        return

    loop = asyncio.get_running_loop()
    over_udp, sock = bind_pair()
    over_udp.setblocking(False)
    async with serving(over_tcp if tcp else refused, sock=sock) as port:
        transport, protocol = await loop.create_datagram_endpoint(lambda: Udp(udp), sock=over_udp)
        try:
            yield f"127.0.0.1:{port}", protocol
        finally:
            transport.abort()
            await asyncio.sleep(0)


async def ask(udp, tcp=None, question=MX, timeout=5.0):
    async with asyncio.timeout(15), resolving(udp, tcp) as (where, protocol):
        client = LiveDns(Settings(resolver=where, timeout=timeout), ())
        exchange = await client.ask(question)
        await client.close()
    return exchange, protocol.queries


async def test_an_answer_over_udp():
    exchange, queries = await ask(lambda query, n: answer(query))
    assert exchange.failure is None
    assert exchange.transport == "udp"
    assert (
        dns.message.from_wire(exchange.response).answer[0].to_text()
        == "b.example. 300 IN MX 0 mx0.b.example."
    )
    (query,) = map(dns.message.from_wire, queries)
    assert query.flags & dns.flags.RD
    assert query.flags & dns.flags.CD
    assert not query.flags & dns.flags.AD
    assert query.ednsflags & dns.flags.DO
    assert (query.edns, query.payload) == (0, 1232)


async def test_without_cd_the_resolvers_verdict_is_asked_for():
    _, queries = await ask(
        lambda query, n: answer(query),
        question=Question(name="b.example", rdtype="MX", checking_disabled=False),
    )
    query = dns.message.from_wire(queries[0])
    assert not query.flags & dns.flags.CD
    assert query.flags & dns.flags.AD


async def test_ids_and_ports_differ():
    async with resolving(lambda query, n: answer(query)) as (where, protocol):
        client = LiveDns(Settings(resolver=where, timeout=1), ())
        questions = [Question(name=f"n{n}.b.example", rdtype="TLSA") for n in range(100)]
        exchanges = await asyncio.gather(*map(client.ask, questions))
    assert [e.question for e in exchanges] == questions
    assert all(e.failure is None for e in exchanges)
    assert len({query[:2] for query in protocol.queries}) > 90


async def test_truncated_answer_is_asked_for_again_over_tcp():
    exchange, _ = await ask(
        lambda query, n: truncated(query), lambda query: [framed(answer(query, records=1500))]
    )
    assert exchange.transport == "tcp"
    assert len(exchange.response) > 20_000
    assert exchange.failure is None


async def test_a_lost_packet_is_sent_again():
    exchange, queries = await ask(lambda query, n: answer(query) if n == 2 else None, timeout=1.0)
    assert (exchange.failure, exchange.transport, len(queries)) == (None, "udp", 2)


async def test_the_second_asking_goes_over_tcp_at_once():
    question = Question(name="b.example", rdtype="MX", again=True)
    exchange, queries = await ask(lambda query, n: None, lambda query: [framed(answer(query))], question)
    assert (exchange.failure, exchange.transport, queries) == (None, "tcp", [])
    assert exchange.question == question
    exchange, queries = await ask(lambda query, n: answer(query), None, question, timeout=1.0)
    assert (exchange.response, queries) == (None, [])
    assert "UDP" not in exchange.detail


async def test_udp_silent_then_tcp():
    exchange, queries = await ask(lambda query, n: None, lambda query: [framed(answer(query))], timeout=0.3)
    assert (exchange.failure, exchange.transport, len(queries)) == (None, "tcp", 2)


async def test_forged_answers_are_passed_over():
    def script(query, n):
        wrong_id = bytes([query[0] ^ 1]) + answer(query)[1:]
        other = dns.message.make_query("a.example", "MX", id=int.from_bytes(query[:2], "big"))
        return [wrong_id, answer(other.to_wire()), query, b"", b"\0" * 11, answer(query)]

    exchange, _ = await ask(script)
    assert exchange.transport == "udp"
    assert dns.message.from_wire(exchange.response).question[0].name.to_text() == "b.example."


async def test_error_without_question_is_an_answer():
    def formerr(query, n):
        return query[:2] + b"\x81\x01" + b"\0" * 8

    exchange, _ = await ask(formerr)
    assert exchange.failure is None
    assert dns.message.from_wire(exchange.response).rcode() == dns.rcode.FORMERR


@pytest.mark.parametrize("cut", [1, 5, 20])
async def test_malformed_answer(cut):
    exchange, _ = await ask(lambda query, n: answer(query)[:-cut])
    assert exchange.failure is Failure.PROTOCOL
    assert exchange.response is None


def test_a_record_is_not_looked_into():
    name = dns.name.from_text("_25._tcp.b.example")
    odd = dns.rdata.GenericRdata(dns.rdataclass.IN, dns.rdatatype.TLSA, b"\x03\x01")
    response = dns.message.make_response(dns.message.make_query(name, "TLSA"))
    response.answer.append(dns.rrset.from_rdata(name, 300, odd))
    wire = response.to_wire()
    with pytest.raises(dns.exception.DNSException):
        dns.message.from_wire(wire)
    assert dns_messages.well_formed(wire)


def test_well_formed_agrees_with_dnspython_on_every_cut():
    wire = answer(dns_messages.query(MX, 7), records=3)
    assert dns_messages.well_formed(wire)
    assert not dns_messages.well_formed(wire + b"x")
    assert not any(dns_messages.well_formed(wire[:length]) for length in range(12, len(wire)))


@given(st.binary(min_size=12, max_size=80))
def test_well_formed_never_raises(data):
    dns_messages.well_formed(data)


async def test_nobody_answers():
    exchange, _ = await ask(lambda query, n: None, lambda query: [], timeout=0.3)
    assert exchange.detail == "There was no answer over UDP; over TCP: no answer came in time."
    assert exchange.failure is Failure.TIMEOUT
    assert exchange.elapsed_ms < 1500


async def test_nobody_listens():
    async with serving(nothing) as port:
        pass
    client = LiveDns(Settings(resolver=f"127.0.0.1:{port}", timeout=0.3), ())
    exchange = await client.ask(MX)
    assert exchange.failure is Failure.REFUSED


@pytest.mark.parametrize("said", [[b"\0\x05junk!"], [b"\0\0"] * 20, [framed(b"\0" * 20)] * 20])
async def test_tcp_that_talks_nonsense(said):
    exchange, _ = await ask(lambda query, n: truncated(query), lambda query: said, timeout=0.3)
    assert exchange.failure in (Failure.PROTOCOL, Failure.TIMEOUT)


async def test_tcp_that_closes_midway():
    exchange, _ = await ask(lambda query, n: truncated(query))
    assert exchange.failure in (Failure.CLOSED, Failure.RESET)


@pytest.mark.parametrize("name", ["a..b", "x" * 64, "\\", "b." * 130])
async def test_what_is_no_name(name):
    exchange, queries = await ask(lambda query, n: None, question=Question(name=name, rdtype="MX"))
    assert exchange.failure is Failure.PROTOCOL
    assert queries == []


async def test_unknown_type_by_number_and_by_nonsense():
    exchange, queries = await ask(
        lambda q, n: answer(q, records=0), question=Question(name=".", rdtype="TYPE65534")
    )
    assert dns.message.from_wire(queries[0]).question[0].rdtype == 65534
    assert exchange.failure is None
    exchange, _ = await ask(lambda q, n: None, question=Question(name=".", rdtype="NOPE"))
    assert exchange.failure is Failure.PROTOCOL


async def test_cancellation_leaves_no_socket():
    async with resolving(lambda query, n: None, lambda query: []) as (where, _):
        for cut in (0.0, 0.05, 0.25):
            client = LiveDns(Settings(resolver=where, timeout=0.2), ())
            task = asyncio.create_task(client.ask(MX))
            await asyncio.sleep(cut)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0)


async def test_first_system_resolver_that_answers_is_chosen(monkeypatch):
    async with serving(nothing) as dead:
        pass
    async with resolving(lambda query, n: answer(query, records=0)) as (where, protocol):
        both = (resolver(f"127.0.0.1:{dead}"), resolver(where))
        monkeypatch.setattr(live_dns, "system_resolvers", lambda: both)
        async with LiveNetwork(Settings(timeout=5.0), policy_host_check=lambda chain, host: None) as network:
            assert network.ground.resolver == where
            assert (await network.ask(MX)).failure is None
        assert len(protocol.queries) == 2


@pytest.mark.parametrize("working", [True, False])
async def test_a_system_resolver_that_refuses_is_the_last_choice(monkeypatch, working):
    def refusing(query, n):
        response = dns.message.make_response(dns.message.from_wire(query))
        response.set_rcode(dns.rcode.REFUSED)
        return response.to_wire()

    def second(query, n):
        return answer(query, records=0) if working else refusing(query, n)

    async with serving(nothing) as dead:
        pass
    async with resolving(refusing) as (one, _), resolving(second) as (two, _):
        places = tuple(map(resolver, (f"127.0.0.1:{dead}", one, two)))
        monkeypatch.setattr(live_dns, "system_resolvers", lambda: places)
        async with LiveNetwork(Settings(timeout=5.0), policy_host_check=lambda chain, host: None) as network:
            assert network.ground.resolver == (two if working else one)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        (
            "https://bücher.example/dns-query",
            {"kind": Kind.HTTPS, "host": "xn--bcher-kva.example", "name": "xn--bcher-kva.example"},
        ),
        ("https://[2001:db8::1]:8443/", {"kind": Kind.HTTPS, "host": "2001:db8::1", "port": 8443}),
        ("tls://127.0.0.1#DNS.example.:8853", {"kind": Kind.TLS, "name": "dns.example", "port": 8853}),
    ],
)
def test_secure_resolvers_are_named_in_a_labels(text, endpoint):
    found = resolver(text)
    assert {key: getattr(found, key) for key in endpoint} == endpoint


async def test_a_name_that_cannot_be_said_is_a_failure_not_a_crash(monkeypatch):
    """A name that passed the door all the same."""
    unnamed = ResolverEndpoint("https://xn--/dns-query", Kind.HTTPS, "xn--", 443, "xn--")
    monkeypatch.setattr(live_dns, "resolver_endpoint", lambda text: unnamed)
    client = LiveDns(Settings(resolver="192.0.2.1"), root())
    exchange = await client.ask(MX)
    await client.close()
    assert (exchange.failure, exchange.detail) == (
        Failure.PROTOCOL,
        "The resolver's address or name cannot be used.",
    )


async def test_why_the_local_host_was_asked_is_told_where_it_does_not_answer(monkeypatch):
    why = "/etc/resolv.conf names no resolver, so 127.0.0.1 was asked"
    place = ResolverEndpoint("127.0.0.1", Kind.PLAIN, "127.0.0.1", 1, because=why)
    monkeypatch.setattr(live_dns, "system_resolvers", lambda: (place,))
    client = LiveDns(Settings(timeout=0.5), ())
    exchange = await client.ask(MX)
    await client.close()
    assert exchange.failure is Failure.REFUSED
    assert exchange.detail.endswith(f"connection was refused; {why}.")


async def test_one_system_resolver_is_not_probed(monkeypatch):
    async with resolving(lambda query, n: answer(query, records=0)) as (where, protocol):
        monkeypatch.setattr(live_dns, "system_resolvers", lambda: (resolver(where),))
        async with LiveNetwork(Settings(timeout=5.0), policy_host_check=lambda chain, host: None) as network:
            assert network.ground.resolver == where
        assert protocol.queries == []


# --- over TLS --------------------------------------------------------------------------------------


def root() -> tuple[bytes, ...]:
    import ssl

    return (ssl.PEM_cert_to_DER_cert(CA.cert_pem.bytes().decode()),)


async def over_tls(questions, serve, *, name="dns.example", trusted=True, timeout=5.0):
    """Exchanges with a DNS-over-TLS server; and how many connections it saw."""
    connections = []

    async def handler(reader, writer):
        connections.append(writer)
        await serve(reader, writer)

    async with asyncio.timeout(15), serving(handler, ssl=server_context(CA, "dns.example")) as port:
        settings = Settings(resolver=f"tls://127.0.0.1#{name}:{port}", timeout=timeout)
        client = LiveDns(settings, root() if trusted else ())
        exchanges = []
        for batch in questions:
            exchanges += await asyncio.gather(*map(client.ask, batch))
        await client.close()
        await asyncio.sleep(0)
    return exchanges, len(connections)


def names(count: int) -> list[Question]:
    return [Question(name=f"n{n}.b.example", rdtype="MX") for n in range(count)]


async def test_tls_one_connection_answers_out_of_order():
    async def backwards(reader, writer):
        queries = [await read_message(reader) for _ in range(5)]
        for query in reversed(queries):
            writer.write(framed(answer(query)))
        await writer.drain()
        await reader.read()

    exchanges, connections = await over_tls([names(5)], backwards)
    assert connections == 1
    assert [e.failure for e in exchanges] == [None] * 5
    for exchange in exchanges:
        asked = dns.message.from_wire(exchange.response).question[0].name
        assert asked.to_text(omit_final_dot=True) == exchange.question.name
        assert exchange.transport == "tls"


async def test_tls_connection_that_closes_after_an_answer_is_made_again():
    async def one_answer(reader, writer):
        writer.write(framed(answer(await read_message(reader))))
        await writer.drain()

    exchanges, connections = await over_tls([[q] for q in names(3)], one_answer)
    assert [e.failure for e in exchanges] == [None] * 3
    assert connections == 3


@pytest.mark.parametrize(("name", "trusted"), [("other.example", True), ("dns.example", False)])
async def test_tls_name_and_chain_are_verified(name, trusted):
    async def never(reader, writer):
        raise AssertionError("A question reached a resolver that was not verified.")

    (exchange,), _ = await over_tls([names(1)], never, name=name, trusted=trusted)
    assert exchange.failure is Failure.CERTIFICATE


async def test_tls_silence():
    async def silence(reader, writer):
        await reader.read()

    exchanges, _ = await over_tls([names(3)], silence, timeout=0.5)
    assert [e.failure for e in exchanges] == [Failure.TIMEOUT] * 3


# --- over HTTPS ------------------------------------------------------------------------------------


async def over_https(serve, *, host="localhost", trusted=True, timeout=5.0):
    async def handler(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(
            next(line.split(b":")[1] for line in head.lower().split(b"\r\n") if b"content-length" in line)
        )
        await serve(head, await reader.readexactly(length), writer)

    async with asyncio.timeout(15), serving(handler, ssl=server_context(CA, "localhost")) as port:
        client = LiveDns(
            Settings(resolver=f"https://{host}:{port}/dns-query", timeout=timeout), root() if trusted else ()
        )
        exchange = await client.ask(MX)
        await client.close()
        await asyncio.sleep(0.01)
    return exchange


def http(body: bytes, media: bytes = b"application/dns-message", status: bytes = b"200 OK") -> bytes:
    head = b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n" % (status, media, len(body))
    return head + body


async def test_https_post():
    heads = []

    async def serve(head, query, writer):
        heads.append(head)
        assert query[:2] == b"\0\0"
        writer.write(http(answer(query)))

    exchange = await over_https(serve)
    assert (exchange.failure, exchange.transport) == (None, "https")
    assert heads[0].startswith(b"POST /dns-query HTTP/1.1\r\n")
    assert b"content-type: application/dns-message" in heads[0].lower()


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (http(b"", status=b"404 Not Found"), Failure.PROTOCOL),
        (http(b"hello", media=b"text/html"), Failure.PROTOCOL),
        (http(b"hello"), Failure.PROTOCOL),
        (http(b"x" * 70_000), Failure.PROTOCOL),
        (b"nonsense\r\n\r\n", Failure.PROTOCOL),
        (b"", Failure.TIMEOUT),
    ],
)
async def test_https_failures(response, failure):
    async def serve(head, query, writer):
        writer.write(response)
        await writer.drain()
        if not response:
            await asyncio.Event().wait()

    exchange = await over_https(serve, timeout=0.5)
    assert exchange.failure is failure
    assert exchange.response is None


async def test_https_certificate_is_verified():
    async def never(head, query, writer):
        raise AssertionError("A question reached a resolver that was not verified.")

    assert (await over_https(never, trusted=False)).failure is Failure.CERTIFICATE


def test_https_error_without_socket_error_is_not_dns():
    assert isinstance(live_dns_secure._socket_error(httpx.RemoteProtocolError("x")), dns_messages.NotDns)


def test_answers_never_raises_on_short_messages():
    query = dns_messages.query(MX, 7)
    whole = answer(query)
    for length in range(len(whole)):
        dns_messages.answers(query, whole[:length])
    assert dns_messages.answers(query, whole)
    assert not dns_messages.answers(query, whole[:12])


@given(
    st.lists(st.binary(min_size=1, max_size=63), max_size=3).filter(
        lambda labels: sum(map(len, labels)) < 200
    ),
    st.sampled_from(["A", "MX", "TLSA", "TYPE65280", "CAA"]),
    st.booleans(),
    st.integers(0, 65535),
)
def test_a_query_is_what_dnspython_makes(labels, rdtype, checking_disabled, number):
    name = dns.name.Name([*labels, b""])
    flags = dns.flags.RD | (dns.flags.CD if checking_disabled else dns.flags.AD)
    made = dns.message.make_query(
        name, rdtype, use_edns=0, ednsflags=dns.flags.DO, payload=1232, flags=flags, id=number
    )
    asked = Question(name=name.to_text(), rdtype=rdtype, checking_disabled=checking_disabled)
    assert dns_messages.query(asked, number) == made.to_wire()
