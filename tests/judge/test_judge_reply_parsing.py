"""Replies that break the grammar, as each sender reads them: one row per rule, named after it.

Observed: Postfix 3.7.11 and Exim 4.96 with servers that said exactly this.
"""

from __future__ import annotations

import pytest
from judge_builders import WEB, mx, path, tls
from test_judge_rules import cells

from mailpath.exchanges import Chunk, Failure, Stage
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.network.replies import ehlo_keywords, read_replies

WORKS = tls(WEB)
LONG = b"250-" + b"y" * 90 + b"\r\n"


def said(*, greeting=b"220 hello\r\n", ehlo=b"250-mx\r\n250 STARTTLS\r\n", starttls=b"220 go\r\n", **rest):
    """A server that says these bytes, TLS working wherever somebody begins it."""

    def read(data, *, tls=False):
        return read_replies([Chunk(sent=False, data=data, tls=tls)], tls=tls)[0]

    def answer(sni):
        made = {**WORKS(sni), **{name: read(data) for name, data in rest.items()}}
        made |= {"greeting": read(greeting), "ehlo": read(ehlo), "starttls": read(starttls)}
        return {**made, "extensions": ehlo_keywords(made["ehlo"])}

    return answer


def unspoken(**rest):
    """The same, and the handshake fails since the server took STARTTLS for refused."""
    return lambda sni: {
        **said(**rest)(sni),
        "tls": None,
        "ehlo_tls": None,
        "failure": Failure.TLS,
        "failed_at": Stage.HANDSHAKE,
    }


POSTFIX, EXIM, BOTH = "postfix-may", "exim-opportunistic", "postfix-may exim-opportunistic"

RULES = [
    # --- the code ----------------------------------------------------------------------------------
    (
        "of-two-codes-postfix-takes-the-last-and-exim-the-first",
        said(greeting=b"421-a\r\n220 b\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred", "rfc": "deferred"},
    ),
    (
        "the-other-way-round",
        said(greeting=b"220-a\r\n421 b\r\n"),
        {POSTFIX: "deferred", EXIM: "encrypted", "rfc": "deferred"},
    ),
    ("a-554-first-is-permanent-to-exim", said(greeting=b"554-a\r\n220 b\r\n"), {EXIM: "bounced"}),
    (
        "ehlo-that-ends-in-450-is-refused-by-postfix-only",
        said(ehlo=b"250-mx\r\n250-STARTTLS\r\n450 HELP\r\n"),
        {POSTFIX: "plaintext", EXIM: "encrypted"},
    ),
    (
        "ehlo-that-begins-with-550-is-refused-by-exim-only",
        said(ehlo=b"550-mx\r\n250-STARTTLS\r\n250 HELP\r\n"),
        {POSTFIX: "encrypted", EXIM: "plaintext"},
    ),
    (
        "starttls-that-ends-in-554-is-refused-by-postfix",
        unspoken(starttls=b"220-a\r\n554 b\r\n"),
        {POSTFIX: "plaintext", "postfix-encrypt": "bounced", EXIM: "plaintext", "exim-noclear": "deferred"},
    ),
    (
        "starttls-that-begins-with-454-leaves-exim-out-of-step",
        said(starttls=b"454-a\r\n220 b\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred"},
    ),
    (
        "a-code-of-no-class-is-permanent-to-postfix",
        said(greeting=b"120 early\r\n"),
        {POSTFIX: "bounced", EXIM: "deferred"},
    ),
    # --- lines that are none -----------------------------------------------------------------------
    (
        "a-line-without-a-code-is-skipped-by-postfix-and-the-end-to-exim",
        said(greeting=b"220-a\r\nhello\r\n220 b\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred", "rfc": "deferred"},
    ),
    (
        "the-same-in-ehlo",
        said(ehlo=b"\r\n250-mx\r\n250 STARTTLS\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred"},
    ),
    (
        "the-same-in-the-reply-to-starttls",
        said(starttls=b"hm\r\n220 go\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred"},
    ),
    (
        "the-same-inside-tls",
        said(ehlo_tls=b"hm\r\n250 mx\r\n"),
        {POSTFIX: "encrypted", EXIM: "plaintext", "exim-noclear": "deferred"},
    ),
    # --- the keyword -------------------------------------------------------------------------------
    (
        "postfix-finds-starttls-in-a-line-of-any-code",
        said(ehlo=b"250-mx\r\n999-STARTTLS\r\n250 HELP\r\n"),
        {POSTFIX: "encrypted", EXIM: "plaintext"},
    ),
    (
        "postfix-finds-starttls-as-any-second-word",
        said(ehlo=b"250-mx\r\nfoo STARTTLS\r\n250 HELP\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred"},
    ),
    (
        "a-tab-behind-starttls-hides-it-from-postfix",
        said(ehlo=b"250-mx\r\n250-STARTTLS\tnow\r\n250 HELP\r\n"),
        {POSTFIX: "plaintext", EXIM: "encrypted"},
    ),
    ("a-nul-ends-the-line", said(ehlo=b"250-mx\r\n250-STARTTLS\0x\r\n250 HELP\r\n"), {BOTH: "encrypted"}),
    (
        "a-nul-ends-the-whole-reply-for-exim",
        said(ehlo=b"250-mx\r\n250-a\0b\r\n250 STARTTLS\r\n"),
        {POSTFIX: "encrypted", EXIM: "plaintext"},
    ),
    (
        "a-hyphen-before-starttls-hides-it",
        said(ehlo=b"250-mx\r\n250--STARTTLS\r\n250 HELP\r\n"),
        {BOTH: "plaintext"},
    ),
    # --- length ------------------------------------------------------------------------------------
    (
        "postfix-keeps-2048-octets",
        said(ehlo=b"250-mx\r\n" + LONG * 22 + b"250 STARTTLS\r\n"),
        {POSTFIX: "plaintext", "postfix-encrypt": "deferred", EXIM: "encrypted", "rfc": "encrypted"},
    ),
    (
        "postfix-counts-the-ends-of-lines-but-one",
        said(ehlo=b"x\r\n250-" + b"y" * 2041 + b"\r\n250-STARTTLS\r\n250 HELP\r\n"),
        {POSTFIX: "encrypted"},
    ),
    (
        "and-stops-where-they-are-2048",
        said(ehlo=b"x\r\n250-" + b"y" * 2042 + b"\r\n250-STARTTLS\r\n250 HELP\r\n"),
        {POSTFIX: "plaintext"},
    ),
    (
        "exim-takes-no-reply-of-4096-octets",
        said(ehlo=b"250-mx\r\n250-STARTTLS\r\n" + LONG * 44 + b"250 HELP\r\n"),
        {POSTFIX: "encrypted", EXIM: "deferred", "rfc": "encrypted"},
    ),
    # --- EHLO inside TLS ---------------------------------------------------------------------------
    (
        "ehlo-refused-in-tls-is-followed-by-helo",
        said(ehlo_tls=b"502 no\r\n", helo_tls=b"250 mx\r\n"),
        {BOTH: "encrypted", "rfc": "encrypted"},
    ),
    (
        "helo-refused-in-tls-is-final-for-postfix",
        said(ehlo_tls=b"502 no\r\n", helo_tls=b"554 no\r\n"),
        {POSTFIX: "bounced", EXIM: "encrypted"},
    ),
    (
        "after-421-in-tls-postfix-says-no-helo",
        said(ehlo_tls=b"421 no\r\n", helo_tls=b"250 mx\r\n"),
        {POSTFIX: "deferred"},
    ),
    # --- firewalls ---------------------------------------------------------------------------------
    (
        "a-greeting-that-is-blotted-out-gets-helo-from-postfix",
        said(greeting=b"220 ***********0*2***\r\n"),
        {POSTFIX: "plaintext", "postfix-encrypt": "deferred", EXIM: "encrypted", "rfc": "encrypted"},
    ),
    ("so-does-one-that-says-nothing", said(greeting=b"220 \r\n"), {POSTFIX: "plaintext", EXIM: "encrypted"}),
    ("but-none-of-two-lines", said(greeting=b"220-***\r\n220 ***\r\n"), {BOTH: "encrypted"}),
]


@pytest.mark.parametrize(("server", "name", "expected"), cells(RULES))
def test_rule(server, name, expected):
    verdict = judge(path(mx("mx1", server)), PRESETS[name])
    assert verdict.outcome == expected, f"{verdict.reason} ({verdict.why})"
