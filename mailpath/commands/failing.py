"""`check --fail-on`: what an operator will not have, whatever the exit codes make of it by themselves.

    attacker-reads       an attack that was tried, or a listener, reads the mail for certain
                         (without --attack: any attack of the catalogue)
    finding:CODE         the finding is there
    worse-than:OUTCOME   the mail fares worse, in the order authenticated, encrypted, plaintext, deferred,
                         bounced

Each is asked of the postures that decide.  Of a replay that is not evidence, and of an outcome that cannot be
told, nothing holds: the exit status says so by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click
from msgspec.structs import replace

from mailpath.commands import attacking
from mailpath.findings.catalogue import CATALOGUE
from mailpath.judge import Outcome
from mailpath.network.capture import Capture
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.wording.phrases import did_you_mean, join_and

ATTACKER_READS, FINDING, WORSE_THAN = "attacker-reads", "finding:", "worse-than:"
#: From the best to the worst.
_RANKED = [outcome for outcome in Outcome if outcome is not Outcome.UNKNOWN]
#: Nothing is worse than the last.
OUTCOMES = tuple(outcome.value for outcome in _RANKED[:-1])


def understood(words: Iterable[str]) -> tuple[str, ...]:
    """The conditions, each once.  Raises `click.UsageError`."""
    return tuple(dict.fromkeys(map(_condition, words)))


def _condition(word: str) -> str:
    kind, colon, what = word.partition(":")
    if word == ATTACKER_READS:
        return word
    if kind + colon == FINDING:
        if what.upper() in CATALOGUE:
            return FINDING + what.upper()
        near = did_you_mean(what, CATALOGUE) or " `mailpath explain` lists all codes."
        raise click.UsageError(f"--fail-on: There is no finding {what!r}.{near}")
    if kind + colon == WORSE_THAN:
        if what in OUTCOMES:
            return word
        near = did_you_mean(what, OUTCOMES) or f" The outcomes are {', '.join(OUTCOMES)}."
        raise click.UsageError(f"--fail-on: {what!r} is no outcome that another could be worse than.{near}")
    near = did_you_mean(word, (ATTACKER_READS, FINDING, WORSE_THAN))
    there = near or f" The conditions are {ATTACKER_READS}, {FINDING}CODE and {WORSE_THAN}OUTCOME."
    raise click.UsageError(f"--fail-on: There is no condition {word!r}.{there}")


def holding(result: Result, conditions: Sequence[str], deciding: Iterable[str], capture: Capture) -> Result:
    """`result` with what holds of `conditions` under the postures `deciding`."""
    told = [name for name in deciding if not result.withheld(name)]
    if ATTACKER_READS in conditions and told and not result.attacks:
        postures = tuple(posture for posture in result.postures if posture.name in told)
        tried = attacking.tried(replace(result, postures=postures), capture, (attacking.ALL,))
    else:
        tried = result
    held = {
        condition: join_and(why) for condition in conditions if (why := list(_why(tried, condition, told)))
    }
    return replace(result, held=tuple(f"{condition}: {why}" for condition, why in held.items()))


def _why(result: Result, condition: str, postures: Sequence[str]) -> Iterator[str]:
    """Where `condition` holds, if it does."""
    kind, _, what = condition.partition(":")
    if condition == ATTACKER_READS:
        for name in postures:
            reading = [each.attack for each in result.attacks.get(name, {}).values() if each.attacker_reads]
            if name in result.summaries and result.summaries[name].listener:
                reading = ["a listener"]
            if reading:
                yield f"{' or '.join(reading)} under {name}"
    elif kind == FINDING.rstrip(":") and postures:
        yield from dict.fromkeys(visible(each.subject) for each in result.findings if each.code == what)
    elif kind == WORSE_THAN.rstrip(":"):
        for name in postures:
            outcome = result.verdicts[name].outcome
            if outcome in _RANKED and _RANKED.index(outcome) > OUTCOMES.index(what):
                yield f"{outcome} under {name}"
