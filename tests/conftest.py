"""What all tests share: one lab for the whole session, and one walk of each of its scenarios."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module, resources
from pathlib import Path as Folder

import pytest
from handmade import LAB
from hypothesis import HealthCheck, settings
from reported import SCENARIOS

from mailpath.facts import Path, Walk
from mailpath.findings import Finding, find
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab, Scenario
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.report.result import Result, build
from mailpath.walk import Event, live_network, walk

# Shared machines are slow at times; a property is about the answer, not about the clock.
# Where a change is judged (.ci/run) the same examples are tried each time; `make test` goes on searching.
settings.register_profile(
    "suite",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="MAILPATH_NO_SKIPS" in os.environ,
)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def no_files_of_this_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have postures, paths and surveys of their own: none is read or changed."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "STATE", "DATA"):
            patch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))
        yield


@dataclass(frozen=True)
class Walked:
    """One live walk of a lab scenario, with all that came of it."""

    scenario: Scenario
    walk: Walk
    capture: Capture
    events: tuple[Event, ...]


class Walks:
    """Walks each scenario of a lab once, when first asked for."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.of = cache(self._of)
        self.result = cache(self._result)

    def _of(self, scenario_id: str) -> Walked:
        scenario = next(each for each in self.lab.scenarios if each.id == scenario_id)
        # A test that is a coroutine itself has a loop running in this thread.
        with ThreadPoolExecutor(1) as aside:
            return aside.submit(asyncio.run, self._walk(scenario)).result()

    def _result(self, scenario_id: str) -> Result:
        """Of the lab, by every posture."""
        return build(self.of(scenario_id).walk, PRESETS.values(), {}, provenance=LAB)

    async def _walk(self, scenario: Scenario) -> Walked:
        events: list[Event] = []
        path = Path(recipient=scenario.domain, sender=scenario.sender)
        async with live_network(self.lab.settings, kind="lab") as network:
            recording = Recording(network)
            walked = await walk(path, recording, network.ground.made, events.append)
            capture = capture_of(recording, path, walked.roots)
        return Walked(scenario, walked, capture, tuple(events))


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Where nothing compiled is kept yet, the workers of a whole run share the compiling: each begins
    elsewhere and finds what the others have done.  Rewriting all `assert`s takes each seven seconds.
    """
    worker = getattr(session.config, "workerinput", None)
    whole = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if worker is None or not whole or sys.dont_write_bytecode:
        return
    files = sorted(
        each for each in Folder(__file__).parent.rglob("test_*.py") if each.parent.name != "interop"
    )
    number = int(worker["workerid"].removeprefix("gw"))
    start = len(files) * number // worker["workercount"]
    for file in (*files[start:], *files[:start]):
        if str(file.parent) not in sys.path:
            sys.path.insert(0, str(file.parent))
        with suppress(Exception, pytest.skip.Exception):  # collecting it will tell
            import_module(file.stem)


#: Tests of many seconds: whoever takes one last keeps everybody waiting.
LONG = (
    "test_every_lesson_from_start_to_end",
    "test_every_block_prints_what_its_page_shows",
    "test_nothing_but_text_and_own_sequences_reaches_the_terminal",
    "test_it_is_gone_at_any_moment",
    "test_keys_are_answered_while_a_trap_is_walked_again_and_judged",
    "test_the_answer_and_what_to_do_are_in_sight",
)
#: Fixtures that take seconds to make.
DEAR = ("again", "surveyed", "walks")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest come first; then those that share what takes seconds to make, so that one worker makes it,
    or two do, and not each."""

    def order(item: pytest.Item) -> int:
        if getattr(item, "originalname", "") in LONG:
            return -1
        wanted = getattr(item, "fixturenames", ())
        return next((place for place, name in enumerate(DEAR) if name in wanted), len(DEAR))

    items.sort(key=order)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """pytest ends with five garbage collections, to hear of what nobody closed, and each goes through all
    that a whole run leaves.  The first finds what is there; the others need to see only what came of it.
    """
    gc.collect()
    gc.freeze()


def pytest_make_parametrize_id(val: object) -> str | None:
    """Do not name a test by the bytes that it is given: each worker makes keys of its own."""
    return "bytes" if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What a test wants to be known (its property `told`).  Where everything is installed (MAILPATH_NO_SKIPS
    is set), a skipped test is a failed run."""
    for report in terminalreporter.stats.get("passed", []):
        for told in (text for name, text in report.user_properties if name == "told"):
            terminalreporter.write_line(told)
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("MAILPATH_NO_SKIPS"):
        terminalreporter.write_line(f"{len(skipped)} skipped: not here (MAILPATH_NO_SKIPS)", red=True)
        assert terminalreporter._session is not None
        terminalreporter._session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    with Lab.start() as running:
        yield running


@pytest.fixture(scope="session")
def walks(lab: Lab) -> Walks:
    return Walks(lab)


@pytest.fixture(scope="session")
def reported() -> Iterator[Callable[[str], Walk]]:
    """The walk of a situation out of a public report, by its id."""
    with Lab.start(SCENARIOS) as running:
        walks = Walks(running)
        yield lambda name: walks.of(name).walk


@pytest.fixture(scope="session")
def found_in(reported: Callable[[str], Walk]) -> Callable[[str], dict[str, Finding]]:
    """Its findings by code; of several of one code the first."""
    return lambda name: {each.code: each for each in reversed(find(reported(name)))}


@pytest.fixture(scope="session")
def report_schema() -> dict[str, object]:
    text = resources.files("mailpath.report").joinpath("schema.json").read_text(encoding="utf-8")
    schema: dict[str, object] = json.loads(text)
    return schema
