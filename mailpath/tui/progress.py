"""How far a walk is, step by step: what rail and panels are drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mailpath.facts import STEPS, Path, Status, StepResult, Walk
from mailpath.names import u_labels
from mailpath.tui.text import QUIET, STATUS_STYLE, Glyphs, both_forms, clean
from mailpath.wording.times import milliseconds

if TYPE_CHECKING:
    from mailpath.tui.replayer import Replayer

TAMPERED = "tampered"
CHANGED = "changed"


@dataclass
class Progress:
    """One step: waiting, running `since` a monotonic time, or finished with its result."""

    step: str
    since: float | None = None
    result: StepResult | None = None
    elapsed_ms: float | None = None
    stopped: bool = False  # cancelled, or the walk broke off, before it finished
    waiting: str = ""  # what it waits for just now, where that takes long
    note: str = ""  # "tampered" or "changed", where it is seen through a lens

    @property
    def tampered(self) -> bool:
        return self.note == TAMPERED

    @property
    def running(self) -> bool:
        return self.since is not None and self.result is None and not self.stopped

    def mark(self, glyphs: Glyphs, now: float) -> tuple[str, str]:
        """Glyph and word, and their style."""
        if self.result is not None:
            status = self.result.status
            return f"{glyphs.of(status)} {clean(self.result.word, 16)}", STATUS_STYLE[status]
        if self.running and self.since is not None:
            return f"{glyphs.running} {max(now - self.since, 0):.1f} s", "$primary"
        if self.stopped:
            return f"{glyphs.skipped} stopped", QUIET
        return f"{glyphs.waiting} waiting", QUIET


def all_waiting() -> dict[str, Progress]:
    return {step: Progress(step) for step in STEPS}


@dataclass
class WalkState:
    """One walk, under way or finished.  `run` tells it from earlier ones, whose messages may still come in;
    `replayer`: its recording, once it is finished.  `news`: what changed since the path was walked
    before, "" where it was not."""

    run: int = 0
    path: Path | None = None
    walking: bool = False
    steps: dict[str, Progress] = field(default_factory=all_waiting)
    elapsed_ms: float | None = None
    replayer: Replayer | None = None
    news: str = ""

    def step_started(self, step: str, now: float) -> None:
        self.steps[step].since = now

    def wait(self, text: str) -> None:
        """What the mail sessions wait for; "" for nothing that takes long."""
        self.steps["starttls"].waiting = text

    def step_finished(self, result: StepResult, elapsed_ms: float) -> None:
        """A step may finish twice: a later one can change its line."""
        self.steps[result.id].result = result
        self.steps[result.id].elapsed_ms = elapsed_ms

    def finish(self, replayer: Replayer, elapsed_ms: float) -> None:
        self.walking = False
        self.elapsed_ms = elapsed_ms
        self.replayer = replayer
        for result in replayer.judged.walk.steps:
            self.steps[result.id].result = result

    def stop(self) -> None:
        self.walking = False
        for step in self.steps.values():
            step.stopped = step.result is None

    def title(self) -> str:
        """The heading over the panels."""
        if self.path is None:
            return "Steps"
        done = sum(step.result is not None for step in self.steps.values())
        if self.elapsed_ms is not None:
            how = ", ".join(filter(None, (milliseconds(self.elapsed_ms), self.news)))
        else:
            how = "walking" if self.walking else "stopped"
        return f"Steps{_names(self.path)}  {done} of {len(STEPS) - 1} done, {how}"


def _names(path: Path) -> str:
    """The international names on it, as they are looked up and as people read them."""
    named = {"from": path.sender or "", "to": path.recipient}
    return "".join(f" {way} {clean(both_forms(name), 120)}" for way, name in named.items() if u_labels(name))


def to_open(walk: Walk, severities: Mapping[str, Sequence[str]]) -> str | None:
    """The step whose panel the reader of a finished walk wants to see: what failed or could not be learnt
    first, else what has the gravest finding; None where nothing is to be mended.

    Where the chain of trust is broken that is the cause, whatever else is missing for it.  Of warnings the
    last in packet order tells most of this mail: what a server did counts before what DNS could promise.
    `severities`: by step, of its findings.
    """
    broken = [step.id for step in walk.steps if step.status in (Status.FAIL, Status.ERROR)]
    bogus = any(step.id == "dnssec" and step.status is Status.FAIL for step in walk.steps)
    wrong = [step for step in broken if "error" in severities.get(step, ())]
    erring = [step.id for step in walk.steps if "error" in severities.get(step.id, ())]
    warned = [step.id for step in reversed(walk.steps) if "warning" in severities.get(step.id, ())]
    return "dnssec" if bogus else next(iter([*wrong, *broken, *erring, *warned]), None)
