"""What a scenario of one's own may say beyond the lessons: faults of the resolver, DS sets, PTR."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from hashlib import sha256

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.reversename
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lab_client import Client

from mailpath.api import validate
from mailpath.facts import Security
from mailpath.lab import Lab, ScenarioError
from mailpath.lab.scenario import decode
from mailpath.network import endpoints

TEXT = """
id = "own"
title = "x"
teaches = "x"
hint = "x"

[[zone]]
sec = "signed"
algorithms = ["ED25519", "ECDSAP256SHA256"]
rr = ["@ MX 10 mx1", "_25._tcp.mx1 {tlsa 3 1 1 mx1/second}", "a TXT x", "b TXT x", "c TXT x", "d TXT x"]

[[zone]]
name = "own-stale.example."
sec = "signed"
ds = ["1 13 2 DIGEST"]
rr = ["@ TXT x"]

[[zone]]
name = "own-odd.example."
sec = "signed"
ds = ["1 200 2 DIGEST"]
rr = ["@ TXT x"]

[[zone]]
name = "own-both.example."
sec = "signed"
ds = ["1 13 2 DIGEST", "ECDSAP256SHA256 SHA384"]
rr = ["@ TXT x"]

[[server]]
host = "mx1"
ptr = "mx1"
cert = "self"
second = { preset = "self", algorithm = "rsa-2048" }

[[fault]]
name = "a"
type = "TXT"
answer = "refused"
ede = 4711

[[fault]]
name = "b"
answer = "drop"
cd = "set"

[[fault]]
name = "c"
type = "TXT"
cd = "clear"
"""


@pytest.fixture(scope="module")
def own() -> Iterator[Lab]:
    with Lab.start((decode(TEXT.replace("DIGEST", "00" * 32).encode(), "own"),)) as lab:
        yield lab


def ask(lab: Lab, name: str, rdtype: str, flags: int = 0) -> dns.message.Message:
    host, port = endpoints.split(lab.settings.resolver or "")
    query = dns.message.make_query(name, rdtype, want_dnssec=True)
    query.flags |= flags
    return dns.query.udp(query, host, port=port, timeout=0.5)


def test_a_fault_is_of_one_name_one_type_and_cd(own: Lab) -> None:
    refused = ask(own, "a.own.example", "TXT")
    assert refused.rcode() == dns.rcode.REFUSED
    assert [int(option.code) for option in refused.extended_errors()] == [4711]
    assert ask(own, "a.own.example", "A").rcode() == dns.rcode.NOERROR
    assert ask(own, "c.own.example", "TXT").rcode() == dns.rcode.SERVFAIL
    assert ask(own, "c.own.example", "TXT", dns.flags.CD).answer
    assert ask(own, "b.own.example", "TXT").answer
    with pytest.raises(dns.exception.Timeout):
        ask(own, "b.own.example", "TXT", dns.flags.CD)


@pytest.mark.parametrize(
    ("name", "security", "fails"),
    [
        ("d.own.example", Security.SECURE, False),
        ("own-stale.example", Security.BOGUS, True),
        ("own-odd.example", Security.INSECURE, False),
        ("own-both.example", Security.SECURE, False),
    ],
)
async def test_ds_records_and_algorithms(own: Lab, name: str, security: Security, fails: bool) -> None:
    """The lab's resolver says what our validator says."""
    found = await validate(name, "TXT", network=own.settings)
    assert found.security is security
    answer = ask(own, name, "TXT", dns.flags.AD)
    assert (answer.rcode() == dns.rcode.SERVFAIL) is fails
    assert bool(answer.flags & dns.flags.AD) is (security is Security.SECURE)


def test_an_address_points_back(own: Lab) -> None:
    name = dns.reversename.from_address(own.address("mx1.own.example"))
    assert own.records(str(name), "PTR") == ("mx1.own.example.",)


BELOW = """
id = "{0}"
title = "x"
teaches = "x"
hint = "x"
domain = "{0}.net"
sender = "us.net"

[[zone]]
sec = "signed"
rr = ["@ MX 10 mx1"]

[[zone]]
name = "net."
sec = "{1}"

[[zone]]
name = "us.net."
sec = "signed"
rr = ["@ TXT x"]

[[server]]
host = "mx1"
pause = {{ GREETING = 5.0 }}
"""


async def test_two_files_share_what_is_above_them_and_their_sender() -> None:
    """A lab is as patient as its slowest server needs."""
    two = [
        decode(BELOW.format(*words).encode(), "x") for words in (("one", "signed"), ("two", "nsec3optout"))
    ]
    with Lab.start(tuple(two)) as lab:
        for name in ("one.net", "two.net", "us.net"):
            found = await validate(name, "MX", network=lab.settings)
            assert found.security is Security.SECURE
        assert lab.settings.greeting_timeout > 5.0
    with pytest.raises(ScenarioError, match=r"two: zone\.name: net\. is there already"):
        Lab.start((two[0], decode(BELOW.format("two", "expired").encode(), "x")))


def test_a_client_gets_the_certificate_of_the_kind_that_it_can_use(own: Lab) -> None:
    found = {}
    for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(suite)
        with Client(own, "mx1.own.example") as client:
            client.reply()
            client.say("EHLO a.example")
            client.say("STARTTLS")
            found[suite] = client.secure(context, None).getpeercert(binary_form=True) or b""
    keys = [x509.load_der_x509_certificate(der).public_key() for der in found.values()]
    assert isinstance(keys[0], ec.EllipticCurvePublicKey)
    assert isinstance(keys[1], rsa.RSAPublicKey)
    spki = keys[1].public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert own.records("_25._tcp.mx1.own.example", "TLSA") == (f"3 1 1 {sha256(spki).hexdigest()}",)
