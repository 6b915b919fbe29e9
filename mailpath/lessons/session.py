"""A learner on the way through a lesson: what was chosen, edited and reached.  Pure; a screen only shows it.

A session is a value.  Each thing that a learner does gives the next session, or a `Refused` with a sentence:
a prediction that is locked stays as it is, and nobody goes on from a step that is not finished.  What the
engine has to say (which option is right, whether a goal is met) is asked of a `Bench` and handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from mailpath.errors import MailpathError
from mailpath.lessons import judging, library
from mailpath.lessons.editor import edits_of, text_of
from mailpath.lessons.edits import Edit, EditError, parse
from mailpath.lessons.grammar import Do, Explain, Lesson, Predict, Step, Transfer, wrong_of
from mailpath.lessons.judging import Bench
from mailpath.lessons.path import world_at
from mailpath.lessons.words import option_text, told_unmet
from mailpath.lessons.worlds import World, apply

#: Hints of a task: where to look, what to change, the solution.
HINTS = 3
#: To the right explanation, where the lesson has no sentence for it.
_ONLY_ONE = "All of them have been tried on this path, and only this one holds."
#: Most edits of one task.
MAX_MOVES = 200


class Refused(MailpathError):
    """Something that a learner cannot do now; says why in one sentence."""


class Option(msgspec.Struct, frozen=True):
    """`key`: what `choose` takes; `text`: what is read."""

    key: str
    text: str


class Given(msgspec.Struct, frozen=True):
    """A choice, locked.  `seconds`: that it took, whole.  `misconception`: that it shows, "" for none."""

    choice: str
    right: str
    misconception: str = ""
    seconds: int = 0

    @property
    def is_right(self) -> bool:
        return self.choice == self.right


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a lesson.  By number of step: what was `given`, the `edits` made (as typed), `hints`
    asked for, and whether its goal was `reached`.  `done`: the lesson was finished once.
    """

    lesson: str
    step: int = 0
    given: dict[int, Given] = msgspec.field(default_factory=dict)
    edits: dict[int, tuple[str, ...]] = msgspec.field(default_factory=dict)
    hints: dict[int, int] = msgspec.field(default_factory=dict)
    reached: frozenset[int] = frozenset()
    done: bool = False


class Session(msgspec.Struct, frozen=True):
    """A lesson and how far somebody has come in it.  `missing`: of a task that was just judged, what
    is still to be reached; "" where nothing was judged.
    """

    lesson: Lesson
    progress: Progress
    missing: str = ""

    @property
    def number(self) -> int:
        """Of the step, from 0."""
        return self.progress.step

    @property
    def step(self) -> Step:
        return self.lesson.step[self.number]

    @property
    def given(self) -> Given | None:
        """What was chosen at this step; None before."""
        return self.progress.given.get(self.number)

    @property
    def is_covered(self) -> bool:
        """Whether panels, matrix and verdict stay hidden: a prediction is to be made."""
        return isinstance(self.step, Predict | Transfer) and self.given is None

    @property
    def is_finished(self) -> bool:
        """Whether the learner may go on from this step."""
        if isinstance(self.step, Predict | Transfer | Explain):
            return self.given is not None
        return not isinstance(self.step, Do) or self.number in self.progress.reached

    @property
    def is_last(self) -> bool:
        return self.number == len(self.lesson.step) - 1

    # --- what there is to see ---

    @property
    def options(self) -> tuple[Option, ...]:
        """Of a question, in the order in which they are shown; () where nothing is asked.

        Explanations are shuffled, for each learner in the same way: in the file the true one comes first.
        """
        step = self.step
        if isinstance(step, Predict | Transfer):
            return tuple(Option(key, option_text(step.say, key)) for key in step.options)
        if not isinstance(step, Explain):
            return ()
        told = [Option(str(place), " ".join(each.says.split())) for place, each in enumerate(step.sentence)]
        return tuple(sorted(told, key=self._drawn))

    def _drawn(self, option: Option) -> bytes:
        return hashlib.sha256(f"{self.lesson.id} {self.number} {option.key}".encode()).digest()

    @property
    def feedback(self) -> str:
        """What is said to the choice that was made; "" before."""
        given = self.given
        return "" if given is None else said_to(self.step, given.choice, given.right)

    @property
    def moves(self) -> tuple[str, ...]:
        """The edits made at this step."""
        return self.progress.edits.get(self.number, ())

    @property
    def hints(self) -> tuple[str, ...]:
        """Those asked for at this step; the third one is the solution."""
        step = self.step
        if not isinstance(step, Do):
            return ()
        every = (*(" ".join(hint.split()) for hint in step.hints), "\n".join(step.solution))
        return every[: self.progress.hints.get(self.number, 0)]

    @property
    def world(self) -> World:
        """Where the learner is, with the edits made at this step.  Raises `MailpathError`."""
        world = world_at(self.lesson, self.number, self._moved())
        for text in self.moves:
            world = apply(world, parse(text))
        return world

    @property
    def text(self) -> str:
        """The scenario to edit, as TOML."""
        return text_of(self.world.scenario)

    def _moved(self) -> Mapping[int, tuple[Edit, ...]]:
        return {
            number: tuple(parse(text) for text in texts)
            for number, texts in self.progress.edits.items()
            if number < self.number
        }

    # --- what a learner does ---

    def choose(self, key: str, right: str, seconds: float = 0) -> Session:
        """Lock the option `key`.  `right`: the one that the engine found."""
        if not self.options:
            raise Refused("Nothing is asked here.")
        if self.given is not None:
            raise Refused("A choice that was made stays as it is.")
        if key not in {each.key for each in self.options}:
            raise Refused("That is none of the options.")
        shown = "" if key == right else misconception_of(self.step, key)
        given = Given(key, right, shown, min(round(seconds), 86400))
        return self._with(given={**self.progress.given, self.number: given})

    def edit(self, text: str) -> Session:
        """Make an edit.  Raises `EditError` where it cannot be made, `Refused` where it may not."""
        step = self._task()
        if len(self.moves) >= MAX_MOVES:
            raise Refused(f"After {MAX_MOVES} edits it is time to begin again: reset.")
        edit = parse(text)
        if not edit.allowed(step.may):
            raise Refused(f"{edit.key} is not to be changed here. You can change {', '.join(step.may)}.")
        before = self.world
        if apply(before, edit) == before:
            raise Refused("That changes nothing.")
        return self._edited((*self.moves, " ".join(text.split())))

    def write(self, text: str) -> Session:
        """Change the scenario to what `text` says: the same as the edits that it takes.

        Raises `ScenarioError` with the line, `EditError`, `Refused`.
        """
        self._task()
        edits = edits_of(self.world.scenario, text)
        if not edits:
            raise Refused("That changes nothing.")
        session = self
        for each in edits:
            session = session.edit(each)
        return session

    def undo(self) -> Session:
        """Take the last edit back."""
        self._task()
        if not self.moves:
            raise Refused("There is nothing to take back.")
        return self._edited(self.moves[:-1])

    def reset(self) -> Session:
        """Take all edits of this step back."""
        self._task()
        return self._edited(())

    def hint(self) -> Session:
        """Ask for the next hint."""
        self._task()
        asked = min(HINTS, self.progress.hints.get(self.number, 0) + 1)
        return self._with(hints={**self.progress.hints, self.number: asked})

    def reach(self) -> Session:
        """The goal of this step is met: `judging.reached` says so of `world`."""
        self._task()
        return self._with(reached=self.progress.reached | {self.number})

    def go_on(self) -> Session:
        """To the next step; after the last one the lesson is done."""
        if not self.is_finished:
            raise Refused("First reach the goal." if isinstance(self.step, Do) else "First make a choice.")
        if self.is_last:
            return self._with(done=True)
        return self._with(step=self.number + 1)

    def _task(self) -> Do:
        if not isinstance(self.step, Do):
            raise Refused("There is nothing to edit here.")
        return self.step

    def _edited(self, moves: tuple[str, ...]) -> Session:
        return self._with(
            edits={**self.progress.edits, self.number: moves},
            reached=self.progress.reached - {self.number},
        )

    def _with(self, **changed: object) -> Session:
        return Session(self.lesson, replace(self.progress, **changed))


def begin(lesson: Lesson, progress: Progress | None = None) -> Session:
    """From the start, or from where somebody left it: as far as the lesson still is what it was then."""
    kept = progress if progress is not None and progress.lesson == lesson.id else None
    if kept is None or not 0 <= kept.step < len(lesson.step):
        return Session(lesson, Progress(lesson=lesson.id))
    try:
        _ = Session(lesson, kept).world
    except MailpathError:  # the lesson has changed, and its edits no longer fit
        return Session(lesson, Progress(lesson=lesson.id, done=kept.done))
    return Session(lesson, kept)


async def right_of(bench: Bench, session: Session) -> str:
    """The key of the right option of this step.  Raises `MailpathError`."""
    step = session.step
    if isinstance(step, Predict | Transfer):
        return await judging.answer(bench, session.world, step.answer)
    if isinstance(step, Explain):
        return str((await judging.true_sentence(bench, session.world, step))[0])
    raise Refused("Nothing is asked here.")


async def judged(bench: Bench, session: Session) -> Session:
    """The session, with its goal reached if it is.  Raises `MailpathError`."""
    step = session.step
    if not isinstance(step, Do):
        return session
    missing = await judging.unmet(bench, session.world, step)
    return session.reach() if missing is None else replace(session, missing=told_unmet(missing))


def said_to(step: Step, choice: str, right: str) -> str:
    """The sentence for whoever chose so."""
    if isinstance(step, Predict | Transfer):
        text = step.right if choice == right else step.wrong.get(choice, "")
    elif isinstance(step, Explain):
        text = (step.right or _ONLY_ONE) if choice == right else step.sentence[int(choice)].wrong
    else:
        return ""
    told = wrong_of(text)
    if told.says or choice == right:
        return told.says
    known = library.misconceptions().get(told.misconception)
    return known.truth if known is not None else ""


def misconception_of(step: Step, choice: str) -> str:
    """The one that this wrong choice shows; "" for none."""
    if isinstance(step, Predict | Transfer):
        return wrong_of(step.wrong.get(choice, "")).misconception
    return wrong_of(step.sentence[int(choice)].wrong).misconception if isinstance(step, Explain) else ""


__all__ = ["EditError", "Given", "Option", "Progress", "Refused", "Session", "begin", "judged", "right_of"]
