"""A policy that nobody can read, fetch or keep: which line is wrong, and how."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.facts import StarttlsFacts, Walk
from mailpath.findings import Finding, find
from mailpath.findings.catalogue import CATALOGUE
from mailpath.judge.presets import posture
from mailpath.report import html, markdown, text
from mailpath.report.panels import explain
from mailpath.report.result import build

FoundIn = Callable[[str], dict[str, Finding]]


@pytest.mark.parametrize(
    ("name", "message", "line"),
    [
        ("typo", "There is no mx line; line 3 of the policy: unknown field; did you mean mx?", 3),
        ("no-mx", "There is no mx line.", 0),
        ("week", "Line 4 of the policy: the max_age is not a number of seconds, or more than", 4),
        ("odd-mode", "Line 2 of the policy: the mode is not enforce, testing or none.", 2),
        ("comma", "Line 3 of the policy: one mx line names one host only.", 3),
        ("bom", "Line 1 of the policy: begins with a byte order mark (BOM).", 1),
        ("equals", "Line 2 of the policy: a line without a colon.", 2),
        ("page", "mta-sts.page.example serves an HTML page instead of a policy.", 1),
    ],
)
def test_the_wrong_line_is_named_and_marked(name: str, message: str, line: int, found_in: FoundIn) -> None:
    found = found_in(name)["STS010"]
    assert found.message.startswith(message)
    assert [at for at, shown in enumerate(found.policy, 1) if "<- bad" in shown] == ([line] if line else [])
    assert len(found.policy) == (1 if name == "page" else 3 if name == "no-mx" else 4)
    fixes = {
        "page": "Serve the policy itself, as plain text, at ",
        "no-mx": "Add to the policy: mx: mx1.no-mx.",
    }
    assert found.fix.startswith(fixes.get(name, f"Correct line {line} of the policy"))


def test_every_report_prints_the_policy_line_by_line(reported: Callable[[str], Walk]) -> None:
    result = build(reported("typo"), [posture("rfc")], {}, made=made.NOW)
    for render in (text.render, markdown.render, html.render):
        shown = render(result)
        lines = [unescape(line).strip(" >") for line in shown.splitlines()]
        assert any(line.startswith("mode: enforce") for line in lines)
        assert "did you mean mx?" in shown
        assert "\\x0a" not in shown


@pytest.mark.parametrize(
    ("name", "said"),
    [("day", "only 86400 seconds"), ("no-time", "for no time at all"), ("day-and-more", None)],
)
def test_a_day_is_short(name: str, said: str | None, found_in: FoundIn) -> None:
    found = found_in(name).get("STS015")
    assert (found is not None and said in found.message) if said else found is None


def test_a_policy_host_that_does_not_answer_is_named_with_its_port(found_in: FoundIn) -> None:
    message = found_in("closed")["STS007"].message
    assert message.startswith("mta-sts.closed.example [203.0.113.")
    assert message.endswith("] port 443: the connection was refused.")


def test_testing_mode_says_what_would_fail() -> None:
    (fine,) = [each for each in find(made.walk(sts=made.policy(mode="testing"))) if each.code == "STS011"]
    assert fine.message == "The policy of b.example is in testing mode."
    unlisted = made.walk(sts=made.policy(mode="testing", mx=("mx9.b.example",)))
    (found,) = [each for each in find(unlisted) if each.code == "STS011"]
    assert found.message == "The policy of b.example is in testing mode: 1 of 1 MX host would fail it."


@pytest.mark.parametrize(("code", "doubted"), [(501, True), (550, True), (500, False), (502, False)])
def test_a_refused_ehlo_shows_the_name_that_was_given(code: int, doubted: bool) -> None:
    refused = made.session(ehlo=made.reply(code, "no"), helo=made.reply(250, "hello"), extensions=())
    walk = made.walk(starttls=StarttlsFacts(sessions=(replace(refused, sni=None), refused)))
    (found,) = [each for each in find(walk) if each.code == "TLS017"]
    assert found.found == "EHLO mail.a.example"
    assert ("--ehlo NAME" in found.fix) is doubted
    assert (explain(found).means == CATALOGUE["TLS017"].meaning) is not doubted
