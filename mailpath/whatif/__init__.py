"""What an attacker, or time, would change: the recording walked again, and judged again.

rewalks = Rewalks(capture)
(await summary(rewalks, PRESETS["postfix-dane"])).sentence
(await attack_outcome(rewalks, posture, "steer+strip-starttls")).evidence
timeline(await rewalks.untampered(), rewalks.made)
"""

from __future__ import annotations

from mailpath.attacks.attacked import UnknownAttack
from mailpath.attacks.catalogue import ATTACKS, COMBINATIONS, Attack, Need, canonical, cost
from mailpath.attacks.reading import listener_reads, reads
from mailpath.whatif.clock import Moment, timeline
from mailpath.whatif.forgetting import forget
from mailpath.whatif.only_host import only_host
from mailpath.whatif.outcome import AttackOutcome, outcome
from mailpath.whatif.rewalk import Rewalk, Rewalks, changed
from mailpath.whatif.summary import Reach, Summary, attack_outcome, held_policy, summary
from mailpath.whatif.weakest import each_only_reachable, weakest_host, weakest_path

__all__ = [
    "ATTACKS",
    "COMBINATIONS",
    "Attack",
    "AttackOutcome",
    "Moment",
    "Need",
    "Reach",
    "Rewalk",
    "Rewalks",
    "Summary",
    "UnknownAttack",
    "attack_outcome",
    "canonical",
    "changed",
    "cost",
    "each_only_reachable",
    "forget",
    "held_policy",
    "listener_reads",
    "only_host",
    "outcome",
    "reads",
    "summary",
    "timeline",
    "weakest_host",
    "weakest_path",
]
