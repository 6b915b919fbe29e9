"""What a walk shows, in stable codes like a linter's; pure, and the same for every posture."""

from __future__ import annotations

from mailpath.facts import STEPS, Walk
from mailpath.findings import dnssec, mx, sender, starttls, sts, tlsa, tlsrpt
from mailpath.findings.catalogue import CATALOGUE, step_of
from mailpath.findings.model import Entry, Finding, Severity

__all__ = ["CATALOGUE", "Entry", "Finding", "Severity", "find", "step_of"]

_GRAVEST = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_FINDERS = (sender.find, mx.find, dnssec.find, sts.find, tlsrpt.find, tlsa.find, starttls.find)


def find(walk: Walk, *, requiretls: bool = False) -> tuple[Finding, ...]:
    """Every finding of `walk`, each once: by step, within one the gravest first, then code and subject.

    `requiretls`: of a message that asks for it (RFC 8689).
    """
    finders = (*_FINDERS, starttls.without_requiretls) if requiretls else _FINDERS
    found = dict.fromkeys(each for finder in finders for each in finder(walk))
    return tuple(sorted(found, key=_place))


def _place(found: Finding) -> tuple[int, int, str, str]:
    return STEPS.index(step_of(found.code)), _GRAVEST.index(found.severity), found.code, found.subject
