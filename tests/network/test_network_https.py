"""Policy fetches from hosts that behave, and from ones that do not (real sockets on loopback)."""

import asyncio
import ssl

import pytest
import trustme
from servers import PUBLISHED, server_context, serving

from mailpath.exchanges import Failure, HttpsRequest
from mailpath.network.live_https import MAX_BODY, MAX_INTERIM, LiveHttps
from mailpath.network.settings import Settings

CA = trustme.CA()
HOST = "mta-sts.b.example"
URL = f"https://{HOST}/.well-known/mta-sts.txt"
TLS = server_context(CA, HOST)


class Web:
    """Reads one request head, then says `response` (bytes, pauses, or "hang")."""

    def __init__(self, *response) -> None:
        self.response = response
        self.requests: list[bytes] = []

    async def __call__(self, reader, writer) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        for part in self.response:
            if part == "hang":
                await asyncio.Event().wait()
            elif isinstance(part, float):
                await asyncio.sleep(part)
            else:
                writer.write(part)
                await writer.drain()


async def fetch(handler, *, check=lambda chain, host: None, tls=TLS, url=URL, deadline=60.0, **options):
    async with asyncio.timeout(15), serving(handler, ssl=tls) as port:
        settings = Settings(dial={f"{PUBLISHED}:443": f"127.0.0.1:{port}"}, **{"timeout": 5.0, **options})
        https = LiveHttps(settings, check, deadline=deadline)
        exchange = await https.fetch(HttpsRequest(url=url, address=PUBLISHED))
        await asyncio.sleep(0)
    return exchange


OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


async def test_a_fetch():
    web = Web(OK)
    seen = []
    exchange = await fetch(web, check=lambda chain, host: seen.append((chain, host)))
    assert exchange.failure is None
    assert (exchange.status, exchange.body) == (200, b"hello")
    assert (b"Content-Type", b"text/plain") in exchange.headers
    assert exchange.tls_version == "TLSv1.3"
    assert seen == [(exchange.chain, HOST)]
    head = web.requests[0].decode()
    assert head.startswith("GET /.well-known/mta-sts.txt HTTP/1.1\r\n")
    assert f"\r\nHost: {HOST}\r\n" in head
    assert head.lower().count("\r\nhost:") == 1


async def test_sni_is_the_host_of_the_url():
    names = []
    context = server_context(CA, HOST)
    context.sni_callback = lambda _, name, __: names.append(name)
    await fetch(Web(OK), tls=context)
    assert names == [HOST]


async def test_a_refused_certificate_ends_it_before_the_request():
    web = Web(OK)
    exchange = await fetch(web, check=lambda chain, host: f"the certificate is not for {host}")
    assert exchange.failure is Failure.CERTIFICATE
    assert exchange.detail == f"the certificate is not for {HOST}"
    assert exchange.status is None
    assert len(exchange.chain) >= 1
    assert web.requests == []


async def test_a_redirect_is_not_followed():
    web = Web(b"HTTP/1.1 302 Found\r\nLocation: https://a.example/\r\nContent-Length: 0\r\n\r\n")
    exchange = await fetch(web)
    assert (exchange.status, exchange.failure) == (302, None)
    assert len(web.requests) == 1


async def test_a_body_without_length_ends_with_the_connection():
    exchange = await fetch(Web(b"HTTP/1.1 200 OK\r\n\r\nhello"))
    assert (exchange.body, exchange.failure) == (b"hello", None)


@pytest.mark.parametrize("length", [MAX_BODY, MAX_BODY + 1])
async def test_body_bound(length):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % length
    exchange = await fetch(Web(head, b"x" * length))
    assert len(exchange.body) == MAX_BODY
    assert exchange.failure is (Failure.TOO_LARGE if length > MAX_BODY else None)
    assert exchange.status == 200


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (["hang"], Failure.TIMEOUT),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "hang"], Failure.TIMEOUT),
        ([b"220 mx.b.example ESMTP\r\n\r\n"], Failure.PROTOCOL),
        ([b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, "hang"], Failure.PROTOCOL),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], Failure.PROTOCOL),
    ],
)
async def test_a_failure_says_what(response, failure):
    exchange = await fetch(Web(*response), timeout=0.3)
    assert exchange.failure is failure
    assert exchange.detail.endswith(".")


async def test_what_came_before_a_failure_is_kept():
    exchange = await fetch(Web(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", "hang"), timeout=0.3)
    assert (exchange.status, exchange.body) == (200, b"he")


async def test_the_whole_fetch_has_a_deadline():
    dribble = [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", *[b"x", 0.05] * 200]
    exchange = await fetch(Web(*dribble), deadline=0.4)
    assert exchange.failure is Failure.TIMEOUT
    assert exchange.elapsed_ms < 2000


async def test_our_limits_are_told_as_ours():
    hung = await fetch(Web("hang"), timeout=0.3)
    assert (hung.limit, hung.detail) == (0.3, "Waited 0.3 s for the policy host's answer.")
    dribble = [b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", *[b"x", 0.05] * 200]
    assert (await fetch(Web(*dribble), deadline=0.4)).limit == 0.4
    assert (await fetch(Web(b"220 mx.b.example ESMTP\r\n\r\n"))).limit is None
    assert (await fetch(Web(OK))).limit is None


@pytest.mark.parametrize(
    "drip",
    [
        pytest.param([b"HTTP/1.1 200 OK\r\nX: ", *[b"x", 0.05] * 200], id="head"),
        pytest.param([b"HTTP/1.1 102 x\r\n", *[b"X: x\r\n", 0.05] * 200], id="interim"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1;", 0.05] * 200], id="chunks"
        ),
    ],
)
async def test_whatever_drips_the_fetch_ends_at_its_deadline(drip):
    exchange = await fetch(Web(*drip), deadline=0.3)
    assert (exchange.failure, exchange.limit) == (Failure.TIMEOUT, 0.3)
    assert exchange.elapsed_ms < 1000


async def test_the_deadline_is_the_policy_s_not_each_address_s():
    async with serving(Web("hang"), ssl=TLS) as port:
        dial = {f"{address}:443": f"127.0.0.1:{port}" for address in (PUBLISHED, "192.0.2.99")}
        https = LiveHttps(Settings(dial=dial, timeout=5.0), lambda chain, host: None, deadline=0.3)
        began = asyncio.get_running_loop().time()
        for address in (PUBLISHED, "192.0.2.99"):
            exchange = await https.fetch(HttpsRequest(url=URL, address=address))
            assert (exchange.failure, exchange.limit) == (Failure.TIMEOUT, 0.3)
        assert asyncio.get_running_loop().time() - began < 1.0


async def test_interim_responses_are_few():
    early = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    exchange = await fetch(Web(*[early] * MAX_INTERIM, OK))
    assert (exchange.status, exchange.failure) == (200, None)
    exchange = await fetch(Web(early * (MAX_INTERIM + 1), "hang"))
    assert (exchange.status, exchange.failure) == (None, Failure.PROTOCOL)
    assert exchange.detail == "The server sent more than 4 interim responses (HTTP 1xx)."


async def test_closed_without_an_answer():
    exchange = await fetch(Web())
    assert exchange.failure in (Failure.CLOSED, Failure.RESET)


async def test_no_tls_there():
    async def chatter(reader, writer):
        writer.write(b"220 mx.b.example ESMTP\r\n")
        await reader.read(1000)

    exchange = await fetch(chatter, tls=None)
    assert exchange.failure is Failure.TLS
    assert exchange.chain == ()


async def test_silence_in_the_handshake():
    async def silence(reader, writer):
        await asyncio.Event().wait()

    exchange = await fetch(silence, tls=None, timeout=0.3)
    assert exchange.failure is Failure.TIMEOUT


async def test_tls_1_1_is_refused():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    CA.issue_cert(HOST).configure_cert(context)
    assert (await fetch(Web(OK), tls=context)).tls_version == "TLSv1.3"
    from mailpath.network.live_tls import policy_context

    assert policy_context().minimum_version is ssl.TLSVersion.TLSv1_2


async def test_nobody_listens():
    async with serving(Web()) as port:
        pass
    settings = Settings(dial={f"{PUBLISHED}:443": f"127.0.0.1:{port}"}, timeout=0.3)
    exchange = await LiveHttps(settings, lambda chain, host: None).fetch(
        HttpsRequest(url=URL, address=PUBLISHED)
    )
    assert exchange.failure is Failure.REFUSED


@pytest.mark.parametrize(
    "url",
    ["http://b.example/", "https:///x", "https://b.example:99999/", "https://b\u00fc.example/", "ftp://x/"],
)
async def test_what_is_no_https_url(url):
    https = LiveHttps(Settings(), lambda chain, host: None)
    exchange = await https.fetch(HttpsRequest(url=url, address="127.0.0.1"))
    assert exchange.failure is Failure.PROTOCOL


@pytest.mark.parametrize("cut", [0.0, 0.05])
@pytest.mark.parametrize("tls", [TLS, None])
async def test_cancellation_leaves_no_socket(cut, tls):
    async def silence(reader, writer):
        await asyncio.Event().wait()

    async with serving(silence, ssl=tls) as port:
        settings = Settings(dial={f"{PUBLISHED}:443": f"127.0.0.1:{port}"}, timeout=5)
        https = LiveHttps(settings, lambda chain, host: None)
        task = asyncio.create_task(https.fetch(HttpsRequest(url=URL, address=PUBLISHED)))
        await asyncio.sleep(cut)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
