"""A stranger's words in every place that shows them: panels, findings, the text report."""

from __future__ import annotations

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage, TlsSession
from mailpath.facts import (
    STEPS,
    AliasLink,
    DnssecFacts,
    Found,
    PolicyFetch,
    Reply,
    Security,
    SenderFacts,
    SignatureFact,
    StarttlsFacts,
    StsPolicy,
    TlsaFacts,
    Walk,
    ZoneFact,
)
from mailpath.judge.presets import PRESETS
from mailpath.report import html, markdown, nagios, text
from mailpath.report.panels import evidence, explained
from mailpath.report.result import build

EVIL = "\x1b]52;c;ZXZpbA==\x07\x1b[31m[b]b\u202eold[/b]\u200b\x9b2J\ud800\r\n\x00"
RAW = EVIL.encode("utf-8", "surrogatepass") + b"\xff\xfe"


def evil_walk() -> Walk:
    """Every foreign field of every step, hostile at once."""
    name = f"mx{EVIL}.b.example"
    link = AliasLink(owner=name, target=EVIL, security=Security.SECURE, reason=EVIL)
    answer = made.lookup(name, "A", EVIL, canonical=EVIL, links=(link,), reason=EVIL, security=Security.BOGUS)
    host = made.mx_host(name, v4=answer, special={made.ADDRESS: EVIL})
    signature = SignatureFact(
        owner=EVIL, rdtype="MX", signer=EVIL, tag=1, algorithm=13, inception=0, expiration=1, verdict=EVIL
    )
    leaf = made.certificate(EVIL.replace("\ud800", "").replace("\x00", ""), names=("x\x1b[1m.example",))
    reply = Reply(code=250, lines=(RAW, b"STARTTLS"), defect=EVIL)
    session = made.session(
        (leaf.der,),
        sni=name,
        greeting=Reply(code=220, lines=(RAW,)),
        ehlo=reply,
        starttls=Reply(code=220, lines=(RAW,)),
        ehlo_tls=reply,
        extensions=("STARTTLS",),
        injected=RAW,
        tls=TlsSession(version="TLSv1.2", cipher=EVIL, bits=128, chain=(leaf.der, RAW)),
        failure=Failure.CLOSED,
        failed_at=Stage.QUIT,
        detail=EVIL,
    )
    bad = made.session(sni=None, greeting=Reply(code=None, lines=(RAW,), defect=EVIL), ehlo=None, detail=EVIL)
    fetch = PolicyFetch(
        url=made.URL,
        host=EVIL,
        status=200,
        content_type=RAW,
        body=RAW + b"\nmode: " + RAW,
        verify_error=EVIL,
        chain=(leaf.der,),
        detail=EVIL,
    )
    return made.walk(
        resolver=EVIL,
        sender=SenderFacts(
            domain="a.example",
            ehlo=EVIL,
            mx=answer,
            spf=answer,
            provider=EVIL,
            proposed=EVIL,
            grounds=(EVIL,),
            port25=Found.BLOCKED,
            port25_reason=EVIL,
        ),
        mx=made.mx(host, lookup=made.lookup(made.DOMAIN, "MX", EVIL, signatures=(signature,), reason=EVIL)),
        dnssec=DnssecFacts(
            zones=(ZoneFact(name=made.DOMAIN, status=Security.BOGUS, reason=EVIL, signatures=(signature,)),),
            resolver_note=EVIL,
        ),
        sts=made.sts(
            texts=(RAW,),
            policy_id=EVIL,
            fetch=fetch,
            reason=EVIL,
            tlsrpt_rua=(),
            tlsrpt_texts=(RAW,),
            tlsrpt_reason=EVIL,
            policy=StsPolicy(mode="enforce", mx=(EVIL,), max_age=5),
        ),
        tlsa=TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, bytes(32)), host=name, reason=EVIL),)),
        starttls=StarttlsFacts(sessions=(bad, session)),
    )


def variants() -> list[Walk]:
    """The same with the doors that one walk cannot all open at once."""
    walk = evil_walk()
    refused = replace(walk.sts, policy=None)
    assert refused.fetch is not None
    return [
        walk,
        replace(walk, sts=refused),
        replace(walk, sts=replace(refused, policy_id=None)),
        replace(walk, sts=replace(refused, fetch=replace(refused.fetch, verify_error=None, chain=()))),
        replace(walk, mx=replace(walk.mx, lookup=replace(walk.mx.lookup, security=Security.BOGUS))),
        replace(walk, starttls=StarttlsFacts(sessions=walk.starttls.sessions[:1])),
    ]


def plain(line: str) -> bool:
    return line.isprintable() and "\x1b" not in line and "\u202e" not in line


@pytest.mark.parametrize("walk", variants(), ids=range(6))
def test_no_panel_shows_anything_raw(walk: Walk) -> None:
    shown = 0
    for step in STEPS:
        for line in evidence(walk, step):
            assert plain(line), line
            shown += "\\x1b" in line
        for block in explained(walk, step):
            for value in (block.subject, block.message, block.found, block.got, block.means, block.fix):
                assert plain(value), block
                shown += "\\x1b" in value
    assert shown > 20  # the words were there, and made visible


@pytest.mark.parametrize("walk", variants(), ids=range(6))
def test_the_text_report_shows_nothing_raw(walk: Walk) -> None:
    report = text.render(build(walk, PRESETS.values(), {}))
    assert all(plain(line) for line in report.split("\n"))
    assert "\\x1b" in report


@pytest.mark.parametrize("walk", variants(), ids=range(6))
def test_no_other_rendering_shows_anything_raw(walk: Walk) -> None:
    result = build(walk, PRESETS.values(), {})
    for report in (markdown.render(result), html.render(result)):
        assert all(plain(line) for line in report.split("\n"))
        assert "\\x1b" in report
    assert plain(nagios.render(result).removesuffix("\n"))


def test_a_panel_is_bounded() -> None:
    answer = made.lookup(made.DOMAIN, "MX", *(f"10 mx{number}." for number in range(5000)))
    walk = made.walk(mx=made.mx(lookup=answer))
    assert len(evidence(walk, "mx")) == 2001
    assert evidence(walk, "mx")[-1].startswith("…")
