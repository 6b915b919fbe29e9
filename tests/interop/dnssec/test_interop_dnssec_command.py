"""`mailpath dnssec` on the same internet: one status each, and what the resolver claims beside it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from interop_internet import Internet
from interop_model import NAMED, RESOLVER_NAME, UNBOUND


def run(internet: Internet, *arguments: str, resolver: str = UNBOUND) -> subprocess.CompletedProcess[str]:
    file = internet.folder / "network.toml"
    file.write_text(f'resolver = "{resolver}"\ntrust_anchor = "root.ds"\nca_file = "ca.pem"\n')
    command = internet.space.command(
        sys.executable, "-m", "mailpath", "dnssec", *arguments, "--network", str(file)
    )
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(
    ("name", "rdtype", "code", "status"),
    [
        ("_25._tcp.mx1.x.y.z.l4.l3.l2.deep.example", "TLSA", 0, "secure"),
        ("big.large.example", "TXT", 0, "secure"),
        ("weak.alias.example", "A", 1, "insecure"),
        ("expired.example", "MX", 2, "bogus"),
        ("nope.stripped3.example", "A", 2, "bogus"),
        ("nobody.example", "MX", 3, "indeterminate"),
    ],
)
def test_exit_code_and_json(real_internet: Internet, name: str, rdtype: str, code: int, status: str) -> None:
    done = run(real_internet, name, rdtype, "--json")
    assert (done.returncode, done.stderr) == (code, "")
    said = json.loads(done.stdout)
    assert said["status"] == status
    assert said["reason"]
    assert "ede" in said
    assert said["chain"][0]["zone"] == "."


def test_the_same_zone_at_another_time(real_internet: Internet) -> None:
    done = run(real_internet, "nsec.example", "MX", "--json", "--at", "2040-01-01T00:00:00Z")
    assert (done.returncode, json.loads(done.stdout)["ede"]) == (2, 7), "RFC 8914: Signature Expired"


def test_what_the_resolver_claims_is_beside_our_own_verdict(real_internet: Internet) -> None:
    forgiven = run(real_internet, "soon.example", "MX")
    assert forgiven.returncode == 2
    assert "authenticated (AD set)" in forgiven.stdout
    assert "differs" in forgiven.stdout


@pytest.mark.parametrize(
    "resolver",
    [
        f"{NAMED}:53",
        f"tls://{UNBOUND}#{RESOLVER_NAME}",
        f"https://{UNBOUND}/dns-query",
    ],
)
def test_other_resolvers(real_internet: Internet, resolver: str) -> None:
    large = run(real_internet, "big.large.example", "TXT", "--json", resolver=resolver)
    assert (large.returncode, large.stderr) == (0, "")
    assert len(json.loads(large.stdout)["records"]) == 30


def test_a_resolver_with_another_name_is_not_asked(real_internet: Internet) -> None:
    done = run(real_internet, "nsec.example", "MX", resolver=f"tls://{UNBOUND}#other.example")
    assert done.returncode == 3
    assert "other.example" in done.stdout, "the reason names what was not vouched for"
