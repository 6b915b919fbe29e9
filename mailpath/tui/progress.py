"""How far a walk is, step by step: what rail, panels and verdict are all drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field

from mailpath.facts import STEPS, Path, Status, StepResult, Walk
from mailpath.tui.judging import Bench
from mailpath.tui.lens import Lens, View
from mailpath.tui.marks import of_bench
from mailpath.tui.recorded import Recorded
from mailpath.tui.text import QUIET, STATUS_STYLE, Glyphs, clean
from mailpath.wording.times import milliseconds

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
            return f"{glyphs.of_status(status)} {clean(self.result.word, 16)}", STATUS_STYLE[status]
        if self.running and self.since is not None:
            return f"{glyphs.running} {max(now - self.since, 0):.1f} s", "$primary"
        if self.stopped:
            return f"{glyphs.skipped} stopped", QUIET
        return f"{glyphs.waiting} waiting", QUIET


def all_waiting() -> dict[str, Progress]:
    return {step: Progress(step) for step in STEPS}


@dataclass(frozen=True)
class Walked:
    """A finished walk, as it is kept for this run."""

    path: Path
    steps: dict[str, Progress]
    elapsed_ms: float
    recorded: Recorded


@dataclass
class WalkState:
    """The walk on the screen.  `run` tells it from earlier ones, whose messages may still come in."""

    run: int = 0
    walking: bool = False
    path: Path | None = None
    steps: dict[str, Progress] = field(default_factory=all_waiting)
    elapsed_ms: float | None = None
    recorded: Recorded | None = None
    lens: Lens = field(default_factory=Lens)
    view: View | None = None
    host: str | None = None

    def begin(self, path: Path) -> None:
        self.run += 1
        self.walking = True
        self.path = path
        self.steps = all_waiting()
        self.elapsed_ms = None
        self.recorded = None
        self.lens = Lens()
        self.view = None
        self.host = None

    @property
    def bench(self) -> Bench | None:
        """The finished walk as it was walked; None before."""
        return self.recorded.bench if self.recorded is not None else None

    @property
    def before(self) -> Bench | None:
        """What is shown is compared with this."""
        return self.view.before or self.bench if self.view is not None else self.bench

    @property
    def sent(self) -> Bench | None:
        """The walk as it was walked, judged for the message that is sent."""
        if self.view is None:
            return self.bench
        return self.before if self.view.lens.rewalked else self.view.bench

    @property
    def looked(self) -> Lens:
        """Through what the walk on the screen is seen; `lens` is chosen, and may still be worked out."""
        return self.view.lens if self.view is not None else Lens()

    @property
    def narrowed(self) -> View | None:
        """What of the view is about the selected host."""
        return self.view.of_host(self.host) if self.view is not None else None

    @property
    def whole(self) -> Bench | None:
        """The walk that is shown, with all its hosts."""
        return self.view.bench if self.view is not None else self.bench

    @property
    def shown(self) -> Bench | None:
        """The walk that is shown: through the lens, and of the selected host."""
        return self.whole.of_host(self.host) if self.whole is not None else None

    def step_started(self, step: str, now: float) -> None:
        self.steps[step].since = now

    def wait(self, text: str) -> None:
        """What the mail sessions wait for; "" for nothing that takes long."""
        self.steps["starttls"].waiting = text

    def step_finished(self, result: StepResult, elapsed_ms: float) -> None:
        """A step may finish twice: a later one can change its line."""
        self.steps[result.id].result = result
        self.steps[result.id].elapsed_ms = elapsed_ms

    def finish(self, recorded: Recorded, elapsed_ms: float) -> None:
        self.walking = False
        self.elapsed_ms = elapsed_ms
        self.recorded = recorded
        for result in recorded.bench.walk.steps:
            self.steps[result.id].result = result

    def seen(self) -> dict[str, Progress]:
        """The steps as they are shown: those of the lens, with what it did to them."""
        shown = self.shown
        if shown is None or self.bench is None or shown.walk is self.bench.walk:
            return self.steps
        from mailpath.whatif import changed

        became = {after.id for _, after in changed(self.bench.of_host(self.host).walk, shown.walk)}
        seen, view = dict(self.steps), self.narrowed
        for result in shown.walk.steps:
            note = ""
            if view is not None and view.tampered.get(result.id):
                note = TAMPERED
            elif result.id in became:
                note = CHANGED
            elapsed = self.steps[result.id].elapsed_ms if self.view is None else None
            seen[result.id] = Progress(result.id, result=result, elapsed_ms=elapsed, note=note)
        return seen

    def kept(self) -> Walked | None:
        """The finished walk, to come back to."""
        if self.path is None or self.recorded is None or self.elapsed_ms is None:
            return None
        return Walked(self.path, self.steps, self.elapsed_ms, self.recorded)

    def restore(self, walked: Walked) -> None:
        """Be at `walked` again, as it was when it was finished."""
        self.begin(walked.path)
        self.walking = False
        self.steps = walked.steps
        self.elapsed_ms = walked.elapsed_ms
        self.recorded = walked.recorded

    def stop(self) -> None:
        self.walking = False
        for step in self.steps.values():
            step.stopped = step.result is None

    def title(self) -> str:
        """The heading over the panels."""
        if self.path is None:
            return "Steps"
        if self.view is not None and self.view.lens.rewalked:
            title = f"Steps  walked again {self.view.lens.words()}"
        else:
            done = sum(step.result is not None for step in self.steps.values())
            if self.elapsed_ms is not None:
                how = milliseconds(self.elapsed_ms)
            else:
                how = "walking" if self.walking else "stopped"
            title = f"Steps  {done} of {len(STEPS) - 1} done, {how}"
        return f"{title}, {clean(self.host, 60)} alone" if self.host else title

    @property
    def attacked(self) -> bool:
        """Whether there is an attacker on the path that is shown."""
        return self.view is not None and bool(self.view.lens.attack)

    def verdict_mark(self, posture: str, glyphs: Glyphs) -> tuple[str, str] | None:
        """Glyph and word of the last stop of the rail; None before there is a verdict."""
        if self.shown is None:
            return None
        shown = of_bench(self.shown, posture, glyphs, attacked=self.attacked)
        return shown.stop, shown.style


def first_broken(walk: Walk) -> str | None:
    """The first step that failed, or could not be learnt: what the reader wants to see opened.

    Where the chain of trust is broken that is the cause, whatever else is missing for it.
    """
    broken = [step.id for step in walk.steps if step.status in (Status.FAIL, Status.ERROR)]
    bogus = any(step.id == "dnssec" and step.status is Status.FAIL for step in walk.steps)
    return "dnssec" if bogus else next(iter(broken), None)
