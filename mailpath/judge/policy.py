"""What one sender demands of one address of one MX host, before it connects.

DANE (RFC 7672 section 2.2; Postfix's smtp_tls_policy.c, dane_init): the MX RRset, the address and the TLSA
RRset must each be secure; a TLSA look-up that fails makes the host unusable, and is no reason to do
without.  MTA-STS (RFC 8461 section 5).  Each host has its own demands: a strict first host does not stop
delivery to a lax second one.
"""

from __future__ import annotations

import msgspec

from mailpath.assess.tlsa import has_insecure_mx, is_secure_alias, plainly_unusable, tlsa_of
from mailpath.facts import Found, Security, StsPolicy, TlsaRecord, TlsaSet, Walk
from mailpath.judge import sts
from mailpath.judge.by_domain import Domain, dane_of_domain
from mailpath.judge.destination import Answer, Target, answer
from mailpath.judge.events import Event
from mailpath.judge.habits import Reference, Refusal, Sni
from mailpath.judge.indeterminate import indeterminate, lost, unproven
from mailpath.judge.model import Demand, DemandedBy, Mechanism, Untold
from mailpath.judge.posture import DaneUse, InsecureMx, Level, Posture, Precedence
from mailpath.match import dane
from mailpath.match import sts as sts_match
from mailpath.match.hosts import is_host_name
from mailpath.match.names import NameRules


class HostPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """The demand, on whose account, and what goes with it.  `skip`: the host is not used at all, and why.

    `records` with `base`: usable-looking TLSA records to match; `insecure_mx`: the MX RRset was insecure.
    `strict`: the handshake is one whose certificate counts (versions, suites); `no_anonymous`: no anonymous
    suites, for what that is worth.  `sni`: None for none.
    `undetermined`: why the demand cannot be told from here, or None.  `also_required`: must hold as well.
    `no_fallback`: TLS that was tried and failed is not followed by plaintext, though TLS is optional.
    `mandatory`: the host would not be used without its TLSA records.
    """

    demand: Demand
    by: DemandedBy
    mechanism: Mechanism = Mechanism.NONE
    sni: str | None = None
    strict: bool = False
    no_anonymous: bool = False
    references: tuple[str, ...] = ()
    name_rules: NameRules | None = None
    records: tuple[TlsaRecord, ...] = ()
    base: str = ""
    insecure_mx: bool = False
    skip: Event | None = None
    bounces: bool = False
    undetermined: Untold | None = None
    also_required: HostPolicy | None = None
    no_fallback: bool = False
    mandatory: bool = False

    @property
    def dane(self) -> bool:
        """TLSA records were found, so that TLS is required on their account."""
        return bool(self.base)


def host_policy(walk: Walk, posture: Posture, target: Target, policy: StsPolicy | None) -> HostPolicy:
    """The demands on one address; `policy` is the MTA-STS policy in force for the recipient domain."""
    untold = lost(walk, posture, target.lookup)
    if untold is not None:
        return HostPolicy(demand=Demand.AUTHENTICATE, by=DemandedBy.LEVEL, undetermined=untold)
    if posture.precedence is Precedence.BY_DOMAIN:
        return _by_domain(walk, posture, target, policy)
    if policy is not None and posture.precedence is Precedence.STS_FIRST:
        return _by_sts(walk, posture, target, policy)
    found = _by_dane(walk, posture, target)
    if policy is not None and found is not None and posture.precedence is Precedence.BOTH:
        beside = _by_sts(walk, posture, target, policy)
        usable = beside.skip is None and found.skip is None
        return msgspec.structs.replace(found, also_required=beside) if usable else _skipping(found, beside)
    if policy is not None and (found is None or (found.skip is None and not _decides(posture, found))):
        demanded = _by_sts(walk, posture, target, policy)
        half = found is not None and found.insecure_mx and posture.agent.dane_with_insecure_mx_and_sts
        both = half and demanded.skip is None
        return msgspec.structs.replace(demanded, also_required=found) if both else demanded
    return found or _base(walk, posture, target)


def _by_domain(walk: Walk, posture: Posture, target: Target, policy: StsPolicy | None) -> HostPolicy:
    """What one answer for the whole domain makes of this host."""
    answered = dane_of_domain(walk, posture)
    if isinstance(answered, Untold):
        return _untold(answered)
    if answered is Domain.FAILED:
        return _skipped(DemandedBy.DANE, Event.DANE_UNKNOWN)
    if policy is not None and answered is Domain.NO_DANE:
        return _by_sts(walk, posture, target, policy)
    if answered is not Domain.NO_DANE:
        mandatory = answered is Domain.MANDATORY
        posture = posture.changed(dane=DaneUse.MANDATORY if mandatory else DaneUse.OPPORTUNISTIC)
    return _by_dane(walk, posture, target) or _base(walk, posture, target)


def _skipping(found: HostPolicy, beside: HostPolicy) -> HostPolicy:
    return found if found.skip is not None else beside


def _decides(posture: Posture, found: HostPolicy) -> bool:
    """DANE authenticates the host on the domain's behalf: it does not where the MX RRset is insecure."""
    if found.demand is Demand.ENCRYPT and found.dane and not posture.agent.sts_with_unusable_tlsa:
        return True
    return found.demand is Demand.AUTHENTICATE and not found.insecure_mx


def _base(walk: Walk, posture: Posture, target: Target) -> HostPolicy:
    """The posture's own level."""
    sni = _sni(posture.sni, target)
    if posture.level is Level.NONE:
        return HostPolicy(demand=Demand.NONE, by=DemandedBy.LEVEL)
    if posture.level in (Level.MAY, Level.ENCRYPT):
        demand = Demand.MAY if posture.level is Level.MAY else Demand.ENCRYPT
        # Looked at for the word in the log, or where a certificate must be good though TLS is optional.
        named = (target.host.name,) if posture.references else ()
        return HostPolicy(demand=demand, by=DemandedBy.LEVEL, sni=sni, references=named)
    return HostPolicy(
        demand=Demand.AUTHENTICATE,
        by=DemandedBy.LEVEL,
        mechanism=Mechanism.PKIX,
        sni=sni,
        strict=True,
        references=(*_references(posture.references, walk, target), *posture.match_names),
        name_rules=posture.agent.name_rules,
    )


# --- MTA-STS ---------------------------------------------------------------------------------------


def _by_sts(walk: Walk, posture: Posture, target: Target, policy: StsPolicy) -> HostPolicy:
    if posture.sts_checks_mx and not sts.listed(policy, target.host.name, posture):
        bounces = posture.agent.unlisted_mx is Refusal.BOUNCE
        return _skipped(DemandedBy.MTA_STS, Event.STS_MX_UNLISTED, bounces=bounces)
    references: tuple[str, ...] | None
    if Reference.STS_PATTERNS in posture.agent.sts_references:
        references = sts_match.postfix_match(policy)
    else:
        references = _references(posture.agent.sts_references, walk, target)
    if references is None:
        return _skipped(DemandedBy.MTA_STS, Event.STS_UNREADABLE)
    return HostPolicy(
        demand=Demand.AUTHENTICATE,
        by=DemandedBy.MTA_STS,
        mechanism=Mechanism.MTA_STS,
        sni=_sni(posture.agent.sni_sts, target),
        strict=True,
        references=references,
        name_rules=posture.agent.sts_name_rules,
    )


# --- DANE ------------------------------------------------------------------------------------------


def _by_dane(walk: Walk, posture: Posture, target: Target) -> HostPolicy | None:
    """What DANE makes of this host; None: nothing, the base level decides."""
    if posture.dane is DaneUse.OFF:
        return None
    if indeterminate(walk.mx.lookup) or indeterminate(target.lookup):
        return _untold(unproven(walk))
    insecure_mx = has_insecure_mx(walk)
    mandatory = posture.dane is DaneUse.MANDATORY
    if insecure_mx and (mandatory or posture.insecure_mx is InsecureMx.MAY):
        return _missing(posture, Event.NOT_SECURE)
    candidates = _candidates(walk, posture, target)
    if not candidates:
        return _missing(posture, Event.HOST_NOT_SECURE)
    for candidate in candidates:
        untold = lost(walk, posture, candidate.lookup)
        if untold is not None:
            return _untold(untold)
        state = answer(candidate.lookup, posture)
        if state is Answer.ERROR:
            return _skipped(DemandedBy.DANE, Event.TLSA_FAILED)
        if indeterminate(candidate.lookup):
            return _untold(unproven(walk, "its TLSA records"))
        if state is Answer.FOUND and candidate.records and candidate.lookup.security is Security.SECURE:
            return _with_tlsa(walk, posture, target, candidate, insecure_mx=insecure_mx)
    return _missing(posture, Event.TLSA_MISSING)


def _missing(posture: Posture, event: Event) -> HostPolicy | None:
    """No TLSA: nothing to an opportunistic sender, no host to one that insists."""
    if posture.dane is not DaneUse.MANDATORY:
        return None
    return _skipped(DemandedBy.DANE, event, bounces=posture.agent.dane_missing is Refusal.BOUNCE)


def _skipped(by: DemandedBy, event: Event, *, bounces: bool = False) -> HostPolicy:
    """The host is not used."""
    return HostPolicy(demand=Demand.AUTHENTICATE, by=by, skip=event, bounces=bounces)


def _untold(why: Untold) -> HostPolicy:
    """Our own view was too poor to tell what this host demands."""
    return HostPolicy(demand=Demand.AUTHENTICATE, by=DemandedBy.DANE, undetermined=why)


def _candidates(walk: Walk, posture: Posture, target: Target) -> list[TlsaSet]:
    """TLSA base domains in the order they are asked (RFC 7672 section 2.2.2)."""
    lookup = target.lookup
    if lookup is None:
        return []
    asked = {candidate.base: candidate for candidate in tlsa_of(walk, target.host.name).candidates}
    agent, secure = posture.agent, lookup.security is Security.SECURE
    bases: list[str] = []
    if secure or agent.tlsa_of_insecure_host:
        bases.append(lookup.canonical if agent.tlsa_at_target else target.host.name)
    if agent.tlsa_at_alias and is_secure_alias(lookup) and (secure or agent.tlsa_of_insecure_target):
        bases.append(target.host.name)
    # The owner name of the records must be one that the resolver library hands out: `*` may stand first only.
    return [
        asked[base]
        for base in dict.fromkeys(bases)
        if base in asked and is_host_name(f"_25._tcp.{base}", posture.agent.host_names)
    ]


def _with_tlsa(
    walk: Walk, posture: Posture, target: Target, candidate: TlsaSet, *, insecure_mx: bool
) -> HostPolicy:
    """TLSA records are there: TLS is required at the least (RFC 7672 section 2.2)."""
    records = tuple(record for record in candidate.records if not plainly_unusable(record))
    mandatory = posture.dane is DaneUse.MANDATORY
    by = DemandedBy.DANE
    if not records:
        if mandatory and not posture.agent.dane_unusable_delivers:
            return _skipped(DemandedBy.DANE, Event.TLSA_UNUSABLE)
        sni = _sni(posture.agent.sni_unusable, target, candidate.base)
        return HostPolicy(demand=Demand.ENCRYPT, by=by, sni=sni, base=candidate.base)
    sni = _sni(posture.agent.sni_dane, target, candidate.base)
    references = _references(posture.agent.dane_references, walk, target, candidate.base)
    if insecure_mx and posture.insecure_mx is InsecureMx.ENCRYPT:
        sni = _sni(posture.sni, target)
        return HostPolicy(demand=Demand.ENCRYPT, by=by, sni=sni, base=candidate.base)
    if all(dane.unusable(record, posture.agent.dane_rules) for record in records):
        # Postfix finds out when the handshake is prepared: SNI, suites, names are those of a match by then.
        refused = mandatory and not posture.agent.dane_unusable_delivers
        demand = Demand.AUTHENTICATE if refused else Demand.ENCRYPT
        return HostPolicy(
            demand=demand,
            by=by,
            sni=sni,
            no_anonymous=True,
            references=references,
            records=records,
            base=candidate.base,
            insecure_mx=insecure_mx,
            mandatory=mandatory,
        )
    return HostPolicy(
        demand=Demand.AUTHENTICATE,
        by=by,
        sni=sni,
        strict=True,
        references=references,
        records=records,
        base=candidate.base,
        insecure_mx=insecure_mx,
        mandatory=mandatory,
    )


# --- names -----------------------------------------------------------------------------------------


def _sni(sni: Sni, target: Target, base: str = "") -> str | None:
    if sni is Sni.BASE:
        return base or None
    return target.host.name if sni is Sni.MX and target.host.form == "name" else None


def _references(
    references: tuple[Reference, ...], walk: Walk, target: Target, base: str = ""
) -> tuple[str, ...]:
    """The names that a certificate may have, without repetition."""
    domain = walk.path.recipient
    implicit = walk.mx.lookup.found is not Found.FOUND
    names = {
        Reference.MX: target.host.name,
        Reference.CANONICAL: target.lookup.canonical if target.lookup else target.host.name,
        Reference.NEXTHOP: domain,
        Reference.DOT_NEXTHOP: f".{domain}",
        Reference.NEXTHOP_EXPANDED: domain if implicit else walk.mx.lookup.canonical,
        Reference.MX_OWNER: "" if implicit else domain,
        Reference.MX_OWNER_EXPANDED: "" if implicit else walk.mx.lookup.canonical,
        Reference.BASE: base,
    }
    return tuple(dict.fromkeys(names[reference] for reference in references if names.get(reference)))
