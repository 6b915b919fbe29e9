"""What a walk shows, in stable codes like a linter's; pure, and the same for every posture."""

from __future__ import annotations

from mailpath.facts import STEPS, Walk
from mailpath.facts.findings import Entry, Finding, Severity
from mailpath.findings import dnssec, mx, sender, starttls, sts, tlsa, tlsrpt
from mailpath.findings.catalogue import CATALOGUE, step_of
from mailpath.steps.registry import REGISTRY

__all__ = ["CATALOGUE", "Entry", "Finding", "Severity", "find", "step_of"]

_GRAVEST = (Severity.ERROR, Severity.WARNING, Severity.INFO)
#: Of the steps whose findings fill files of their own.
_FINDERS = {
    "sender": sender.find,
    "mx": mx.find,
    "dnssec": dnssec.find,
    "mta-sts": sts.find,
    "tlsa": tlsa.find,
    "starttls": starttls.find,
}
_ALL = [finder for each, step in REGISTRY.items() if (finder := _FINDERS.get(each, step.find)) is not None]


def find(walk: Walk, *, requiretls: bool = False) -> tuple[Finding, ...]:
    """Every finding of `walk`, each once: by step, within one the gravest first, then code and subject.

    `requiretls`: of a message that asks for it (RFC 8689).
    """
    finders = [*_ALL, tlsrpt.find, *((starttls.without_requiretls,) if requiretls else ())]
    found = dict.fromkeys(each for finder in finders for each in finder(walk))
    return tuple(sorted(found, key=_place))


def _place(found: Finding) -> tuple[int, int, str, str]:
    return STEPS.index(step_of(found.code)), _GRAVEST.index(found.severity), found.code, found.subject
