"""What is said of each line of a policy, and which line is to blame where there is none (RFC 8461)."""

from __future__ import annotations

import pytest
from test_match_sts import FULL, GOOD, PLAIN, policy

from mailpath.match import sts
from mailpath.match.sts import parse_policy
from mailpath.match.sts_dialects import MTA_STS_RESOLVER, RFC


def test_lines_are_judged_also_in_a_void_policy():
    body = policy("version: STSv1", "mode: enforce", "mode: none", "x-y: z", "no colon", "mx: a b")
    result = parse_policy(body, PLAIN)
    assert result.policy is None
    assert result.reason == "A line of the policy is not valid: a line without a colon."
    assert [line.verdict for line in result.lines] == ["ok", "ok", "ignored", "ignored", "bad", "bad"]
    assert result.lines[4].text == b"no colon"


@pytest.mark.parametrize(
    ("body", "reason", "wants", "verdicts"),
    [
        (policy(*FULL, "mx: a.example", "x-ext: 1"), "", "", "ok ok ok ok ok ignored"),
        (policy(*FULL[1:]), "The version is missing or not STSv1.", "version", "ok ok ok"),
        (policy("version: 1", *FULL[1:]), "The version is missing or not STSv1.", "", "bad ok ok ok"),
        (policy(*FULL[:1], *FULL[2:]), "The mode is missing.", "mode", "ok ok ok"),
        (
            policy(*FULL[:1], "mode: x", *FULL[2:]),
            "The mode is not enforce, testing or none.",
            "",
            "ok bad ok ok",
        ),
        (policy(*FULL[:1], "Mode: none", *FULL[2:]), "The mode is missing.", "mode", "ok bad ok ok"),
        (
            policy(*FULL[:3]),
            "The max_age is missing, not a number of seconds, or more than a year.",
            "max_age",
            "ok ok ok",
        ),
        (
            policy(*FULL[:3], "max_age: 1d", "x-ext: 1"),
            "The max_age is not a number of seconds, or more than a year.",
            "",
            "ok ok ok bad ignored",
        ),
        (policy(*FULL[:2], "max_age: 1"), "There is no mx line.", "mx", "ok ok ok"),
        (b"", "A line of the policy is not valid: an empty line.", "", "bad"),
        (
            b"version: STSv1\n",
            "The max_age is missing, not a number of seconds, or more than a year.",
            "max_age",
            "ok",
        ),
    ],
)
def test_the_line_to_blame(body, reason, wants, verdicts):
    result = parse_policy(body, PLAIN)
    assert (result.reason, result.wants) == (reason, wants)
    assert " ".join(line.verdict for line in result.lines) == verdicts


def test_why_a_line_is_to_blame():
    """Where it is the field itself, for the reason that there is no policy; else for what is odd about it."""
    for line, note in (
        ("mode: strict", "the mode is not enforce, testing or none"),
        ("MODE: none", "unknown field; did you mean mode?"),
    ):
        found = parse_policy(policy(*FULL[:1], line, *FULL[2:]), PLAIN)
        assert (found.lines[1].verdict, found.lines[1].note) == ("bad", note)
    twice = parse_policy(policy(*FULL[:1], "mode: testing", *FULL[1:]), PLAIN, MTA_STS_RESOLVER)
    assert (twice.lines[2].verdict, twice.lines[2].note) == ("ok", "given twice; the last counts")


@pytest.mark.parametrize(
    ("lines", "rfc", "resolver"),
    [
        (("mode: strict", "mode: lax"), 1, 2),  # the first counts, or the last
        (("Mode: none", "mode: strict"), 2, 2),  # the field itself before what was meant for it
        (("Mode: none", "MODE: none"), 1, 1),
    ],
)
def test_of_two_lines_the_one_that_counted_is_to_blame(lines, rfc, resolver):
    body = policy(*FULL[:1], *lines, *FULL[2:])
    for parsing, at in ((RFC, rfc), (MTA_STS_RESOLVER, resolver)):
        verdicts = [line.verdict for line in parse_policy(body, PLAIN, parsing).lines]
        assert [number for number, verdict in enumerate(verdicts) if verdict == "bad"] == [at]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("\ufeffversion: STSv1", "begins with a byte order mark (BOM)"),
        (" \t", "an empty line"),
        ("version", "a line without a colon"),
        ("x-ext: \udcff", "bytes that are not UTF-8"),
        ("x ext: 1", "not a field name, a colon and a value"),
        ("x-ext: a\x01b", "not a field name, a colon and a value"),
        ("x-ext: a b", "unknown field"),
        ("Mode: none", "unknown field; did you mean mode?"),
        ("mx: a.example, b.example", "one mx line names one host only"),
        ("mx: a_b.example", "mx is neither a host name nor *. and a domain"),
        ("mode: none", "given twice; the first counts"),
    ],
)
def test_what_is_said_of_a_line(line, note):
    body = "\n".join((*FULL, line)).encode("utf-8", "surrogateescape")
    assert parse_policy(body, PLAIN).lines[-1].note == note


def test_a_policy_may_have_so_many_lines_and_no_more():
    spare = ["x: y"] * (sts.MAX_LINES - len(FULL))
    assert parse_policy(policy(*FULL, *spare), PLAIN).policy is not None
    more = policy(*FULL, *spare, "x: y")
    assert parse_policy(more, PLAIN).reason == "A line of the policy is not valid: too many lines."
    assert parse_policy(more, PLAIN, MTA_STS_RESOLVER).policy is not None  # which knows no bad lines


def test_of_a_long_content_type_the_beginning_is_read():
    start, end, body = b"text/plain; x=", b"; charset=utf-16", GOOD.decode().encode("utf-16")
    for length, expected in ((1000, True), (1001, False)):  # whose charset is "utf-1" then
        header = start + b"y" * (length - len(start + end)) + end
        assert (parse_policy(body, header, MTA_STS_RESOLVER).policy is not None) is expected
