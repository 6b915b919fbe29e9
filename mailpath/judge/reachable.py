"""What becomes of the mail where an attacker drops the packets to every MX host but one.  Pure."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage
from mailpath.facts import MxHost, Session, StsPolicy, Walk
from mailpath.judge import Outcome, Posture, Verdict, message_options
from mailpath.judge.message_options import Message

#: What an attacker likes best, first.
BEST_FOR_ATTACKER = (
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
