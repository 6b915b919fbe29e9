"""The answer per posture: who can read this mail, the cheapest way, and the weakest host."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import handmade as made
import pytest
from judge_builders import WEB, down, mx, path, plain, tls

from mailpath.attacks.catalogue import ATTACKS, COMBINATIONS, cost
from mailpath.exchanges import DnsExchange, Failure, Question
from mailpath.facts import Walk
from mailpath.judge import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.judge.reachable import each_only_reachable
from mailpath.network.replay import Replay
from mailpath.whatif import Rewalks, Summary, attack_outcome, summary
from mailpath.whatif.weakest import weakest_host, weakest_path

if TYPE_CHECKING:
    from conftest import Walks
    from whatif.conftest import RewalksOf


def told(rewalks: RewalksOf, scenario: str, posture: str) -> Summary:
    return asyncio.run(summary(rewalks(scenario), PRESETS[posture]))


@pytest.mark.parametrize(
    ("scenario", "posture", "sentence"),
    [
        ("dane-good", "postfix-dane", "a listener cannot read it; an active attacker cannot."),
        (
            "dane-good",
            "postfix-may",
            "a listener cannot read it; an active attacker can (strip-starttls).",
        ),
        ("dane-good", "postfix-none", "a listener can read it; an active attacker can (by listening)."),
        (
            "dane-good",
            "postfix-encrypt",
            "a listener cannot read it; an active attacker can (mitm-self-signed).",
        ),
        ("pkix-good", "postfix-verify", "a listener cannot read it; an active attacker can (forge-mx)."),
        (
            "pkix-good",
            "postfix-secure",
            "a listener cannot read it; an active attacker can (mitm-misissued).",
        ),
        ("half-dane", "postfix-dane", "a listener cannot read it; an active attacker can (forge-mx)."),
        (
            "sts-enforce",
            "rfc",
            "a listener cannot read it; at first contact an active attacker can"
            " (block-policy+strip-starttls), with the policy cached an active attacker can (mitm-misissued).",
        ),
        (
            "dane-good",
            "gmail",
            "a listener cannot read it; an active attacker may be able to (strip-starttls).",
        ),
    ],
)
def test_the_answer(scenario: str, posture: str, sentence: str, rewalks: RewalksOf) -> None:
    assert told(rewalks, scenario, posture).sentence == sentence


class Dumb(Replay):
    """A recording in which the resolver never answers."""

    async def ask(self, question: Question) -> DnsExchange:
        return DnsExchange(question=question, failure=Failure.TIMEOUT, detail="No answer came.")


@pytest.mark.parametrize("posture", ["rfc", "exim", "postfix-may", "gmail"])
def test_where_nothing_is_known_a_forgery_works_perhaps(posture: str, walks: Walks) -> None:
    """The zone may be signed for all that was learnt: then the sender has no answer that it believes."""
    capture = walks.of("dane-good").capture
    rewalks = Rewalks(Dumb(capture), capture.path)
    found = asyncio.run(summary(rewalks, PRESETS[posture]))
    assert found.verdict.outcome is Outcome.UNKNOWN
    assert found.active.can is None
    assert not any(each.attacker_reads for each in found.outcomes)
    forged = next(each for each in found.outcomes if each.attack == "forge-mx")
    assert (forged.outcome, forged.host, forged.may_read) == (Outcome.UNKNOWN, None, True)
    assert "may find the forged answer bogus" in forged.evidence
    assert "delivered to the attacker" not in forged.evidence


def test_every_attack_is_told_with_its_evidence(rewalks: RewalksOf) -> None:
    found = told(rewalks, "dane-good", "postfix-dane")
    assert [each.attack for each in found.outcomes][: len(ATTACKS)] == list(ATTACKS)
    assert not any(each.works() for each in found.outcomes)
    assert all(each.evidence for each in found.outcomes)
    assert (found.active.can, found.active.cheapest, found.active_if_cached) == (False, None, None)


def test_pairs_are_tried_only_where_they_would_be_the_cheapest(rewalks: RewalksOf) -> None:
    found = told(rewalks, "sts-enforce", "rfc")
    pairs = [each for each in found.outcomes if "+" in each.attack]
    assert pairs
    assert found.active.cheapest is not None
    assert found.active.cheapest.attack == "block-policy+strip-starttls"
    assert all(each.attack in COMBINATIONS for each in pairs)
    singles = [each for each in told(rewalks, "dane-good", "postfix-may").outcomes if "+" in each.attack]
    assert singles == []


def test_the_cheapest_is_the_cheapest(rewalks: RewalksOf) -> None:
    for posture in PRESETS:
        found = told(rewalks, "two-mx-weak", posture)
        working = [cost(each.attack) for each in found.outcomes if each.works()]
        if found.active.can and found.active.cheapest is not None:
            assert cost(found.active.cheapest.attack) == min(working)
        elif not found.active.can:
            assert working == []


def test_a_capture_is_enough(walks: Walks) -> None:
    found = asyncio.run(summary(walks.of("dane-good").capture, PRESETS["postfix-dane"]))
    assert found.active.can is False


# --- the weakest host ------------------------------------------------------------------------------


def untampered(rewalks: RewalksOf, scenario: str) -> Walk:
    return asyncio.run(rewalks(scenario).untampered())


def test_the_weakest_host_is_where_the_attacker_steers(rewalks: RewalksOf) -> None:
    walk = untampered(rewalks, "two-mx-weak")
    alone = dict(each_only_reachable(walk, PRESETS["postfix-dane"]))
    outcomes = {host: verdict.outcome for host, verdict in alone.items()}
    assert outcomes == {
        "mx1.two-mx-weak.example": Outcome.AUTHENTICATED,
        "mx2.two-mx-weak.example": Outcome.PLAINTEXT,
    }
    assert weakest_host(walk, PRESETS["postfix-dane"]) == "mx2.two-mx-weak.example"
    assert weakest_path(walk, PRESETS["postfix-dane"]) == (
        "mx1.two-mx-weak.example is protected under postfix-dane; mx2.two-mx-weak.example has no TLSA"
        " records: an attacker who blocks mx1.two-mx-weak.example gets the mail in the clear."
    )
    assert "offers no STARTTLS" in weakest_path(walk, PRESETS["postfix-may"])


@pytest.mark.parametrize("scenario", ["dane-good", "dual-stack", "null-mx", "no-mx-host", "bogus"])
def test_where_all_hosts_are_alike_there_is_no_weakest(scenario: str, rewalks: RewalksOf) -> None:
    assert weakest_path(untampered(rewalks, scenario), PRESETS["rfc"]) == ""


def test_a_sender_that_skips_the_weak_host_has_no_weak_path(rewalks: RewalksOf) -> None:
    assert weakest_path(untampered(rewalks, "two-mx-weak"), PRESETS["postfix-dane-only"]) == ""


def test_the_prediction_for_one_host_is_what_the_walk_then_finds(rewalks: RewalksOf) -> None:
    """`steer` through exchanges and the facts-level shortcut that chooses its target agree."""
    for scenario in ("two-mx-weak", "first-mx-down", "dane-first-bad-second-weak"):
        walk = untampered(rewalks, scenario)
        for name in ("rfc", "postfix-may", "postfix-dane", "postfix-dane-only", "exim"):
            for host, verdict in each_only_reachable(walk, PRESETS[name]):
                found = asyncio.run(attack_outcome(rewalks(scenario), PRESETS[name], "steer", host))
                assert found.outcome is verdict.outcome, (scenario, name, host)


def many(safe: int, *last: tuple[str, str]) -> Walk:
    """So many hosts under DANE, and as `last` (name, why not tried) those with neither TLSA nor STARTTLS."""
    hosts, tlsas, sessions = [], [], []
    names = [(f"mx{number}.b.example", "") for number in range(1, safe + 1)]
    for number, (name, why) in enumerate([*names, *last], start=1):
        address = f"192.0.2.{number}"
        hosts.append(made.mx_host(name, address, preference=number))
        good = number <= safe
        tlsas.append(made.tlsa(*([made.record(3, 1, 1, made.spki(made.GOOD))] if good else []), host=name))
        for sni in (None,) if why else (None, name):
            chain = (made.GOOD.der,) if good else None
            held = made.session(chain, address=address, sni=sni)
            sessions.append(made.Session(address=address, port=25, sni=None, not_tried=why) if why else held)
    return made.walk(
        mx=made.mx(*hosts),
        tlsa=made.TlsaFacts(hosts=tuple(tlsas)),
        starttls=made.StarttlsFacts(sessions=tuple(sessions)),
    )


def test_no_host_is_too_far_down_to_be_the_weakest() -> None:
    posture = PRESETS["rfc"]
    walk = many(11, ("mx12.b.example", ""))
    assert weakest_host(walk, posture) == "mx12.b.example"
    assert (
        "mx12.b.example has no TLSA records: an attacker who blocks the 11 hosts before it"
        in weakest_path(walk, posture)
    )
    assert weakest_path(walk, PRESETS["postfix-dane"]) == ""  # smtp_mx_address_limit: it never gets there


def test_only_what_the_weak_host_lacks_and_only_the_hosts_before_it_are_told() -> None:
    """Twelve hosts without any TLSA, the fourth without STARTTLS; one of those before it takes no mail."""
    hosts = [mx(f"mx{at:02}", plain if at == 4 else tls(WEB), at=at) for at in range(1, 13)]
    unsigned = path(*hosts)
    assert weakest_path(unsigned, PRESETS["rfc"]) == (
        "mx01.b.example is encrypted under rfc; mx04.b.example offers no STARTTLS: an attacker who blocks"
        " mx01.b.example, mx02.b.example and mx03.b.example gets the mail in the clear."
    )
    hosts[1] = mx("mx02", down, at=2)
    assert "blocks mx01.b.example and mx03.b.example gets" in weakest_path(path(*hosts), PRESETS["rfc"])
    alike = [mx("mx1", plain), mx("mx2", tls(WEB))]
    assert "blocks mx2.b.example gets" in weakest_path(path(*alike), PRESETS["rfc"])
    first = [mx("mx1", plain), mx("mx2", tls(WEB), at=20)]
    assert weakest_path(path(*first), PRESETS["rfc"]).endswith(
        "mx1.b.example offers no STARTTLS, and it is tried first: no attacker is needed."
    )


def test_a_host_that_was_not_looked_at_may_be_the_weakest() -> None:
    """The walk talks to so many addresses only: of the others it cannot be told what they do."""
    posture = PRESETS["postfix-dane"]
    why = "more than 20 addresses"
    walk = many(2, ("mx3.b.example", why), ("mx4.b.example", why))
    alone = {host: each.outcome for host, each in each_only_reachable(walk, posture)}
    assert list(alone) == ["mx1.b.example", "mx2.b.example", "mx3.b.example"]
    assert alone["mx3.b.example"] is Outcome.UNKNOWN
    assert alone["mx2.b.example"] is Outcome.AUTHENTICATED
    assert weakest_host(walk, posture) == "mx3.b.example"
    assert (
        weakest_host(many(2, ("mx3.b.example", "not now"), ("mx4.b.example", "")), posture) == "mx4.b.example"
    )


# --- speed -----------------------------------------------------------------------------------------


def test_all_postures_under_all_attacks_at_once(walks: Walks) -> None:
    """The goal is under a second on a laptop; the limit here leaves room for a busy machine."""
    capture = walks.of("two-mx-weak").capture

    async def everything() -> int:
        rewalks = Rewalks(capture)
        found = [
            await attack_outcome(rewalks, posture, attack)
            for attack in ATTACKS
            for posture in PRESETS.values()
        ]
        return len(found)

    began = time.process_time()
    assert asyncio.run(everything()) == len(ATTACKS) * len(PRESETS)
    assert time.process_time() - began < 2.0
