"""Which bounds of ours on the whole walk were reached.  Pure.

They say nothing of the recipient: more time, or fewer names, and the walk would have gone on.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.exchanges import Failure
from mailpath.facts.path import Walk
from mailpath.facts.resolver import lookups


def bounds_reached(walk: Walk) -> tuple[str, ...]:
    """Each bound that cut this walk short, as a clause, each once."""
    return tuple(dict.fromkeys(_reached(walk)))


def _reached(walk: Walk) -> Iterator[str]:
    cut = [lookup.detail for lookup in lookups(walk) if lookup.failure is Failure.NOT_TRIED]
    sessions = (*walk.starttls.sessions, *walk.starttls.enveloped)
    cut += [each.not_tried for each in sessions if each.failure is Failure.NOT_TRIED]
    cut += [each.bound for each in sessions if each.bound]
    if walk.sts.fetch is not None and walk.sts.fetch.failure is Failure.NOT_TRIED:
        cut.append(walk.sts.fetch.detail)
    if cut:
        yield from cut
    elif any(zone.failure is Failure.NOT_TRIED for zone in walk.dnssec.zones):
        yield "this walk could not ask every question that DNSSEC needs"
