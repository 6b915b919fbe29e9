"""Sendmail's .mc and access map as postures."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from servers_imports import imported_as_ours

from mailpath.servers.drafts import Imported, Kind
from mailpath.servers.given import Given
from mailpath.servers.rendering import render_text

MC = "divert(0)dnl\nOSTYPE(`linux')dnl\ndnl define(`confDANE', `true')dnl\nFEATURE(`access_db')dnl\n"


def _read(mc: str, access: str = "") -> Imported:
    return imported_as_ours([Given(path="s.mc", text=MC + mc), Given(path="access", text=access)])


@pytest.mark.parametrize(
    ("mc", "access", "table"),
    [
        ("", "", {"base": "sendmail"}),
        ("define(`confDANE', `true')dnl", "", {"base": "sendmail-dane"}),
        ("define(`confDANE', `true')dnl\nFEATURE(`sts')", "", {"base": "sendmail-dane-sts"}),
        (
            "define(`confTLS_FALLBACK_TO_CLEAR', `true')dnl",
            "",
            {"base": "sendmail", "fallback": "at-once"},
        ),
        (
            "define(`confTO_INITIAL', `2m')dnl",
            "Try_TLS: NO",
            {"base": "sendmail", "patience": {"greeting": 120}, "level": "none"},
        ),
        ("", "TLS_Srv: ENCR:112", {"base": "sendmail", "level": "encrypt"}),
        ("", "TLS_Srv:\tVERIFY:112", {"base": "sendmail", "level": "verify", "references": []}),
        ("", "TLS_Srv: TEMP+VERIFY+CN", {"base": "sendmail", "level": "verify", "references": ["mx"]}),
    ],
)
def test_the_usual_posture(mc: str, access: str, table: dict[str, Any]) -> None:
    assert _read(mc, access).tables() == {"ours": table}


def test_recipients_and_what_no_posture_has() -> None:
    access = "TLS_Rcpt:b.example VERIFY:112+CN:mx.b.example\nTLS_Srv:mx.c.example ENCR\nTLS_Clt:x VERIFY\n"
    found = _read("define(`SMART_HOST', `relay.example')dnl", access)
    tables = found.tables()
    assert tables["ours"]["for"] == dict.fromkeys(("b.example", ".b.example"), "ours-verify")
    strict = {"base": "sendmail", "level": "verify", "references": [], "match_names": ["mx.b.example"]}
    assert tables["ours-verify"] == strict
    undecided = [each.sentence for each in found.remarks if each.kind is Kind.UNDECIDED]
    assert undecided == [
        "It is for one MX host, and no posture is.",
        "Mail goes to this relay: the posture says what would happen without it.",
    ]


@given(st.text(alphabet="TLS_Rcptry:Srv define(`'),+CN.b\n\x1b\u202e\\\"=", max_size=80))
def test_any_text(text: str) -> None:
    assert render_text(_read(text, f"TLS_Rcpt:{text}\nTLS_Srv: {text}")).replace("\n", "").isprintable()
