"""The weakest MX host: a path is as strong as the host that an attacker leaves reachable.  Pure.

RFC 7672 section 2.2.1 protects each host on its own, and RFC 8461 section 5 refuses only hosts that the
policy does not name: which of the others takes the mail is up to whoever can drop packets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import repeat

from mailpath.assess.reached import Reached
from mailpath.assess.standing import standing_of
from mailpath.assess.tlsa import secure_set, tlsa_of
from mailpath.attacks.exposure import may_read, reads
from mailpath.facts import StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict
from mailpath.judge.destinations import Destinations
from mailpath.judge.message_options import Message
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse
from mailpath.judge.reachable import BEST_FOR_ATTACKER, each_only_reachable
from mailpath.visible import visible
from mailpath.wording.phrases import join_and


def weakest_host(
    walk: Walk,
    posture: Posture,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    held: StsPolicy | None = None,
    *,
    destinations: Destinations | None = None,
) -> str | None:
    """The host that an attacker would leave reachable: the worst for the mail, or where the attacker reads
    at none for certain, one that may be; None without hosts.

    `held`: the policy that the sender has.  `cached`: of hosts that are equally bad for it, the one that is
    worse with this policy cached.  `destinations`: see `each_only_reachable`.
    """
    found: tuple[tuple[object, ...], str] | None = None
    in_turn = each_only_reachable(walk, posture, held, message, destinations=destinations)
    if_cached: Iterable[tuple[str, Verdict] | None] = repeat(None)
    if cached is not None:
        if_cached = each_only_reachable(walk, posture, cached, message, destinations=destinations)
    for (host, first), later in zip(in_turn, if_cached, strict=False):
        rank = (_rank(walk, first), _rank(walk, later[1] if later is not None else first))
        if found is None or rank < found[0]:
            found = rank, host
        if rank == (_WORST, _WORST):
            break  # no other host can be worse
    return found[1] if found is not None else None


#: Where the attacker reads the mail, in the clear.
_WORST = (False, False, 0)


def _rank(walk: Walk, verdict: Verdict) -> tuple[bool, bool, int]:
    """The attacker reads; it cannot be excluded, as where nobody talked to the host; it does not."""
    return (
        not reads(walk, verdict),
        not may_read(walk, verdict),
        BEST_FOR_ATTACKER.index(verdict.outcome),
    )


def weakest_path(
    walk: Walk,
    posture: Posture,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    *,
    destinations: Destinations | None = None,
) -> str:
    """One sentence on the weakest host; "" unless it takes the mail where another host takes it better.

    `destinations`: see `each_only_reachable`.
    """
    entries = dict(each_only_reachable(walk, posture, cached, message, destinations=destinations))
    taking = {host: verdict for host, verdict in entries.items() if verdict.outcome in DELIVERED}
    weak = min(taking, key=lambda host: BEST_FOR_ATTACKER.index(taking[host].outcome), default=None)
    if weak is None:
        return ""
    better = [host for host, verdict in taking.items() if verdict.outcome is not taking[weak].outcome]
    if not better:
        return ""
    best = max(better, key=lambda host: BEST_FOR_ATTACKER.index(taking[host].outcome))
    stands = "is protected" if taking[best].outcome is Outcome.AUTHENTICATED else "is encrypted"
    lacks = (
        f"{visible(best)} {stands} under {posture.name}; {visible(weak)} {_lacks(walk, posture, weak, best)}"
    )
    first = _tried_first(walk, entries, weak)
    if not first:
        return f"{lacks}, and it is tried first: no attacker is needed."
    dropped = join_and(first) if len(first) <= 3 else f"the {len(first)} hosts before it"
    plain = taking[weak].outcome is Outcome.PLAINTEXT
    gets = "gets the mail in the clear" if plain else "diverts it to a host that nobody authenticates"
    return f"{lacks}: an attacker who blocks {dropped} {gets}."


def _tried_first(walk: Walk, entries: Mapping[str, Verdict], weak: str) -> list[str]:
    """The hosts at which the mail may end before it comes to the weak one; at equal preference chance
    decides (RFC 5321 section 5.1)."""
    last = next(host for host in walk.mx.hosts if host.name == weak)
    return [
        visible(host.name)
        for host in walk.mx.hosts
        if host is not last and host.preference <= last.preference and host.addresses
        if host.name not in entries or entries[host.name].outcome is not Outcome.DEFERRED
    ]


def _lacks(walk: Walk, posture: Posture, weak: str, best: str) -> str:
    """What the weak host is missing that the best one has, as this sender sees it."""
    host = next(host for host in walk.mx.hosts if host.name == weak)
    signed = [name for name in (weak, best) if secure_set(tlsa_of(walk, name)) is not None]
    if posture.dane is not DaneUse.OFF and signed == [best]:
        return "has no TLSA records"
    standing = standing_of(walk, host)
    if standing is not None and standing.reached is not Reached.UP:
        return "offers no STARTTLS" if standing.reached is Reached.NOT_OFFERED else "fails to start TLS"
    return "has no certificate that this sender would check"
