"""What stands on the screen of a finished walk: computed once for each change, and drawn by all widgets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from mailpath.tui.lens import Lens
from mailpath.tui.progress import CHANGED, TAMPERED, Progress, WalkState
from mailpath.tui.text import clean

if TYPE_CHECKING:
    from mailpath.facts import Path
    from mailpath.network.capture import Capture
    from mailpath.tui.judging import JudgedWalk
    from mailpath.tui.replayer import Replayer, View
    from mailpath.whatif import AttackOutcome


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A finished walk, seen through `lens`; of one `host` alone, or None: of the whole path.

    `shown`: the walk that is seen; `whole`: the same with all its hosts; `before`: what `shown` is compared
    with.  `sent`: the walk as it was walked, judged for the message that is sent.  `steps`: their lines.
    `tampered`, `outcome`: what an attacker touched and achieves, as far as `host` is concerned.  `capture`:
    what was exchanged on the way that is shown.
    """

    state: WalkState
    replayer: Replayer
    lens: Lens
    host: str | None
    shown: JudgedWalk
    whole: JudgedWalk
    before: JudgedWalk
    sent: JudgedWalk
    steps: Mapping[str, Progress]
    tampered: Mapping[str, tuple[str, ...]]
    outcome: AttackOutcome | None
    capture: Capture

    @property
    def path(self) -> Path:
        return self.replayer.judged.walk.path

    @property
    def simulated(self) -> bool:
        """Whether what is shown is not what was walked, at any time."""
        return self.attacked or self.lens.state is not None

    @property
    def attacked(self) -> bool:
        """Whether there is an attacker on the path that is shown."""
        return bool(self.lens.attack)

    def title(self) -> str:
        """The heading over the panels."""
        title = f"Steps  simulated {self.lens.words()}" if self.lens.rewalked else self.state.title()
        return f"{title}, {clean(self.host, 60)} alone" if self.host else title


def compose_scene(state: WalkState, view: View | None = None, host: str | None = None) -> Scene:
    """The finished walk of `state` seen through `view` (None: as it was walked), and of `host`."""
    assert state.replayer is not None
    base = state.replayer.judged
    whole, before, sent = base, base, base
    narrowed = None
    if view is not None:
        narrowed = view.of_host(host)
        whole, before = view.judged, view.before or base
        sent = view.today or (before if view.lens.rewalked else whole)
    shown = whole.of_host(host)
    tampered = narrowed.tampered if narrowed is not None else {}
    return Scene(
        state=state,
        replayer=state.replayer,
        lens=view.lens if view is not None else Lens(),
        host=host,
        shown=shown,
        whole=whole,
        before=before.of_host(host),
        sent=sent,
        steps=_steps(state, base.of_host(host), shown, tampered, plain=view is None),
        tampered=tampered,
        outcome=narrowed.outcome if narrowed is not None else None,
        capture=(view.capture if view is not None else None) or state.replayer.capture,
    )


def _steps(
    state: WalkState,
    walked: JudgedWalk,
    shown: JudgedWalk,
    tampered: Mapping[str, tuple[str, ...]],
    *,
    plain: bool,
) -> Mapping[str, Progress]:
    """The steps as they are shown: those of the lens, with what it did to them."""
    assert state.replayer is not None
    if shown.walk is state.replayer.judged.walk:
        return state.steps
    from mailpath.whatif import changed

    became = {after.id for _, after in changed(walked.walk, shown.walk)}
    seen = dict(state.steps)
    for result in shown.walk.steps:
        note = TAMPERED if tampered.get(result.id) else CHANGED if result.id in became else ""
        elapsed = state.steps[result.id].elapsed_ms if plain else None
        seen[result.id] = Progress(result.id, result=result, elapsed_ms=elapsed, note=note)
    return seen
