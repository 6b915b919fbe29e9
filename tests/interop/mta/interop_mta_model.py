"""What is compared: one mail of one sender to one scenario, as it was observed and as it was foreseen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mailpath.judge import Verdict
from mailpath.lab import Scenario

DELIVERED = ("plaintext", "encrypted", "authenticated")
_RCPT = re.compile(r"RCPT TO:<([^>]*)>", re.IGNORECASE)


@dataclass(frozen=True)
class Taken:
    """Mail that a server took: its name, the address it was taken at, whether inside TLS."""

    host: str
    address: str
    tls: bool


@dataclass(frozen=True)
class Attempt:
    """What a mail server logged of one delivery attempt.

    `status`: "sent", "deferred" or "bounced"; `word`: what it calls the TLS session at `address`.
    """

    status: str
    code: str | None
    host: str | None
    address: str | None
    word: str | None
    text: str


@dataclass(frozen=True)
class Cell:
    """`outcome` in the judge's words; `host` and `word` only of mail that was delivered."""

    outcome: str
    word: str | None = None
    host: str | None = None
    code: str | None = None
    text: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.outcome, self.word, self.host) if part)


@dataclass(frozen=True)
class Difference:
    scenario: str
    posture: str
    observed: str
    foreseen: str
    said: str
    reason: str = ""


def recipient_of(commands: Iterable[str]) -> str:
    """The recipient that a session named."""
    found = [match[1] for command in commands if (match := _RCPT.match(command))]
    return found[-1]


def observed(attempts: Sequence[Attempt], taken: Taken | None, authenticated: frozenset[str]) -> Cell:
    """The outcome of all attempts at one mail.

    `taken`: what the receiving side knows of it, or None; `authenticated`: the words that say so.  Where
    the two ends contradict each other, so does the outcome.
    """
    if not attempts:
        return Cell("never tried")
    last = attempts[-1]
    if last.status != "sent":
        outcome = last.status if taken is None else f"{last.status}, and taken by {taken.host}"
        return Cell(_later(outcome, attempts), code=last.code, text=last.text)
    if taken is None or taken.address != last.address:
        return Cell(f"sent to {last.address}, taken by {taken}", text=last.text)
    # A session that failed inside TLS leaves its line in the log before the mail goes in the clear.
    word = last.word if taken.tls else None
    outcome = "plaintext" if not taken.tls else "authenticated" if word in authenticated else "encrypted"
    if taken.tls and word is None:
        outcome = f"TLS that was not logged, to {taken.host}"
    return Cell(_later(outcome, attempts), word, last.host, last.code, last.text)


def _later(outcome: str, attempts: Sequence[Attempt]) -> str:
    return f"{outcome}/retry" if len(attempts) > 1 and attempts[0].status != attempts[-1].status else outcome


def judged(verdict: Verdict) -> Cell:
    """What the judge foresees."""
    outcome = f"{verdict.outcome}/retry" if verdict.after_retry else str(verdict.outcome)
    if verdict.outcome not in DELIVERED:
        return Cell(outcome, code=verdict.status_code, text=verdict.reason)
    word = None if verdict.outcome == "plaintext" else verdict.tls_word
    return Cell(outcome, word, verdict.host, verdict.status_code, verdict.reason)


#: By (scenario id, posture).
Cells = Mapping[tuple[str, str], Cell]


def against_expectations(
    seen: Cells, scenarios: Iterable[Scenario], postures: Iterable[str]
) -> list[Difference]:
    """Where a scenario's own `[expect]` is not what was observed."""
    wanted = set(postures)
    return [
        Difference(
            scenario.id,
            posture,
            seen[scenario.id, posture].outcome,
            expected,
            seen[scenario.id, posture].text,
        )
        for scenario in scenarios
        for posture, expected in scenario.expect.items()
        if posture in wanted and seen[scenario.id, posture].outcome != expected
    ]


def against_judge(seen: Cells, foreseen: Cells) -> list[Difference]:
    """Where outcome, TLS word or host differ."""
    return [
        Difference(*key, str(cell), str(foreseen[key]), cell.text, foreseen[key].text)
        for key, cell in sorted(seen.items())
        if str(cell) != str(foreseen[key])
    ]


def against_codes(seen: Cells, foreseen: Cells) -> list[Difference]:
    """Where the enhanced status codes (RFC 3463) of mail that was not delivered differ."""
    return [
        Difference(*key, str(cell.code), str(foreseen[key].code), cell.text, foreseen[key].text)
        for key, cell in sorted(seen.items())
        if cell.outcome in ("deferred", "bounced") and cell.code != foreseen[key].code
    ]


def table(differences: Sequence[Difference]) -> str:
    """For people: one line per difference, in columns, and below it why the other was foreseen."""
    head = Difference("scenario", "posture", "observed", "foreseen", "what the mail server said")
    rows = [(each.scenario, each.posture, each.observed, each.foreseen) for each in (head, *differences)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = []
    for row, each in zip(rows, (head, *differences), strict=True):
        columns = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        lines.append(f"{columns}  {each.said[:160]}")
        if each.reason:
            lines.append(f"    foreseen because: {each.reason[:160]}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Deliveries:
    """By (scenario, posture)."""

    observed: dict[tuple[str, str], Cell]
    judged: dict[tuple[str, str], Cell]


@dataclass(frozen=True)
class Attacks:
    """By (scenario, "posture under attack").  `read`: whether the attacker took the mail itself."""

    observed: dict[tuple[str, str], Cell]
    foreseen: dict[tuple[str, str], Cell]
    read: dict[tuple[str, str], bool]
    foreseen_read: dict[tuple[str, str], bool]
    postures: tuple[str, ...]
