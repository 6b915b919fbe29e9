"""Waits that we gave up: what they say of the other end.  Pure.

RFC 5321 section 4.5.3.2 has senders wait minutes where we wait seconds, and RFC 8461 section 3.3 a minute
for a policy.  That we heard nothing until then is a fact about our patience, not about the mail.
"""

from __future__ import annotations

from mailpath.facts.path import PolicyFetch, Session, Walk

#: Seconds: what the standards ask a sender to wait for a reply, and for a policy.
REPLY, POLICY = 300, 60


def cut_short(walk: Walk, waited: Session | PolicyFetch | None) -> float | None:
    """The seconds after which we gave up, though a sender may wait longer; None where something else ended
    it, or where the sender is said to be as impatient as we are and we waited as long as we do.
    """
    cut = isinstance(waited, Session) and waited.bound
    return None if waited is None or (walk.patience == "ours" and not cut) else waited.limit


def gave_up_early(walk: Walk, waited: Session | PolicyFetch | None) -> bool:
    """Whether we gave up before the standards let a sender do so: then the other end is not to blame."""
    limit = cut_short(walk, waited)
    return limit is not None and limit < (POLICY if isinstance(waited, PolicyFetch) else REPLY)
