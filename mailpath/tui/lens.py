"""Through what a finished walk is looked at: an attacker on the path, another time, one host alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mailpath.tui.judging import Bench

if TYPE_CHECKING:
    from mailpath.whatif import AttackOutcome, Moment


@dataclass(frozen=True)
class Lens:
    """`attack`: "a" or "a+b", "" for none.  `at`: Unix time, None for the walk's own."""

    attack: str = ""
    at: int | None = None

    @property
    def plain(self) -> bool:
        """Whether the walk is seen as it was walked."""
        return not self.attack and self.at is None

    def words(self) -> str:
        """For a heading: "under mitm-self-signed, as of 2026-12-07 16:53 UTC"."""
        parts = [f"under {self.attack}"] if self.attack else []
        if self.at is not None:
            parts.append(f"as of {when(self.at)}")
        return ", ".join(parts)


@dataclass(frozen=True)
class View:
    """The recording walked again through `lens`.

    `tampered`: step id -> the exchanges of it that the attacker touched.  `outcome`: what the attack makes
    of the posture it was asked for; None without an attack.
    """

    lens: Lens
    bench: Bench
    tampered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outcome: AttackOutcome | None = None


@dataclass(frozen=True)
class Stop:
    """Where the clock can be set to: right after `moments`, which all end at one time."""

    at: int
    moments: tuple[Moment, ...]


def stops(moments: tuple[Moment, ...]) -> tuple[Stop, ...]:
    """`moments` in order, those of one time together; the clock stands a second behind them."""
    together: dict[int, list[Moment]] = {}
    for moment in sorted(moments):
        together.setdefault(moment.at, []).append(moment)
    return tuple(Stop(at + 1, tuple(ending)) for at, ending in together.items())


def when(at: int) -> str:
    """Unix time as "2026-12-07 16:53 UTC"."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def away(seconds: int) -> str:
    """How far a time is from another, in one unit: "in 14 d", "3 h ago"."""
    distance = abs(seconds)
    amount, unit = next(
        ((distance // size, unit) for size, unit in _UNITS if distance >= 2 * size), (distance, "s")
    )
    return f"in {amount} {unit}" if seconds >= 0 else f"{amount} {unit} ago"


_UNITS = ((365 * 86400, "y"), (86400, "d"), (3600, "h"), (60, "min"))
