"""The left column: what the sender enforces, who is on the path, what time it is, and what could be changed.

One list at a time; below it, in words, what the choice comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from textual import events, on
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from mailpath.tui import expiries
from mailpath.tui.expiries import ClockStop, Outlook
from mailpath.tui.lens import MESSAGES, Lens, age_at, policy_words
from mailpath.tui.text import OUTCOME_STYLE, OUTCOME_WORD, QUIET, Glyphs, Row, clean, hang
from mailpath.tui.widgets.choices import Choices, Mark, ordered
from mailpath.tui.widgets.listing import Listing
from mailpath.tui.widgets.wrapped_text import WrappedText
from mailpath.wording.phrases import sentence
from mailpath.wording.times import utc

if TYPE_CHECKING:
    from mailpath.attacks.record import Attack
    from mailpath.judge import Posture
    from mailpath.tui.plans import Book
    from mailpath.tui.replayer import Replayer
    from mailpath.whatif import AttackOutcome, Summary

Mode = Literal["posture", "attack", "clock", "plan"]
#: What is set in a list, or to one of a few places of its own.
Name = Literal["attack", "clock", "plan", "message", "policy"]

#: No attack, and the clock where it was.
NONE = "none"
NOW = "now"

#: Rows that a list keeps, however much there is to say below it: two times take more than two postures.
_LEAST: dict[str, int] = {"posture": 4, "attack": 4, "clock": 6, "plan": 8}

#: Cells for the first line of a row of the plans.
PLAN_WIDTH = 33

_TITLES: dict[Mode, str] = {"posture": "Posture", "attack": "Attack", "clock": "Clock", "plan": "Plan"}


class Setting(WrappedText):
    """One line that says what is chosen; a click opens the list, or moves on to the next place.

    `usual`: nothing is chosen, so that it can be left out where lines are dear.
    """

    class Clicked(Message):
        def __init__(self, name: Name) -> None:
            super().__init__()
            self.name = name

    def __init__(self, name: Name) -> None:
        super().__init__(id=f"{name}-dial", classes="dial")
        self._name_set: Name = name

    def say(self, value: str, *, usual: bool) -> None:
        self.set_class(usual, "-usual")
        row = Row(self._name_set.capitalize(), clean(value, 60), style="" if usual else "$accent")
        self.show(lambda width: hang([row], width, indent=0, column=8))

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.post_message(self.Clicked(self._name_set))


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
    """Lists of postures, attacks, times and plans; `mode` says which is shown."""

    mode: reactive[Mode] = reactive("posture", init=False)

    def __init__(self, glyphs: Glyphs, posture: str, *, now: str = NOW, id: str | None = None) -> None:
        """`now`: what the walk's own time is called.  `plan_words`, set by who plans: what is told of a row
        of the plans."""
        super().__init__(id=id, classes="-posture")
        self._now = now
        self._glyphs = glyphs
        self.postures = Choices(glyphs, posture, width=24, id="postures")
        self.attacks = Choices(glyphs, NONE, width=29, id="attacks")
        self.times = Choices(glyphs, NOW, width=expiries.WIDTH, id="times")
        self.plans = Choices(glyphs, NONE, width=PLAN_WIDTH, id="plans")  # mounted when first shown
        self.plan_words: Callable[[str], list[Row]] = lambda name: []
        self._book: Book | None = None  # nothing of plans is loaded before one is asked for
        self._settings = {name: Setting(name) for name in ("attack", "clock", "plan", "message", "policy")}
        self._about = WrappedText(id="about")
        self._words = Words(self._about, id="words")
        self._title = ""
        self._told: Mapping[str, str] = {}
        self._replayer: Replayer | None = None
        self._lens = Lens()
        self._summary: Summary | None = None
        self._stops: Sequence[ClockStop] = ()
        self._outlooks: Mapping[int, Outlook] = {}
        self._host: str | None = None
        self._doubted = False

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        await self.mount(
            # Above what grows and shrinks: the next click finds them where they were.
            Vertical(*self._settings.values(), id="dials"),
            self.postures,
            self.attacks,
            self.times,
            self._words,
        )
        self.postures.offer([[self.postures.chosen]])
        self.forget()
        self.watch_mode()

    @property
    def attack_names(self) -> Mapping[str, Attack]:
        """The catalogue; {} before a walk is finished."""
        return self._replayer.attacks if self._replayer is not None else {}

    @property
    def _made(self) -> int:
        """When the walk was made."""
        return self._replayer.judged.walk.at if self._replayer is not None else 0

    @property
    def shown(self) -> Choices:
        """The one that is shown."""
        return self._lists[self.mode]

    @property
    def _lists(self) -> Mapping[Mode, Choices]:
        return {"posture": self.postures, "attack": self.attacks, "clock": self.times, "plan": self.plans}

    def watch_mode(self) -> None:
        self.update_classes({f"-{mode}": mode == self.mode for mode in _TITLES})
        if self.mode == "plan" and not self.plans.is_attached:
            self.mount(self.plans, before=self._words)
        for choices in self._lists.values():
            choices.display = choices is self.shown  # at once: the next key is for the list
        self._share()
        self._tell()

    def on_resize(self) -> None:
        self._share()

    def on_descendant_focus(self) -> None:
        """Shown again, perhaps: Textual (8.2) tells nobody of the new size where something was scrolled right
        before."""
        self._share()
        self.shown.scroll_to_highlight()

    def _share(self) -> None:
        """The words are as long as they are; the list scrolls, but keeps a few rows."""
        dials = sum(1 for setting in self._settings.values() if setting.display)
        room = self.content_size.height - _LEAST[self.mode] - dials - 2  # blank ones around the list
        self._words.styles.max_height = max(room, 2)
        self._entitle()

    @on(Listing.Scrolled)
    @on(Words.Fitted)
    def _entitle(self) -> None:
        """Name the list, and say so where not all of it, or of the words below it, is in sight."""
        title = _TITLES[self.mode]
        if self._host is not None and self.mode != "posture":
            title += ", whole path"
        first, last, rows = self.shown.in_sight()
        if last - first + 1 < rows:
            title += f" {first}-{last} of {rows}"
        if self._words.can_focus and self._words.display:
            title += ", Tab: more"
        if title != self._title:  # a title is drawn with the whole frame
            self._title = title
            self.border_title = Content(title)

    # --- What is known ---

    def offer_postures(self, postures: Mapping[str, Posture]) -> None:
        self._told = {name: posture.title for name, posture in postures.items()}
        self.postures.offer(ordered(postures))

    def about(self) -> Mapping[str, str]:
        """What is told of each row of the list that is shown, by its name."""
        if self.mode == "posture":
            return self._told
        if self.mode == "plan" and self._book is not None:
            return self._book.titles()
        return {name: attack.does for name, attack in self.attack_names.items()}

    def propose(self, posture: str) -> None:
        """What the sender's own records hint at; "" where they hint at nothing."""
        self.border_subtitle = Content(clean(f"sender: {posture}" if posture else "", 40))

    def forget(self) -> None:
        """A walk has begun: nothing is known of it yet."""
        self.know(None)
        self.times.offer([[NOW]])
        self.postures.mark({})

    def know(self, replayer: Replayer | None) -> None:
        """A walk is finished: the attacks there are, and what ends when."""
        self._replayer = replayer
        self.sum_up(None)
        self._date(None)
        self.turn(Lens())

    def _date(self, policy_age: int | None) -> None:
        """What ends when; for a policy that was fetched before the walk, sooner."""
        self._stops = self._replayer.stops(policy_age) if self._replayer is not None else ()
        made = self._made
        labels = {str(stop.at): expiries.label(stop, made) for stop in self._stops}
        gone = [str(stop.at) for stop in self._stops if stop.at <= made]
        coming = [str(stop.at) for stop in self._stops if stop.at > made]
        labels[NOW] = expiries.label_now(made, self._now)
        self.times.offer([gone, [NOW], coming], labels, closed=gone)
        self.forecast({})

    def limit(self, host: str | None, *, doubted: bool) -> None:
        """One MX host is looked at alone: what is told here is of the whole path, and says so.  `doubted`:
        the verdict is no evidence, and neither is what is told here."""
        if (host, doubted) != (self._host, self._doubted):
            self._host, self._doubted = host, doubted
            self._entitle()
            self._tell()

    def turn(self, lens: Lens) -> None:
        """Show what is chosen."""
        if lens.policy_age != self._lens.policy_age:
            self._date(lens.policy_age)
        self._lens = lens
        self.attacks.choose(lens.attack or NONE)
        self.times.choose(NOW if lens.at is None else str(lens.at))
        if self._book is not None:
            here = self._book.goal_of(self.plans.chosen)
            self.plans.choose(here if lens.state is None else lens.state.name)
        self._show_settings()
        self._tell()

    def _show_settings(self) -> None:
        """What is chosen in the other lists, and what there is no list for."""
        lens, usual, settings = self._lens, Lens(), self._settings
        policy = self._replayer.policy if self._replayer is not None else None
        known = policy_words(age_at(lens, self._made), policy.max_age) if policy is not None else ""
        clock = self._now if lens.at is None else utc(lens.at)
        settings["attack"].say(lens.attack or NONE, usual=lens.attack == usual.attack)
        settings["clock"].say(clock, usual=lens.at == usual.at)
        settings["plan"].say(lens.state.name if lens.state else NONE, usual=lens.state is None)
        settings["message"].say(MESSAGES[lens.message], usual=lens.message == usual.message)
        settings["policy"].say(known, usual=lens.policy_age == usual.policy_age)
        settings["policy"].set_class(policy is None, "-none")
        self._share()

    def sum_up(self, summary: Summary | None) -> None:
        """What the whole catalogue achieves against the posture; None: not known."""
        self._summary = summary
        outcomes = summary.outcomes if summary is not None else ()
        self._offer_attacks(each.attack for each in outcomes if "+" in each.attack and _may(each))
        self.attacks.mark({each.attack: _reach(each, self._glyphs) for each in outcomes})
        if self.mode == "posture":
            self._tell()

    def forecast(self, outlooks: Mapping[int, Outlook]) -> None:
        """What becomes of the posture's mail, and of such a message, at each time to come."""
        self._outlooks = outlooks
        marks: dict[str, Mark] = {}
        for stop in self._stops:
            outlook = outlooks.get(stop.at)
            if stop.at <= self._made:
                marks[str(stop.at)] = (f"{self._glyphs.failed} expired", "$error")
            elif outlook is not None:
                sign = f"{self._glyphs.of(outlook.outcome)} {OUTCOME_WORD[outlook.outcome]}"
                marks[str(stop.at)] = (sign, OUTCOME_STYLE[outlook.outcome])
        self.times.mark(marks)
        if self.mode == "clock":
            self._tell()

    def _offer_attacks(self, pairs: Iterable[str]) -> None:
        """The pairs stand behind the single attacks: those with which something more is possible."""
        chosen = self._lens.attack
        more = dict.fromkeys([*pairs, *([chosen] if "+" in chosen else [])])
        groups = [[NONE], list(self.attack_names), list(more)]
        if [name for group in groups for name in group] != self.attacks.names:
            self.attacks.offer(groups)

    def offer_plans(self, book: Book, marks: Mapping[str, Mark]) -> None:
        """What is known of plans, and behind each row what it comes to."""
        listed = [[NONE], *book.groups()]
        if [name for group in listed for name in group] != self.plans.names:
            self.plans.offer(listed, book.labels())
        self._book = book
        self.plans.mark(marks)
        if self.mode == "plan":
            self._tell()

    def forget_plans(self) -> None:
        """Another walk: its plans are others."""
        self.plans.choose(NONE)
        self.plans.offer([])
        self._book = None

    # --- In words ---

    def _tell(self) -> None:
        told = {"posture": self._changes, "attack": self._attack, "clock": self._time, "plan": self._plan}
        rows = told[self.mode]()
        self._about.show(lambda width: hang(rows, width, indent=0, column=8))

    def _changes(self) -> list[Row]:
        if self._summary is None:
            return []
        heading = "Who can read it" if self._host is None else "Who can read it, whole path"
        heading += ", as the capture says" if self._doubted else ""
        rows = [Row("", heading, style="$primary", label_style="")]
        rows += [Row("", sentence(clean(each)), label_style="") for each in self._summary.clauses]
        return rows

    def _attack(self) -> list[Row]:
        if self._replayer is None:
            return [Row("", "Attacks can be tried when the walk is finished.", style=QUIET, label_style="")]
        if not self._lens.attack:
            text = "Choose an attack. The recording is replayed; no packet is sent."
            return [Row("", text, style=QUIET, label_style="")]
        parts = [self.attack_names[name] for name in self._lens.attack.split("+")]
        needs = dict.fromkeys(need.value for attack in parts for need in attack.needs)
        rows = [Row("Who", "; ".join(needs))]
        for attack in parts:
            rows.append(Row("Does", attack.does))
            rows.append(Row("Stopped", attack.stopped_by, style="$primary"))
        return rows

    def _plan(self) -> list[Row]:
        if self._replayer is None:
            return [Row("", "Plans can be made when the walk is finished.", style=QUIET, label_style="")]
        return self.plan_words(self.plans.chosen)

    def _time(self) -> list[Row]:
        if self._replayer is None:
            return [Row("", "Expiry dates appear when the walk is finished.", style=QUIET, label_style="")]
        stop = next((each for each in self._stops if each.at == self._lens.at), None)
        if stop is None:
            return expiries.at_now(self._stops, self._made)
        outlook = self._outlooks.get(stop.at)
        return expiries.at_stop(stop, self._stops, self._made, outlook, self._glyphs)


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
