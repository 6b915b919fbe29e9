"""The screen of a survey: its domains in a table, and above it what each posture would change for them all.

Everything is judged from what the store keeps; no packet is sent.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from msgspec.structs import replace
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from mailpath.survey.again import FOUND
from mailpath.survey.out.decision import told
from mailpath.survey.results import Count
from mailpath.survey.viewing import ATTACKED, COMPARED, Arrangement, Head, entries
from mailpath.tui.controllers.judging import SurveyJudge
from mailpath.tui.kept import KeptSurvey, Read
from mailpath.tui.keynames import key_text
from mailpath.tui.screens import keys
from mailpath.tui.screens.survey_keys import TABLE
from mailpath.tui.session import sentence
from mailpath.tui.surveyed import about_domain, about_group, decided, headline
from mailpath.tui.text import ASCII, QUIET, Glyphs, clean, hang
from mailpath.tui.widgets.domains import DomainTable, Heads, Shown
from mailpath.tui.widgets.keyline import KeyLine
from mailpath.tui.widgets.search import SearchInput
from mailpath.tui.widgets.totals import Figures, Totals, neighbour
from mailpath.tui.widgets.wrapped_text import Line, WrappedText
from mailpath.wording.phrases import amount
from mailpath.wording.times import day, utc

log = logging.getLogger(__name__)

#: By height, postures of which the totals are told.
_MOST = {"-tall": 12, "-short": 4, "-tiny": 0}


class SurveyScreen(Screen[None]):
    """`judge` knows; the widgets draw.  `how`: what is listed, and how."""

    BINDINGS: ClassVar[list[BindingType]] = [*TABLE, *keys.APP]
    AUTO_FOCUS = "#table"

    def __init__(
        self,
        survey: KeptSurvey,
        glyphs: Glyphs,
        *,
        posture: str,
        open_path: Callable[[str], None],
        problems: Sequence[str] = (),
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """`open_path`: shows the path to a domain, which is named as the store has it."""
        super().__init__()
        self.glyphs = glyphs
        self.how = Arrangement()
        self._survey = survey
        self._open_path = open_path
        self._problems = tuple(problems)
        self._keymap = keymap or {}
        self.table = DomainTable(glyphs, id="table")
        self._heads = Heads(glyphs, id="heads")
        self._totals = Totals(glyphs, id="totals")
        self._trust, self._said, self._lens, self._problem = (
            Line(glyphs.cut, id=name) for name in ("trust", "said", "lens", "problem")
        )
        self._listed = Static("", id="listed", markup=False)
        self._find = SearchInput(id="find")
        self._about = WrappedText(id="about")
        self.judge = SurveyJudge(self, survey, posture)

    def compose(self) -> ComposeResult:
        with Horizontal(id="bar"):
            yield Static("mailpath", id="brand", markup=False)
            yield Static("Survey", id="survey", markup=False)
            yield Static("SURVEY", id="badge", classes="-capture", markup=False)
        yield self._trust
        yield self._problem
        yield self._said
        yield self._totals
        yield self._lens
        with Horizontal(id="finding"):
            yield self._listed
            yield self._find
        yield self._heads
        yield self.table
        yield self._about
        yield KeyLine()

    def on_mount(self) -> None:
        self._show_search(False)
        self._said.say("Reading the survey.")
        if self._problems:
            self.warn(self._problems[0])
        self.run_worker(self._load(), group="load", exclusive=True)

    async def on_unmount(self) -> None:
        await self._survey.close()

    async def _load(self) -> None:
        try:
            await self.judge.load()
        except Exception as error:
            log.exception("reading %s", self._survey.folder)
            self._said.say("")
            self.warn(sentence(error, "The survey could not be read"))
            return
        assert self.judge.read is not None
        for problem in self.judge.read.problems:
            self.warn(problem)
        about, all_of_it = self.judge.read.about, self.judge.everything
        size = f"{amount(all_of_it.domains, 'domain')}, {amount(all_of_it.mails, 'mail')}"
        sender = f" from {clean(about.sender, 60)}" if about.sender else ""
        self.query_one("#survey", Static).update(f"Survey{sender}: {size}")
        badge = self.query_one("#badge", Static)
        badge.update(f"SURVEY {day(about.began)}{' ?' if self.judge.read.doubt else ''}")
        badge.set_class(bool(self.judge.read.doubt), "-doubted")
        self._say_trust(self.judge.read)

    def _say_trust(self, read: Read) -> None:
        """What the walks rest on, where that is not what everybody trusts."""
        said = [f"NOT EVIDENCE: {clean(read.doubt)}."] if read.doubt else []
        said += [f"Note: {clean(', '.join(read.marks))}."] if read.marks else []
        style = "bold $error" if read.doubt else "$warning"
        self._trust.say(f"{self.glyphs.weak} {' '.join(said)}" if said else "", style)

    # --- Drawing ---

    def list_again(self, *, stay: bool = False) -> None:
        """What is listed, after anything has changed.  `stay`: with the cursor on the same domain."""
        judge = self.judge
        if judge.read is None:
            return
        shown = Shown(judge.domains, judge.seen, judge.pins, self.how.by, self.how.turned)
        self.table.show(shown, entries(judge.domains, judge.seen, self.how), stay=stay)
        self._heads.show(shown, self.table.room)
        self._draw_totals()
        self.draw_work()

    def draw_again(self) -> None:
        """More is known of what is listed."""
        self.table.draw_again()
        self._draw_totals()
        self._tell_here()

    def _draw_totals(self) -> None:
        judge, seen = self.judge, self.judge.seen
        lines = judge.figures()
        found = lines.get(seen.posture, {})
        if seen.look.attack:
            said = decided(seen, found.get("read", Count()), judge.everything)
        else:
            said = told(clean(seen.posture), found.get("newly_deferred", Count()), judge.everything)
        if unknown := found.get("unknown", Count()).domains:
            said += f" {unknown:,} unknown{' so far' if judge.work else ''}."
        self._said.say(said, "bold")
        most = next((most for size, most in _MOST.items() if self.has_class(size)), 0)
        self._totals.tell(Figures(lines, seen.posture, self.how.only, bool(seen.look.attack)), most)

    def draw_work(self) -> None:
        """What is simulated, and what is still worked on; and what is listed."""
        look, work = self.judge.seen.look, self.judge.work
        parts = []
        if look.attack:
            parts.append(f"under {look.attack}")
        if look.at is not None:
            parts.append(f"as of {utc(look.at)}")
        said = ""
        if parts:
            sign = f"{self.glyphs.tampered} " if look.attack else ""
            said = f"{sign}Simulated: {', '.join(parts)}. {self.key_of('survey.plain', 'x')} ends it."
        if work:
            said = f"{said} {work}.".strip()
        self._lens.say(said, "$accent")
        self._listed.update(Content.styled(self._listing(), QUIET), layout=False)

    def _listing(self) -> str:
        how, seen = self.how, self.judge.seen
        known = self.table.entries
        heads = [each.domains for each in known if isinstance(each, Head)] if how.grouped else []
        numbers = sum(heads) if how.grouped else len(known)
        parts = [amount(numbers, "domain")]
        if how.only:
            parts.append(how.only.replace("_", " "))
        if how.grouped:
            parts.append(f"by {how.grouped}")
        parts.append(f"compared with today, {seen.today}")
        if seen.look != FOUND and self.judge.unkept:
            parts.append(f"{self.judge.unkept:,} not kept")
        return ", ".join(parts)

    @on(DomainTable.Resized)
    def _fit(self) -> None:
        """The table has another size, and so have the rest."""
        if self.judge.read is not None:
            self.list_again(stay=True)

    @on(DomainTable.Moved)
    def _tell_here(self) -> None:
        """What is to be known of what the cursor is on."""
        here, judge = self.table.here, self.judge
        if here is None:
            nothing = "Nothing is listed; Esc lists all." if judge.read is not None else ""
            rows = [(Content.styled(nothing, QUIET))]
            self._about.show(lambda width: rows)
            return
        if isinstance(here, Head):
            told_of = about_group(here, judge.seen)
        else:
            told_of = about_domain(judge.domains, here, judge.seen)
        self._about.show(lambda width: hang(told_of, width, indent=0, column=10))

    def warn(self, text: str) -> None:
        """Say what is wrong."""
        self._problem.say(f"{self.glyphs.failed} {clean(text)}", "$error")

    def key_of(self, id: str, usual: str) -> str:
        """The key of a binding as the config file has it."""
        return key_text(self._keymap.get(id, usual), self.glyphs is ASCII)

    # --- What is listed ---

    def list_as(self, how: Arrangement, *, stay: bool = False) -> None:
        """List that."""
        self.how = how
        self.list_again(stay=stay)

    @on(Heads.Clicked)
    def _take_head(self, event: Heads.Clicked) -> None:
        turned = not self.how.turned if event.column == self.how.by else False
        self.list_as(replace(self.how, by=event.column, turned=turned))

    @on(Totals.Clicked)
    def _take_total(self, event: Totals.Clicked) -> None:
        only = "" if event.kind == self.how.only and event.posture == self.judge.seen.posture else event.kind
        self.how = replace(self.how, only=only)
        self.choose(event.posture)

    @on(Input.Changed)
    def _take_sought(self, event: Input.Changed) -> None:
        event.stop()
        self.list_as(replace(self.how, sought=event.value))

    @on(Input.Submitted)
    def _end_search(self, event: Input.Submitted) -> None:
        event.stop()
        self.table.focus()

    @on(DomainTable.Opened)
    def action_open(self) -> None:
        here = self.table.here
        if isinstance(here, Head):
            self.list_as(replace(self.how, opened=self.how.opened ^ {here.name}), stay=True)
        elif here is not None:
            self._open_path(self.judge.domains.names[here])

    def action_find(self) -> None:
        self._show_search(True)
        self._find.focus()

    def _show_search(self, shown: bool) -> None:
        self._find.display = shown
        self.set_class(shown, "-finding")

    def action_sort(self) -> None:
        """By the next column."""
        seen, pins = self.judge.seen, self.judge.pins
        columns = ["mails", "domain", "operator", *dict.fromkeys((seen.today, *pins)), "cause"]
        self.list_as(replace(self.how, by=neighbour(columns, self.how.by, 1), turned=False))

    def action_turn(self) -> None:
        self.list_as(replace(self.how, turned=not self.how.turned))

    def action_group(self) -> None:
        grouped = neighbour(["", "operator", "cause"], self.how.grouped, 1)
        self.list_as(replace(self.how, grouped=grouped, opened=frozenset()))

    def action_only(self) -> None:
        """The next kind of which there are any."""
        if self.judge.read is None:
            return
        found = self.judge.figures().get(self.judge.seen.posture, {})
        kinds = ATTACKED if self.judge.seen.look.attack else COMPARED
        there = ["", *(kind for kind in kinds if found.get(kind, Count()).domains)]
        self.list_as(replace(self.how, only=neighbour(there, self.how.only, 1)))

    def action_move(self, steps: int) -> None:
        self.table.move(steps)

    def action_page(self, direction: int) -> None:
        self.table.page(direction)

    def action_end(self, direction: int) -> None:
        self.table.move(direction * len(self.table.entries))

    def action_back(self) -> None:
        """Out of the innermost of: the search, a kind, a group."""
        if self._find.display and (self._find.value or self._find.has_focus):
            self._find.value = ""
            self._show_search(False)
            self.table.focus()
        elif self.how.only:
            self.list_as(replace(self.how, only=""), stay=True)
        elif self.how.grouped:
            self.list_as(replace(self.how, grouped="", opened=frozenset()))
        self._problem.say("")

    # --- Through what it is seen ---

    def choose(self, posture: str) -> None:
        """Tell the causes under `posture`."""
        if self.judge.read is not None:
            self.judge.choose(posture)

    def action_posture(self, direction: int) -> None:
        self.choose(neighbour(self.judge.pins, self.judge.seen.posture, direction))

    def action_plain(self) -> None:
        if self.judge.read is not None and self.judge.seen.look != FOUND:
            self._forget_kind()
            self.judge.see(replace(self.judge.seen, look=FOUND))

    def _forget_kind(self) -> None:
        """Under an attack there are other kinds than without one."""
        self.how = replace(self.how, only="")

    def action_pin(self) -> None:
        self._ask("pin")

    def action_today(self) -> None:
        self._ask("today")

    def action_attack(self) -> None:
        self._ask("attack")

    def action_clock(self) -> None:
        self._ask("clock")

    def _ask(self, what: str) -> None:
        from mailpath.tui.screens.survey_lists import lists

        if self.judge.read is None:
            return
        dialogue, take = lists(what, self.judge, self.glyphs)

        def taken(name: str | None) -> None:
            if name is not None:
                before = self.judge.seen.look.attack
                seen, pins = take(name)
                if bool(before) != bool(seen.look.attack):
                    self._forget_kind()
                self.judge.see(seen, pins)

        self.app.push_screen(dialogue, taken)

    # --- The app ---

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "table"  # this is it

    def action_again(self) -> None:
        self.run_worker(self._load(), group="load", exclusive=True)

    def action_help(self) -> None:
        from mailpath.tui.screens.help import HelpScreen

        told_keys = [("The table", TABLE), ("App", keys.APP)]
        self.app.push_screen(HelpScreen(told_keys, self.glyphs is ASCII, self._keymap))

    def action_leave(self) -> None:
        self.app.exit(headline(self.judge) if self.judge.read is not None else "")
