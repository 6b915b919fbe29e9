"""MX host x posture: what each posture makes of each host alone, and of the whole path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.message import Message

from mailpath.tui.judging import COLUMNS, Bench
from mailpath.tui.marks import mark
from mailpath.tui.text import QUIET, Glyphs, clean, fit
from mailpath.tui.widgets.flow import Flow

_PATH = "whole path"
#: Cells for the sign before the row that the verdict is of.
_POINTER = 2


def line_of(hosts: tuple[str, ...], host: str) -> int:
    """The line of the painted matrix that `host` is in."""
    return hosts.index(host) + (1 if len(hosts) == 1 else 2)


def host_at(bench: Bench, line: int) -> str | None:
    """The host in `line` of the painted matrix; None where there is none."""
    return next((host for host in bench.hosts if line_of(bench.hosts, host) == line), None)


class Matrix(Flow):
    """Tells which of its lines was clicked."""

    class Clicked(Message):
        def __init__(self, line: int) -> None:
            super().__init__()
            self.line = line

    def on_click(self, event: events.Click) -> None:
        self.post_message(self.Clicked(event.y))


def paint(
    bench: Bench,
    chosen: str,
    glyphs: Glyphs,
    width: int,
    selected: str | None = None,
    *,
    attacked: bool = False,
) -> list[Content]:
    """The matrix as lines of `width` cells; the column of the chosen posture stands out, and the row that the
    verdict above is of: the whole path's, or the selected host's.  `attacked`: an attacker is on the path.

    Columns keep their place whatever is chosen (a posture that is none of them comes first); where not
    all fit, the chosen one is among those shown.
    """
    columns = list(COLUMNS) if chosen in COLUMNS else [chosen, *COLUMNS]
    pointer = 0 if len(bench.hosts) == 1 else _POINTER
    longest = max(len(name) for name in (*bench.hosts, _PATH)) + pointer
    cell = 11 if longest + 2 + 11 * len(columns) <= width else 10
    first = max(min(longest + 2, width - cell * len(columns), 42), 16)
    fitting, total, part = max((width - first) // cell, 1), len(columns), ""
    if fitting < len(columns):
        start = min(max(columns.index(chosen) - fitting + 1, 0), len(columns) - fitting)
        columns = columns[start : start + fitting]
        part = f"{fitting} of {total} postures"
    return list(_Matrix(bench, columns, chosen, first, cell, glyphs, selected, attacked, part).lines())


@dataclass(frozen=True)
class _Matrix:
    bench: Bench
    columns: list[str]
    chosen: str
    first: int
    cell: int
    glyphs: Glyphs
    selected: str | None
    attacked: bool
    part: str  # what is shown of the columns, where not all are

    def lines(self) -> Iterable[Content]:
        yield self._header()
        if len(self.bench.hosts) != 1:
            yield self._row(_PATH, None)
        for host in self.bench.hosts:
            yield self._row(host, host)
        if self.attacked:
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
        only = len(self.bench.hosts) == 1
        here = only or host == self.selected
        pointer = self.glyphs.closed if here and not only else ""
        lead = "" if only else fit(pointer, _POINTER, pad=True)
        name = fit(clean(label), self.first - cell_len(lead) - 1, self.glyphs.cut, pad=True)
        parts: list[tuple[str, str]] = [(f"{lead}{name} ", "$primary bold" if here and not only else "")]
        walk = self.bench.of_host(host).walk
        for posture in self.columns:
            verdict = self.bench.verdict(posture, host)
            shown = mark(walk, verdict, self.glyphs, attacked=self.attacked)
            cell = fit(shown.cell, self.cell - 1, self.glyphs.cut, pad=True)
            parts.append((f"{cell} ", f"{shown.style} bold" if posture == self.chosen else shown.style))
        return Content.assemble(*parts)
