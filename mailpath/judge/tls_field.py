"""The field `tls=` of a delivery log: what was asked of the session, and whether that came about.

Postfix logs it from 3.11 on (postconf(5), smtp_log_tls_feature_status): the level that holds for the host,
"may", "dane"; "!dane" where the host did not satisfy it, "dane?" where the session ended before that was
known; behind a colon what came about in its place, "may:none", "dane:encrypt".  "unknown?": it could not be
worked out what to ask for.  Of a message sent with REQUIRETLS the same follows behind a slash.
"""

from __future__ import annotations

from mailpath.judge.endings import AttemptEnd
from mailpath.judge.events import ENVELOPE, NOT_VERIFIED, Event
from mailpath.judge.model import Demand, DemandedBy
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import Posture

#: The host refused TLS, or its certificate did not do.
_REFUSED = frozenset({Event.STARTTLS_ABSENT, Event.STARTTLS_REFUSED, *NOT_VERIFIED})
#: The session came past the handshake, or past the decision to do without.
_PAST = frozenset({Event.SENT_TLS, Event.SENT_PLAIN, Event.TLS_LOST, Event.TLS_EHLO_REFUSED, *ENVELOPE})


def asked(posture: Posture, policy: HostPolicy) -> str:
    """The word for what is asked of a host."""
    words = posture.agent.tls_field_words
    if policy.by is DemandedBy.MTA_STS:
        return words.policy or "secure"
    if policy.by is not DemandedBy.DANE:
        return posture.level.value
    if policy.demand is Demand.ENCRYPT and not policy.records:
        return "encrypt"
    word = words.dane_only if policy.mandatory else words.dane
    return (words.half_dane if policy.insecure_mx else word) or "dane"


def untried(posture: Posture, policy: HostPolicy) -> str | None:
    """The field of a host that was not connected to; None where this log has none."""
    if posture.agent.tls_field_words.dane is None:
        return None
    known = policy.skip in (None, Event.STS_MX_UNLISTED, Event.REQUIRETLS_UNAUTHENTICATED)
    return f"{asked(posture, policy)}?" if known else "unknown?"


def decided(posture: Posture, policy: HostPolicy, ending: AttemptEnd) -> str | None:
    """The field of a session that ended so; None where this log has none."""
    if posture.agent.tls_field_words.dane is None:
        return None
    word = asked(posture, policy)
    if ending.event in _REFUSED and policy.demand is not Demand.MAY:
        return f"!{word}"
    if ending.event not in _PAST:
        return f"{word}?"
    if is_plain(ending):
        return word if policy.demand is Demand.NONE else f"{word}:none"
    return f"{word}:encrypt" if policy.records and policy.demand is Demand.ENCRYPT else word


def is_plain(ending: AttemptEnd) -> bool:
    """The mail went, or was to go, in the clear."""
    in_tls = ending.cause is None and ending.session is not None and ending.session.tls is not None
    return ending.event is Event.SENT_PLAIN or (ending.event in ENVELOPE and not in_tls)
