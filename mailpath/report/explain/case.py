"""What a case is."""

from __future__ import annotations

import msgspec

from mailpath.facts import Walk
from mailpath.judge.events import Event


class Case(msgspec.Struct, frozen=True):
    """`text`: the cause, one sentence.  `findings`: codes a walk shows it under."""

    id: str
    text: str
    findings: tuple[str, ...]
    events: tuple[Event, ...]
    walk: Walk
