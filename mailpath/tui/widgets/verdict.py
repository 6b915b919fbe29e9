"""The verdict: one sentence, what was tried at each MX host, and the matrix below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region

from mailpath.tui import switching
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.keynames import hidden
from mailpath.tui.text import NUMBERED, OUTCOME_STYLE, QUIET, Glyphs, clean, fit, outcome_word, wrap
from mailpath.tui.verdict_style import Mark, mark, of_judged
from mailpath.tui.widgets import compared, matrix
from mailpath.tui.widgets.matrix import Matrix
from mailpath.tui.widgets.steps import StepPanel
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.judge.model import Attempt, Verdict
    from mailpath.tui.scene import Scene


#: From this height on the screen has room for a table of what changed.
_TALL = 30
#: From this width on the panel keeps its height whatever the posture, up to so many lines.
_ROOMY = 100
_HIGHEST = 8
#: From this width on its heading has room for words on what is below.
_WORDY = 60
#: Where there are fewer lines than this, the sentence has them.
_LINES = 10


class VerdictPanel(VerticalScroll, can_focus=True):
    """Redrawn whenever the scene or the posture changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", "Open", id="verdict.open", tooltip="Maximize the verdict"),
        hidden("left", "screen.posture(-1)", "Previous posture", id="verdict.left"),
        Binding(
            "right",
            "screen.posture(1)",
            "Posture",
            key_display="←→",
            id="verdict.right",
            tooltip="Next posture",
        ),
        hidden("up,k", "screen.step(-1)", "Step above", id="verdict.up"),
        hidden("down,j", "scroll_down", "Scroll down", id="verdict.down"),
    ]

    def __init__(self, glyphs: Glyphs, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs
        self._scene: Scene | None = None
        self._titled = ""
        self._highest: dict[int, int] = {}
        self._sentence, self._matrix = WrappedText(id="sentence"), Matrix(id="matrix")
        self._entitle(NUMBERED["verdict"])

    def compose(self) -> ComposeResult:
        yield self._sentence
        yield self._matrix

    def on_mount(self) -> None:
        self.watch(self, "virtual_size", self._say, init=False)

    def tell(self, sentence: str, style: str = QUIET) -> None:
        """Show a sentence instead of a verdict: nothing walked yet, walking, or what went wrong."""
        text = clean(sentence)
        self._sentence.show(lambda width: [Content.styled(line, style) for line in wrap(text, width)])
        self._matrix.show(lambda width: [])
        self._scene = None
        self._entitle(NUMBERED["verdict"])
        self.border_subtitle = Content("")

    def show(
        self, scene: Scene, posture: str, *, about: str = "", weakest: str = "", pins: Sequence[str] = ()
    ) -> None:
        """The verdict of `posture` on the walk shown.

        `about`: the posture in words.  `weakest`: a sentence on the weakest MX host.  `pins`: postures that
        stand first; two of them, or one and the chosen one, are compared.
        """
        judged, host, glyphs = scene.shown, scene.host, self._glyphs
        before, self._scene = self._scene, scene
        if before is None or before.shown is not judged:
            self._highest = {}
        highest = self._highest
        verdict, sentence = judged.verdict(posture), judged.sentence(posture)
        shown = of_judged(judged, posture, glyphs, attacked=scene.attacked)
        lens = None if scene.lens.plain else compared.compare(scene, posture, glyphs)

        def told(width: int) -> list[Content]:
            said = list(paint_sentence(sentence, verdict, shown, glyphs, width))
            if lens is None:
                weak = paint_weakest(weakest, width)
                rest = _steady(judged, posture, glyphs, width, highest, spare=self._spare(scene.whole))
                for _ in weak:  # its room is taken from the blank lines at the end
                    if rest and not rest[-1].plain:
                        rest.pop()
                return [*said, *weak, *rest]
            if self.screen.size.height < _TALL:
                return [*compared.brief(lens, glyphs, width), *said]
            opened = self.screen.has_class("-verdict-open") or not lens.rewalked
            attempts = paint_attempts(verdict.attempts, glyphs, width) if opened else ()
            return [*said, *compared.paint(lens, glyphs, width, _column(width)), *attempts]

        self.set_class(lens is not None, "-compared")
        # One piece: while its height stays the same nothing has to be laid out again.
        self._sentence.show(told)
        first, then = (*pins, posture, posture)[:2]
        switch = switching.compare(scene, first, then, glyphs) if first != then else None
        self._matrix.show(
            lambda width: list(matrix.paint(scene, posture, glyphs, width, switch=switch, pins=pins))
        )
        claim = ", as the capture says" if judged.doubt(posture) else ""
        self._entitle(f"{NUMBERED['verdict']} under {clean(posture, 60)}{claim}")
        self.border_subtitle = Content(clean(about, 100))
        if before is not None and before.whole is scene.whole and before.host == host:
            return  # whoever reads further down stays there
        if host is None or self.content_size.height < _LINES:
            self.scroll_home(animate=False)
        else:
            self.call_after_refresh(self._reveal, host)

    def _entitle(self, title: str) -> None:
        self._titled = title
        self._say()

    def _say(self) -> None:
        """On the edge: what this is, and how much of it is below."""
        below = round(self.max_scroll_y - self.scroll_y)
        more = "" if below <= 0 else f", {below} more below" if self.size.width >= _WORDY else f" (+{below})"
        title = f"{self._titled}{more}"
        width = self.size.width - 2
        self.border_title = Content(fit(title, width, self._glyphs.cut) if width > 0 else title)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._say()

    def _spare(self, whole: JudgedWalk) -> int:
        """Lines there are above the matrix while all is in sight; shares as in the style sheet."""
        screen = self.screen
        if screen.size.height < _TALL:
            return 0
        share = 0.7 if screen.has_class("-verdict-open") else 0.5
        room = screen.size.height - 1 if screen.has_class("-zoom") else int((screen.size.height - 1) * share)
        hosts = len(whole.hosts)
        return room - 2 - 1 - (hosts + (1 if hosts == 1 else 2))

    def _reveal(self, host: str) -> None:
        """Bring the row of the selected host into sight."""
        row = self._matrix.virtual_region.y + self._matrix.line_of(host)
        self.scroll_to_region(Region(0, row, 1, 1), animate=False)

    def on_resize(self) -> None:
        self._sentence.again()
        self._say()

    def action_open(self) -> None:
        self.post_message(StepPanel.Toggled("verdict"))

    def on_click(self, event: events.Click) -> None:
        if event.widget is self and event.y == 0:  # its heading; text below can be selected
            self.action_open()


def _steady(
    judged: JudgedWalk, posture: str, glyphs: Glyphs, width: int, highest: dict[int, int], *, spare: int
) -> list[Content]:
    """The attempts, with blank lines behind them where another posture has more to say: the screen keeps
    its place while the reader goes through the postures.  Not where lines are dear.

    `highest`: what was found of `judged` for each width; filled here.  `spare`: lines there are for it."""

    def height(name: str) -> int:
        verdict = judged.verdict(name)
        shown = mark(judged.walk, verdict, glyphs)
        sentence = list(paint_sentence(judged.sentence(name), verdict, shown, glyphs, width))
        return len(sentence) + len(list(paint_attempts(verdict.attempts, glyphs, width)))

    lines = list(paint_attempts(judged.verdict(posture).attempts, glyphs, width))
    if width >= _ROOMY:
        if width not in highest:
            highest[width] = min(max(height(name) for name in judged.postures), _HIGHEST)
        lines += [Content("")] * (min(highest[width], spare) - height(posture))
    return lines


def _column(width: int) -> int:
    """Where the lines below the outcome begin: beside it, where there is room."""
    return 18 if width >= 70 else 2


def paint_sentence(
    sentence: str, verdict: Verdict, shown: Mark, glyphs: Glyphs, width: int
) -> Iterable[Content]:
    """Glyph and outcome, then the sentence with all its lines in one column."""
    column = _column(width)
    style = f"{shown.style} bold"
    if width < 70:
        yield Content.styled(shown.text, style)
        first, rest = "", sentence
    else:
        lead = fit(shown.text, max(cell_len(shown.text) + 2, column), pad=True)
        first = wrap(sentence, width - cell_len(lead))[0]
        rest = sentence[len(first) :].strip()
        yield Content.assemble((lead, style), first)
    if rest:
        yield from (Content(" " * column + line) for line in wrap(rest, width - column))
    extras = list(_extras(verdict))
    if extras:
        yield Content.assemble(
            " " * column, (fit(f" {glyphs.dot} ".join(extras), width - column, glyphs.cut), QUIET)
        )


def paint_weakest(sentence: str, width: int) -> list[Content]:
    """Which host an attacker would leave reachable."""
    if not sentence:
        return []
    column = _column(width)
    lines = wrap(clean(sentence), width - column)
    return [Content.assemble(" " * column, (line, "$warning")) for line in lines]


def _extras(verdict: Verdict) -> Iterable[str]:
    if verdict.tls_word:
        yield f'log word "{clean(verdict.tls_word)}"'
    if verdict.mechanism != "none":
        matched = "authenticated" if verdict.outcome == "authenticated" else "matched"
        yield f"{matched} by {verdict.mechanism.value}"
    if verdict.after_retry:
        yield "only on a later retry"
    if verdict.policy_state == "first-contact":
        yield "first contact: no policy cached"
    elif verdict.policy_state == "cached":
        yield "policy cached"


def paint_attempts(attempts: tuple[Attempt, ...], glyphs: Glyphs, width: int) -> Iterable[Content]:
    """One attempt each: host, address, outcome, enhanced status code, and the server's sentence."""
    if not attempts:
        return
    yield Content("")
    host_width = min(max(len(attempt.host) for attempt in attempts) + 2, 34)
    address_width = max(len(attempt.address or "") for attempt in attempts) + 2
    for attempt in attempts:
        style = OUTCOME_STYLE[attempt.outcome]
        word = fit(f"{glyphs.of(attempt.outcome)} {outcome_word(attempt.outcome)}", 16, pad=True)
        code = fit(clean(attempt.status_code or ""), 7, pad=True)
        host = fit(clean(attempt.host), host_width - 2, glyphs.cut, pad=True) + "  "
        address = fit(clean(attempt.address or ""), address_width, glyphs.cut, pad=True)
        reason = clean(attempt.reason)
        column = host_width + address_width + 16 + 7
        if width - column >= max(30, *(cell_len(word) for word in reason.split(" "))):
            for number, line in enumerate(wrap(reason, width - column)):
                if number == 0:
                    yield Content.assemble(host, (address, QUIET), (word, style), (code, style), line)
                else:
                    yield Content(" " * column + line)
        else:
            yield Content.assemble(host, (word, style), (code, style))
            for line in wrap(reason, width - 2):
                yield Content("  " + line)
