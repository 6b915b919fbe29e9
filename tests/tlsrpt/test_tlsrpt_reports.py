"""TLS reports: those we write are valid, those we read may be anything."""

from __future__ import annotations

import gzip
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpath.exchanges import Failure
from mailpath.judge.events import Event
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.model import DemandedBy
from mailpath.judge.presets import PRESETS
from mailpath.tickets.explain.tlsrpt_types import RESULT_TYPES
from mailpath.tickets.tlsrpt import ReportError, build, check, encode, read, render_text
from mailpath.tickets.tlsrpt.results import result_type
from scripts.explain_cases import walks
from scripts.explain_cases.cases import CASES

AT = 1795435205  # 2026-11-23T12:00:05Z


def made(walk, posture="rfc", **options):
    return build(walk, PRESETS[posture], contact="tls@a.example", at=AT, **options)


def results(report):
    return [
        (entry["policy"]["policy-type"], detail["result-type"])
        for entry in report["policies"]
        for detail in entry.get("failure-details", ())
    ]


@pytest.mark.parametrize("posture", PRESETS)
def test_every_posture_files_valid_reports_of_every_case(posture):
    for case in CASES.values():
        report = made(case.walk, posture, sending_mta_ip="192.0.2.25")
        assert check(report) == (), case.id
        received = read(encode(report))
        assert received.problems == ()
        assert len(received.failures) == len(results(report))


FAILURES = [
    ("certificate-sts", "rfc", [("sts", "certificate-not-trusted")]),
    ("certificate-tlsa", "postfix-dane", [("tlsa", "tlsa-invalid")]),
    ("no-starttls", "postfix-may", [("no-policy-found", "starttls-not-supported")]),
    ("no-starttls-sts", "rfc", [("sts", "starttls-not-supported")]),
    ("no-starttls-tlsa", "exim", [("tlsa", "starttls-not-supported")]),
    ("starttls-refused-tlsa", "rfc", [("tlsa", "starttls-not-supported")]),
    ("handshake-sts", "rfc", [("sts", "validation-failure")]),
    ("handshake", "exim", [("no-policy-found", "validation-failure")]),
    ("sts-unlisted", "rfc", [("sts", "validation-failure")]),
    ("tlsa-failed", "rfc", [("tlsa", "dnssec-invalid")]),
    ("mx-bogus", "rfc", [("tlsa", "dnssec-invalid")]),
    ("mx-bogus", "postfix-may", []),
    ("sent-unusable-tlsa", "rfc", [("tlsa", "tlsa-invalid")]),
    ("mx-unsigned", "postfix-dane-only", [("tlsa", "dane-required")]),
    ("host-unsigned", "postfix-dane-only", [("tlsa", "dane-required")]),
    ("tlsa-unusable", "postfix-dane-only", [("tlsa", "tlsa-invalid")]),
    ("unreachable", "rfc", []),
    ("greeting-permanent", "rfc", []),
    ("sent-untrusted", "rfc", []),
    ("no-starttls", "postfix-none", []),
]


@pytest.mark.parametrize(("case", "posture", "expected"), FAILURES)
def test_the_result_type_fits_the_failure(case, posture, expected):
    assert results(made(CASES[case].walk, posture)) == expected


def test_a_delivery_is_counted():
    (entry,) = made(CASES["sent-untrusted"].walk)["policies"]
    assert entry["policy"] == {"policy-type": "no-policy-found", "policy-domain": "b.example"}
    assert entry["summary"] == {"total-successful-session-count": 1, "total-failure-session-count": 0}
    assert "failure-details" not in entry


@pytest.mark.parametrize(
    ("case", "posture", "policy"),
    [
        ("sent-dane", "rfc", ("tlsa", "mx.b.example")),
        ("sent-dane", "postfix-may", ("no-policy-found", "b.example")),
        ("sent-sts", "rfc", ("sts", "b.example")),
        ("sent-half-dane", "postfix-dane", ("tlsa", "mx.b.example")),
        ("sent-trusted", "rfc", ("no-policy-found", "b.example")),
    ],
)
def test_a_delivery_is_counted_under_the_policy_that_was_in_force(case, posture, policy):
    (entry,) = made(CASES[case].walk, posture)["policies"]
    assert (entry["policy"]["policy-type"], entry["policy"]["policy-domain"]) == policy
    assert entry["summary"]["total-successful-session-count"] == 1


def test_a_policy_in_testing_mode_is_reported_on():
    walk = walks.walk(walks.ENCRYPTED, sts=walks.policy(mode="testing"))
    report = made(walk)
    assert results(report) == [("sts", "certificate-not-trusted")]
    assert report["policies"][0]["policy"]["policy-string"][1] == "mode: testing"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"verify_error": "self-signed"}, "sts-webpki-invalid"),
        ({"status": 404}, "sts-policy-fetch-error"),
        ({"body": b"version: STSv2\n"}, "sts-policy-invalid"),
        ({"failure": Failure.BLOCKED}, None),
    ],
)
def test_a_policy_that_cannot_be_had(change, expected):
    facts = walks.policy()
    assert facts.fetch is not None
    facts = replace(facts, fetch=replace(facts.fetch, **change))
    report = made(walks.walk(walks.ENCRYPTED, sts=facts))
    assert results(report) == ([("sts", expected)] if expected else [])
    assert check(report) == ()


def test_the_day_and_the_id():
    report = made(CASES["sent-untrusted"].walk)
    assert report["date-range"] == {
        "start-datetime": "2026-11-23T00:00:00Z",
        "end-datetime": "2026-11-23T23:59:59Z",
    }
    assert report["organization-name"] == "a.example"
    assert report["report-id"] == made(CASES["sent-untrusted"].walk)["report-id"]
    assert report["report-id"] != made(CASES["sent-untrusted"].walk, "exim")["report-id"]


def test_a_report_is_read_back_and_leads_to_a_walk():
    report = made(CASES["certificate-sts"].walk)
    for data in (encode(report), gzip.compress(encode(report))):
        received = read(data)
        (failure,) = received.failures
        assert (failure.result, failure.mx, failure.walk) == (
            "certificate-not-trusted",
            "mx.b.example",
            "b.example",
        )
        assert "does not trust" in failure.means
        assert "mailpath check b.example" in render_text(received)


def test_the_example_of_the_rfc():
    # RFC 8460 appendix B, in short
    report = {
        "organization-name": "Company-X",
        "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
        "contact-info": "sts-reporting@company-x.example",
        "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-string": [
                        "version: STSv1",
                        "mode: testing",
                        "mx: *.mail.company-y.example",
                        "max_age: 86400",
                    ],
                    "policy-domain": "company-y.example",
                    "mx-host": ["*.mail.company-y.example"],
                },
                "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
                "failure-details": [
                    {
                        "result-type": "certificate-expired",
                        "sending-mta-ip": "2001:db8:abcd:0012::1",
                        "receiving-mx-hostname": "mx1.mail.company-y.example",
                        "failed-session-count": 100,
                    },
                    {
                        "result-type": "starttls-not-supported",
                        "sending-mta-ip": "2001:db8:abcd:0013::1",
                        "receiving-mx-hostname": "mx2.mail.company-y.example",
                        "receiving-ip": "203.0.113.56",
                        "failed-session-count": 200,
                        "additional-information": "https://reports.company-x.example/report_info?id=5065",
                    },
                    {
                        "result-type": "validation-failure",
                        "sending-mta-ip": "198.51.100.62",
                        "receiving-ip": "203.0.113.58",
                        "receiving-mx-hostname": "mx-backup.mail.company-y.example",
                        "failed-session-count": 3,
                        "failure-reason-code": "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED",
                    },
                ],
            }
        ],
    }
    assert check(report) == ()
    received = read(json.dumps(report).encode())
    assert [failure.count for failure in received.failures] == [100, 200, 3]
    assert {failure.walk for failure in received.failures} == {"company-y.example"}


WRONG = [
    (("organization-name",), None, "organization-name"),
    (("date-range", "start-datetime"), "yesterday", "start-datetime"),
    (("date-range", "end-datetime"), "2001-01-01T00:00:00Z", "before the start"),
    (("contact-info",), "nobody", "contact-info"),
    (("contact-info",), "mailto:tls@a.example", "contact-info"),
    (("date-range", "end-datetime"), "2026-11-23T24:00:00Z", "end-datetime"),
    (("date-range", "start-datetime"), "2026-11-23 00:00:00", "start-datetime"),
    (("report-id",), 7, "report-id"),
    (("policies",), [], "policies"),
    (("policies", 0, "policy", "policy-type"), "other", "policy-type"),
    (("policies", 0, "policy", "policy-domain"), "bücher.example", "policy-domain"),
    (("policies", 0, "policy", "policy-string"), ["no"], "policy-string"),
    (("policies", 0, "policy", "mx-host"), [7], "mx-host"),
    (("policies", 0, "summary", "total-failure-session-count"), 0, "add up"),
    (("policies", 0, "summary", "total-successful-session-count"), -1, "total-successful-session-count"),
    (("policies", 0, "failure-details", 0, "result-type"), "bad", "result-type"),
    (("policies", 0, "failure-details", 0, "receiving-ip"), "nowhere", "receiving-ip"),
    (("policies", 0, "failure-details", 0, "sending-mta-ip"), "192.0.2.256", "sending-mta-ip"),
    (("policies", 0, "failure-details", 0, "receiving-mx-hostname"), "a b", "receiving-mx-hostname"),
    (("policies", 0, "failure-details", 0, "receiving-mx-helo"), 1, "receiving-mx-helo"),
    (("policies", 0, "failure-details", 0, "additional-information"), "see us", "additional-information"),
    (("policies", 0, "failure-details", 0, "failure-reason-code"), [], "failure-reason-code"),
    (("policies", 0, "failure-details", 0, "failed-session-count"), True, "failed-session-count"),
]


@pytest.mark.parametrize(("path", "value", "complaint"), WRONG, ids=lambda value: str(value)[:40])
def test_the_checker_sees_what_is_wrong(path, value, complaint):
    report = made(CASES["certificate-sts"].walk)
    at = report
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    assert any(complaint in problem for problem in check(report))
    assert read(json.dumps(report).encode()).problems


#: Section 4.4: what a report cannot do without, by the object it is in.
NEEDED = [
    ((), ("organization-name", "date-range", "contact-info", "report-id", "policies")),
    (("date-range",), ("start-datetime", "end-datetime")),
    (("policies", 0), ("policy", "summary")),
    (("policies", 0, "policy"), ("policy-type", "policy-domain")),
    (("policies", 0, "summary"), ("total-successful-session-count", "total-failure-session-count")),
    (("policies", 0, "failure-details", 0), ("result-type", "failed-session-count")),
]


@pytest.mark.parametrize(("path", "names"), NEEDED, ids=str)
def test_what_is_needed_is_missed_and_nothing_else_is(path, names):
    for name in (*names, None):
        report = made(CASES["certificate-sts"].walk, sending_mta_ip="192.0.2.25")
        at = report
        for key in path:
            at = at[key]
        if name is None:
            optional = {"policy-string", "mx-host", "sending-mta-ip", "receiving-mx-hostname"}
            optional |= {"receiving-ip", "failure-reason-code", "failure-details"}
            assert set(at) == {*names, *(optional & set(at))}
            for left_out in optional & set(at):
                del at[left_out]
            assert check(report) == ()
        else:
            del at[name]
            assert any(name in problem for problem in check(report))


def test_the_result_types_are_the_registry_s():
    # IANA, STARTTLS Validation Result Types (RFC 8460 section 6.6)
    assert set(RESULT_TYPES) == {
        "starttls-not-supported",
        "certificate-host-mismatch",
        "certificate-expired",
        "certificate-not-trusted",
        "validation-failure",
        "tlsa-invalid",
        "dnssec-invalid",
        "dane-required",
        "sts-policy-fetch-error",
        "sts-policy-invalid",
        "sts-webpki-invalid",
    }


def test_policies_are_written_as_section_4_5_has_them():
    (entry,) = made(CASES["certificate-sts"].walk)["policies"]
    lines = entry["policy"]["policy-string"]
    assert [line.partition(": ")[0] for line in lines] == ["version", "mode", "mx", "max_age"]
    (entry,) = made(CASES["certificate-tlsa"].walk, "postfix-dane")["policies"]
    assert all(re.fullmatch(r"[0-3] [01] [0-2] [0-9a-f]+", each) for each in entry["policy"]["policy-string"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"not json",
        b"\x1f\x8b\x08\x00damaged",
        gzip.compress(b"{}", mtime=0)[:-4],
        gzip.compress(b" " * (20 << 20), mtime=0),
        b" " * (9 << 20),
        b"[" * 200000,
        b'{"policies": ' + b"9" * 6000 + b"}",
        b"\xff\xfe",
    ],
    ids=lambda data: f"{len(data)}-{data[:8]!r}",
)
def test_what_is_no_report_is_refused(data):
    with pytest.raises(ReportError) as error:
        read(data)
    assert str(error.value).endswith(".")
    assert "\n" not in str(error.value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
_DETAIL = st.dictionaries(
    st.sampled_from(["result-type", "receiving-mx-hostname", "failed-session-count", "receiving-ip"]), _JSON
)
_ENTRY = st.fixed_dictionaries(
    {},
    optional={
        "policy": _JSON
        | st.dictionaries(st.sampled_from(["policy-type", "policy-domain", "mx-host"]), _JSON),
        "summary": _JSON,
        "failure-details": _JSON | st.lists(_DETAIL | _JSON, max_size=4),
    },
)


@settings(deadline=None, max_examples=100)
@given(
    st.dictionaries(st.sampled_from(["date-range", "report-id", "contact-info"]), _JSON),
    _JSON | st.lists(_ENTRY),
)
def test_any_json_is_read_or_refused(report, policies):
    data = json.dumps({**report, "policies": policies}).encode()
    received = read(data)
    assert received.problems
    assert all(line.isprintable() for line in render_text(received).splitlines())


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=300) | st.binary(max_size=300).map(gzip.compress))
def test_any_bytes_are_read_or_refused(data):
    try:
        received = read(data)
    except ReportError:
        return
    assert received.problems


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (Event.HANDSHAKE_FAILED, "validation-failure"),
        (Event.TLS_LOST, "validation-failure"),
        (Event.STARTTLS_REFUSED, "starttls-not-supported"),
        (Event.STARTTLS_ABSENT, "starttls-not-supported"),
    ],
)
def test_what_kept_a_mail_from_tls_is_what_is_reported(cause, kind):
    assert result_type(Event.SENT_PLAIN, cause, DemandedBy.LEVEL) == kind


@pytest.mark.parametrize(
    ("case", "posture", "sending", "expected"),
    [
        ("sent-sts", "rfc", MessageOptions(policy_age=60), ("sts", 1, 0)),
        ("sent-dane", "rfc", MessageOptions(message=Message.TLS_REQUIRED_NO), ("no-policy-found", 1, 0)),
        (
            "certificate-tlsa",
            "rfc",
            MessageOptions(message=Message.TLS_REQUIRED_NO),
            ("no-policy-found", 1, 0),
        ),
        ("sent-untrusted", "rfc", MessageOptions(message=Message.REQUIRETLS), ("no-policy-found", 0, 1)),
    ],
)
def test_what_the_message_asks_for_is_what_is_reported_on(case, posture, sending, expected):
    report = made(CASES[case].walk, posture, sending=sending)
    assert check(report) == ()
    (entry,) = report["policies"]
    summary = entry["summary"]
    counts = (summary["total-successful-session-count"], summary["total-failure-session-count"])
    assert (entry["policy"]["policy-type"], *counts) == expected
