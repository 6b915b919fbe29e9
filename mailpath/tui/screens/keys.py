"""The keys of the path screen, each with an id that stays: single letters, and the two
control chords that people know from other programs."""

from __future__ import annotations

from typing import Any

from textual.actions import parse
from textual.binding import Binding, BindingType
from textual.screen import Screen

from mailpath.facts import ENVELOPE, STEPS, TITLES
from mailpath.tui.keynames import hidden

WALK: list[BindingType] = [
    hidden("i", "edit", "Edit", id="path.edit", tooltip="Edit sender and recipient"),
    Binding("r", "again", "Again", id="path.again", tooltip="Walk the same path again"),
    hidden("s", "swap", "Swap", id="path.swap", tooltip="Swap sender and recipient"),
    hidden("g", "history", "Walks", id="path.history", tooltip="Earlier walks and recipients"),
    hidden("escape", "back", "Back", id="path.back", tooltip="Stop the walk, or go back"),
]

READ: list[BindingType] = [
    hidden("up,k", "step(-1)", "Up", id="path.up", tooltip="Step above"),
    hidden("down,j", "step(1)", "Down", id="path.down", tooltip="Step below"),
    *(
        hidden(
            str(number),
            f"jump('{step}')",
            TITLES[step],
            id=f"path.jump-{step}",
            tooltip=f"Panel {number} {TITLES[step]}",
        )
        for number, step in enumerate(STEPS)
    ),
    hidden(
        "E",
        f"jump('{ENVELOPE}')",
        TITLES[ENVELOPE],
        id="path.jump-envelope",
        tooltip="The envelope test, if one was made",
    ),
    Binding("e", "evidence", "Evidence", id="path.evidence", tooltip="Raw evidence of the open step"),
    hidden("slash", "filter", "Filter", id="path.filter", tooltip="Search the evidence"),
    hidden("z", "zoom", "Zoom", id="path.zoom", tooltip="Maximize the open step (toggle)"),
    Binding("c", "copy", "Copy", id="path.copy", tooltip="A reply to the ticket: read, copy or write it"),
    hidden("w", "save", "Save", id="path.save", tooltip="Save a capture, report or picture"),
]

WHAT_IF: list[BindingType] = [
    hidden("left", "posture(-1)", "Previous posture", id="path.posture-previous"),
    Binding(
        "right", "posture(1)", "Posture", key_display="←→", id="path.posture-next", tooltip="Next posture"
    ),
    hidden("o", "list('posture')", "Postures", id="path.postures", tooltip="The posture list"),
    hidden("v", "pin", "Compare", id="path.pin", tooltip="Pin this posture, up to two, to compare them"),
    Binding("a", "list('attack')", "Attack", id="path.attacks", tooltip="Put an attacker on the path"),
    Binding("t", "list('clock')", "Time", id="path.times", tooltip="Expiry dates; move the clock to one"),
    Binding(
        "u", "plan", "Plan", id="path.plans", tooltip="Plan a change; see the path after each of its steps"
    ),
    hidden("m", "message", "Message", id="path.message", tooltip="REQUIRETLS, TLS-Required: No"),
    hidden(
        "f",
        "policy",
        "First contact",
        id="path.policy",
        tooltip="Age of the sender's MTA-STS policy: first contact, new, half of max_age, expired",
    ),
    hidden("h", "host", "Host", id="path.host", tooltip="Cycle: each MX host alone, then all"),
    hidden("b", "host(-1)", "Previous host", id="path.host-previous", tooltip="Previous MX host"),
    hidden("x", "plain", "Reset", id="path.plain", tooltip="Stop all simulations"),
]

LAB: list[BindingType] = [
    Binding("l", "lab", "Lab", id="path.lab", tooltip="Choose a lab scenario"),
    Binding("n", "scenario(1)", "Next", key_display="n/p", id="path.lab-next", tooltip="Next scenario"),
    hidden("p", "scenario(-1)", "Previous scenario", id="path.lab-previous", tooltip="Previous scenario"),
]

#: On a path that was opened from a survey.
FROM_TABLE: list[BindingType] = [
    Binding(
        "backspace",
        "table",
        "Table",
        key_display="Esc",
        id="path.table",
        tooltip="Back to the survey's table (also Esc)",
    ),
]

#: Only once, after the walk of a scenario; the line above the steps names it then.
REST: list[BindingType] = [
    hidden("enter", "rest", "What it teaches", priority=True, id="path.lab-rest"),
]

APP: list[BindingType] = [
    hidden("T", "app.light_or_dark", "Light or dark", id="path.theme", tooltip="Light or dark colors"),
    Binding(
        "colon,ctrl+p",
        "app.menu",
        "Menu",
        key_display="^P",
        id="path.menu",
        tooltip="Menu: find an action, posture, attack, scenario, finding or path",
    ),
    Binding("question_mark,f1", "help", "Keys", id="path.help", tooltip="These keys"),
    hidden(
        "ctrl+z",
        "app.suspend_process",
        "Suspend",
        priority=True,
        id="path.suspend",
        tooltip="Return to the shell; fg comes back",
    ),
    Binding("q", "leave", "Quit", id="path.quit", tooltip="Quit (also Ctrl-C, if no text is selected)"),
]

GROUPS = {"Walk": WALK, "Read": READ, "What if": WHAT_IF, "Lab": LAB, "App": APP}


def does(screen: Screen[Any], binding: BindingType) -> bool:
    """Whether `screen` does now what `binding` is for."""
    assert isinstance(binding, Binding)
    _, action, parameters = parse(binding.action)
    return bool(screen.check_action(action, parameters))
