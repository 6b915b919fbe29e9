"""The left column: what the sender enforces, who is on the path, and what time it is.

One list at a time; below it, in words, what the choice comes to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from textual import events, on
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from mailpath.tui import asked, ends
from mailpath.tui.lens import Lens, Outlook, Stop
from mailpath.tui.text import OUTCOME_STYLE, OUTCOME_WORD, QUIET, Glyphs, Row, clean, hang
from mailpath.tui.widgets.choices import Choices, Mark, ordered
from mailpath.tui.widgets.flow import Flow
from mailpath.tui.widgets.listing import Listing
from mailpath.wording.phrases import sentence
from mailpath.wording.times import utc

if TYPE_CHECKING:
    from mailpath.attacks.record import Attack
    from mailpath.facts import StsPolicy
    from mailpath.whatif import AttackOutcome, Summary

Mode = Literal["posture", "attack", "clock"]
#: What a dial shows: what is chosen in a list, or one of a few places of its own.
Knob = Literal["attack", "clock", "message", "policy"]

#: No attack, and the clock where it was.
NONE = "none"
NOW = "now"

#: Rows that a list keeps, however much there is to say below it: two times take more than two postures.
_LEAST: dict[str, int] = {"posture": 4, "attack": 4, "clock": 6}

_TITLES: dict[str, str] = {"posture": "Posture", "attack": "Attack", "clock": "Clock"}


class Dial(Flow):
    """One line that says what is chosen; a click opens the list, or moves on to the next place.

    `usual`: nothing is chosen, so that it can be left out where lines are dear.
    """

    class Turned(Message):
        def __init__(self, knob: Knob) -> None:
            super().__init__()
            self.knob = knob

    def __init__(self, knob: Knob, *, id: str) -> None:
        super().__init__(id=id, classes="dial")
        self._knob: Knob = knob

    def say(self, label: str, value: str, *, usual: bool) -> None:
        self.set_class(usual, "-usual")
        row = Row(label, clean(value, 60), style="" if usual else "$accent")
        self.show(lambda width: hang([row], width, indent=0, column=8))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Turned(self._knob))


class Words(VerticalScroll):
    """What the choice comes to.  Where there is no room for all of it, Tab leads here, and it scrolls."""

    class Fitted(Message):
        """There is room for all of it now, or there is not."""

    def watch_virtual_size(self) -> None:
        self.call_after_refresh(self._fit)

    def on_resize(self) -> None:
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self.can_focus = self.display and self.max_scroll_y > 0
        self.post_message(self.Fitted())


class Side(Vertical):
    """Lists of postures, attacks and times; `mode` says which is shown."""

    mode: reactive[Mode] = reactive("posture")

    def __init__(self, glyphs: Glyphs, posture: str, *, now: str = NOW, id: str | None = None) -> None:
        """`now`: what the walk's own time is called."""
        super().__init__(id=id)
        self._now = now
        self._glyphs = glyphs
        self._posture = posture
        self._lens = Lens()
        self._attacks: Mapping[str, Attack] = {}
        self._summary: Summary | None = None
        self._summed = Lens()  # through what the path of the summary was seen
        self._foreseen = ("", Lens())  # of which posture the outlooks are, and through what
        self._stops: Sequence[Stop] = ()
        self._outlooks: Mapping[int, Outlook] = {}
        self._made = 0
        self._title = ""
        self._max_age: int | None = None
        self._host: str | None = None
        self._doubted = False

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        await self.mount(
            Vertical(  # above what grows and shrinks: the next click finds them where they were
                Dial("attack", id="attack-dial"),
                Dial("clock", id="clock-dial"),
                Dial("message", id="message-dial"),
                Dial("policy", id="policy-dial"),
                id="dials",
            ),
            Choices(self._glyphs, self._posture, width=24, id="postures"),
            Choices(self._glyphs, NONE, width=29, id="attacks"),
            Choices(self._glyphs, NOW, width=ends.WIDTH, id="times"),
            Words(Flow(id="about"), id="words"),
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

    def summary(self, posture: str, lens: Lens) -> Summary | None:
        """Who can read this posture's mail as seen through `lens`; None while it is not known."""
        known = self._summary
        asked = posture, lens.unattacked
        return known if known is not None and (known.posture, self._summed) == asked else None

    def expect(self, posture: str, lens: Lens) -> None:
        """It is being worked out; what is known of another posture, time or message is told no more."""
        if self.summary(posture, lens) is None:
            self.sum_up(None)
        if self._foreseen != (posture, lens.sent):
            self.forecast({})

    @property
    def shown(self) -> Choices:
        """The one that is shown."""
        return {"posture": self.postures, "attack": self.attacks, "clock": self.times}[self.mode]

    def watch_mode(self) -> None:
        for mode in _TITLES:
            self.set_class(mode == self.mode, f"-{mode}")
        for choices in self.query(Choices):
            choices.display = choices is self.shown  # at once: the next key is for the list
        self._share()
        if self.children:
            self._tell()

    def on_resize(self) -> None:
        self._share()

    def _share(self) -> None:
        """The words are as long as they are; the list scrolls, but keeps a few rows."""
        if self.children:
            dials = sum(1 for dial in self.query(Dial) if dial.display)
            room = self.content_size.height - _LEAST[self.mode] - dials - 2  # blank ones around the list
            self.query_one(Words).styles.max_height = max(room, 2)
        self._entitle()

    @on(Listing.Scrolled)
    @on(Words.Fitted)
    def _entitle(self) -> None:
        """Name the list, and say so where not all of it, or of the words below it, is in sight."""
        title = _TITLES[self.mode]
        if self._host is not None and self.mode != "posture":
            title += ", whole path"
        if self.children:
            first, last, rows = self.shown.in_sight()
            if last - first + 1 < rows:
                title += f" {first}-{last} of {rows}"
            words = self.query_one(Words)
            if words.can_focus and words.display:
                title += ", Tab: more"
        if title != self._title:  # a title is drawn with the whole frame
            self._title = title
            self.border_title = Content(title)

    def offer_postures(self, names: Iterable[str]) -> None:
        self.postures.offer(ordered(names))

    def know(
        self,
        attacks: Mapping[str, Attack],
        stops: Sequence[Stop],
        made: int,
        policy: StsPolicy | None = None,
    ) -> None:
        """A walk is finished: the attacks there are, what ends when, when the walk was made, and the MTA-STS
        policy that its sender may have from before.
        """
        self._attacks = attacks
        self._made = made
        self._max_age = policy.max_age if policy is not None else None
        self.sum_up(None)
        self.date(stops)
        self.turn(Lens())

    def date(self, stops: Sequence[Stop]) -> None:
        """What ends when; for a policy that was fetched before the walk, sooner."""
        self._stops = stops
        made = self._made
        labels = {str(stop.at): ends.label(stop, made) for stop in stops}
        gone = [str(stop.at) for stop in stops if stop.at <= made]
        coming = [str(stop.at) for stop in stops if stop.at > made]
        labels[NOW] = ends.label_now(made, self._now)
        self.times.offer([gone, [NOW], coming], labels, closed=gone)
        self.forecast({})

    def forget(self) -> None:
        """A walk has begun: nothing is known of it yet."""
        self.know({}, (), 0)
        self.times.offer([[NOW]])
        for choices in (self.postures, self.attacks, self.times):
            choices.mark({})

    def doubt(self, doubted: bool) -> None:
        """The verdict is no evidence, and neither is what is told here."""
        if doubted != self._doubted:
            self._doubted = doubted
            self._tell()

    def narrow(self, host: str | None) -> None:
        """One MX host is looked at alone; what is told here is of the whole path, and says so."""
        if host != self._host:
            self._host = host
            self._entitle()
            self._tell()

    def turn(self, lens: Lens) -> None:
        """Show what is chosen."""
        self._lens = lens
        self.attacks.choose(lens.attack or NONE)
        self.times.choose(NOW if lens.at is None else str(lens.at))
        self._dial(lens)
        self._tell()

    def _dial(self, lens: Lens) -> None:
        """What is chosen in the other lists, and what there is no list for."""
        usual = Lens()
        age = asked.age_at(lens, self._made)
        clock = self._now if lens.at is None else utc(lens.at)
        policy = asked.policy(age, self._max_age) if self._max_age is not None else ""
        for name, label, value, changed in (
            ("#attack-dial", "Attack", lens.attack or NONE, lens.attack != usual.attack),
            ("#clock-dial", "Clock", clock, lens.at != usual.at),
            ("#message-dial", "Message", asked.MESSAGES[lens.message], lens.message != usual.message),
            ("#policy-dial", "Policy", policy, lens.policy_age != usual.policy_age),
        ):
            self.query_one(name, Dial).say(label, value, usual=not changed)
        self.query_one("#policy-dial").set_class(self._max_age is None, "-none")
        self._share()

    def sum_up(self, summary: Summary | None, lens: Lens | None = None) -> None:
        """What the whole catalogue achieves against the posture, seen through `lens`; None: not known."""
        self._summary, self._summed = summary, (lens or Lens()).unattacked
        outcomes = summary.outcomes if summary is not None else ()
        self._offer_attacks(each.attack for each in outcomes if "+" in each.attack and _may(each))
        self.attacks.mark({each.attack: _reach(each, self._glyphs) for each in outcomes})
        if self.mode == "posture":
            self._tell()

    def forecast(self, outlooks: Mapping[int, Outlook], posture: str = "", lens: Lens | None = None) -> None:
        """What becomes of the posture's mail, and of such a message, at each time to come."""
        self._outlooks = outlooks
        self._foreseen = posture, (lens or Lens()).sent
        marks: dict[str, Mark] = {}
        for stop in self._stops:
            outlook = outlooks.get(stop.at)
            if stop.at <= self._made:
                marks[str(stop.at)] = (f"{self._glyphs.failed} ended", "$error")
            elif outlook is not None:
                sign = f"{self._glyphs.of_outcome(outlook.outcome)} {OUTCOME_WORD[outlook.outcome]}"
                marks[str(stop.at)] = (sign, OUTCOME_STYLE[outlook.outcome])
        self.times.mark(marks)
        if self.mode == "clock":
            self._tell()

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
        self.query_one("#about", Flow).show(lambda width: hang(rows, width, indent=0, column=8))

    def _changes(self) -> list[Row]:
        if self._summary is None:
            return []
        said = self._summary.sentence
        heading = "What changes" if self._host is None else "What changes, whole path"
        heading += ", as the capture says" if self._doubted else ""
        rows = [Row("", heading, style="$primary", label_style="")]
        parts = said.replace(", with the policy cached", "; with the policy cached").split("; ")
        rows += [Row("", sentence(clean(part)), label_style="") for part in parts]
        return rows

    def _attack(self) -> list[Row]:
        chosen = self._lens.attack
        if not self._attacks:
            return [Row("", "Attacks are tried on a finished walk.", style=QUIET, label_style="")]
        if not chosen:
            text = "Choose an attacker. The recording is walked again; no packet is sent."
            return [Row("", text, style=QUIET, label_style="")]
        parts = [self._attacks[name] for name in chosen.split("+")]
        needs = dict.fromkeys(need.value for attack in parts for need in attack.needs)
        rows = [Row("Needs", "; ".join(needs))]
        for attack in parts:
            rows.append(Row("Does", attack.does))
            rows.append(Row("Stopped", attack.stopped_by, style="$primary"))
        return rows

    def _time(self) -> list[Row]:
        if not self._made:
            return [Row("", "What ends when is told of a finished walk.", style=QUIET, label_style="")]
        stop = next((each for each in self._stops if each.at == self._lens.at), None)
        if stop is None:
            return ends.at_now(self._stops, self._made)
        outlook = self._outlooks.get(stop.at)
        return ends.at_stop(stop, self._stops, self._made, outlook, self._glyphs)


def _may(outcome: AttackOutcome) -> bool:
    """Whether it may get the mail read, at first contact or later."""
    return outcome.may_work() or outcome.may_work(cached=True)


def _reach(outcome: AttackOutcome, glyphs: Glyphs) -> Mark:
    if outcome.attacker_reads:
        return f"{glyphs.failed} reads", "$error"
    if outcome.may_read:
        return f"{glyphs.unknown} maybe", "$warning"
    if not outcome.touched:
        return f"{glyphs.skipped}", QUIET
    return f"{glyphs.passed}", "$success"
