"""The top line: who writes to whom, the Walk button, and where the packets would go."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from mailpath.facts import Path
from mailpath.names import BadName, is_text, to_domain
from mailpath.tui.text import PRINTABLE, clean


class NameInput(Input):
    """A one-line input for a domain or an address."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Walk", id="bar.walk", tooltip="Walk this path"),
        Binding("escape", "screen.back", "Back", id="bar.back", tooltip="Leave the inputs"),
        Binding("down", "screen.step(1)", "Steps", id="bar.steps", tooltip="Go to the steps"),
    ]

    def __init__(self, value: str, placeholder: str, id: str) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            restrict=PRINTABLE,
            max_length=320,
            compact=True,
            select_on_focus=False,
            id=id,
        )

    def _on_paste(self, event: events.Paste) -> None:
        """A line of a log, or more: it would not fit here, and is read for the path that it names."""
        if self.id == "recipient" and is_text(event.text):
            event.prevent_default()
            event.stop()
            self.post_message(PathBar.Pasted(event.text, walk=False))


class WalkButton(Static, can_focus=True):
    """One word to press.  (Textual's own button is of another size, and a tenth of the start.)"""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "press", "Walk", id="bar.press", tooltip="Walk this path"),
    ]

    class Pressed(Message):
        """It was clicked, or Enter pressed on it."""

    def __init__(self, *, id: str) -> None:
        super().__init__(" Walk ", id=id, markup=False)

    def action_press(self) -> None:
        self.post_message(self.Pressed())

    def on_click(self) -> None:
        self.action_press()


class PathBar(Horizontal):
    """Two inputs; asks for a walk when both say something that can be walked."""

    class Submitted(Message):
        """A walk of this path was asked for."""

        def __init__(self, path: Path) -> None:
            super().__init__()
            self.path = path

    class Rejected(Message):
        """What was typed is no path; `sentence` says why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    class Pasted(Message):
        """A text was put where a recipient is expected; `walk`: what it names is to be walked at once."""

        def __init__(self, text: str, *, walk: bool) -> None:
            super().__init__()
            self.text = text
            self.walk = walk

    def __init__(self, sender: str, recipient: str, badge: str, kind: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._sender = clean(sender, 320)
        self._recipient = clean(recipient, 320)
        self._badge, self._kind = badge, kind
        self._plan, self._doubted = "", False
        self._walked: tuple[str, str] | None = None

    def compose(self) -> ComposeResult:
        yield Static("mailpath", id="brand", markup=False)
        yield Static("From", classes="name", markup=False)
        yield NameInput(self._sender, "sender (optional)", "sender")
        yield Static("To", classes="name", id="to", markup=False)
        yield NameInput(self._recipient, "recipient domain or address", "recipient")
        yield WalkButton(id="walk")
        yield Static(self._badge, id="badge", classes=f"-{self._kind}", markup=False)

    def fill(self, sender: str | None, recipient: str) -> None:
        self.query_one("#sender", Input).value = clean(sender or "", 320)
        self.query_one("#recipient", Input).value = clean(recipient, 320)

    def hold(self) -> None:
        """What the inputs say is what is walked."""
        self._walked = (self.query_one("#sender", Input).value, self.query_one("#recipient", Input).value)

    def restore(self) -> None:
        """The inputs as they were walked; before anything was, they stay."""
        if self._walked is not None:
            self.fill(*self._walked)

    def doubt(self, doubted: bool) -> None:
        """Say beside where it comes from whether it is no evidence."""
        if self._doubted != doubted:
            self._doubted = doubted
            self._draw_badge()

    def show_plan(self, words: str) -> None:
        """Which state of a plan is shown ("step 2") in place of where the packets went; "" for none."""
        if self._plan != words:
            self._plan = words
            self._draw_badge()

    def _draw_badge(self) -> None:
        badge = self.query_one("#badge", Static)
        badge.set_class(self._doubted, "-doubted")
        badge.set_class(bool(self._plan), "-plan")
        shown = f"PLAN {self._plan}" if self._plan else self._badge
        badge.update(f"{shown} ?" if self._doubted else shown)

    def show_source(self, badge: str, kind: str) -> None:
        """Where the packets go from now on."""
        shown = self.query_one("#badge", Static)
        shown.set_class(False, f"-{self._kind}")
        shown.set_class(True, f"-{kind}")
        self._badge, self._kind = badge, kind
        self._doubted = False
        self._draw_badge()

    def swap(self) -> bool:
        """Sender and recipient change places; False where one of them is missing."""
        sender, recipient = self.query_one("#sender", Input), self.query_one("#recipient", Input)
        if not sender.value.strip() or not recipient.value.strip():
            return False
        sender.value, recipient.value = recipient.value, sender.value
        return True

    def edit_recipient(self) -> None:
        """Go to the recipient; what is typed now replaces it."""
        recipient = self.query_one("#recipient", Input)
        self.screen.set_focus(recipient)
        recipient.select_all()

    def submit(self) -> None:
        """Ask for the walk, or say what is wrong with the input, and go there."""
        domains: list[str | None] = []
        for name in ("sender", "recipient"):
            field = self.query_one(f"#{name}", Input)
            if name == "recipient" and is_text(field.value):
                self.post_message(self.Pasted(field.value, walk=True))
                return
            if name == "sender" and not field.value.strip():
                domains.append(None)
                continue
            try:
                domains.append(to_domain(field.value))
            except BadName as error:
                field.focus()
                self.post_message(self.Rejected(f"{name.capitalize()}: {error}"))
                return
        sender, recipient = domains
        if recipient is not None:
            self.hold()
            self.post_message(self.Submitted(Path(sender=sender, recipient=recipient)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.submit()

    def on_walk_button_pressed(self, event: WalkButton.Pressed) -> None:
        event.stop()
        self.submit()
