"""What a redacted capture no longer tells, and what it still does."""

from __future__ import annotations

import dns.edns
import dns.message
import dns.rrset
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.exchanges import (
    Chunk,
    DnsExchange,
    Envelope,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    SmtpExchange,
    SmtpRequest,
)
from mailpath.facts import Path
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.capture import Capture
from mailpath.network.protocol import NetworkContext
from mailpath.network.redaction import redacted, without_options
from mailpath.network.replies import dialogue, ehlo_keywords

EHLO = "probe7.corp.internal"
PRIVATE = (
    EHLO,
    "198.51.100.77",
    "2001:db8:77::9",
    "host-77.isp.example",
    "10.9.8.7",
    "dns.corp.internal",
    "ann.smith",
    "bob-of-sales",
    "ns-secret-7",
)
GROUND = NetworkContext(
    kind="live", resolver="tls://10.9.8.7:853#dns.corp.internal", trust_anchor="", roots=(), made=1, ehlo=EHLO
)
REQUEST = SmtpRequest(
    address="192.0.2.10",
    sni="mx1.b.example",
    envelope=Envelope(mail_from="ann.smith@a.example", rcpt_to="bob-of-sales@b.example"),
)
DIALOGUE = (
    (False, b"220 mx1.b.example ESMTP [192.0.2.10] knows host-77.isp.example [198.51.100.77]\r\n"),
    (True, b"EHLO probe7.corp.internal\r\n"),
    (False, b"250-mx1.b.example Hello host-77.isp.exa"),
    (False, b"mple [198.51.100.77], pleased to meet you\r\n250-SIZE 1000000\r\n250-START"),
    (False, b"TLS\r\n250 8BITMIME\r\n"),
    (True, b"MAIL FROM:<ann.smith@a.example>\r\n"),
    (False, b"250 2.1.0 <ann.smith@a.example> sender ok\r\n"),
    (True, b"RCPT TO:<bob-of-sales@b.example>\r\n"),
    (
        False,
        b"550-5.7.1 Host-77.isp.example is not known\r\n"
        b"550-5.7.1 Bob-of-Sales does not hear Probe7.corp.internal\r\n"
        b"550-host-77.isp.example [198.51.100.77]\r\n"
        b"550 5.7.1 host-77.isp.example([IPv6:2001:db8:77::9]): see https://b.example/\r\n",
    ),
)


def opt_response() -> bytes:
    message = dns.message.make_query("b.example", "MX", use_edns=0, payload=1232)
    message.flags |= dns.flags.QR
    message.use_edns(
        0,
        payload=1232,
        options=[
            dns.edns.NSIDOption(b"ns-secret-7"),
            dns.edns.EDEOption(dns.edns.EDECode.NETWORK_ERROR, "10.9.8.7 timed out"),
        ],
    )
    return message.to_wire()


def capture(dialogue: tuple[tuple[bool, bytes], ...] = DIALOGUE) -> Capture:
    transcript = tuple(
        Chunk(sent=sent, data=data, at_ms=float(at)) for at, (sent, data) in enumerate(dialogue)
    )
    return Capture(
        path=Path(recipient="b.example", sender="a.example"),
        ground=GROUND,
        dns=(
            DnsExchange(question=Question(name="b.example", rdtype="MX"), response=opt_response()),
            DnsExchange(
                question=Question(name="mx1.b.example", rdtype="A"),
                failure=Failure.TIMEOUT,
                detail="10.9.8.7 port 853 did not answer 198.51.100.77",
            ),
        ),
        https=(
            HttpsExchange(
                request=HttpsRequest(url="https://mta-sts.b.example/x", address="192.0.2.80"),
                status=403,
                headers=((b"Content-Type", b"text/plain"), (b"X-Client", b"198.51.100.77")),
                body=b"mx: *.b.example\r\nNo entry for 198.51.100.77, says 192.0.2.80\r\n",
            ),
        ),
        smtp=(
            SmtpExchange(request=REQUEST, transcript=transcript, injected=b"250 probe7.corp.internal\r\n"),
        ),
    )


def everything(held: Capture) -> str:
    """All that the capture holds, each stream of bytes put together, as one lower-case text."""
    parts = [msgspec.json.encode(held), repr(held).encode()]
    for exchange in held.smtp:
        for sent in (False, True):
            parts.append(b"".join(chunk.data for chunk in exchange.transcript if chunk.sent is sent))
    parts += [exchange.response or b"" for exchange in held.dns]
    return b"\n".join(parts).decode("latin-1").lower()


def test_nothing_private_survives() -> None:
    before, after = everything(capture()), everything(redacted(capture()))
    for word in PRIVATE:
        assert word in before
        assert word not in after


def test_what_is_public_and_what_counts_stays() -> None:
    before, after = capture(), redacted(capture())
    assert after.path == before.path
    (held,) = after.smtp
    assert held.request.envelope == Envelope(mail_from="redacted@a.example", rcpt_to="redacted@b.example")
    text = b"".join(chunk.data for chunk in held.transcript if not chunk.sent).decode()
    assert text.startswith("220 mx1.b.example ESMTP [192.0.2.10] knows redacted [redacted]\r\n")
    assert "250-mx1.b.example [redacted]\r\n250-SIZE 1000000\r\n" in text
    was, now = dialogue(before.smtp[0]), dialogue(held)
    assert ehlo_keywords(now.ehlo) == ehlo_keywords(was.ehlo) == ("SIZE 1000000", "STARTTLS", "8BITMIME")
    assert (now.rcpt_to.code, len(now.rcpt_to.lines)) == (550, len(was.rcpt_to.lines))
    for field in ("greeting", "ehlo", "mail_from", "rcpt_to"):
        assert getattr(now, field).code == getattr(was, field).code
    assert after.https[0].headers == ((b"Content-Type", b"text/plain"),)
    assert after.https[0].body == b"mx: *.b.example\r\nNo entry for redacted, says 192.0.2.80\r\n"


def test_redacting_twice_changes_nothing_more() -> None:
    once = redacted(capture())
    assert redacted(once) == once


def test_an_ehlo_greeting_of_one_word_is_kept() -> None:
    said = ((False, b"220 mx ESMTP\r\n"), (True, b"EHLO x\r\n"), (False, b"250 mx\r\n"))
    made = redacted(capture(said)).smtp[0].transcript
    assert [chunk.data for chunk in made] == [b"220 mx ESMTP\r\n", b"EHLO x\r\n", b"250 mx\r\n"]


def test_edns_options_keep_their_size_and_the_error_its_number() -> None:
    wire = opt_response()
    made = without_options(wire)
    assert len(made) == len(wire)
    options = dns.message.from_wire(made).options
    assert [option.otype for option in options] == [12, 15]
    assert options[1].code == dns.edns.EDECode.NETWORK_ERROR


@given(st.binary(max_size=200))
def test_any_message_is_survived(noise: bytes) -> None:
    for message in (noise, opt_response()[:30] + noise):
        assert len(without_options(message)) == len(message)


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=60)), max_size=8))
def test_any_dialogue_is_survived(said: list[tuple[bool, bytes]]) -> None:
    made = redacted(capture(tuple(said)))
    assert "probe7.corp.internal" not in everything(made)


WORDS = st.sampled_from(
    [
        b"250",
        b"550",
        b"-",
        b" ",
        b"\r\n",
        b"\n",
        b"mx.b.example",
        b"[198.51.100.77]",
        b"198.51.100.77",
        b"EHLO probe7.corp.internal\r\n",
        b"STARTTLS",
        b"host-77.isp.example",
        b"5.7.1",
        b"ann.smith@a.example",
        b"MAIL FROM:<ann.smith@a.example>\r\n",
        b"2001:db8:77::9",
        b"probe7.corp.internal",
        b"\xff",
        b":",
    ]
)


@settings(max_examples=150)
@given(st.lists(st.tuples(st.booleans(), st.lists(WORDS, max_size=6).map(b"".join)), max_size=8))
def test_what_a_server_answered_stays(said: list[tuple[bool, bytes]]) -> None:
    """Whatever was taken out: the same replies with the same codes, the same extensions."""
    before = capture(tuple(said)).smtp[0]
    after = redacted(capture(tuple(said))).smtp[0]
    was, now = dialogue(before), dialogue(after)
    for field in ("greeting", "ehlo", "helo", "starttls", "mail_from", "rcpt_to", "quit"):
        one, other = getattr(was, field), getattr(now, field)
        assert (one is None) == (other is None)
        if one is not None:
            assert (one.code, len(one.lines)) == (other.code, len(other.lines))
    keywords = [[word for word in ehlo_keywords(each.ehlo) if word == "STARTTLS"] for each in (was, now)]
    assert keywords[0] == keywords[1]


@pytest.mark.parametrize(
    ("resolver", "word"),
    [
        ("10.9.8.7:53", "10.9.8.7"),
        ("[2001:db8::53]:53", "2001:db8::53"),
        ("https://dns.corp.internal:8443/dns-query", "dns.corp.internal"),
        ("tls://10.9.8.7#dns.corp.internal", "dns.corp.internal"),
    ],
)
def test_resolvers_of_every_form(resolver: str, word: str) -> None:
    held = capture()
    detail = f"no answer from {word}, port 1"
    question = held.dns[1]
    told = msgspec.structs.replace(
        held,
        ground=msgspec.structs.replace(held.ground, resolver=resolver),
        dns=(held.dns[0], msgspec.structs.replace(question, detail=detail)),
    )
    assert word not in everything(redacted(told))


def test_only_negative_anchors_that_bear_on_the_path_are_kept() -> None:
    zones = ("b.example", "mx1.b.example", "corp.internal", "ab.example", "example", ".")
    asked = DnsExchange(question=Question(name="mx1.b.example", rdtype="A"), failure=Failure.TIMEOUT)
    ground = msgspec.structs.replace(GROUND, insecure_zones=zones)
    kept = redacted(Capture(path=Path(recipient="b.example"), ground=ground, dns=(asked,))).ground
    assert kept.insecure_zones == ("b.example", "mx1.b.example", "example", ".")


def test_trust_anchors_lose_their_comments_and_what_does_not_bear_on_the_path() -> None:
    digest = "00" * 32
    anchors = f"; from ann's folder\n. DS 1 8 2 {digest}\ncorp.internal. DS 2 8 2 {digest} ; ours\n"
    asked = DnsExchange(question=Question(name="mx1.b.example", rdtype="A"), failure=Failure.TIMEOUT)

    def kept(text: str) -> str:
        ground = msgspec.structs.replace(GROUND, trust_anchor=text)
        made = redacted(Capture(path=Path(recipient="b.example"), ground=ground, dns=(asked,)))
        assert redacted(made) == made
        return made.ground.trust_anchor

    assert kept(anchors) == f". IN DS 1 8 2 {digest}\n"
    assert kept(f"example. DS 1 8 2 {digest}") == f"example. IN DS 1 8 2 {digest}\n"
    # Without any, a walk has nothing to begin with.
    assert kept(f"corp.internal. DS 2 8 2 {digest}") == f"redacted.invalid. IN DS 2 8 2 {digest}\n"
    assert kept(ROOT_ANCHORS) == ROOT_ANCHORS
    assert kept("no zone-file text of ann's") == ""


def test_only_dialled_addresses_of_the_path_are_kept() -> None:
    query = dns.message.make_query("mx1.b.example", "A")
    answer = dns.message.make_response(query)
    answer.answer.append(dns.rrset.from_text("mx1.b.example.", 60, "IN", "A", "192.0.2.20"))
    dialled = ("192.0.2.10:25", "192.0.2.20:25", "192.0.2.30:25", "[2001:db8::10]:25", "junk")
    held = Capture(
        path=Path(recipient="b.example"),
        ground=msgspec.structs.replace(GROUND, dialled=dialled),
        dns=(DnsExchange(question=Question(name="mx1.b.example", rdtype="A"), response=answer.to_wire()),),
        smtp=(SmtpExchange(request=SmtpRequest(address="192.0.2.10")),),
    )
    assert redacted(held).ground.dialled == ("192.0.2.10:25", "192.0.2.20:25")
