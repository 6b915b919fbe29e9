"""Which session, and which names, speak for an MX host: read by several steps.  Pure."""

from __future__ import annotations

from mailpath.exchanges import TlsProfile
from mailpath.facts import MxHost, Session, Walk


def host_named(walk: Walk, name: str) -> MxHost | None:
    """The MX host of that name."""
    return next((host for host in walk.mx.hosts if host.name == name), None)


def sessions_of(walk: Walk, host: MxHost) -> tuple[Session, ...]:
    """All sessions held with the host, by address in the order tried."""
    return tuple(
        session
        for address in host.addresses
        for session in walk.starttls.sessions
        if session.address == address
    )


def best_session(walk: Walk, name: str, *, sni: str | None) -> Session | None:
    """The session that shows a certificate, `sni` preferred; without one, the session that got furthest."""
    host = host_named(walk, name)
    if host is None:
        return None
    held = [
        session
        for session in sessions_of(walk, host)
        if not session.not_tried and not _withheld(walk, session.address, sni)
    ]
    if not held:
        return None
    return max(
        held,
        key=lambda session: (
            session.tls is not None and bool(session.tls.chain),
            session.sni == sni,
            session.sni == name,
            session.tls is not None,
            session.starttls is not None,
            session.ehlo is not None,
            session.greeting is not None,
            session.profile is TlsProfile.FULL,
            -host.addresses.index(session.address),
        ),
    )


def untried_at(walk: Walk, name: str) -> str:
    """Why no session speaks for the MX host of that name, where a bound of ours is the reason; or ""."""
    host = host_named(walk, name)
    held = sessions_of(walk, host) if host is not None else ()
    return next((session.not_tried for session in held if session.not_tried), "")


def _withheld(walk: Walk, address: str, sni: str | None) -> bool:
    """What the server shows under this name was not asked: under another it may show something else."""
    session = walk.starttls.told(address, sni)
    return session is not None and bool(session.not_tried)


def dane_names(walk: Walk, host: str, base: str) -> tuple[str, ...]:
    """Reference identifiers for DANE-TA: TLSA base domain, then next-hop domain and its expansion
    (RFC 7672 section 3.2.3; the name in the MX record only where it is the base)."""
    expanded = walk.mx.lookup.canonical
    names = (base, walk.path.recipient, expanded)
    if walk.mx.lookup.rdata == ():  # implicit MX: the host is the next-hop domain
        names = (base, host, walk.path.recipient)
    return tuple(dict.fromkeys(names))
