"""Postfix's files as postures: what each setting becomes, and what is told of the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from servers_imports import imported_as_ours, remarked

from mailpath.servers.drafts import Imported, Kind
from mailpath.servers.given import Given, ImportRefused
from mailpath.servers.importing import imported

DNSSEC = "smtp_dns_support_level = dnssec\n"
MAY = "smtp_tls_security_level = may\n"


def _read(main: str, agent: str | None = None, /, **files: str) -> Imported:
    """`main` as main.cf with a version; the others by their names, "__" for a dot."""
    given = [Given(path="etc/main.cf", text=f"mail_version = 3.7.11\n{main}")]
    given += (Given(path=f"etc/{name.replace('__', '.')}", text=text) for name, text in files.items())
    return imported_as_ours(given, agent)


@pytest.mark.parametrize(
    ("main", "table"),
    [
        ("smtp_tls_security_level = may", {"base": "postfix-may"}),
        ("smtp_tls_security_level =\nsmtp_use_tls = yes", {"base": "postfix-may"}),
        ("smtp_enforce_tls = yes", {"base": "postfix-verify"}),
        ("smtp_enforce_tls = yes\nsmtp_tls_enforce_peername=no", {"base": "postfix-encrypt"}),
        ("myhostname = mail.a.example", {"base": "postfix-none"}),
        ("smtp_use_tls = yes\nsmtp_tls_security_level = none", {"base": "postfix-none"}),
        (MAY + "smtp_tls_security_level = encrypt", {"base": "postfix-encrypt"}),
        ("smtp_tls_security_level = $level\nlevel = ${x?{may}:{encrypt}}", {"base": "postfix-encrypt"}),
        (
            "compatibility_level = 3.6\n"
            "smtp_tls_security_level = ${{$compatibility_level} >=level {3.10} ? {may}}",
            {"base": "postfix-none"},
        ),
        (DNSSEC + "smtp_tls_security_level = dane", {"base": "postfix-dane"}),
        (DNSSEC + "smtp_tls_security_level = dane-only", {"base": "postfix-dane-only"}),
        ("smtp_tls_security_level = dane", {"base": "postfix-may"}),
        (
            DNSSEC + "smtp_tls_security_level = dane\nsmtp_tls_dane_insecure_mx_policy = encrypt",
            {"base": "postfix-dane", "insecure_mx": "encrypt"},
        ),
        (DNSSEC + MAY + "smtp_tls_policy_maps = static:dane", {"base": "postfix-dane", "insecure_mx": "may"}),
        (
            "smtp_tls_security_level = secure\nsmtp_tls_policy_maps = socketmap:inet:[::1]:8461:postfix",
            {"base": "postfix-sts", "level": "secure", "references": ["nexthop", "dot-nexthop"]},
        ),
        (
            MAY + "smtp_discard_ehlo_keywords = chunking, STARTTLS",
            {"base": "postfix-may", "sees_starttls": False},
        ),
        (
            "smtp_tls_security_level = encrypt\nsmtp_tls_protocols = TLSv1.3\n"
            "smtp_tls_mandatory_protocols = !TLSv1",
            {"base": "postfix-encrypt", "min_tls": "SSLv3", "min_tls_authenticated": "SSLv3"},
        ),
        (
            MAY + "smtp_tls_protocols = >=TLSv1.2\nsmtp_tls_mandatory_protocols = TLSv1.3",
            {"base": "postfix-may", "min_tls": "TLSv1.2", "min_tls_authenticated": "TLSv1.3"},
        ),
        (
            MAY + "smtp_tls_exclude_ciphers = aNULL, RC4\nsmtp_tls_mandatory_ciphers = high",
            {"base": "postfix-may", "anonymous_suites": False},
        ),
        (MAY + "smtp_tls_mandatory_exclude_ciphers = aNULL", {"base": "postfix-may"}),
        (
            "smtp_tls_security_level = verify\nsmtp_tls_verify_cert_match = hostname, nexthop, .B.example",
            {"base": "postfix-verify", "references": ["mx", "nexthop"], "match_names": [".b.example"]},
        ),
        (
            "smtp_tls_security_level = secure\nsmtp_tls_verify_cert_match = nexthop\n"
            "smtp_tls_servername = hostname",
            {"base": "postfix-secure", "sni": "mx"},
        ),
        (
            MAY + "smtp_helo_timeout = 2m\nsmtp_mx_address_limit = 0",
            {"base": "postfix-may", "address_limit": 0, "patience": {"greeting": 120, "ehlo": 120}},
        ),
        (
            MAY + "smtp_skip_5xx_greeting = no\nsmtp_pix_workarounds =",
            {"base": "postfix-may", "greeting_5xx": "bounce", "pix_workaround": False},
        ),
        (MAY + "smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix", {"base": "postfix-sts"}),
        (
            DNSSEC
            + "smtp_tls_security_level = dane\nsmtp_tls_policy_maps = socketmap:unix:/run/mta-sts:postfix",
            {"base": "postfix-dane-sts"},
        ),
        (
            DNSSEC
            + "smtp_tls_security_level = dane\nsmtp_tls_policy_maps = socketmap:inet:127.0.0.1:8642:QUERY",
            {"base": "postfix-tlspol"},
        ),
    ],
)
def test_the_usual_posture(main: str, table: dict[str, Any]) -> None:
    assert _read(main).tables() == {"ours": table}


POLICIES = """
# b.example's own, and what is below it
b.example   secure match=mx1.b.example:nexthop
    protocols=>=TLSv1.3
.B.EXAMPLE  encrypt
c.example   may
d.example   none
b.example   none
"""


def test_a_policy_table_becomes_postures_by_recipient() -> None:
    found = _read(
        MAY + "smtp_tls_policy_maps = hash:/etc/postfix/tls_policy",
        tls_policy=POLICIES,
    )
    tables = found.tables()
    assert tables["ours"]["for"] == {
        "b.example": "ours-secure",
        ".b.example": "ours-encrypt",
        "d.example": "ours-none",
    }
    assert tables["ours-secure"] == {
        "base": "postfix-secure",
        "references": ["nexthop"],
        "match_names": ["mx1.b.example"],
        "min_tls": "TLSv1.3",
        "min_tls_authenticated": "TLSv1.3",
    }
    assert found.recipients["b.example"][1].startswith("tls_policy:3: b.example secure match=mx1.b.example")
    assert found.decided


@pytest.mark.parametrize(
    ("maps", "b", "below", "usual"),
    [
        ("hash:/p/tls", "postfix-encrypt", "postfix-sts", "postfix-may"),
        ("hash:/p/tls, socketmap:inet:[::1]:8461:postfix", "postfix-encrypt", "postfix-sts", "postfix-sts"),
        ("socketmap:inet:[::1]:8461:postfix hash:/p/tls", "postfix-sts", "postfix-sts", "postfix-sts"),
        ("inline:{ { b.example = verify } } hash:/p/tls", "postfix-verify", "", "postfix-may"),
        ("inline:{ b.example=verify }, proxy:texthash:/p/tls", "postfix-verify", "", "postfix-may"),
    ],
)
def test_the_first_table_that_has_a_destination_counts(maps: str, b: str, below: str, usual: str) -> None:
    """A plugin is asked for the whole name before any table is asked for a parent domain."""
    found = _read(
        f"{MAY}smtp_tls_policy_maps = {maps}",
        tls="b.example encrypt\n.b.example none\n",
    )
    tables = found.tables()
    chosen: Mapping[str, str] = tables["ours"]["for"]
    assert tables[chosen["b.example"]]["base"] == b
    assert tables["ours"]["base"] == usual
    if "socketmap" in maps:
        assert tables[chosen[".b.example"]] == {"base": below, "level": "none"}
        level = tables[chosen["b.example"]].get("level")
        assert level == ("encrypt" if maps.startswith("socketmap") else None)


MASTER = """
smtp      inet  n       -       y       -       -       smtpd
smtp      unix  -       -       y       -       -       smtp
strict    unix  -       -       y       -       10      smtp
    -o smtp_tls_security_level=encrypt -o { smtp_tls_mandatory_protocols = >=TLSv1.2, <=TLSv1.3 }
    -o smtp_tls_policy_maps=
unused    unix  -       -       n       -       -       smtp -o smtp_tls_security_level=none
"""
TRANSPORT = "c.example strict:\n.d.example strict:\ne.example smtp:[relay.example]\nu@f.example strict:\n"


def test_a_transport_with_parameters_of_its_own() -> None:
    main = MAY + "transport_maps = hash:/etc/postfix/transport\n"
    main += "smtp_tls_policy_maps = inline:{c.example=secure, x.d.example=verify}"
    found = _read(main, master__cf=MASTER, transport=TRANSPORT)
    tables = found.tables()
    assert tables["ours"]["for"] == dict.fromkeys(("c.example", ".d.example", "x.d.example"), "ours-strict")
    strict = {"base": "postfix-encrypt", "min_tls": "TLSv1.2", "min_tls_authenticated": "TLSv1.2"}
    assert tables["ours-strict"] == strict
    assert tables["ours-unused"] == {"base": "postfix-none"}
    undecided = remarked(found, Kind.UNDECIDED)
    assert "transport:3: e.example smtp:[relay.example]: Mail for it goes elsewhere" in undecided
    assert "transport:4: u@f.example strict:: Only a domain" in undecided
    of_postconf = MASTER.replace("smtp -o smtp_tls_security_level=none", "smtp")
    again = _read(
        main, P="unused/unix/smtp_tls_security_level = none\n", master__cf=of_postconf, transport=TRANSPORT
    )
    assert again.tables() == tables


@pytest.mark.parametrize(
    ("main", "kind", "told"),
    [
        ("smtp_tls_security_level = dane", Kind.WRONG, "Without smtp_dns_support_level = dnssec"),
        ("smtp_tls_security_level = most", Kind.WRONG, "no TLS level"),
        (MAY + "relayhost = [r.example]", Kind.UNDECIDED, "relay"),
        (MAY + "smtp_tls_policy_maps = ldap:/x", Kind.UNDECIDED, "type ldap"),
        (MAY + "smtp_tls_policy_maps = hash:/x", Kind.UNDECIDED, "not among the files"),
        (MAY + "smtp_tls_policy_maps = tcp:[::1]:1", Kind.UNDECIDED, "plugin"),
        ("smtp_tls_security_level = fingerprint", Kind.UNDECIDED, "fingerprint"),
        (MAY + "smtp_tls_protocols = TLSv1.2", Kind.UNDECIDED, "nothing older than TLSv1.3"),
        (MAY + "smtp_tls_protocols = TLSv1.9", Kind.WRONG, "no TLS version"),
        (MAY + "smtp_tls_exclude_ciphers = kECDHE", Kind.UNDECIDED, "kECDHE"),
        (MAY + "smtp_tls_wrappermode = yes", Kind.UNDECIDED, "465"),
        (MAY + "smtp_tls_loglevel = 2", Kind.IGNORED, "log only"),
        (MAY + "what is this", Kind.WRONG, "no line of main.cf"),
        ("smtp_tls_policy_maps = inline:{b.example=secrue}", Kind.WRONG, "defers mail for this destination"),
        ("smtp_tls_policy_maps = inline:{{b.example=may mtach=x}}", Kind.WRONG, "no attribute 'mtach'"),
    ],
)
def test_what_is_not_in_the_posture_is_told_with_its_line(main: str, kind: Kind, told: str) -> None:
    found = _read(main)
    assert told in remarked(found, kind)
    assert found.decided is (kind is Kind.IGNORED)


def test_where_postfix_cannot_use_a_policy_the_mail_waits() -> None:
    """A level that is none, for its destination alone; a texthash table with a key twice, for all mail."""
    main = f"{MAY}smtp_tls_policy_maps = %s:/etc/tls, inline:{{c.example=none}}"
    text = "b.example secrue\nb.example may\n"
    found = _read(main % "hash", tls=text).tables()
    assert found["ours"] == {
        "base": "postfix-may",
        "for": {"b.example": "ours-invalid", "c.example": "ours-none"},
    }
    waits = found["ours-invalid"]
    assert (waits["base"], waits["match_names"]) == ("postfix-secure", ["no-certificate.invalid"])
    assert (waits["references"], waits["starttls_5xx_required"]) == ([], "next")
    broken = _read(main % "texthash", tls=text)
    assert broken.tables() == {"ours": waits}
    assert "tls:2: b.example may: The key stands there twice" in remarked(broken, Kind.WRONG)


def test_the_version_decides_what_is_usual() -> None:
    main = DNSSEC + MAY + "smtp_tls_policy_maps = inline:{b.example=dane}\n"
    without = [Given(path="main.cf", text=main)]
    found = imported(without, "ours")
    assert found.tables()["ours-dane"] == {
        "base": "postfix-dane",
        "unknown": {"insecure_mx": ["may", "dane"]},
    }
    assert not found.decided
    assert "postconf mail_version" in remarked(found, Kind.ASSUMED)
    newer = imported([*without, Given(path="v", text="mail_version = 3.10.5\n")], "ours").tables()
    assert newer["ours"] == {
        "base": "postfix-may",
        "agent": "postfix-3.10",
        "for": {"b.example": "ours-dane"},
    }
    assert newer["ours-dane"]["insecure_mx"] == "dane"
    level = imported([Given(path="main.cf", text="compatibility_level = 3.11\n")], "ours").tables()["ours"]
    assert level["base"].endswith("-may")
    assert imported(without, "ours", "postfix-3.10").tables()["ours"]["agent"] == "postfix-3.10"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("smtp_tls_security_level = $a\na = $b\nb = $a\n", "levels deep"),
        (
            "smtp_tls_security_level = $a\n" + "a = " + "$b" * 9 + "\nb = " + "$c" * 9 + "\nc = " + "$d" * 99,
            "others",
        ),
        ("no configuration\nat all\n", "no configuration of Postfix"),
        ("", "no configuration of Postfix"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ImportRefused, match=sentence):
        imported([Given(path="main.cf", text=text)])
