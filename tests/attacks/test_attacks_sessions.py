"""What the attacker does to sessions, and the certificates that its own server shows."""

from __future__ import annotations

import weakref

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailpath.attacks import attacker
from mailpath.attacks.attacker import AttackerCertificate as Shown
from mailpath.attacks.smtp import break_tls, refuse_starttls, strip_starttls
from mailpath.exchanges import Chunk, Envelope, Failure, SmtpExchange, SmtpRequest, Stage
from mailpath.match import certificate, names, pkix
from mailpath.network.replies import dialogue, ehlo_keywords
from mailpath.steps import sessions
from mailpath.steps.sessions import session_of

AT = 1_800_000_000
REQUEST = SmtpRequest(address="192.0.2.1", sni="mx1.b.example")


# --- certificates ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "trusted", "named"),
    [
        (Shown.SELF_SIGNED, False, True),
        (Shown.OWN, True, False),
        (Shown.MISISSUED, True, True),
    ],
)
def test_the_attackers_certificates_are_what_they_are_said_to_be(
    shown: Shown, trusted: bool, named: bool
) -> None:
    chain = attacker.chain(shown, ("mx1.b.example",), AT)
    result = pkix.verify(chain, (attacker.root(AT),), AT, floor=pkix.Floor.OPENSSL_2)
    assert result.trusted is trusted, result.error
    presented = names.certificate_names(chain[0])
    assert (names.any_match(("mx1.b.example",), presented, names.RFC_8461) is not None) is named
    assert certificate.describe(chain[0]).spki_sha256 == attacker.key_digest()
    assert not pkix.verify(chain, (), AT).trusted


def test_the_simulated_root_says_that_it_is_simulated() -> None:
    assert "SIMULATED" in certificate.describe(attacker.root(AT)).subject


@given(
    at=st.integers(min_value=0, max_value=253402300799),
    name=st.from_regex(r"[a-z]([a-z0-9-]{0,40}[a-z0-9])?(\.[a-z]{1,30}){1,5}", fullmatch=True),
    shown=st.sampled_from(Shown),
)
def test_a_certificate_can_be_made_for_any_time_and_name(at: int, name: str, shown: Shown) -> None:
    chain = attacker.chain(shown, (name,), at)
    if shown is Shown.MISISSUED and at < 253402300000:
        assert pkix.verify(chain, (attacker.root(at),), at).trusted


# --- SMTP ------------------------------------------------------------------------------------------


def test_a_session_with_the_attacker_reads_like_any_other() -> None:
    request = msgspec.structs.replace(
        REQUEST, envelope=Envelope(mail_from="a@a.example", rcpt_to="b@b.example")
    )
    chain = attacker.chain(Shown.OWN, (), AT)
    session = session_of(attacker.session(request, chain, "mx1.b.example", "mail.a.example"))
    assert session.offers_starttls
    assert session.requiretls
    assert session.tls is not None
    assert session.tls.chain == chain
    assert session.mail_from is not None
    assert session.rcpt_to is not None
    assert session.rcpt_to.code == 250


def test_a_session_is_read_once_and_forgotten_with_its_exchange() -> None:
    exchange = attacker.session(REQUEST, (b"a chain of its own",), "mx1.b.example", "mail.a.example")
    session = session_of(exchange)
    assert session_of(msgspec.structs.replace(exchange)) is session
    forgotten = weakref.ref(exchange)
    del exchange
    assert forgotten() is None
    assert session not in sessions._read.values()


def held(*, envelope: bool = False, cut: int = 0) -> SmtpExchange:
    """A good session; `cut`: TCP segments of so many octets, 0 for whole replies."""
    wanted = Envelope(mail_from="a@a.example", rcpt_to="b@b.example") if envelope else None
    request = msgspec.structs.replace(REQUEST, envelope=wanted)
    exchange = attacker.session(request, (b"chain",), "mx1.b.example", "mail.a.example")
    if not cut:
        return exchange
    transcript: list[Chunk] = []
    for chunk in exchange.transcript:
        pieces = [chunk.data[i : i + cut] for i in range(0, len(chunk.data), cut)]
        transcript += (
            [chunk] if chunk.sent else [msgspec.structs.replace(chunk, data=piece) for piece in pieces]
        )
    return msgspec.structs.replace(exchange, transcript=tuple(transcript))


@given(cut=st.integers(min_value=0, max_value=40), envelope=st.booleans())
def test_stripping_hides_the_word_however_the_stream_is_cut(cut: int, envelope: bool) -> None:
    exchange = strip_starttls(held(envelope=envelope, cut=cut))
    said = dialogue(exchange)
    assert exchange.tls is None
    assert exchange.failure is None
    assert said.starttls is None
    assert said.ehlo_tls is None
    assert "STARTTLS" not in ehlo_keywords(said.ehlo)
    assert "8BITMIME" in ehlo_keywords(said.ehlo)
    assert said.quit is not None
    assert (said.rcpt_to is not None) is envelope
    assert not any(chunk.tls for chunk in exchange.transcript)


@pytest.mark.parametrize("offer", [b"250-StartTLS", b"250 STARTTLS", b"250-STARTTLS now", b"250- STARTTLS"])
def test_stripping_knows_the_offer_in_every_form_that_senders_read(offer: bytes) -> None:
    reply = b"250-mx1.b.example\r\n" + offer + b"\r\n" + (b"" if offer[3:4] == b" " else b"250 SIZE\r\n")
    exchange = SmtpExchange(
        request=REQUEST,
        transcript=(
            Chunk(sent=False, data=b"220 mx1.b.example\r\n"),
            Chunk(sent=True, data=b"EHLO a.example\r\n"),
            Chunk(sent=False, data=reply),
            Chunk(sent=True, data=b"STARTTLS\r\n"),
            Chunk(sent=False, data=b"454 4.7.0 not now\r\n"),
        ),
    )
    assert session_of(exchange).offers_starttls
    assert not session_of(strip_starttls(exchange)).offers_starttls


def test_what_offers_no_tls_is_left_alone() -> None:
    plain = strip_starttls(held())
    assert strip_starttls(plain) is plain
    assert break_tls(plain) is plain
    dead = SmtpExchange(request=REQUEST, failure=Failure.REFUSED, failed_at=Stage.CONNECT)
    assert strip_starttls(dead) is dead
    assert break_tls(dead) is dead


@given(cut=st.integers(min_value=0, max_value=40), envelope=st.booleans())
def test_a_refusal_is_the_attackers_and_the_session_goes_on_in_the_clear(cut: int, envelope: bool) -> None:
    exchange = refuse_starttls(held(envelope=envelope, cut=cut))
    session = session_of(exchange)
    assert session.offers_starttls
    assert session.starttls is not None
    assert session.starttls.wire == (b"454 4.7.0 TLS not available due to temporary reason",)
    assert (session.tls, session.ehlo_tls, session.failure) == (None, None, None)
    assert (session.rcpt_to is not None) is envelope
    assert dialogue(exchange).quit is not None
    assert not any(chunk.tls for chunk in exchange.transcript)


def test_a_handshake_that_would_fail_is_never_begun_where_starttls_is_refused() -> None:
    exchange = refuse_starttls(break_tls(held()))
    assert (exchange.failure, exchange.failed_at, exchange.detail) == (None, None, "")
    assert session_of(exchange).starttls is not None


def test_where_nobody_says_starttls_there_is_nothing_to_refuse() -> None:
    plain = strip_starttls(held())
    dead = SmtpExchange(request=REQUEST, failure=Failure.REFUSED, failed_at=Stage.CONNECT)
    assert (refuse_starttls(plain), refuse_starttls(dead)) == (plain, dead)


def test_a_broken_handshake_keeps_what_was_said_before_it() -> None:
    exchange = break_tls(held())
    session = session_of(exchange)
    assert (exchange.failure, exchange.failed_at) == (Failure.RESET, Stage.HANDSHAKE)
    assert session.starttls is not None
    assert session.tls is None
    assert session.ehlo_tls is None
