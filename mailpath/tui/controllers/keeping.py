"""What is taken away, and what there is to come back to: copy, save, the walks of this run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from mailpath.tui import saving
from mailpath.tui.saving import SavingFailed
from mailpath.tui.scene import Scene

if TYPE_CHECKING:
    from mailpath.tui.screens.path import PathScreen

log = logging.getLogger(__name__)

#: What is saved waits until the dialogue is gone: seconds, and at most so many times.
_SHORTLY, _TIMES = 0.02, 50

#: Walks of this run that are kept.
MOST_WALKS = 20


class Keeper:
    """Nothing here sends a packet, but for a recipient that is chosen to be walked."""

    def __init__(self, screen: PathScreen, recent: tuple[str, ...]) -> None:
        """`recent`: recipients of earlier runs, latest first."""
        self._screen = screen
        self.earlier = recent
        self.walks: list[Scene] = []

    def keep(self, scene: Scene) -> None:
        """Put the finished walk among those of this run."""
        self.walks.append(scene)
        del self.walks[:-MOST_WALKS]

    @property
    def recipients(self) -> list[str]:
        """Of the walks of this run, latest first."""
        return [walk.path.recipient for walk in reversed(self.walks)]

    def copy(self) -> None:
        """Show the reply to the ticket: that of the walk as it was walked."""
        screen, scene = self._screen, self._screen.scene
        if scene is None:
            screen.tell("There is nothing to copy yet.")
            return
        from mailpath.tui.screens.reply import ReplyScreen

        posture, made = screen.posture, scene.replayer.capture.ground.made
        simulated = scene.host is not None or scene.lens.rewalked
        refused = self._screen.walks.refused
        note = "the real walk, without the simulation" if simulated else ""

        def take(chosen: tuple[str, str, str] | None) -> None:
            if chosen is not None:
                self._take(scene, *chosen)

        screen.app.push_screen(
            ReplyScreen(lambda reader: scene.sent.reply(posture, reader, made, refused), note), take
        )

    def _take(self, scene: Scene, how: str, reader: str, text: str) -> None:
        if how == "copy":
            self._screen.app.copy_to_clipboard(text)
            self._screen.tell(f"{len(text.splitlines())} lines sent to the terminal's clipboard.")
        else:
            name = f"{saving.proposed(scene.replayer.capture)}-{reader}.txt"
            self._write(scene, name, lambda: f"{text}\n".encode("utf-8", "backslashreplace"))

    # --- Save ---

    def save(self) -> None:
        scene = self._screen.scene
        if scene is None:
            self._screen.tell("There is nothing to save yet.")
        else:
            from mailpath.tui.screens.save import SaveScreen

            kinds = saving.kinds(self._screen.plans.chosen)
            self._screen.app.push_screen(
                SaveScreen(saving.proposed(scene.replayer.capture), kinds), self._save_chosen
            )

    def _save_chosen(self, choice: tuple[str, str] | None) -> None:
        scene = self._screen.scene
        if choice is not None and scene is not None:
            # A picture is of this screen, not of the dialogue, nor of what was told in passing.
            self._screen.query("ToastRack").set(display=False)
            self._screen.app.clear_notifications()
            self._save_when_back(partial(self._save, scene, *choice))

    def _save_when_back(self, save: Callable[[], None], waited: int = 0) -> None:
        """Save when the screen has been laid out anew.

        Textual does that only for the one in front, and knows what is in sight by the last layout.
        """
        if self._screen.is_current or waited == _TIMES:
            self._screen.refresh(layout=True)
            self._screen.call_after_refresh(save)
        else:
            self._screen.set_timer(_SHORTLY, partial(self._save_when_back, save, waited + 1))

    def _save(self, scene: Scene, kind: str, path: str) -> None:
        self._write(scene, path, lambda: self.content(scene, kind))

    def _write(self, scene: Scene, path: str, content: Callable[[], bytes]) -> None:
        """A new file, and where it is; or why there is none."""
        private = scene.replayer.capture.ground.envelope is not None  # mail addresses are in what is saved
        try:
            file = saving.write(path, content(), private=private)
        except SavingFailed as error:
            self._screen.tell(str(error), "error")
        except Exception as error:  # a defect of a renderer costs its file, not the app
            log.exception("writing %s", path)
            self._screen.tell(f"The report could not be made: {type(error).__name__}: {error}", "error")
        else:
            self._screen.tell(f"Written: {file}")

    def content(self, scene: Scene, kind: str) -> bytes:
        """What the file of `kind` holds."""
        if kind == "svg":
            return saving.local_fonts(self._screen.app.export_screenshot(title="mailpath")).encode()
        plan = self._screen.plans.chosen
        if kind in saving.PLAN_KINDS and plan is not None:
            return saving.plan_content(kind, plan)
        lens = scene.lens.sent if scene.simulated else scene.lens  # of attacks it holds the whole catalogue
        return saving.content(kind, scene, self._screen.posture, summary=self._screen.lenses.summary(lens))

    # --- The walks of this run ---

    def show_history(self) -> None:
        from mailpath.tui.screens.history import history

        screen = self._screen
        screen.app.push_screen(history(self.walks, self.earlier, screen.posture, screen.glyphs), self.show)

    def show(self, choice: str | None) -> None:
        """What `history` ended with: "walk:N" again, or "name:RECIPIENT" to be walked."""
        kind, _, value = (choice or "").partition(":")
        if kind == "walk":
            self._screen.walks.show_again(self.walks[int(value)])
        elif kind == "name":
            self._screen.bar.fill(None, value)
            self._screen.action_edit()
