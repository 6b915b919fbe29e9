"""Which findings say why a verdict came out as it did: by the event that ended the attempt, the most telling
first.  A report shows them before what is graver, but beside the point.
"""

from __future__ import annotations

from mailpath.judge import Attempt, Event, Outcome, Verdict

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
    Event.EHLO_REFUSED: ("TLS021", "TLS017"),
    Event.TLSA_MISMATCH: ("TLSA002", "TLSA008", "TLSA009"),
    Event.CERTIFICATE_ABSENT: ("TLS007",),
    Event.CERTIFICATE_UNTRUSTED: ("STS014", "TLS008", "TLS011", "TLS012"),
    Event.CERTIFICATE_EXPIRED: ("STS014", "TLS009"),
    Event.CERTIFICATE_NAME_MISMATCH: ("STS013", "STS014", "TLS010"),
}
#: What a rule of the sender turns on, where the standards' sender would not have stumbled.
_RULES = {"dane-missing": ("TLSA001", "SEC004"), "insecure-mx": ("SEC001",), "injection-fails": ("TLS005",)}


def explaining(tried: Attempt | Verdict) -> tuple[str, ...]:
    """Codes of the findings that may say why; () where all went as well as it can, or nobody can tell."""
    if tried.outcome in (Outcome.AUTHENTICATED, Outcome.UNKNOWN):
        return ()
    event = tried.cause if tried.outcome is Outcome.PLAINTEXT and tried.cause is not None else tried.event
    by_rule = [code for rule in tried.because for code in _RULES.get(rule, ())]
    return (*by_rule, *_CODES.get(event, ()))
