"""Stores of surveys for the app: one of real walks, and those that are only rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mailpath.judge import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.survey.judging import row_for
from mailpath.survey.results import Cause, Row
from mailpath.survey.store import About, Store

TODAY, POSTURES = "postfix-may", ("postfix-dane", "postfix-dane-sts")
WALKED = ("dane-stale", "dane-good", "sts-enforce", "plaintext")
AT = 1_780_000_000
A, E, P, D, B, U = (
    Outcome.AUTHENTICATED,
    Outcome.ENCRYPTED,
    Outcome.PLAINTEXT,
    Outcome.DEFERRED,
    Outcome.BOUNCED,
    Outcome.UNKNOWN,
)
STALE = Cause(
    event="cert-mismatch",
    code="TLSA002",
    side="recipient-admin",
    reason="Its certificate matches none of its TLSA records.",
)
REFUSED = Cause(event="greeting-refused", code="TLS016", reason="The greeting is 554.")
LOST = Cause(event="lookup-failed", code="", reason="The lookup timed out.")


def about(**other: Any) -> About:
    usual = {"sender": None, "today": TODAY, "postures": POSTURES, "began": AT, "keep": "all"}
    return About(**{**usual, **other})


def kept(folder: Path, walks: Any) -> Path:
    """Four domains with their walks, one that was not walked, one whose walk was not kept."""
    postures = [PRESETS[name] for name in POSTURES]
    mails = {walks.of(name).scenario.domain: 40 - 10 * n for n, name in enumerate(WALKED)}
    with Store.create(folder, about(), {**mails, "todo.example": 3, "gone.example": 2}) as store:
        for name in WALKED:
            capture = walks.of(name).capture
            domain = walks.of(name).scenario.domain
            row = row_for(walks.of(name).walk, mails[domain], PRESETS[TODAY], postures)
            store.set_ground(capture.ground)
            store.finish(row, capture.ground.made, capture.exchanges, capture.ground.roots)
        gone = Row(domain="gone.example", mails=2, outcomes=dict.fromkeys((TODAY, *POSTURES), E))
        store.finish(gone, AT, [], [])
        store.prune(lambda row: row.domain != "gone.example")
    return folder


def rows() -> list[Row]:
    """Of a small survey: nothing of it is kept."""
    found = []
    told = [
        ("example.com", 48210, "mail.example.net", (E, A, A), {}),
        ("b.example", 1204, "b.example", (E, D, D), dict.fromkeys(POSTURES, STALE)),
        ("xn--bcher-kva.example", 873, "mail.example.net", (E, A, A), {}),
        ("plain.example", 640, "plain.example", (P, P, P), {}),
        ("shop.example", 311, "hosting.example", (E, E, A), {}),
        ("silent.example", 96, "", (U, U, U), dict.fromkeys((TODAY, *POSTURES), LOST)),
        ("closed.example", 44, "closed.example", (B, B, B), dict.fromkeys((TODAY, *POSTURES), REFUSED)),
        (f"{'very-long-name-' * 4}.example", 12, "hosting.example", (E, D, E), {POSTURES[0]: STALE}),
    ]
    for domain, mails, operator, outcomes, causes in told:
        hosts = (f"mx1.{operator}", f"mx2.{operator}") if operator else ()
        judged = dict(zip((TODAY, *POSTURES), outcomes, strict=True))
        found.append(
            Row(domain=domain, mails=mails, operator=operator, hosts=hosts, outcomes=judged, causes=causes)
        )
    found += [
        Row(
            domain=f"d{n}.example",
            mails=11 - n // 4,
            operator="hosting.example",
            hosts=("mx.hosting.example",),
            outcomes=dict.fromkeys((TODAY, *POSTURES), E),
        )
        for n in range(40)
    ]
    return [*found, Row(domain="todo.example", mails=1)]


def told(folder: Path, found: list[Row] | None = None) -> Path:
    """A store of rows alone."""
    listed = rows() if found is None else found
    with Store.create(folder, about(), {row.domain: row.mails for row in listed}) as store:
        for row in listed:
            if row.outcomes:
                store.finish(row, AT, [], [])
        store.prune(lambda row: False)
    return folder
