"""What a walk shows, in stable codes like a linter's; pure, and the same for every posture."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from mailpath.facts import STEPS, Walk
from mailpath.facts.findings import Entry, Finding, Severity
from mailpath.findings.catalogue import CATALOGUE, step_of

__all__ = ["CATALOGUE", "Entry", "Finding", "Severity", "find", "step_of"]

_GRAVEST = (Severity.ERROR, Severity.WARNING, Severity.INFO)
_Finder = Callable[[Walk], Iterable[Finding]]


@cache
def _finders() -> tuple[_Finder, ...]:
    """Of each step.  Loaded where a walk is read: the catalogue alone needs none of what made one."""
    from mailpath.findings import dnssec, mx, sender, starttls, sts, tlsa, tlsrpt
    from mailpath.steps.registry import REGISTRY

    own: dict[str, _Finder] = {
        "sender": sender.find,
        "mx": mx.find,
        "dnssec": dnssec.find,
        "mta-sts": sts.find,
        "tlsa": tlsa.find,
        "starttls": starttls.find,
    }  # which fill files of their own
    found = (own.get(each, step.find) for each, step in REGISTRY.items())
    return (*(finder for finder in found if finder is not None), tlsrpt.find)


def find(walk: Walk, *, requiretls: bool = False) -> tuple[Finding, ...]:
    """Every finding of `walk`, each once: by step, within one the gravest first, then code and subject.

    `requiretls`: of a message that asks for it (RFC 8689).
    """
    finders = _finders()
    if requiretls:
        from mailpath.findings.starttls import without_requiretls

        finders = (*finders, without_requiretls)
    found = dict.fromkeys(each for finder in finders for each in finder(walk))
    return tuple(sorted(found, key=_place))


def _place(found: Finding) -> tuple[int, int, str, str]:
    return STEPS.index(step_of(found.code)), _GRAVEST.index(found.severity), found.code, found.subject
