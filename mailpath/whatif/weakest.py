"""The weakest MX host: a path is as strong as the host that an attacker leaves reachable.  Pure.

RFC 7672 section 2.2.1 protects each host on its own, and RFC 8461 section 5 refuses only hosts that the
policy does not name: which of the others takes the mail is up to whoever can drop packets.
"""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.assess.reached import Reached
from mailpath.assess.standing import standing_of
from mailpath.assess.tlsa import secure_set, tlsa_of
from mailpath.attacks.exposure import may_read, reads
from mailpath.exchanges import Failure, Stage
from mailpath.facts import MxHost, Session, StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, message_options
from mailpath.judge.message_options import Message
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse
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


def only_reachable(walk: Walk, host: MxHost) -> Walk:
    """The walk in which no address but those of `host` answers."""
    others = {address for other in walk.mx.hosts for address in other.addresses} - set(host.addresses)
    sessions = tuple(
        session if session.address not in others else _drop_packets(session)
        for session in walk.starttls.sessions
    )
    return replace(walk, starttls=replace(walk.starttls, sessions=sessions))


def _drop_packets(session: Session) -> Session:
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
) -> dict[str, Verdict]:
    """What happens to the mail when a host is the only one that can be reached, by host, in path order.

    Of those that the walk did not talk to, the first stands for all: nothing is known of any.
    """
    held = {session.address for session in walk.starttls.sessions if not session.not_tried}
    hosts = [host for host in walk.mx.hosts if host.addresses]
    unknown = [host for host in hosts if held.isdisjoint(host.addresses)]
    return {
        host.name: message_options.verdict(only_reachable(walk, host), posture, cached, message)
        for host in hosts
        if host not in unknown[1:]
    }


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
    return min(first, key=lambda host: (_rank(walk, first[host]), _rank(walk, later[host])), default=None)


def _rank(walk: Walk, verdict: Verdict) -> tuple[bool, bool, int]:
    """The attacker reads; it cannot be excluded, as where nobody talked to the host; it does not."""
    return (
        not reads(walk, verdict),
        not may_read(walk, verdict),
        _BEST_FOR_ATTACKER.index(verdict.outcome),
    )


def weakest_path(
    walk: Walk, posture: Posture, cached: StsPolicy | None = None, message: Message = Message.ORDINARY
) -> str:
    """One sentence on the weakest host; "" unless it takes the mail where another host takes it better."""
    entries = each_only_reachable(walk, posture, cached, message)
    taking = {host: verdict for host, verdict in entries.items() if verdict.outcome in DELIVERED}
    weak = min(taking, key=lambda host: _BEST_FOR_ATTACKER.index(taking[host].outcome), default=None)
    if weak is None:
        return ""
    better = [host for host, verdict in taking.items() if verdict.outcome is not taking[weak].outcome]
    if not better:
        return ""
    best = max(better, key=lambda host: _BEST_FOR_ATTACKER.index(taking[host].outcome))
    stands = "is protected" if taking[best].outcome is Outcome.AUTHENTICATED else "is encrypted"
    others = [visible(host) for host in entries if host != weak]
    dropped = " and ".join(others) if len(others) <= 3 else f"the {len(others)} others"
    plain = taking[weak].outcome is Outcome.PLAINTEXT
    gets = "gets the mail in the clear" if plain else "diverts it to a host that nobody authenticates"
    return (
        f"{visible(best)} {stands} under {posture.name}; {visible(weak)} {_lacks(walk, posture, weak)}: an"
        f" attacker who blocks {dropped} {gets}."
    )


def _lacks(walk: Walk, posture: Posture, weak: str) -> str:
    """What the weak host is missing, as this sender sees it."""
    host = next(host for host in walk.mx.hosts if host.name == weak)
    if posture.dane is not DaneUse.OFF and secure_set(tlsa_of(walk, host.name)) is None:
        return "has no TLSA records"
    standing = standing_of(walk, host)
    if standing is not None and standing.reached is not Reached.UP:
        return "offers no STARTTLS" if standing.reached is Reached.NOT_OFFERED else "fails to start TLS"
    return "has no certificate that this sender would check"
