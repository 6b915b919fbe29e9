"""Through what a finished walk is seen: a step of a plan, an attacker on the path, another time, and what
is sent over it.

What a message asks for is RFC 8689 (REQUIRETLS, TLS-Required: No); how old its sender's MTA-STS policy is
counts by RFC 8461 sections 3.2 and 5.1 (max_age).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from mailpath.wording.times import span, utc

#: By the values of `mailpath.judge.message_options.Message`, which is loaded after the first frame.
MESSAGES = {"ordinary": "ordinary", "requiretls": "REQUIRETLS", "tls-required-no": "TLS-Required: No"}


class PlanState(msgspec.Struct, frozen=True):
    """The path as a plan makes it: after its step `n`, or where its unsafe order `n` loses mail (from 1)."""

    goal: str
    kind: Literal["step", "unsafe"]
    n: int

    @property
    def words(self) -> str:
        """ "step 2"."""
        return f"{self.kind} {self.n}"

    @property
    def name(self) -> str:
        """Of all plans: "key-change, step 2"."""
        return f"{self.goal}, {self.words}"


class Lens(msgspec.Struct, frozen=True):
    """`attack`: "a" or "a+b", "" for none.  `at`: Unix time, None for the walk's own.  `state`: of a plan;
    None: the path as it was walked.

    `message`: what it asks for, a key of `MESSAGES`.  `policy_age`: how old the sender's MTA-STS policy was
    when the walk was made, in seconds; None: first contact.
    """

    attack: str = ""
    at: int | None = None
    message: str = "ordinary"
    policy_age: int | None = None
    state: PlanState | None = None

    @property
    def plain(self) -> bool:
        """Whether the walk is seen as it was walked, for an ordinary message at first contact."""
        return self == Lens()

    @property
    def rewalked(self) -> bool:
        """Whether it is another walk, and not only judged for another message."""
        return bool(self.attack) or self.at is not None or self.state is not None

    @property
    def unattacked(self) -> Lens:
        return msgspec.structs.replace(self, attack="")

    @property
    def sent(self) -> Lens:
        """What is sent, over the walk as it was walked."""
        return msgspec.structs.replace(self, attack="", at=None, state=None)

    @property
    def loses(self) -> bool:
        """Whether it shows how an unsafe order loses mail: that is one sender's view, and no path."""
        return self.state is not None and self.state.kind == "unsafe"

    def words(self) -> str:
        """For a heading: "under mitm-self-signed, as of 2026-12-07 16:53 UTC"."""
        parts = [f"plan {self.state.name}"] if self.state is not None else []
        parts += [f"under {self.attack}"] if self.attack else []
        if self.at is not None:
            parts.append(f"as of {utc(self.at)}")
        return ", ".join([*parts, *self.message_words()])

    def message_words(self) -> list[str]:
        """What is said of the message and of its sender: "sent with REQUIRETLS"."""
        asks = {"requiretls": "sent with REQUIRETLS", "tls-required-no": "with TLS-Required: No"}
        parts = [asks[self.message]] if self.message in asks else []
        if self.policy_age is not None:
            before = f"{span(self.policy_age)} before" if self.policy_age else "just before"
            parts.append(f"policy fetched {before}")
        return parts


def next_message(message: str) -> str:
    """The key of `MESSAGES` behind `message`, after the last the first."""
    keys = list(MESSAGES)
    return keys[(keys.index(message) + 1) % len(keys)]


def next_age(age: int | None, max_age: int) -> int | None:
    """First contact, just fetched, half of `max_age` old, just expired; and from the start."""
    ages = list(dict.fromkeys((None, 0, max_age // 2, max_age)))
    return ages[(ages.index(age) + 1) % len(ages)] if age in ages else None


def age_at(lens: Lens, made: int) -> int | None:
    """How old the policy is at the time of `lens`: it was so old when the walk was `made`."""
    if lens.policy_age is None:
        return None
    return lens.policy_age + (max(lens.at - made, 0) if lens.at is not None else 0)


def policy_words(age: int | None, max_age: int) -> str:
    """ "cached, 3 d old of 7 d"."""
    if age is None:
        return "first contact"
    if age >= max_age:
        return f"expired, max_age {span(max_age)}"
    return f"cached, {'new' if age == 0 else f'{span(age)} old'} of {span(max_age)}"
