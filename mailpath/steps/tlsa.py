"""Step 4: TLSA of each MX host (RFC 7672 sections 2.2.2 and 3).

A host whose address records are not secure is not asked for TLSA: its name servers often fail such
questions, and the answer could not be used (RFC 7672 section 2.2.2).  The CNAME-expanded name comes
first; the name in the MX record is a candidate too where its own CNAME is secure.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from mailpath.assess.faults import our_fault
from mailpath.assess.reached import told
from mailpath.assess.sessions import host_named, why_untried
from mailpath.assess.standing import standing_of
from mailpath.assess.tlsa import NotAsked, tlsa_bases, usable
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
)
from mailpath.match import dane
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools, in_turn, together
from mailpath.visible import visible
from mailpath.wording.phrases import count, sentence

#: More records than this at one name are not looked at (a hostile zone).
MOST_RECORDS = 50


async def look(tools: Tools, walk: Walk) -> TlsaFacts:
    """All hosts' candidates at once."""
    return TlsaFacts(hosts=await in_turn(lambda host: _host(tools, host), walk.mx.hosts))


async def _host(tools: Tools, host: MxHost) -> HostTlsa:
    names, not_asked = tlsa_bases(host)
    port = tools.network.ground.smtp_port
    lookups = await together(*(tools.look_up(f"_{port}._tcp.{base}", "TLSA", claim=True) for base in names))
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
        not_tried=not_asked.value if not_asked is not None else "",
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


class Stands(Enum):
    """How one host stands, worst first: the panel shows the worst."""

    FAILS = (Status.FAIL, "LOOKUP FAILS", "{host}: {why}")
    MISMATCH = (Status.FAIL, "MISMATCH", "{host}: {why}")
    UNUSABLE = (Status.FAIL, "UNUSABLE", "{host}: no TLSA record can be used ({why}).")
    UNSEEN = (Status.ERROR, "NO CERT", "{host} has TLSA records, but no certificate was seen: {why}")
    UNLEARNT = (Status.ERROR, "UNKNOWN", "{host}: {why}")
    NONE = (Status.WEAK, "NONE", "")
    MATCHED = (Status.PASS, "MATCH", "")
    UNTRIED = (Status.ERROR, "NOT TRIED", "{host}: {why}")


#: The panel's line where no host is asked, worst first.
_UNASKED = {
    NotAsked.BOGUS: (Status.ERROR, "BOGUS"),
    NotAsked.UNLEARNT: (Status.ERROR, "UNKNOWN"),
    NotAsked.UNTOLD: (Status.ERROR, "UNKNOWN"),
    NotAsked.UNSIGNED: (Status.SKIP, "NOT SIGNED"),
    NotAsked.NO_ADDRESS: (Status.SKIP, "NO ADDRESS"),
    NotAsked.NO_NAME: (Status.SKIP, "NO NAME"),
}


def line(walk: Walk) -> Line:
    """The panel's line: pure."""
    status, word, summary = _line(walk)
    left_out = sum(candidate.left_out for host in walk.tlsa.hosts for candidate in host.candidates)
    if left_out:
        summary = f"{sentence(summary)} {count(left_out, 'more TLSA record')} not tried."
    return status, word, summary


def _line(walk: Walk) -> tuple[Status, str, str]:
    if not walk.tlsa.hosts:
        why = our_fault(walk, walk.mx.lookup)
        if why:
            return Status.ERROR, "UNKNOWN", f"It is unknown which hosts may have TLSA records: {visible(why)}"
        return Status.SKIP, "NO HOST", "There is no mail host that could have TLSA records."
    if not walk.tlsa.lookups:
        return _none_asked(walk)
    stands = {host.host: host_stands(walk, host) for host in walk.tlsa.hosts}
    worst = min(stands, key=lambda name: list(Stands).index(stands[name][0]))
    kind, why = stands[worst]
    status, word, text = kind.value
    shown, matched = visible(worst), sum(each is Stands.MATCHED for each, _ in stands.values())
    if kind is Stands.MATCHED:
        every = "the one mail host" if len(stands) == 1 else f"all {len(stands)} mail hosts"
        whose = every if matched == len(stands) else f"{matched} of {len(stands)} mail hosts"
        rest = "" if whose is every else "; the others were not tried"
        text = f"The TLSA records of {whose} match its certificate ({why}){rest}."
    elif kind is Stands.NONE and matched:
        text = f"Other hosts have TLSA records; {shown} has none{f' ({why})' if why else ''}."
        word = f"{matched} OF {len(stands)}"
    elif kind is Stands.NONE:
        text = f"No TLSA records for {shown}{' or any other' if len(stands) > 1 else ''}."
    else:
        text = text.format(host=shown, why=why)
    return status, word, text


def _none_asked(walk: Walk) -> tuple[Status, str, str]:
    """No host is asked for TLSA: the worst of the reasons."""
    reasons = {tlsa_bases(host)[1] for host in walk.mx.hosts}
    for reason, (status, word) in _UNASKED.items():
        if reason in reasons:
            return status, word, f"TLSA records are not looked up: {reason.value}."
    why = visible(walk.tlsa.hosts[0].not_tried)
    return Status.ERROR, "UNKNOWN", f"TLSA records are not looked up: {why}."


def host_stands(walk: Walk, host: HostTlsa) -> tuple[Stands, str]:
    """How the host stands as RFC 7672 sees it, and a few words on why."""
    for candidate in host.candidates:
        lookup = candidate.lookup
        if lookup.failure is Failure.NOT_TRIED:
            return Stands.UNTRIED, visible(lookup.detail)
        why = lookup.reason if lookup.proofless else our_fault(walk, lookup)
        if lookup.broken and why:
            return Stands.UNLEARNT, f"it is unknown whether it has TLSA records: {visible(why)}"
        if lookup.broken:
            return Stands.FAILS, f"the TLSA lookup failed: {visible(lookup.detail or lookup.reason)}"
        if lookup.found is Found.FOUND and lookup.security is Security.SECURE:
            return _held_against(walk, host, candidate)
        if lookup.security is Security.INDETERMINATE:
            why = visible(lookup.reason)
            return Stands.UNLEARNT, f"it is unknown whether its TLSA records are signed: {why}"
    mx = host_named(walk, host.host)
    not_asked = tlsa_bases(mx)[1] if mx is not None else None
    unlearnt = not_asked in (NotAsked.BOGUS, NotAsked.UNLEARNT, NotAsked.UNTOLD)
    return Stands.UNLEARNT if unlearnt else Stands.NONE, host.not_tried


def _held_against(walk: Walk, host: HostTlsa, candidate: TlsaSet) -> tuple[Stands, str]:
    if candidate.records and not usable(candidate):
        return Stands.UNUSABLE, candidate.records[0].unusable
    mx = host_named(walk, host.host)
    standing = standing_of(walk, mx) if mx is not None else None
    untried = why_untried(walk, mx) if mx is not None else ""
    if standing is None and untried:
        return Stands.UNTRIED, visible(untried)
    seen = standing.certificate if standing is not None else None
    if standing is None or seen is None:
        return Stands.UNSEEN, "there was no session" if standing is None else told(standing.session)
    if seen.usage is not None:
        return Stands.MATCHED, f"usage {seen.usage}"
    return Stands.MISMATCH, seen.words


STEP = Step(
    attribute="tlsa",
    facts=TlsaFacts,
    look=look,
    after=("mx",),
    line=line,
    asks=frozenset({"TLSA"}),
)
