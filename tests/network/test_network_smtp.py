"""SMTP sessions with servers that behave, and with ones that do not (real sockets on loopback)."""

import asyncio
import ssl
import warnings

import pytest
import trustme
from servers import (
    BYE,
    EHLO,
    EHLO_TLS,
    GREETING,
    HASTY,
    PUBLISHED,
    READY,
    Smtp,
    server_context,
    serving,
    session,
    settings,
    tls_session,
)

from mailpath.exchanges import Envelope, Failure, SmtpRequest, Stage, TlsProfile
from mailpath.match import usage
from mailpath.network.live_route import own_name
from mailpath.network.live_smtp import MAX_SESSIONS_PER_ADDRESS, LiveSmtp
from mailpath.network.live_tls import smtp_context
from mailpath.network.replies import MAX_DIALOGUE, dialogue
from mailpath.network.settings import Settings

CA = trustme.CA()
TLS = server_context(CA)


async def test_tls_1_0_is_seen():
    context = server_context(CA)
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # naming TLS 1.0 warns
        context.maximum_version = ssl.TLSVersion.TLSv1
    context.set_ciphers("ALL:@SECLEVEL=0")
    exchange = await session(GREETING, "line", EHLO, "line", READY, context, "line", EHLO_TLS, "line", BYE)
    assert exchange.failure is None
    assert exchange.tls.version == "TLSv1"


async def test_a_whole_session():
    script = Smtp(GREETING, "line", EHLO, "line", READY, TLS, "line", EHLO_TLS, "line", BYE)
    exchange = await session(script, sni="mx.b.example")
    assert exchange.failure is None
    assert script.heard == [
        b"EHLO probe.example\r\n",
        b"STARTTLS\r\n",
        b"EHLO probe.example\r\n",
        b"QUIT\r\n",
    ]
    assert script.sni == ["mx.b.example"]
    assert exchange.tls.version == "TLSv1.3"
    assert exchange.tls.bits == 256 or exchange.tls.bits == 128
    assert len(exchange.tls.chain) >= 1
    assert ssl.DER_cert_to_PEM_cert(exchange.tls.chain[0]).startswith("-----BEGIN")
    talk = dialogue(exchange)
    assert (talk.greeting.code, talk.ehlo.code, talk.starttls.code, talk.ehlo_tls.code, talk.quit.code) == (
        220,
        250,
        220,
        250,
        221,
    )
    assert talk.ehlo_tls.lines == (b"mx.b.example", b"REQUIRETLS")
    received = b"".join(chunk.data for chunk in exchange.transcript if not chunk.sent)
    assert received == GREETING + EHLO + READY + EHLO_TLS + BYE
    assert [chunk.tls for chunk in exchange.transcript] == sorted(chunk.tls for chunk in exchange.transcript)
    times = [chunk.at_ms for chunk in exchange.transcript]
    assert times == sorted(times)
    assert 0 < times[0] <= exchange.elapsed_ms
    assert exchange.injected == b""


async def test_without_sni_none_is_sent():
    script = Smtp(GREETING, "line", EHLO, "line", READY, TLS, "line", EHLO_TLS, "line", BYE)
    exchange = await session(script)
    assert exchange.failure is None
    assert script.sni == [None]


async def test_injected_bytes_are_seen_and_kept_out_of_tls():
    injected = b"250-mx.b.example\r\n250 AUTH PLAIN\r\n"
    script = Smtp(GREETING, "line", EHLO, "line", READY + injected, TLS, "line", EHLO_TLS, "line", BYE)
    exchange = await session(script)
    assert exchange.failure is None
    assert exchange.injected == injected
    assert dialogue(exchange).ehlo_tls.lines == (b"mx.b.example", b"REQUIRETLS")


async def test_reply_to_starttls_in_pieces():
    script = Smtp(
        GREETING,
        "line",
        EHLO,
        "line",
        b"220-go",
        0.02,
        b" on\r\n220 ahead\r\n",
        TLS,
        "line",
        EHLO_TLS,
        "line",
        BYE,
    )
    exchange = await session(script)
    assert exchange.failure is None
    assert dialogue(exchange).starttls.lines == (b"go on", b"ahead")


@pytest.mark.parametrize(
    ("steps", "failure", "stage"),
    [
        (["hang"], Failure.TIMEOUT, Stage.GREETING),
        ([b"220 mx", "hang"], Failure.TIMEOUT, Stage.GREETING),
        ([b"HTTP/1.1 400 Bad Request\r\n", "hang"], Failure.PROTOCOL, Stage.GREETING),
        ([b"\x16\x03\x01\x00", "hang"], Failure.PROTOCOL, Stage.GREETING),
        ([b"22000 mx\r\n", "hang"], Failure.PROTOCOL, Stage.GREETING),
        ([b"220-mx\r\nhm\r\n", "hang"], Failure.PROTOCOL, Stage.GREETING),
        ([b"220-mx\r\n554 mx\r\n", "line", "hang"], Failure.TIMEOUT, Stage.EHLO),
        ([b"220-x\r\n" * 200, "hang"], Failure.TIMEOUT, Stage.GREETING),
        (["reset"], Failure.RESET, Stage.GREETING),
        ([GREETING, "line", "hang"], Failure.TIMEOUT, Stage.EHLO),
        ([GREETING, "line", "reset"], Failure.RESET, Stage.EHLO),
        ([GREETING, "line", EHLO, "line", "hang"], Failure.TIMEOUT, Stage.STARTTLS),
        ([GREETING, "line", EHLO, "line", READY, "hang"], Failure.TIMEOUT, Stage.HANDSHAKE),
        ([GREETING, "line", EHLO, "line", READY, "reset"], Failure.RESET, Stage.HANDSHAKE),
        ([GREETING, "line", EHLO, "line", READY, 0.02, b"junk" * 10, "hang"], Failure.TLS, Stage.HANDSHAKE),
        ([GREETING, "line", EHLO, "line", READY, TLS, "line", "hang"], Failure.TIMEOUT, Stage.EHLO_TLS),
        (
            [GREETING, "line", EHLO, "line", READY, TLS, "line", b"nonsense\r\n"],
            Failure.PROTOCOL,
            Stage.EHLO_TLS,
        ),
    ],
)
async def test_a_failure_says_what_and_where(steps, failure, stage):
    waits = HASTY if failure is Failure.TIMEOUT else {}
    exchange = await session(*steps, **waits)
    assert (exchange.failure, exchange.failed_at) == (failure, stage)
    assert exchange.detail.endswith(".")
    assert (exchange.tls is not None) == (stage is Stage.EHLO_TLS)


async def closes(*before):
    """A server that says `before`, then closes in good order."""
    script = Smtp(*before)

    async def handler(reader, writer):
        for step in script.steps:
            if step == "line":
                await reader.readline()
            else:
                writer.write(step)
                await writer.drain()

    async with serving(handler) as port:
        return await LiveSmtp(settings(port), "probe.example").converse(SmtpRequest(address=PUBLISHED))


async def test_closed_in_good_order():
    exchange = await closes()
    assert (exchange.failure, exchange.failed_at) == (Failure.CLOSED, Stage.GREETING)
    exchange = await closes(GREETING, "line")
    assert (exchange.failure, exchange.failed_at) == (Failure.CLOSED, Stage.EHLO)


async def test_closed_behind_the_reply_to_starttls():
    exchange = await closes(GREETING, "line", EHLO, "line", READY)
    assert exchange.failed_at is Stage.HANDSHAKE
    assert exchange.failure in (Failure.CLOSED, Failure.RESET)
    assert exchange.tls is None


async def test_nobody_listens():
    async with serving(Smtp()) as port:
        pass
    exchange = await LiveSmtp(settings(port), "probe.example").converse(SmtpRequest(address=PUBLISHED))
    assert (exchange.failure, exchange.failed_at) == (Failure.REFUSED, Stage.CONNECT)
    assert exchange.transcript == ()


async def test_a_greeting_that_dribbles_is_waited_for_once():
    exchange = await session(*[b"2", 0.1] * 20, **HASTY)
    assert (exchange.failure, exchange.failed_at) == (Failure.TIMEOUT, Stage.GREETING)
    assert exchange.elapsed_ms < 1000
    exchange = await session(*[b"x", 0.1] * 20, **HASTY)
    assert (exchange.failure, exchange.failed_at) == (Failure.PROTOCOL, Stage.GREETING)
    assert exchange.elapsed_ms < 1000


async def test_we_never_talk_before_the_greeting():
    script = Smtp(0.1, GREETING, "line", b"250 mx\r\n", "line", BYE)
    exchange = await session(script)
    assert exchange.failure is None
    assert not exchange.transcript[0].sent


@pytest.mark.parametrize("greeting", [b"554 no\r\n", b"421 busy\r\n", b"220-a\r\n220-b\r\n220 c\r\n"])
async def test_greetings(greeting):
    script = Smtp(greeting, "line", BYE)
    exchange = await session(script)
    talk = dialogue(exchange)
    if greeting.startswith(b"220"):
        assert talk.greeting.lines == (b"a", b"b", b"c")
        assert script.heard[0] == b"EHLO probe.example\r\n"
    else:
        assert exchange.failure is None
        assert talk.greeting.code == int(greeting[:3])
        assert script.heard == [b"QUIT\r\n"]


async def test_ehlo_refused_then_helo():
    script = Smtp(GREETING, "line", b"502 what\r\n", "line", b"250 mx\r\n", "line", BYE)
    exchange = await session(script)
    assert script.heard == [b"EHLO probe.example\r\n", b"HELO probe.example\r\n", b"QUIT\r\n"]
    assert exchange.failure is None
    assert (dialogue(exchange).ehlo.code, dialogue(exchange).helo.code) == (502, 250)


async def test_421_to_ehlo_is_followed_by_helo_as_some_senders_do():
    script = Smtp(GREETING, "line", b"421 later\r\n", "line", b"250 mx\r\n", "line", BYE)
    exchange = await session(script)
    assert script.heard == [b"EHLO probe.example\r\n", b"HELO probe.example\r\n", b"QUIT\r\n"]
    assert (dialogue(exchange).ehlo.code, dialogue(exchange).helo.code) == (421, 250)


async def test_421_to_ehlo_and_closed_keeps_the_421():
    exchange = await closes(GREETING, "line", b"421 later\r\n")
    assert (exchange.failed_at, dialogue(exchange).ehlo.code) == (Stage.EHLO, 421)
    assert exchange.failure in (Failure.CLOSED, Failure.RESET)


async def test_starttls_not_offered_is_not_tried():
    script = Smtp(GREETING, "line", b"250-mx\r\n250 XXXXXXXA\r\n", "line", BYE)
    exchange = await session(script)
    assert script.heard == [b"EHLO probe.example\r\n", b"QUIT\r\n"]
    assert exchange.tls is None
    assert exchange.failure is None


@pytest.mark.parametrize("code", [250, 221])
async def test_any_positive_reply_is_a_greeting_and_starts_tls(code):
    ready = b"%d go ahead\r\n" % code
    script = Smtp(ready, "line", EHLO, "line", ready, TLS, "line", EHLO_TLS, "line", BYE)
    exchange = await session(script)
    assert (exchange.failure, exchange.tls is None) == (None, False)
    assert dialogue(exchange).starttls.code == code


@pytest.mark.parametrize("code", [354, 454, 502])
async def test_starttls_refused_ends_with_quit(code):
    script = Smtp(
        GREETING, "line", EHLO, "line", b"%d not now\r\n" % code, "line", b"250 ok\r\n", "line", BYE
    )
    exchange = await session(script)
    assert exchange.failure is None
    assert dialogue(exchange).starttls.code == code
    assert dialogue(exchange).quit.code == 221
    assert script.heard[-2:] == [b"NOOP\r\n", b"QUIT\r\n"]


async def test_starttls_refused_and_closed_leaves_nobody_to_mail_to():
    exchange = await closes(GREETING, "line", EHLO, "line", b"421 not now\r\n")
    assert (exchange.failed_at, dialogue(exchange).starttls.code) == (Stage.ENVELOPE, 421)
    assert exchange.failure in (Failure.CLOSED, Failure.RESET)


async def test_a_server_silent_to_quit_fails_nothing():
    exchange = await session(GREETING, "line", b"250 mx\r\n", "line", "hang", **HASTY)
    assert exchange.failure is None


async def test_endless_talk_is_cut():
    exchange = await session(GREETING, "line", b"250 mx\r\n" + b"x" * 2 * MAX_DIALOGUE, "hang")
    received = sum(len(chunk.data) for chunk in exchange.transcript if not chunk.sent)
    assert received == MAX_DIALOGUE
    assert exchange.failure is Failure.TOO_LARGE


async def test_too_much_in_one_reply():
    line = b"250-" + b"x" * 1500 + b"\r\n"
    exchange = await session(GREETING, "line", line * 60, "hang")
    assert (exchange.failure, exchange.failed_at) == (Failure.TOO_LARGE, Stage.EHLO)


async def test_alert_is_named():
    refusing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # no certificate: no suite can be chosen
    exchange = await tls_session(refusing)
    assert (exchange.failure, exchange.failed_at) == (Failure.TLS_ALERT, Stage.HANDSHAKE)
    assert exchange.detail == 'The server sent the TLS alert "handshake failure".'


async def test_client_certificate_demanded_in_tls_13():
    context = server_context(CA)
    context.verify_mode = ssl.CERT_REQUIRED
    CA.configure_trust(context)
    exchange = await tls_session(context)
    assert exchange.tls.version == "TLSv1.3"
    assert (exchange.failure, exchange.failed_at) == (Failure.TLS_ALERT, Stage.EHLO_TLS)
    assert "certificate required" in exchange.detail


async def test_anonymous_suite():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
    exchange = await tls_session(context)
    assert exchange.failure is None
    assert exchange.tls.cipher.startswith("AECDH")
    assert exchange.tls.chain == ()
    exchange = await tls_session(context, {"profile": TlsProfile.AUTHENTICATED})
    assert (exchange.failure, exchange.failed_at) == (Failure.TLS_ALERT, Stage.HANDSHAKE)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [("CAMELLIA256-SHA:AES256-SHA", "AES256-SHA"), ("AES128-SHA256:AES128-CCM8", None)],
)
async def test_without_the_suites_that_gnutls_leaves_out(offered, chosen):
    context = server_context(CA)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{offered}:@SECLEVEL=0")
    CA.issue_cert("mx.b.example", key_type=trustme.KeyType.RSA).configure_cert(context)
    exchange = await tls_session(context)
    assert exchange.tls.cipher == offered.partition(":")[0]
    assert not usage.gnutls_offers(exchange.tls.cipher)
    exchange = await tls_session(context, {"profile": TlsProfile.GNUTLS})
    assert (exchange.tls.cipher if exchange.tls else None) == chosen


#: The group of RFC 2409 section 6.2, which has 1024 bits, in PKCS #3.
SMALL_GROUP = """-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""


async def test_a_group_that_is_too_small_for_security_level_2(tmp_path):
    (tmp_path / "group.pem").write_text(SMALL_GROUP)
    context = server_context(CA)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")
    context.load_dh_params(tmp_path / "group.pem")
    CA.issue_cert("mx.b.example", key_type=trustme.KeyType.RSA).configure_cert(context)
    assert usage.finite_field((await tls_session(context)).tls.cipher)
    for profile in (TlsProfile.OPENSSL_2, TlsProfile.GO):
        exchange = await tls_session(context, {"profile": profile})
        assert (exchange.tls, exchange.failed_at) == (None, Stage.HANDSHAKE)


async def test_envelope_is_taken_back():
    envelope = Envelope(mail_from="", rcpt_to="user@b.example")
    script = Smtp(GREETING, "line", b"250 mx\r\n", *["line", b"250 ok\r\n"] * 3, "line", BYE)
    exchange = await session(script, request={"envelope": envelope})
    assert script.heard[1:] == [
        b"MAIL FROM:<>\r\n",
        b"RCPT TO:<user@b.example>\r\n",
        b"RSET\r\n",
        b"QUIT\r\n",
    ]
    assert dialogue(exchange).rcpt_to.code == 250
    script = Smtp(GREETING, "line", b"250 mx\r\n", "line", b"550 no\r\n", "line", BYE)
    exchange = await session(script, request={"envelope": envelope})
    assert script.heard[1:] == [b"MAIL FROM:<>\r\n", b"QUIT\r\n"]
    assert dialogue(exchange).mail_from.code == 550
    assert dialogue(exchange).rcpt_to is None


async def test_an_address_beyond_ascii_goes_only_where_smtputf8_is_offered():
    envelope = Envelope(mail_from="", rcpt_to="jürgen@b.example")
    script = Smtp(GREETING, "line", b"250-mx\r\n250 SMTPUTF8X\r\n", "line", BYE)
    exchange = await session(script, request={"envelope": envelope})
    assert script.heard[1:] == [b"QUIT\r\n"]
    assert (exchange.failure, dialogue(exchange).mail_from) == (None, None)
    offering = b"250-mx\r\n250 smtputf8\r\n"
    script = Smtp(GREETING, "line", offering, *["line", b"250 ok\r\n"] * 3, "line", BYE)
    await session(script, request={"envelope": envelope})
    assert script.heard[1] == b"MAIL FROM:<> SMTPUTF8\r\n"
    # What counts is what is offered inside TLS.
    before = b"250-mx\r\n250-SMTPUTF8\r\n250 STARTTLS\r\n"
    script = Smtp(GREETING, "line", before, "line", READY, TLS, "line", EHLO_TLS, "line", BYE)
    await session(script, request={"envelope": envelope})
    assert script.heard[-1] == b"QUIT\r\n"
    assert not [line for line in script.heard if line.startswith(b"MAIL")]


@pytest.mark.parametrize(
    "mailbox", ["a@b>\r\nDATA", "a b@b.example", "@b.example", "a@B.example", "\udcff@b"]
)
async def test_envelope_cannot_smuggle_commands(mailbox):
    with pytest.raises(ValueError, match="not a mailbox"):
        await LiveSmtp(settings(1), "probe.example").converse(
            SmtpRequest(address=PUBLISHED, envelope=Envelope(mail_from="", rcpt_to=mailbox))
        )


async def test_name_that_cannot_be_sni():
    script = Smtp(GREETING, "line", EHLO, "line", READY, "hang")
    exchange = await session(script, sni="a" * 64 + ".example")
    assert (exchange.failure, exchange.failed_at) == (Failure.TLS, Stage.HANDSHAKE)


@pytest.mark.parametrize("cut", [0.0, 0.05, 0.1])
@pytest.mark.parametrize(
    "steps",
    [
        ["hang"],
        [GREETING, "line", EHLO, "line", READY, "hang"],
        [GREETING, "line", EHLO, "line", READY, TLS, "hang"],
    ],
)
async def test_cancellation_leaves_no_socket(steps, cut):
    gone = asyncio.Event()

    async def handler(reader, writer):
        try:
            await Smtp(*steps)(reader, writer)
        finally:
            gone.set()

    async with serving(handler) as port:
        smtp = LiveSmtp(settings(port, timeout=5, greeting_timeout=5), "probe.example")
        task = asyncio.create_task(smtp.converse(SmtpRequest(address=PUBLISHED)))
        await asyncio.sleep(cut)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) <= 3


async def test_sessions_per_address_are_bounded():
    now, most = 0, 0

    async def handler(reader, writer):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        await Smtp(b"554 no\r\n", "line", BYE)(reader, writer)

    async with serving(handler) as port:
        smtp = LiveSmtp(settings(port), "probe.example")
        await asyncio.gather(
            *(smtp.converse(SmtpRequest(address=PUBLISHED, sni=f"mx{n}.example")) for n in range(6))
        )
    assert most == MAX_SESSIONS_PER_ADDRESS


async def test_one_more_beside_two_sends_quit_and_does_not_wait_for_the_reply():
    """The servers answer QUIT only once one session is over."""
    over, heard = asyncio.Event(), []

    async def handler(reader, writer):
        writer.write(b"554 no\r\n")
        heard.append(await reader.readline())
        await over.wait()
        writer.write(BYE)
        writer.close()

    async with serving(handler) as port:
        smtp = LiveSmtp(settings(port), "probe.example")
        held = [
            asyncio.create_task(smtp.converse(SmtpRequest(address=PUBLISHED, sni=f"mx{n}.example")))
            for n in range(3)
        ]
        done, _ = await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
        over.set()
        assert done == {held[2]}
        exchanges = await asyncio.gather(*held)
    assert heard == 3 * [b"QUIT\r\n"]
    assert [each.failure for each in exchanges] == 3 * [None]


def test_own_name_is_fit_for_ehlo():
    assert Settings().merged(ehlo=own_name()).ehlo == own_name()


def test_contexts_offer_no_ssl_3():
    for profile in TlsProfile:
        assert smtp_context(profile).options & ssl.OP_NO_SSLv3
