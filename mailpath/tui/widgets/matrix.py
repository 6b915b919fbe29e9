"""MX host x posture: what each posture makes of each host alone, and of the whole path."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from mailpath.tui.judging import COLUMNS, columns, own_of
from mailpath.tui.switching import Switch
from mailpath.tui.text import QUIET, Glyphs, clean, fit, wrap
from mailpath.tui.verdict_style import mark
from mailpath.tui.widgets.wrapped_text import WrappedText
from mailpath.wording.phrases import count, join_and

if TYPE_CHECKING:
    from mailpath.tui.scene import Scene

_PATH = "whole path"
#: Cells for the sign before the row that the verdict is of.
_POINTER = 2
#: Cells for a column at least, and at most.
_CELL, _WIDE_CELL = 10, 12
#: Hosts that are named.
_MOST = 3


class _Cell(NamedTuple):
    """`chooses`: the posture, the host, or both that a click on it means."""

    text: str
    style: str
    chooses: tuple[tuple[str, str | None], ...]


class Matrix(WrappedText):
    """Tells what was clicked."""

    class Clicked(Message):
        """A cell, a host's name or the head of a column.  `posture`: None where none was meant.  `row`: it
        was no head; `host`: that row's, None for the whole path's."""

        def __init__(self, posture: str | None, host: str | None, row: bool) -> None:
            super().__init__()
            self.posture = posture
            self.host = host
            self.row = row

    def on_click(self, event: events.Click) -> None:
        here = event.style.meta
        if "posture" in here or "host" in here:
            self.post_message(self.Clicked(here.get("posture"), here.get("host"), "host" in here))

    def line_of(self, host: str) -> int:
        """The line that `host` is in, counted from 0."""
        return next((n for n, line in enumerate(self.drawn) if _is_of(line, host)), 0)


def _is_of(line: Content, host: str) -> bool:
    return any(isinstance(each.style, Style) and each.style.meta.get("host") == host for each in line.spans)


def paint(
    scene: Scene,
    chosen: str,
    glyphs: Glyphs,
    width: int,
    *,
    switch: Switch | None = None,
    pins: Sequence[str] = (),
) -> Iterator[Content]:
    """The matrix as lines of `width` cells; the column of the chosen posture stands out, and the row that the
    verdict above is of: the whole path's, or the selected host's.

    `pins`: postures whose columns come first.  `switch`: what is told above it of two of them.
    """
    if switch is not None:
        yield from _paint_switch(switch, glyphs, width)
    names = columns(scene.whole.postures, pins)
    hosts = scene.whole.hosts
    pointer = 0 if len(hosts) == 1 else _POINTER
    longest = max(len(name) for name in (*hosts, _PATH)) + pointer
    first = max(min(longest + 2, width - _CELL * min(len(names), len(COLUMNS)), 42), 16)
    total, fitting = len(names), min(max((width - first) // _CELL, 1), len(names))
    names = _in_sight(names, chosen, fitting, kept={*pins, *own_of(scene.whole.postures)})
    cell = min((width - first) // fitting, _WIDE_CELL)
    part = f"{fitting} of {total} shown" if fitting < total else ""

    def line(lead: _Cell, cells: Iterable[_Cell]) -> Content:
        parts = [_fitted(lead, first, glyphs.cut), *(_fitted(each, cell, glyphs.cut) for each in cells)]
        return Content("").join(parts)

    heads = (
        _Cell(
            clean(name.removeprefix("postfix-")),
            "$primary bold" if name == chosen else "underline" if name in pins else QUIET,
            (("posture", name),),
        )
        for name in names
    )
    yield line(_Cell(part, QUIET, ()), heads)
    for host in hosts if len(hosts) == 1 else (None, *hosts):
        here = len(hosts) > 1 and host == scene.host
        sign = fit(glyphs.closed if here else "", pointer, pad=True)
        lead = _Cell(f"{sign}{clean(host or _PATH)}", "$primary bold" if here else "", (("host", host),))
        yield line(lead, (_cell(scene, name, host, glyphs, bold=name == chosen) for name in names))
    if scene.attacked:
        legend = f"{glyphs.passed} the attacker cannot read it, whatever becomes of it   {glyphs.failed} READ"
        yield Content.styled(fit(legend, width, glyphs.cut), QUIET)


def _cell(scene: Scene, posture: str, host: str | None, glyphs: Glyphs, *, bold: bool) -> _Cell:
    """What becomes of the mail if `host` were the only one; None: over the whole path."""
    verdict = scene.whole.verdict(posture, host)
    shown = mark(scene.whole.of_host(host).walk, verdict, glyphs, attacked=scene.attacked)
    style = f"{shown.style} bold" if bold else shown.style
    return _Cell(shown.cell, style, (("posture", posture), ("host", host)))


@lru_cache(maxsize=4096)
def _fitted(cell: _Cell, room: int, cut: str) -> Content:
    """Of twelve hosts' cells all but two columns are drawn as they were when another posture is chosen."""
    text = fit(cell.text, room - 1, cut, pad=True) + " "
    return Content.styled(text, cell.style).stylize(Style.from_meta(dict(cell.chooses)))


def _in_sight(names: list[str], chosen: str, fitting: int, kept: Collection[str]) -> list[str]:
    """As many columns as fit, the chosen one among them.  They keep their place whatever is chosen, as far as
    that can be: a posture that is none of the usual ones comes first, to a later one of those they slide."""
    if chosen in names[:fitting]:
        return names[:fitting]
    if chosen not in COLUMNS:
        return [chosen, *names[: fitting - 1]]
    stay, here = min(len(kept), fitting - 1), names.index(chosen)
    return [*names[:stay], *names[here + 1 - fitting + stay : here + 1]]


def _paint_switch(switch: Switch, glyphs: Glyphs, width: int) -> Iterator[Content]:
    """From one posture to the other: the sentence, and each host that changes."""
    lead = f"{clean(switch.before, 30)} {glyphs.arrow} {clean(switch.after, 30)}: "
    first, *more = wrap(lead + switch.sentence, width)
    yield Content.assemble((first[: len(lead)], "$accent bold"), first[len(lead) :])
    changed = []
    for (was, becomes), names in switch.hosts.items():
        where = join_and(names) if len(names) <= _MOST else count(len(names), "host")
        changed.append(f"{was} {glyphs.arrow} {becomes} at {clean(where)}")
    hosts = "; ".join(changed)
    yield from (Content(line) for line in (*more, *(wrap(hosts, width) if hosts else ())))
    yield Content("")
