"""The walk: runs the steps over a Network as of a time, streams what happens, returns the facts.

Same exchanges and same `at`, same Walk, whatever the order in which answers arrive.  A panel stands
alone: a step that breaks is one ERROR line, the others go on.

A path whose signatures take too much work is walked again with less `Effort`: see `mailpath.dnssec.bounds`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from mailpath.dnssec import Effort, Validator, Zones
from mailpath.facts import Path, Status, StepResult, Walk
from mailpath.logs import logger
from mailpath.match import pkix
from mailpath.network.protocol import Network
from mailpath.online import live_network, shared_network
from mailpath.steps.registry import REGISTRY, result, unwalked, with_facts
from mailpath.steps.step import Step
from mailpath.steps.tools import Tools
from mailpath.visible import visible

__all__ = ["Event", "StepFinished", "StepStarted", "live_network", "shared_network", "walk"]


class StepStarted(msgspec.Struct, frozen=True):
    """A step's first exchange is about to go out."""

    id: str


class StepFinished(msgspec.Struct, frozen=True):
    """A step's line is known.  `so_far`: the walk as far as it is known; steps still running have empty
    facts.  A step finishes again when a later one changes its line (sender: whether port 25 is open), and
    when the path is walked again with less effort.
    """

    result: StepResult
    elapsed_ms: float
    so_far: Walk


Event = StepStarted | StepFinished


async def walk(
    path: Path,
    network: Network,
    at: int,
    on_event: Callable[[Event], None] | None = None,
    zones: Zones | None = None,
    *,
    lines: bool = True,
) -> Walk:
    """Walk `path` as of `at` (Unix seconds).  `on_event` is called in this task's loop.  Raises nothing
    for what the world does; cancelling it cancels every exchange under way.

    A hostile path is walked up to three times: wrap what is costly to ask twice in a `Recording`.  `zones`:
    what walks over a `Shared` network lend each other; `lines`: whether anybody reads what the steps say in
    `Walk.steps`, which is empty otherwise."""
    for effort in Effort:
        walker = _Walker(path, network, at, on_event, effort=effort, zones=zones, lines=lines)
        found, exhausted = await walker.run(), walker.exhausted
        walker.forget()
        if not exhausted:
            break
    return found


class _Walker:
    """One walk.  Facts are put together in `_walk` as they come; `_broken` holds steps that failed in
    our own code, with one sentence each."""

    def __init__(
        self,
        path: Path,
        network: Network,
        at: int,
        on_event: Callable[[Event], None] | None,
        *,
        effort: Effort = Effort.FULL,
        zones: Zones | None = None,
        lines: bool = True,
    ) -> None:
        validator = Validator(network, at, effort, zones)
        self._tools = tools = Tools(path, network, validator, at, self._found)
        self._tell = on_event
        self._lines = lines
        self._anew = effort is not Effort.FULL
        self._began: dict[str, float] = {}
        self._elapsed: dict[str, float] = {}
        self._broken: dict[str, str] = {}
        self._results: dict[str, StepResult] = {}
        self._seen = {step_id: asyncio.Event() for step_id in REGISTRY}
        self._settled = {step_id: asyncio.Event() for step_id in REGISTRY}
        self._walk = unwalked(tools)

    @property
    def exhausted(self) -> bool:
        """What was found must not stand (`Validator.exhausted`)."""
        return self._tools.validator.exhausted

    def forget(self) -> None:
        """The walk is over: let go of what only it needed."""
        self._tools.validator.forget()
        for each in (self._seen, self._settled, self._results):
            each.clear()
        del self._walk

    async def run(self) -> Walk:
        """Every step at once; each waits for what it hangs on."""
        async with asyncio.TaskGroup() as group:
            for step_id, step in REGISTRY.items():
                group.create_task(self._look(step_id, step))
        self._walk = replace(self._walk, roots=self._anchors())
        if not self._lines:
            return self._walk
        for step_id in REGISTRY:
            if step_id not in self._elapsed:
                self._finish(step_id)
        self._settle()
        return replace(self._walk, steps=tuple(self._results[step_id] for step_id in REGISTRY))

    async def _look(self, step_id: str, step: Step) -> None:
        """All that one step finds."""
        walk = await self._found(*step.after)
        self._start(step_id)
        await self._guard(step_id, self._first(step_id, step, walk))
        if not step.last:
            self._finish(step_id)
        self._seen[step_id].set()
        await self._guard(step_id, self._more(step_id, step))
        self._settled[step_id].set()

    async def _guard(self, step_id: str, learning: Awaitable[None]) -> None:
        """Where our own code breaks a step keeps the facts that it had: the other panels stand."""
        try:
            await learning
        except Exception as error:  # noqa: BLE001 - any bug of a step is that step's ERROR line
            self._broken[step_id] = _bug(step_id, error)

    async def _first(self, step_id: str, step: Step, walk: Walk) -> None:
        if step.look is not None:
            facts = await step.look(self._tools, walk)
            self._walk = with_facts(step_id, self._walk, facts)

    async def _more(self, step_id: str, step: Step) -> None:
        if step.later is not None:
            async for facts in step.later(self._tools):
                self._walk = with_facts(step_id, self._walk, facts)

    async def _found(self, *step_ids: str, settled: bool = False) -> Walk:
        for step_id in step_ids:
            await (self._settled if settled else self._seen)[step_id].wait()
        return self._walk

    def _anchors(self) -> tuple[bytes, ...]:
        """Trusted roots that could anchor a chain seen on this walk, sorted."""
        chains = {session.tls.chain for session in self._walk.starttls.sessions if session.tls is not None}
        if self._walk.sts.fetch is not None:
            chains.add(self._walk.sts.fetch.chain)
        trusted = self._tools.network.ground.roots
        return tuple(sorted({root for chain in chains for root in pkix.relevant_roots(chain, trusted)}))

    # --- events ---

    def _start(self, step_id: str) -> None:
        self._began[step_id] = time.perf_counter()
        if self._tell is not None and not self._anew:
            self._tell(StepStarted(step_id))

    def _finish(self, step_id: str) -> None:
        self._elapsed[step_id] = (time.perf_counter() - self._began[step_id]) * 1000
        if self._tell is not None:  # else nobody reads a line before it is settled
            self._report(self._result(step_id))

    def _settle(self) -> None:
        """Every line again, from all the facts: one that a later step changed is told again."""
        for step_id in REGISTRY:
            settled = self._result(step_id)
            if settled != self._results.get(step_id):
                self._report(settled)

    def _report(self, result: StepResult) -> None:
        self._results[result.id] = result
        if self._tell is not None:
            so_far = replace(self._walk, steps=tuple(self._results.values()))
            self._tell(StepFinished(result, self._elapsed[result.id], so_far))

    def _result(self, step_id: str) -> StepResult:
        if step_id not in self._broken:
            try:
                return result(step_id, self._walk)
            except Exception as error:  # noqa: BLE001 - as in _guard
                self._broken[step_id] = _bug(step_id, error)
        return StepResult(id=step_id, status=Status.ERROR, word="BUG", summary=self._broken[step_id])


def _bug(step: str, error: Exception) -> str:
    logger.exception("the step %s failed", step)
    what = visible(f"{type(error).__name__}: {error}", limit=200)
    return f"mailpath itself failed in this step; please report it: {what}"
