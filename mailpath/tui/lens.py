"""Through what a finished walk is looked at: an attacker on the path, another time, one host alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mailpath.tui.judging import Bench
from mailpath.visible import visible
from mailpath.wording.times import span, utc

if TYPE_CHECKING:
    from mailpath.facts import Walk
    from mailpath.whatif import AttackOutcome, Moment


@dataclass(frozen=True)
class Lens:
    """`attack`: "a" or "a+b", "" for none.  `at`: Unix time, None for the walk's own.

    `message`: what it asks for, "ordinary", "requiretls" or "tls-required-no".  `policy_age`: how old the
    sender's MTA-STS policy was when the walk was made, in seconds; None: first contact.
    """

    attack: str = ""
    at: int | None = None
    message: str = "ordinary"
    policy_age: int | None = None

    @property
    def plain(self) -> bool:
        """Whether the walk is seen as it was walked, for an ordinary message at first contact."""
        return self == Lens()

    @property
    def rewalked(self) -> bool:
        """Whether it is another walk, and not only judged for another message."""
        return bool(self.attack) or self.at is not None

    @property
    def unattacked(self) -> Lens:
        return replace(self, attack="")

    @property
    def sent(self) -> Lens:
        """What is sent, over the walk as it was walked."""
        return replace(self, attack="", at=None)

    def words(self) -> str:
        """For a heading: "under mitm-self-signed, as of 2026-12-07 16:53 UTC"."""
        parts = [f"under {self.attack}"] if self.attack else []
        if self.at is not None:
            parts.append(f"as of {utc(self.at)}")
        return ", ".join([*parts, *self.asked()])

    def asked(self) -> list[str]:
        """What is said of the message and of its sender: "sent with REQUIRETLS"."""
        asks = {"requiretls": "sent with REQUIRETLS", "tls-required-no": "with TLS-Required: No"}
        parts = [asks[self.message]] if self.message in asks else []
        if self.policy_age is not None:
            before = f"{span(self.policy_age)} before" if self.policy_age else "just before"
            parts.append(f"policy fetched {before}")
        return parts


@dataclass(frozen=True)
class View:
    """The recording walked again through `lens`.

    `tampered`: step id -> the exchanges of it that the attacker touched.  `outcome`: what the attack makes
    of the posture it was asked for; None without an attack.  `before`: what it is compared with, None for
    the walk as it was walked.  `alone`: the outcome at one host alone, and whether the attacker touched it.
    """

    lens: Lens
    bench: Bench
    tampered: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    outcome: AttackOutcome | None = None
    before: Bench | None = None
    alone: Callable[[str, bool], AttackOutcome] | None = None

    def of_host(self, host: str | None) -> View:
        """What of it is about `host`, or about the domain; None: all of it."""
        if host is None or host not in self.bench.hosts:
            return self
        walks = [bench.walk for bench in (self.before, self.bench) if bench is not None]
        others = _others(walks, host)
        kept = {
            step: tuple(mark for mark in marks if mark.split(" ")[0] not in others)
            for step, marks in self.tampered.items()
        }
        tampered = {step: marks for step, marks in kept.items() if marks}
        outcome = self.alone(host, bool(tampered)) if self.alone is not None else self.outcome
        return replace(self, tampered=tampered, outcome=outcome)


def _others(walks: list[Walk], host: str) -> set[str]:
    """Names and addresses that only the other MX hosts have."""
    own: set[str] = set()
    others: set[str] = set()
    for walk in walks:
        for each in walk.mx.hosts:
            (own if each.name == host else others).update((each.name, *each.addresses))
        for tlsa in walk.tlsa.hosts:
            names = (candidate.lookup.name for candidate in tlsa.candidates)
            (own if tlsa.host == host else others).update(names)
    return {visible(name) for name in others - own}


@dataclass(frozen=True)
class Stop:
    """Where the clock can be set to: right after `moments`, which all end at one time."""

    at: int
    moments: tuple[Moment, ...]


@dataclass(frozen=True)
class Outlook:
    """What becomes of the mail at a stop.  `renewed`: had the signatures that ended before been renewed;
    "" where none had ended, or where the recording cannot tell."""

    outcome: str
    renewed: str = ""


def stops(moments: tuple[Moment, ...]) -> tuple[Stop, ...]:
    """`moments` in order, those of one time together; the clock stands a second behind them."""
    together: dict[int, list[Moment]] = {}
    for moment in sorted(moments):
        together.setdefault(moment.at, []).append(moment)
    return tuple(Stop(at + 1, tuple(ending)) for at, ending in together.items())
