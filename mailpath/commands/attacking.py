"""`check --attack`: the recording walked again with an attacker on the path; no packet is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from mailpath.network.capture import Capture
from mailpath.report.result import Result
from mailpath.whatif import AttackOutcome, Rewalks, Summary, attack_outcome, summary

#: The whole catalogue.
ALL = "all"


def tried(result: Result, capture: Capture, attacks: Sequence[str]) -> Result:
    """`result` with what `attacks` (canonical names, or `ALL`) make of each posture's mail."""
    return asyncio.run(_tried(result, capture, attacks))


async def _tried(result: Result, capture: Capture, attacks: Sequence[str]) -> Result:
    rewalks = Rewalks(capture, at=result.at)
    outcomes: dict[str, dict[str, AttackOutcome]] = {}
    summaries: dict[str, Summary] = {}
    for posture in result.postures:
        found = outcomes.setdefault(posture.name, {})
        if ALL in attacks:
            whole = summaries[posture.name] = await summary(rewalks, posture, result.sending)
            # Pairs were tried for what each half cannot do; those that achieve nothing tell nothing.
            found.update(
                (each.attack, each)
                for each in whole.outcomes
                if "+" not in each.attack or each.may_read or each.may_read_if_cached
            )
        for attack in attacks:
            if attack != ALL and attack not in found:
                found[attack] = await attack_outcome(rewalks, posture, attack, asked=result.sending)
    return msgspec.structs.replace(result, attacks=outcomes, summaries=summaries)
