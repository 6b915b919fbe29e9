"""How a delivery attempt may end when we stopped waiting for some of its hosts (`patience.py`).  Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mailpath.judge.endings import AttemptEnd
from mailpath.judge.model import DELIVERED, FINAL, Attempt, Outcome

if TYPE_CHECKING:
    from mailpath.judge.course import Round


class Waits:
    """The hosts of one pass at which we gave up waiting before the sender would, and what may come of that.

    `over`: the mail goes no further than the last of them, however that one ends.
    """

    def __init__(self) -> None:
        self._first: Attempt | None = None
        self._last: Attempt | None = None
        self._final: set[Outcome] = set()
        self._stays = False
        self.over = False

    def note(self, ending: AttemptEnd, tried: Attempt, refused: Attempt | None) -> None:
        """`refused`: what becomes of mail at a host that takes it (`Agent.tries_next_mx_without_tlsa`)."""
        if not ending.either:
            return
        self._first, self._last = self._first or tried, tried
        outcomes = {each.outcome for each in ending.either}
        if refused is not None:
            outcomes = {refused.outcome if each in DELIVERED else Outcome.DEFERRED for each in outcomes}
        stopping = {each.outcome for each in ending.either if each.stops}
        self._final = self._final | (outcomes & (FINAL | stopping))
        self._stays |= any(each.outcome is Outcome.DEFERRED and not each.tls_failed for each in ending.either)
        ends = refused is None and all(each.outcome in FINAL or each.stops for each in ending.either)
        self.over = outcomes <= FINAL or ends

    def undecided(self, found: Round) -> Round:
        """`found`, or what is possible where it hangs on one of those hosts."""
        if self._first is None:
            return found
        possible = set(self._final)
        if found.outcome in FINAL:
            possible.add(found.outcome)
        elif found.outcome is Outcome.UNKNOWN and found.decisive is not self._last:
            return found  # of another host nothing at all is known
        elif not self.over:
            possible.add(Outcome.DEFERRED)
        if len(possible) == 1:
            return found
        return msgspec.structs.replace(
            found,
            outcome=Outcome.UNKNOWN,
            decisive=self._first,
            possible=frozenset(possible),
            stays=self._stays,
        )
