"""A hand-built world for the app: a session that walks without a network, and the app on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import structs
from msgspec.structs import replace
from textual.content import Content
from textual.widget import Widget
from tui_facts import (
    AT,
    LONG,
    NOT_VERIFIED,
    POSTURES,
    RESULTS,
    SCENARIOS,
    Posture,
    attacked,
    details,
    evidence,
    expired,
    explained,
    headline,
    judge,
    walk,
)
from tui_plans import PLANS

from mailpath.attacks.catalogue import ATTACKS
from mailpath.facts import Path, Walk
from mailpath.network.capture import Capture
from mailpath.network.protocol import NetworkContext
from mailpath.plan import Plan
from mailpath.report.panels import Row
from mailpath.report.reply import Reply, Side
from mailpath.tui import messages
from mailpath.tui.app import MailpathApp
from mailpath.tui.expiries import ClockStop, Outlook, stops
from mailpath.tui.judging import Body, JudgedWalk
from mailpath.tui.lens import Lens, PlanState
from mailpath.tui.replayer import Replayer, View
from mailpath.tui.scene import Scene
from mailpath.tui.screens.path import PathScreen
from mailpath.tui.session import Session
from mailpath.tui.source import LabSource, LiveSource
from mailpath.whatif import AttackOutcome, Moment, Reach, Summary
from mailpath.whatif.only_host import restricted

__all__ = [
    "AT",
    "LONG",
    "RESULTS",
    "SCENARIOS",
    "FakeReplayer",
    "FakeSession",
    "app",
    "appears",
    "drawn",
    "path_screen",
    "scene_of",
    "settle",
    "shown",
    "walk",
]


class FakeJudged(JudgedWalk):
    """Judged and explained by `below`: what the layers there would say."""

    below: Mapping[str, Callable[..., Any]] = {
        "judge": judge,
        "headline": headline,
        "explained": explained,
        "details": details,
        "evidence": evidence,
        "only_host": restricted,
    }

    def judge(self, posture: Any) -> Any:
        return self.below["judge"](self.walk, posture, self.asked, self.met)

    def headline(self, posture: Any) -> Any:
        return self.below["headline"](self.walk, posture, self.asked, self.met)

    def reply(self, posture: str, reader: Any, made: int, refused: Any = None) -> Reply:
        return Reply(
            reader=reader,
            side=Side.RECIPIENT,
            subject=f"Mail to {self.walk.path.recipient}",
            happened=self.sentence(posture),
            whose="The cause is on your side.",
            remedy=(Row("Fix", "Publish this record.", (f"_25._tcp.mx1.b.example. TLSA 3 1 1 {'0' * 64}",)),),
            evidence=tuple(each.reason for each in self.verdict(posture).attempts[:2]),
            seen="Seen today.",
            remarks=(),
        )

    def only_host(self, host: str) -> Any:
        return self.below["only_host"](self.walk, host)

    def envelope(self) -> None:
        return None

    def blocks(self, step: str) -> Any:
        return self.below["explained"](self.walk, step)

    def explain(self, step: str, exchanges: Any) -> Body:
        details, evidence = (self.below[name] for name in ("details", "evidence"))
        return Body(self.blocks(step), details(self.walk, step), evidence(self.walk, step, exchanges))


class FakeReplayer(Replayer):
    """A recording that walks again in two ways: attacked or not, expired or not."""

    def __init__(self, judged: JudgedWalk) -> None:
        super().__init__(Capture(path=judged.walk.path, ground=GROUND), judged)
        self.walks = 0

    def stops(self, policy_age: int | None = None) -> tuple[ClockStop, ...]:
        return stops(
            (
                Moment(AT + 14 * 86400, "signatures", "b.example", "over b.example MX, b.example DNSKEY"),
                Moment(AT + 14 * 86400, "signatures", "example", "over example DNSKEY, b.example DS"),
                Moment(AT + 14 * 86400, "signatures", ".", "over . DNSKEY"),
                Moment(AT + 60 * 86400, "certificate", LONG, "server certificate", "server"),
                Moment(AT + 3600 * 86400, "certificate", LONG, "CA certificate", "CA"),
                Moment(AT - 30 * 86400, "certificate", "mx2.b.example", "server certificate", "server"),
            )
        )

    async def view(self, lens: Lens, posture: str) -> View:
        self.walks += 1
        found = self.judged.walk
        found = attacked(found) if lens.attack else found
        found = expired(found) if lens.at is not None else found
        if lens.state is not None and lens.state.kind == "unsafe":
            found = replace(found, steps=attacked(found).steps)
        judged = self._judged(found, lens)
        if not lens.attack:
            return View(lens, judged)
        tampered = {"starttls": ("192.0.2.11", "192.0.2.12")}
        return View(lens, judged, tampered, self.outcome(lens.attack, posture))

    async def summary(self, posture: str, lens: Lens) -> Summary:
        verdict = self.judged.verdict(posture)
        outcomes = tuple(self.outcome(name, posture) for name in ATTACKS)
        reads = self._weak(posture)
        way = self.outcome("steer+strip-starttls", posture)
        reach = Reach(can=reads, cheapest=way if reads else None)
        said = "can (steer+strip-starttls)" if reads else "cannot"
        return Summary(
            posture=posture,
            verdict=verdict,
            listener=False,
            active=reach,
            active_if_cached=None,
            outcomes=(*outcomes, way),
            weakest=f"mx1.b.example is protected under {posture}; mx2.b.example has no TLSA" if reads else "",
            clauses=("a listener cannot read it", f"an active attacker {said}"),
        )

    async def forecast(self, posture: str, lens: Lens) -> dict[int, Outlook]:
        _, first, *later = self.stops()
        return {first.at: Outlook("deferred")} | {stop.at: Outlook("deferred", "encrypted") for stop in later}

    async def plan(self, goal: str, tell: Callable[[int], None]) -> Plan:
        tell(4)
        self.plans[goal] = PLANS[goal]
        return self.plans[goal]

    def outcome_of(self, state: PlanState, posture: str) -> str:
        return "deferred" if state.kind == "unsafe" else self.judged.verdict(posture).outcome.value

    def _weak(self, posture: str) -> bool:
        return "dane" not in posture and posture != "rfc"

    def outcome(self, attack: str, posture: str) -> AttackOutcome:
        reads = self._weak(posture)
        verdict = judge(self.judged.walk, POSTURES.get(posture) or Posture(posture, ""))
        return AttackOutcome(
            attack=attack,
            posture=posture,
            outcome=verdict.outcome,
            host=verdict.host,
            attacker_reads=reads,
            may_read=reads,
            verdict=verdict,
            evidence="the attacker's certificate is self-signed; "
            + ("delivered to the attacker, encrypted" if reads else f"deferred ({NOT_VERIFIED})"),
            touched=attack != "block-policy",
        )


GROUND = NetworkContext(kind="lab", resolver="192.0.2.53", trust_anchor="", roots=(), made=AT)


class FakeSession(Session):
    """Walks by posting what a walk would; nothing below is imported."""

    def __init__(
        self,
        *,
        lab: bool = False,
        found: Walk | None = None,
        pause: bool = False,
        own: Sequence[str] = (),
        **changes: Any,
    ):
        super().__init__(LabSource() if lab else LiveSource())
        self.found = found or walk()
        self.known = {name: Posture(name, "As its user has it.") for name in own} | POSTURES
        self.walks = 0
        self.proceed = asyncio.Event()
        if not pause:
            self.proceed.set()
        self.judged_by = type("Judged", (FakeJudged,), {"below": {**FakeJudged.below, **changes}})

    async def postures(self) -> Any:
        return self.known

    async def scenarios(self) -> Any:
        return SCENARIOS

    async def walk(self, run: int, path: Path, post: Any) -> None:
        self.walks += 1
        found = structs.replace(self.found, path=path)
        for result in found.steps:
            post(messages.StepStarted(run, result.id))
        for number, result in enumerate(found.steps):
            if number == 3:
                await self.proceed.wait()
            so_far = self.judged_by(found, self.known)
            post(messages.StepFinished(run, result, 7.0 + 11 * number, so_far))
        post(messages.WalkFinished(run, self.replayer(found), 381.0))

    def replayer(self, found: Walk) -> Replayer:
        return FakeReplayer(self.judged_by(found, self.known))


def app(session: Session | None = None, **options: Any) -> MailpathApp:
    options.setdefault("sender", "a.example")
    options.setdefault("recipient", "b.example")
    options.setdefault("clock", lambda: 100.0)
    return MailpathApp(session or FakeSession(), **options)


def path_screen(pilot: Any) -> PathScreen:
    """The app's own screen, under whatever dialogue is open."""
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, PathScreen)
    return screen


def scene_of(pilot: Any) -> Scene:
    """What that screen shows."""
    scene = path_screen(pilot).scene
    assert scene is not None
    return scene


def shown(widget: Widget) -> str:
    """What the widget draws, without styles."""
    content = widget.render()
    assert isinstance(content, Content)
    return content.plain


async def settle(pilot: Any) -> None:
    """Until the workers are done and what they said is on the screen."""
    await pilot.pause()
    while pilot.app.workers:
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()


async def appears(pilot: Any, text: str) -> None:
    """Until `text` is on the screen (toasts come a little later than what they are about)."""
    async with asyncio.timeout(60):
        while text not in drawn(pilot):
            await pilot.pause(0.01)


def drawn(pilot: Any) -> str:
    """The characters on the screen, line by line."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)
