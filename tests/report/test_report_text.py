"""The text report: the answer first, eighty columns, nothing raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import goldens
import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.facts import STEPS, Found, MxKind, Security, StarttlsFacts, TlsaFacts, Walk
from mailpath.judge.presets import posture
from mailpath.lab import scenarios
from mailpath.report import text
from mailpath.report.headline import headline
from mailpath.report.panels import evidence, explain
from mailpath.report.result import Result, build
from mailpath.wording.layout import cells, hanging, table, wrapped

if TYPE_CHECKING:
    from conftest import Walks

WRONG = TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, bytes(32))),))
PLAIN = made.walk(tlsa=WRONG, starttls=StarttlsFacts(sessions=(made.session(),)), roots=())


def first_line(walk: Walk, name: str) -> str:
    return headline(build(walk, [posture(name)], {}))


@pytest.mark.parametrize(
    ("walk", "name", "line"),
    [
        (
            made.walk(tlsa=WRONG),
            "dane",
            "b.example: deferred by postfix-dane at mx1.b.example: its certificate matches none of its TLSA"
            " records (4.7.5)",
        ),
        (
            made.walk(),
            "rfc",
            "b.example: delivered authenticated by rfc at mx1.b.example: DANE-EE",
        ),
        (
            PLAIN,
            "may",
            "b.example: delivered in plaintext by postfix-may at mx1.b.example: STARTTLS is not offered",
        ),
        (
            made.walk(),
            "none",
            "b.example: delivered in plaintext by postfix-none at mx1.b.example: the sender does not use TLS",
        ),
        (
            made.walk(tlsa=TlsaFacts(), starttls=made.with_and_without_sni(made.SELF_SIGNED.der)),
            "may",
            "b.example: delivered encrypted but unauthenticated by postfix-may at mx1.b.example: the sender"
            " does not check certificates",
        ),
        (
            made.walk(
                sts=made.policy(), tlsa=TlsaFacts(), starttls=made.with_and_without_sni(made.SELF_SIGNED.der)
            ),
            "rfc",
            "b.example: deferred by rfc at mx1.b.example:"
            " its certificate is self-signed, and the MTA-STS policy is enforced (4.7.5)",
        ),
        (
            made.walk(
                mx=replace(
                    made.mx(),
                    kind=MxKind.FAILED,
                    hosts=(),
                    lookup=made.lookup(
                        "b.example",
                        "MX",
                        found=Found.FAILED,
                        reason="the resolver answered SERVFAIL",
                        security=Security.INDETERMINATE,
                    ),
                )
            ),
            "dane",
            "b.example: deferred by postfix-dane:"
            " the MX lookup failed: the resolver answered SERVFAIL (4.4.3)",
        ),
    ],
)
def test_the_first_line_answers_the_ticket(walk: Walk, name: str, line: str) -> None:
    assert first_line(walk, name) == line


def test_golden() -> None:
    """A path without TLS, as three postures see it."""
    postures = [posture(name) for name in ("rfc", "postfix-may", "postfix-dane")]
    elapsed = dict.fromkeys(STEPS, 12.34)
    result = build(PLAIN, postures, elapsed, made=made.NOW - 60)
    goldens.assert_golden("report.txt", text.render(replace(result, mailpath="0.0.0")))


def records(result: Result) -> set[str]:
    """What is copied in one go, and so never wrapped."""
    each = (explain(found) for found in result.findings)
    return {line for one in each for row in one.rows for line in row.lines}


@pytest.mark.parametrize("name", [scenario.id for scenario in scenarios()])
def test_every_scenario_fits_the_page(name: str, walks: Walks) -> None:
    """Hostile words too: nothing in a report is anything but printable."""
    result = walks.result(name)
    report = text.render(result)
    answer, *rest = report.splitlines()
    assert answer.startswith(f"{walks.of(name).walk.path.recipient}: ")
    assert [line for line in rest if cells(line) > 80 and line not in records(result)] == []
    assert records(result) <= set(rest)
    assert [line for line in rest if line != line.rstrip()] == []
    assert all(line.isprintable() for line in report.split("\n"))


def test_it_says_when_from_where_and_what_was_not_tried() -> None:
    session = made.session(address="192.0.2.99", not_tried="more than 20 addresses")
    walk = replace(PLAIN, starttls=StarttlsFacts(sessions=(*PLAIN.starttls.sessions, session)))
    report = text.render(
        build(walk, [posture("rfc")], {}, provenance=made.REPLAYED, made=made.NOW - made.DAY)
    )
    told = " ".join(report.split())
    assert "the capture says 2026-11-22 12:00:00 UTC, judged as of 2026-11-23 12:00:00 UTC" in told
    assert "replayed from a capture" in report.splitlines()[0]
    assert "mail.a.example, resolver 127.0.0.1:53" in report
    assert "A session with 192.0.2.99: more than 20 addresses." in report


# --- layout ----------------------------------------------------------------------------------------


def test_wrapping_counts_cells_and_cuts_only_what_does_not_fit() -> None:
    assert list(wrapped("one two three", 7)) == ["one two", "three"]
    assert list(wrapped("abcdefghij", 4)) == ["abcd", "efgh", "ij"]
    assert list(wrapped("", 10)) == [""]
    assert cells("\u6f22\u5b57") == 4
    assert all(cells(line) <= 5 for line in wrapped("\u6f22" * 9, 5))
    assert cells("e\u0301") == 1


def test_hanging_and_table() -> None:
    assert list(hanging("A", "b", indent=2, column=5)) == ["  A  b"]
    assert list(hanging("too long a label", "b", indent=0, column=5)) == ["too long a label", "     b"]
    assert list(table([("a", "b"), ("long", "c")], indent=0)) == ["a     b", "long  c"]


def test_the_evidence_says_which_hosts_announce_requiretls(walks: Walks) -> None:
    told: dict[str, set[str]] = {}
    host = ""
    for line in evidence(walks.of("requiretls").walk, "starttls"):
        host = line.split()[0] if line.startswith("mx") else host
        if line.startswith("  REQUIRETLS"):
            told.setdefault(host, set()).add(line.strip())
    assert told == {
        "mx1.requiretls.example": {"REQUIRETLS (RFC 8689) is not offered."},
        "mx2.requiretls.example": {"REQUIRETLS (RFC 8689) is offered."},
    }
