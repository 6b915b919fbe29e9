"""The keys of a survey's table, each with an id that stays.  Where the path has the same key, it does the
like here."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from mailpath.tui.keynames import hidden

TABLE: list[BindingType] = [
    hidden("up,k", "move(-1)", "Up", id="survey.up", tooltip="Row above"),
    hidden("down,j", "move(1)", "Down", id="survey.down", tooltip="Row below"),
    hidden("pageup", "page(-1)", "Page up", id="survey.page-up", tooltip="Page up"),
    hidden("pagedown", "page(1)", "Page down", id="survey.page-down", tooltip="Page down"),
    hidden("home", "end(-1)", "First", id="survey.first", tooltip="First row"),
    hidden("end", "end(1)", "Last", id="survey.last", tooltip="Last row"),
    Binding("enter", "open", "Open", id="survey.open", tooltip="Open the path to this domain, or this group"),
    Binding("slash", "find", "Find", id="survey.find", tooltip="Type to find: domain, operator, host, code"),
    Binding("s", "sort", "Sort", id="survey.sort", tooltip="Sort by the next column"),
    hidden("S", "turn", "Turn", id="survey.turn", tooltip="Turn the order around"),
    Binding("g", "group", "Group", id="survey.group", tooltip="Group by operator, by cause, not at all"),
    Binding(
        "b",
        "only",
        "Only",
        id="survey.only",
        tooltip="List only what newly breaks, then each other kind, then all",
    ),
    hidden("left", "posture(-1)", "Previous posture", id="survey.posture-previous"),
    Binding(
        "right", "posture(1)", "Posture", key_display="←→", id="survey.posture-next", tooltip="Next posture"
    ),
    Binding("v", "pin", "Pin", id="survey.pin", tooltip="Pin postures to compare, or let go of them"),
    hidden("d", "today", "Today", id="survey.today", tooltip="The posture of today, to compare with"),
    Binding("a", "attack", "Attack", id="survey.attacks", tooltip="Put an attacker on all paths"),
    Binding("t", "clock", "Time", id="survey.times", tooltip="Judge as of a later time"),
    hidden("x", "plain", "Reset", id="survey.plain", tooltip="Stop all simulations"),
    hidden("r", "again", "Again", id="survey.again", tooltip="Read the survey again"),
    hidden("escape", "back", "Back", id="survey.back", tooltip="End the search, the choice, the group"),
]
