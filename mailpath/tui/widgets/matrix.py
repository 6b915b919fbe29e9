"""MX host x posture: what each posture makes of each host alone, and of the whole path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
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


def paint(scene: Scene, chosen: str, glyphs: Glyphs, width: int) -> list[Content]:
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
    return list(_Matrix(scene, columns, chosen, first, cell, glyphs, part).lines())


@dataclass(frozen=True)
class _Matrix:
    scene: Scene
    columns: list[str]
    chosen: str
    first: int
    cell: int
    glyphs: Glyphs
    part: str  # what is shown of the columns, where not all are

    def lines(self) -> Iterable[Content]:
        hosts = self.scene.whole.hosts
        yield self._header()
        if len(hosts) != 1:
            yield self._row(_PATH, None)
        for host in hosts:
            yield self._row(host, host)
        if self.scene.attacked:
            yield Content.styled(f"{self.glyphs.weak} read: delivered, and the attacker has it", QUIET)

    def _header(self) -> Content:
        part = fit(self.part, self.first - 1, self.glyphs.cut, pad=True)
        parts: list[tuple[str, str]] = [(f"{part} ", QUIET)]
        for name in self.columns:
            label = fit(clean(name.removeprefix("postfix-")), self.cell - 1, self.glyphs.cut, pad=True)
            parts.append((f"{label} ", "$primary bold" if name == self.chosen else QUIET))
        return Content.assemble(*parts)

    def _row(self, label: str, host: str | None) -> Content:
        """One host as if it were the only one, or the whole path."""
        whole, attacked = self.scene.whole, self.scene.attacked
        only = len(whole.hosts) == 1
        here = only or host == self.scene.host
        pointer = self.glyphs.closed if here and not only else ""
        lead = "" if only else fit(pointer, _POINTER, pad=True)
        name = fit(clean(label), self.first - cell_len(lead) - 1, self.glyphs.cut, pad=True)
        parts: list[tuple[str, str]] = [(f"{lead}{name} ", "$primary bold" if here and not only else "")]
        walk = whole.of_host(host).walk
        for posture in self.columns:
            shown = mark(walk, whole.verdict(posture, host), self.glyphs, attacked=attacked)
            cell = fit(shown.cell, self.cell - 1, self.glyphs.cut, pad=True)
            parts.append((f"{cell} ", f"{shown.style} bold" if posture == self.chosen else shown.style))
        return Content.assemble(*parts)
