"""The one line that answers a ticket: where the mail stands, under which posture, at which host, and why.

A sender's log says "Server certificate not verified"; the walk knows what was wrong with it.
"""

from __future__ import annotations

from mailpath.facts import MxKind, Reply, Walk
from mailpath.findings import Finding
from mailpath.judge import Mechanism, Outcome, Posture, Verdict
from mailpath.judge.posture import DaneUse, Level, Precedence
from mailpath.report.provenance import marks
from mailpath.report.result import Result
from mailpath.visible import visible
from mailpath.wording.phrases import clause

_MECHANISMS = {
    Mechanism.DANE_EE: "DANE-EE",
    Mechanism.DANE_TA: "DANE-TA",
    Mechanism.PKIX: "a trusted certificate",
    Mechanism.MTA_STS: "MTA-STS",
}

#: Why a certificate was refused, worst first; the words follow a host's name.
_DANE = {
    "TLSA002": "TLSA records match none of its certificates",
    "TLSA008": "its TLSA records name an authority that is not in the chain it sends",
    "TLSA009": "its certificate does not hold under the authority that its TLSA records name",
}
_PKIX = {
    "TLS009": "its certificate is out of date",
    "TLS008": "its certificate is self-signed",
    "TLS011": "it does not send the intermediate certificate",
    "TLS012": "its certificate is not trusted",
    "TLS023": "its certificate is too weak",
    "TLS010": "its certificate has another name",
}
#: Why the domain has no host to send to.
_DOMAIN = ("MX005", "MX001", "MX004", "MX003")
#: Why mail went in the clear.
_PLAIN = {
    "TLS021": "something hides STARTTLS",
    "TLS003": "STARTTLS is refused",
    "TLS004": "the TLS handshake fails",
    "TLS017": "EHLO is refused",
    "TLS018": "the session breaks in TLS",
    "TLS002": "STARTTLS is not offered",
}


def headline(result: Result, *, named: bool = True) -> str:
    """For example "b.example: deferred by postfix-dane at mx1.b.example: TLSA records match none of its
    certificates (4.7.5); replayed from a capture"; always one line.
    `named`: what the walk rests on is named; that it is no evidence always is."""
    return f"{visible(result.walk.path.recipient)}: {answer(result) if named else verdict_sentence(result)}"


def answer(result: Result) -> str:
    """The same without the domain."""
    told = (*marks(result.provenance), *(("taken on trust",) if result.doubt and result.on_trust else ()))
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
    why = cause(result.walk, result.chosen, verdict, result.findings)
    code = f" ({verdict.status_code})" if verdict.status_code else ""
    return f"{phrase(verdict)} by {result.posture}{at}{f': {why}' if why else ''}{code}"


def phrase(verdict: Verdict) -> str:
    """What happens, in words that fit before "by POSTURE"."""
    later = " at a later retry" if verdict.after_retry else ""
    if verdict.outcome is Outcome.PLAINTEXT:
        return f"delivered in plaintext{later}"
    if verdict.outcome is Outcome.ENCRYPTED:
        return f"delivered encrypted, not authenticated,{later}"
    if verdict.outcome is Outcome.AUTHENTICATED:
        return f"delivered authenticated{later}"
    return verdict.outcome.value


def cause(walk: Walk, posture: Posture, verdict: Verdict, findings: tuple[Finding, ...]) -> str:
    """Why, in a few plain words without a full stop; "" where there is nothing to explain."""
    host = visible(verdict.host) if verdict.host else ""
    codes = {each.code: each for each in reversed(findings) if each.subject == host}
    if verdict.outcome is Outcome.AUTHENTICATED:
        return _MECHANISMS.get(verdict.mechanism, "")
    if verdict.outcome is Outcome.ENCRYPTED:
        if verdict.mechanism is not Mechanism.NONE:
            return f"{_MECHANISMS[verdict.mechanism]} matches, but the MX record is not signed"
        return _unchecked(posture)
    if verdict.outcome is Outcome.PLAINTEXT:
        refused = "the sender does no TLS" if posture.level is Level.NONE else ""
        return refused or _first(_PLAIN, codes)
    # A sender that does not get the answer knows nothing of what it says.
    learnt = not (posture.agent.resolves_here and walk.mx.lookup.withheld)
    if learnt and walk.mx.kind not in (MxKind.HOSTS, MxKind.IMPLICIT):
        domain = [each for each in findings if each.code in _DOMAIN]
        if domain:
            return clause(domain[0].message)
    if _refused_certificate(walk, verdict):
        return _certificate(walk, posture, codes) or verdict.reason.rstrip(".")
    return verdict.reason.rstrip(".")


def _unchecked(posture: Posture) -> str:
    """Why a certificate did not count, whatever it is: there was nothing to check it by."""
    missing = ["no usable TLSA records"] if posture.dane is not DaneUse.OFF else []
    missing += ["no enforced MTA-STS policy"] if posture.sts else []
    return ", ".join(missing) or "the sender compares no certificate"


def _first(words: dict[str, str], codes: dict[str, Finding]) -> str:
    return next((text for code, text in words.items() if code in codes), "")


def _refused_certificate(walk: Walk, verdict: Verdict) -> bool:
    """TLS came about with the address that was tried last, and the mail was held back all the same."""
    return any(
        session.address == verdict.address
        and session.tls is not None
        and session.ehlo_tls is not None
        and session.ehlo_tls.code == 250
        and not any(_says(verdict.reason, reply) for reply in (session.mail_from, session.rcpt_to))
        for session in walk.starttls.sessions
    )


def _says(reason: str, reply: Reply | None) -> bool:
    """The reason is this reply to the envelope."""
    if reply is None or reply.code is None or reply.code // 100 == 2:
        return False
    return all(visible(line.strip()) in reason for line in reply.lines[:1])


def _certificate(walk: Walk, posture: Posture, codes: dict[str, Finding]) -> str:
    policy = walk.sts.policy
    enforced = posture.sts and policy is not None and policy.mode == "enforce"
    replaced = enforced and posture.precedence is Precedence.STS_FIRST
    if posture.dane is not DaneUse.OFF and not replaced:
        refused = _first(_DANE, codes)
        if refused:
            return refused
    if enforced and "STS013" in codes:
        return "the MTA-STS policy does not list it"
    refused = _first(_PKIX, codes)
    return f"{refused}, and the MTA-STS policy is enforced" if refused and enforced else refused
