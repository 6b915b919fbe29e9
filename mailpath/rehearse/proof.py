"""Whether mail fares in the lab as on the captured path: the scenario is built, walked and judged."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from mailpath.facts import Walk
from mailpath.findings import find
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab
from mailpath.network.capture import Capture
from mailpath.network.replay import Replay
from mailpath.online import live_network
from mailpath.rehearse.drawing import Drawn, draw
from mailpath.visible import visible
from mailpath.walk import walk


class Differences(msgspec.Struct, frozen=True):
    """`outcomes`: posture -> (captured, in the lab); `lost`, `found`: findings, as (code, subject), that are
    only in the capture, only in the lab.
    """

    outcomes: dict[str, tuple[str, str]] = {}
    lost: tuple[tuple[str, str], ...] = ()
    found: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.outcomes or self.lost or self.found)

    @property
    def sentences(self) -> tuple[str, ...]:
        """One for each difference, visible text."""
        told: dict[tuple[str, str], list[str]] = {}
        for posture, change in self.outcomes.items():
            told.setdefault(change, []).append(posture)
        lines = [
            f"captured {before}, in the lab {after}: {', '.join(postures)}."
            for (before, after), postures in told.items()
        ]
        lines += [
            f"the finding {code} ({visible(subject)}) is missing in the lab." for code, subject in self.lost
        ]
        return (
            *lines,
            *(
                f"the lab has the finding {code} ({visible(subject)}) as well."
                for code, subject in self.found
            ),
        )


def compare(captured: Walk, built: Walk) -> Differences:
    """Verdicts under every posture, and findings."""
    outcomes = {}
    for name, posture in PRESETS.items():
        before, after = (judge(each, posture) for each in (captured, built))
        if (before.outcome, before.after_retry) != (after.outcome, after.after_retry):
            outcomes[name] = before.outcome.value, after.outcome.value
    one, other = (_findings(each) for each in (captured, built))
    return Differences(
        outcomes,
        tuple(each for each in one if each not in other),
        tuple(each for each in other if each not in one),
    )


def _findings(found: Walk) -> tuple[tuple[str, str], ...]:
    """Codes and subjects; the lab has addresses of its own."""
    addresses = {found.resolver, *(address for host in found.mx.hosts for address in host.addresses)}
    return tuple((each.code, "" if each.subject in addresses else each.subject) for each in find(found))


async def rehearse(capture: Capture) -> tuple[Drawn, Differences]:
    """The scenario of `capture`, and how the lab differs from it.  What differs is among the notes as well.

    Raises `BadAnchor` where the capture's trust anchor cannot be read, `ScenarioError` where the lab cannot
    build what was drawn, OSError.
    """
    captured = await walk(capture.path, Replay(capture), capture.ground.made)
    drawn = draw(capture, captured)
    with Lab.start((drawn.scenario,)) as lab:
        settings = lab.settings.merged(patience=capture.ground.patience)
        async with live_network(settings, kind="lab") as network:
            built = await walk(capture.path, network, network.ground.made)
    found = compare(captured, built)
    return replace(drawn, notes=(*drawn.notes, *found.sentences)), found
