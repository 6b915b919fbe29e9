"""What a case is."""

from __future__ import annotations

import msgspec

from mailpath.facts import Walk
from mailpath.judge.events import Event


class Case(msgspec.Struct, frozen=True):
    """`text`: the cause, one sentence.  `findings`: codes a walk shows it under.

    `without`: the same walk without what the cause speaks of (TLSA, policy); a posture under which that
    ends alike does not look at it, and is not named.  None where the events tell that by themselves.
    """

    id: str
    text: str
    findings: tuple[str, ...]
    events: tuple[Event, ...]
    walk: Walk
    without: Walk | None = None
