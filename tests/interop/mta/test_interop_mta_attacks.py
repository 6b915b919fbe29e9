"""A man in the middle of a real Postfix and the lab: what happened is what `mailpath.whatif` foresees."""

from __future__ import annotations

from interop_mta_attacks import ATTACKS, SCENARIOS
from interop_mta_model import Attacks, against_judge, table


def test_every_mail_was_tried(attacks: Attacks) -> None:
    assert len(attacks.observed) == len(ATTACKS) * len(SCENARIOS) * len(attacks.postures)
    assert not [key for key, cell in attacks.observed.items() if cell.outcome == "never tried"]


def test_what_happens_under_attack_is_foreseen(attacks: Attacks) -> None:
    differences = against_judge(attacks.observed, attacks.foreseen)
    assert not differences, f"\n{table(differences)}"


def test_who_reads_the_mail_is_foreseen(attacks: Attacks) -> None:
    wrong = {key for key, read in attacks.read.items() if read != attacks.foreseen_read[key]}
    assert not wrong
