"""What TLS libraries say, in whosever log: the cause, the side, and who is credited with the words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.findings import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.tickets.bounce import read_bounce
from mailpath.tickets.explain import Kind, explain
from mailpath.tickets.explain.wordings import hear, libraries
from mailpath.tickets.phrases import simplify

GO = {"mox", "maddy", "chasquid"}
RUST = {"stalwart", "kumomta"}


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


@pytest.mark.parametrize(("library", "text", "findings"), WORDS, ids=lambda value: str(value)[:40])
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


# --- Exchange, Gmail and others ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("451 4.4.8 MX hosts of 'b.example' failed MTA-STS validation.", {"STS013"}),
        ("550 5.4.8 MX hosts of b.example failed MTA-STS validation", {"STS013"}),
        ("451 4.7.5 Remote certificate failed MTA-STS validation. Reason: SubjectMismatch",
         {"TLS010", "STS014"}),
        ("451 4.7.5 Remote certificate failed MTA-STS validation. Reason: CertificateExpired",
         {"TLS009", "STS014"}),
        ("450 4.4.318 Connection was closed abruptly (SuspiciousRemoteServerError)", {"TLS018", "TLS004"}),
        ("550 5.4.317 Message expired, cannot connect to remote server [Message=SuspiciousRemoteServerError]",
         {"TLS018", "TLS004"}),
        ('451 4.4.0 Primary target IP address responded with: "421 4.4.2 Connection dropped due to'
         ' SocketError." Attempted failover to alternate host.', {"TLS016", "TLS018"}),
        ('451 4.4.0 Primary target IP address responded with: "454 4.7.0 TLS not available". Attempted',
         {"TLS003"}),
        ("450 4.4.312 DNS query failed", {"MX005", "SEC002"}),
        ("550 5.4.312 Message expired, DNS query failed (InfoDomainNonexistent)", {"MX004", "MX007"}),
        ("450 4.7.320 Certificate validation failed [Message=CertificateExpired]", {"TLS009", "TLSA009"}),
    ],
)  # fmt: skip
def test_exchange_s_narrow_sentences_stand_before_its_wide_ones(text, findings):
    found = explain(text)
    assert _findings(found) >= findings
    assert findings == {"TLS003"} or _findings(found) == findings


@pytest.mark.parametrize(
    "text",
    [
        "500 Remote server does not support TLS (state 6).",
        "(TLS error from 'mx.b.example': STARTTLS not advertised by host.)",
        "TLS required but not supported by remote host",
        "server doesn't support STARTTLS",
    ],
)
def test_a_host_without_starttls(text):
    found = explain(text)
    assert _findings(found) == {"TLS002", "TLS021"}
    assert "rfc" in found.postures or found.postures == ("gmail",)
    assert not text.startswith("500") or "The mail waits" not in " ".join(found.means)


@pytest.mark.parametrize(
    "text",
    [
        "connect to mx.b.example[192.0.2.1]:25: Cannot assign requested address",
        "dial tcp 192.0.2.1:25: bind: cannot assign requested address",
        "connect to mx.b.example[192.0.2.1]:25: Permission denied",
        "connect to mx.b.example[192.0.2.1]:25: Operation not permitted",
        "Error: connect EACCES 192.0.2.1:25",
    ],
)
def test_what_the_sender_s_own_machine_forbids(text):
    found = explain(text)
    assert "mail host was not asked" in " ".join((*found.means, *(cause.text for cause in found.causes)))
    assert _findings(found) <= {"SND001"}
    assert "does not answer" not in " ".join(read_bounce(text.encode()).means)


def test_the_policy_host_s_certificate_is_not_the_mail_host_s():
    for text in (
        "mta-sts: fetching policy: Get https://mta-sts.b.example/.well-known/mta-sts.txt: x509: certificate"
        " has expired or is not yet valid",
        "failed to fetch policy for b.example: tls: failed to verify certificate: x509: signed by",
        "Error retrieving MTA-STS policy: certificate verify failed: self-signed certificate",
    ):
        assert _findings(explain(text)) == {"STS006"}, text


def test_a_refused_ehlo_speaks_of_the_client_s_name():
    for text in (
        "delivery deferred: could not perform server greeting: 501 Syntactically invalid EHLO argument(s)",
        "501 5.5.4 Invalid HELO name (see RFC5321 4.1.1.1)",
        "550 5.7.1 EHLO hostname my_host rejected",
    ):
        found = explain(text)
        assert "the name that the sender gives in EHLO" in " ".join(found.means), text
        assert _findings(found) == {"TLS017"}


# --- Postfix: the lines beside ----------------------------------------------------------------------

_FINAL = (
    "4h5QLF430Vz2jkj: to=<bob@b.example>, relay={}, delay=1, delays=0/0/1/0, dsn=4.7.5, status=deferred ({})"
)
_HOST = "mx.b.example[192.0.2.1]:25"
_CONFIGURATION = _FINAL.format("none", "client TLS configuration problem")
_NOT_VERIFIED = _FINAL.format(_HOST, "Server certificate not verified")
_HANDSHAKE = _FINAL.format(_HOST, "Cannot start TLS: handshake failure")
_POLICY = 'warning: smtp_tls_policy_maps, next-hop destination "b.example": '


@pytest.mark.parametrize(
    ("beside", "final", "findings", "means"),
    [
        (f"{_POLICY}policy table lookup error", _CONFIGURATION, set(), "does not answer"),
        ('warning: socketmap:inet:198.51.100.42:8462:query lookup error for "b.example"', _CONFIGURATION,
         set(), "does not answer"),
        (f'{_POLICY}invalid attribute name: "servername"', _CONFIGURATION, set(), "older than"),
        (f'{_POLICY}invalid security level "danger"', _CONFIGURATION, set(), "policy table"),
        (f'{_POLICY}attribute "match" has empty value', _CONFIGURATION, {"STS010"}, "names no host"),
        (f"certificate verification failed for {_HOST}: num=62:hostname mismatch", _NOT_VERIFIED,
         {"TLS010", "TLSA009"}, "another name"),
        (f"certificate verification failed for {_HOST}: num=64:IP address mismatch", _NOT_VERIFIED,
         {"TLS010", "TLSA009"}, "another name"),
        (f"certificate verification failed for {_HOST}: num=68:CA signature digest algorithm too weak",
         _NOT_VERIFIED, {"TLS023"}, "too weak"),
        (f"certificate verification failed for {_HOST}: num=20:unable to get local issuer certificate",
         _NOT_VERIFIED, {"TLS011", "TLS012"}, "vouches"),
        (f"Trusted TLS connection established to {_HOST}: TLSv1.2 with cipher X (256/256 bits)",
         _NOT_VERIFIED,
         {"TLSA002", "TLSA008", "TLS010"}, "chain is trusted"),
        (f"Anonymous TLS connection established to {_HOST}: TLSv1.2 with cipher X (256/256 bits)",
         _NOT_VERIFIED,
         {"TLS007"}, "without a certificate"),
        ("warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:x.c:1:", _HANDSHAKE,
         {"TLS006", "TLS004"}, "TLS version"),
        ("warning: DNSSEC validation may be unavailable", _FINAL.format("none", "non DNSSEC destination"),
         set(), "resolver"),
    ],
    ids=lambda value: str(value)[-40:],
)  # fmt: skip
def test_postfix_lines_beside_the_delivery(beside, final, findings, means):
    log = f"{_log('smtp', beside)}\n{_log('smtp', final)}\n"
    bounce = read_bounce(log.encode())
    for found in (explain(log), bounce):
        assert _findings(found) == findings
        assert means in " ".join(found.means)
    if not findings:
        assert bounce.causes
        assert bounce.side == "sender-admin"


def test_lines_of_another_delivery_do_not_count():
    other = _log("smtp", _FINAL.format(_HOST, "TLSA lookup error for mx.b.example:25"))
    warning = _log("smtp", f"{_POLICY}policy table lookup error")
    stranger = _log("smtp", f"{_POLICY}policy table lookup error").replace("[300]", "[301]")
    for log in (f"{warning}\n{other.replace('4h5QLF430Vz2jkj', '4h5QLF430Vz2aaa')}\n", f"{stranger}\n"):
        found = explain(f"{log}{_log('smtp', _CONFIGURATION)}\n")
        assert "STS010" in _findings(found)


def test_greylisting_is_told_as_what_it_is():
    for said in (
        "host mx.b.example[192.0.2.1] said: 450 4.7.1 <bob@b.example>: Recipient address rejected: Greylisted"
        " (in reply to RCPT TO command)",
        "host mx.b.example[192.0.2.1] said: 451 4.7.1 Greylisting in action (in reply to RCPT TO command)",
        "host mx.b.example[192.0.2.1] said: 450 4.2.0 Postgrey, see https://b.example/ (in reply to MAIL FROM"
        " command)",
    ):
        bounce = read_bounce(_log("smtp", _FINAL.format(_HOST, said)).encode())
        assert bounce.family == "greylisting"
        assert "sees for the first time" in bounce.means[0]
        assert "refused the recipient's address" not in " ".join(bounce.means)


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
