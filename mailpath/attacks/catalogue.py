"""Every attack there is, in the order in which they are told, and their combinations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import product

from mailpath.attacks import dns, https, smtp
from mailpath.attacks.record import Attack
from mailpath.errors import MailpathError
from mailpath.wording.phrases import did_you_mean

ATTACKS: Mapping[str, Attack] = {
    attack.name: attack for attack in (*smtp.ON_SESSIONS, *dns.ATTACKS, *https.ATTACKS, *smtp.ON_PACKETS)
}


class UnknownAttack(MailpathError):
    """No attack has that name; the message says which is near, or else lists those there are."""

    def __init__(self, name: str) -> None:
        there = did_you_mean(name, ATTACKS) or f" The attacks are {', '.join(ATTACKS)}; a+b combines two."
        super().__init__(f"There is no attack {name!r}.{there}")


@lru_cache(maxsize=256)
def parse(attack: str) -> tuple[Attack, ...]:
    """The attacks in "a+b", each once, spaces around the names left out.  Raises `UnknownAttack`."""
    names = dict.fromkeys(name.strip() for name in attack.split("+"))
    for name in names:
        if name not in ATTACKS:
            raise UnknownAttack(name)
    return tuple(ATTACKS[name] for name in names)


def canonical(attack: str) -> str:
    """ "a+b" without spaces, each once.  Raises `UnknownAttack`."""
    return "+".join(each.name for each in parse(attack))


def cost(attack: str) -> int:
    """Of "a" or "a+b".  Raises `UnknownAttack`."""
    return sum(each.cost for each in parse(attack))


#: "a+b" of every pair worth trying where neither alone suffices, cheapest first: what one opens, the other
#: can use.
COMBINATIONS = tuple(
    sorted(
        (
            f"{opener.name}+{taker.name}"
            for opener, taker in product(ATTACKS.values(), repeat=2)
            if opener.opens and not taker.opens
        ),
        key=cost,
    )
)
