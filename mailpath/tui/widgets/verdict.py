"""What the verdict rests on: what was tried at each MX host, and the matrix below."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region

from mailpath.tui import switching
from mailpath.tui.judging import JudgedWalk
from mailpath.tui.keynames import hidden
from mailpath.tui.text import NUMBERED, OUTCOME_STYLE, QUIET, Glyphs, clean, fit, outcome_word, wrap
from mailpath.tui.widgets import compared, matrix
from mailpath.tui.widgets.answer import TALL
from mailpath.tui.widgets.matrix import Matrix
from mailpath.tui.widgets.steps import StepPanel
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.judge.model import Attempt, Verdict
    from mailpath.tui.scene import Scene


#: From this width on attempts keep their height whatever the posture, up to so many lines.
_ROOMY, _HIGHEST = 100, 4
#: From this width on its heading has room for words on what is below.
_WORDY = 60
#: Where there are fewer lines than this, the attempts have them.
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

    async def furnish(self) -> None:
        """What the frame holds; the app's first picture shows it empty."""
        await self.mount(self._sentence, self._matrix)

    def on_mount(self) -> None:
        self.watch(self, "virtual_size", self._say, init=False)

    def forget(self) -> None:
        """A walk has begun: nothing is known of it yet."""
        for drawn in (self._sentence, self._matrix):
            drawn.show(lambda width: [])
        self._scene = None
        self._entitle(NUMBERED["verdict"])
        self.border_subtitle = Content("")

    def show(
        self, scene: Scene, posture: str, *, about: str = "", weakest: str = "", pins: Sequence[str] = ()
    ) -> None:
        """What the verdict of `posture` on the walk shown rests on.

        `about`: the posture in words.  `weakest`: a sentence on the weakest MX host.  `pins`: postures that
        stand first; two of them, or one and the chosen one, are compared.
        """
        judged, host, glyphs = scene.shown, scene.host, self._glyphs
        before, self._scene = self._scene, scene
        if before is None or before.shown is not judged:
            self._highest = {}
        verdict = judged.verdict(posture)
        lens = None if scene.lens.plain else compared.compare(scene, posture, glyphs)

        def told(width: int) -> list[Content]:
            if lens is None:
                weak = paint_weakest(weakest, width)
                return [*weak, *self._steady(judged, posture, width, taken=len(weak))]
            said = paint_extras(verdict, glyphs, width)
            if self.screen.size.height >= TALL:
                said += compared.paint(lens, glyphs, width, 0)
                if lens.rewalked and not self.screen.has_class("-verdict-open"):
                    return said
            attempts = paint_attempts(judged.attempts(posture), glyphs, width, judge=not scene.attacked)
            return [*said, *attempts]

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

    def _steady(self, judged: JudgedWalk, posture: str, width: int, *, taken: int) -> list[Content]:
        """The attempts, with blank lines behind them where another posture has more to say: the screen keeps
        its place while the reader goes through the postures.  `taken`: lines above, for which they do."""

        def lines(name: str) -> list[Content]:
            verdict = judged.verdict(name)
            attempts = paint_attempts(judged.attempts(name), self._glyphs, width)
            return [*paint_extras(verdict, self._glyphs, width), *attempts]

        shown = lines(posture)
        if width < _ROOMY or len(judged.hosts) >= _HIGHEST:
            return shown
        if width not in self._highest:
            self._highest[width] = min(max(len(lines(name)) for name in judged.postures), _HIGHEST)
        return shown + [Content("")] * (self._highest[width] - len(shown) - taken)

    def scroll_to_matrix(self) -> None:
        """Bring as much of it into sight as there is room for, what is told of two postures first."""
        self.scroll_to_widget(self._matrix, top=True, animate=False)

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


def paint_weakest(sentence: str, width: int) -> list[Content]:
    """Which host an attacker would leave reachable."""
    if not sentence:
        return []
    return [Content.styled(line, "$warning") for line in wrap(clean(sentence), width)]


def paint_extras(verdict: Verdict, glyphs: Glyphs, width: int) -> list[Content]:
    """What the sender's log tells of it, in a line; none where it tells nothing more."""
    said = f" {glyphs.dot} ".join(_extras(verdict))
    return [Content.styled(fit(said, width, glyphs.cut), QUIET)] if said else []


def _extras(verdict: Verdict) -> Iterable[str]:
    if verdict.tls_word:
        yield f'log word "{clean(verdict.tls_word)}"'
    if verdict.tls_field:
        yield f"tls={clean(verdict.tls_field)}"
    if verdict.mechanism != "none":
        matched = "authenticated" if verdict.outcome == "authenticated" else "matched"
        yield f"{matched} by {verdict.mechanism.value}"
    if verdict.after_retry:
        yield "only on a later retry"
    if verdict.policy_state == "first-contact":
        yield "first contact: no policy cached"
    elif verdict.policy_state == "cached":
        yield "policy cached"


def paint_attempts(
    tried: list[tuple[Attempt, str]], glyphs: Glyphs, width: int, *, judge: bool = True
) -> Iterable[Content]:
    """One attempt each: host, address, outcome, enhanced status code, and the sentence about it.  `judge`:
    say whether it is a good outcome, which under an attack it is not by itself."""
    attempts = [attempt for attempt, _ in tried]
    if not attempts:
        return
    host_width = min(max(len(attempt.host) for attempt in attempts) + 2, 34)
    address_width = max(len(attempt.address or "") for attempt in attempts) + 2
    for attempt, reason in tried:
        style = OUTCOME_STYLE[attempt.outcome] if judge else ""
        sign = f"{glyphs.of(attempt.outcome)} " if judge else ""
        word = fit(f"{sign}{outcome_word(attempt.outcome)}", 16, pad=True)
        code = fit(clean(attempt.status_code or ""), 7, pad=True)
        host = fit(clean(attempt.host), host_width - 2, glyphs.cut, pad=True) + "  "
        address = fit(clean(attempt.address or ""), address_width, glyphs.cut, pad=True)
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
