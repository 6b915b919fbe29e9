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
    `rfc`: where the rule stands.  `severity`: the usual one; a finding may carry another.  `plan`: the goal
    of `mailpath plan` that mends it, "" where none does.
    """

    code: str
    title: str
    severity: Severity
    meaning: str
    fix: str
    rfc: str
    plan: str = ""


class ServedFile(Record, frozen=True):
    """A file to serve at `url` (an MTA-STS policy, RFC 8461 section 3.2); `text`: its lines."""

    url: str
    text: str


class Finding(Record, frozen=True, kw_only=True):
    """One code seen on one walk, about `subject` (a host, a name, a zone).  All of it visible text.

    `message`: one plain sentence.  `found`: what is published, `got`: what was there instead, both as
    evidence; where that is records, one by one in `found_lines` and `got_lines`.  `fix`: what to do where
    that could be computed, "" where the catalogue's words are all there is; `records`, `file`: the lines of
    a zone file and the file that it speaks of.  `means`: what it means here, "" where the catalogue's words
    fit.  `policy`: the lines of a policy that is not valid, the wrong one marked.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    found: str = ""
    got: str = ""
    fix: str = ""
    records: tuple[str, ...] = ()
    file: ServedFile | None = None
    found_lines: tuple[str, ...] = ()
    got_lines: tuple[str, ...] = ()
    means: str = ""
    policy: tuple[str, ...] = ()
