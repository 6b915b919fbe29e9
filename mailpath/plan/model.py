"""What a plan says: steps in order, with what each waits for, and the proof that they lose no mail.

Every text is visible text.  `Plan.to_dict()` is the JSON object that the command prints.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from mailpath.records import Record
from mailpath.wording.times import rfc3339

SCHEMA = 1
Natural = Annotated[int, msgspec.Meta(ge=0)]


class Goal(StrEnum):
    """What is to be reached."""

    DANE = "dane"
    MTA_STS = "mta-sts"
    KEY_CHANGE = "key-change"
    NEW_MX = "new-mx"
    LEAVE_DANE = "leave-dane"
    LEAVE_MTA_STS = "leave-mta-sts"
    REPAIR = "repair"

    @property
    def leaves(self) -> bool:
        """It gives protection up: what that costs is in `Plan.cost`."""
        return self in (Goal.LEAVE_DANE, Goal.LEAVE_MTA_STS)

    @property
    def takes_key(self) -> bool:
        """It may publish a TLSA record of a key that no host shows yet."""
        return self in (Goal.KEY_CHANGE, Goal.NEW_MX, Goal.DANE)


class Result(StrEnum):
    """Of planning.  ALREADY: the goal is reached; BLOCKED: what is missing is not the user's to change, or no
    order is safe; UNKNOWN: the walk did not see enough.
    """

    PLAN = "plan"
    ALREADY = "already"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


class PolicyFile(Record, frozen=True, kw_only=True):
    """A file for the web host: where it is fetched, and its whole text."""

    url: str
    text: str


class Do(Record, frozen=True, kw_only=True):
    """One thing to do.  `what`: a sentence.  `records`: zone-file lines with absolute names that are
    published or withdrawn; `nsupdate`: the same as lines for nsupdate(1), "send" included.  `file`: what the
    web host is to serve; None where this is not about one.
    """

    kind: Literal["publish", "withdraw", "serve", "switch", "wait"]
    what: str
    records: tuple[str, ...] = ()
    nsupdate: tuple[str, ...] = ()
    file: PolicyFile | None = None


class Step(Record, frozen=True, kw_only=True):
    """One step.  `n`: from 1.  `who`: "dns ZONE", "mail host HOST", "web host HOST", "registrar of ZONE" or
    "provider of HOST".  `title`: a few words.  `wait_s`: seconds to wait once it is done everywhere, and
    `wait_because`: until what; 0 and "" where the next step may follow at once.  `check`: a command that
    exits with 0 when the next step may follow; "" where there is none to run.  `undo`: sentences.  `phase`:
    of a repair, "quick" for the quickest way out and "right" for the way to full protection; else "".
    """

    n: Natural
    who: str
    title: str
    do: tuple[Do, ...]
    wait_s: Natural = 0
    wait_because: str = ""
    check: str = ""
    undo: tuple[str, ...] = ()
    phase: Literal["", "quick", "right"] = ""


class Worse(Record, frozen=True, kw_only=True):
    """A state on the way in which mail fares worse than at the start and at the goal.  `state`: what is
    served and what is cached, as a clause; `postures`: the senders; `outcome`: theirs, and `allowed`: the
    worst of start and goal.
    """

    state: str
    postures: tuple[str, ...]
    outcome: str
    allowed: str


class Proof(Record, frozen=True, kw_only=True):
    """`states`: how many were built and walked, each judged under so many `postures`.  `worse`: none, or the
    plan is not printed.  `left_out`: combinations beyond the number that is walked.  `policies`: versions of
    the MTA-STS policy that senders were taken to hold.  `attacks`: those that the goal is to stop and that
    were tried on it.
    """

    states: Natural
    postures: Natural
    worse: tuple[Worse, ...] = ()
    left_out: Natural = 0
    policies: Natural = 0
    attacks: tuple[str, ...] = ()


class Doing(Record, frozen=True, kw_only=True):
    """Steps of a plan that are done at the same moment, by their numbers, and the seconds waited then."""

    steps: tuple[Natural, ...]
    wait_s: Natural = 0


class Unsafe(Record, frozen=True, kw_only=True):
    """An order that loses mail.  `order`: as a clause; `state`: the one that kills it; `postures`: the
    senders that meet it with `outcome`; `for_s`: for how many seconds at most once every step is done; 0: it
    ends with the next step.  `sequence`: the order as the plan's steps, () where it does what is no step of
    it; `during`: the place in it, from 1, while which is done mail is lost first; 0 without one.
    """

    order: str
    state: str
    postures: tuple[str, ...]
    outcome: str
    for_s: Natural
    sequence: tuple[Doing, ...] = ()
    during: Natural = 0

    @property
    def sentence(self) -> str:
        """ "New key served, old record cached: deferred by exim and rfc for up to 3600 s."."""
        from mailpath.plan.telling import tell_postures
        from mailpath.wording.phrases import sentence

        by = tell_postures(self.postures)
        lasts = f"for up to {self.for_s} s" if self.for_s else "until the next step is done"
        return sentence(f"{self.state}: {self.outcome} by {by} {lasts}")


class Blocked(Record, frozen=True, kw_only=True):
    """What stands in the way.  `by`: a host, a zone or a step that has to be asked or looked at; `why`: a
    sentence that says what to ask.
    """

    by: str
    why: str


class Plan(Record, frozen=True, kw_only=True):
    """What to do to reach `goal` for `recipient` (A-labels), as of `at` (Unix time).

    `reason`: a sentence on the result.  `steps`, `proof` and `unsafe`: of a plan; `unsafe` holds the orders
    that suggest themselves and lose mail.  `blocked`: who has to be asked first, or for what the plan goes
    without.  `cost`: posture -> "from>to", what a `leave-*` goal gives up.  `notes`: sentences on what the
    plan takes for granted.
    """

    goal: Goal
    recipient: str
    at: int
    result: Result
    reason: str
    steps: tuple[Step, ...] = ()
    proof: Proof | None = None
    unsafe: tuple[Unsafe, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    cost: dict[str, str] = msgspec.field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def wait_s(self) -> int:
        """Seconds that all its waits take."""
        return sum(step.wait_s for step in self.steps)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"schema": SCHEMA, **super().to_dict(), "at": rfc3339(self.at)}
