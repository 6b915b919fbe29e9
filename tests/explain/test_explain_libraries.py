"""What TLS libraries say, in whosever log: the cause, the side, and who is credited with the words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.findings import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.tickets.explain import Kind, explain
from mailpath.tickets.explain.wordings import hear, libraries
from mailpath.tickets.phrases import simplify


def _findings(found):
    return {code for cause in found.causes for code in cause.findings}


def _log(program, said):
    return f"Nov 23 10:00:00 mx postfix/{program}[300]: {said}"


#: Library, its words, what a walk shows then: all of it and, but for TLSA records, nothing else.
WORDS = [
    # expired; not yet valid; Go says both in one sentence
    ("OpenSSL", "certificate verify failed: certificate has expired", {"TLS009"}),
    ("OpenSSL", "SSL verify error: depth=0 error=certificate is not yet valid cert=/CN=x", {"TLS009"}),
    ("GnuTLS", "The certificate is NOT trusted. The certificate chain uses expired certificate.", {"TLS009"}),
    ("Go", "x509: certificate has expired or is not yet valid: current time 2026-11-23T10:00:00Z is after"
     " 2026-11-20T10:00:00Z", {"TLS009"}),
    ("rustls", "invalid peer certificate: NotValidYet", {"TLS009"}),
    ("Java", "java.security.cert.CertificateExpiredException: NotAfter: Mon Nov 23 10:00:00 UTC 2026",
     {"TLS009"}),
    ("Schannel", "Reason: CertificateExpired", {"TLS009"}),
    # another name
    ("OpenSSL", "num=62:hostname mismatch", {"TLS010"}),
    ("OpenSSL", "certificate verify failed: IP address mismatch, certificate is not valid for '192.0.2.1'",
     {"TLS010"}),
    ("Go", "tls: failed to verify certificate: x509: certificate is valid for a.example, not b.example",
     {"TLS010"}),
    ("Go", "x509: cannot validate certificate for 192.0.2.1 because it doesn't contain any IP SANs",
     {"TLS010"}),
    ("rustls", "invalid peer certificate: certificate not valid for name \"mx.b.example\"", {"TLS010"}),
    ("Node.js", "Hostname/IP does not match certificate's altnames: Host: mx.b.example.", {"TLS010"}),
    ("Java", "No subject alternative DNS name matching mx.b.example found.", {"TLS010"}),
    ("GnuTLS", "The name in the certificate does not match the expected.", {"TLS010"}),
    ("Schannel", "SubjectMismatch", {"TLS010"}),
    # nobody vouches for it
    ("OpenSSL", "self-signed certificate", {"TLS008"}),
    ("Node.js", "DEPTH_ZERO_SELF_SIGNED_CERT", {"TLS008"}),
    ("OpenSSL", "self-signed certificate in certificate chain", {"TLS012"}),
    ("Node.js", "SELF_SIGNED_CERT_IN_CHAIN", {"TLS012"}),
    ("OpenSSL", "unable to get local issuer certificate", {"TLS011", "TLS012"}),
    ("Node.js", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", {"TLS011", "TLS012"}),
    ("GnuTLS", "The certificate is NOT trusted. The certificate issuer is unknown.",
     {"TLS008", "TLS011", "TLS012"}),
    ("Go", "x509: certificate signed by unknown authority", {"TLS008", "TLS011", "TLS012"}),
    ("rustls", "invalid peer certificate: UnknownIssuer", {"TLS008", "TLS011", "TLS012"}),
    ("Java", "PKIX path building failed: unable to find valid certification path to requested target",
     {"TLS008", "TLS011", "TLS012"}),
    ("Schannel", "SEC_E_UNTRUSTED_ROOT", {"TLS008", "TLS011", "TLS012"}),
    # weak
    ("OpenSSL", "num=68:CA signature digest algorithm too weak", {"TLS023"}),
    ("GnuTLS", "The certificate chain uses insecure algorithm.", {"TLS023"}),
    ("Java", "Algorithm constraints check failed on signature algorithm: SHA1withRSA", {"TLS023"}),
    # versions, cipher suites, keys
    ("OpenSSL", "error:0A000102:SSL routines::unsupported protocol", {"TLS006", "TLS004"}),
    ("Go", "tls: server selected unsupported protocol version 301", {"TLS006", "TLS004"}),
    ("rustls", "peer is incompatible: ServerTlsVersionIsDisabledByOurConfig", {"TLS006", "TLS004"}),
    ("OpenSSL", "error:0A0000C1:SSL routines::no shared cipher", {"TLS004", "TLS006", "TLS014"}),
    ("Java", "no cipher suites in common", {"TLS004", "TLS006", "TLS014"}),
    ("GnuTLS", "Could not negotiate a supported cipher suite.", {"TLS004", "TLS006"}),
    ("OpenSSL", "error:141A318A:SSL routines:tls_process_ske_dhe:dh key too small", {"TLS004"}),
    ("GnuTLS", "The Diffie-Hellman prime sent by the server is not acceptable (not long enough).",
     {"TLS004"}),
    # no TLS at all
    ("OpenSSL", "error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
     {"TLS004", "TLS005", "TLS021"}),
    ("Go", "tls: first record does not look like a TLS handshake", {"TLS004", "TLS005", "TLS021"}),
    ("Schannel", "TLS negotiation failed with error InvalidToken", {"TLS004", "TLS005", "TLS021"}),
    # closed without a word
    ("rustls", "I/O error: tls handshake eof", {"TLS004", "TLS021"}),
    ("GnuTLS", "The TLS connection was non-properly terminated.", {"TLS004", "TLS021"}),
    ("OpenSSL", "SSL_ERROR_SYSCALL: unexpected eof while reading", {"TLS004", "TLS021"}),
    # alerts
    ("OpenSSL", "sslv3 alert handshake failure", {"TLS004", "TLS006", "TLS014"}),
    ("Go", "remote error: tls: handshake failure", {"TLS004", "TLS006", "TLS014"}),
    ("GnuTLS", "A TLS fatal alert has been received.: Handshake failed", {"TLS004", "TLS006", "TLS014"}),
    ("OpenSSL", "tlsv1 alert protocol version", {"TLS006", "TLS004"}),
    ("rustls", "received fatal alert: ProtocolVersion", {"TLS006", "TLS004"}),
    ("Java", "Received fatal alert: protocol_version", {"TLS006", "TLS004"}),
    ("OpenSSL", "tlsv1 unrecognized name SSL alert number 112", {"TLS014", "TLS004"}),
    ("Go", "remote error: tls: unrecognized name", {"TLS014", "TLS004"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("library", "text", "findings"), WORDS, ids=lambda value: value[:40] if isinstance(value, str) else ""
)
def test_what_a_library_says(library, text, findings):
    found = explain(text)
    assert found.kind is Kind.SENTENCE
    assert f"words of {library}" in found.recognised
    assert {code for code in _findings(found) if not code.startswith("TLSA")} == findings
    own = libraries().speaks.get(library)
    assert found.postures
    assert not own or set(found.postures) <= own


@pytest.mark.parametrize(
    "text",
    [
        "sslv3 alert certificate expired: SSL alert number 45",
        "tlsv1 alert unknown ca",
        "remote error: tls: expired certificate",
        "remote error: tls: unknown certificate authority",
        "received fatal alert: BadCertificate",
        "Received fatal alert: certificate_unknown",
        "A TLS fatal alert has been received: Certificate is expired",
    ],
)
def test_an_alert_is_the_other_side_s_view(text):
    """In a sender's log it speaks of the sender's certificate, in the receiving server's of its own."""
    found = explain(text)
    assert not _findings(found)
    assert "sender's own certificate" in found.means[0]
    taking = explain(_log("smtpd", f"SSL_accept error from unknown[192.0.2.9]: {text}"))
    assert _findings(taking) & {"TLS008", "TLS009"}
    assert "this server's certificate" in taking.means[1]
    assert taking.means[-1].startswith("mailpath explains the sending side")


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        (_log("smtpd", "SSL_accept error from unknown[192.0.2.9]: -1"), set()),
        (_log("smtpd", "warning: TLS library problem: error:0A0000C1:SSL routines::no shared cipher:x.c:1:"),
         {"TLS004", "TLS006", "TLS014"}),
        ("STARTTLS=server, error: accept failed=-1, reason=unsupported protocol", {"TLS004", "TLS006"}),
        ("TLS error on connection from mx.a.example [192.0.2.9] (SSL_accept): error:0A00010B:SSL"
         " routines::wrong version number", set()),
    ],
)  # fmt: skip
def test_the_log_of_a_server_that_takes_mail_is_told_as_one(text, findings):
    found = explain(text)
    assert "a line of a receiving server's log" in found.recognised
    assert _findings(found) == findings


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        ("TLS negotiation failed with error InvalidToken", "Schannel"),
        ("I/O error: tls handshake eof", "rustls"),
        ("error:0A000086:SSL routines::certificate verify failed", "OpenSSL"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired", "OpenSSL"),
        ("TLS handshake failed", "mail servers"),
        ("STARTTLS not advertised by host", "mail servers"),
    ],
)
def test_words_are_credited_to_whoever_alone_says_them(text, speaker):
    known = " ".join(explain(text).recognised)
    assert speaker in known
    assert not [name for name in ("Gmail", "Sendmail", "Exim", "Postfix") if name in known]


@pytest.mark.parametrize(
    ("text", "findings", "postures"),
    [
        ("TLS session: (SSL_connect): error:0A000086:SSL routines::certificate verify failed",
         {"TLS008", "TLS012"}, {"exim-verify"}),
        ("Cannot start TLS: handshake failure: sslv3 alert handshake failure",
         {"TLS004"}, {"postfix-encrypt"}),
        ("TLS session: (gnutls_handshake): A TLS packet with unexpected length was received.",
         {"TLS004"}, {"exim-require-tls"}),
    ],
)  # fmt: skip
def test_a_library_narrows_down_what_the_server_says(text, findings, postures):
    found = explain(text)
    assert _findings(found) >= findings
    assert set(found.postures) >= postures
    families = {PRESETS[name].agent.family for name in found.postures}
    assert len(families) == 1


# --- the tables --------------------------------------------------------------------------------------


def test_the_table_of_libraries_speaks_of_known_things():
    table = libraries()
    assert {name for names in table.speaks.values() for name in names} <= set(PRESETS)
    for said in table.said:
        for meaning in (said, *((said.taking,) if said.taking else ())):
            assert set(meaning.findings) <= set(CATALOGUE)
            assert isinstance(meaning.events, tuple)
        for phrase in (each for phrases in said.like.values() for each in phrases):
            if phrase.startswith("."):
                continue
            plain = " ".join(simplify(phrase.replace("*", " ").replace("|", "")).split())
            assert plain == " ".join(phrase.replace("*", " ").replace("|", "").split())
            heard = hear(phrase.replace("*", " ").replace("|", ""))
            assert heard is not None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([text for _, text, _ in WORDS]) | st.text(max_size=40), max_size=6))
def test_words_of_several_libraries_at_once(parts):
    found = explain("\n".join(parts))
    assert set(found.postures) <= set(PRESETS)
    assert _findings(found) <= set(CATALOGUE)
