"""The weakest MX host: a path is as strong as the host that an attacker leaves reachable.  Pure.

RFC 7672 section 2.2.1 protects each host on its own, and RFC 8461 section 5 refuses only hosts that the
policy does not name: which of the others takes the mail is up to whoever can drop packets.
"""

from __future__ import annotations

import msgspec

from mailpath.attacks.reading import listener_reads, reads
from mailpath.exchanges import Failure, Stage
from mailpath.facts import MxHost, Session, StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, sending
from mailpath.judge.posture import DaneUse
from mailpath.judge.sending import Message
from mailpath.steps.certificate import secure_tlsa
from mailpath.steps.served import best_session
from mailpath.visible import visible

#: What an attacker likes best, first.
_BEST_FOR_ATTACKER = (
    Outcome.PLAINTEXT,
    Outcome.ENCRYPTED,
    Outcome.AUTHENTICATED,
    Outcome.UNKNOWN,
    Outcome.DEFERRED,
    Outcome.BOUNCED,
)


class OnlyReachable(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to the mail when `host` is the only one that can be reached."""

    host: str
    verdict: Verdict


def only_reachable(walk: Walk, host: MxHost) -> Walk:
    """The walk in which no address but those of `host` answers."""
    others = {address for other in walk.mx.hosts for address in other.addresses} - set(host.addresses)
    sessions = tuple(
        _dropped(session) if session.address in others else session for session in walk.starttls.sessions
    )
    starttls = msgspec.structs.replace(walk.starttls, sessions=sessions)
    return msgspec.structs.replace(walk, starttls=starttls)


def _dropped(session: Session) -> Session:
    return Session(
        address=session.address,
        port=session.port,
        sni=session.sni,
        profile=session.profile,
        not_tried=session.not_tried,
        failure=Failure.TIMEOUT,
        failed_at=Stage.CONNECT,
    )


def each_only_reachable(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, message: Message = Message.ORDINARY
) -> tuple[OnlyReachable, ...]:
    """Every host with an address as the only reachable one, in path order.

    Of those that the walk did not talk to, the first stands for all: nothing is known of any.
    """
    held = {session.address for session in walk.starttls.sessions if not session.not_tried}
    hosts = [host for host in walk.mx.hosts if host.addresses]
    unknown = [host for host in hosts if held.isdisjoint(host.addresses)]
    return tuple(
        OnlyReachable(
            host=host.name,
            verdict=sending.verdict(only_reachable(walk, host), posture, cached, message),
        )
        for host in hosts
        if host not in unknown[1:]
    )


def weakest_host(
    walk: Walk,
    posture: Posture,
    cached: StsPolicy | None = None,
    message: Message = Message.ORDINARY,
    *,
    held: StsPolicy | None = None,
) -> str | None:
    """The host that an attacker would leave reachable: the worst for the mail, or where the attacker reads
    at none for certain, one that may be; None without hosts.

    `held`: the policy that the sender has.  `cached`: of hosts that are equally bad for it, the one that is
    worse with this policy cached.
    """
    first = each_only_reachable(walk, posture, held, message)
    later = each_only_reachable(walk, posture, cached, message) if cached is not None else first
    ranked = [
        (*_rank(walk, entry), *_rank(walk, with_policy), position, entry.host)
        for position, (entry, with_policy) in enumerate(zip(first, later, strict=True))
    ]
    return str(min(ranked)[-1]) if ranked else None


def _rank(walk: Walk, entry: OnlyReachable) -> tuple[int, int]:
    """The attacker reads; it cannot be excluded, as where nobody talked to the host; it does not."""
    verdict = entry.verdict
    seen = 0 if reads(walk, verdict) else 1 if listener_reads(verdict) is None else 2
    return seen, _BEST_FOR_ATTACKER.index(verdict.outcome)


def weakest_path(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, message: Message = Message.ORDINARY
) -> str:
    """One sentence on the weakest host; "" unless it takes the mail where another host takes it better."""
    entries = {entry.host: entry.verdict for entry in each_only_reachable(walk, posture, cached, message)}
    taking = {host: verdict for host, verdict in entries.items() if verdict.outcome in _DELIVERED}
    weak = max(taking, key=lambda host: _DELIVERED.index(taking[host].outcome), default=None)
    if weak is None:
        return ""
    better = [host for host, verdict in taking.items() if verdict.outcome is not taking[weak].outcome]
    if not better:
        return ""
    best = min(better, key=lambda host: _DELIVERED.index(taking[host].outcome))
    stands = "is safe" if taking[best].outcome is Outcome.AUTHENTICATED else "is encrypted"
    others = [visible(host) for host in entries if host != weak]
    dropped = " and ".join(others) if len(others) <= 3 else f"the {len(others)} others"
    plain = taking[weak].outcome is Outcome.PLAINTEXT
    gets = "gets the mail in the clear" if plain else "gets it sent to a host that nobody authenticates"
    return (
        f"{visible(best)} {stands} under {posture.name}; {visible(weak)} {_lacks(walk, posture, weak)}: "
        f"whoever drops packets to {dropped} {gets}."
    )


#: Best first.
_DELIVERED = (Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.PLAINTEXT)


def _lacks(walk: Walk, posture: Posture, weak: str) -> str:
    """What the weak host is missing, as this sender sees it."""
    host = next(host for host in walk.mx.hosts if host.name == weak)
    if posture.dane is not DaneUse.OFF and secure_tlsa(walk, host) is None:
        return "has no TLSA"
    session = best_session(walk, weak, sni=weak)
    if session is not None and session.tls is None:
        return "offers no STARTTLS" if not session.offers_starttls else "gets no TLS up"
    return "has no certificate that this sender would check"
