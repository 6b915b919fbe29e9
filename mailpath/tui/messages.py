"""What a walk tells the screen, in the past tense.

`run` numbers the walk: what a cancelled walk still had under way is known by it and dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from mailpath.facts import StepResult
    from mailpath.tui.judging import JudgedWalk
    from mailpath.tui.replayer import Replayer


class WalkMessage(Message):
    """Of the walk numbered `run`."""

    def __init__(self, run: int) -> None:
        super().__init__()
        self.run = run


class StepStarted(WalkMessage):
    def __init__(self, run: int, step: str) -> None:
        super().__init__(run)
        self.step = step


class StepFinished(WalkMessage):
    """`so_far`: the walk in which the steps not yet run have empty facts."""

    def __init__(self, run: int, result: StepResult, elapsed_ms: float, so_far: JudgedWalk) -> None:
        super().__init__(run)
        self.result = result
        self.elapsed_ms = elapsed_ms
        self.so_far = so_far


class WalkFinished(WalkMessage):
    def __init__(self, run: int, replayer: Replayer, elapsed_ms: float) -> None:
        super().__init__(run)
        self.replayer = replayer
        self.elapsed_ms = elapsed_ms


class WalkFailed(WalkMessage):
    """It broke off; `sentence` says why."""

    def __init__(self, run: int, sentence: str) -> None:
        super().__init__(run)
        self.sentence = sentence
