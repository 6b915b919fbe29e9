"""Which of a walk's sessions speaks: for a sender at an address, for a host, for nobody.  Pure."""

from __future__ import annotations

from collections.abc import Collection

from mailpath.exchanges import Failure, Stage, TlsProfile
from mailpath.facts import MxHost, Session, Walk


def host_named(walk: Walk, name: str) -> MxHost | None:
    """The MX host of that name."""
    return next((host for host in walk.mx.hosts if host.name == name), None)


def hosts_logged(walk: Walk, names: Collection[str | None]) -> list[MxHost]:
    """The MX hosts that a verdict calls by these names; some senders log where a host's CNAME leads."""
    return [host for host in walk.mx.hosts if host.name in names or host.canonical in names]


def sessions_of(walk: Walk, host: MxHost) -> tuple[Session, ...]:
    """All sessions held with the host, by address in the order tried."""
    sessions = walk.starttls.sessions
    return tuple(each for address in host.addresses for each in sessions if each.address == address)


def session_at(
    walk: Walk, address: str, sni: str | None, profile: TlsProfile = TlsProfile.FULL
) -> Session | None:
    """The session that a sender with this SNI would have had with the address; where none was held, that with
    another SNI (servers seldom tell them apart).
    """
    exact = walk.starttls.told(address, sni, profile)
    if exact is not None:
        return exact
    others = (each for each in walk.starttls.sessions if each.address == address and each.profile is profile)
    return min(
        others,
        key=lambda session: (bool(session.not_tried), (session.sni is None) is (sni is not None)),
        default=None,
    )


def with_certificate(walk: Walk, address: str, sni: str | None) -> Session | None:
    """The same of a sender that authenticates, which offers no anonymous suite (RFC 7672 section 8.2)."""
    session = session_at(walk, address, sni)
    if session is None or session.tls is None or session.tls.chain:
        return session
    named = session_at(walk, address, sni, TlsProfile.AUTHENTICATED)
    return named if named is not None and named.tls is not None else session


def got_through(session: Session) -> bool:
    """The connect succeeded, whatever came then: port 25 leaves this machine."""
    return not session.not_tried and session.failed_at is not Stage.CONNECT


def why_untried(walk: Walk, host: MxHost) -> str:
    """Why no session speaks for the host, where a bound of ours is the reason; or ""."""
    return next((each.not_tried for each in sessions_of(walk, host) if each.not_tried), "")


def cut_off(walk: Walk, host: MxHost) -> bool:
    """A bound on the whole walk is why there was no session."""
    return any(each.failure is Failure.NOT_TRIED for each in sessions_of(walk, host))
