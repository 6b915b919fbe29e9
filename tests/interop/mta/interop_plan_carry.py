"""Carries plans out, step by step, and the orders that a plan calls unsafe; says what became of the mail."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from interop_plan_prepare import REFUSED, Killing, Prepared, longest
from interop_plan_stage import ROUNDING, Mail, Question, Stage, Stream, paced

from mailpath.plan.proof import ORDER
from mailpath.plan.world import Part, World, different
from mailpath.wording.times import DAY

#: Mail that has to arrive before anything changes, and in the end, of each posture.
ENOUGH = 5
#: What caches hold; mail hosts and web hosts are as they are.
_CACHED = ("rrset", "zone")
#: Seconds for which a policy is only tested (`mailpath.plan.goals.mta_sts`).
_REPORTS = 2 * DAY
_RANKS = {outcome.value: rank for rank, outcome in enumerate(ORDER)}


@dataclass
class Carried:
    """What became of one plan, or of one order.

    `mail`: how many messages there were, one for each recipient; `lost`: those deferred or bounced, but for
    `refused`: by senders whose mail is refused at the start, too, or in the end.  `hit`: posture -> how many
    an unsafe order lost in the way foreseen; `first`, `last`: of these, in seconds after the change.
    `wrong`: sentences on what was not foreseen.
    """

    name: str
    seconds: float = 0.0
    mail: int = 0
    lost: int = 0
    refused: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    first: float = 0.0
    last: float = 0.0
    wrong: list[str] = field(default_factory=list)
    unsafe: bool = False

    @property
    def line(self) -> str:
        """For people."""
        when = f", from {self.first:.1f} to {self.last:.1f} s after the change" if self.hit else ""
        as_foreseen = f", {self.hit.total()} as foreseen{when}" if self.unsafe else ""
        refused = f" ({self.refused} are refused as at the start)" if self.refused else ""
        return (
            f"  {self.name}: {self.lost} of {self.mail} lost{refused}{as_foreseen}, in {self.seconds:.0f} s"
        )

    def count(self, mail: Iterable[Mail], limit: Mapping[str, float]) -> None:
        every = list(mail)
        self.mail = len(every)
        refused = [each for each in every if rank(each) >= REFUSED]
        self.lost = sum(rank(each) > limit[each.posture] for each in refused)
        self.refused = len(refused) - self.lost


def rank(mail: Mail) -> int:
    """How bad its fate is."""
    return _RANKS.get(mail.cell.outcome, len(_RANKS))


def told(mail: Mail, since: float) -> str:
    cell = mail.cell
    return f"{mail.posture} at {mail.sent - since:+.1f} s: {cell} {cell.code} {cell.text[:150]}"


# --- plans -------------------------------------------------------------------------------------------


def carry_out(stage: Stage, prepared: Prepared) -> Carried:
    """Every step, with its wait and no more; no mail may fare worse than at the start and in the end."""
    began = time.monotonic()
    carried = Carried(prepared.case.name)
    stage.begin_anew(lasting=True)
    stage.turn_to(prepared.worlds[0])
    steps = []
    with stage.sending(prepared.domain, prepared.postures) as stream:
        await_mail(stream, time.monotonic())
        for number, step in enumerate(prepared.plan.steps):
            before, after = prepared.worlds[number : number + 2]
            stage.ask(questions(before, different(before, after)))
            moment = stage.turn_to(after)
            steps.append((f"step {step.n}, {step.title}", moment))
            # Nobody reads reports here: of those two days, the time that caches take is enough.
            wait = longest((before, after)) if step.wait_s == _REPORTS else step.wait_s
            if wait:
                stream.pass_by(moment + paced(wait) + ROUNDING)
        done = time.monotonic() + paced(longest(prepared.worlds)) + ROUNDING
        stream.pass_by(done)
        await_mail(stream, done)
        mail = stream.end()
    carried.count(mail, prepared.limit)
    for each in mail:
        if rank(each) > prepared.limit[each.posture]:
            name, moment = max(
                ((name, at) for name, at in steps if at <= each.sent),
                key=lambda step: step[1],
                default=("the start", steps[0][1]),
            )
            carried.wrong.append(f"{name}: {told(each, moment)}")
        elif each.sent >= done and str(each.cell) != str(prepared.goal[each.posture]):
            carried.wrong.append(f"in the end, not {prepared.goal[each.posture]}: {told(each, done)}")
    carried.seconds = time.monotonic() - began
    return carried


def await_mail(stream: Stream, since: float) -> None:
    """Until `ENOUGH` of what was sent since then has met its fate."""
    newest = max((each.sent for each in stream.mail()), default=since)
    while True:
        found = Counter(each.posture for each in stream.mail() if each.sent >= since and each.attempt)
        if all(found[posture] >= ENOUGH for posture in stream.postures):
            return
        newest = max(newest + 0.1, time.monotonic())
        stream.pass_by(newest)


def questions(world: World, parts: Iterable[Part]) -> list[Question]:
    """What a resolver is asked about these."""
    found: list[Question] = []
    for part in parts:
        if part.kind == "rrset":
            found.append((part.name, part.rdtype))
        elif part.kind == "zone":
            found.append((part.name, "DS"))
    return found


# --- orders that lose mail ---------------------------------------------------------------------------


def carry_out_unsafe(stage: Stage, prepared: Prepared, killing: Killing) -> Carried:
    """The order up to the change in which it loses mail; that has to happen, to each sender foreseen, then
    and no longer than foreseen."""
    began = time.monotonic()
    carried = Carried(f"{prepared.case.name}: {killing.order}", unsafe=True)
    stage.begin_anew(lasting=False, newcomers=killing.newcomers)
    stage.turn_to(killing.worlds[0])
    with stage.sending(prepared.domain, prepared.postures) as stream:
        await_mail(stream, time.monotonic())
        moment, early = _lead_up(stage, stream, killing)
        carried.wrong += [f"before anything was wrong: {told(each, moment)}" for each in early]
        _lose(stage, stream, killing, moment)
        ended = stage.turn_to(killing.worlds[-1])
        late = ended + paced(max(killing.for_s, longest(killing.worlds))) + ROUNDING
        stream.pass_by(late)
        await_mail(stream, late)
        mail = stream.end()
    carried.count(mail, killing.limit)
    hits = [each for each in mail if each.cell.outcome == killing.foreseen.get(each.posture)]
    hits = [each for each in hits if rank(each) > killing.limit[each.posture]]
    carried.hit = Counter(each.posture for each in hits)
    carried.wrong += [
        f"{posture} lost nothing, {outcome} was foreseen"
        for posture, outcome in killing.foreseen.items()
        if not carried.hit[posture]
    ]
    if hits:
        carried.first = min(each.sent for each in hits) - moment
        carried.last = max(each.sent for each in hits) - moment
    carried.wrong += [
        f"later than foreseen: {told(each, late)}"
        for each in mail
        if each.sent > late and rank(each) > killing.limit[each.posture]
    ]
    carried.seconds = time.monotonic() - began
    return carried


def _lead_up(stage: Stage, stream: Stream, killing: Killing) -> tuple[float, list[Mail]]:
    """All changes up to the one that loses mail, that included as far as it does.

    Returns when that was, and mail that was lost before.
    """
    moment = time.monotonic()
    early: list[Mail] = []
    for number in range(killing.during + 1):
        before, after = killing.worlds[number : number + 2]
        changed = different(before, after)
        stage.ask(questions(before, changed))
        if number < killing.during:
            moment = stage.turn_to(after)
            if killing.changes[number].wait_s:
                stream.pass_by(moment + paced(killing.changes[number].wait_s) + ROUNDING)
            continue
        old = different(killing.met, after)
        unsigned = dict(_unsigned(killing.met, old))
        stage.ask([question for asked in unsigned.values() for question in asked])
        early = [each for each in stream.mail() if each.attempt and rank(each) > killing.limit[each.posture]]
        moment = stage.turn_to(after.changed(_not_yet(killing.met, old)))
        stage.forget(questions(after, [part for part in changed if part not in old]))
        for zone in unsigned:
            stage.forget([(zone, "DS")])
            stage.forget_validated(zone)
    return moment, early


def _unsigned(met: World, old: Iterable[Part]) -> Iterator[tuple[str, list[Question]]]:
    """Zones of which answers from before they were signed are cached, while the DS record is known."""
    for part in old:
        held = met.zone(part.name) if part.kind == "zone" else None
        if held is not None and held.tamper:
            pairs = (line.split() for line in held.tamper)
            yield part.name, [(name, rdtype) for name, rdtype in pairs]


def _not_yet(met: World, old: Mapping[Part, object]) -> dict[Part, object]:
    """What a change has not come to: it does not happen everywhere at one moment."""
    return {part: met.parts.get(part) for part in old if part.kind not in _CACHED}


def _lose(stage: Stage, stream: Stream, killing: Killing, moment: float) -> None:
    """Wait until each sender has lost mail, as long as it may take."""
    limit = moment + max(paced(killing.for_s), paced(longest(killing.worlds))) + ROUNDING + 2

    def missing() -> set[str]:
        found = {
            each.posture for each in stream.mail() if each.cell.outcome == killing.foreseen.get(each.posture)
        }
        return killing.foreseen.keys() - found

    while missing() and time.monotonic() < limit:
        stream.pass_by(time.monotonic())
    stream.pass_by(time.monotonic())
