"""The lesson file: TOML, beside the grammar of scenarios.  It holds no answer key: the engine works that out.

A lesson is a chain of steps.  `predict` asks before anything is shown, `see` walks, `explain` asks why, `do`
has the world edited, `reveal` opens a panel at the line that matters, `transfer` asks again elsewhere.  Every
step is about a world: a scenario and edits to it (`edits`).  A step that names neither goes on in the world
of the step before.

`docs/lessons.md` explains every key.  Decoding is strict: see `mailpath.lab.places.decode_table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec

from mailpath.errors import MailpathError
from mailpath.facts.steps import STEPS
from mailpath.lab.grammar import Table
from mailpath.lab.places import decode_table
from mailpath.lab.scenario import Scenario
from mailpath.lessons.edits import Edit, parse, seconds

#: A lesson is some pages of text: anything larger is none.
MAX_BYTES = 256 * 1024
#: Steps of a lesson, edits of a world, conditions of a goal.
MAX_STEPS, MAX_EDITS, MAX_CONDITIONS = 40, 40, 12

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\Z")
#: "M7", or "M7: a sentence of its own", or a sentence.
_WRONG = re.compile(r"(?:(M[0-9]{1,2})(?::\s+|\Z))?(.*)\Z", re.DOTALL)

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
Edits = Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_EDITS)]


class LessonError(MailpathError):
    """A lesson that cannot be used; the message names file, line and key and says why in one sentence."""


class OwnScenario(Scenario, frozen=True, kw_only=True):
    """A scenario within a lesson: it needs no texts, for the lesson has them."""

    id: str = "lesson"
    title: str = ""
    teaches: str = ""
    hint: str = ""


class Wrong(msgspec.Struct, frozen=True):
    """What is said to somebody who chose so.  `misconception`: "M7", or "".  `says`: "" for its truth."""

    misconception: str
    says: str


def wrong_of(text: str) -> Wrong:
    """What the file has for a wrong choice."""
    found = _WRONG.match(text)
    assert found is not None
    return Wrong(found[1] or "", " ".join(found[2].split()))


def wrong_texts(step: object) -> Iterable[str]:
    """What the file has for the wrong choices of a step."""
    if isinstance(step, Predict | Transfer):
        return step.wrong.values()
    return [each.wrong for each in step.sentence if each.wrong] if isinstance(step, Explain) else ()


class Question(Table, frozen=True, kw_only=True):
    """What is asked of the world; `judging.answer` answers it.  `posture`: default the world's own.

    `of`: "outcome" of the mail ("encrypted", and "encrypted, read" where an attacker on the path reads it);
    "reads", whether the attacker reads it ("yes", "no"); "host", which takes it ("mx2"; "none"); "ends", what
    ends first ("certificate", "signatures", "policy"); "panel", the first one that shows a fault; "finding",
    the code of the gravest.
    """

    posture: str = ""
    of: Literal["outcome", "reads", "host", "ends", "panel", "finding"] = "outcome"


class Condition(Table, frozen=True, kw_only=True):
    """What must hold in a world; of the keys that are given each one.  `posture`: default the world's own.

    `world`: edits first, from where the learner is.  `never`: an outcome that the mail must not have had at
    any moment on the way, whatever a cache still held.  `reads`: whether the attacker reads the mail.
    `finding`, `without`: codes that the walk shows, and does not.  `ended`: what has ended first at the time
    of this world.  `since`: it did not hold so much earlier, by the clock or the age of the policy.  `says`:
    what a learner reads as long as it does not hold; default: made of the other keys.
    """

    posture: str = ""
    outcome: str = ""
    never: str = ""
    reads: bool | None = None
    event: str = ""
    demand: str = ""
    mechanism: str = ""
    host: str = ""
    finding: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    ended: Literal["", "certificate", "signatures", "policy"] = ""
    since: str = ""
    world: Edits = ()
    says: str = ""

    def __post_init__(self) -> None:
        if not (self.judges or self.finding or self.without or self.ended):
            raise ValueError("a condition must say what holds")
        if self.since:
            _spanned("since", self.since)
        _parsed("world", self.world)

    @property
    def judges(self) -> bool:
        """Whether it is about what becomes of the mail."""
        said = (self.outcome, self.never, self.event, self.demand, self.mechanism, self.host)
        return any(said) or self.reads is not None


Conditions = Annotated[tuple[Condition, ...], msgspec.Meta(min_length=1, max_length=MAX_CONDITIONS)]


class _Step(Table, frozen=True, kw_only=True, tag_field="kind"):
    """`scenario`: another than the lesson's.  `world`: edits to it; None, with no scenario: as before."""

    scenario: str | OwnScenario = ""
    world: Edits | None = None

    def __post_init__(self) -> None:
        _parsed("world", self.world or ())

    @property
    def goes_on(self) -> bool:
        """In the world of the step before."""
        return not self.scenario and self.world is None


class _Asked(_Step, frozen=True, kw_only=True):
    """`say`: option -> its text, where the usual one will not do.  `right`: said to who chose well."""

    ask: Text
    answer: Question
    options: Annotated[tuple[str, ...], msgspec.Meta(min_length=2, max_length=5)]
    wrong: dict[str, Text]
    right: Text
    say: dict[str, Text] = msgspec.field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.options)) != len(self.options):
            raise ValueError("`options` names one twice")
        for key in ("wrong", "say"):
            stray = [each for each in getattr(self, key) if each not in self.options]
            if stray:
                raise ValueError(f"`{key}` speaks of {stray[0]!r}, which is none of the options")


class Predict(_Asked, frozen=True, kw_only=True, tag="predict"):
    """A question before the panels open."""


class Transfer(_Asked, frozen=True, kw_only=True, tag="transfer"):
    """The same idea elsewhere."""


class See(_Step, frozen=True, kw_only=True, tag="see"):
    """The walk, packet by packet.  `says`: what to look at.  `posture`: whose verdict is shown.  `panel`: the
    step whose evidence is opened.
    """

    says: Text
    posture: str = ""
    panel: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_panel(self.panel or STEPS[0])


class Sentence(Table, frozen=True, kw_only=True):
    """One explanation.  `holds`: what the engine finds where it is the true one.  `wrong`: what is said to
    who chose it, although it is not.
    """

    says: Text
    holds: Conditions
    wrong: str = ""


class Explain(_Step, frozen=True, kw_only=True, tag="explain"):
    """One of three sentences says why; which one, the engine finds."""

    ask: Text
    sentence: Annotated[tuple[Sentence, ...], msgspec.Meta(min_length=2, max_length=5)]
    right: str = ""


class Do(_Step, frozen=True, kw_only=True, tag="do"):
    """The learner edits the world until `goal` holds.

    `may`: what may be edited ("zone.rr", "server.mx1.cert", "posture", "attack", "wait" ...).  `solution`:
    edits that get there; `par`: how many it takes.  `hints`: where to look, what to change; the third one is
    the solution.  `done`: said at the goal.  `panel`: of the step that is open when it begins.
    """

    task: Text
    may: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=20)]
    goal: Conditions
    solution: Annotated[Edits, msgspec.Meta(min_length=1)]
    par: Annotated[int, msgspec.Meta(ge=1, le=MAX_EDITS)]
    hints: tuple[Text, Text]
    done: Text
    panel: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_panel(self.panel or STEPS[0])
        for edit in _parsed("solution", self.solution):
            if not edit.allowed(self.may):
                raise ValueError(f"`solution` has line {edit.text!r} that `may` does not allow")


class Reveal(_Step, frozen=True, kw_only=True, tag="reveal"):
    """The panel of step `panel`, opened at the line that holds `line`."""

    panel: str
    line: Text
    says: Text

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_panel(self.panel)


Step: TypeAlias = Predict | See | Explain | Do | Reveal | Transfer
#: Those with options, of which one is right.
ASKED = (Predict, Transfer, Explain)


class Notes(Table, frozen=True, kw_only=True):
    """For the instructor.  `point`: what it is about; `usual`: the usual wrong answer; `show`: a command."""

    point: str = ""
    usual: str = ""
    show: str = ""


class Lesson(Table, frozen=True, kw_only=True):
    """One file.  `aims`: afterwards they can ...  `rfc`: sections to read, "RFC 7672 section 3.1.1".

    `needs`: ids of lessons that come before.  `misconceptions`: ids of those it clears up.
    """

    id: str
    title: Text
    minutes: Annotated[int, msgspec.Meta(ge=1, le=45)]
    about: Text
    scenario: str | OwnScenario
    step: Annotated[tuple[Step, ...], msgspec.Meta(min_length=1, max_length=MAX_STEPS)]
    courses: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    aims: tuple[str, ...] = ()
    misconceptions: tuple[str, ...] = ()
    rfc: tuple[str, ...] = ()
    notes: Notes = Notes()

    def __post_init__(self) -> None:
        if not _ID.match(self.id):
            raise ValueError("`id` must be lower-case letters, digits and hyphens")


def load(path: str | Path) -> Lesson:
    """The lesson in the TOML file at `path`.  Raises `LessonError`."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or str(error)
        raise LessonError(f"cannot be read: {reason}.", file=str(path)) from error
    return decode(raw, str(path))


def decode(raw: bytes, source: str) -> Lesson:
    """The lesson in the TOML text `raw`; `source` names it in errors.  Raises `LessonError`."""
    return decode_table(raw, source, Lesson, LessonError, MAX_BYTES)


def _parsed(key: str, edits: tuple[str, ...]) -> tuple[Edit, ...]:
    """`edits` understood.  Raises ValueError that names `key` and the line."""
    try:
        return tuple(parse(text) for text in edits)
    except MailpathError as error:
        raise ValueError(f"`{key}`: {error.sentence.rstrip('.')}") from error


def _check_panel(step: str) -> None:
    if step not in STEPS[:-1]:
        raise ValueError(f"`panel` is {step!r}, but must be one of {', '.join(STEPS[:-1])}")


def _spanned(key: str, text: str) -> int:
    try:
        return seconds(text)
    except MailpathError as error:
        raise ValueError(f"`{key}`: {error.sentence.rstrip('.')}") from error
