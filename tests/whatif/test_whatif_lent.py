"""What walks under attack have in common is validated and judged once: nothing may come out another way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from mailpath.attacks.catalogue import ATTACKS
from mailpath.attacks.network import AttackedNetwork
from mailpath.exchanges import Question
from mailpath.judge import message_options
from mailpath.judge.message_options import Message
from mailpath.judge.presets import PRESETS
from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.walk import walk
from mailpath.whatif import Rewalks
from mailpath.whatif.judged import Judged
from mailpath.whatif.rewalk import find_victim

if TYPE_CHECKING:
    from conftest import Walks

#: A path of each kind: DANE with a policy, hosts of unlike strength, aliases, a zone that is bogus.
SCENARIOS = ("full-protection", "two-mx-weak", "half-dane", "bogus", "nsec3")


async def walked_alone(capture: Capture, attack: str, seen: object) -> object:
    victim = find_victim(seen)  # type: ignore[arg-type]
    network = AttackedNetwork(Replay(capture), attack, capture.ground.made, victim)
    return await walk(capture.path, network, capture.ground.made)


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_a_walk_that_borrows_is_the_walk_that_asks(scenario: str, walks: Walks) -> None:
    capture = walks.of(scenario).capture
    rewalks = Rewalks(capture)
    seen = await rewalks.untampered()
    for attack in ATTACKS:
        assert (await rewalks.under(attack)).walk == await walked_alone(capture, attack, seen), attack


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_what_is_remembered_is_what_would_be_judged(scenario: str, walks: Walks) -> None:
    rewalks = Rewalks(walks.of(scenario).capture)
    seen = [await rewalks.untampered(), *[(await rewalks.under(attack)).walk for attack in ATTACKS]]
    policy = seen[0].sts.policy
    judged = Judged()
    for posture in PRESETS.values():
        for each in seen:
            for cached in {None, policy}:
                told = judged.verdict(each, posture, cached, Message.ORDINARY)
                assert told == message_options.verdict(each, posture, cached), (posture.name, each.steps)


def test_what_is_read_of_a_walk_decides_whether_it_is_remembered(walks: Walks) -> None:
    found, made = walks.of("dane-good").walk, []

    def judge(walk, posture, *more):
        made.append(walk.mx)
        return len(made)

    judged, posture = Judged(), PRESETS["rfc"]
    assert judged.told(judge, found, posture) == 1
    assert judged.told(judge, replace(found, at=found.at + 1, steps=()), posture) == 1
    assert judged.told(judge, replace(found, mx=replace(found.mx, hosts=())), posture) == 2
    assert judged.told(judge, found, PRESETS["exim"]) == 3
    assert judged.told(judge, found, posture, Message.REQUIRETLS) == 4
    assert judged.told(judge, found, posture) == 1


def test_only_answers_that_nobody_touches_are_lent(walks: Walks) -> None:
    capture = walks.of("dane-good").capture
    replay = Replay(capture)
    seen = asyncio.run(walk(capture.path, replay, capture.ground.made))
    network = AttackedNetwork(replay, "deny-tlsa", capture.ground.made, find_victim(seen))
    tlsa = [each for each in capture.dns if each.question.rdtype == "TLSA"]
    others = [each for each in capture.dns if each.question.rdtype == "DNSKEY"]
    assert network.borrow(others)
    assert not network.borrow([*others, tlsa[0]])
    assert not network.borrow([replace(others[0])])  # of another recording, though it says the same
    assert not network.borrow(capture.smtp)
    own = Question(name="attacker.example", rdtype="A")
    assert not network.borrow([asyncio.run(network.ask(own))])
