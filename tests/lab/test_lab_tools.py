"""Other people's tools agree with the lab: dig, delv, openssl, curl (make interop)."""

from __future__ import annotations

import subprocess

import pytest

from mailpath.lab import Lab
from mailpath.lab.serve import commands

pytestmark = pytest.mark.interop


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input="QUIT\r\n", capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def folder(internet: Lab, tmp_path_factory: pytest.TempPathFactory):
    made = tmp_path_factory.mktemp("network")
    internet.write_network_file(made)
    return made


VALIDATED = "; fully validated"
DENIED = "; negative response, fully validated"
UNSIGNED = "; unsigned answer"
UNSIGNED_DENIAL = "; negative response, unsigned answer"


@pytest.mark.parametrize(
    ("name", "rdtype", "verdict"),
    [
        (".", "DNSKEY", VALIDATED),
        ("example", "DS", VALIDATED),
        ("a.example", "TXT", VALIDATED),
        ("dane-good.example", "MX", VALIDATED),
        ("_25._tcp.mx1.dane-good.example", "TLSA", VALIDATED),
        ("dane-good.example", "TXT", DENIED),
        ("nothing.dane-good.example", "A", DENIED),
        ("_tcp.mx1.dane-good.example", "A", DENIED),
        ("plaintext.example", "DS", DENIED),
        ("plaintext.example", "MX", UNSIGNED),
        ("nothing.plaintext.example", "MX", UNSIGNED_DENIAL),
        ("nsec3.example", "MX", VALIDATED),
        ("nsec3.example", "TXT", DENIED),
        ("x.nothing.nsec3.example", "A", DENIED),
        ("_tcp.mx1.nsec3.example", "A", DENIED),
        ("alias.zoo.example", "A", VALIDATED),
        ("any.wild.zoo.example", "A", VALIDATED),
        ("any.wild.zoo.example", "TXT", DENIED),
        ("hashed.zoo.example", "A", VALIDATED),
        ("www.dn.zoo.example", "A", VALIDATED),
        ("big.zoo.example", "TXT", VALIDATED),
        ("any.wild.zoo-nsec3.example", "A", VALIDATED),
        ("any.wild.zoo-nsec3.example", "MX", DENIED),
        ("b.c.zoo-nsec3.example", "A", DENIED),
        ("www.zoo-optout.example", "A", VALIDATED),
        ("www.safe.zoo-optout.example", "A", VALIDATED),
        ("www.sub.zoo-optout.example", "A", UNSIGNED),
        ("www.under.zoo-plain.example", "A", UNSIGNED),
        ("www.zoo-island.example", "A", UNSIGNED),
        ("ok.zoo-tamper.example", "A", VALIDATED),
        ("host.invalid", "A", DENIED),
    ],
)
def test_delv_validates(internet: Lab, folder, name: str, rdtype: str, verdict: str) -> None:
    host, port = internet.settings.resolver.split(":")
    output = run("delv", "-a", str(folder / "anchors.conf"), "-p", port, f"@{host}", name, rdtype).stdout
    assert output.splitlines()[0] == verdict


@pytest.mark.parametrize("zone", ["zoo-tamper", "zoo-expired", "zoo-badds", "bogus", "bogus-ds"])
def test_delv_finds_bogus_what_is(internet: Lab, folder, zone: str) -> None:
    host, port = internet.settings.resolver.split(":")
    question = (f"{zone}.example", "MX") if zone.startswith("bogus") else (f"www.{zone}.example", "A")
    result = run("delv", "-a", str(folder / "anchors.conf"), "-p", port, f"@{host}", *question)
    assert "resolution failed" in result.stderr
    assert VALIDATED not in result.stdout
    digged = run("dig", "+dnssec", "-p", port, f"@{host}", *question).stdout
    assert "status: SERVFAIL" in digged
    assert "EDE: 6 (DNSSEC Bogus)" in digged
    unchecked = run("dig", "+dnssec", "+cd", "-p", port, f"@{host}", *question).stdout
    assert "status: NOERROR" in unchecked


def test_every_printed_line_works(internet: Lab, folder) -> None:
    expected = {
        "dig": " ad;",
        "delv": VALIDATED,
        "openssl": "Verification: OK",
        "curl": "version: STSv1",
    }
    used = set()
    for command in commands(internet, folder):
        result = run(*command)
        assert result.returncode == 0, result.stderr
        assert expected[command[0]] in result.stdout + result.stderr
        used.add(command[0])
    assert used == set(expected)


def test_openssl_agrees_that_the_record_is_stale(internet: Lab) -> None:
    mx = "mx1.dane-stale.example"
    (record,) = internet.records(f"_25._tcp.{mx}", "TLSA")
    dane = ("-dane_tlsa_domain", mx, "-dane_tlsa_rrdata", record)
    connect = ("-connect", internet.dialled(mx, 25), "-servername", mx)
    result = run(
        "openssl", "s_client", "-brief", "-starttls", "smtp", *connect, *dane, "-verify_return_error"
    )
    assert result.returncode != 0
    assert "no matching DANE TLSA records" in result.stderr
