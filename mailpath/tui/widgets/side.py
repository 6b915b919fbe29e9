"""The left column: what the sender enforces, who is on the path, and what time it is.

One list at a time; below it, in words, what the choice comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from mailpath.tui.lens import Lens, Stop, away, when
from mailpath.tui.text import OUTCOME_STYLE, QUIET, Glyphs, Row, clean, hang
from mailpath.tui.widgets.choices import Choices, Mark, ordered
from mailpath.tui.widgets.flow import Flow

if TYPE_CHECKING:
    from mailpath.whatif import Attack, AttackOutcome, Summary

Mode = Literal["posture", "attack", "clock"]

#: No attack, and the clock where it was.
NONE = "none"
NOW = "now"

_TITLES: dict[str, str] = {"posture": "Posture", "attack": "Attack", "clock": "Clock"}


class Dial(Flow):
    """One line that says what is chosen in another list; a click opens it."""

    class Turned(Message):
        def __init__(self, mode: Mode) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, mode: Mode, *, id: str) -> None:
        super().__init__(id=id, classes="dial")
        self.mode: Mode = mode

    def say(self, row: Row) -> None:
        self.show(lambda width: hang([row], width, indent=0, column=8))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Turned(self.mode))


class Side(Vertical):
    """Lists of postures, attacks and times; `mode` says which is shown."""

    mode: reactive[Mode] = reactive("posture")

    def __init__(self, glyphs: Glyphs, posture: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._posture = posture
        self._lens = Lens()
        self._attacks: Mapping[str, Attack] = {}
        self._summary: Summary | None = None
        self._stops: dict[str, Stop] = {}
        self._made = 0

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        await self.mount(
            Choices(self._glyphs, self._posture, width=24, id="postures"),
            Choices(self._glyphs, NONE, width=29, id="attacks"),
            Choices(self._glyphs, NOW, width=36, id="times"),
            Dial("attack", id="attack-dial"),
            Dial("clock", id="clock-dial"),
            Flow(id="about"),
        )
        self.postures.offer([[self._posture]])
        self.attacks.offer([[NONE]])
        self.times.offer([[NOW]])
        self.watch_mode()
        self._dial(Lens())

    @property
    def postures(self) -> Choices:
        return self.query_one("#postures", Choices)

    @property
    def attacks(self) -> Choices:
        return self.query_one("#attacks", Choices)

    @property
    def times(self) -> Choices:
        return self.query_one("#times", Choices)

    def summary(self, posture: str) -> Summary | None:
        """Who can read this posture's mail; None while it is not known."""
        known = self._summary
        return known if known is not None and known.posture == posture else None

    @property
    def shown(self) -> Choices:
        """The one that is shown."""
        return {"posture": self.postures, "attack": self.attacks, "clock": self.times}[self.mode]

    def watch_mode(self) -> None:
        for mode in _TITLES:
            self.set_class(mode == self.mode, f"-{mode}")
        self.border_title = Content(_TITLES[self.mode])
        for choices in self.query(Choices):
            choices.display = choices is self.shown  # at once: the next key is for the list
        if self.children:
            self._tell()

    def offer_postures(self, names: Iterable[str]) -> None:
        self.postures.offer(ordered(names))

    def know(self, attacks: Mapping[str, Attack], stops: Sequence[Stop], made: int) -> None:
        """A walk is finished: the attacks there are, what ends when, and when the walk was made."""
        self._attacks = attacks
        self._made = made
        self._stops = {str(stop.at): stop for stop in stops if stop.at > made}
        self._summary = None
        self._offer_attacks(())
        labels = {name: _label(stop, made) for name, stop in self._stops.items()}
        self.times.offer([[NOW], list(self._stops)], labels | {NOW: f"now      {when(made)}"})
        self.turn(Lens())

    def forget(self) -> None:
        """A walk has begun: nothing is known of it yet."""
        self.know({}, (), 0)
        self.times.offer([[NOW]])
        for choices in (self.postures, self.attacks, self.times):
            choices.mark({})

    def turn(self, lens: Lens) -> None:
        """Show what is chosen."""
        self._lens = lens
        self.attacks.choose(lens.attack or NONE)
        self.times.choose(NOW if lens.at is None else str(lens.at))
        self._dial(lens)
        self._tell()

    def _dial(self, lens: Lens) -> None:
        """What is chosen in the other lists."""
        for name, label, value, style in (
            ("#attack-dial", "Attack", lens.attack or NONE, "$accent" if lens.attack else ""),
            (
                "#clock-dial",
                "Clock",
                NOW if lens.at is None else when(lens.at),
                "$accent" if lens.at is not None else "",
            ),
        ):
            self.query_one(name, Dial).say(Row(label, clean(value, 60), style=style))

    def sum_up(self, summary: Summary) -> None:
        """What the whole catalogue achieves against the posture."""
        self._summary = summary
        pairs = [each.attack for each in summary.outcomes if "+" in each.attack and each.may_read]
        self._offer_attacks(pairs)
        self.attacks.mark({each.attack: _reach(each, self._glyphs) for each in summary.outcomes})
        if self.mode == "posture":
            self._tell()

    def forecast(self, outcomes: Mapping[int, str]) -> None:
        """The outcome at each time to come."""
        marks: dict[str, Mark] = {}
        for at, outcome in outcomes.items():
            marks[str(at)] = (self._glyphs.of_outcome(outcome), OUTCOME_STYLE[outcome])
        self.times.mark(marks)

    def _offer_attacks(self, pairs: Iterable[str]) -> None:
        """The pairs stand behind the single attacks: those with which something more is possible."""
        chosen = self._lens.attack
        more = dict.fromkeys([*pairs, *([chosen] if "+" in chosen else [])])
        groups = [[NONE], list(self._attacks), list(more)]
        if [name for group in groups for name in group] != self.attacks.names:
            self.attacks.offer(groups)

    # --- In words ---

    def _tell(self) -> None:
        rows = {"posture": self._changes, "attack": self._attack, "clock": self._time}[self.mode]()
        self.query_one("#about", Flow).show(lambda width: hang(rows, width, indent=0, column=9))

    def _changes(self) -> list[Row]:
        if self._summary is None:
            return []
        said = self._summary.sentence.removeprefix(f"{self._summary.posture}: ")
        rows = [Row("", "What changes", style=QUIET, label_style="")]
        rows += [Row("", _sentence(part), label_style="") for part in said.split("; ")]
        return rows

    def _attack(self) -> list[Row]:
        chosen = self._lens.attack
        if not self._attacks:
            return [Row("", "Attacks are tried on a finished walk.", style=QUIET, label_style="")]
        if not chosen:
            text = "Choose an attacker. The recording is walked again; no packet is sent."
            return [Row("", text, style=QUIET, label_style="")]
        rows: list[Row] = []
        for name in chosen.split("+"):
            attack = self._attacks[name]
            rows.append(Row("Does", attack.does))
            rows.append(Row("Stopped", attack.stopped_by, style="$primary"))
        return rows

    def _time(self) -> list[Row]:
        if not self._made:
            return [Row("", "What ends when is told of a finished walk.", style=QUIET, label_style="")]
        stop = self._stops.get(str(self._lens.at))
        if stop is None:
            first = next(iter(self._stops.values()), None)
            if first is None:
                return [Row("", "Nothing on this path ends.", style=QUIET, label_style="")]
            text = f"Down: the first that ends, {away(first.at - self._made)}. No packet is sent."
            return [Row("", text, style=QUIET, label_style="")]
        rows = [Row("Ends", when(stop.at - 1))]
        rows += [Row(_WHAT[moment.what], f"{moment.subject}: {moment.detail}") for moment in stop.moments[:4]]
        return rows


#: What ends, short enough for a label.
_WHAT = {"certificate": "Cert", "signatures": "RRSIG", "policy": "Policy"}
_ENDS = {"certificate": "certificate", "signatures": "signatures", "policy": "policy cache"}


def _label(stop: Stop, made: int) -> str:
    """ "in 14 d  signatures, b.example +1"."""
    kinds = dict.fromkeys(_ENDS[each.what] for each in stop.moments)
    owners = sorted({each.subject for each in stop.moments}, key=len)
    whose = owners[-1] if len(owners) == 1 else f"{owners[-1]} +{len(owners) - 1}"
    return f"{away(stop.at - made):<8} {', '.join(kinds)}, {whose}"


def _reach(outcome: AttackOutcome, glyphs: Glyphs) -> Mark:
    if outcome.attacker_reads:
        return f"{glyphs.failed} reads", "$error"
    if outcome.may_read:
        return f"{glyphs.unknown} maybe", "$warning"
    if not outcome.touched:
        return f"{glyphs.skipped}", QUIET
    return f"{glyphs.passed}", "$success"


def _sentence(text: str) -> str:
    text = clean(text)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
