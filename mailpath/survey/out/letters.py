"""Letters to postmasters, out of the walks that a survey has kept: the reply to a ticket, for one domain."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from msgspec.structs import replace

from mailpath.judge import Outcome, Posture
from mailpath.judge.model import DELIVERED
from mailpath.network.replay import Replay
from mailpath.report import reply
from mailpath.report.contents import named
from mailpath.report.result import Result, build
from mailpath.survey.out.decision import Letter
from mailpath.survey.store import Store
from mailpath.visible import visible
from mailpath.walk import walk


def letters(store: Store, postures: Mapping[str, Posture]) -> Letter:
    """Writes letters about what `postures` (by name) come to, without a packet.  What it returns must not be
    called in an event loop.
    """
    kept = frozenset(store.kept())

    def letter(domain: str, posture: str) -> str:
        if domain not in kept or posture not in postures:
            return ""
        capture = store.capture(domain)
        found = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))
        result = build(found, (postures[posture],), {}, made=capture.ground.made)
        return reply.text(foretold(result))

    return letter


def foretold(result: Result) -> reply.Reply:
    """The letter of a sender that has not changed its settings yet: it tells what would happen."""
    told = reply.reply(result, reply.Reader.POSTMASTER)
    domain, outcome = named(result.walk.path.recipient), result.verdict.outcome
    if outcome in DELIVERED:
        return told
    happened = (
        f"Mail to {domain} reaches you today. We are about to change the settings of our mail server to:"
        f" {visible(result.chosen.title).rstrip('.')}. {_WOULD[outcome]}. {reply.reason(result)}"
    )
    return replace(told, subject=f"Mail to {domain}: about to fail", happened=happened)


_WOULD = {
    Outcome.DEFERRED: "It would then keep such mail, try again, and in the end return it",
    Outcome.BOUNCED: "It would then return such mail to its sender",
    Outcome.UNKNOWN: "We cannot tell whether it would still deliver such mail",
}
