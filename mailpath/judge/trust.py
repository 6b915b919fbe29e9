"""What a certificate is worth to one sender: DANE (RFC 7672), PKIX (RFC 5280), names (RFC 6125)."""

from __future__ import annotations

import msgspec

from mailpath.exchanges import TlsSession
from mailpath.facts import Walk
from mailpath.judge.destination import Target
from mailpath.judge.events import Event
from mailpath.judge.model import Demand, DemandedBy, Mechanism, Outcome
from mailpath.judge.policy import HostPolicy
from mailpath.judge.posture import OptionalCheck, Posture
from mailpath.match import dane, names, pkix
from mailpath.match.pkix import Flaw
from mailpath.visible import visible

#: Names of a certificate that a reason lists.
_MOST_NAMES = 3


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """`event`: SENT_TLS, or why no mail is sent over this session; `policy`: whose demand refused it.
    `word`: as this server logs it.  `why`: in plain words.
    """

    event: Event = Event.SENT_TLS
    policy: HostPolicy | None = None
    outcome: Outcome = Outcome.ENCRYPTED
    mechanism: Mechanism = Mechanism.NONE
    word: str | None = None
    why: str = ""

    @property
    def accepted(self) -> bool:
        """Mail is sent over this session."""
        return self.event is Event.SENT_TLS


def _refused(flaw: Flaw, policy: HostPolicy, why: str) -> Trust:
    """The event has the flaw's value: Flaw.TLSA becomes Event.TLSA_MISMATCH."""
    return Trust(event=Event(flaw), policy=policy, why=why)


def trust(
    walk: Walk,
    posture: Posture,
    target: Target,
    policy: HostPolicy,
    tls: TlsSession,
    *,
    is_retry: bool = False,
) -> Trust:
    """Hold what the server presented against what `policy` demands.  `is_retry`: this is a retry."""
    if policy.also_required is not None:
        other = trust(walk, posture, target, policy.also_required, tls, is_retry=is_retry)
        if not other.accepted:
            return other
    if policy.demand is Demand.MAY and _checked(posture, is_retry=is_retry):
        checked = _by_pkix(walk, posture, policy, tls)
        if not checked.accepted:
            return checked
    if policy.demand is not Demand.AUTHENTICATE:
        return _looked_at(walk, posture, target, policy, tls)
    if policy.records:
        return _by_dane(walk, posture, policy, tls)
    return _by_pkix(walk, posture, policy, tls)


def trust_unseen(posture: Posture, policy: HostPolicy, *, is_retry: bool = False) -> tuple[Trust, ...]:
    """What a certificate that nobody saw may turn out to be worth."""
    refused = _refused(Flaw.UNTRUSTED, policy, "the certificate was not seen")
    encrypted = Trust(why="the certificate was not seen")
    if policy.demand is not Demand.AUTHENTICATE:
        checked = policy.demand is Demand.MAY and _checked(posture, is_retry=is_retry)
        return (encrypted, refused) if checked or policy.also_required is not None else (encrypted,)
    if policy.insecure_mx:
        return encrypted, refused
    if not policy.references and not policy.records:
        return encrypted, refused
    mechanism = Mechanism.NONE if policy.records else policy.mechanism
    good = Trust(outcome=Outcome.AUTHENTICATED, mechanism=mechanism, why="the certificate was not seen")
    by_authority = bool(policy.records) and posture.agent.dane_ta_name_mismatch_accepts_pkix
    return (good, encrypted, refused) if by_authority else (good, refused)


def _checked(posture: Posture, *, is_retry: bool) -> bool:
    """Must a certificate be good though TLS itself is optional?"""
    check = posture.optional_check
    return check is OptionalCheck.ALWAYS or (check is OptionalCheck.FIRST_ATTEMPT and not is_retry)


def _looked_at(walk: Walk, posture: Posture, target: Target, policy: HostPolicy, tls: TlsSession) -> Trust:
    """Nothing hangs on the certificate but the word in the log."""
    words = posture.agent.tls_log_words
    if not tls.chain:
        return Trust(word=words.anonymous, why="the server presented no certificate")
    result = pkix.verify(tls.chain, walk.roots, walk.at, floor=posture.agent.floor)
    why = "the certificate is not checked"
    if not result.trusted:
        return Trust(word=words.untrusted, why=why)
    wanted = (
        (target.host.name,)
        if posture.agent.trusted_requires_name
        else policy.references
        if policy.records
        else ()
    )
    rules = posture.agent.dane_rules.name_rules if policy.records else posture.agent.name_rules
    if wanted and not _named(wanted, tls, rules):
        return Trust(word=words.untrusted, why=why)
    return Trust(word=words.trusted, why=why)


def _by_dane(walk: Walk, posture: Posture, policy: HostPolicy, tls: TlsSession) -> Trust:
    match = dane.match(policy.records, tls.chain, policy.references, walk.at, posture.agent.dane_rules)
    if match.name_refused and posture.agent.dane_ta_name_mismatch_accepts_pkix:
        result = pkix.verify(tls.chain, walk.roots, walk.at, floor=posture.agent.floor_authenticated)
        if result.trusted:
            why = f"{match.reason} A trusted CA vouches for it, and that is enough here."
            return Trust(word=posture.agent.tls_log_words.trusted, why=why)
    if not match.matched:
        return _refused(match.flaw, policy, match.reason)
    mechanism = Mechanism.DANE_EE if match.usage == dane.DANE_EE else Mechanism.DANE_TA
    if policy.insecure_mx:
        why = f"{match.reason} The MX records are unsigned, so the host itself may be forged."
        return Trust(mechanism=mechanism, word=posture.agent.tls_log_words.half_dane, why=why)
    return Trust(
        outcome=Outcome.AUTHENTICATED,
        mechanism=mechanism,
        word=posture.agent.tls_log_words.dane,
        why=match.reason,
    )


def _by_pkix(walk: Walk, posture: Posture, policy: HostPolicy, tls: TlsSession) -> Trust:
    if not tls.chain:
        return _refused(Flaw.ABSENT, policy, "the server presented no certificate")
    result = pkix.verify(tls.chain, walk.roots, walk.at, floor=posture.agent.floor_authenticated)
    if not result.trusted:
        return _refused(result.flaw, policy, result.error)
    if not policy.references:
        return Trust(
            word=posture.agent.tls_log_words.trusted,
            why="a trusted CA vouches for the certificate, and no name is compared",
        )
    if not _named(policy.references, tls, policy.name_rules or posture.agent.name_rules):
        return _refused(Flaw.NAME, policy, _compared(policy.references, tls) + _of_which_domain(walk, policy))
    return Trust(
        outcome=Outcome.AUTHENTICATED,
        mechanism=policy.mechanism,
        word=posture.agent.tls_log_words.authenticated,
        why="a trusted CA vouches for the certificate, and the name matches",
    )


def _of_which_domain(walk: Walk, policy: HostPolicy) -> str:
    """A reader expects the MX host's name; level secure does not look at it."""
    usual = any(host.name in policy.references for host in walk.mx.hosts)
    if policy.by is not DemandedBy.LEVEL or usual or walk.path.recipient not in policy.references:
        return ""
    return (
        " (level secure compares with the recipient domain; verify, DANE and MTA-STS with the MX host's name)"
    )


def _compared(references: tuple[str, ...], tls: TlsSession) -> str:
    """Which names were compared, as a clause; a reference ".b.example" is every name below b.example."""
    had = names.certificate_names(tls.chain[0])
    shown = [visible(each) for each in had.dns or ((had.cn,) if had.cn else ())]
    more = f" and {len(shown) - _MOST_NAMES} more" if len(shown) > _MOST_NAMES else ""
    wanted = [each for each in references if each.removeprefix(".") == each or each[1:] not in references]
    return (
        f"the certificate names {', '.join(shown[:_MOST_NAMES]) or 'no host'}{more}, not"
        f" {visible(' or '.join(wanted))}"
    )


def _named(references: tuple[str, ...], tls: TlsSession, rules: names.NameRules) -> bool:
    return names.any_match(references, names.certificate_names(tls.chain[0]), rules) is not None
