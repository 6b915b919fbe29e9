"""How to change what a domain publishes without losing a mail, proven before anything is published."""

from mailpath.plan.model import Blocked, Do, Goal, Plan, PolicyFile, Proof, Result, Step, Unsafe, Worse

__all__ = ["Blocked", "Do", "Goal", "Plan", "PolicyFile", "Proof", "Result", "Step", "Unsafe", "Worse"]
