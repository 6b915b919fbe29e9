"""What a real Postfix and a real Exim did in every scenario of the lab, at every level."""

from __future__ import annotations

from typing import TYPE_CHECKING

from interop_mta_model import Deliveries, against_codes, against_expectations, against_judge, table

from mailpath.lab import scenarios

if TYPE_CHECKING:
    from interop_mta_internet import Grounds


def test_every_mail_was_tried(deliveries: Deliveries) -> None:
    assert len(deliveries.observed) == 17 * len(scenarios())
    assert not [key for key, cell in deliveries.observed.items() if cell.outcome == "never tried"]


def test_the_scenarios_expect_what_happened(deliveries: Deliveries, grounds: Grounds) -> None:
    postures = {posture for _, posture in deliveries.observed}
    differences = against_expectations(deliveries.observed, scenarios(), postures)
    assert not differences, f"\n{table(differences)}\n{grounds.space.logs()}"


def test_the_judge_foresees_what_happened(deliveries: Deliveries, grounds: Grounds) -> None:
    differences = against_judge(deliveries.observed, deliveries.judged)
    assert not differences, f"\n{table(differences)}\n{grounds.space.logs()}"


def test_the_judge_foresees_the_status_codes_of_postfix(deliveries: Deliveries) -> None:
    seen = {key: cell for key, cell in deliveries.observed.items() if key[1].startswith("postfix")}
    differences = against_codes(seen, deliveries.judged)
    assert not differences, f"\n{table(differences)}"
