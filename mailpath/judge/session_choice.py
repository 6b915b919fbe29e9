"""Which of the walk's sessions with an address this sender would have had: its SNI, its suites.  Pure."""

from __future__ import annotations

import msgspec

from mailpath.assess.sessions import session_at
from mailpath.exchanges import Failure, Stage, TlsProfile
from mailpath.facts import Session, Walk
from mailpath.judge.destination import Target
from mailpath.judge.habits import Suites
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import shown
from mailpath.match import usage

_PROFILES = {
    Suites.OPENSSL: TlsProfile.FULL,
    Suites.OPENSSL_2: TlsProfile.OPENSSL_2,
    Suites.GNUTLS: TlsProfile.GNUTLS,
    Suites.GO: TlsProfile.GO,
}


def choose_session(walk: Walk, posture: Posture, target: Target, policy: HostPolicy) -> Session | None:
    """The session this sender would have had: its SNI, and no suite that it does not offer."""
    assert target.address is not None
    session = session_at(walk, target.address, policy.sni)
    if session is None or session.tls is None:
        return session
    if not session.tls.chain:
        if offers_anonymous(posture, policy):
            return session
        profile, only = TlsProfile.AUTHENTICATED, "anonymous cipher suites"
    else:
        profile = _PROFILES[posture.agent.suites]
        if usage.offers(profile, session.tls):
            return session
        only = "cipher suites like " + shown(session.tls.cipher)
    other = session_at(walk, target.address, policy.sni, profile)
    if other is not None:
        return other
    if profile is TlsProfile.OPENSSL_2:
        return session  # most groups are large enough
    # Nothing else was seen; without that there is no common cipher.
    return msgspec.structs.replace(
        session,
        tls=None,
        failure=Failure.TLS,
        failed_at=Stage.HANDSHAKE,
        limit=None,
        detail=f"the server accepts only {only}",
    )


def offers_anonymous(posture: Posture, policy: HostPolicy) -> bool:
    return posture.anonymous_suites and not (policy.strict or policy.no_anonymous)
