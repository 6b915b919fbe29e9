"""Which findings say why a verdict came out as it did: by the event that ended the attempt, the most telling
first.  A report shows them before what is graver, but beside the point.
"""

from __future__ import annotations

from collections.abc import Sequence

from mailpath.findings import Finding, Severity
from mailpath.judge import Attempt, DemandedBy, Event, Outcome, Verdict
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse, Level
from mailpath.report.panels import LACKING, worst_first
from mailpath.report.result import Result
from mailpath.tickets.reach import CASES
from mailpath.visible import visible

#: Where nobody but the resolver fails.
_RESOLVER = ("SND006", "SEC009")
_CODES: dict[Event, tuple[str, ...]] = {
    Event.MX_FAILED: ("MX005", *_RESOLVER),
    Event.HOST_FAILED: ("MX013", *_RESOLVER),
    Event.SOME_HOST_FAILED: ("MX013", *_RESOLVER),
    Event.NULL_MX: ("MX001",),
    Event.NO_SUCH_DOMAIN: ("MX004",),
    Event.NO_ADDRESS: ("MX003",),
    Event.TLSA_FAILED: ("TLSA005", *_RESOLVER),
    Event.DANE_UNKNOWN: ("TLSA005", "MX013", *_RESOLVER),
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


#: `LACKING`, the nearest first to what a sender that uses DANE alone would have most of.
_LACKS_DANE = ("TLS025", "SEC001", "SEC004", "STS001")
#: Say of a certificate and the TLSA records what TLS025 says of the host.
_MISMATCHES = ("TLSA002", "TLSA008", "TLSA009")

_ACCEPT_THE_HOST = (
    "In the sender's own settings, accept the MX host's name for this domain (Postfix: match=, or level"
    " verify), or let DANE or MTA-STS decide."
)


def explaining(tried: Attempt | Verdict) -> tuple[str, ...]:
    """Codes of the findings that may say why, the most telling first; () where none is known to."""
    cases = [case for case in CASES.values() if case.by in (None, tried.demanded_by)]
    event = tried.cause or tried.event
    told = sorted((case for case in cases if event in case.events), key=lambda case: case.by is None)
    codes = (code for case in told for code in case.findings)
    return tuple(dict.fromkeys((*_CODES.get(event, ()), *codes)))


def ranked(result: Result) -> list[Finding]:
    """What the verdict hangs on first, however grave; then the gravest, and of what the recipient lacks the
    nearest to what this sender makes use of."""
    verdict, posture = result.verdict, result.chosen
    dane = posture.dane is not DaneUse.OFF
    lacking = LACKING if posture.sts or not dane else _LACKS_DANE
    if posture.level is Level.VERIFY:
        lacking = _LACKS_DANE  # whoever forges the MX record chooses the name that is compared
    found = worst_first(result.findings, visible(verdict.host or ""), lacking)
    if verdict.outcome not in (Outcome.AUTHENTICATED, Outcome.ENCRYPTED):
        first = decisive(result)
        return sorted(found, key=lambda each: first is None or each != first)
    near = next((each for each in found if each.code == "TLSA001" and each.records), None)
    signed = all(each.code != "SEC001" for each in found)
    if near is not None and signed and dane and verdict.outcome is Outcome.ENCRYPTED:
        # One record away from being authenticated: only a fault comes before that.
        found.remove(near)
        found.insert(next((at for at, each in enumerate(found) if each.code in lacking), len(found)), near)
    return found


def repeated(found: Sequence[Finding]) -> list[Finding]:
    """Those that say in other words what another one of the same host says."""
    told = {each.subject for each in found if each.code in _MISMATCHES}
    return [each for each in found if each.code == "TLS025" and each.subject in told]


def own_remedy(result: Result) -> str:
    """What mends it where the sender runs, if it fails by a demand of its own that the recipient meets
    otherwise; "" elsewhere."""
    verdict = result.verdict
    own = verdict.event is Event.CERTIFICATE_NAME_MISMATCH and verdict.demanded_by is DemandedBy.LEVEL
    return _ACCEPT_THE_HOST if own and decisive(result) is None else ""


def decisive(result: Result) -> Finding | None:
    """The finding that the verdict hangs on, of its host before others; None where no finding is."""
    verdict = result.verdict
    codes, host = explaining(verdict), visible(verdict.host or "")
    found = worst_first(result.findings, host)
    grave = [each for each in found if each.severity is not Severity.INFO]
    # What is merely worth knowing is the cause where there is a record that would have helped.
    about = [each for each in found if each.code in codes and (each in grave or each.records)]
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
