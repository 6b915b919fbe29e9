"""Every code a walk can show, in one place: what it means, and how to mend it.

Codes are stable: one that is no longer used is not given to anything else.  The prefix names the step.
"""

from __future__ import annotations

import re

from mailpath.findings import (
    catalogue_mx,
    catalogue_sec,
    catalogue_snd,
    catalogue_sts,
    catalogue_tls,
    catalogue_tlsa,
)
from mailpath.findings.model import Entry, Finding, Severity

#: Code -> entry, in the order of the steps.
CATALOGUE: dict[str, Entry] = {
    entry.code: entry
    for part in (catalogue_snd, catalogue_mx, catalogue_sec, catalogue_sts, catalogue_tlsa, catalogue_tls)
    for entry in part.ENTRIES
}

#: Prefix of a code -> id of the step whose panel shows it.
STEP_OF_PREFIX = {
    "SND": "sender",
    "MX": "mx",
    "SEC": "dnssec",
    "STS": "mta-sts",
    "RPT": "mta-sts",
    "TLSA": "tlsa",
    "TLS": "starttls",
}

_CODE = re.compile(r"([A-Z]+)[0-9]{3}\Z")


def step_of(code: str) -> str:
    """The id of the step that `code` belongs to.  Raises `KeyError` for what is no code."""
    found = _CODE.match(code)
    if found is None:
        raise KeyError(code)
    return STEP_OF_PREFIX[found[1]]


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
