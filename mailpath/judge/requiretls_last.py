"""REQUIRETLS where a host that will not do is a failure like any other: as Postfix has it from 3.11 on.

RFC 8689 leaves open what becomes of a message for which the hosts fail in different ways.  Here each failure
is temporary while another host remains, and the last one decides (smtp_connect.c, smtp_proto.c).  A host
whose certificate would not be matched anyway, at levels such as `may`, is not even connected to.  A handshake
that breaks off is no refusal: the message waits.  Where REQUIRETLS is not enforced
(`Posture.requiretls_policy`), a host must start TLS, or need not even do that.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.judge import attempts
from mailpath.judge.course import Course, Round
from mailpath.judge.destination import Target
from mailpath.judge.endings import AttemptEnd, common
from mailpath.judge.events import ENVELOPE, NOT_VERIFIED, REQUIRETLS, Event
from mailpath.judge.model import Attempt, Demand, DemandedBy, Mechanism, Outcome
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import RequiretlsPolicy
from mailpath.judge.sentences import refuse
from mailpath.judge.tls_field import asked, is_plain, untried

#: RFC 8689 section 4.2.1.  The better a host did, the greater the code.
NOT_AUTHENTICATED = "5.7.10"  # "Encryption needed"
NOT_ANNOUNCED = "5.7.30"  # "REQUIRETLS support required"

_NO_STARTTLS = (Event.STARTTLS_ABSENT, Event.STARTTLS_REFUSED)
_WITHOUT_MATCH = (Demand.NONE, Demand.MAY, Demand.ENCRYPT)


class _Refusal(NamedTuple):
    """Why a host will not do: `event`, and what it did, None where it was not connected to."""

    event: Event
    cause: Event | None


def is_announced(walk: Walk, addresses: tuple[str, ...]) -> bool:
    """Whether a server at one of `addresses` announced REQUIRETLS inside TLS."""
    return any(session.requiretls for session in walk.starttls.sessions if session.address in addresses)


class LastDecides(Course):
    """A pass with a message sent with REQUIRETLS."""

    _refused_last: Attempt | None = None  # nobody was tried after it: the message bounces

    @property
    def _enforced(self) -> bool:
        return self.posture.requiretls_policy is RequiretlsPolicy.ENFORCE

    def policy(self, target: Target) -> HostPolicy:
        policy = super().policy(target)
        if policy.skip is not None or policy.undetermined is not None:
            return policy
        if self._enforced and not _is_matched(policy):
            return replace(policy, skip=Event.REQUIRETLS_UNAUTHENTICATED)
        if self.posture.requiretls_policy is RequiretlsPolicy.STARTTLS:
            return replace(policy, no_fallback=True)
        by_message = policy.by is DemandedBy.LEVEL and self._enforced and self.posture.requiretls_verifies
        return replace(policy, by=DemandedBy.REQUIRETLS) if by_message else policy

    def skip(self, target: Target, policy: HostPolicy) -> bool:
        self._refused_last = None
        if policy.skip is not Event.REQUIRETLS_UNAUTHENTICATED:
            return super().skip(target, policy)
        untouched = Attempt(
            host=target.host.name,
            address=None,
            outcome=Outcome.DEFERRED,
            reason="",
            event=policy.skip,
            tls_field=untried(self.posture, policy),
        )
        self._refuse(target, policy, untouched, _Refusal(policy.skip, None))
        return False

    def take(self, target: Target, policy: HostPolicy, ending: AttemptEnd, *, last: bool) -> bool:
        self._refused_last = None
        refusal = self._refusal(target, ending)
        if refusal is None:
            either = tuple(self._as_required(target, each, last=last) for each in ending.either)
            if either:
                ending = replace(ending, either=either, outcome=common(either))
            return super().take(target, policy, ending, last=last)
        tried = self.told(attempts.tried, target, ending.policy or policy, ending)
        if is_plain(ending):  # before it is decided to do without TLS
            tried = replace(tried, tls_field=untried(self.posture, policy))
        self._refuse(target, policy, tried, refusal, ending)
        return False

    def _as_required(self, target: Target, ending: AttemptEnd, *, last: bool) -> AttemptEnd:
        """An ending that there may be."""
        if self._refusal(target, ending) is None:
            return ending
        return replace(ending, outcome=Outcome.BOUNCED if last else Outcome.DEFERRED)

    def _refusal(self, target: Target, ending: AttemptEnd) -> _Refusal | None:
        """Why the host will not do; None where it may, or the message waits for another reason."""
        if (
            ending.outcome is Outcome.UNKNOWN
            or self.posture.requiretls_policy is RequiretlsPolicy.OPPORTUNISTIC
        ):
            return None
        met = ending.cause if is_plain(ending) else ending.event
        if met in _NO_STARTTLS:
            return _Refusal(Event.REQUIRETLS_UNAUTHENTICATED, met)
        if not self._enforced:
            return None
        if met in NOT_VERIFIED:
            return _Refusal(Event.REQUIRETLS_UNAUTHENTICATED, met)
        goes_on = met is Event.SENT_TLS or met in ENVELOPE
        assert target.address is not None, "a session has an address"
        if goes_on and not is_announced(self.walk, (target.address,)):
            return _Refusal(Event.REQUIRETLS_UNANNOUNCED, met)
        return None

    def _refuse(
        self,
        target: Target,
        policy: HostPolicy,
        tried: Attempt,
        refusal: _Refusal,
        ending: AttemptEnd | None = None,
    ) -> None:
        announced = refusal.event is not Event.REQUIRETLS_UNANNOUNCED
        # A host without STARTTLS announces nothing, either.
        unable = not announced or refusal.cause is Event.STARTTLS_ABSENT
        code = NOT_ANNOUNCED if unable else NOT_AUTHENTICATED
        refused = replace(
            tried,
            outcome=Outcome.DEFERRED,
            event=refusal.event,
            cause=refusal.cause,
            demand=Demand.AUTHENTICATE,
            demanded_by=DemandedBy.REQUIRETLS,
            status_code=f"4{code[1:]}",
            mechanism=Mechanism.NONE,
            reason=refuse(
                self.posture.agent.family,
                refusal.cause if announced else refusal.event,
                host=target.host.name,
                address=target.address or "",
                level=asked(self.posture, policy),
                reply=ending.reply if ending is not None else None,
                why=tried.why or tried.reason,
            ),
        )
        self.decisive = self._refused_last = self.note(refused)

    def note(self, new: Attempt) -> Attempt:
        if new.tls_field is not None:
            new = replace(new, tls_field=f"{new.tls_field}/{self._feature(new)}")
        return super().note(new)

    def _feature(self, tried: Attempt) -> str:
        """What the log's field says of REQUIRETLS itself."""
        if tried.event in REQUIRETLS:
            if tried.event is Event.REQUIRETLS_UNANNOUNCED:
                return "!requiretls:none"
            return f"!requiretls:{'nostarttls' if tried.cause in _NO_STARTTLS else 'nocertmatch'}"
        plain = tried.event is Event.SENT_PLAIN or (tried.event in ENVELOPE and tried.tls_version is None)
        if not self._enforced and plain:
            return "requiretls:none"
        sent = tried.event is Event.SENT_TLS or tried.event in ENVELOPE
        if not self._enforced and (tried.event in NOT_VERIFIED or (sent and tried.demand in _WITHOUT_MATCH)):
            return "requiretls:nocertmatch"
        if not sent:
            return "requiretls?"
        addresses = (tried.address,) if tried.address is not None else ()
        return "requiretls" if is_announced(self.walk, addresses) else "requiretls:none"

    def result(self) -> Round:
        refused = self._refused_last
        if refused is not None and refused is self.decisive:
            code = f"5{(refused.status_code or NOT_AUTHENTICATED)[1:]}"
            bounced = replace(refused, outcome=Outcome.BOUNCED, status_code=code)
            self.attempts = tuple(bounced if each is refused else each for each in self.attempts)
            self.decisive, self._refused_last = bounced, None
        return super().result()


def _is_matched(policy: HostPolicy) -> bool:
    """The certificate of a host under `policy` is matched; with TLSA records nobody knows as yet that none of
    them can be used.
    """
    return policy.demand is Demand.AUTHENTICATE or bool(policy.records)
