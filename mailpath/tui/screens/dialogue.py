"""A screen above the path's."""

from __future__ import annotations

from typing import TypeVar

from textual.screen import ModalScreen

Result = TypeVar("Result")


class Dialogue(ModalScreen[Result]):
    """Keys of the app do not reach it; Ctrl-C quits from here, too, where no text is selected."""

    def action_copy_text(self) -> None:
        if self.get_selected_text() is None:
            self.app.action_help_quit()
        else:
            super().action_copy_text()
