"""What a message asks for, and how old its sender's MTA-STS policy is: dials with a few places each.

RFC 8689 (REQUIRETLS, TLS-Required: No); RFC 8461 sections 3.2 and 5.1 (max_age).
"""

from __future__ import annotations

from mailpath.tui.lens import Lens
from mailpath.wording.times import span

#: By the values of `mailpath.judge.sending.Message`, which is loaded after the first frame.
MESSAGES = {"ordinary": "ordinary", "requiretls": "REQUIRETLS", "tls-required-no": "TLS-Required: No"}


def next_message(message: str) -> str:
    """The place behind `message`, after the last the first."""
    places = list(MESSAGES)
    return places[(places.index(message) + 1) % len(places)]


def next_age(age: int | None, max_age: int) -> int | None:
    """First contact, just fetched, half of `max_age` old, just expired; and from the start."""
    places = list(dict.fromkeys((None, 0, max_age // 2, max_age)))
    return places[(places.index(age) + 1) % len(places)] if age in places else None


def age_at(lens: Lens, made: int) -> int | None:
    """How old the policy is at the time of `lens`: it was so old when the walk was `made`."""
    if lens.policy_age is None:
        return None
    return lens.policy_age + (max(lens.at - made, 0) if lens.at is not None else 0)


def policy(age: int | None, max_age: int) -> str:
    """ "cached, 3 d old of 7 d"."""
    if age is None:
        return "first contact"
    if age >= max_age:
        return f"expired, max_age {span(max_age)}"
    return f"cached, {'new' if age == 0 else f'{span(age)} old'} of {span(max_age)}"
