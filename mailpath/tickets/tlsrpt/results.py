"""Which result type of RFC 8460 section 4.3 a failure is."""

from __future__ import annotations

from collections.abc import Mapping

from mailpath.assess.faults import policy_lost
from mailpath.facts import Found, Walk
from mailpath.judge.destination import Answer, answer
from mailpath.judge.events import ENVELOPE, NOT_VERIFIED, Event
from mailpath.judge.model import DemandedBy
from mailpath.judge.patience import gave_up_on_policy
from mailpath.judge.posture import Posture
from mailpath.match import sts
from mailpath.match.sts_record import parse_txt
from mailpath.visible import visible

_BY_EVENT: Mapping[Event, str] = {
    Event.TLSA_FAILED: "dnssec-invalid",
    Event.DANE_UNKNOWN: "dnssec-invalid",
    Event.TLSA_MISSING: "dane-required",
    Event.NOT_SECURE: "dane-required",
    Event.HOST_NOT_SECURE: "dane-required",
    Event.TLSA_UNUSABLE: "tlsa-invalid",
    Event.STS_MX_UNLISTED: "validation-failure",
    Event.STS_UNREADABLE: "sts-policy-invalid",
    Event.STARTTLS_ABSENT: "starttls-not-supported",
    Event.STARTTLS_REFUSED: "starttls-not-supported",
    Event.STARTTLS_LOST: "starttls-not-supported",
    **dict.fromkeys(NOT_VERIFIED, "certificate-not-trusted"),
    Event.CERTIFICATE_EXPIRED: "certificate-expired",
    Event.CERTIFICATE_NAME_MISMATCH: "certificate-host-mismatch",
}
#: What a certificate is refused for although TLSA records are there to accept it.
_BY_TLSA = frozenset(NOT_VERIFIED) - {Event.CERTIFICATE_ABSENT, Event.CERTIFICATE_EXPIRED}


def result_type(event: Event, cause: Event | None, by: DemandedBy | None) -> str:
    """The result type of a session that failed, or went on in the clear on account of `cause`.

    `by`: on whose account TLS was demanded.
    """
    if event in _BY_TLSA and by is DemandedBy.DANE:
        return "tlsa-invalid"
    went_on = event is Event.SENT_PLAIN or event in ENVELOPE
    return _BY_EVENT.get(cause if went_on and cause is not None else event, "validation-failure")


def fetch_result(walk: Walk, posture: Posture) -> tuple[str, str] | None:
    """(result type, reason) where a policy was announced and could not be had by this sender."""
    facts = walk.sts
    if not posture.sts or answer(facts.txt, posture) is not Answer.FOUND or facts.fetch is None:
        return None
    if parse_txt(facts.texts, posture.agent.sts_parsing).id is None:
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
