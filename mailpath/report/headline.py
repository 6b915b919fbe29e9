"""The one line that answers a ticket: where the mail stands, under which posture, at which host, and why.

A sender's log says "Server certificate not verified"; the walk knows what was wrong with it.
"""

from __future__ import annotations

from collections.abc import Collection

from mailpath.assess.certificate import Problem, pkix_problem
from mailpath.assess.sessions import hosts_logged
from mailpath.assess.standing import listed, standing_at
from mailpath.assess.tlsa import (
    NotAsked,
    dane_names,
    failed_lookup,
    has_insecure_mx,
    secure_set,
    surely_none,
    tlsa_bases,
    tlsa_of,
    usable,
)
from mailpath.facts import Found, HostTlsa, MxHost, TlsaSet, Walk
from mailpath.judge import Attempt, Demand, DemandedBy, Event, Mechanism, Outcome, Posture, Verdict
from mailpath.judge.events import NOT_VERIFIED
from mailpath.judge.message_options import Message
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse
from mailpath.match import dane
from mailpath.match.dane import Mismatch
from mailpath.report.explaining import explaining
from mailpath.report.provenance import marks
from mailpath.report.reasons import rules
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.wording.phrases import clause, count

_MECHANISMS = {
    Mechanism.DANE_EE: "DANE-EE",
    Mechanism.DANE_TA: "DANE-TA",
    Mechanism.PKIX: "a trusted certificate",
    Mechanism.MTA_STS: "MTA-STS",
}

#: Why TLSA records accept nothing; the words follow a host's name.
_DANE = {
    Mismatch.RECORD: "its certificate matches none of its TLSA records",
    Mismatch.ANCHOR_ABSENT: "its TLSA records name a CA that is not in the chain it sends",
    Mismatch.ANCHOR_REFUSES: "its certificate is not valid under the CA that its TLSA records name",
}
#: Why no authority vouches for a certificate.
_UNTRUSTED = {
    Problem.SELF_SIGNED: "its certificate is self-signed",
    Problem.INCOMPLETE: "it does not send the intermediate certificate",
}
_CERTIFICATE = {
    Event.TLSA_MISMATCH: "its TLSA records do not accept its certificate",
    Event.CERTIFICATE_ABSENT: "it presents no certificate",
    Event.CERTIFICATE_EXPIRED: "its certificate has expired",
    Event.CERTIFICATE_NOT_YET_VALID: "its certificate is not yet valid",
    Event.CERTIFICATE_WEAK: "its certificate is too weak",
    Event.CERTIFICATE_NAME_MISMATCH: "its certificate is for another name",
    Event.CERTIFICATE_UNTRUSTED: "its certificate is not trusted",
}
#: The domain has no host to send to, and a finding says why.
_DOMAIN = (Event.MX_FAILED, Event.NULL_MX, Event.NO_SUCH_DOMAIN, Event.NO_ADDRESS)
#: Rules about what DNS and the policy make of a host: they say themselves why it was not authenticated.
_DNS_OR_POLICY = frozenset(
    {
        "dane-rules",
        "dane-unusable-delivers",
        "dane-with-insecure-mx-and-sts",
        "insecure-mx",
        "precedence",
        "sts-on-first-contact",
        "sts-parsing",
        "sts-with-unusable-tlsa",
        "tlsa-at-alias",
        "tlsa-at-target",
        "tlsa-of-insecure-target",
    }
)
#: Why a sender sees no STARTTLS.
_ABSENT = {
    "TLS021": "STARTTLS is hidden on the way",
    "TLS017": "EHLO is refused",
    "TLS002": "STARTTLS is not offered",
}
_WITHOUT_TLS = {
    Event.STARTTLS_ABSENT: "the sender sees no STARTTLS",
    Event.STARTTLS_REFUSED: "STARTTLS is refused",
    Event.HANDSHAKE_FAILED: "the TLS handshake fails",
    Event.TLS_LOST: "the session breaks inside TLS",
    Event.STARTTLS_LOST: "the session ends at STARTTLS",
    Event.TLS_EHLO_REFUSED: "EHLO is refused inside TLS",
}


def headline(result: Result, *, named: bool = True) -> str:
    """For example "b.example: deferred by postfix-dane at mx1.b.example: TLSA records match none of its
    certificates (4.7.5); replayed from a capture"; always one line.
    `named`: what the walk rests on is named; that it is no evidence always is."""
    return f"{visible(result.walk.path.recipient)}: {answer(result) if named else verdict_sentence(result)}"


def answer(result: Result) -> str:
    """The same without the domain."""
    told = (
        *(("documented, not measured",) if result.chosen.documented_only else ()),
        *marks(result.provenance),
        *(("taken on trust",) if result.doubt and result.on_trust else ()),
    )
    return "; ".join((verdict_sentence(result), *([", ".join(told)] if told else [])))


def verdict_sentence(result: Result) -> str:
    """The same without what the walk rests on, unless it is for that no evidence."""
    if result.withheld(result.posture):
        return f"not evidence: {result.doubt}; the capture says {_said(result)}"
    return _said(result)


def _said(result: Result) -> str:
    verdict = result.verdict
    at = f" at {visible(verdict.host)}" if verdict.host else ""
    if verdict.outcome is Outcome.UNKNOWN:
        possible = " or ".join(outcome.value for outcome in verdict.possible)
        shown = f" ({possible})" if possible else ""
        return f"unknown for {result.posture}{shown}: {verdict.reason.rstrip('.')}"
    why = cause(result, result.chosen, verdict)
    code = f" ({verdict.status_code})" if verdict.status_code else ""
    return f"{phrase(verdict)} by {result.posture}{at}{f': {why}' if why else ''}{code}"


def phrase(verdict: Verdict) -> str:
    """What happens, in words that fit before "by POSTURE"."""
    later = " on a later retry" if verdict.after_retry else ""
    if verdict.outcome is Outcome.PLAINTEXT:
        return f"delivered in plaintext{later}"
    if verdict.outcome is Outcome.ENCRYPTED:
        return f"delivered encrypted but unauthenticated{later}"
    if verdict.outcome is Outcome.AUTHENTICATED:
        return f"delivered authenticated{later}"
    return verdict.outcome.value


def cause(result: Result, posture: Posture, verdict: Verdict) -> str:
    """Why, in a few plain words without a full stop; "" where there is nothing to explain."""
    decided, passed = rules(posture, verdict), _passed_over(result, posture, verdict)
    if decided and verdict.outcome is Outcome.ENCRYPTED and not _DNS_OR_POLICY.isdisjoint(verdict.because):
        return "; ".join((decided, *passed))
    return "; ".join(part for part in (_facts(result, posture, verdict), decided, *passed) if part)


def _passed_over(result: Result, posture: Posture, verdict: Verdict) -> tuple[str, ...]:
    """Why mail did not go to a better host; () where it did, or went nowhere."""
    hosts = {each.host: each for each in reversed(verdict.attempts) if each.host != verdict.host}
    if verdict.outcome not in DELIVERED or not hosts:
        return ()
    host, first = list(hosts.items())[-1]
    more = f" (and {count(len(hosts) - 1, 'more host')})" if len(hosts) > 1 else ""
    why = first.why if first.event is Event.CONNECT_FAILED and first.why else _facts(result, posture, first)
    return (f"{visible(host)} was skipped{more}: {clause(why)}",)


def _facts(result: Result, posture: Posture, verdict: Attempt | Verdict) -> str:
    """What was met on the path.  Findings explain it only where no rule of this sender does: they are about
    a sender that follows the standards.  What is wrong with a certificate is the same for all.
    """
    host = visible(verdict.host) if verdict.host else ""
    found = () if verdict.because else result.findings
    codes = {each.code for each in found if each.subject == host}
    if verdict.event in NOT_VERIFIED:
        return _certificate(result.walk, verdict)
    if verdict.outcome is Outcome.AUTHENTICATED:
        return _MECHANISMS.get(verdict.mechanism, "")
    if verdict.outcome is Outcome.ENCRYPTED:
        return _unauthenticated(result, posture, verdict)
    if verdict.outcome is Outcome.PLAINTEXT:
        if verdict.cause is None:
            return "the sender does not use TLS"
        seen = _first(_ABSENT, codes) if verdict.cause is Event.STARTTLS_ABSENT else ""
        return seen or _WITHOUT_TLS.get(verdict.cause) or _CERTIFICATE[verdict.cause]
    if verdict.event in _DOMAIN:
        code = explaining(verdict)[0]
        message = next((each.message for each in found if each.code == code), None)
        return clause(message) if message is not None else verdict.reason.rstrip(".")
    return verdict.reason.rstrip(".")


def _first(words: dict[str, str], codes: Collection[str]) -> str:
    return next((text for code, text in words.items() if code in codes), "")


def _certificate(walk: Walk, verdict: Attempt | Verdict) -> str:
    """Why a certificate was refused, on whose account."""
    host = next(iter(hosts_logged(walk, [verdict.host])), None)
    refused = _refused(walk, host, verdict) if host is not None and verdict.address is not None else ""
    refused = refused or _CERTIFICATE[verdict.event]
    if verdict.event is Event.CERTIFICATE_NAME_MISMATCH and verdict.why:
        refused = verdict.why
    if verdict.demanded_by is not DemandedBy.MTA_STS:
        return refused
    unlisted = host is not None and walk.sts.policy is not None and not listed(walk, host.name)
    if unlisted and not verdict.because:
        return "the MTA-STS policy does not list it"
    return f"{refused}, and the MTA-STS policy is enforced"


def _refused(walk: Walk, host: MxHost, verdict: Attempt | Verdict) -> str:
    """What was wrong with the certificate that the host showed at the address; "" where that is not known."""
    standing = standing_at(walk, host, verdict.address or "")
    if standing is None or not standing.chain:
        return ""
    if verdict.event is Event.CERTIFICATE_UNTRUSTED:
        problem = pkix_problem(walk, host.name, standing.chain)
        return _UNTRUSTED.get(problem[0], "") if problem is not None else ""
    found = secure_set(tlsa_of(walk, host.name))
    if verdict.event is not Event.TLSA_MISMATCH or found is None:
        return ""
    mismatch = dane.match(found.records, standing.chain, dane_names(walk, found.base), walk.at).mismatch
    return _DANE[mismatch] if mismatch is not None else ""


def _unauthenticated(result: Result, posture: Posture, verdict: Attempt | Verdict) -> str:
    """Why mail went over TLS without the host having been authenticated."""
    if verdict.mechanism is not Mechanism.NONE:
        return f"{_MECHANISMS[verdict.mechanism]} matches, but the MX record is unsigned"
    if verdict.demand is Demand.AUTHENTICATE:
        return "its TLSA records name another host, but a trusted certificate is enough for the sender"
    host = next(iter(hosts_logged(result.walk, [verdict.host])), None)
    found = secure_set(tlsa_of(result.walk, host.name)) if host is not None else None
    by_dane = verdict.demanded_by is not DemandedBy.DANE and usable(found)
    without = _set_aside(result) if by_dane else _without_dane(result.walk, host, found)
    missing = [without] if posture.dane is not DaneUse.OFF else []
    missing += [_without_policy(result, posture)] if posture.sts else []
    return ", ".join(missing) or "the sender does not check certificates"


def _set_aside(result: Result) -> str:
    """Why signed TLSA records that could be matched were not."""
    if result.sending.message is Message.TLS_REQUIRED_NO:
        return "TLS-Required: No overrides its TLSA records"
    if has_insecure_mx(result.walk):
        return "its TLSA records do not count, because the MX record is not signed"
    return "no TLSA records where the sender looks for them"


def _without_dane(walk: Walk, host: MxHost | None, found: TlsaSet | None) -> str:
    """Why DANE has nothing to match.  `found`: the signed TLSA records of `host`."""
    if found is not None:
        return "no usable TLSA records"
    entry = tlsa_of(walk, host.name) if host is not None else HostTlsa(host="")
    if surely_none(entry):
        return "no TLSA records"
    if failed_lookup(entry) is not None:
        return "its TLSA lookup failed"
    if any(each.lookup.found is Found.FOUND for each in entry.candidates):
        return "its TLSA records are unsigned"
    if host is not None and tlsa_bases(host)[1] is NotAsked.UNSIGNED:
        return "no signed TLSA records"  # there can be none below an unsigned zone
    return "no TLSA records that count"


def _without_policy(result: Result, posture: Posture) -> str:
    policy = result.walk.sts.policy
    if policy is None or policy.mode != "enforce":
        return "no enforced MTA-STS policy"
    if result.sending.message is Message.TLS_REQUIRED_NO:
        return "TLS-Required: No overrides the MTA-STS policy"
    later = not posture.agent.sts_on_first_contact
    return (
        "first contact: the MTA-STS policy protects the next mail"
        if later
        else "no MTA-STS policy that the sender accepts"
    )
