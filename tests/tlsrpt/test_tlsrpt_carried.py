"""Whom a TLS report is about, and what it comes in: a file, gzip, a mail."""

from __future__ import annotations

import gzip
from email.message import EmailMessage
from typing import Any

import pytest

from mailpath.tickets.tlsrpt import ReportError, encode, read, render_text


def about(kind: str, domain: str, mx: str = "mx1.mail.b.example") -> dict[str, Any]:
    """A report of one failed session."""
    detail = {"result-type": "validation-failure", "receiving-mx-hostname": mx, "failed-session-count": 1}
    return {
        "organization-name": "a.example",
        "date-range": {"start-datetime": "2026-11-23T00:00:00Z", "end-datetime": "2026-11-24T00:00:00Z"},
        "contact-info": "tls@a.example",
        "report-id": "1",
        "policies": [
            {
                "policy": {"policy-type": kind, "policy-domain": domain},
                "summary": {"total-successful-session-count": 0, "total-failure-session-count": 1},
                "failure-details": [detail],
            }
        ],
    }


def mailed(report: dict[str, object], kind: str = "application/tlsrpt+gzip", **headers: str) -> bytes:
    """The mail of RFC 8460 section 5.3 that brings it."""
    mail = EmailMessage()
    mail["Subject"] = "Report Domain: b.example Submitter: a.example Report-ID: <1@a.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("This is an aggregate TLS report.")
    data = gzip.compress(encode(report)) if kind.endswith("gzip") else encode(report)
    main, _, sub = kind.partition("/")
    mail.add_attachment(data, main, sub, filename="a.example!b.example!1795435200!1795521599!1.json.gz")
    mail.set_param("report-type", "tlsrpt")
    return mail.as_bytes()


STALE = about("tlsa", "mx1.mail.b.example")


@pytest.mark.parametrize(
    ("report", "name", "walk"),
    [
        (about("sts", "b.example"), "", "b.example"),
        (about("no-policy-found", "b.example"), "", "b.example"),
        # Section 1.1: the policy domain of DANE is the TLSA base domain, a mail host.
        (STALE, "", None),
        (about("tlsa", "mx.b.example", mx="MX.b.example."), "", None),
        # A report-id of ours, one of Google's, and one that only looks like it.
        ({**STALE, "report-id": "2621d3b0-c2ea-59e0-b0ba-cb7aaf391302_b.example"}, "", "b.example"),
        ({**STALE, "report-id": "2026-11-23T00:00:00Z_b.example"}, "", "b.example"),
        ({**STALE, "report-id": "1_b.example"}, "", None),
        # What Exchange Online writes.
        (about("tlsa", "b.example"), "", "b.example"),
        # Section 5.1: the file's name says it.
        (STALE, "dir/a.example!b.example!1795435200!1795521599.json", "b.example"),
        (STALE, "a.example!b.example!1795435200!1795521599!001.json.gz", "b.example"),
        (STALE, "a.example!b.example!now!then.json", None),
        (STALE, "a.example!b..example!1!2.json", None),
        # A report that tells of an MTA-STS policy beside it.
        (
            {**STALE, "policies": [*STALE["policies"], *about("sts", "b.example")["policies"]]},
            "",
            "b.example",
        ),
    ],
)
def test_the_walk_leads_to_the_recipient_domain_not_to_its_mail_host(report, name, walk):
    received = read(encode(report), name)
    assert received.failures[0].walk == walk
    told = " ".join(render_text(received).split())
    assert f"mailpath check {walk or 'DOMAIN'}" in told
    assert "mailpath check mx" not in told
    assert ("names the recipient domain" in told) == (walk is None)
    assert received.failures[0].sure


@pytest.mark.parametrize("domain", ["b.example", "mx.elsewhere.example"])
def test_what_is_not_the_mail_host_may_be_the_recipient_domain_or_what_the_host_is_an_alias_of(domain):
    report = about("tlsa", domain, mx="mx.provider.example")
    (failure,) = read(encode(report)).failures
    assert (failure.walk, failure.sure, failure.posture) == (domain, False, "postfix-dane")
    assert "if that is the recipient domain" in " ".join(render_text(read(encode(report))).split())
    (failure,) = read(encode(report), "a.example!b.example!1!2.json").failures
    assert (failure.walk, failure.sure) == ("b.example", True)


@pytest.mark.parametrize(
    "kind", ["application/tlsrpt+gzip", "application/tlsrpt+json", "application/gzip", "application/json"]
)
def test_the_mail_that_brings_a_report_is_read(kind):
    for headers, walk in (({"TLS_Report_Domain": "c.example"}, "c.example"), ({}, "b.example")):
        received = read(mailed(STALE, kind, **headers))
        assert [failure.walk for failure in received.failures] == [walk]
        assert received.problems == ()


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: nothing\n\nin here",
        b"From a@a.example\nSubject: x\n\n",
        mailed(STALE).replace(b"H4sI", b"AAAA"),
        b"Content-Type: application/tlsrpt+gzip\nContent-Transfer-Encoding: base64\n\n" + b"=" * 100,
        b"Content-Type: multipart/report; boundary=" + b"x" * 9000 + b"\n\n--x",
    ],
    ids=lambda data: data[:20].decode(),
)
def test_a_mail_without_a_report_is_refused(data):
    with pytest.raises(ReportError) as error:
        read(data)
    assert str(error.value).endswith(".")
