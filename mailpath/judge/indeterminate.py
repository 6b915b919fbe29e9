"""Where our own view was too poor to tell: what would come of either case.  Pure.

Indeterminate (RFC 4035 section 4.3) is a word about our own view, often behind a resolver that leaves out
signatures.  The sender's resolver will have found the answer secure or insecure, so both are played, as the
values of a posture's unknown field are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from mailpath.assess.faults import LOST, Fault, our_fault
from mailpath.assess.lookups import PATH, lookups
from mailpath.exchanges import Failure
from mailpath.facts import Found, HostTlsa, Lookup, MxHost, Security, Session, Walk
from mailpath.judge.events import Event
from mailpath.judge.model import Outcome, Untold, Verdict, ordered
from mailpath.judge.posture import Posture
from mailpath.judge.sentences import shown
from mailpath.wording.phrases import clause

_Read = Callable[[Lookup | None], Lookup | None]

#: Why we have no answer of anybody's; any other failure is this machine's, or its resolver's.
EVENTS: Mapping[Failure | None, Event] = {
    Failure.NOT_RECORDED: Event.NOT_RECORDED,
    Failure.NOT_TRIED: Event.NOT_TRIED,
    Failure.BLOCKED: Event.BLOCKED_HERE,
}


def indeterminate(lookup: Lookup | None) -> bool:
    """There is an answer, but our own view was too poor to tell whether it is signed."""
    return lookup is not None and lookup.found is Found.FOUND and lookup.security is Security.INDETERMINATE


def lost(walk: Walk, posture: Posture, lookup: Lookup | None) -> Untold | None:
    """Why this look-up says nothing of what the sender would learn; None where it does."""
    if lookup is None:
        return None
    why = our_fault(walk, lookup, (Fault.UNASKED,) if posture.agent.resolves_here else LOST)
    if not why and lookup.resolver_rcode is None and posture.validating_resolver:
        # It may be bogus, too: neither we nor the resolver said that it is not.
        why = our_fault(walk, lookup, (Fault.UNPROVEN,))
    return Untold(EVENTS.get(lookup.failure, Event.FAILED_HERE), shown(why)) if why else None


def unproven(walk: Walk, what: str = "these names") -> Untold:
    """That nobody knows whether `what` are signed; the resolver's failing, where it is why, comes first."""
    why = f"it is unknown whether {what} are signed"
    return Untold(Event.SECURITY_UNKNOWN, why if walk.dnssec.resolver_passes else note(walk) or why)


def doubted(walk: Walk) -> bool:
    """Our resolver was seen to leave proofs of absence out, and some denial lacks one."""
    return not walk.dnssec.resolver_passes and any(lookup.proofless for lookup in lookups(walk))


def believed(walk: Walk) -> Walk:
    """`walk` with every denial that lacks its proof taken for true, as it may well be."""

    def lookup(found: Lookup | None) -> Lookup | None:
        return _with(found, Security.INSECURE) if found is not None and found.proofless else found

    sts = msgspec.structs.replace(walk.sts, txt=lookup(walk.sts.txt))
    return msgspec.structs.replace(_each(walk, lookup, lookup), sts=sts)


def note(walk: Walk) -> str:
    """What is wrong with our resolver, as the end of a sentence."""
    return clause(shown(walk.dnssec.resolver_note))


def has_indeterminate(walk: Walk) -> bool:
    """Some answer that DANE rests on is indeterminate, or was lost on our own side."""
    return any(indeterminate(lookup) for lookup in lookups(walk, PATH)) or _tlsa_lost(walk)


def assumptions(walk: Walk) -> Iterator[Walk]:
    """`walk` as it would be if every answer of unknown security were insecure, and if it were secure."""
    return (_assume(walk, security) for security in (Security.INSECURE, Security.SECURE))


def _assume(walk: Walk, security: Security) -> Walk:
    """`walk` with `security` in the place of every indeterminate one, and no TLSA where it was lost."""

    def lookup(found: Lookup | None) -> Lookup | None:
        return _with(found, security) if found is not None and indeterminate(found) else found

    def sought(found: Lookup | None) -> Lookup | None:
        return _absent(found) if found is not None and our_fault(walk, found) else lookup(found)

    return _each(walk, lookup, sought)


def _with(lookup: Lookup, security: Security) -> Lookup:
    return msgspec.structs.replace(lookup, security=security, final_security=security)


def _each(walk: Walk, lookup: _Read, sought: _Read) -> Walk:
    """`walk` with `lookup` of each look-up of the MX RRset and of addresses, `sought` of each of TLSA."""

    def host(each: MxHost) -> MxHost:
        return msgspec.structs.replace(each, v6=lookup(each.v6), v4=lookup(each.v4))

    def tlsa(each: HostTlsa) -> HostTlsa:
        asked = [msgspec.structs.replace(found, lookup=sought(found.lookup)) for found in each.candidates]
        return msgspec.structs.replace(each, candidates=tuple(asked))

    mx = msgspec.structs.replace(
        walk.mx, lookup=lookup(walk.mx.lookup), hosts=tuple(host(each) for each in walk.mx.hosts)
    )
    found = msgspec.structs.replace(walk.tlsa, hosts=tuple(tlsa(each) for each in walk.tlsa.hosts))
    return msgspec.structs.replace(walk, mx=mx, tlsa=found)


def _absent(lookup: Lookup) -> Lookup:
    return msgspec.structs.replace(lookup, found=Found.ABSENT, security=Security.SECURE, failure=None)


def combine(walk: Walk, posture: Posture, unknown: Verdict, played: Iterable[Verdict]) -> Verdict:
    """The verdict over all readings: the one they agree on, or `unknown` with what is possible."""
    verdicts = list(played)
    outcomes = {outcome for verdict in verdicts for outcome in (verdict.outcome, *verdict.possible)}
    outcomes.discard(Outcome.UNKNOWN)
    if not outcomes:
        return unknown
    if _tlsa_unasked(walk) or _tlsa_lost(walk):
        # With a signed address there may be TLSA records, and they may match or not.
        outcomes.add(Outcome.DEFERRED)
        if any(_may_match(session) for session in walk.starttls.sessions):
            outcomes.add(Outcome.AUTHENTICATED)
            # Or all of them be unusable, which even mandatory DANE may let pass.
            outcomes |= {Outcome.ENCRYPTED} if posture.agent.dane_unusable_delivers else set()
    told = all(verdict.outcome is not Outcome.UNKNOWN or verdict.possible for verdict in verdicts)
    if told and len(outcomes) == 1 and verdicts[0].outcome in outcomes:
        return verdicts[0]
    return msgspec.structs.replace(unknown, possible=ordered(outcomes))


def _may_match(session: Session) -> bool:
    """It showed a certificate, or would have, had our own side not lost it."""
    lost = session.failure in (Failure.LOCAL, Failure.BLOCKED, Failure.NOT_RECORDED)
    return lost or (session.tls is not None and bool(session.tls.chain))


def _tlsa_unasked(walk: Walk) -> bool:
    asked = {host.host for host in walk.tlsa.hosts if host.candidates}
    return any(
        host.name not in asked and (indeterminate(host.v6) or indeterminate(host.v4))
        for host in walk.mx.hosts
    )


def _tlsa_lost(walk: Walk) -> bool:
    return any(our_fault(walk, lookup) for lookup in walk.tlsa.lookups)
