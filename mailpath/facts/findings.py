"""What a finding is, and what the catalogue says of its code."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailpath.records import Record


class Severity(StrEnum):
    """How much it matters to mail for this domain, whatever the posture."""

    INFO = "info"  # worth knowing; nothing is wrong
    WARNING = "warning"  # works, but weaker than it could be, or will break
    ERROR = "error"  # published and broken, or no mail gets through


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One code of the catalogue.

    `title`: a few words, the same wherever the code turns up.  `meaning`, `fix`: plain sentences.
    `rfc`: where the rule stands.  `severity`: the usual one; a finding may carry another.
    """

    code: str
    title: str
    severity: Severity
    meaning: str
    fix: str
    rfc: str


class Finding(Record, frozen=True, kw_only=True):
    """One code seen on one walk, about `subject` (a host, a name, a zone).  All of it visible text.

    `message`: one plain sentence.  `found`: what is published, `got`: what was there instead, both as
    evidence; `fix`: the exact record or setting where it could be computed, "" where the catalogue's
    words are all there is.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    found: str = ""
    got: str = ""
    fix: str = ""
