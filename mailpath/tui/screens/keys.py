"""The keys of the path screen, each with an id that stays: single letters, and the one
control chord that every program on a terminal has."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from mailpath.facts import ENVELOPE, STEPS, TITLES

WALK: list[BindingType] = [
    Binding("i", "edit", "Edit", show=False, id="path.edit", tooltip="Edit sender and recipient"),
    Binding("r", "again", "Again", id="path.again", tooltip="Walk the same path again"),
    Binding("s", "swap", "Swap", show=False, id="path.swap", tooltip="Sender and recipient swapped"),
    Binding("g", "history", "Walks", show=False, id="path.history", tooltip="Earlier walks and recipients"),
    Binding("escape", "back", "Back", show=False, id="path.back", tooltip="Stop the walk, or go back"),
]

READ: list[BindingType] = [
    Binding("up,k", "step(-1)", "Up", show=False, id="path.up", tooltip="Step above"),
    Binding("down,j", "step(1)", "Down", show=False, id="path.down", tooltip="Step below"),
    *(
        Binding(
            str(number),
            f"jump('{step}')",
            TITLES[step],
            show=False,
            id=f"path.jump-{step}",
            tooltip=f"The panel {number} {TITLES[step]}",
        )
        for number, step in enumerate(STEPS)
    ),
    Binding(
        "E",
        f"jump('{ENVELOPE}')",
        TITLES[ENVELOPE],
        show=False,
        id="path.jump-envelope",
        tooltip="The envelope test, where one was made",
    ),
    Binding("e", "evidence", "Evidence", id="path.evidence", tooltip="Raw evidence of the open step"),
    Binding(
        "slash",
        "filter",
        "Filter",
        show=False,
        id="path.filter",
        tooltip="Search the evidence",
    ),
    Binding("z", "zoom", "Zoom", show=False, id="path.zoom", tooltip="The open step alone, and back"),
    Binding("c", "copy", "Copy", id="path.copy", tooltip="Send a summary for a ticket to the clipboard"),
    Binding(
        "w", "save", "Save", show=False, id="path.save", tooltip="Write capture, report or picture to a file"
    ),
]

WHAT_IF: list[BindingType] = [
    Binding("left", "posture(-1)", "Posture before", show=False, id="path.posture-previous"),
    Binding(
        "right", "posture(1)", "Posture", key_display="←→", id="path.posture-next", tooltip="Posture after"
    ),
    Binding("o", "list('posture')", "Postures", show=False, id="path.postures", tooltip="The posture list"),
    Binding("a", "list('attack')", "Attack", id="path.attacks", tooltip="Put an attacker on the path"),
    Binding("t", "list('clock')", "Time", id="path.times", tooltip="What ends when; set the clock there"),
    Binding("m", "message", "Message", show=False, id="path.message", tooltip="REQUIRETLS, TLS-Required: No"),
    Binding(
        "f",
        "policy",
        "First contact",
        show=False,
        id="path.policy",
        tooltip="How old the sender's MTA-STS policy is: first contact, new, half of max_age, expired",
    ),
    Binding("h", "host", "Host", show=False, id="path.host", tooltip="One MX host alone, the next, all"),
    Binding(
        "b", "host(-1)", "Host before", show=False, id="path.host-previous", tooltip="The MX host before"
    ),
    Binding("x", "plain", "Reset", show=False, id="path.plain", tooltip="End all that is simulated"),
]

LAB: list[BindingType] = [
    Binding("l", "lab", "Lab", id="path.lab", tooltip="Pick a scenario of the lab"),
    Binding("n", "scenario(1)", "Next scenario", show=False, id="path.lab-next", tooltip="Next scenario"),
    Binding(
        "p",
        "scenario(-1)",
        "Previous scenario",
        show=False,
        id="path.lab-previous",
        tooltip="Scenario before",
    ),
]

APP: list[BindingType] = [
    Binding(
        "T",
        "app.light_or_dark",
        "Light or dark",
        show=False,
        id="path.theme",
        tooltip="Light colours or dark ones",
    ),
    Binding("question_mark", "help", "Keys", key_display="?", id="path.help", tooltip="These keys"),
    Binding(
        "ctrl+z",
        "app.suspend_process",
        "Suspend",
        show=False,
        priority=True,
        id="path.suspend",
        tooltip="Back to the shell; fg comes back here",
    ),
    Binding("q", "leave", "Quit", id="path.quit", tooltip="Quit; Ctrl-C too, where no text is selected"),
]

GROUPS = {"Walk": WALK, "Read": READ, "What if": WHAT_IF, "Lab": LAB, "App": APP}
