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
from mailpath.tickets.pasted import find_cause, read_pasted
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


@pytest.mark.parametrize(
    ("said", "side", "to_postmaster", "to_user"),
    [
        ("552 5.2.2 mailbox full", Side.MAILBOX, "let them know", "Tell the recipient by other means"),
        ("550 5.7.26 SPF and DKIM failed", Side.SENDER, "on our side", "SPF record"),
        ("550 5.1.1 no such user", Side.WRITER, "Check the spelling", "Check the spelling"),
        ("451 4.7.1 Greylisted, try later", Side.WAITING, "nothing|nobody", "tries again by itself"),
        ("450 4.2.0 tea and cake", Side.UNKNOWN, "Nothing so far says", "do not know yet"),
        ("454 4.7.0 TLS not available", Side.RECIPIENT, "Nothing so far says", "do not know yet"),
    ],
)
def test_a_refusal_that_no_walk_explains_is_answered_as_what_it_is(
    walks: Walks, said: str, side: Side, to_postmaster: str, to_user: str
) -> None:
    walk = walks.of("dane-good").walk
    pasted = read_pasted(f"<u@dane-good.example>: host mx1.dane-good.example[192.0.2.1] said: {said}")
    assert pasted is not None
    refused = find_cause(pasted, walk).unexplained
    result = build(walk, [posture("rfc")], {}, provenance=made.LAB)
    for reader, wanted in ((Reader.POSTMASTER, to_postmaster), (Reader.USER, to_user)):
        found = reply(result, reader, refused)
        text = " ".join(replies.text(found).split())
        assert found.side is side
        assert said in text
        assert "you do not have to do anything about it" not in found.whose or side is Side.WRITER
        assert any(each in text for each in wanted.split("|")), text
        assert "The path, when checked: mail is delivered encrypted" in text
        assert ("has not been delivered so far" in text) is said.startswith("45")


def test_a_refusal_that_the_walk_explains_is_answered_by_its_cause(walks: Walks) -> None:
    walk = walks.of("dane-stale").walk
    pasted = read_pasted("<u@dane-stale.example>: Server certificate not verified")
    assert pasted is not None
    assert find_cause(pasted, walk).unexplained is None
