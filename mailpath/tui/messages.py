"""What the walk's worker tells the screen, in the past tense.

`run` numbers the walk: what a cancelled walk still had under way is known by it and dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from mailpath.facts import StepResult, Walk
    from mailpath.lab import Scenario
    from mailpath.tui.lens import Lens, Outlook, View
    from mailpath.tui.recorded import Recorded
    from mailpath.tui.stack import Stack
    from mailpath.whatif import Summary


class StackLoaded(Message):
    """The layers below were imported; from here on a walk can begin and be judged."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.stack = stack


class LabOpened(Message):
    """The lab is up."""

    def __init__(self, scenarios: Mapping[str, Scenario]) -> None:
        super().__init__()
        self.scenarios = scenarios


class Failed(Message):
    """Something could not be done; `sentence` says what and why."""

    def __init__(self, sentence: str, run: int | None = None) -> None:
        super().__init__()
        self.sentence = sentence
        self.run = run


class LensFailed(Message):
    """The recording could not be seen through `lens`; None: the attacks could not be tried on it."""

    def __init__(self, run: int, sentence: str, lens: Lens | None = None) -> None:
        super().__init__()
        self.run = run
        self.sentence = sentence
        self.lens = lens


class StepStarted(Message):
    def __init__(self, run: int, step: str) -> None:
        super().__init__()
        self.run = run
        self.step = step


class StepFinished(Message):
    """`so_far`: the walk in which the steps not yet run have empty facts."""

    def __init__(self, run: int, result: StepResult, elapsed_ms: float, so_far: Walk) -> None:
        super().__init__()
        self.run = run
        self.result = result
        self.elapsed_ms = elapsed_ms
        self.so_far = so_far


class WalkFinished(Message):
    """`stack`: what the walk was made with, and is judged and explained with."""

    def __init__(self, run: int, recorded: Recorded, elapsed_ms: float, stack: Stack) -> None:
        super().__init__()
        self.run = run
        self.recorded = recorded
        self.stack = stack
        self.elapsed_ms = elapsed_ms


class Viewed(Message):
    """The recording was walked again through a lens; `posture`: the one it was asked for."""

    def __init__(self, run: int, view: View, posture: str) -> None:
        super().__init__()
        self.run = run
        self.view = view
        self.posture = posture


class SummedUp(Message):
    """The catalogue of attacks was tried on `posture`'s mail as seen through `lens`."""

    def __init__(self, run: int, posture: str, lens: Lens, summary: Summary) -> None:
        super().__init__()
        self.run = run
        self.posture = posture
        self.lens = lens
        self.summary = summary


class Forecast(Message):
    """What becomes of `posture`'s mail at the times to come."""

    def __init__(self, run: int, posture: str, lens: Lens, outlooks: Mapping[int, Outlook]) -> None:
        super().__init__()
        self.run = run
        self.posture = posture
        self.lens = lens
        self.outlooks = outlooks
