"""What an attacker, or time, would change: the recording walked again, and judged again.

rewalks = Rewalks(capture)
(await summary(rewalks, PRESETS["postfix-dane"])).sentence
(await attack_outcome(rewalks, posture, "steer+strip-starttls")).evidence
timeline(await rewalks.untampered(), rewalks.made)
"""

from mailpath.whatif.clock import Moment, timeline
from mailpath.whatif.forgetting import forget
from mailpath.whatif.only_host import only_host
from mailpath.whatif.outcome import AttackOutcome, attack_outcome, outcome
from mailpath.whatif.rewalk import Rewalk, Rewalks, changed
from mailpath.whatif.summary import Reach, Summary, summary

__all__ = [
    "AttackOutcome",
    "Moment",
    "Reach",
    "Rewalk",
    "Rewalks",
    "Summary",
    "attack_outcome",
    "changed",
    "forget",
    "only_host",
    "outcome",
    "summary",
    "timeline",
]
