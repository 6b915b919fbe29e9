"""Where the mail of one path goes, worked out once for what it hangs on: the MX facts, and a dozen fields."""

from __future__ import annotations

from mailpath.facts import MxFacts
from mailpath.judge.consulted import note, values_of, watched
from mailpath.judge.destination import Destination, destination
from mailpath.judge.posture import Posture

#: By names of the fields read, then by their values.
_Known = dict[tuple[str, ...], dict[tuple[object, ...], Destination]]


class Destinations:
    """Remembers for walks of one path, which live as long as it does."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[MxFacts, _Known]] = {}

    def find(self, mx: MxFacts, posture: Posture) -> Destination:
        """As `destination`; what it read of the posture counts as read again."""
        known = self._known(mx)
        for names, by_values in known.items():
            found = by_values.get(values_of(posture, names))
            if found is not None:
                note(posture, names)
                return found
        own, consulted = watched(posture)
        found = destination(mx, own)
        names = tuple(consulted)
        known.setdefault(names, {})[values_of(posture, names)] = found
        note(posture, names)
        return found

    def _known(self, mx: MxFacts) -> _Known:
        if id(mx) not in self._of:
            equal = next((known for other, known in self._of.values() if other == mx), {})
            self._of[id(mx)] = mx, equal
        return self._of[id(mx)][1]
