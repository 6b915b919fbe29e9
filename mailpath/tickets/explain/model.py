"""What an explanation is."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailpath.tickets.families import Side


class Kind(StrEnum):
    """What the text was taken for."""

    FINDING = "finding"  # a code of the catalogue
    STATUS = "status-code"  # an enhanced status code (RFC 3463) and nothing else
    SENTENCE = "sentence"  # a sentence of a log or a bounce
    EVENT = "event"  # what a JSON report says ended an attempt
    RULE = "rule"  # a habit of some senders, as a JSON report names it
    REPORT = "tls-report"  # a result type of RFC 8460 section 4.3
    UNKNOWN = "unknown"


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that leads to it.  `findings`: codes of the catalogue under which a walk shows it.

    `postures`: presets that fail (or, for a delivery, act) so for this cause, in the order of the presets.
    """

    text: str
    findings: tuple[str, ...] = ()
    postures: tuple[str, ...] = ()


class Other(msgspec.Struct, frozen=True, kw_only=True):
    """One more failure that the text tells of; None where it does not say."""

    recipient: str | None = None
    status_code: str | None = None
    sentence: str | None = None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """All of it visible text.

    `subject`: what was explained; `recognised`: which parts of it were understood; `means`: sentences;
    `postures`: presets that produce it, over all causes; `fix`, `source`: "" where there is none.
    `sender` to `sentence`: what a log line says of the delivery, None where it does not; `tls_field` is
    the `tls=` of Postfix's.  `others`: what
    other lines say failed beside it.  `family`, `side`, `next`: what kind of refusal it is, whose move it is
    and the next check; None where it is no refusal, or nothing tells.
    """

    kind: Kind
    subject: str
    recognised: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    postures: tuple[str, ...] = ()
    fix: str = ""
    source: str = ""
    sender: str | None = None
    recipient: str | None = None
    host: str | None = None
    address: str | None = None
    status_code: str | None = None
    tls_field: str | None = None
    sentence: str | None = None
    others: tuple[Other, ...] = ()
    family: str | None = None
    side: Side | None = None
    next: str | None = None
