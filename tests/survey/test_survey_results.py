"""Each domain is in one group, whatever happens to its mail; what is not delivered is not delivered."""

from __future__ import annotations

import itertools

import pytest

from mailpath.ending import ExitCode
from mailpath.judge import Outcome
from mailpath.survey.results import (
    Cause,
    Count,
    PostureTotals,
    Row,
    exit_code,
    group_of,
    results_of,
    row_of,
)

A, E, P, D, B, U = (
    Outcome.AUTHENTICATED,
    Outcome.ENCRYPTED,
    Outcome.PLAINTEXT,
    Outcome.DEFERRED,
    Outcome.BOUNCED,
    Outcome.UNKNOWN,
)


@pytest.mark.parametrize(
    ("before", "after", "group"),
    [
        (E, D, "newly_deferred"),
        (P, B, "newly_deferred"),
        (D, B, "unchanged"),
        (B, D, "unchanged"),
        (D, E, "newly_encrypted"),
        (A, E, "newly_encrypted"),
        (P, A, "newly_authenticated"),
        (E, P, "newly_plaintext"),
        (E, E, "unchanged"),
        (U, D, "unknown"),
        (E, U, "unknown"),
        (U, U, "unknown"),
    ],
)
def test_what_changes_is_named_for_what_it_comes_to(before: Outcome, after: Outcome, group: str) -> None:
    assert group_of(before, after) == group


def test_every_domain_is_in_one_group_and_its_mails_with_it() -> None:
    rows = [
        Row(domain=f"{before}-{after}.example", mails=3, outcomes={"may": before, "dane": after})
        for before, after in itertools.product(Outcome, repeat=2)
    ]
    rows.append(Row(domain="not-walked.example", mails=9))
    found = results_of(rows, store="s", today="may", postures=["dane", "may"])
    for totals in found.postures.values():
        groups = [getattr(totals, name) for name in PostureTotals.__struct_fields__]
        assert sum(each.domains for each in groups) == found.domains == 37
        assert sum(each.mails for each in groups) == found.mails == 117
    assert found.postures["may"].unchanged == Count(domains=30, mails=90)
    assert found.rows[0].domain == "not-walked.example"


def test_the_cause_told_first_is_of_what_newly_breaks() -> None:
    causes = {"verify": Cause(event="a"), "dane": Cause(event="b", side="recipient-admin")}
    row = row_of("b.example", 1, outcomes={"may": E, "verify": U, "dane": D}, causes=causes, today="may")
    assert (row.event, row.side) == ("b", "recipient-admin")
    assert row_of("b.example", 1, outcomes={"may": E}, causes={}, today="may").event == ""


@pytest.mark.parametrize(
    ("after", "code"),
    [((E, E), ExitCode.OK), ((E, D), ExitCode.BELOW), ((U, E), ExitCode.UNKNOWN), ((U, D), ExitCode.BELOW)],
)
def test_the_exit_status_says_what_breaks_before_what_is_unknown(
    after: tuple[Outcome, ...], code: ExitCode
) -> None:
    rows = [
        Row(domain=f"d{n}.example", mails=1, outcomes={"may": E, "dane": outcome})
        for n, outcome in enumerate(after)
    ]
    found = results_of(rows, store="s", today="may", postures=["dane"])
    assert exit_code(found) == code
    assert exit_code(found, max_unknown=0.5) == (code if code is ExitCode.BELOW else ExitCode.OK)
