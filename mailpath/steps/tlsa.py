"""Step 4: TLSA of each MX host (RFC 7672 sections 2.2.2 and 3).

A host whose address records are not secure is not asked for TLSA: its name servers often fail such
questions, and the answer could not be used (RFC 7672 section 2.2.2).  The CNAME-expanded name comes
first; the name in the MX record is a candidate too where its own CNAME is secure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum

import msgspec

from mailpath.exchanges import Failure
from mailpath.facts import (
    Found,
    HostTlsa,
    Lookup,
    MxHost,
    Security,
    Status,
    TlsaFacts,
    TlsaRecord,
    TlsaSet,
    Walk,
    not_theirs,
)
from mailpath.match import dane
from mailpath.steps.served import best_session, dane_names, untried_at
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools, in_turn
from mailpath.visible import visible
from mailpath.wording.phrases import count, sentence

#: More records than this at one name are not looked at (a hostile zone).
MOST_RECORDS = 50


async def look(tools: Tools, walk: Walk) -> TlsaFacts:
    """All hosts' candidates at once."""
    return TlsaFacts(hosts=await in_turn(lambda host: _host(tools, host), walk.mx.hosts))


class Reason(StrEnum):
    """Why a host is not asked for TLSA."""

    BOGUS = "the host's address is bogus"
    UNLEARNT = "the host's address could not be learnt"
    UNTOLD = "whether the host's address is signed could not be learnt"
    UNSIGNED = "the host's address is not signed (RFC 7672 section 2.2.2)"
    NO_ADDRESS = "the host has no address"
    NO_NAME = "an MX without a host name has no TLSA base domain"


def bases(host: MxHost) -> tuple[tuple[str, ...], Reason | None]:
    """The TLSA base domains to ask at, best first, and why there are none."""
    lookups = host.lookups
    found = [lookup for lookup in lookups if lookup.found is Found.FOUND]
    candidates: list[str] = []
    for lookup in found:
        if lookup.security is Security.SECURE:
            candidates.append(lookup.canonical)
    for lookup in found:
        # The alias counts by its own first hop: a secure alias of an insecure target still names a host.
        if lookup.links and lookup.links[0].security is Security.SECURE:
            candidates.append(host.name)
    if candidates:
        return tuple(dict.fromkeys(candidates)), None
    return (), _why_none(lookups, found)


def _why_none(lookups: Sequence[Lookup], found: Sequence[Lookup]) -> Reason:
    if not lookups:
        return Reason.NO_NAME
    if any(lookup.security is Security.BOGUS for lookup in found or lookups):
        return Reason.BOGUS
    if not found:
        failed = any(lookup.found is not Found.ABSENT or lookup.proofless for lookup in lookups)
        return Reason.UNLEARNT if failed else Reason.NO_ADDRESS
    if any(lookup.security is Security.INDETERMINATE for lookup in found):
        return Reason.UNTOLD
    return Reason.UNSIGNED


async def _host(tools: Tools, host: MxHost) -> HostTlsa:
    names, why_none = bases(host)
    port = tools.network.ground.smtp_port
    lookups = await asyncio.gather(
        *(tools.look_up(f"_{port}._tcp.{base}", "TLSA", claim=True) for base in names)
    )
    return HostTlsa(
        host=host.name,
        candidates=tuple(
            TlsaSet(
                base=base,
                lookup=lookup,
                records=records(lookup),
                left_out=max(0, len(lookup.rdata) - MOST_RECORDS),
            )
            for base, lookup in zip(names, lookups, strict=True)
        ),
        not_tried=why_none.value if why_none is not None else "",
    )


def records(lookup: Lookup) -> tuple[TlsaRecord, ...]:
    """The records of a TLSA look-up, sorted, each with why it cannot be used.

    Read here, not by the library, which refuses a digest of the wrong length: such records are published,
    and make TLS mandatory all the same (RFC 7672 section 2.2).
    """
    if lookup.found is not Found.FOUND:
        return ()
    return tuple(sorted(_record(wire) for wire in lookup.rdata[:MOST_RECORDS]))


def _record(wire: bytes) -> TlsaRecord:
    if len(wire) < 3:
        why = f"the record has only {len(wire)} octets"
        return TlsaRecord(usage=255, selector=255, mtype=255, data=wire, unusable=why)
    record = TlsaRecord(usage=wire[0], selector=wire[1], mtype=wire[2], data=wire[3:])
    return msgspec.structs.replace(record, unusable=dane.unusable(record))


# --- the panel's line ------------------------------------------------------------------------------

#: How one host stands, worst first: the panel shows the worst.
_WORST = ("error", "mismatch", "unusable", "unseen", "unlearnt", "none", "matched", "untried")

#: The panel's line where no host is asked, worst first.
_UNASKED = {
    Reason.BOGUS: (Status.ERROR, "BOGUS"),
    Reason.UNLEARNT: (Status.ERROR, "CANNOT TELL"),
    Reason.UNTOLD: (Status.ERROR, "CANNOT TELL"),
    Reason.UNSIGNED: (Status.SKIP, "NOT SIGNED"),
    Reason.NO_ADDRESS: (Status.SKIP, "NO ADDRESS"),
    Reason.NO_NAME: (Status.SKIP, "NO NAME"),
}


def line(walk: Walk) -> Line:
    """The panel's line: pure."""
    status, word, summary = _line(walk)
    left_out = sum(candidate.left_out for host in walk.tlsa.hosts for candidate in host.candidates)
    if left_out:
        summary = f"{sentence(summary)} {count(left_out, 'more TLSA record')} not looked at."
    return status, word, summary


def _line(walk: Walk) -> tuple[Status, str, str]:
    if not walk.tlsa.hosts:
        why = not_theirs(walk, walk.mx.lookup)
        if why:
            return Status.ERROR, "NOT LEARNT", f"Which hosts may have TLSA was not learnt: {visible(why)}"
        return Status.SKIP, "NO HOST", "There is no mail host to look for TLSA at."
    asked = [host for host in walk.tlsa.hosts if host.candidates]
    if not asked:
        return _none_asked(walk)
    verdicts = {host.host: host_verdict(walk, host) for host in walk.tlsa.hosts}
    worst = min(verdicts, key=lambda name: _WORST.index(verdicts[name][0]))
    kind, why = verdicts[worst]
    shown = visible(worst)
    matched = sum(verdict == "matched" for verdict, _ in verdicts.values())
    if kind == "untried":
        return Status.ERROR, "NOT TRIED", f"{shown}: {why}"
    if kind == "matched":
        every = "the one mail host" if len(verdicts) == 1 else f"all {len(verdicts)} mail hosts"
        whose = every if matched == len(verdicts) else f"{matched} of {len(verdicts)} mail hosts"
        rest = "" if whose is every else "; the others were not tried"
        return Status.PASS, "MATCH", f"The TLSA records of {whose} match its certificate ({why}){rest}."
    if kind == "error":
        return Status.FAIL, "LOOKUP FAILS", f"{shown}: {why}"
    if kind == "mismatch":
        return Status.FAIL, "MISMATCH", f"{shown}: {why}"
    if kind == "unusable":
        return Status.FAIL, "UNUSABLE", f"{shown}: no TLSA record can be used ({why})."
    if kind == "unseen":
        return Status.ERROR, "UNSEEN", f"{shown} has TLSA records, but showed no certificate: {why}"
    if kind == "unlearnt":
        return Status.ERROR, "CANNOT TELL", f"{shown}: {why}"
    if matched:
        lacks = f"TLSA of {shown} is not asked for ({why})" if why else f"{shown} has no TLSA records"
        return Status.WEAK, f"{matched} OF {len(verdicts)}", f"{lacks}; others have."
    return Status.WEAK, "NONE", f"No TLSA records for {shown}{' or any other' if len(verdicts) > 1 else ''}."


def _none_asked(walk: Walk) -> tuple[Status, str, str]:
    """No host is asked for TLSA: the worst of the reasons."""
    reasons = {host.not_tried for host in walk.tlsa.hosts}
    for reason, (status, word) in _UNASKED.items():
        if reason.value in reasons:
            return status, word, f"TLSA is not asked for: {reason.value}."
    return Status.ERROR, "CANNOT TELL", f"TLSA is not asked for: {visible(walk.tlsa.hosts[0].not_tried)}."


def host_verdict(walk: Walk, host: HostTlsa) -> tuple[str, str]:
    """One of `_WORST` for this host, as RFC 7672 sees it, and a few words on why."""
    for candidate in host.candidates:
        lookup = candidate.lookup
        if lookup.failure is Failure.NOT_TRIED:
            return "untried", visible(lookup.detail)
        if lookup.proofless:
            return "unlearnt", f"whether it has TLSA records was not learnt: {visible(lookup.reason)}"
        if lookup.broken:
            why = not_theirs(walk, lookup)
            if why:
                return "unlearnt", f"whether it has TLSA records was not learnt: {visible(why)}"
            return "error", f"the TLSA lookup failed: {visible(lookup.detail or lookup.reason)}"
        if candidate.lookup.found is Found.FOUND and candidate.lookup.security is Security.SECURE:
            return _matched(walk, host, candidate)
        if candidate.lookup.security is Security.INDETERMINATE:
            return (
                "unlearnt",
                f"whether its TLSA is signed could not be learnt: {visible(candidate.lookup.reason)}",
            )
    if host.not_tried in (Reason.BOGUS, Reason.UNLEARNT, Reason.UNTOLD):
        return "unlearnt", host.not_tried
    return "none", host.not_tried


def _matched(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> tuple[str, str]:
    unusable = [record.unusable for record in candidate.records]
    if candidate.records and all(unusable):
        return "unusable", unusable[0]
    session = best_session(walk, host.host, sni=candidate.base)
    if session is None and (untried := untried_at(walk, host.host)):
        return "untried", visible(untried)
    if session is None or session.tls is None:
        why = "no session was held" if session is None else (session.detail or "no TLS")
        return "unseen", visible(why)
    matched = dane.match(
        candidate.records,
        session.tls.chain,
        dane_names(walk, host.host, candidate.base),
        walk.at,
        dane.DaneRules(),
    )
    if matched.verdict == "matched":
        return "matched", f"usage {matched.usage}"
    return "mismatch", matched.reason


STEP = Step(
    attribute="tlsa",
    facts=TlsaFacts,
    look=look,
    after=("mx",),
    line=line,
    asks=frozenset({"TLSA"}),
)
