"""One walk judged: what every renderer takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from mailpath import __version__
from mailpath.ending import ExitCode
from mailpath.facts import Status, StepResult, StsPolicy, Walk
from mailpath.findings import Finding, find
from mailpath.judge import Outcome, Posture, Verdict, because
from mailpath.judge.message_options import USUAL, Message, MessageOptions
from mailpath.report import provenance as origin
from mailpath.report.exit_codes import WORST_FIRST, exit_code
from mailpath.report.provenance import USUAL as USUAL_ORIGIN
from mailpath.report.provenance import Provenance, foreign_anchor
from mailpath.steps.registry import REGISTRY
from mailpath.wording.phrases import sentence

if TYPE_CHECKING:
    from mailpath.whatif import AttackOutcome, Summary

#: The posture that decides where none was asked for.
DEFAULT_POSTURE = "rfc"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A walk, what each posture makes of it, and what was found.

    `counted`: the postures of which the worst decides.  `verdicts`: by posture name, in the order judged,
    with the rules that decided them.  `codes`: their exit codes, `doubts`: why they are not evidence, ""
    where they are (`provenance.doubt`); `on_trust`: they are to count all the same.  `posture`: the one that
    decides.  `elapsed`: milliseconds per step id, {} where nobody measured; `took`: of the whole walk.
    `made`: Unix time at which the exchanges were held; of a replay, as its capture says.
    `attacks`: by posture and attack name, what an attacker makes of it, {} where none was asked for;
    `summaries`: by posture, who can read the mail, {} unless the whole catalogue was tried.  `sending`: what
    the message asks for, and how old the sender's MTA-STS policy is; `known`: that policy,
    `met`: the walk on which it was fetched, None for `walk`.  `held`: what holds of that on which the user
    wants to fail, visible text.
    """

    walk: Walk
    postures: tuple[Posture, ...]
    counted: tuple[str, ...]
    verdicts: dict[str, Verdict]
    codes: dict[str, ExitCode]
    doubts: dict[str, str]
    posture: str
    findings: tuple[Finding, ...]
    elapsed: dict[str, float]
    at: int
    made: int
    provenance: Provenance = USUAL_ORIGIN
    on_trust: bool = False
    mailpath: str = __version__
    took: float | None = None
    attacks: dict[str, dict[str, AttackOutcome]] = {}
    summaries: dict[str, Summary] = {}
    sending: MessageOptions = USUAL
    known: StsPolicy | None = None
    met: Walk | None = None
    held: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """The verdict that decides."""
        return self.verdicts[self.posture]

    @property
    def code(self) -> ExitCode:
        """The exit code of the verdict that decides."""
        return self.codes[self.posture]

    @property
    def status(self) -> ExitCode:
        """The exit status of the process."""
        return ExitCode.UNDELIVERED if self.held else self.code

    @property
    def doubt(self) -> str:
        """Why the verdict that decides is not evidence; "" where it is."""
        return self.doubts[self.posture]

    def withheld(self, posture: str) -> bool:
        """Whether this posture's verdict is told as the capture's claim, and counts for nothing."""
        return bool(self.doubts[posture]) and not self.on_trust

    @property
    def chosen(self) -> Posture:
        """The posture that decides."""
        return next(posture for posture in self.postures if posture.name == self.posture)


def build(
    walk: Walk,
    postures: Iterable[Posture],
    elapsed: Mapping[str, float],
    *,
    deciding: Iterable[str] = (DEFAULT_POSTURE,),
    provenance: Provenance = USUAL_ORIGIN,
    on_trust: bool = False,
    made: int | None = None,
    took: float | None = None,
    sending: MessageOptions = USUAL,
    met: Walk | None = None,
) -> Result:
    """Judge `walk` by every posture.  Of the postures named in `deciding` the one with the worst exit
    code decides, the first of equals; where none of them is judged, all of them count.

    `met`: the walk on which the sender fetched the policy of which `sending` says the age; default: `walk`.
    `on_trust`: what a replay says counts, whatever it rests on.
    """
    judged = tuple(posture.toward(walk.path.recipient) for posture in postures)

    def judge(posture: Posture) -> Verdict:
        return sending.verdict(walk, posture, met)

    verdicts = because.explained({posture.name: judge(posture) for posture in judged}, judged, judge)
    doubts = {posture.name: origin.doubt(provenance, walk, posture, sending, met) for posture in judged}
    codes = {
        posture.name: ExitCode.UNKNOWN
        if doubts[posture.name] and not on_trust
        else exit_code(walk, posture, verdicts[posture.name])
        for posture in judged
    }
    counted = [name for name in dict.fromkeys(deciding) if name in codes] or list(codes)
    chosen = min(counted, key=lambda name: WORST_FIRST.index(codes[name]))
    return Result(
        walk=walk,
        postures=judged,
        counted=tuple(counted),
        verdicts=verdicts,
        codes=codes,
        doubts=doubts,
        posture=chosen,
        findings=find(walk, requiretls=sending.message is Message.REQUIRETLS),
        elapsed=dict(elapsed),
        at=walk.at,
        made=walk.at if made is None else made,
        provenance=provenance,
        on_trust=on_trust,
        took=took,
        sending=sending,
        known=(met or walk).sts.policy,
        met=met,
    )


#: A posture's exit code as the status of a step.
STATUS_OF = {
    ExitCode.OK: Status.PASS,
    ExitCode.BELOW: Status.WEAK,
    ExitCode.UNDELIVERED: Status.FAIL,
    ExitCode.UNKNOWN: Status.ERROR,
}


def steps(result: Result) -> tuple[StepResult, ...]:
    """The lines of all steps but the last; what is proven from an anchor that is not IANA's says so."""
    return tuple(
        msgspec.structs.replace(step, summary=f"{step.summary} {foreign_anchor(result.provenance)}")
        if REGISTRY[step.id].rests_on == "anchor" and result.provenance.anchor == "own"
        else step
        for step in result.walk.steps
    )


def verdict_step(result: Result, answer: str) -> StepResult:
    """The last step's line, by the posture that decides; `answer` becomes its sentence."""
    outcome = result.verdict.outcome
    if result.withheld(result.posture):
        word = "NOT EVIDENCE"
    else:
        word = "IN THE CLEAR" if outcome is Outcome.PLAINTEXT else outcome.value.upper()
    return StepResult(id="verdict", status=STATUS_OF[result.code], word=word, summary=sentence(answer))
