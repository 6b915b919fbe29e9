"""Every code a walk can show, in one place: what it means, and how to mend it.

Codes are stable: one that is no longer used is not given to anything else.  The prefix names the step.
"""

from __future__ import annotations

from mailpath.facts.findings import Entry, Finding, Severity
from mailpath.findings import (
    catalogue_mx,
    catalogue_sec,
    catalogue_snd,
    catalogue_sts,
    catalogue_tls,
    catalogue_tlsa,
)
from mailpath.steps.registry import REGISTRY

#: Of the steps whose findings fill files of their own.
_ENTRIES = {
    "sender": catalogue_snd.ENTRIES,
    "mx": catalogue_mx.ENTRIES,
    "dnssec": catalogue_sec.ENTRIES,
    "mta-sts": catalogue_sts.ENTRIES,
    "tlsa": catalogue_tlsa.ENTRIES,
    "starttls": catalogue_tls.ENTRIES,
}
_PANELS = [
    (entry, step_id) for step_id, step in REGISTRY.items() for entry in _ENTRIES.get(step_id, step.entries)
]
#: Code -> entry, in the order of the steps.
CATALOGUE: dict[str, Entry] = {entry.code: entry for entry, _ in _PANELS}
_STEP_OF = {entry.code: step_id for entry, step_id in _PANELS}
#: What codes begin with, in that order.
PREFIXES = tuple(dict.fromkeys(code.rstrip("0123456789") for code in CATALOGUE))


def step_of(code: str) -> str:
    """The id of the step whose panel shows `code`.  Raises `KeyError` for what is no code."""
    return _STEP_OF[code]


def finding(
    code: str,
    subject: str,
    message: str,
    *,
    severity: Severity | None = None,
    found: str = "",
    got: str = "",
    fix: str = "",
) -> Finding:
    """A finding with the catalogue's severity, unless this one weighs otherwise.  Text must be visible."""
    return Finding(
        code=code,
        severity=severity or CATALOGUE[code].severity,
        subject=subject,
        message=message,
        found=found,
        got=got,
        fix=fix,
    )
