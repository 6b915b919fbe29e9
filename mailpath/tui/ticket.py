"""Plain text to take away: what `c` copies."""

from __future__ import annotations

from mailpath.facts import TITLES
from mailpath.tui.progress import WalkState
from mailpath.tui.scene import Scene
from mailpath.tui.text import Glyphs, clean, fit

MOST_LINES = 12
_ATTEMPTS = 4


def answer(scene: Scene, posture: str) -> str:
    """The verdict on the walk as it was walked, whatever it is seen through.

    What the message asks for and the age of the policy are the sender's: they count, and are named."""
    asked = ", ".join(scene.lens.message_words())
    said = f"{scene.sent.sentence(posture)} ({asked})" if asked else scene.sent.sentence(posture)
    return "; ".join([said, *([clean(", ".join(marks))] if (marks := scene.replayer.marks()) else [])])


def ticket(state: WalkState, scene: Scene | None, posture: str, glyphs: Glyphs) -> list[str]:
    """At most twelve plain lines for a ticket: path, verdict, attempts, the steps, all as walked.  `scene`:
    None while the walk of `state` is under way."""
    lines: list[str] = []
    if state.path is not None:
        asked = "".join(f", {part}" for part in scene.lens.message_words()) if scene is not None else ""
        lines.append(f"mailpath: {state.path.sender or 'any sender'} to {state.path.recipient}{asked}")
    if scene is not None:
        if marks := scene.replayer.marks():
            lines.append(f"  {', '.join(marks)}")
        lines.append(scene.sent.sentence(posture))
        for attempt, said in scene.sent.attempts(posture)[:_ATTEMPTS]:
            code = f" ({attempt.status_code})" if attempt.status_code else ""
            lines.append(f"  {attempt.host}: {attempt.outcome.value}{code}: {said}")
    for step, progress in state.steps.items():
        if progress.result is not None:
            mark, _ = progress.mark(glyphs, 0.0)
            lines.append(f"{TITLES[step]}: {mark}  {progress.result.summary}")
    return [fit(clean(line), 200) for line in lines[:MOST_LINES]]
