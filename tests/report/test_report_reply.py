"""The reply to a ticket: whose side it is, the exact change, what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.judge import Outcome
from mailpath.judge.presets import posture
from mailpath.lab import scenarios
from mailpath.report import reply as replies
from mailpath.report.reply import Reader, Reply, Side, reply
from mailpath.report.result import build
from mailpath.wording.layout import cells

if TYPE_CHECKING:
    from conftest import Walks


def told(walk: Walk, name: str = "rfc", reader: Reader = Reader.POSTMASTER) -> Reply:
    return reply(build(walk, [posture(name)], {}, provenance=made.LAB), reader)


def test_the_exact_change_stands_on_a_line_of_its_own(walks: Walks) -> None:
    lines = replies.text(told(walks.of("dane-stale").walk, "postfix-dane")).splitlines()
    record = "_25._tcp.mx1.dane-stale.example. TLSA 3 1 1 "
    published = next(line.removeprefix("Published: ") for line in lines if line.startswith("Published: "))
    to_publish = next(line for line in lines if line.startswith(record))
    assert published.startswith(record)
    assert published != to_publish
    assert f"In use: {to_publish.partition(' TLSA ')[2]} (computed from the server's certificate)" in lines
    prose = " ".join(lines)
    assert "The cause is on your side" in prose
    assert "Mail from a.example to dane-stale.example is not being delivered at the moment" in prose
    assert "by mailpath " in prose
    assert "from mail.a.example, resolver 127.0.0.1:" in prose
    assert "This check: in the lab." in prose


@pytest.mark.parametrize(
    ("name", "under", "side", "code"),
    [
        ("dane-stale", "rfc", Side.RECIPIENT, "wait one TTL"),
        ("dane-good", "rfc", Side.NOBODY, ""),
        ("dane-stale", "postfix-verify", Side.NOBODY, "wait one TTL"),  # others are stopped
        ("plaintext", "postfix-encrypt", Side.SENDER, "Enable STARTTLS"),
        ("plaintext", "rfc", Side.RECIPIENT, "Enable STARTTLS"),
        ("dane-good", "postfix-none", Side.SENDER, ""),
        ("dane-good", "postfix-verify", Side.SENDER, ""),
        ("signed-no-tlsa", "postfix-dane-only", Side.SENDER, "Publish this record."),
        ("null-mx", "rfc", Side.ADDRESS, "Check the address."),
        ("bogus", "rfc", Side.RECIPIENT, "Sign the zone bogus.example again"),
        ("sts-mx-not-listed", "rfc", Side.RECIPIENT, "serve this file"),
        ("dane-first-bad-second-weak", "rfc", Side.RECIPIENT, "wait one TTL"),
    ],
)
def test_whose_side(walks: Walks, name: str, under: str, side: Side, code: str) -> None:
    found = told(walks.of(name).walk, under)
    assert found.side is side
    assert any(code in row.text for row in found.remedy) if code else found.remedy == ()


def test_every_scenario_has_a_reply_to_both(walks: Walks) -> None:
    for scenario in scenarios():
        walk = walks.of(scenario.id).walk
        for reader in Reader:
            found = told(walk, "rfc", reader)
            text = replies.text(found)
            copied = {line for row in found.remedy for line in row.lines}
            wrapped = [line for line in text.splitlines() if line not in {*copied, *found.evidence}]
            assert all(cells(line) <= 80 for line in wrapped), text
            assert all(line.isprintable() for line in text.splitlines()), text
            assert len(found.evidence) in (1, 2), text
            assert len(wrapped) <= 22, text
            addressed = "Your mail to " if reader is Reader.USER else "Mail from "
            assert found.happened.startswith(addressed)


def test_a_claim_is_called_one() -> None:
    doubtful = replace(made.REPLAYED, strange_anchor=True, anchor="own")
    found = reply(build(made.walk(), [posture("rfc")], {}, provenance=doubtful), Reader.POSTMASTER)
    assert found.happened.startswith("According to a capture (see below): ")
    assert found.remarks[0].startswith("Not evidence: on the capture's own DNSSEC root")
    assert "the capture says 2026-11-23" in found.seen


def test_what_is_not_known_accuses_nobody() -> None:
    walk = made.walk(starttls=made.StarttlsFacts(sessions=(made.session(not_tried="a bound of ours"),)))
    result = build(walk, [posture("rfc")], {})
    assert result.verdict.outcome is Outcome.UNKNOWN
    found = reply(result, Reader.POSTMASTER)
    assert (found.side, found.remedy) == (Side.UNKNOWN, ())
