"""A scenario file that somebody edits while the app shows it: it is built and walked again when saved."""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING

from mailpath.errors import MailpathError
from mailpath.tui import aside
from mailpath.tui.text import clean

if TYPE_CHECKING:
    from mailpath.judge import Posture
    from mailpath.network.capture import Capture
    from mailpath.tui.scene import Scene
    from mailpath.tui.screens.path import PathScreen
    from mailpath.tui.session import Session

log = logging.getLogger(__name__)

#: Seconds between two looks at the file.
LOOK = 0.3
#: Findings, postures and attacks that one message names.
MOST = 4


class FileWatcher:
    """Watches `file`, which the scenario of `session` came from."""

    def __init__(self, screen: PathScreen, session: Session, file: str) -> None:
        self._screen = screen
        self._session = session
        self._file = file
        self._seen = _stamp(file)

    async def run(self) -> None:
        """Look until the app ends.  An editor may write in several goes: a file counts once it rests."""
        while True:
            await asyncio.sleep(LOOK)
            stamp = _stamp(self._file)
            if stamp is None or stamp == self._seen:
                continue
            await asyncio.sleep(LOOK)
            if _stamp(self._file) == stamp:
                self._seen = stamp
                await self._reload()

    async def _reload(self) -> None:
        from mailpath.lab import load

        try:
            scenario = await asyncio.to_thread(load, self._file)
            await self._session.rebuild(scenario)
        except (MailpathError, OSError) as error:
            self._screen.warn(f"{clean(str(error), 400)} The lab stays as it was.")
            return
        except Exception:
            log.exception("building %s again", self._file)
            self._screen.warn("The lab could not be built again; it stays as it was.")
            return
        self._screen.problem.say("")
        self._screen.walks.walk_saved(scenario)

    async def tell_changes(self, before: Scene, after: Scene) -> None:
        """What the edit did to verdicts, findings and attacks."""
        posture = after.whole.postures.get(self._screen.posture)
        told = await aside.run(lambda: _changes(before, after, posture))
        self._screen.tell(told)


def _stamp(file: str) -> tuple[int, int, int] | None:
    """What tells two versions of a file; None while there is none."""
    try:
        about = os.stat(file)
    except OSError:
        return None
    return about.st_mtime_ns, about.st_size, about.st_ino


async def _changes(before: Scene, after: Scene, posture: Posture | None) -> str:
    from mailpath.rehearse import compare

    found = compare(before.replayer.judged.walk, after.replayer.judged.walk)
    told = [f"{name} {was} → {now}" for name, (was, now) in found.outcomes.items()]
    if posture is not None and posture.name in found.outcomes:
        told.sort(key=lambda each: not each.startswith(f"{posture.name} "))
    parts = [_listed("Verdicts", told)]
    parts += [
        _listed("Gone", [code for code, _ in found.lost]),
        _listed("New", [code for code, _ in found.found]),
    ]
    if posture is not None:
        captures = before.replayer.capture, after.replayer.capture
        parts.append(_listed(f"Attacks ({posture.name})", await _attacks(*captures, posture)))
    return " ".join(part for part in parts if part) or "Saved: nothing changed for any sender."


async def _attacks(before: Capture, after: Capture, posture: Posture) -> list[str]:
    """Attacks that achieve something else now."""
    from mailpath.attacks.catalogue import ATTACKS
    from mailpath.whatif import Rewalks, attack_outcome

    old, new = Rewalks(before), Rewalks(after)
    told = []
    for name in ATTACKS:
        was, now = [await attack_outcome(each, posture, name) for each in (old, new)]
        words = [f"{each.outcome.value}{', read' if each.attacker_reads else ''}" for each in (was, now)]
        if words[0] != words[1]:
            told.append(f"{name} {words[0]} → {words[1]}")
    return told


def _listed(title: str, items: list[str]) -> str:
    if not items:
        return ""
    rest = f" and {len(items) - MOST} more" if len(items) > MOST else ""
    return f"{title}: {'; '.join(items[:MOST])}{rest}."
