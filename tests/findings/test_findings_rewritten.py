"""A firewall that inspects SMTP leaves its marks; a refused STARTTLS is explained by its code."""

from __future__ import annotations

import pytest
from judge_builders import OFFERED, READY, WEB, aborts, mx, path, plain, refuses, reply, tls
from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.facts.findings import Finding
from mailpath.findings import find
from mailpath.findings.catalogue import REFUSALS
from mailpath.report.panels import explain


def greeted(stars: str, server=None):
    answer = server or tls(WEB)
    return lambda sni: {**answer(sni), "greeting": reply(f"220 {stars}")}


def lists(*keywords: str, server=None):
    answer = server or tls(WEB)
    return lambda sni: {**answer(sni), "extensions": keywords}


def says(code_and_text: str):
    return lambda _sni: {"greeting": reply("220 hello"), "ehlo": reply(code_and_text)}


def found(walk: Walk) -> dict[str, Finding]:
    return {each.code: each for each in find(walk)}


#: What shows it, and what is found beside it; the marks of the review's cases, and two neighbours of each.
MARKS = {
    "blotted greeting, TLS works": (greeted("*" * 65), "overwritten with asterisks", set()),
    "blotted greeting with digits": (greeted("2***0**"), "overwritten with asterisks", set()),
    "blotted greeting, no TLS": (greeted("*****", plain), "overwritten with asterisks", {"TLS002"}),
    "keyword as Xs beside STARTTLS": (
        lists("SIZE", "DSN", "XXXA", "STARTTLS", server=aborts),
        "says XXXA where a keyword",
        {"TLS004"},
    ),
    "STARTTLS as Xs": (lists("SIZE", "XXXXXXXA", server=plain), "where STARTTLS would be", set()),
    "another keyword as Xs": (lists("SIZE", "XXXXA", server=plain), "XXXXA where a keyword", {"TLS002"}),
    "our command as Xs": (
        refuses("500 5.0.0 'XXXXXXXX': command not understood"),
        "STARTTLS arrives as Xs",
        {"TLS003"},
    ),
    "our command as XXXA": (refuses("502 unknown command XXXXA"), "STARTTLS arrives as Xs", {"TLS003"}),
    "EHLO as Xs": (says("500 unrecognized command: XXXX"), "EHLO arrives as Xs", {"TLS017"}),
}


@pytest.mark.parametrize("case", MARKS)
def test_what_rewrites_smtp_leaves_its_marks(case: str) -> None:
    server, words, beside = MARKS[case]
    codes = found(path(mx("mx1", server)))
    assert words in codes["TLS021"].message
    assert "firewall" in explain(codes["TLS021"]).means
    assert beside <= codes.keys()
    assert ("TLS002" in codes) is ("TLS002" in beside)


@pytest.mark.parametrize(
    "server",
    [
        tls(WEB),
        greeted("mx.b.example ESMTP ***"),
        greeted("20 2"),
        lists("XCLIENT", "XFORWARD", "XEXCH50", "XXX-EXTENSION", "STARTTLS"),
        refuses("454 4.7.0 TLS not available, ticket XXXXY42"),
        refuses("554 BOXXXX is full"),
    ],
)
def test_what_only_looks_like_it_is_not(server) -> None:
    assert "TLS021" not in found(path(mx("mx1", server)))


@pytest.mark.parametrize(
    ("said", "key", "words"),
    [
        ("454 4.7.0 TLS not available due to local problem", "454", "certificate or key"),
        ("500 command not recognized", "500", "does not know the command"),
        ("502 5.5.1 not implemented", "500", "a proxy, a load balancer or a firewall"),
        ("501 5.5.4 syntax error", "501", "takes no parameter"),
        ("503 5.5.1 TLS already active", "503", "at the wrong time"),
        ("530 5.7.0 authentication required", "530", "submission"),
        ("421 4.3.2 shutting down", "421", "closes the session"),
        ("451 4.3.0 later", "4", "for now"),
        ("554 5.7.3 not allowed", "5", "by a rule of its own"),
    ],
)
def test_a_refused_starttls_is_explained_by_its_code(said: str, key: str, words: str) -> None:
    refused = found(path(mx("mx1", refuses(said))))["TLS003"]
    told = explain(refused)
    assert told.means == REFUSALS[key]["meaning"]
    assert words in told.means
    assert refused.fix == REFUSALS[key]["fix"]
    assert ("certificate or key" in told.means) is said.startswith("454")


def test_a_reply_that_is_none_of_these_has_the_usual_words() -> None:
    walk = path(mx("mx1", lambda _sni: {**OFFERED, "starttls": replace(READY["starttls"], code=354)}))
    assert found(walk)["TLS003"].means == ""
