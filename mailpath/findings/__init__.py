"""What a walk shows, in stable codes like a linter's; pure, and the same for every posture."""

from __future__ import annotations

from mailpath.facts import STEPS, Walk
from mailpath.findings import dnssec, mx, sender, starttls, sts, tlsa, tlsrpt
from mailpath.findings.catalogue import CATALOGUE, step_of
from mailpath.findings.model import Entry, Finding, Severity

__all__ = ["CATALOGUE", "Entry", "Finding", "Severity", "find", "step_of"]

_FINDERS = (sender.find, mx.find, dnssec.find, sts.find, tlsrpt.find, tlsa.find, starttls.find)


def find(walk: Walk) -> tuple[Finding, ...]:
    """Every finding of `walk`, by step, then code, then subject; each once."""
    found = dict.fromkeys(each for finder in _FINDERS for each in finder(walk))
    return tuple(sorted(found, key=lambda each: (STEPS.index(step_of(each.code)), each.code, each.subject)))
