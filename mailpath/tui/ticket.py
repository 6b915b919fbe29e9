"""What stays on the terminal when the app has gone."""

from __future__ import annotations

from mailpath.tui.scene import Scene
from mailpath.tui.text import clean


def answer(scene: Scene, posture: str) -> str:
    """The verdict on the walk as it was walked, whatever it is seen through.

    What the message asks for and the age of the policy are the sender's: they count, and are named."""
    asked = ", ".join(scene.lens.message_words())
    said = f"{scene.sent.sentence(posture)} ({asked})" if asked else scene.sent.sentence(posture)
    return "; ".join([said, *([clean(", ".join(marks))] if (marks := scene.replayer.marks()) else [])])
