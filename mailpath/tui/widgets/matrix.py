"""MX host x posture: what each posture makes of each host alone, and of the whole path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from textual import events
from textual.content import Content
from textual.message import Message

from mailpath.tui.judging import COLUMNS, JudgedWalk
from mailpath.tui.text import QUIET, Glyphs, clean, fit
from mailpath.tui.verdict_style import mark
from mailpath.tui.widgets.wrapped_text import WrappedText

if TYPE_CHECKING:
    from mailpath.tui.scene import Scene

_PATH = "whole path"
#: Cells for the sign before the row that the verdict is of.
_POINTER = 2


def line_of(hosts: tuple[str, ...], host: str) -> int:
    """The line of the painted matrix that `host` is in."""
    return hosts.index(host) + (1 if len(hosts) == 1 else 2)


def host_at(judged: JudgedWalk, line: int) -> str | None:
    """The host in `line` of the painted matrix; None where there is none."""
    return next((host for host in judged.hosts if line_of(judged.hosts, host) == line), None)


class Matrix(WrappedText):
    """Tells which of its lines was clicked."""

    class Clicked(Message):
        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(event.y))


def paint(scene: Scene, chosen: str, glyphs: Glyphs, width: int) -> Iterator[Content]:
    """The matrix as lines of `width` cells; the column of the chosen posture stands out, and the row that the
    verdict above is of: the whole path's, or the selected host's.

    Columns keep their place whatever is chosen (a posture that is none of them comes first); where not
    all fit, the chosen one is among those shown.
    """
    columns = list(COLUMNS) if chosen in COLUMNS else [chosen, *COLUMNS]
    hosts = scene.whole.hosts
    pointer = 0 if len(hosts) == 1 else _POINTER
    longest = max(len(name) for name in (*hosts, _PATH)) + pointer
    cell = 11 if longest + 2 + 11 * len(columns) <= width else 10
    first = max(min(longest + 2, width - cell * len(columns), 42), 16)
    fitting, total, part = max((width - first) // cell, 1), len(columns), ""
    if fitting < len(columns):
        start = min(max(columns.index(chosen) - fitting + 1, 0), len(columns) - fitting)
        columns = columns[start : start + fitting]
        part = f"{fitting} of {total} postures"

    def line(head: str, head_style: str, cells: Iterable[tuple[str, str]]) -> Content:
        parts = [(fit(head, first - 1, glyphs.cut, pad=True) + " ", head_style)]
        parts += [(fit(text, cell - 1, glyphs.cut, pad=True) + " ", style) for text, style in cells]
        return Content.assemble(*parts)

    names = [(clean(name.removeprefix("postfix-")), name == chosen) for name in columns]
    yield line(part, QUIET, ((name, "$primary bold" if here else QUIET) for name, here in names))
    for host in hosts if len(hosts) == 1 else (None, *hosts):
        here = len(hosts) > 1 and host == scene.host
        lead = fit(glyphs.closed if here else "", pointer, pad=True)
        cells = (_cell(scene, name, host, glyphs, bold=name == chosen) for name in columns)
        yield line(f"{lead}{clean(host or _PATH)}", "$primary bold" if here else "", cells)
    if scene.attacked:
        legend = f"{glyphs.passed} the attacker cannot read it, whatever becomes of it   {glyphs.failed} READ"
        yield Content.styled(fit(legend, width, glyphs.cut), QUIET)


def _cell(scene: Scene, posture: str, host: str | None, glyphs: Glyphs, *, bold: bool) -> tuple[str, str]:
    """What becomes of the mail if `host` were the only one; None: over the whole path."""
    verdict = scene.whole.verdict(posture, host)
    shown = mark(scene.whole.of_host(host).walk, verdict, glyphs, attacked=scene.attacked)
    return shown.cell, f"{shown.style} bold" if bold else shown.style
