"""What became of the one message to each scenario, as far as the lab's servers and the sender's log say.

A server sees whether it took the message, whether inside TLS, and at which of its addresses; not whether the
certificate was looked at, and of a message that nobody took not whether it waits.  A second attempt begins
later than fallbacks within one attempt do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mailpath.judge import Outcome, Verdict
from mailpath.judge.model import DELIVERED
from mailpath.lab.scenario import Scenario
from mailpath.lab.seen import Seen
from mailpath.records import Record
from mailpath.servers.learning.mail_logs import Logged

#: Seconds: what begins later than this after the first session belongs to another attempt.
NEXT_ATTEMPT = 3.0

_RCPT = re.compile(r"RCPT TO:<[^<>@]*@([^<>]+)>", re.IGNORECASE)


class Observed(Record, frozen=True, kw_only=True):
    """`taken`: the message was; then `tls`, and `address`, where.  `attempts`: how many there were, at least.

    `retried`: it was taken at a later attempt than the first.  `status`: what the sender's log says in the
    end, "" where there is none; `word`: its word for the TLS session.
    """

    taken: bool
    tls: bool = False
    address: str = ""
    attempts: int = 1
    retried: bool = False
    status: str = ""
    word: str | None = None

    def __str__(self) -> str:
        if not self.taken:
            return self.status or "not delivered"
        how = "encrypted" if self.tls else "plaintext"
        return f"{how}{' at a later attempt' if self.retried else ''} to {self.address}"


def observed(
    scenarios: Iterable[Scenario], sessions: Sequence[Seen], log: Sequence[Logged] = ()
) -> dict[str, Observed]:
    """By scenario id; one of which neither the lab nor the log has anything is left out."""
    listed = tuple(scenarios)
    hosts = {each.absolute(server.host): each.domain for each in listed for server in each.server}
    by_domain: dict[str, list[Seen]] = {each.domain: [] for each in listed}
    for seen in sorted(sessions, key=lambda each: each.began):
        named = next((found[1].lower() for each in seen.commands if (found := _RCPT.match(each))), "")
        domain = named if named in by_domain else hosts.get(seen.host, "")
        if domain in by_domain and seen.commands:
            by_domain[domain].append(seen)
    told: dict[str, list[Logged]] = {}
    for attempt in log:
        told.setdefault(attempt.domain, []).append(attempt)
    return {
        each.id: _of(by_domain[each.domain], told.get(each.domain, []))
        for each in listed
        if by_domain[each.domain] or each.domain in told
    }


def _of(sessions: list[Seen], log: list[Logged]) -> Observed:
    taken = next((each for each in sessions if each.delivered), None)
    spread = sessions[-1].began - sessions[0].began if sessions else 0.0
    attempts = max(len(log), 2 if spread > NEXT_ATTEMPT else 1)
    status = log[-1].status if log else ""
    if taken is None:
        return Observed(taken=False, attempts=attempts, status=status)
    retried = taken.began - sessions[0].began > NEXT_ATTEMPT or len(log) > 1
    word = log[-1].word if log and taken.tls_version else None
    return Observed(
        taken=True,
        tls=bool(taken.tls_version),
        address=taken.address,
        attempts=attempts,
        retried=retried,
        status=status,
        word=word,
    )


def agrees(verdict: Verdict, seen: Observed) -> bool:
    """Whether a sender with this verdict may have done what was observed."""
    if verdict.outcome is Outcome.UNKNOWN:
        return False
    if not seen.taken:
        if verdict.after_retry and seen.attempts < 2:
            return seen.status in ("", "deferred")  # the second attempt was not waited for
        if verdict.outcome in DELIVERED:
            return False
        return seen.status in ("", verdict.outcome.value)
    if verdict.outcome not in DELIVERED or verdict.after_retry is not seen.retried:
        return False
    return (verdict.outcome is not Outcome.PLAINTEXT) is seen.tls and verdict.address == seen.address


def says_the_word(verdict: Verdict, seen: Observed) -> bool:
    """Whether such a sender would have logged the word that was logged; True where none was."""
    return seen.word is None or verdict.tls_word == seen.word
