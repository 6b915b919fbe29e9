"""Configurations from anybody: whatever they hold, an import ends, and what it prints is a config file."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.servers.drafts import Imported
from mailpath.servers.given import MAX_BYTES, Given, ImportRefused, read
from mailpath.servers.importing import imported
from mailpath.servers.placing import placed
from mailpath.servers.rendering import render_text, to_dict

_SETTINGS = """
smtp_tls_security_level smtp_tls_policy_maps smtp_tls_protocols transport_maps default_transport relayhost
smtp_dns_support_level mail_version myhostname smtp_tls_verify_cert_match smtp_tls_servername patience
"""
_SIGNS = r"""
inline:{ } { static: hash:/x socketmap:inet:x:postfix $ ${ $( ? : == = >=TLSv1.2 match= .b.example b.example
-o smtp unix # , " \ é dane may secure none
"""
_OCTETS = ("\x1b]52", "\x00", "\u202e", "\u2028", "\x7f", "\n", "\n ", " ", "\t", "- - n - -")
_WORDS = [*_SETTINGS.split(), *_SIGNS.split(), *_OCTETS]
_TEXTS = st.lists(st.one_of(st.sampled_from(_WORDS), st.text(max_size=8)), max_size=40).map(" ".join)


def _checked(found: Imported) -> None:
    text = render_text(found)
    assert text.replace("\n", "").isprintable()
    assert tomllib.loads(text)["posture"] == found.tables()
    assert to_dict(found)["tables"] == found.tables()
    placed(found, write=False)


@settings(max_examples=150, deadline=None)
@given(main=_TEXTS, table=_TEXTS, value=st.text(max_size=30))
def test_any_text(main: str, table: str, value: str) -> None:
    start = f"smtp_tls_security_level = may\nsmtp_tls_policy_maps = hash:/x\nmyhostname = {value}\n"
    try:
        found = imported([Given(path="main.cf", text=start + main), Given(path="x", text=table)])
    except ImportRefused:
        return
    _checked(found)


def test_what_is_too_large_or_no_text_is_refused(tmp_path: Path) -> None:
    large, binary = tmp_path / "large", tmp_path / "policy.db"
    large.write_bytes(b"x" * (MAX_BYTES + 1))
    binary.write_bytes(b"\0\1")
    for file, sentence in (
        (large, "larger than"),
        (binary, "source of a table"),
        (tmp_path / "no", "cannot be read"),
    ):
        with pytest.raises(ImportRefused, match=sentence):
            read([str(file)])
    with pytest.raises(ImportRefused, match="at most"):
        read(map(str, range(65)))


def test_long_lines_and_deep_braces_end_soon() -> None:
    deep = "{" * 20_000
    hostile = [
        f"smtp_tls_security_level = ${deep}",
        f"smtp_tls_policy_maps = inline:{deep}",
        "x = " + "-o { " * 9_000,
        "smtp_tls_policy_maps = " + ",".join(f"hash:/{number}" for number in range(3_000)),
        "smtp_tls_verify_cert_match = " + ":" * 30_000,
    ]
    master = "a unix - - n - - smtp " + "-o { " * 6_000
    found = imported([Given(path="main.cf", text="\n".join(hostile)), Given(path="master.cf", text=master)])
    _checked(found)
