"""Waits that we gave up: what they say of the other end.  Pure.

RFC 5321 section 4.5.3.2 has senders wait minutes where we wait seconds, and RFC 8461 section 3.3 a minute
for a policy.  That we heard nothing until then is a fact about our patience, not about the mail.
"""

from __future__ import annotations

from mailpath.facts.path import PolicyFetch, Session, Walk


def cut_short(walk: Walk, waited: Session | PolicyFetch | None) -> float | None:
    """The seconds after which we gave up, though a sender may wait longer; None where something else ended
    it, or where the sender is said to be as impatient as we are.
    """
    return None if waited is None or walk.patience == "ours" else waited.limit
