"""`mailpath dnssec` and trust anchors on the command line, on the lab."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import dns.dnssec
import dns.message
import dns.query
import dns.rdatatype
import pytest

from mailpath.network.anchors import ROOT_ANCHORS

if TYPE_CHECKING:
    from mailpath.lab import Lab

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def island(lab: Lab) -> str:
    """The DS of dane-good.example, and nothing of what is above it."""
    host, _, port = str(lab.settings.resolver).rpartition(":")
    query = dns.message.make_query("dane-good.example", "DNSKEY", want_dnssec=True)
    answer = dns.query.tcp(query, host, port=int(port), timeout=5)
    (keys,) = (rrset for rrset in answer.answer if rrset.rdtype == dns.rdatatype.DNSKEY)
    return "".join(
        f"dane-good.example. IN DS {dns.dnssec.make_ds('dane-good.example.', key, 'SHA256')}\n"
        for key in keys
        if key.flags & 1
    )


# --- names and types -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("*.dane-good.example", "*.dane-good.example"),
        ("*.Bücher.dane-good.example", "*.xn--bcher-kva.dane-good.example"),
        ("host\\.Master.dane-good.example", "host\\.master.dane-good.example"),
        ("\\042.dane-good.example", "*.dane-good.example"),
        ("0/25.dane-good.example", "0/25.dane-good.example"),
        ("q.*.dane-good.example", "q.*.dane-good.example"),
        ("a+b.dane-good.example", "a+b.dane-good.example"),
        ("o'x.dane-good.example", "o'x.dane-good.example"),
        ("a b.dane-good.example.", "a\\032b.dane-good.example"),
    ],
)
def test_names_that_are_no_hosts(name: str, asked: str, network: Path, run: Run) -> None:
    status, out, err = run("dnssec", name, "TXT", "--network", network, "--json")
    assert (status, err) == (0, "")
    found = json.loads(out)
    assert (found["name"], found["found"]) == (asked, "absent")


@pytest.mark.parametrize(
    ("name", "rdtype", "sentence"),
    [
        ("b.example", "NOTYPE", "'NOTYPE' is not a record type."),
        ("b.example", "99999", "'99999' is not a record type."),
        ("", "A", "The name is empty."),
        ("*..example", "A", "'*..example': The name contains an empty label (two dots in a row)."),
        ("a\\", "A", "A backslash must be followed by a printable ASCII character or three digits."),
        ("\\999.example", "A", "is not an octet: use three digits, at most"),
        ("é\\.example", "A", "A label with non-ASCII letters cannot contain escapes."),
        ("\u2603.example", "A", "not a valid internationalized domain name: U+2603 '\u2603' is not allowed."),
    ],
)
def test_what_cannot_be_asked_for(name: str, rdtype: str, sentence: str, network: Path, run: Run) -> None:
    code, out, err = run("dnssec", name, rdtype, "--network", network)
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert sentence in err


@pytest.mark.parametrize(
    "rdtype", ["ANY", "RRSIG", "sig", "AXFR", "IXFR", "OPT", "TSIG", "MAILA", "TYPE0", "255"]
)
def test_a_type_of_which_nothing_is_signed_is_told(rdtype: str, network: Path, run: Run) -> None:
    code, out, err = run("dnssec", "dane-good.example", rdtype, "--network", network, "--json")
    assert (code, err) == (3, "")
    found = json.loads(out)
    assert (found["status"], found["found"], found["resolver"]["rcode"]) == ("indeterminate", "failed", None)
    text = run("dnssec", "dane-good.example", rdtype, "--network", network)[1]
    assert text.splitlines()[0].endswith(": NO ANSWER, INDETERMINATE")
    assert text.splitlines()[1].strip() == found["reason"]


# --- what to do ------------------------------------------------------------------------------------


def test_bogus_says_what_mends_it_and_nothing_else_does(network: Path, run: Run) -> None:
    _, out, _ = run("dnssec", "bogus.example", "MX", "--network", network)
    fixes = [line for line in out.splitlines() if line.startswith("  Fix: ")]
    assert [line[:40] for line in fixes] == ["  Fix: Sign the zone bogus.example again"]
    found = json.loads(run("dnssec", "bogus.example", "MX", "--network", network, "--json")[1])
    assert fixes == [f"  Fix: {found['fix']}"]
    for name in ("dane-good.example", "plaintext.example"):
        assert "Fix: " not in run("dnssec", name, "MX", "--network", network)[1]
        assert json.loads(run("dnssec", name, "MX", "--network", network, "--json")[1])["fix"] is None


# --- anchors ---------------------------------------------------------------------------------------


def test_an_island_of_security(island: str, network: Path, tmp_path: Path, run: Run) -> None:
    anchor = tmp_path / "island.ds"
    anchor.write_text(island, encoding="ascii")
    words = ("--network", network, "--trust-anchor", anchor)
    code, out, _ = run("dnssec", "dane-good.example", "MX", *words)
    assert code == 0
    assert "trust anchor dane-good.example, your own  " in out
    assert "root (.)" not in out
    code, out, _ = run("dnssec", "dane-sts.example", "MX", *words)
    assert code == 1
    assert "No trust anchor covers dane-sts.example" in out
    code, out, _ = run("check", "dane-good.example", "--posture", "postfix-dane-only", "--full", *words)
    assert code == 0
    assert "the chain of trust from the trust anchor dane-good.example is intact" in " ".join(out.split())


def test_the_closest_of_several_anchors_decides(
    island: str, lab: Lab, network: Path, tmp_path: Path, run: Run
) -> None:
    anchor = tmp_path / "anchors"
    for text, code in (
        (lab.trust_anchor + island, 0),
        (f"{lab.trust_anchor}dane-good.example. IN DS 4711 13 2 {'00' * 32}\n", 2),
    ):
        anchor.write_text(text, encoding="ascii")
        words = ("--network", network, "--trust-anchor", anchor, "--json")
        status, out, _ = run("dnssec", "dane-good.example", "MX", *words)
        found = json.loads(out)
        assert status == code, found["reason"]
        marks = [(zone["zone"], zone["anchor"]) for zone in found["chain"]]
        assert marks == [("dane-good.example", "positive")]
        assert run("dnssec", "dane-sts.example", "MX", *words)[0] == 0


def test_an_anchor_that_is_none_is_wrong_usage(network: Path, tmp_path: Path, run: Run) -> None:
    anchor = tmp_path / "anchor"
    for text, sentence in (
        ("this is no anchor", "The trust anchor cannot be read as zone-file text: "),
        ("b.example. MX 0 .", "A trust anchor is a DS or a DNSKEY record, not b.example MX."),
    ):
        anchor.write_text(text, encoding="utf-8")
        for command in ("check", "dnssec"):
            code, out, err = run(command, "b.example", "--network", network, "--trust-anchor", anchor)
            assert (code, out, err.count("\n")) == (64, "", 1)
            assert f"{anchor}: trust_anchor: {sentence}" in err
            assert "<input>" not in err
            assert ".." not in err


# --- negative anchors ------------------------------------------------------------------------------


def test_a_zone_that_is_declared_insecure(network: Path, tmp_path: Path, run: Run) -> None:
    """A broken zone is walked as if it were unsigned, and whoever looks at it later is told so."""
    words = ("--network", network, "--insecure-zone", "BOGUS.example.")
    code, out, _ = run("dnssec", "mx1.bogus.example", "A", *words)
    assert code == 1
    assert "bogus.example is declared insecure here (negative trust anchor)" in out
    assert "negative trust anchor bogus.example  " in out
    assert run("dnssec", "dane-good.example", "MX", *words)[0] == 0
    capture = tmp_path / "c.json"
    run("check", "bogus.example", *words, "--capture", capture)
    assert json.loads(capture.read_text())["ground"]["insecure_zones"] == ["bogus.example"]
    for more in (("--full",), ("--format", "json")):
        _, out, _ = run("check", "bogus.example", "--replay", capture, *more)
        assert "SEC013" in out
        assert "SEC012" not in out
        assert "is declared insecure here (negative trust anchor)" in " ".join(out.split())


def test_the_network_file_takes_them_and_a_name_that_is_none_is_told(
    network: Path, tmp_path: Path, run: Run
) -> None:
    own = tmp_path / "own.toml"
    own.write_text('insecure_zones = ["dane-good.example", "dane-sts.example"]\n' + network.read_text())
    for file in ("root.ds", "ca.pem"):
        (tmp_path / file).write_bytes((network.parent / file).read_bytes())
    assert run("dnssec", "dane-good.example", "MX", "--network", own)[0] == 1
    assert run("dnssec", "dane-good.example", "MX", "--network", own, "--insecure-zone", "x.example")[0] == 0
    code, out, err = run("dnssec", "b.example", "--network", network, "--insecure-zone", "a..b")
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert "insecure_zones: 'a..b': The name contains an empty label (two dots in a row)." in err


# --- whose anchors ---------------------------------------------------------------------------------


def test_an_anchor_that_is_not_ianas_is_named(network: Path, island: str, tmp_path: Path, run: Run) -> None:
    words = ("dnssec", "dane-good.example", "MX", "--network", network)
    _, out, _ = run(*words)
    assert out.splitlines()[2] == "  The DNSSEC root is not IANA's."
    assert json.loads(run(*words, "--json")[1])["anchor"] == "own"
    (tmp_path / "island.ds").write_text(island, encoding="ascii")
    _, out, _ = run(*words, "--trust-anchor", tmp_path / "island.ds")
    assert out.splitlines()[2] == "  The trust anchors are not IANA's."
    (tmp_path / "iana.ds").write_text(ROOT_ANCHORS, encoding="ascii")
    _, out, _ = run(*words, "--trust-anchor", tmp_path / "iana.ds")
    assert "not IANA's" not in out
    assert json.loads(run(*words, "--json", "--trust-anchor", tmp_path / "iana.ds")[1])["anchor"] == "iana"
