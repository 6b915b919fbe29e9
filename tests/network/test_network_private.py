"""Nothing that tells who and where we are survives, however a server spells it."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.exchanges import Chunk, DnsExchange, Envelope, Question, SmtpExchange, SmtpRequest
from mailpath.facts import Path
from mailpath.judge.presets import PRESETS
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.capture import Capture
from mailpath.network.private import Private
from mailpath.network.protocol import NetworkContext
from mailpath.network.redaction import redacted
from mailpath.network.replay import Replay
from mailpath.report import html, json, markdown, text
from mailpath.report.result import build
from mailpath.walk import walk

V4, V6 = "198.18.7.77", "2001:db8:77::9"
EHLO = "secretbox.corp-internal.example"
LOCAL = "alice.private"
_OCTETS = V4.split(".")
_NUMBER = int(ipaddress.IPv4Address(V4))
_NIBBLES = ".".join(reversed(ipaddress.IPv6Address(V6).exploded.replace(":", "")))

#: Spelling -> what of it must not survive, lower case.
SPELLINGS = {
    V4: V4,
    f"[{V4}]": V4,
    f"{V4}:54321": V4,
    f"{V4}:": V4,
    f"({V4})": V4,
    f"[{V4}]:25": V4,
    f"::ffff:{V4}": V4,
    f"[IPv6:::ffff:{V4}]": V4,
    f"user={V4};": V4,
    f"host-{'-'.join(_OCTETS)}.dyn.isp.example": "-".join(_OCTETS),
    f"{'_'.join(_OCTETS)}.pool.isp.example": "pool.isp",
    f"{'-'.join(reversed(_OCTETS))}.cable.isp.example": "-".join(reversed(_OCTETS)),
    f"{'.'.join(reversed(_OCTETS))}.in-addr.arpa": ".".join(reversed(_OCTETS)),
    ".".join(octet.zfill(3) for octet in _OCTETS): "198.018",
    "".join(octet.zfill(3) for octet in _OCTETS): "198018007077",
    hex(_NUMBER): hex(_NUMBER)[2:],
    str(_NUMBER): str(_NUMBER),
    ".".join(hex(int(octet)) for octet in _OCTETS): "0xc6.0x12",
    V6: V6,
    f"{V6}: rejected": V6,
    f"[IPv6:{V6}]": V6,
    V6.upper(): V6,
    ipaddress.IPv6Address(V6).exploded: "2001:0db8",
    f"{V6.replace(':', '-')}.v6.isp.example": "2001-db8-77",
    f"{_NIBBLES}.ip6.arpa": _NIBBLES,
    "dsl4711.isp.example": "isp.example",
    EHLO: "secretbox",
    EHLO.upper(): "secretbox",
    "secretbox": "secretbox",
    "HELO=<secretbox>": "secretbox",
    "_secretbox.corp-internal.example": "secretbox",
    "corp-internal.example": "corp-internal",
    "other.corp-internal.example": "corp-internal",
    f"{LOCAL}@a.example": LOCAL,
    f"{LOCAL}%b.example": LOCAL,
    "alice%2Eprivate": "alice%2e",
    "alice_private": "alice_",
    "xalice.privatex": LOCAL,
    f"<{LOCAL}>": LOCAL,
    "bounce+alice=2Eprivate": "alice=2e",
    f'"{LOCAL}"@a.example': LOCAL,
    "alice": "alice",
    "root@dsl4711.isp.example": "isp.example",
    "IDENT:nobody@dsl4711.isp.example": "isp.example",
    "198.18.7.*": "198.18.7",
}
#: The same of an address that a server names as it is somewhere else.
KNOWN_SPELLINGS = {
    ".".join(_OCTETS[:3]): "198.18.7",
    f"net {'-'.join(_OCTETS[:3])}": "198-18-7",
    "[.]".join(_OCTETS): "198[.]18",
    f"?ip={'%2E'.join(_OCTETS)}": "198%2e18",
    "x".join(_OCTETS): "198x18",
    " ".join(_OCTETS): "198 18",
    "0306.022.07.0115": "0306",
    f"0{_NUMBER:o}": f"{_NUMBER:o}",
    f"{_NUMBER:X}": f"{_NUMBER:x}",
    f"ip{_NUMBER:x}": f"{_NUMBER:x}",
    f"x{_NUMBER}x": str(_NUMBER),
    "host198018007077": "198018007077",
    ipaddress.IPv6Address(V6).exploded.replace(":", ""): "20010db80077",
    ipaddress.IPv6Address(V6).exploded.replace(":", "_"): "0db8_0077",
    V6.replace(":", "%3A"): "db8%3a77",
    "2001:db8:77/48": "2001:db8:77",
}
#: What servers say, as they say it; {} is the client as they know it.
SENTENCES = (
    "220 mx1.b.example ESMTP Postfix, welcome {}",
    "250 mx1.b.example Hello {}, pleased to meet you",
    "250-mx.b.example at your service, {}",
    "554 5.7.1 Service unavailable; Client host {} blocked using bl.b.example; https://bl.b.example/q",
    "550-5.7.25 {}  The IP address sending this message does not have a PTR record",
    "554 {}: listed",
    "450 4.7.1 Client host rejected: cannot find your reverse hostname, {}",
    "550 5.1.1 {}: Recipient address rejected: User unknown in local recipient table",
    "421 4.7.0 {} Error: too many connections from {}",
    "550 5.7.1 Unable to relay for {} (S3150)",
    "501 5.1.7 Bad sender address syntax {}",
    "553 sorry, {} is not in my list of allowed rcpthosts (#5.7.1)",
    "451 4.7.650 The mail server {} has been temporarily rate limited",
    "571 {}",
    "220 {} ESMTP",
)
GROUND = NetworkContext(
    kind="live", resolver="192.0.2.53", trust_anchor=ROOT_ANCHORS, roots=(), made=1_790_000_000, ehlo=EHLO
)
REQUEST = SmtpRequest(
    address="192.0.2.10",
    sni="mx1.b.example",
    envelope=Envelope(mail_from=f"{LOCAL}@a.example", rcpt_to="bob@b.example"),
)


def capture(lines: list[str]) -> Capture:
    said = (("220 mx1.b.example ESMTP", False), (f"EHLO {EHLO}", True), *((line, False) for line in lines))
    transcript = tuple(Chunk(sent=sent, data=f"{line}\r\n".encode()) for line, sent in said)
    return Capture(
        path=Path(recipient="b.example", sender="a.example"),
        ground=msgspec.structs.replace(GROUND, envelope=REQUEST.envelope),
        dns=tuple(
            DnsExchange(question=Question(name=name, rdtype="MX"), response=None)
            for name in ("b.example", "mx1.b.example", "a.example")
        ),
        smtp=(SmtpExchange(request=REQUEST, transcript=transcript),),
    )


def told(held: Capture) -> str:
    """All streams of the capture and all else in it, lower case."""
    parts = [msgspec.json.encode(held).decode(), repr(held)]
    parts += [b"".join(chunk.data for chunk in each.transcript).decode("latin-1") for each in held.smtp]
    return "\n".join(parts).lower()


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_survives_in_any_sentence(spelling: str) -> None:
    for sentence in SENTENCES:
        made = told(redacted(capture([sentence.format(spelling, spelling)])))
        assert SPELLINGS[spelling] not in made, sentence


@pytest.mark.parametrize("spelling", KNOWN_SPELLINGS)
def test_an_address_that_is_named_once_goes_in_every_spelling(spelling: str) -> None:
    greeting = [f"250-mx1.b.example Hello there [{V4}]", f"250 STARTTLS {V6}"]
    for sentence in SENTENCES:
        made = told(redacted(capture([*greeting, sentence.format(spelling, spelling)])))
        assert KNOWN_SPELLINGS[spelling] not in made, sentence


def test_a_neighbour_of_ours_stays_whole() -> None:
    """Who asks about the own domain sits in one network with its mail host."""
    near = ("198.18.7.10", "2001:db8:77::25")
    held = capture([f"250 mx1.b.example Hello [{V4}] [{V6}]", f"421 {near[0]} and {near[1]} are busy"])
    also = tuple(SmtpExchange(request=SmtpRequest(address=each)) for each in near)
    made = told(redacted(msgspec.structs.replace(held, smtp=(*held.smtp, *also))))
    assert f"421 {near[0]} and {near[1]} are busy" in made


@pytest.mark.parametrize(
    ("local", "line"),
    [
        ("alice+news", "550 alice: unknown"),
        ("al+x", "550 no mailbox al here"),
        ("al.smith", "550 Mr. Smith?"),
    ],
)
def test_a_mailbox_by_another_of_its_names(local: str, line: str) -> None:
    held = capture([line])
    asked = Envelope(mail_from="", rcpt_to=f"{local}@b.example")
    made = redacted(
        msgspec.structs.replace(held, ground=msgspec.structs.replace(held.ground, envelope=asked))
    )
    last = made.smtp[0].transcript[-1].data.decode()
    assert "redacted" in last
    assert not {"alice", "al", "smith"} & set(re.findall(r"\w+", last.lower()))


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(SENTENCES), st.sampled_from(sorted(SPELLINGS))), min_size=1, max_size=8
    ),
    st.sampled_from([str.upper, str.lower, str.title, str]),
    st.integers(1, 40),
)
def test_nothing_survives_together(
    said: list[tuple[str, str]], case: Callable[[str], str], size: int
) -> None:
    """In whatever case, and in whatever packets the lines came."""
    lines = [sentence.format(case(spelling), spelling) for sentence, spelling in said]
    whole = capture(lines)
    data = b"".join(chunk.data for chunk in whole.smtp[0].transcript if not chunk.sent)
    cut = tuple(Chunk(sent=False, data=data[at : at + size]) for at in range(0, len(data), size))
    held = msgspec.structs.replace(whole, smtp=(msgspec.structs.replace(whole.smtp[0], transcript=cut),))
    made = redacted(held)
    for _, spelling in said:
        assert SPELLINGS[spelling] not in told(made)
    assert redacted(made) == made


def test_nor_in_any_report() -> None:
    """One session says all of it; the walk of the redacted capture is told in every form."""
    lines = [
        sentence.format(spelling, spelling)
        for spelling, sentence in zip(SPELLINGS, SENTENCES * 4, strict=False)
    ]
    made = redacted(capture(lines))
    found = asyncio.run(walk(made.path, Replay(made), made.ground.made))
    result = build(
        found,
        [PRESETS["rfc"]],
        {},
        deciding=["rfc"],
        made=made.ground.made,
        took=0.0,
    )
    for render in (text.render, markdown.render, html.render, lambda it: json.render(it).decode()):
        report = render(result).lower()
        for spelling, private in SPELLINGS.items():
            assert private not in report, (render, spelling)


@pytest.mark.parametrize(
    "line",
    [
        "220 mx1.b.example ESMTP Postfix (Debian/GNU)",
        "220 mx.other.example ESMTP Exim 4.96 #2 Sat, 28 Nov 2026 12:34:56 +0000",
        "250-SIZE 104857600",
        "250-STARTTLS",
        "550 5.7.1 See https://support.other.example/mail?p=1 for more",
        "421 4.3.2 Service shutting down, try later: 192.0.2.10 is busy",
        "454 4.7.0 TLS not available due to local problem",
        "250-AUTH=LOGIN PLAIN",
        "250-XVERSION 4.96.2",
        "550 5.1.1 redacted@b.example: ask redacted@a.example",
    ],
)
def test_what_is_public_stays(line: str) -> None:
    held = capture(["250-mx1.b.example", line])
    if line.startswith("220"):
        transcript = (Chunk(sent=False, data=f"{line}\r\n".encode()),)
        held = msgspec.structs.replace(held, smtp=(SmtpExchange(request=REQUEST, transcript=transcript),))
    made = redacted(held)
    assert line in b"".join(chunk.data for chunk in made.smtp[0].transcript).decode()


def test_a_machine_called_like_a_keyword_changes_no_keyword() -> None:
    held = capture(["250-mx1.b.example", "250-STARTTLS", "250 SIZE 100"])
    named = msgspec.structs.replace(
        held, ground=msgspec.structs.replace(held.ground, ehlo="starttls.size.example")
    )
    said = b"".join(chunk.data for chunk in redacted(named).smtp[0].transcript)
    assert b"250-STARTTLS\r\n250 SIZE 100\r\n" in said


@given(st.text(max_size=200))
def test_any_text_is_survived(noise: str) -> None:
    private = Private(
        names=[EHLO], locals_=[LOCAL], others=["192.0.2.53"], public_addresses=[], public_names=["b.example"]
    )
    made = private.hide(f"{noise} {EHLO} {V4} {noise}")
    assert not re.search("(?i)secretbox|198.18.7.77", made)
