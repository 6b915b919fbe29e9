"""Steps while they are thought out: what each does to the world, and what it says to whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Literal

import msgspec

from mailpath.lab.grammar import Zone
from mailpath.plan import checks
from mailpath.plan.model import Blocked, Do, Step
from mailpath.plan.passage import Change
from mailpath.plan.situation import Situation
from mailpath.plan.timing import INSECURE, mends
from mailpath.plan.world import Part, Rr, World
from mailpath.wording.phrases import join_and, sentence
from mailpath.wording.times import span

Phase = Literal["", "quick", "right"]


class Wait(msgspec.Struct, frozen=True):
    """A wait beside those for caches.  `why`: a clause behind "until"."""

    seconds: int
    why: str


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """One step.  `parts`: what it changes.  `settle`: no later step may begin while some cache holds a value
    from before it, or before the steps since the last one that settled.  `delivers`: the check asks whether
    mail is delivered, too, unless something else keeps it from being so.
    """

    who: str
    title: str
    do: tuple[Do, ...]
    parts: dict[Part, Any]
    settle: bool = False
    wait: Wait | None = None
    check: str = ""
    delivers: bool = False
    undo: tuple[str, ...] = ()
    phase: Phase = ""


class Drafting:
    """Steps in order, and the world as it is after them."""

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        self.world = situation.world
        self.drafts: list[Draft] = []
        self.notes: list[str] = []
        #: Other orders that suggest themselves: a clause on each, and what it does to the world.
        self.naive: list[tuple[str, list[Change]]] = []
        #: Who has to be asked for what the plan goes without.
        self.blocked: list[Blocked] = []

    def add(self, draft: Draft) -> None:
        """One more step."""
        self.drafts.append(draft)
        self.world = self.world.changed(draft.parts)

    def set_records(
        self,
        wanted: dict[Part, tuple[Rr, ...]],
        title: str,
        what: str,
        *,
        settle: bool = True,
        check: str = "",
        delivers: bool = False,
        undo: tuple[str, ...] = (),
        phase: Phase = "",
        whole: bool = False,
    ) -> None:
        """A step for each zone that has some of the RRsets `wanted`; those that are so already are none.

        `check`: beside asking every name server.  `whole`: with nsupdate the RRsets are replaced, whatever
        else they hold.
        """
        zones: dict[str, dict[Part, tuple[Rr, ...]]] = {}
        for part, records in wanted.items():
            if (self.world.parts.get(part) or ()) != records:
                zones.setdefault(self.world.zone_of(part.name), {})[part] = records
        for number, (zone, parts) in enumerate(zones.items(), 1):
            self.add(
                Draft(
                    who=f"dns {zone}",
                    title=title,
                    do=tuple(self._dns(zone, parts, what, whole=whole)),
                    parts=dict(parts),
                    settle=settle and number == len(zones),
                    check=" && ".join(filter(None, (*self._served(parts), check))),
                    delivers=delivers,
                    undo=undo,
                    phase=phase,
                )
            )

    def _served(self, parts: dict[Part, tuple[Rr, ...]]) -> Iterable[str]:
        """Commands that succeed when every name server serves `parts`."""
        for part, records in parts.items():
            before = self.world.parts.get(part) or ()
            has = [each.data for each in records if each not in before]
            lacks = [each.data for each in before if each not in records]
            yield checks.records_served(part.name, part.rdtype, has, lacks)

    def _dns(
        self, zone: str, parts: dict[Part, tuple[Rr, ...]], what: str, *, whole: bool = False
    ) -> Iterable[Do]:
        """What to do in one zone.  What replaces something does so in one update: two MTA-STS records beside
        each other are none (RFC 8461 section 3.1).
        """
        new: list[str] = []
        gone: list[str] = []
        for part, records in parts.items():
            before = self.world.parts.get(part) or ()
            new += [each.text for each in records if each not in before]
            gone += [each.text for each in before if each not in records]
        adding = [f"update add {each}" for each in new]
        deleting = [f"update delete {_without_ttl(each)}" for each in gone]
        if whole:
            deleting = [f"update delete {part.name}. IN {part.rdtype}" for part in parts]
        lines = (f"zone {zone}.", *deleting, *adding, "send")
        if new:
            yield Do(kind="publish", what=what, records=tuple(new), nsupdate=lines)
        if gone:
            told = "In the same change, withdraw what they replace." if new else what
            yield Do(kind="withdraw", what=told, records=tuple(gone), nsupdate=() if new else lines)

    # --- in the end --------------------------------------------------------------------------------

    def changes(self) -> list[Change]:
        """What the steps do to the world."""
        return [
            Change(draft.parts, seconds)
            for draft, (seconds, _) in zip(self.drafts, self._waits(), strict=True)
        ]

    def steps(self, refused: Collection[int] = ()) -> tuple[Step, ...]:
        """As the plan has them.  `refused`: numbers of those after which mail is still refused."""
        delivered = checks.mail_delivered(self.situation.recipient)
        return tuple(
            Step(
                n=number,
                who=draft.who,
                title=draft.title,
                do=draft.do,
                wait_s=seconds,
                wait_because=why,
                check=" && ".join(
                    filter(None, (draft.check, delivered * (draft.delivers and number not in refused)))
                ),
                undo=draft.undo,
                phase=draft.phase,
            )
            for number, (draft, (seconds, why)) in enumerate(zip(self.drafts, self._waits(), strict=True), 1)
        )

    def _waits(self) -> list[tuple[int, str]]:
        """Seconds behind each step, and why."""
        world, pending, waits = self.situation.world, dict[Part, Any](), list[tuple[int, str]]()
        before = world
        for draft in self.drafts:
            pending |= {part: before.parts.get(part) for part in draft.parts if part not in pending}
            world = world.changed(draft.parts)
            found: list[tuple[int, str]] = []
            if draft.settle:
                found = [self._settling(part, old, world) for part, old in pending.items()]
                pending, before = {}, world
            if draft.wait is not None:
                found.append((draft.wait.seconds, draft.wait.why))
            seconds = max((each for each, _ in found), default=0)
            reasons = dict.fromkeys(why for each, why in found if each and why)
            told = sentence(f"until {join_and(tuple(reasons))}") if seconds else ""
            waits.append((seconds, f"{told} {self._counted(draft)}".strip() if seconds else ""))
        return waits

    def _settling(self, part: Part, old: Any, world: World) -> tuple[int, str]:
        """For how long a cache may hold `old`, now that the world is so, and the clause that says so."""
        times, new = self.situation.times, world.parts.get(part)
        seconds = times.settles(part, old, new, world)
        if not seconds:
            return 0, ""
        zone = world.zone_of(part.name)
        if part.kind == "fault" or (part.kind == "zone" and mends(old, new)):
            return seconds, f"resolvers have forgotten that it failed ({seconds} s, RFC 9520)"
        if part.kind == "zone":
            return seconds, _zone_settles(part.name, old, new, seconds)
        if old:
            why = f"the old {part.rdtype} records of {part.name} have expired (TTL {seconds} s)"
        else:
            assumed = "" if times.of(zone) else ", assumed"
            why = (
                f'the answer "no {part.rdtype} record at {part.name}" has expired'
                f" (negative TTL {seconds} s of {zone}{assumed})"
            )
        return seconds, why

    def _counted(self, draft: Draft) -> str:
        """From when the wait counts, for records."""
        if not draft.settle or not any(part.kind in ("rrset", "zone") for part in draft.parts):
            return ""
        zones = dict.fromkeys(self._asked_for(part) for part in draft.parts)
        known = [times.refresh for times in map(self.situation.times.of, zones) if times is not None]
        late = f"; one that missed it may need another {max(known)} s" if known else ""
        return f"Count from when every name server serves the change{late}."

    def _asked_for(self, part: Part) -> str:
        """The zone whose servers have `part`: a DS record is in the one above."""
        if part.kind != "zone":
            return self.situation.world.zone_of(part.name)
        return self.situation.times.above(part.name)


def _zone_settles(name: str, old: Zone, new: Zone | None, seconds: int) -> str:
    lasts = f"({span(seconds, full=True)})"
    if old.sec not in INSECURE:
        return f"the old DS records of {name} have expired {lasts}"
    if new is None or new.sec in INSECURE:
        return f"the answers of {name} without signatures have expired, as far as they were seen {lasts}"
    return f'the answer "no DS record of {name}" has expired {lasts}'


def _without_ttl(text: str) -> str:
    """As nsupdate deletes it."""
    owner, _, klass, rest = text.split(None, 3)
    return f"{owner} {klass} {rest}"
