"""The walk: runs the steps over a Network as of a time, streams what happens, returns the facts.

Same exchanges and same `at`, same Walk, whatever the order in which answers arrive.  A panel stands
alone: a step that breaks is one ERROR line, the others go on.

A path whose signatures take too much work is walked again with less `Effort`: see `mailpath.dnssec.bounds`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mailpath.dnssec import Effort, Validator
from mailpath.facts import (
    DnssecFacts,
    Found,
    HostTlsa,
    MxFacts,
    MxKind,
    Path,
    SenderFacts,
    StarttlsFacts,
    Status,
    StepResult,
    StsFacts,
    TlsaFacts,
    Walk,
)
from mailpath.match import pkix
from mailpath.network.protocol import Network
from mailpath.network.settings import Settings, roots
from mailpath.steps import dnssec, mx, resolver, sender, sessions, starttls, sts, tlsa
from mailpath.steps.tools import Tools, not_looked_up
from mailpath.visible import visible

if TYPE_CHECKING:
    from mailpath.network.bounded import Bounded


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

_Facts = TypeVar("_Facts")

_RESULTS: dict[str, Callable[[Walk], StepResult]] = {
    "sender": sender.result,
    "mx": mx.result,
    "dnssec": dnssec.result,
    "mta-sts": sts.result,
    "tlsa": tlsa.result,
    "starttls": starttls.result,
}


async def walk(
    path: Path, network: Network, at: int, on_event: Callable[[Event], None] | None = None
) -> Walk:
    """Walk `path` as of `at` (Unix seconds).  `on_event` is called in this task's loop.  Raises nothing
    for what the world does; cancelling it cancels every exchange under way.

    A hostile path is walked up to three times: wrap what is costly to ask twice in a `Recording`."""
    for effort in Effort:
        walker = _Walker(path, network, at, on_event, effort)
        found = await walker.run()
        if not walker.exhausted:
            break
    return found


def live_network(settings: Settings, kind: str = "live") -> Bounded:
    """The network of one walk that opens sockets, refusing policy hosts that no reader of policies would
    accept.

    The common name counts here: some senders accept it (the strict judgement is the walk's).
    """
    from mailpath.network.bounded import Bounded
    from mailpath.network.live import LiveNetwork

    trusted = roots(settings)

    def refuse(chain: tuple[bytes, ...], host: str) -> str | None:
        return pkix.check_policy_host(chain, host, trusted, int(time.time()), allow_cn=True)

    return Bounded(LiveNetwork(settings, policy_host_check=refuse, kind=kind), settings.whole_wait)


class _Walker:
    """One walk.  Facts are put together in `_walk` as they come; `_broken` holds steps that failed in
    our own code, with one sentence each."""

    def __init__(
        self,
        path: Path,
        network: Network,
        at: int,
        on_event: Callable[[Event], None] | None,
        effort: Effort = Effort.FULL,
    ) -> None:
        self._tools = Tools(path, network, Validator(network, at, effort), at)
        self._tell = on_event
        self._anew = effort is not Effort.FULL
        self._began: dict[str, float] = {}
        self._elapsed: dict[str, float] = {}
        self._broken: dict[str, str] = {}
        self._results: dict[str, StepResult] = {}
        why = "not looked at yet"
        self._walk = Walk(
            path=path,
            at=at,
            resolver=network.ground.resolver,
            sender=SenderFacts(domain=path.sender, ehlo=network.ground.ehlo),
            mx=MxFacts(kind=MxKind.FAILED, lookup=not_looked_up(path.recipient, "MX", why)),
            dnssec=DnssecFacts(),
            sts=StsFacts(found=Found.NOT_TRIED),
            tlsa=TlsaFacts(),
            starttls=StarttlsFacts(),
            patience=network.ground.patience,
        )

    @property
    def exhausted(self) -> bool:
        """What was found must not stand (`Validator.exhausted`)."""
        return self._tools.validator.exhausted

    async def run(self) -> Walk:
        """The sender and the policy are looked at beside the rest; what joins two steps waits for both."""
        for step in ("sender", "mx", "dnssec", "mta-sts"):
            self._start(step)
        async with asyncio.TaskGroup() as group:
            sender_seen = group.create_task(self._sender())
            sts_seen = group.create_task(self._sts())
            found = await self._guard("mx", mx.look(self._tools), self._walk.mx)
            self._set(mx=found)
            self._finish("mx")
            self._start("tlsa")
            self._start("starttls")
            looked = group.create_task(self._tlsa(found))
            talk = sessions.look(self._tools, found, looked)
            self._set(starttls=await self._guard("starttls", talk, self._walk.starttls))
            await looked
            self._finish("tlsa")
            await sender_seen
            await self._port25()
            await sts_seen
            await self._resolver()
            # A recording must hold what another time or an attack would need, whatever was fastest today.
            await self._tools.validator.settle()
            # Again, now that every look-up is in: which zones were seen must not hang on who was first.
            self._set(roots=self._anchors(), dnssec=self._dnssec())
            self._finish("starttls")
        self._settle()
        return msgspec.structs.replace(self._walk, steps=tuple(self._results[step] for step in _RESULTS))

    async def _sender(self) -> None:
        self._set(sender=await self._guard("sender", sender.look(self._tools), self._walk.sender))
        self._finish("sender")

    async def _sts(self) -> None:
        self._set(sts=await self._guard("mta-sts", sts.look(self._tools), self._walk.sts))
        self._finish("mta-sts")

    async def _tlsa(self, found: MxFacts) -> TlsaFacts:
        empty = TlsaFacts(
            hosts=tuple(HostTlsa(host=host.name, not_tried="not looked up") for host in found.hosts)
        )
        facts = await self._guard("tlsa", tlsa.look(self._tools, found), empty)
        self._set(tlsa=facts)
        self._set(dnssec=self._dnssec())
        self._finish("dnssec")
        return facts

    def _dnssec(self) -> DnssecFacts:
        validator = self._tools.validator
        return dnssec.gather(self._walk.mx, self._walk.tlsa, validator.zones(), validator.resolver_note)

    async def _port25(self) -> None:
        """Whether port 25 leaves this machine is the sender's line, but only the sessions can tell."""
        before = self._walk.sender
        probe = sender.port25(self._tools, before, self._walk.starttls)
        self._set(sender=await self._guard("sender", probe, before))

    async def _resolver(self) -> None:
        """Whose errors those of the resolver are: it can be asked once all look-ups are in."""
        fails = await self._guard("sender", resolver.failing_types(self._tools, self._walk), {})
        self._set(sender=msgspec.structs.replace(self._walk.sender, resolver_fails=fails))

    # --- what is known so far ---

    async def _guard(self, step: str, looking: Awaitable[_Facts], empty: _Facts) -> _Facts:
        """What the step found, or `empty` where our own code broke: the other panels stand."""
        try:
            return await looking
        except Exception as error:  # noqa: BLE001 - any bug of a step is that step's ERROR line
            self._broken[step] = _bug(error)
            return empty

    def _set(self, **facts: object) -> None:
        self._walk = msgspec.structs.replace(self._walk, **facts)

    def _anchors(self) -> tuple[bytes, ...]:
        """Trusted roots that could anchor a chain seen on this walk, sorted."""
        chains = {session.tls.chain for session in self._walk.starttls.sessions if session.tls is not None}
        if self._walk.sts.fetch is not None:
            chains.add(self._walk.sts.fetch.chain)
        trusted = self._tools.network.ground.roots
        return tuple(sorted({root for chain in chains for root in pkix.relevant_roots(chain, trusted)}))

    # --- events ---

    def _start(self, step: str) -> None:
        self._began[step] = time.perf_counter()
        if self._tell is not None and not self._anew:
            self._tell(StepStarted(step))

    def _finish(self, step: str) -> None:
        elapsed = (time.perf_counter() - self._began[step]) * 1000
        self._elapsed[step] = elapsed
        self._report(step, self._result(step))

    def _settle(self) -> None:
        """Every line again, from all the facts: one that a later step changed is told again."""
        for step in _RESULTS:
            settled = self._result(step)
            if settled != self._results[step]:
                self._report(step, settled)

    def _report(self, step: str, result: StepResult) -> None:
        self._results[step] = result
        if self._tell is not None:
            so_far = msgspec.structs.replace(self._walk, steps=tuple(self._results.values()))
            self._tell(StepFinished(result, self._elapsed[step], so_far))

    def _result(self, step: str) -> StepResult:
        if step not in self._broken:
            try:
                return _RESULTS[step](self._walk)
            except Exception as error:  # noqa: BLE001 - as in _guard
                self._broken[step] = _bug(error)
        return StepResult(id=step, status=Status.ERROR, word="BUG", summary=self._broken[step])


def _bug(error: Exception) -> str:
    what = visible(f"{type(error).__name__}: {error}", limit=200)
    return f"mailpath itself failed in this step; please report it: {what}"
