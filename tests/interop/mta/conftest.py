"""One lab, one mail of each sender to each scenario, one walk to each: observed once, compared many times."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Iterator

import interop_mta_exim as exim
import interop_mta_postfix as postfix
import pytest
from interop_mta_attacks import ATTACKS, BY_ATTACKER, SCENARIOS, Victims, deliver
from interop_mta_internet import (
    HERE,
    RESOLVER,
    Grounds,
    lab_grounds,
    start_policy_daemon,
    start_resolver,
)
from interop_mta_model import (
    Attacks,
    Attempt,
    Cell,
    Cells,
    Deliveries,
    Taken,
    against_judge,
    judged,
    observed,
)
from interop_tools import tool

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.network import capture
from mailpath.whatif import AttackOutcome, Rewalks, attack_outcome
from mailpath.whatif.rewalk import find_victim

POSTURES = (*postfix.LEVELS, *exim.LEVELS)
FIGURES = pytest.StashKey[list[str]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash.get(FIGURES, ()):
        terminalreporter.write_line(line)


def _tell(config: pytest.Config, what: str, seen: Cells, foreseen: Cells, seconds: float) -> None:
    wrong = len(against_judge(seen, foreseen))
    line = f"{what}: {len(seen) - wrong} of {len(seen)} cells agree, in {seconds:.0f} seconds"
    config.stash.setdefault(FIGURES, []).append(line)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines for people, which stand at the end of a run."""
    return pytestconfig.stash.setdefault(FIGURES, [])


@pytest.fixture(scope="session")
def grounds() -> Iterator[Grounds]:
    with lab_grounds() as up:
        yield up


@pytest.fixture(scope="session")
def captures(grounds: Grounds) -> dict[str, capture.Capture]:
    """A walk to every scenario, with the resolver and the policy daemon that mail servers have there."""
    space, folder = grounds.space, grounds.folder
    held = folder / "captures"
    held.mkdir()
    start_resolver(space, folder, grounds.anchor)
    start_policy_daemon(space, folder, grounds.ca_file)
    walker = (tool("env"), sys.executable, HERE / "interop_mta_walk.py", grounds.network_file)
    walks = space.spawn(*walker, f"{RESOLVER}:53", held, log=folder / "walks.log")
    assert walks.wait(60) == 0, space.logs()
    return {scenario.id: capture.load(held / f"{scenario.id}.json.gz") for scenario in scenarios()}


@pytest.fixture(scope="session")
def paths(captures: dict[str, capture.Capture]) -> dict[str, Walk]:
    """A walk to every scenario.  `walks` is the name of another fixture, which orders all tests."""

    async def walk_all() -> dict[str, Walk]:
        return {scenario: await Rewalks(held).untampered() for scenario, held in captures.items()}

    return asyncio.run(walk_all())


@pytest.fixture(scope="session")
def deliveries(pytestconfig: pytest.Config, grounds: Grounds, paths: dict[str, Walk]) -> Deliveries:
    began = time.monotonic()
    attempts = _delivered(grounds)
    taken = grounds.taken()
    seen = {
        (scenario.id, posture): _cell(attempts, taken, posture, scenario.domain)
        for scenario in scenarios()
        for posture in POSTURES
    }
    foreseen = {
        (scenario, posture): judged(judge(walk, PRESETS[posture]))
        for scenario, walk in paths.items()
        for posture in POSTURES
    }
    _tell(pytestconfig, "Postfix and Exim", seen, foreseen, time.monotonic() - began)
    return Deliveries(seen, foreseen)


def _delivered(grounds: Grounds) -> dict[str, list[Attempt]]:
    """All mail, at once."""
    space, folder = grounds.space, grounds.folder
    exims = exim.Exim(space, folder / "exim", grounds.ca_file)
    deliveries = exims.start(_recipients(exim.LEVELS))
    found = postfix.Postfix(space, folder / "postfix", grounds.ca_file).deliver(_recipients(postfix.LEVELS))
    assert deliveries.wait(exim.LIMIT) == 0, space.logs()
    by_exim = exims.attempts()
    assert by_exim, f"Exim delivered nothing:\n{exims.said()}"
    return found | by_exim


def _recipients(postures: Iterable[str]) -> list[str]:
    return [f"{posture}@{scenario.domain}" for scenario in scenarios() for posture in postures]


def _cell(attempts: dict[str, list[Attempt]], taken: dict[str, Taken], posture: str, domain: str) -> Cell:
    recipient = f"{posture}@{domain}"
    words = postfix.AUTHENTICATED if posture in postfix.LEVELS else exim.AUTHENTICATED
    if posture == "exim-verify":
        words = exim.AUTHENTICATED_VERIFY
    return observed(attempts.get(recipient, []), taken.get(recipient), words)


# --- under attack ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def attacks(pytestconfig: pytest.Config, grounds: Grounds, captures: dict[str, capture.Capture]) -> Attacks:
    began = time.monotonic()
    clients = tuple(postfix.LEVELS)
    rewalks = {scenario: Rewalks(captures[scenario]) for scenario in SCENARIOS}
    victims, outcomes = asyncio.run(_foreseen(rewalks, clients))
    attempts, taken = deliver(grounds, victims, clients)
    found = Attacks({}, {}, {}, {}, clients)
    for (scenario, posture, attack), foreseen in outcomes.items():
        recipient = f"{posture}+{attack}@{victims.by_scenario[scenario].recipient}"
        key = scenario, f"{posture} under {attack}"
        took = taken.get(recipient)
        found.observed[key] = observed(attempts.get(recipient, []), took, postfix.AUTHENTICATED)
        found.foreseen[key] = judged(foreseen.verdict)
        found.read[key] = took is not None and (took.host == BY_ATTACKER or not took.tls)
        found.foreseen_read[key] = foreseen.attacker_reads
    _tell(pytestconfig, "Postfix under attack", found.observed, found.foreseen, time.monotonic() - began)
    return found


async def _foreseen(
    rewalks: dict[str, Rewalks], postures: tuple[str, ...]
) -> tuple[Victims, dict[tuple[str, str, str], AttackOutcome]]:
    victims = Victims({scenario: find_victim(await each.untampered()) for scenario, each in rewalks.items()})
    outcomes = {}
    for attack in ATTACKS:
        for scenario, each in rewalks.items():
            steer_to = victims.steer_to(scenario) if "steer" in attack else None
            for posture in postures:
                outcome = await attack_outcome(each, PRESETS[posture], attack, steer_to)
                outcomes[scenario, posture, attack] = outcome
    return victims, outcomes
