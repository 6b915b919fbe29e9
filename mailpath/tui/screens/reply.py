"""The reply to a ticket, to read, to select from, and to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from mailpath.tui.keynames import hidden
from mailpath.tui.screens.finding import Dialogue
from mailpath.tui.text import clean

if TYPE_CHECKING:
    from mailpath.report.reply import Reader, Reply

_TITLES = {"postmaster": "To the recipient's postmaster", "user": "To our user"}


class ReplyScreen(Dialogue[tuple[str, str, str] | None]):
    """Ends with ("copy" or "write", the reader, the text), or None.

    `made`: the reply to a reader; `note`: what is said of it above, "" for nothing.
    """

    DEFAULT_CSS = """
    ReplyScreen { align: center middle; }
    #reply {
        width: 90%; max-width: 110; height: auto; max-height: 90%; padding: 1 2;
        background: $surface; border: round $primary;
        border-title-color: $primary; border-subtitle-color: $quiet;
    }
    .-narrow #reply { width: 100%; max-height: 100%; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take('copy')", "Copy", id="reply.copy", tooltip="Send it to the clipboard"),
        Binding("w", "take('write')", "Write", id="reply.write", tooltip="Write it to a file"),
        Binding("tab", "turn", "Other reader", id="reply.turn", tooltip="Postmaster, or our own user"),
        Binding("escape,q", "dismiss(None)", "Back", id="reply.close", tooltip="Close the reply"),
        hidden("j", "scroll(1)", "Down", id="reply.down"),
        hidden("k", "scroll(-1)", "Up", id="reply.up"),
    ]

    def __init__(self, made: Callable[[Reader], Reply], note: str = "") -> None:
        super().__init__()
        from mailpath.report.reply import Reader

        self._made = made
        self._note = note
        self.reader = Reader.POSTMASTER

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="reply") as box:
            box.border_subtitle = Content("Enter copies, w writes a file, Tab other reader, Esc back")
            yield Static(markup=False)

    def on_mount(self) -> None:
        self._show()
        self.query_one("#reply").focus()

    def action_turn(self) -> None:
        """The same for the other reader."""
        first, second = type(self.reader)
        self.reader = second if self.reader is first else first
        self._show()

    def action_scroll(self, lines: int) -> None:
        self.query_one("#reply").scroll_relative(y=lines, animate=False)

    def action_take(self, how: str) -> None:
        self.dismiss((how, self.reader.value, self._text(72)))

    def _show(self) -> None:
        box = self.query_one("#reply", VerticalScroll)
        box.border_title = Content(f"{_TITLES[self.reader.value]}{f' ({self._note})' if self._note else ''}")
        # Not wrapped here: what is selected is then the text as it will be sent, each record whole.
        self.query_one(Static).update(Content(self._text(None)))
        box.scroll_home(animate=False)

    def _text(self, width: int | None) -> str:
        from mailpath.report.reply import text

        told = text(self._made(self.reader), width)
        return "\n".join(clean(line) for line in told.splitlines())
