"""The layers below, as the app calls them; imported only when the first frame is on the screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from mailpath.facts import Path, StepResult, Walk

if TYPE_CHECKING:
    from mailpath.exchanges import SmtpExchange
    from mailpath.judge.model import Verdict
    from mailpath.judge.sending import Sending
    from mailpath.network.protocol import Network
    from mailpath.report.provenance import Provenance


class Block(Protocol):
    """One explained finding: visible text all of it (`mailpath.report.panels.Explained`)."""

    @property
    def code(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def found(self) -> str: ...
    @property
    def got(self) -> str: ...
    @property
    def means(self) -> str: ...
    @property
    def fix(self) -> str: ...
    @property
    def source(self) -> str: ...


class Labelled(Protocol):
    """One line of what a step found (`mailpath.report.panels.Detail`)."""

    @property
    def label(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class Stack:
    """What `mailpath.walk`, `judge` and `report` do.

    `judge`, `headline` (the one line that answers a ticket): of a walk, under a posture, for what is sent and
    the walk on which its sender met the domain, as in `Bench`.  `only_host`: a walk as if one MX host
    were the only one.
    `evidence` is given the SMTP sessions as they were on the wire, for their times.  `envelope`: the line of
    the envelope test; None where nobody asked for it.  `doubt`: why a verdict is no evidence, or "".
    `recorded`: the walk's own time is a recording's, and not now.
    """

    walk: Callable[[Path, Network, int, Callable[[Any], None] | None], Awaitable[Walk]]
    judge: Callable[[Walk, Any, Sending | None, Walk | None], Verdict]
    postures: Mapping[str, Any]
    headline: Callable[[Walk, Any, Sending | None, Walk | None], str]
    explained: Callable[[Walk, str], Iterable[Block]]
    details: Callable[[Walk, str], Iterable[Labelled]]
    evidence: Callable[[Walk, str, Sequence[SmtpExchange]], Iterable[str]]
    envelope: Callable[[Walk], StepResult | None]
    only_host: Callable[[Walk, str], Walk]
    doubt: Callable[[Walk, Any, Sending | None, Walk | None], str] = lambda walk, posture, asked, met: ""
    recorded: bool = False

    def standing_on(self, provenance: Provenance) -> Stack:
        """The same for walks that rest on that: their sentences and their evidence say so."""
        from mailpath.judge.sending import USUAL
        from mailpath.report.headline import headline
        from mailpath.report.panels import evidence
        from mailpath.report.provenance import doubt
        from mailpath.report.result import build

        def answer(walk: Walk, posture: Any, asked: Sending | None, met: Walk | None) -> str:
            judged = build(
                walk,
                (posture,),
                {},
                deciding=(posture.name,),
                provenance=provenance,
                sending=asked or USUAL,
                met=met,
            )
            return headline(judged, named=False)

        def why(walk: Walk, posture: Any, asked: Sending | None, met: Walk | None) -> str:
            return doubt(provenance, walk, posture, asked or USUAL, met)

        def seen(walk: Walk, step: str, exchanges: Sequence[SmtpExchange]) -> Iterable[str]:
            return evidence(walk, step, exchanges, provenance)

        return replace(self, headline=answer, evidence=seen, doubt=why, recorded=provenance.replayed)


def load() -> Stack:
    """Import everything that a walk needs (some 300 ms: call it in a thread)."""
    from mailpath.judge.presets import PRESETS
    from mailpath.judge.sending import USUAL
    from mailpath.report.headline import headline
    from mailpath.report.panels import details, evidence, explained
    from mailpath.report.panels.envelope import result as envelope
    from mailpath.report.result import build
    from mailpath.walk import walk
    from mailpath.whatif import only_host

    def judge(walk: Walk, posture: Any, asked: Sending | None, met: Walk | None) -> Verdict:
        return (asked or USUAL).verdict(walk, posture, met)

    def answer(walk: Walk, posture: Any, asked: Sending | None, met: Walk | None) -> str:
        return headline(
            build(walk, (posture,), {}, deciding=(posture.name,), sending=asked or USUAL, met=met)
        )

    return Stack(
        walk=walk,
        judge=judge,
        postures=PRESETS,
        headline=answer,
        explained=explained,
        details=details,
        evidence=evidence,
        envelope=envelope,
        only_host=only_host,
    )
