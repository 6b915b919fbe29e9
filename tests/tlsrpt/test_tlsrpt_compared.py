"""What a report holds twice is compared; what it does not say is not claimed; a mailbox is read whole."""

from __future__ import annotations

import json
from email.message import EmailMessage
from typing import Any

import pytest

from mailpath.commands.tickets import tlsrpt
from mailpath.tickets.tlsrpt import encode, read, read_all, render_text

POLICY = ["version: STSv1", "mode: enforce", "mx: mail.b.example", "mx: *.mx.b.example", "max_age: 604800"]
KEYS = ["3 1 1 " + "ab" * 32, "3 1 1 " + "CD" * 32]


def report(
    kind: str = "sts",
    strings: list[str] = POLICY,
    hosts: list[str] | None = None,
    report_id: str = "1",
    **detail: Any,
) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "policy-type": kind,
        "policy-string": strings,
        "policy-domain": "b.example",
        **({"mx-host": hosts} if hosts is not None else {}),
    }
    return {
        "organization-name": "a.example",
        "date-range": {"start-datetime": "2026-11-23T00:00:00Z", "end-datetime": "2026-11-24T00:00:00Z"},
        "contact-info": "tls@a.example",
        "report-id": report_id,
        "policies": [
            {
                "policy": policy,
                "summary": {"total-successful-session-count": 1, "total-failure-session-count": 2},
                "failure-details": [
                    {"result-type": "validation-failure", "failed-session-count": 2, **detail}
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("host", "hosts", "result", "listed"),
    [
        ("mx.new-hoster.example", ["mail.b.example"], "validation-failure", False),
        ("mx.new-hoster.example", None, "certificate-host-mismatch", False),
        ("a.b.mx.b.example", ["*.mx.b.example"], "certificate-not-trusted", False),
        ("MAIL.b.example.", ["mail.b.example"], "validation-failure", True),
        ("one.mx.b.example", None, "starttls-not-supported", True),
        (None, ["mail.b.example"], "validation-failure", None),
        ("mx.new-hoster.example", ["mail.b.example"], "sts-policy-invalid", None),
    ],
)
def test_the_host_is_held_against_the_policy(host, hosts, result, listed):
    named: dict[str, Any] = {"receiving-mx-hostname": host} if host else {}
    sent = report(hosts=hosts, **{"result-type": result}, **named)
    (failure,) = read(encode(sent)).failures
    text = " ".join(render_text(read(encode(sent))).split())
    if listed is None:
        assert failure.compared == ""
        assert "Compared" not in text
    else:
        assert f"{host} {'is' if listed else 'is not'} listed in the policy" in text
        assert ("STS013" in failure.findings) is not listed
        assert listed or failure.findings[0] == "STS013"


def test_a_host_is_not_held_against_another_kind_of_policy():
    host: dict[str, Any] = {"receiving-mx-hostname": "mx.new-hoster.example"}
    sent = report("tlsa", KEYS, **host)
    assert read(encode(sent)).failures[0].compared == ""


@pytest.mark.parametrize("reason", ["", "x509: certificate signed by unknown authority"])
def test_a_reason_code_is_spoken_of_where_there_is_one(reason):
    sent = report(**({"failure-reason-code": reason} if reason else {}))
    (failure,) = read(encode(sent)).failures
    assert ("the reason code says more" in failure.means) is bool(reason)
    assert ("the report does not say which" in failure.means) is not reason


@pytest.mark.parametrize(
    ("strings", "records", "complaint"),
    [
        (KEYS, KEYS, ""),
        ([json.dumps(KEYS)], KEYS, "must be an array, not one in a string"),
        ([json.dumps(KEYS[:1])], KEYS[:1], "must be an array, not one in a string"),
        (["[" * 100_000], None, "must contain TLSA records"),
        (['["3 1 1 ab", 7]'], ['["3 1 1 ab", 7]'], "must contain TLSA records"),
        ([json.dumps(["no record"])], ["no record"], "must contain TLSA records"),
    ],
    ids=["array", "in a string", "one", "deep", "mixed", "no record"],
)
def test_tlsa_records_as_one_array_in_a_string_are_read(strings, records, complaint):
    received = read(encode(report("tlsa", strings)))
    if records is not None:
        assert list(received.policies[0].strings) == records
    assert (complaint in " ".join(received.problems)) if complaint else received.problems == ()


def mail(*attached: dict[str, Any], to: str = "b.example") -> bytes:
    made = EmailMessage()
    made["Subject"] = "Report"
    made["TLS-Report-Domain"] = to
    made.set_content("This is a report.\n\n>From here on it is quoted.\n")
    for each in attached:
        made.add_attachment(encode(each), "application", "tlsrpt+json", filename="r.json")
    return made.as_bytes()


def mailbox(*mails: bytes) -> bytes:
    return b"\n".join(b"From a@a.example Mon Nov 23 00:00:00 2026\n" + each for each in mails)


ONE, TWO, THREE = (report(report_id=number) for number in "123")


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        (mail(ONE), "1"),
        (mail(ONE, TWO), "12"),
        (mailbox(mail(ONE), mail(TWO)), "12"),
        (mailbox(mail(ONE), mail(), mail(TWO, THREE)), "123"),
        (mailbox(mail(ONE), mail(TWO)).replace(b"\n", b"\r\n"), "12"),
    ],
    ids=["mail", "two in a mail", "mailbox", "a mail without", "CRLF"],
)
def test_every_report_of_a_mailbox_is_read(data, ids, tmp_path, capsys):
    assert [each.report_id for each in read_all(data)] == list(ids)
    assert read(data).report_id == "1"
    file = tmp_path / "reports.mbox"
    file.write_bytes(data)
    tlsrpt(str(file), as_json=False)
    assert capsys.readouterr().out.count("Covers") == len(ids)
    tlsrpt(str(file), as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert [each["report_id"] for each in (printed if len(ids) > 1 else [printed])] == list(ids)


def test_each_report_of_a_mailbox_has_the_recipient_domain_of_its_own_mail():
    sent = report("tlsa", KEYS)
    found = read_all(mailbox(mail(sent, to="one.example"), mail(sent, to="two.example")))
    assert [each.failures[0].walk for each in found] == ["one.example", "two.example"]
