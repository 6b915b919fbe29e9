"""Exim's transports as postures: what each option becomes, and what is told of the others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from servers_imports import imported_as_ours, remarked

from mailpath.servers.drafts import Imported, Kind
from mailpath.servers.exim.transports import oldest_of
from mailpath.servers.given import MAX_LINE, Given, ImportRefused
from mailpath.servers.importing import imported
from mailpath.servers.rendering import render_text


def _read(text: str, **files: str) -> Imported:
    others = [Given(path=f"etc/{name}", text=each) for name, each in files.items()]
    return imported_as_ours([Given(path="etc/exim.conf", text=text), *others])


@pytest.mark.parametrize(
    ("options", "table"),
    [
        ("", {"base": "exim"}),
        ("hosts_try_dane =", {"base": "exim-opportunistic", "dane": "off"}),
        ("hosts_require_dane = *", {"base": "exim", "dane": "mandatory"}),
        ("hosts_require_tls = *", {"base": "exim", "level": "encrypt"}),
        ("hosts_require_tls = *\ntls_verify_hosts = *", {"base": "exim", "level": "verify"}),
        ("hosts_require_tls = !* : *", {"base": "exim"}),
        ("hosts_require_tls = <; * ; x", {"base": "exim", "level": "encrypt"}),
        ("hosts_require_tls = mx.b.example", {"base": "exim", "unknown": {"level": ["may", "encrypt"]}}),
        (
            "hosts_require_tls = *\ntls_verify_hosts = ${if x}",
            {"base": "exim", "unknown": {"level": ["encrypt", "verify"]}},
        ),
        ("hosts_try_dane = *.b.example", {"base": "exim", "unknown": {"dane": ["off", "opportunistic"]}}),
        ("hosts_avoid_tls = *", {"base": "exim", "sees_starttls": False}),
        ("hosts_avoid_tls = mx.b.example", {"base": "exim", "unknown": {"sees_starttls": [True, False]}}),
        ("no_tls_tempfail_tryclear", {"base": "exim", "fallback": "never", "starttls_4xx": "next"}),
        ("tls_tempfail_tryclear = false", {"base": "exim", "fallback": "never", "starttls_4xx": "next"}),
        ("tls_sni = $host\nhosts_max_try = 1", {"base": "exim", "sni": "mx", "address_limit": 1}),
        ("tls_try_verify_hosts = :", {"base": "exim", "tls_log_words": {"trusted": "CV=no"}}),
        (
            "tls_try_verify_hosts =",  # neither list is set: then a certificate must verify
            {"base": "exim", "optional_check": "always", "certificate_falls_back": True},
        ),
        (
            "tls_verify_hosts = *\ntls_verify_cert_hostnames =",
            {
                "base": "exim",
                "optional_check": "always",
                "certificate_falls_back": True,
                "references": [],
                "trusted_requires_name": False,
            },
        ),
        (
            "tls_require_ciphers = \\\n   NORMAL:-VERS-TLS1.0:\\\n  -VERS-TLS1.1",
            {"base": "exim", "min_tls": "TLSv1.2", "min_tls_authenticated": "TLSv1.2"},
        ),
    ],
)
def test_a_transport(options: str, table: dict[str, Any]) -> None:
    lines = "".join(f"  {each}\n" for each in options.split("\n"))
    in_a_file = f"primary_hostname = x.example\nbegin transports\nremote_smtp:\n  driver = smtp\n{lines}"
    assert _read(in_a_file).tables() == {"ours": table}
    assert _read(f"remote_smtp:\n driver = smtp\n{lines}begin retry\n* *\n").tables() == {"ours": table}
    assert _read(f"\nremote_smtp transport:\nno_body_only\ndriver = smtp\n{options}\n").tables() == {
        "ours": table
    }


STRICT = ("bank.example", ".bank.example", "d.example", "e.example", "f.example", "g.example")
WHOLE = """
STRICT = bank.example : *.bank.example
.ifdef UNSET
hosts_nothing = x
.include /etc/other
.else
CIPHERS = NORMAL:-VERS-TLS1.0
.endif
domainlist local_domains = @
domainlist strict = STRICT : lsearch;/etc/exim/strict_domains : +more
domainlist more = </ f.example / g.example
begin acl
acl_check_rcpt:
  accept hosts = :
begin routers
strict:
  driver = dnslookup
  domains = +strict
  transport = strict_smtp
usual:
  driver = dnslookup
  domains = ! +local_domains
  transport = remote_smtp
never:
  driver = dnslookup
  domains = c.example
  transport = strict_smtp
begin transports
strict_smtp:
  driver = smtp
  hosts_require_tls = *
  tls_require_ciphers = CIPHERS
remote_smtp:
  driver = smtp
  hosts_try_dane =
  tls_verify_certificates = /etc/ca.pem
  port = 587
local_delivery:
  driver = appendfile
"""


def test_routers_choose_the_transport_by_recipient() -> None:
    found = _read(WHOLE, strict_domains="# list\nd.example: x\ne.example\n")
    tables = found.tables()
    assert tables["ours"] == {
        "base": "exim-opportunistic",
        "dane": "off",
        "for": dict.fromkeys(STRICT, "ours-strict_smtp"),
    }
    assert tables["ours-strict_smtp"] == {
        "base": "exim",
        "level": "encrypt",
        "min_tls": "TLSv1.1",
        "min_tls_authenticated": "TLSv1.1",
    }
    assert "port = 587: The posture says" in remarked(found, Kind.UNDECIDED)
    assert "tls_verify_certificates = /etc/ca.pem: a verdict trusts" in remarked(found, Kind.IGNORED)


@pytest.mark.parametrize(
    ("priorities", "oldest"),
    [
        ("NORMAL", ("TLSv1", False)),
        ("NORMAL:-VERS-ALL:+VERS-TLS1.3", ("TLSv1.3", False)),
        ("NORMAL:%COMPAT:!VERS-TLS1.0", ("TLSv1.1", False)),
        ("NORMAL:-KX-ALL", ("TLSv1", True)),
        ("NORMAL:-VERS-ALL", ("", True)),
        ("HIGH:!aNULL", ("", True)),
    ],
)
def test_versions_of_a_priority_string(priorities: str, oldest: tuple[str, bool]) -> None:
    found, doubt = oldest_of(priorities)
    assert (found, bool(doubt)) == oldest


def test_what_exim_itself_refuses_isremarked() -> None:
    found = _read("t:\n driver = smtp\n hosts_require_tls = *\n hosts_require_tls =\n.include x\n")
    assert "set twice" in remarked(found, Kind.WRONG)
    assert "An include is not followed" in remarked(found, Kind.UNDECIDED)
    cut = _read("t:\n driver = smtp\n tls_sni = $host" + "x" * MAX_LINE + "\\\n hosts_require_tls = *\n")
    assert cut.tables() == {"ours": {"base": "exim"}}, "what is cut off of a long line is no line of its own"
    with pytest.raises(ImportRefused, match=", Exim "):
        imported([Given(path="x", text="begin transports\nlocal:\n driver = pipe\n")])
    bomb = "A = xxxxxxxxxx\n" + "".join(f"{chr(66 + n)} = {chr(65 + n) * 10}\n" for n in range(9))
    with pytest.raises(ImportRefused, match="Macros"):
        imported([Given(path="x", text=f"{bomb}t:\n driver = smtp\n port = J\n")])


_SIGNS = r"""
begin transports routers driver = smtp : * ! + \ { } $ ; < , hosts_try_dane domains b.example no_
"""
_LINES = ("\n", "\n ", " ", ".ifdef X\n", ".else\n", ".endif\n", "X = y\n", "t:\n", "\x1b", "\x00", '"')
_WORDS = st.sampled_from([*_SIGNS.split(), *_LINES])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(_WORDS, st.text(max_size=6)), max_size=40).map("".join))
def test_any_text(text: str) -> None:
    try:
        found = _read(f"t:\n driver = smtp\n{text}")
    except ImportRefused:
        return
    assert render_text(found).replace("\n", "").isprintable()
