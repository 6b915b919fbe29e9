"""How long a session waits for what: per line, and which limit of ours ended it (loopback sockets)."""

import asyncio
from typing import Any

import pytest
import trustme
from servers import (
    BYE,
    EHLO,
    EHLO_TLS,
    GREETING,
    PUBLISHED,
    READY,
    Smtp,
    server_context,
    serving,
    session,
    settings,
)

from mailpath.attacks.smtp import break_tls, strip_starttls
from mailpath.exchanges import Envelope, Failure, SmtpRequest, Stage
from mailpath.network.live_smtp import LiveSmtp
from mailpath.network.replies import dialogue

TLS = server_context(trustme.CA())
#: A greeting gets a short time, a reply another: which of the two ended a session is then seen.
SHORT: dict[str, Any] = {"timeout": 5.0, "greeting_timeout": 0.2, "reply_timeout": 0.3}


async def test_a_greeting_that_takes_longer_than_our_limit():
    exchange = await session("hang", **SHORT)
    assert (exchange.failure, exchange.failed_at) == (Failure.TIMEOUT, Stage.GREETING)
    assert exchange.limit == 0.2
    assert exchange.detail == "Waited 0.2 s for the greeting."


@pytest.mark.parametrize(
    ("steps", "stage", "awaited"),
    [
        ([GREETING, "line", "hang"], Stage.EHLO, "the reply to EHLO"),
        ([GREETING, "line", b"502 no\r\n", "line", "hang"], Stage.EHLO, "the reply to HELO"),
        ([GREETING, "line", b"250-mx\r\n250-SI", "hang"], Stage.EHLO, "the rest of the reply to EHLO"),
        ([GREETING, "line", EHLO, "line", "hang"], Stage.STARTTLS, "the reply to STARTTLS"),
        ([GREETING, "line", EHLO, "line", READY, "hang"], Stage.HANDSHAKE, "the TLS handshake"),
        (
            [GREETING, "line", EHLO, "line", b"454 no\r\n", "line", "hang"],
            Stage.ENVELOPE,
            "the reply to NOOP",
        ),
        (
            [GREETING, "line", EHLO, "line", READY, TLS, "line", "hang"],
            Stage.EHLO_TLS,
            "the reply to EHLO inside TLS",
        ),
    ],
)
async def test_what_was_waited_for_and_how_long(steps, stage, awaited):
    exchange = await session(*steps, **SHORT | {"greeting_timeout": 5.0})
    assert (exchange.failure, exchange.failed_at, exchange.limit) == (Failure.TIMEOUT, stage, 0.3)
    assert exchange.detail == f"Waited 0.3 s for {awaited}."


async def test_the_reply_to_the_envelope():
    envelope = Envelope(mail_from="a@a.example", rcpt_to="b@b.example")
    bare = b"250 mx.b.example\r\n"
    exchange = await session(
        *(GREETING, "line", bare, "line", b"250 ok\r\n", "line", "hang"),
        request={"envelope": envelope},
        **SHORT | {"greeting_timeout": 5.0},
    )
    assert (exchange.failed_at, exchange.limit) == (Stage.ENVELOPE, 0.3)
    assert exchange.detail == "Waited 0.3 s for the reply to RCPT TO."


async def test_each_line_has_the_whole_wait():
    lines = [b"250-mx.b.example\r\n", *(b"250-X%d\r\n" % number for number in range(4)), b"250 SIZE\r\n"]
    slow = [part for line in lines for part in (0.2, line)]
    exchange = await session(GREETING, "line", *slow, "line", BYE, timeout=5.0, reply_timeout=0.5)
    assert exchange.failure is None
    assert len(dialogue(exchange).ehlo.lines) == 6


async def test_a_greeting_of_several_lines_has_the_whole_wait_for_each():
    slow = [part for number in range(3) for part in (0.2, b"220-%d\r\n" % number)]
    steps = (*slow, 0.2, b"220 go\r\n", "line", b"250 mx\r\n", "line", BYE)
    exchange = await session(*steps, timeout=5.0, greeting_timeout=0.5)
    assert len(dialogue(exchange).greeting.lines) == 4


async def test_bytes_that_make_no_line_do_not_prolong_the_wait():
    drops = [part for _ in range(20) for part in (b"x", 0.05)]
    exchange = await session(GREETING, "line", b"250-", *drops, "hang", **SHORT | {"greeting_timeout": 5.0})
    assert (exchange.failed_at, exchange.limit) == (Stage.EHLO, 0.3)
    assert exchange.elapsed_ms < 900


@pytest.mark.parametrize(
    ("steps", "failure"),
    [
        ([], Failure.CLOSED),
        ([GREETING, "line", "reset"], Failure.RESET),
        ([b"SSH-2.0-OpenSSH_9.2\r\n", "hang"], Failure.PROTOCOL),
    ],
)
async def test_what_the_server_ended_names_no_limit(steps, failure):
    async def handler(reader, writer):
        if steps:
            await Smtp(*steps)(reader, writer)

    async with serving(handler) as port:
        smtp = LiveSmtp(settings(port), "probe.example")
        exchange = await smtp.converse(SmtpRequest(address=PUBLISHED))
    assert (exchange.failure, exchange.limit) == (failure, None)


async def test_a_connection_that_is_not_accepted_names_no_limit(monkeypatch):
    async def never(*_, **__):
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", never)
    smtp = LiveSmtp(settings(1, timeout=0.05), "probe.example")
    exchange = await smtp.converse(SmtpRequest(address=PUBLISHED))
    assert (exchange.failure, exchange.failed_at) == (Failure.TIMEOUT, Stage.CONNECT)
    assert exchange.limit is None


async def test_the_event_loop_does_not_end_a_handshake_before_us(monkeypatch):
    monkeypatch.setattr("asyncio.constants.SSL_HANDSHAKE_TIMEOUT", 0.05)
    exchange = await session(GREETING, "line", EHLO, "line", READY, "hang", timeout=5.0, reply_timeout=0.2)
    assert (exchange.failed_at, exchange.limit) == (Stage.HANDSHAKE, 0.2)


async def test_without_a_reply_timeout_the_timeout_counts():
    exchange = await session(GREETING, "line", "hang", timeout=0.2, greeting_timeout=5.0)
    assert exchange.limit == 0.2


async def test_quit_is_not_waited_for():
    script = Smtp(GREETING, "line", b"250 mx.b.example\r\n", "line", "hang")
    exchange = await session(script, timeout=0.2, reply_timeout=30.0, greeting_timeout=5.0)
    assert (exchange.failure, exchange.limit) == (None, None)
    assert exchange.elapsed_ms < 1500


async def test_waits_are_seen_while_they_last():
    asked = asyncio.Event()

    async def handler(reader, writer):
        writer.write(GREETING)
        await reader.readline()
        asked.set()
        await asyncio.Event().wait()

    async with asyncio.timeout(5), serving(handler) as port:
        smtp = LiveSmtp(settings(port, reply_timeout=5.0), "probe.example")
        assert smtp.waits.longest() is None
        task = asyncio.create_task(smtp.converse(SmtpRequest(address=PUBLISHED, sni="mx.b.example")))
        await asked.wait()
        wait = smtp.waits.longest()
        assert (wait.request.sni, wait.awaited, wait.limit) == ("mx.b.example", "the reply to EHLO", 5.0)
        assert 0 <= wait.lasted < 5
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert smtp.waits.longest() is None


@pytest.mark.parametrize(
    ("last", "stage"), [(b"EHLO", Stage.EHLO), (b"QUIT", None)], ids=["in the middle", "but for its farewell"]
)
async def test_what_a_cancelled_session_had_come_to_is_kept(last, stage):
    asked = asyncio.Event()

    async def handler(reader, writer):
        writer.write(GREETING)
        while not (await reader.readline()).startswith(last):
            writer.write(b"250 mx.b.example\r\n")
        asked.set()
        await asyncio.Event().wait()

    request = SmtpRequest(address=PUBLISHED, sni="mx.b.example")
    async with asyncio.timeout(5), serving(handler) as port:
        smtp = LiveSmtp(settings(port, timeout=5.0), "probe.example")
        task = asyncio.create_task(smtp.converse(request))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    kept = smtp.unfinished[request]
    assert dialogue(kept).greeting is not None
    assert (kept.failed_at, kept.limit is None) == (stage, stage is None)


async def test_an_attack_leaves_no_limit_behind():
    steps = (GREETING, "line", EHLO, "line", READY, TLS, "line", "hang")
    exchange = await session(*steps, **SHORT | {"greeting_timeout": 5.0})
    assert exchange.limit == 0.3
    assert (strip_starttls(exchange).limit, break_tls(exchange).limit) == (None, None)
    assert EHLO_TLS not in [chunk.data for chunk in exchange.transcript]
