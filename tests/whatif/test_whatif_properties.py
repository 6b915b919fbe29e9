"""What no attack may do, whichever scenario, posture and combination of attacks is drawn."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from mailpath.assess.tlsa import secure_set, tlsa_of, usable
from mailpath.attacks.catalogue import ATTACKS, COMBINATIONS
from mailpath.facts import Security, Walk
from mailpath.judge import Outcome, Posture, judge
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.posture import DaneUse, Fallback, InsecureMx, Level, Precedence
from mailpath.judge.presets import PRESETS
from mailpath.whatif import Rewalk, attack_outcome

if TYPE_CHECKING:
    from whatif.conftest import RewalksOf

scenario_ids = st.sampled_from(
    (
        *("opportunistic", "pkix-good", "handshake-aborted", "starttls-refused", "provider-mx"),
        *(
            "dane-good",
            "dane-ta",
            "dane-unusable",
            "dane-lookup-fails",
            "half-dane",
            "mx-cname-dane",
            "bogus",
        ),
        *("sts-enforce", "sts-testing", "sts-and-dane-disagree", "dane-good-sts-bad"),
        *("two-mx-weak", "dane-first-bad-second-weak", "dual-stack", "null-mx", "tls-old"),
    )
)
attacks = st.sampled_from((*ATTACKS, *COMBINATIONS, "forge-mx+mitm-misissued", "deny-tlsa+block-policy"))
#: Each example may be a new walk.
few = settings(max_examples=60)


@st.composite
def postures(draw: st.DrawFn) -> Posture:
    """A preset whose main settings may have been changed, as users do in their own postures."""
    preset = PRESETS[draw(st.sampled_from(list(PRESETS)))]
    free = {
        "level": st.sampled_from(Level),
        "dane": st.sampled_from(DaneUse),
        "sts": st.booleans(),
        "precedence": st.sampled_from(Precedence),
        "fallback": st.sampled_from(Fallback),
        "insecure_mx": st.sampled_from(InsecureMx),
    }
    return preset.changed(**draw(st.fixed_dictionaries({}, optional=free)))


def rewalk(rewalks: RewalksOf, scenario: str, attack: str) -> Rewalk:
    steer_to = next((host.name for host in walked(rewalks, scenario).mx.hosts), None)
    return asyncio.run(rewalks(scenario).under(attack, steer_to))


def walked(rewalks: RewalksOf, scenario: str) -> Walk:
    return asyncio.run(rewalks(scenario).untampered())


@few
@given(scenario=scenario_ids, posture=postures(), attack=attacks)
def test_a_mandatory_level_is_never_undercut(
    rewalks: RewalksOf, scenario: str, posture: Posture, attack: str
) -> None:
    """TLS required: never in the clear.  Authentication required: never without.

    Not meant: unusable TLSA records, which ask for encryption where the base level is no higher; a policy
    service that answers for the domain, which requires DANE only where it finds some; a sender that takes a
    certificate for any name.
    """
    verdict = judge(rewalk(rewalks, scenario, attack).walk, posture)
    reached = {verdict.outcome, *verdict.possible}
    dane_only = posture.dane is DaneUse.MANDATORY and posture.precedence is not Precedence.BY_DOMAIN
    if posture.agent.certificate_falls_back:
        return  # the next attempt is made without TLS, whatever was required
    if posture.level in (Level.ENCRYPT, Level.VERIFY, Level.SECURE) or dane_only:
        assert Outcome.PLAINTEXT not in reached
    named = posture.references or posture.match_names
    if posture.level in (Level.VERIFY, Level.SECURE) and named and not has_dane(posture):
        assert Outcome.ENCRYPTED not in reached
    if dane_only and not posture.agent.dane_unusable_delivers and not posture.sts:
        assert Outcome.ENCRYPTED not in reached


@few
@given(scenario=scenario_ids, attack=attacks, posture=st.sampled_from(["postfix-dane-only", "rfc"]))
def test_where_every_mx_is_secure_under_dane_nothing_helps(
    rewalks: RewalksOf, scenario: str, attack: str, posture: str
) -> None:
    before = walked(rewalks, scenario)
    hosts = before.mx.hosts
    signed = before.mx.lookup.security is Security.SECURE
    protected = all(usable(secure_set(tlsa_of(before, host.name))) for host in hosts)
    found = asyncio.run(attack_outcome(rewalks(scenario), PRESETS[posture], attack))
    if signed and hosts and protected:
        assert found.outcome not in (Outcome.PLAINTEXT, Outcome.ENCRYPTED)
        assert not found.may_read
        assert found.outcome is not Outcome.AUTHENTICATED or found.host in {host.name for host in hosts}


def has_dane(posture: Posture) -> bool:
    """A policy service that answers for the domain looks for TLSA records whatever the level is."""
    by_domain = posture.precedence is Precedence.BY_DOMAIN
    return by_domain or posture.dane is not DaneUse.OFF or "dane" in posture.unknown


def looked_at(posture: Posture) -> set[str]:
    """The attacks on things that this sender looks at, whatever it sends to."""
    ignored = set()
    no_dane = not has_dane(posture)
    if no_dane:
        ignored |= {"deny-tlsa", "block-tlsa"}
    if not posture.sts:
        ignored |= {"block-policy"}
    if no_dane and not posture.sts and posture.level is Level.NONE:
        ignored |= {"strip-starttls", "break-tls"}
    return set(ATTACKS) - ignored


@few
@given(scenario=scenario_ids, posture=postures(), attack=attacks)
def test_tampering_with_what_nobody_looks_at_changes_nothing(
    rewalks: RewalksOf, scenario: str, posture: Posture, attack: str
) -> None:
    names = set(attack.split("+"))
    rest = [name for name in attack.split("+") if name in looked_at(posture)]
    after = judge(rewalk(rewalks, scenario, attack).walk, posture)
    seen = rewalk(rewalks, scenario, "+".join(rest)).walk if rest else walked(rewalks, scenario)
    if names - looked_at(posture):
        assert outcome_of(after) == outcome_of(judge(seen, posture))


def outcome_of(verdict: object) -> object:
    """What becomes of the mail; the fuller sentence may tell the cause differently."""
    told = msgspec.structs.asdict(verdict)  # type: ignore[arg-type]
    return {field: told[field] for field in ("outcome", "possible", "host", "address", "mechanism")}


@few
@given(scenario=scenario_ids, attack=attacks)
def test_an_attack_that_finds_nothing_leaves_the_walk_as_it_is(
    rewalks: RewalksOf, scenario: str, attack: str
) -> None:
    found = rewalk(rewalks, scenario, attack)
    if not found.tampered:
        assert found.walk == walked(rewalks, scenario)


@few
@given(scenario=scenario_ids, posture=postures(), attack=attacks)
def test_a_cached_policy_never_makes_it_worse(
    rewalks: RewalksOf, scenario: str, posture: Posture, attack: str
) -> None:
    """Where there is a policy to have cached, having it gives the attacker nothing more."""
    enforcing = posture.precedence is not Precedence.STS_FIRST or posture.dane is DaneUse.OFF
    found = asyncio.run(attack_outcome(rewalks(scenario), posture, attack))
    if found.if_policy_cached is not None and enforcing and not posture.unknown:
        assert found.attacker_reads or not found.reads_if_cached or "steer" in attack


@few
@given(scenario=scenario_ids, posture=postures(), attack=attacks)
def test_requiretls_leaves_the_attacker_an_authority_and_nothing_else(
    rewalks: RewalksOf, scenario: str, posture: Posture, attack: str
) -> None:
    """RFC 8689 section 4.2.1, though the attacker's own servers announce it; a sender that takes a host from
    unsigned MX records, which the section forbids, also leaves forged ones.
    """
    asked = MessageOptions(message=Message.REQUIRETLS)
    posture = posture.changed(requiretls=True)
    found = asyncio.run(attack_outcome(rewalks(scenario), posture, attack, asked=asked))
    assert {found.outcome, *found.verdict.possible} <= {
        *(Outcome.AUTHENTICATED, Outcome.BOUNCED, Outcome.DEFERRED, Outcome.UNKNOWN)
    }
    forged = posture.agent.requiretls_any_host and "forge-mx" in attack
    assert not found.attacker_reads or "mitm-misissued" in attack or forged
