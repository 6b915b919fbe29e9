"""The lab's mail servers over real sockets: STARTTLS, certificates by SNI, and each way to break."""

from __future__ import annotations

import hashlib
import smtplib
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lab_client import DEADLINE, Client

from mailpath.lab import Lab


def context(**limits) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 is what some tests are about
        made.minimum_version = ssl.TLSVersion.TLSv1
    for key, value in limits.items():
        setattr(made, key, value)
    return made


@contextmanager
def secured(
    lab: Lab, host: str, name: str | None, using: ssl.SSLContext | None = None, *, deadline: float = DEADLINE
) -> Iterator[tuple[Client, ssl.SSLSocket]]:
    """A client inside TLS, and its socket."""
    with Client(lab, host, deadline=deadline) as client:
        client.reply()
        client.say("EHLO client.example")
        assert client.say("STARTTLS").startswith("220")
        yield client, client.secure(using or context(), name)


def leaf(tls: ssl.SSLSocket) -> x509.Certificate:
    presented = tls.getpeercert(binary_form=True)
    assert presented is not None
    return x509.load_der_x509_certificate(presented)


def test_a_whole_delivery(internet: Lab) -> None:
    host, port = internet.dialled("mx1.pkix-good.example", 25).split(":")
    verifying = ssl.create_default_context(cafile=internet.settings.ca_file)
    with smtplib.SMTP(host, int(port), timeout=DEADLINE) as client:
        vars(client)["_host"] = "mx1.pkix-good.example"  # the name to verify: smtplib takes the dialled one
        client.starttls(context=verifying)
        message = "Subject: hello\r\n\r\n..\r\nhello\r\n"
        client.sendmail("me@a.example", ["you@pkix-good.example"], message)
    session = [seen for seen in internet.seen if seen.host == "mx1.pkix-good.example"][-1]
    assert session.delivered == 1
    assert session.sni == "mx1.pkix-good.example"
    assert session.tls_version == "TLSv1.3"
    assert [line.split()[0].upper() for line in session.commands][:3] == ["EHLO", "STARTTLS", "EHLO"]


def test_keywords_before_and_inside_tls(internet: Lab) -> None:
    with Client(internet, "good.faults.example") as client:
        assert client.reply() == "220 good.faults.example ESMTP"
        assert "STARTTLS" in client.say("EHLO client.example")
        client.say("STARTTLS")
        client.secure(context(), "good.faults.example")
        inside = client.say("EHLO client.example")
        assert "REQUIRETLS" in inside
        assert "STARTTLS" not in inside
        assert client.say("STARTTLS").startswith("503")
        assert client.say("WHAT").startswith("500")
        assert client.say("QUIT").startswith("221")
        assert client.reply() == ""


@pytest.mark.parametrize(
    ("host", "name", "issuer"),
    [
        ("named.faults.example", None, "mail.somewhere-else.example"),
        ("named.faults.example", "unknown.example", "mail.somewhere-else.example"),
        ("named.faults.example", "NAMED.faults.example", "Mailpath Lab Issuing CA"),
        ("mx1.dane-ta.example", None, "dane-ta.example CA"),
    ],
)
def test_the_certificate_depends_on_sni(internet: Lab, host: str, name: str | None, issuer: str) -> None:
    with secured(internet, host, name) as (_, tls):
        assert leaf(tls).issuer.rfc4514_string() == f"CN={issuer}"


@pytest.mark.parametrize(
    ("host", "name"), [("picky.faults.example", "picky.faults.example"), ("needs.faults.example", None)]
)
def test_an_unwanted_name_is_refused_by_alert(internet: Lab, host: str, name: str | None) -> None:
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"), secured(internet, host, name):
        pytest.fail("the handshake went through")


def test_the_tlsa_record_matches_the_certificate(internet: Lab) -> None:
    for scenario, matches in (("dane-good", True), ("dane-stale", False)):
        mx = f"mx1.{scenario}.example"
        with secured(internet, mx, mx) as (_, tls):
            key = leaf(tls).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        record = f"3 1 1 {hashlib.sha256(key).hexdigest()}"
        assert (record in internet.records(f"_25._tcp.{mx}", "TLSA")) == matches


@pytest.mark.parametrize(("host", "version"), [("old", "TLSv1"), ("twelve", "TLSv1.2"), ("good", "TLSv1.3")])
def test_tls_versions(internet: Lab, host: str, version: str) -> None:
    with secured(internet, f"{host}.faults.example", None) as (_, tls):
        assert tls.version() == version


def test_tls_1_0_is_all_that_the_old_server_speaks(internet: Lab) -> None:
    newer = context(minimum_version=ssl.TLSVersion.TLSv1_2)
    with pytest.raises(ssl.SSLError), secured(internet, "old.faults.example", None, newer):
        pytest.fail("the handshake went through")


def test_anonymous_suites_have_no_certificate(internet: Lab) -> None:
    with secured(internet, "anonymous.faults.example", None) as (_, tls):
        suite = tls.cipher()
        assert suite is not None
        assert suite[0].startswith(("AECDH", "ADH"))
        assert not tls.getpeercert(binary_form=True)


@pytest.mark.parametrize(
    ("host", "greeting"),
    [
        ("closed.faults.example", ""),
        ("late.faults.example", "220-one\n220 two"),
        ("mx1.greeting-refused.example", "554 5.3.2 no service here"),
    ],
)
def test_greetings(internet: Lab, host: str, greeting: str) -> None:
    with Client(internet, host) as client:
        assert client.reply() == greeting


def test_a_greeting_that_never_comes(internet: Lab) -> None:
    with Client(internet, "mute.faults.example", deadline=0.1) as client, pytest.raises(TimeoutError):
        client.reply()


@pytest.mark.parametrize(
    ("host", "reply"),
    [
        ("absent", "503 5.5.1 STARTTLS not available"),
        ("refusing", "454 4.7.0 not now"),
        ("junk", "220 2.0.0 ready to start TLS"),
        ("abort", "220 2.0.0 ready to start TLS"),
        ("drop", ""),
    ],
)
def test_starttls_replies(internet: Lab, host: str, reply: str) -> None:
    with Client(internet, f"{host}.faults.example") as client:
        client.reply()
        assert ("STARTTLS" in client.say("EHLO client.example")) == (host != "absent")
        assert client.say("STARTTLS") == reply


@pytest.mark.parametrize(
    ("host", "error"), [("junk", ssl.SSLError), ("abort", (ssl.SSLEOFError, ConnectionError))]
)
def test_handshakes_that_fail(internet: Lab, host: str, error: type[Exception]) -> None:
    with pytest.raises(error), secured(internet, f"{host}.faults.example", None):
        pytest.fail("the handshake went through")


def test_a_handshake_that_hangs(internet: Lab) -> None:
    hanging = secured(internet, "hang.faults.example", None, deadline=0.2)
    with pytest.raises(TimeoutError), hanging:
        pytest.fail("the handshake went through")


def test_clear_text_behind_the_220(internet: Lab) -> None:
    with Client(internet, "inject.faults.example") as client:
        client.reply()
        client.say("EHLO client.example")
        assert client.say("STARTTLS").startswith("220 ")
        assert client.reply() == "250 injected"


@pytest.mark.parametrize(
    ("host", "ehlo", "mail"),
    [
        ("closeehlo", "", None),
        ("closemail", "250-", ""),
        ("refusetls", "554 5.5.0 not inside TLS", "250 2.1.0 ok"),
    ],
)
def test_what_happens_inside_tls(internet: Lab, host: str, ehlo: str, mail: str | None) -> None:
    with secured(internet, f"{host}.faults.example", None) as (client, _):
        assert client.say("EHLO client.example")[: len(ehlo) or None] == ehlo
        if mail is not None:
            assert client.say("MAIL FROM:<>") == mail


def test_closed_right_after_the_handshake(internet: Lab) -> None:
    with secured(internet, "closetls.faults.example", None) as (client, tls):
        assert tls.version() == "TLSv1.3"
        assert client.reply() == ""


def test_envelopes(internet: Lab) -> None:
    with Client(internet, "envelope.faults.example") as client:
        client.reply()
        client.say("EHLO client.example")
        assert client.say("MAIL FROM:<>") == "250 2.1.0 fine"
        assert client.say("RCPT TO:<you@faults.example>") == "550 5.1.1 no such user"
    for expected in ("451", "250"):
        with Client(internet, "grey.faults.example") as client:
            client.reply()
            client.say("EHLO client.example")
            client.say("MAIL FROM:<>")
            assert client.say("RCPT TO:<you@faults.example>").startswith(expected)
    with Client(internet, "clearless.faults.example") as client:
        client.reply()
        assert client.say("MAIL FROM:<>").startswith("530 5.7.0")
    with Client(internet, "noehlo.faults.example") as client:
        client.reply()
        assert client.say("EHLO client.example").startswith("502")
        assert client.say("HELO client.example").startswith("250")


def test_nobody_listens(internet: Lab) -> None:
    with pytest.raises(ConnectionRefusedError):
        Client(internet, "refused.faults.example")
    with pytest.raises(TimeoutError):
        Client(internet, "hole.faults.example", deadline=0.3)


def test_one_client_cannot_make_the_server_read_for_ever(internet: Lab) -> None:
    with Client(internet, "good.faults.example") as client:
        client.reply()
        client.send(b"x" * 5000)
        assert client.reply().startswith("500 5.5.6")
    with Client(internet, "good.faults.example") as client:
        client.reply()
        client.send(b"NOOP\r\n" * 200)
        replies = [client.reply() for _ in range(201)]
        assert replies[-1].startswith("421")


def test_each_address_has_a_dial_entry(internet: Lab) -> None:
    for host, rdtype, shape in (
        ("good.faults.example", "A", "{}:25"),
        ("good.faults.example", "AAAA", "[{}]:25"),
        ("mta-sts.sts-enforce.example", "A", "{}:443"),
    ):
        (address,) = internet.records(host, rdtype)
        assert internet.settings.dial[shape.format(address)].startswith("127.0.0.1:")


@pytest.mark.parametrize(("host", "bits"), [("sha1", None), ("short", 1024)])
def test_certificates_that_libraries_no_longer_make(internet: Lab, host: str, bits: int | None) -> None:
    with secured(internet, f"{host}.faults.example", None) as (_, tls):
        shown = leaf(tls)
    assert shown.signature_hash_algorithm.name == "sha1"
    assert bits is None or shown.public_key().key_size == bits
    loose = context(verify_mode=ssl.CERT_REQUIRED)
    loose.load_verify_locations(internet.settings.ca_file)
    if bits is None:
        with secured(internet, f"{host}.faults.example", None, loose) as (_, tls):
            assert tls.version() == "TLSv1.3"
    strict = ssl.create_default_context(cafile=internet.settings.ca_file)
    name = f"{host}.faults.example"
    with pytest.raises(ssl.SSLCertVerificationError), secured(internet, name, name, strict):
        pytest.fail("the handshake went through")
