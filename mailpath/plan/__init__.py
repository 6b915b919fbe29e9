"""How to change what a domain publishes without losing a mail, proven before anything is published.

    planned = await make(Goal.KEY_CHANGE, capture)
    planned.plan.steps, planned.plan.proof, planned.worlds[1].scenario()

`situation` reads where the domain stands, a module of `goals` drafts steps, `passage` says what senders meet
on the way (old records in caches, old policies), and `proof` builds each of these states in the lab, walks to
it and judges it under every posture.
"""

from mailpath.plan.making import Asked, Planned, make
from mailpath.plan.model import Blocked, Do, Goal, Plan, PolicyFile, Proof, Result, Step, Unsafe, Worse

__all__ = [
    "Asked",
    "Blocked",
    "Do",
    "Goal",
    "Plan",
    "Planned",
    "PolicyFile",
    "Proof",
    "Result",
    "Step",
    "Unsafe",
    "Worse",
    "make",
]
