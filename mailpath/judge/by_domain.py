"""One answer of a policy service for all MX hosts of a domain, as postfix-tlspol gives it.

It asks for TLSA records at the names in the MX records.  Where one host has some, DANE is used for the
domain, and no MTA-STS policy; where every host has usable ones and all is signed, no host is used without.
A lookup that fails at any host leaves it without an answer, and the mail waits (internal/dane.go).
"""

from __future__ import annotations

from enum import Enum

from mailpath.assess.tlsa import has_insecure_mx, plainly_unusable, tlsa_of
from mailpath.facts import Lookup, MxHost, MxKind, Security, Walk
from mailpath.judge.destination import Answer, answer
from mailpath.judge.indeterminate import indeterminate, lost, unproven
from mailpath.judge.model import Untold
from mailpath.judge.posture import Posture
from mailpath.match import dane


class Domain(Enum):
    """The answer."""

    NO_DANE = "no-dane"
    DANE = "dane"
    MANDATORY = "mandatory"
    FAILED = "failed"


def dane_of_domain(walk: Walk, posture: Posture) -> Domain | Untold:
    """The answer for the recipient domain, or why we cannot tell."""
    if indeterminate(walk.mx.lookup):
        return unproven(walk)
    found: list[Domain] = []
    for host in walk.mx.hosts if walk.mx.kind is MxKind.HOSTS else ():
        if host.form != "name":
            continue
        of_host = _dane_of_host(walk, posture, host)
        if isinstance(of_host, Untold) or of_host is Domain.FAILED:
            return of_host
        found.append(of_host)
    if not found or set(found) == {Domain.NO_DANE}:
        return Domain.NO_DANE
    mandatory = set(found) == {Domain.MANDATORY} and not has_insecure_mx(walk)
    return Domain.MANDATORY if mandatory else Domain.DANE


def _dane_of_host(walk: Walk, posture: Posture, host: MxHost) -> Domain | Untold:
    """Of one host: its IPv4 addresses count, and its IPv6 addresses where it has no others."""
    failed: Domain | Untold | None = None
    for lookup in (host.v4, host.v6):
        failed = failed or _failed(walk, posture, lookup)
        if lookup is not None and answer(lookup, posture) is Answer.FOUND:
            if indeterminate(lookup):
                return unproven(walk)
            secure = lookup.security is Security.SECURE
            return _dane_by_records(walk, posture, host) if secure else Domain.NO_DANE
    return failed or Domain.NO_DANE


def _dane_by_records(walk: Walk, posture: Posture, host: MxHost) -> Domain | Untold:
    candidates = tlsa_of(walk, host.name).candidates
    found = next((each for each in candidates if each.base == host.name), None)
    if found is None:
        return Domain.NO_DANE
    failed = _failed(walk, posture, found.lookup)
    if failed is not None:
        return failed
    if found.lookup.security is not Security.SECURE or not found.records:
        return Domain.NO_DANE
    rules = posture.agent.dane_rules
    unusable = all(plainly_unusable(each) or dane.unusable(each, rules) for each in found.records)
    return Domain.DANE if unusable else Domain.MANDATORY


def _failed(walk: Walk, posture: Posture, lookup: Lookup | None) -> Domain | Untold | None:
    """What a lookup makes of the domain that did not end well, or of which we did not learn enough."""
    untold = lost(walk, posture, lookup)
    if untold is not None:
        return untold
    if answer(lookup, posture) is Answer.ERROR:
        return Domain.FAILED
    return unproven(walk) if indeterminate(lookup) else None
