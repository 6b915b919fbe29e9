"""What an attacker changes, told once for every renderer: sentences per posture, rows per attack.

Visible text all of it.  Rows are of the posture that decides; of the others the JSON report has all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mailpath.judge import Outcome
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.wording.phrases import join_and

if TYPE_CHECKING:
    from mailpath.whatif import AttackOutcome


class AttackRow(msgspec.Struct, frozen=True, kw_only=True):
    """One attack on one posture's mail.  `read`: "yes", "no", "perhaps"; `why`: a clause.

    `outcome`: where it differs, with that for a sender with the policy cached (or without) beside it.
    """

    attack: str
    outcome: str
    read: str
    why: str


def attack_rows(result: Result, posture: str | None = None) -> tuple[AttackRow, ...]:
    """Every attack that was tried on `posture` (default: the one that decides), in order."""
    return tuple(_row(each) for each in result.attacks.get(posture or result.posture, {}).values())


def _row(found: AttackOutcome) -> AttackRow:
    ended = _ended(found.outcome, found.host)
    cached = found.if_policy_cached
    if cached is not None and cached is not found.outcome:
        ended += f"; with the policy cached {cached.value}"
    first = found.if_first_contact
    if first is not None and first is not found.outcome:
        ended += f"; at first contact {first.value}"
    return AttackRow(attack=found.attack, outcome=ended, read=read(found), why=visible(found.evidence))


def _ended(outcome: Outcome, host: str | None) -> str:
    return outcome.value if host is None else f"{outcome.value} at {visible(host)}"


def read(found: AttackOutcome) -> str:
    """Whether the attacker reads the mail: "yes", "no", "perhaps"."""
    if found.attacker_reads:
        return "yes"
    return "perhaps" if found.may_read else "no"


def attack_sentences(result: Result) -> tuple[str, ...]:
    """One sentence per posture: who can read the mail, and how.

    After the whole catalogue these are its summaries; else what the attacks that were tried do.
    """
    if result.summaries:
        return tuple(f"{name}: {reach(result, name)}" for name in result.summaries)
    return tuple(_sentence(name, tuple(found.values())) for name, found in result.attacks.items() if found)


def reach(result: Result, posture: str) -> str:
    """Who can read this posture's mail, and by which of several hosts; "" where nobody found out."""
    summary = result.summaries.get(posture)
    if summary is None:
        return ""
    return f"{summary.sentence} {summary.weakest}".rstrip()


def _sentence(posture: str, tried: tuple[AttackOutcome, ...]) -> str:
    working = [each.attack for each in tried if read(each) == "yes"]
    if working:
        return f"{posture}: {join_and(working)} {'lets' if len(working) == 1 else 'let'} an attacker read it."
    perhaps = [each.attack for each in tried if read(each) == "perhaps"]
    if perhaps:
        return f"{posture}: {join_and(perhaps)} may let an attacker read it."
    do = "does" if len(tried) == 1 else "do"
    return f"{posture}: {join_and([each.attack for each in tried])} {do} not let an attacker read it."
