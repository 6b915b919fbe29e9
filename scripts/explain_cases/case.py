"""What a case is, with the walk that shows it."""

from __future__ import annotations

import msgspec

from mailpath.facts import Walk
from mailpath.judge.events import Event
from mailpath.judge.model import DemandedBy


class Case(msgspec.Struct, frozen=True):
    """`text`: the cause, one sentence.  `findings`: codes a walk shows it under.

    `by`: on whose account TLS was demanded, where the cause speaks of that; a posture that demands it on
    its own is not named then.
    """

    id: str
    text: str
    findings: tuple[str, ...]
    events: tuple[Event, ...]
    walk: Walk
    by: DemandedBy | None = None
