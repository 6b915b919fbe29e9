"""A show of hands: how many in a class chose which option, before they talked about it and after.  Pure."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

#: Hands that one option can have.
MOST = 999


class Hands(msgspec.Struct, frozen=True):
    """`votes`: by option's place, of the first vote and of the second.  `second`: the second is on."""

    votes: tuple[tuple[int, ...], tuple[int, ...]]
    second: bool = False

    def count(self, place: int, hands: int) -> Hands:
        """`hands` were raised for the option at `place`, in the vote that is on.  Raises IndexError."""
        now = list(self.votes[self.second])
        now[place] = min(max(hands, 0), MOST)
        changed = (self.votes[0], tuple(now)) if self.second else (tuple(now), self.votes[1])
        return replace(self, votes=changed)

    def vote_again(self) -> Hands:
        """From here on hands count for the second vote."""
        return replace(self, second=True)

    def share(self, place: int, *, second: bool) -> float | None:
        """The part of a vote that an option has; None where nobody has voted."""
        votes = self.votes[second]
        return votes[place] / sum(votes) if sum(votes) else None


def hands_for(options: int) -> Hands:
    """Nobody has voted yet."""
    return Hands(((0,) * options, (0,) * options))
