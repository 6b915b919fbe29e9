"""Which result type of RFC 8460 section 4.3 a failure is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from cryptography import x509

from mailpath.assess.faults import policy_lost
from mailpath.facts import Found, Walk
from mailpath.judge.destination import Answer, Target, answer
from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.patience import gave_up_on_policy
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import Posture
from mailpath.judge.session import Ending
from mailpath.match import dane, pkix, sts
from mailpath.visible import visible

_BY_EVENT: Mapping[Event, str] = {
    Event.TLSA_FAILED: "dnssec-invalid",
    Event.TLSA_MISSING: "dane-required",
    Event.NOT_SECURE: "dane-required",
    Event.HOST_NOT_SECURE: "dane-required",
    Event.TLSA_UNUSABLE: "tlsa-invalid",
    Event.STS_MX_UNLISTED: "validation-failure",
    Event.STS_UNREADABLE: "sts-policy-invalid",
    Event.STARTTLS_ABSENT: "starttls-not-supported",
    Event.STARTTLS_REFUSED: "starttls-not-supported",
    Event.STARTTLS_LOST: "starttls-not-supported",
    Event.HANDSHAKE_FAILED: "validation-failure",
    Event.TLS_LOST: "validation-failure",
}

#: What ends a session in which TLS had its say: it failed in TLS only if there was none.
ENVELOPE = frozenset({Event.MAIL_REFUSED, Event.MAIL_LOST, Event.RCPT_REFUSED, Event.RCPT_LOST})


def result_type(walk: Walk, target: Target, policy: HostPolicy, ending: Ending) -> str:
    """The result type of a session that failed, or went on in the clear."""
    event = policy.skip or ending.event
    if event is Event.SENT_PLAIN or event in ENVELOPE:
        return _in_clear(ending)
    if event in NOT_VERIFIED:
        return _certificate(walk, policy, ending)
    return _BY_EVENT.get(event, "validation-failure")


def _in_clear(ending: Ending) -> str:
    """STARTTLS was not there, or the handshake failed and the sender did without."""
    reply = ending.session.starttls if ending.session is not None else None
    if reply is not None and reply.code is not None and reply.code // 100 == 2:
        return "validation-failure"
    return "starttls-not-supported"


def _certificate(walk: Walk, policy: HostPolicy, ending: Ending) -> str:
    """Why a certificate was refused.  Where only DANE-EE records stand, nothing but them can be wrong."""
    session = ending.session
    chain = session.tls.chain if session is not None and session.tls is not None else ()
    if not chain:
        return "certificate-not-trusted"
    if policy.records:
        anchors = [record for record in policy.records if record.usage == dane.DANE_TA]
        if not anchors or "expired" not in ending.why:
            return "tlsa-invalid"
        return "certificate-expired"
    if _expired(chain[0], walk.at):
        return "certificate-expired"
    if not pkix.verify(chain, walk.roots, walk.at).trusted:
        return "certificate-not-trusted"
    return "certificate-host-mismatch"


def _expired(certificate: bytes, at: int) -> bool:
    try:
        return x509.load_der_x509_certificate(certificate).not_valid_after_utc < datetime.fromtimestamp(
            at, UTC
        )
    except (ValueError, TypeError, OverflowError, x509.InvalidVersion):
        return False


def fetch_result(walk: Walk, posture: Posture) -> tuple[str, str] | None:
    """(result type, reason) where a policy was announced and could not be had by this sender."""
    facts = walk.sts
    if not posture.sts or answer(facts.txt, posture) is not Answer.FOUND or facts.fetch is None:
        return None
    if sts.parse_txt(facts.texts, posture.agent.sts_parsing).id is None:
        return None
    fetch = facts.fetch
    if (facts.found is Found.FOUND and facts.policy is not None) or policy_lost(walk):
        return None
    if gave_up_on_policy(walk, posture):
        return None
    if fetch.verify_error is not None:
        return "sts-webpki-invalid", visible(fetch.verify_error, limit=200)
    if fetch.failure is not None:
        return "sts-policy-fetch-error", visible(fetch.detail or fetch.failure.value, limit=200)
    if fetch.status != 200:
        return "sts-policy-fetch-error", f"status {fetch.status}"
    parsed = sts.parse_policy(fetch.body, fetch.content_type, posture.agent.sts_parsing)
    return None if parsed.policy is not None else ("sts-policy-invalid", visible(parsed.reason, limit=200))
