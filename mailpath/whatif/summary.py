"""The sentence that matters: who can read this mail, and the cheapest way to do it.

The whole catalogue is tried, then pairs of attacks that might do together what neither does alone and that
cost less than the best found so far.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from math import inf

import msgspec

from mailpath.attacks.catalogue import ATTACKS, COMBINATIONS, cost
from mailpath.attacks.exposure import listener_reads
from mailpath.judge import Posture, Verdict
from mailpath.judge.message_options import USUAL, MessageOptions
from mailpath.network.capture import Capture
from mailpath.whatif.outcome import AttackOutcome, attack_outcome
from mailpath.whatif.rewalk import Rewalks
from mailpath.whatif.weakest import weakest_path


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """What an active attacker achieves.  `can`: None when it cannot be told.  `cheapest`: the way that works,
    or may where `can` is None; None when listening is enough, or nothing works.
    """

    can: bool | None
    cheapest: AttackOutcome | None = None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """`verdict`: without an attack.  `listener`: whether a listener reads the mail, None: cannot be told.

    `active`: for this sender, at first contact with the domain unless its policy is at hand;
    `active_if_cached`: with its MTA-STS policy cached, None where there is none.  `outcomes`: every attack in
    catalogue order, then the pairs that were tried.  `weakest`: a sentence on the weakest MX host, "" where
    all are alike.  `clauses`: the answer, on the listener, then on the active attacker: one clause, or one at
    first contact and one with the policy cached.
    """

    posture: str
    verdict: Verdict
    listener: bool | None
    active: Reach
    active_if_cached: Reach | None
    outcomes: tuple[AttackOutcome, ...]
    weakest: str
    clauses: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The answer: "a listener cannot read it; an active attacker can (strip-starttls)."."""
        listener, *active = self.clauses
        return f"{listener}; {', '.join(active)}."


async def summary(source: Capture | Rewalks, posture: Posture, asked: MessageOptions = USUAL) -> Summary:
    """Run the catalogue against `posture`.  Gives way to the event loop between walks; sends no packet."""
    rewalks = source if isinstance(source, Rewalks) else Rewalks(source)
    before = await rewalks.untampered()
    held = asked.cached(await rewalks.met(), posture)
    cached = held or await rewalks.cached_policy(posture)
    verdict = rewalks.judged.verdict(before, posture, held, asked.message)
    singles = {}
    for name in ATTACKS:
        singles[name] = await attack_outcome(rewalks, posture, name, asked=asked)
        await asyncio.sleep(0)
    tried = await _pairs(rewalks, posture, asked, singles, cached is not None)
    outcomes = (*singles.values(), *tried)
    listener = listener_reads(verdict)
    active = _reach(outcomes, verdict, cached=False)
    active_if_cached = None
    if cached is not None:
        with_cache = rewalks.judged.verdict(before, posture, cached, asked.message)
        active_if_cached = _reach(outcomes, with_cache, cached=True)
    return Summary(
        posture=posture.name,
        verdict=verdict,
        listener=listener,
        active=active,
        active_if_cached=active_if_cached,
        outcomes=outcomes,
        weakest=weakest_path(before, posture, held, asked.message, destinations=rewalks.judged.destinations),
        clauses=_answer(listener, active, active_if_cached),
    )


async def _pairs(
    rewalks: Rewalks,
    posture: Posture,
    asked: MessageOptions,
    singles: dict[str, AttackOutcome],
    with_cache: bool,
) -> list[AttackOutcome]:
    """Pairs of which neither part reads the mail, cheapest first, while they would be the cheapest way."""
    states = (False, True) if with_cache else (False,)
    least = {
        state: min((cost(each.attack) for each in singles.values() if each.works(cached=state)), default=inf)
        for state in states
    }
    tried: list[AttackOutcome] = []
    for pair in COMBINATIONS:
        parts = [singles[name] for name in pair.split("+")]
        cheaper = [
            state
            for state in states
            if cost(pair) < least[state]
            and all(part.touched and not part.works(cached=state) for part in parts)
        ]
        if cheaper:
            found = await attack_outcome(rewalks, posture, pair, asked=asked)
            await asyncio.sleep(0)
            tried.append(found)
            least |= {state: cost(pair) for state in cheaper if found.works(cached=state)}
    return tried


def _cheapest(outcomes: Iterable[AttackOutcome], *, cached: bool, may: bool = False) -> AttackOutcome | None:
    """The cheapest that works, or with `may` that cannot be excluded."""
    working = [each for each in outcomes if (each.may_work if may else each.works)(cached=cached)]
    return min(working, key=lambda each: cost(each.attack), default=None)


def _reach(outcomes: tuple[AttackOutcome, ...], verdict: Verdict, *, cached: bool) -> Reach:
    if listener_reads(verdict):
        return Reach(can=True)
    certain = _cheapest(outcomes, cached=cached)
    if certain is not None:
        return Reach(can=True, cheapest=certain)
    perhaps = _cheapest(outcomes, cached=cached, may=True)
    return Reach(can=None if perhaps else False, cheapest=perhaps)


def _answer(listener: bool | None, active: Reach, if_cached: Reach | None) -> tuple[str, ...]:
    can = {None: "it is unknown whether a listener can read it", True: "a listener can read it"}
    listens = can.get(listener, "a listener cannot read it")
    if if_cached is None or _describe(if_cached) == _describe(active):
        return listens, _describe(active)
    return (
        listens,
        f"at first contact {_describe(active)}",
        f"with the policy cached {_describe(if_cached)}",
    )


def _describe(reach: Reach) -> str:
    if reach.can is None and reach.cheapest is not None:
        return f"an active attacker may be able to ({reach.cheapest.attack})"
    if not reach.can:
        return "an active attacker cannot"
    how = reach.cheapest.attack if reach.cheapest is not None else "by listening"
    return f"an active attacker can ({how})"
