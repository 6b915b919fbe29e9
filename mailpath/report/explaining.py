"""Which findings say why a verdict came out as it did: by the event that ended the attempt, the most telling
first.  A report shows them before what is graver, but beside the point.
"""

from __future__ import annotations

from mailpath.findings import Finding, Severity
from mailpath.judge import Attempt, Event, Verdict
from mailpath.judge.model import DELIVERED
from mailpath.report.panels import worst_first
from mailpath.report.result import Result
from mailpath.tickets.explain.reach import CASES
from mailpath.visible import visible

_CODES: dict[Event, tuple[str, ...]] = {
    Event.MX_FAILED: ("MX005",),
    Event.NULL_MX: ("MX001",),
    Event.NO_SUCH_DOMAIN: ("MX004",),
    Event.NO_ADDRESS: ("MX003",),
    Event.TLSA_FAILED: ("TLSA005",),
    Event.TLSA_MISSING: ("TLSA001",),
    Event.TLSA_UNUSABLE: ("TLSA003", "TLSA004"),
    Event.NOT_SECURE: ("SEC001",),
    Event.HOST_NOT_SECURE: ("SEC004",),
    Event.STS_MX_UNLISTED: ("STS013",),
    Event.STARTTLS_ABSENT: ("TLS021", "TLS017", "TLS002"),
    Event.STARTTLS_REFUSED: ("TLS021", "TLS003"),
    Event.STARTTLS_LOST: ("TLS021", "TLS004"),
    Event.HANDSHAKE_FAILED: ("TLS021", "TLS005", "TLS004"),
    Event.EHLO_LOST: ("TLS021", "TLS017"),
    Event.EHLO_REFUSED: ("TLS021", "TLS017"),
    Event.TLSA_MISMATCH: ("TLSA002", "TLSA008", "TLSA009"),
    Event.CERTIFICATE_ABSENT: ("TLS007",),
    Event.CERTIFICATE_UNTRUSTED: ("STS014", "TLS008", "TLS011", "TLS012"),
    Event.CERTIFICATE_EXPIRED: ("STS014", "TLS009"),
    Event.CERTIFICATE_NAME_MISMATCH: ("STS013", "STS014", "TLS010"),
}


def explaining(tried: Attempt | Verdict) -> tuple[str, ...]:
    """Codes of the findings that may say why, the most telling first; () where none is known to."""
    cases = [case for case in CASES.values() if case.by in (None, tried.demanded_by)]
    event = tried.cause or tried.event
    told = sorted((case for case in cases if event in case.events), key=lambda case: case.by is None)
    codes = (code for case in told for code in case.findings)
    return tuple(dict.fromkeys((*_CODES.get(event, ()), *codes)))


def decisive(result: Result) -> Finding | None:
    """The finding that the verdict hangs on, of its host before others; None where no finding is."""
    verdict = result.verdict
    codes, host = explaining(verdict), visible(verdict.host or "")
    ranked = worst_first(result.findings, host)
    grave = [each for each in ranked if each.severity is not Severity.INFO]
    # What is merely worth knowing is the cause where there is a record that would have helped.
    about = [each for each in ranked if each.code in codes and (each in grave or each.records)]
    about.sort(key=lambda each: (each.subject != host, codes.index(each.code)))
    if verdict.outcome in DELIVERED:
        # What made the mail pass a better host by shows at that host; no event of this one tells of it.
        tried = {visible(each.host) for each in verdict.attempts}
        there = [each for each in grave if each.subject in tried]
        errors = [each for each in there if each.severity is Severity.ERROR]
        passed = [each for each in errors if each.subject != host]
        # In the clear, the event says what kept this host from TLS; an error beside it may follow from it.
        about = [*(passed if verdict.cause is not None else errors), *about, *there]
    return next(iter(about), None)
