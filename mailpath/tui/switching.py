"""What changes for the mail if its sender switches from one posture to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from mailpath.tui.text import Glyphs
from mailpath.tui.verdict_style import Mark, mark

if TYPE_CHECKING:
    from mailpath.tui.scene import Scene

#: Of an `Outcome`, or of mail that the attacker gets: what such mail does, and what it would do.
_DOES: Mapping[str, tuple[str, str]] = {
    "authenticated": ("is delivered authenticated", "be delivered authenticated"),
    "encrypted": ("is delivered encrypted, not authenticated", "be delivered encrypted, not authenticated"),
    "plaintext": ("is delivered in the clear", "be delivered in the clear"),
    "deferred": ("waits", "wait and be tried again later"),
    "bounced": ("bounces", "bounce"),
    "read": ("is read by the attacker", "be read by the attacker"),
}


class Switch(msgspec.Struct, frozen=True):
    """`hosts`: those for which the two postures differ, by what they are under the one and the other."""

    before: str
    after: str
    sentence: str
    hosts: Mapping[tuple[str, str], Sequence[str]]


def compare(scene: Scene, before: str, after: str, glyphs: Glyphs) -> Switch:
    """The two verdicts on the whole path that is shown, and on each of its hosts as the only one."""

    def shown(posture: str, host: str | None = None) -> tuple[str, Mark]:
        verdict = scene.whole.verdict(posture, host)
        seen = mark(scene.whole.of_host(host).walk, verdict, glyphs, attacked=scene.attacked)
        return "read" if seen.lost else verdict.outcome.value, seen

    (was, _), (becomes, _) = shown(before), shown(after)
    differ: dict[tuple[str, str], list[str]] = {}
    for host in scene.whole.hosts:
        first, then = shown(before, host)[1].cell, shown(after, host)[1].cell
        if first != then:
            differ.setdefault((first, then), []).append(host)
    if was not in _DOES or becomes not in _DOES:
        sentence = "What changes cannot be told from here."
    elif was != becomes:
        sentence = f"Mail {_DOES[was][0]}; after the switch it would {_DOES[becomes][1]}."
    elif differ:
        sentence = f"Mail would still {_DOES[becomes][1]}, but the hosts differ."
    else:
        sentence = f"Nothing changes on this path: mail would still {_DOES[becomes][1]}."
    return Switch(before, after, sentence, differ)
