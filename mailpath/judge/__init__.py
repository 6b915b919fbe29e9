"""The judge: what a sender with this posture does with mail for this path.  Pure: no I/O, no clock.

A server that has mail for a domain asks DNS for the MX hosts and tries their addresses by preference
(`destination`).  Before it connects it works out what it demands of the host: nothing, TLS if it works, TLS,
or TLS with a certificate that proves whose host it is (`policy`).  Three may demand: the server's own
configuration, the TLSA records that the host publishes in signed DNS (DANE, RFC 7672), and the policy that
the recipient domain publishes over HTTPS (MTA-STS, RFC 8461; `sts`).  Then come greeting, EHLO, STARTTLS and
handshake (`session`), and the certificate is held against the demand (`trust`).  Whatever is missing or
refused on the way leads to plaintext, to the next host, to another attempt later or to a bounce
(`delivery`).  The RFCs leave much of that to the sender, and senders take more: so the judge has one
mechanism, and what differs is in the posture, which is a server program with its habits (`agent`) and what
its operator sets (`posture`).

A field of the posture whose source is silent has candidate values instead.  The judge plays the delivery
with each of them, as far as the delivery asks for the field at all (`consulted`); a verdict that hangs on
the choice is `unknown`, with what is possible.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailpath.facts import StsPolicy, Walk
from mailpath.judge.consulted import watched_fields
from mailpath.judge.delivery import deliver
from mailpath.judge.events import Event
from mailpath.judge.model import Attempt, Demand, DemandedBy, Mechanism, Outcome, Verdict, ordered
from mailpath.judge.posture import Posture

__all__ = [
    "Attempt",
    "Demand",
    "DemandedBy",
    "Event",
    "Mechanism",
    "Outcome",
    "Posture",
    "Verdict",
    "judge",
    "possible_verdicts",
]

#: Most combinations of unknown fields that are played.
MAX_COMBINATIONS = 256

#: What a sender whose posture leaves nothing unknown does with a message of one kind.
Deliver = Callable[[Walk, Posture, StsPolicy | None], Verdict]


def judge(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, delivery: Deliver = deliver
) -> Verdict:
    """The verdict of `posture` on `walk`.  Total and deterministic.

    A posture that has another one for this recipient gives the verdict of that one, under its own name.
    `cached`: the MTA-STS policy that the sender has from an earlier delivery; None: first contact.
    `delivery`: how a message of this kind goes out (`message_options.py` knows the others).
    """
    posture = posture.toward(walk.path.recipient)
    if not posture.unknown:
        return delivery(walk, posture, cached)
    verdicts, asked = _played(walk, posture, cached, delivery)
    first = verdicts[0]
    if len({(each.outcome, each.possible) for each in verdicts}) == 1:
        return first
    outcomes = {outcome for verdict in verdicts for outcome in (verdict.outcome, *verdict.possible)}
    silent = f"the sources on {posture.name} are silent about {', '.join(asked)}"
    told = next((each.reason for each in verdicts if each.outcome is Outcome.UNKNOWN), "")
    if any(each.outcome is Outcome.UNKNOWN and not each.possible for each in verdicts):
        outcomes = set()  # those that are known are not all there may be
    why = f"{told}; and {silent}" if told else f"cannot be determined: {silent}"
    return Verdict(
        posture=posture.name,
        outcome=Outcome.UNKNOWN,
        possible=ordered(outcomes),
        reason=why,
        event=Event.SOURCE_SILENT,
        policy_state=first.policy_state,
        attempts=first.attempts,
    )


def possible_verdicts(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, delivery: Deliver = deliver
) -> tuple[Verdict, ...]:
    """Every verdict that the unknown fields of `posture` leave open; one where nothing is unknown."""
    return tuple(_played(walk, posture.toward(walk.path.recipient), cached, delivery)[0])


def _played(
    walk: Walk, posture: Posture, cached: StsPolicy | None, delivery: Deliver
) -> tuple[list[Verdict], tuple[str, ...]]:
    """The verdict for each choice that makes a difference to the way, and the fields that were asked for."""
    verdicts: list[Verdict] = []
    asked: set[str] = set()
    first = {field: values[0] for field, values in posture.unknown.items()}
    choices: list[dict[str, Any]] = [{}]
    while choices and len(verdicts) < MAX_COMBINATIONS:
        chosen = choices.pop()
        concrete, consulted = watched_fields(posture.changed(**{**first, **chosen}))
        verdicts.append(delivery(walk, concrete, cached))
        asked |= consulted.keys() & posture.unknown.keys()
        for field in [field for field in consulted if field in posture.unknown and field not in chosen]:
            others = posture.unknown[field][1:]
            choices += ({**chosen, field: value} for value in others)
            chosen = {**chosen, field: first[field]}
    return verdicts, tuple(sorted(asked))
