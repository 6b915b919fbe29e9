"""What senders say besides: Exchange's, Gmail's and others' sentences, and Postfix's lines beside."""

from __future__ import annotations

import pytest

from mailpath.tickets.bounce import read_bounce
from mailpath.tickets.explain import explain


def _findings(found):
    return {code for cause in found.causes for code in cause.findings}


def _log(program, said):
    return f"Nov 23 10:00:00 mx postfix/{program}[300]: {said}"


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
        "The error that the other server returned was: 500 Remote server does not support TLS (state 6).",
        "(TLS error from 'mx.b.example': STARTTLS not advertised by host.)",
        "TLS required but not supported by remote host",
        "server doesn't support STARTTLS",
    ],
)
def test_a_host_without_starttls(text):
    found = explain(text)
    assert _findings(found) == {"TLS002", "TLS021"}
    assert "rfc" in found.postures or found.postures == ("gmail",)
    assert "500 " not in text or "The mail waits" not in " ".join(found.means)


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


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("no matching DANE TLSA record found", {"TLSA002", "TLSA003", "TLSA008", "TLSA009"}),
        ("DANE: no TLSA record matched", {"TLSA002", "TLSA003", "TLSA008", "TLSA009"}),
        ("dane required but no usable TLSA records", {"TLSA003", "TLSA004"}),
        ("TLSA record lookup: SERVFAIL", {"TLSA005", "SEC002"}),
        ("mta-sts: mx host mx.b.example does not match policy", {"STS013"}),
        ("MTA-STS policy error: MX host mx.b.example is not allowed by policy", {"STS013"}),
        ("dial tcp 192.0.2.1:25: i/o timeout", {"TLS001"}),
        ("connect ECONNREFUSED 192.0.2.1:25", {"TLS001"}),
        ("Connection refused (os error 111)", {"TLS001"}),
        ("read tcp 192.0.2.5:3->192.0.2.1:25: i/o timeout", {"TLS018"}),
        ("java.net.SocketTimeoutException: Read timed out", {"TLS018"}),
        ("lookup mx.b.example on 127.0.0.53:53: no such host", {"MX004", "MX007"}),
        ("getaddrinfo ENOTFOUND mx.b.example", {"MX004", "MX007"}),
        ("lookup mx.b.example on 127.0.0.53:53: server misbehaving", {"MX005", "MX013", "SEC002"}),
    ],
)  # fmt: skip
def test_what_many_senders_say_much_alike(text, findings):
    found = explain(text)
    assert _findings(found) == findings
    assert found.postures
    assert "or an MTA-STS policy" not in " ".join(found.means)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 Your server's reverse DNS hostname mismatch",
        "550 5.7.1 Message rejected: certificate of signer has expired (S/MIME)",
        "554 5.7.1 see http request at https://b.example/",
        "host mx.b.example[192.0.2.1] said: 554 5.7.1 certificate has expired (in reply to RCPT TO command)",
    ],
)
def test_what_only_looks_like_a_library_is_not_taken_for_one(text):
    assert not explain(text).postures


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
    ids=lambda value: value[-40:] if isinstance(value, str) else "",
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


def test_postfix_s_own_policy_table_is_thought_of_before_the_recipient_s_policy():
    log = f"{_log('smtp', _CONFIGURATION)}\n"
    bounce = read_bounce(log.encode())
    for found in (explain("client TLS configuration problem"), explain(log), bounce):
        first, *others = found.causes
        assert "sender's own policy table" in first.text
        assert not first.findings
        assert [cause.findings for cause in others] == [("TLSA005", "SEC002"), ("STS010",)]
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
