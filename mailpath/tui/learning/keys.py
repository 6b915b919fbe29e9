"""The keys of a lesson: those of its screen, those of its text, and those of a class."""

from __future__ import annotations

from textual.binding import Binding, BindingType

from mailpath.tui.keynames import hidden

#: On the whole screen; the lab's keys have no meaning here.
LEARN: list[BindingType] = [
    Binding("n", "next", "Next", id="lesson.next", tooltip="Go on to the next step of the lesson"),
    Binding("l", "lesson", "Lesson/path", id="lesson.turn", tooltip="From the lesson to the path, and back"),
    Binding("L", "lessons", "Lessons", id="lesson.list", tooltip="Courses and lessons"),
    Binding("i", "type_edit", "Edit", id="lesson.edit", tooltip="Type an edit (in a task)"),
    Binding("E", "text", "Scenario", id="lesson.text", tooltip="The scenario as text, to edit (in a task)"),
    Binding("u", "undo", "Undo", id="lesson.undo", tooltip="Take the last edit back"),
    hidden("U", "reset", "Reset", id="lesson.reset", tooltip="Take all edits of this task back"),
]

#: Of the text of the lesson, while it has the focus.
PANE: list[BindingType] = [
    Binding("enter", "enter", "Lock/go on", id="pane.enter", tooltip="Lock the choice; go on"),
    *(
        hidden(letter, f"option({place})", f"Option {letter.upper()}", id=f"pane.option-{letter}")
        for place, letter in enumerate("abcde")
    ),
    hidden("up,k", "move(-1)", "Up", id="pane.up", tooltip="Option above, or scroll"),
    hidden("down,j", "move(1)", "Down", id="pane.down", tooltip="Option below, or scroll"),
    Binding("h", "hint", "Hint", id="pane.hint", tooltip="The next of three hints (in a task)"),
]

#: Of the line for one edit.
TYPED: list[BindingType] = [
    Binding("enter", "submit", "Make it", id="edit.make", tooltip="Make this edit"),
    Binding("escape", "leave", "Back", id="edit.back", tooltip="Back to the lesson"),
    hidden("tab", "complete", "Complete", id="edit.complete", tooltip="Take the completion shown"),
]

#: Of the scenario as text.
TEXT: list[BindingType] = [
    Binding("ctrl+s,f2", "apply", "Publish", id="text.apply", tooltip="Publish it, and walk"),
    Binding("escape", "back", "Back", id="text.back", tooltip="Back; what was typed is kept"),
    hidden("ctrl+r", "begin_again", "As it is", id="text.begin-again", tooltip="The scenario as it is now"),
]

#: Before a class.
CLASS: list[BindingType] = [
    Binding("space", "go_on", "Reveal/next", id="class.go-on", tooltip="Reveal the answer, then go on"),
    *(
        hidden(letter, f"option({place})", f"Hands for {letter.upper()}", id=f"class.option-{letter}")
        for place, letter in enumerate("abcde")
    ),
    *(
        hidden(digit, f"digit({digit})", "Hands", id=f"class.digit-{digit}", tooltip="Number of hands")
        for digit in "0123456789"
    ),
    hidden("backspace", "erase", "Erase", id="class.erase", tooltip="Last digit away"),
    hidden("up,k", "move(-1)", "Up", id="class.up", tooltip="Option above, or scroll"),
    hidden("down,j", "move(1)", "Down", id="class.down", tooltip="Option below, or scroll"),
    Binding("v", "vote", "Second vote", id="class.vote", tooltip="A second vote, beside the first"),
    Binding("left,p", "step(-1)", "Back", id="class.back", key_display="p", tooltip="Step before"),
    hidden("right,n", "step(1)", "Next", id="class.next", tooltip="Next step, without an answer"),
    Binding("T", "app.light_or_dark", "Light/dark", id="class.theme", tooltip="Light or dark colors"),
    Binding("q", "quit", "Quit", id="class.quit", tooltip="Quit"),
]
