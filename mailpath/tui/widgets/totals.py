"""The totals of a survey: each posture's domains and mails by kind, a line a posture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from mailpath.survey.results import Count
from mailpath.survey.viewing import ATTACKED, COMPARED
from mailpath.tui.text import QUIET, Glyphs, clean, fit
from mailpath.tui.widgets.wrapped_text import WrappedText

#: What a kind is called: in full, and where there is little room.  Those that are new stand side by side.
NAMES: Mapping[str, tuple[str, str]] = {
    "newly_deferred": ("deferred", "defer"),
    "newly_plaintext": ("plaintext", "clear"),
    "newly_encrypted": ("encrypted", "encrypt"),
    "newly_authenticated": ("authenticated", "auth"),
    "unchanged": ("unchanged", "same"),
    "unknown": ("unknown", "unknown"),
    "read": ("read", "read"),
    "maybe_read": ("maybe read", "maybe"),
    "not_read": ("not read", "not read"),
}
#: Of those that somebody should look at.
_STYLES: Mapping[str, str] = {
    "newly_deferred": "$error",
    "newly_plaintext": "$warning",
    "newly_encrypted": "$secondary",
    "newly_authenticated": "$success",
    "read": "$error",
    "maybe_read": "$warning",
    "not_read": "$success",
}
#: Cells for a posture's name, and for a kind with domains and mails at least.
_LEAD, _BOTH = 20, 14


class Figures(NamedTuple):
    """`lines`: by posture, what is of which kind; `only`: the kind that is listed, "" for all."""

    lines: Mapping[str, Mapping[str, Count]]
    chosen: str
    only: str
    attacked: bool


class Totals(WrappedText):
    """A click on a figure lists what it counts."""

    class Clicked(Message):
        """`kind`: "" where the name of the posture was clicked."""

        def __init__(self, posture: str, kind: str) -> None:
            super().__init__()
            self.posture = posture
            self.kind = kind

    def __init__(self, glyphs: Glyphs, *, id: str) -> None:
        super().__init__(id=id)
        self._glyphs = glyphs

    def tell(self, figures: Figures, most: int) -> None:
        """At most so many postures, the chosen one among them; 0: nothing."""
        self.show(lambda width: list(self._painted_lines(figures, width, most)) if most else [])

    def _painted_lines(self, figures: Figures, width: int, most: int) -> list[Content]:
        kinds = ATTACKED if figures.attacked else COMPARED
        names = list(figures.lines)
        here = names.index(figures.chosen) if figures.chosen in names else 0
        first = max(here - most + 1, 0)
        names = names[first : first + most]
        lead = min(max(map(len, names), default=0) + 4, max(width // 3, 12), _LEAD)
        cell = (width - lead) // len(kinds)
        counts = [count for name in names for count in figures.lines[name].values()]
        wide = [max((len(f"{part:,}") for part in parts), default=1) for parts in _parts(counts)]
        both = cell > max(sum(wide) + 1, _BOTH)
        heads = [
            (fit(NAMES[kind][not both], cell - 1).rjust(cell), "underline" if kind == figures.only else QUIET)
            for kind in kinds
        ]
        newly = sum(kind.startswith("newly") for kind in kinds)
        lines = []
        if newly and both:
            lines.append(Content.styled(" " * (lead + 2) + " newly ".center(newly * cell - 2, "-"), QUIET))
        unit = "domains, mails" if both else "newly:".rjust(lead - 1) if newly else "domains"
        lines.append(Content.assemble((fit(unit, lead - 1, self._glyphs.cut, pad=True) + " ", QUIET), *heads))
        for name in names:
            chosen = name == figures.chosen
            sign = self._glyphs.closed if chosen else " "
            text = fit(f"{sign} {clean(name, 40)}", lead - 1, self._glyphs.cut, pad=True) + " "
            style = "$primary bold" if chosen else ""
            parts = [Content.styled(text, style).stylize(_meta(name, ""))]
            for kind in kinds:
                count = figures.lines[name].get(kind, Count())
                told = f"{count.domains:,} {count.mails:>{wide[1]},}" if both else f"{count.domains:,}"
                style = _STYLES.get(kind, "") if count.domains else QUIET
                parts.append(Content.styled(told.rjust(cell), style).stylize(_meta(name, kind)))
            lines.append(Content("").join(parts))
        return lines

    def on_click(self, event: events.Click) -> None:
        meta = event.style.meta
        if "total" in meta:
            posture, kind = meta["total"]
            self.post_message(self.Clicked(posture, kind))


def _parts(counts: Sequence[Count]) -> tuple[list[int], list[int]]:
    return [each.domains for each in counts], [each.mails for each in counts]


def _meta(posture: str, kind: str) -> Style:
    return Style.from_meta({"total": (posture, kind)})


def neighbour(names: Sequence[str], here: str, step: int) -> str:
    """The name `step` places on, round the end."""
    if not names:
        return here
    return names[(names.index(here) + step) % len(names)] if here in names else names[0]
