"""What is taken away and what is come back to: copy, save, the walks of this run."""

from __future__ import annotations

from mailpath.tui import saving
from mailpath.tui.progress import Walked
from mailpath.tui.screens.history import HistoryScreen
from mailpath.tui.screens.reading import Reading
from mailpath.tui.screens.save import SaveScreen
from mailpath.tui.ticket import ticket
from mailpath.tui.widgets.bar import PathBar

#: Walks of this run that are kept.
MOST_WALKS = 20


class Keeping(Reading):
    """Nothing here sends a packet, but for a recipient that is chosen to be walked."""

    def action_copy(self) -> None:
        state = self._state
        if state.path is None:
            self._tell("There is nothing to copy yet.")
            return
        lines = ticket(state, self.posture, self._glyphs)
        self.app.copy_to_clipboard("\n".join(lines))
        simulated = state.host is not None or (state.view is not None and state.view.lens.rewalked)
        what = ": the walk as it was walked" if simulated else ""
        self._tell(f"{len(lines)} lines sent to the terminal for its clipboard{what}.")

    # --- Save ---

    def action_save(self) -> None:
        if self._state.recorded is None:
            self._tell("There is nothing to save yet.")
        else:
            self.app.push_screen(SaveScreen(saving.proposed(self._state)), self._chosen_to_save)

    def _chosen_to_save(self, choice: tuple[str, str] | None) -> None:
        if choice is not None:
            self.call_after_refresh(self._save, *choice)  # a picture is of this screen, not of the dialog

    def _save(self, kind: str, path: str) -> None:
        try:
            data = self._content(kind)
            file = saving.write(path, data, private=self._private)
        except saving.SavingFailed as error:
            self._tell(str(error), "error")
        except Exception as error:  # noqa: BLE001  a defect of a renderer costs its file, not the app
            self._tell(f"The report could not be made: {type(error).__name__}: {error}", "error")
        else:
            self._tell(f"Written: {file}")

    @property
    def _private(self) -> bool:
        """Whether mail addresses are in what is saved."""
        recorded = self._state.recorded
        return recorded is not None and recorded.capture.ground.envelope is not None

    def _content(self, kind: str) -> bytes:
        if kind == "svg":
            return saving.local_fonts(self.app.export_screenshot(title="mailpath")).encode()
        assert self._stack is not None
        lens = self._state.looked
        if lens.attack:
            lens = lens.sent  # what is saved is the walk as it was walked
        summary = self._side.summary(self.posture, lens)
        return saving.content(kind, self._state, self._stack, self.posture, summary=summary)

    # --- The walks of this run ---

    def _keep(self) -> None:
        """Put the finished walk among those of this run."""
        walked = self._state.kept()
        if walked is not None:
            self._walks.append(walked)
            del self._walks[:-MOST_WALKS]

    def action_history(self) -> None:
        screen = HistoryScreen(self._walks, self._recent, self.posture, self._glyphs)
        self.app.push_screen(screen, self._chosen_from_history)

    def _chosen_from_history(self, choice: Walked | str | None) -> None:
        if isinstance(choice, Walked):
            self._show_again(choice)
        elif choice is not None:
            self.query_one(PathBar).fill(None, choice)
            self.action_edit()

    def _show_again(self, walked: Walked) -> None:
        """A walk of this run, from memory."""
        raise NotImplementedError
