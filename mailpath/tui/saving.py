"""Files to take away: the capture, the reports, the picture.  Nothing that exists is written over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mailpath.errors import MailpathError, reason_of
from mailpath.files import create_file
from mailpath.visible import visible

if TYPE_CHECKING:
    from mailpath.network.capture import Capture
    from mailpath.plan import Plan
    from mailpath.report.result import Result
    from mailpath.tui.scene import Scene
    from mailpath.whatif import Summary


@dataclass(frozen=True)
class Kind:
    """One way to save; `what` says what it is good for."""

    suffix: str
    title: str
    what: str


#: By key, in the order they are offered.
KINDS: Mapping[str, Kind] = {
    "capture": Kind(".json.gz", "Capture", "every exchange; `mailpath open` shows it anywhere, offline"),
    "markdown": Kind(".md", "Markdown", "the report for an issue tracker"),
    "html": Kind(".html", "HTML", "the report as one page, to send or print"),
    "text": Kind(".txt", "Text", "the report as `mailpath check --full` prints it"),
    "json": Kind(".json", "JSON", "everything, for programs"),
    "svg": Kind(".svg", "Picture", "this screen, as SVG"),
}


#: Of a plan, before the others where one is looked at.
PLAN_KINDS: Mapping[str, Kind] = {
    "plan-markdown": Kind("-{goal}.md", "Plan", "the plan with checkboxes, for an issue tracker"),
    "plan-html": Kind("-{goal}.html", "Plan", "the plan with checkboxes, as one page"),
}


def kinds(plan: Plan | None) -> dict[str, Kind]:
    """What can be saved while `plan` is looked at."""
    if plan is None:
        return dict(KINDS)
    goal = plan.goal.value
    own = {name: replace(kind, suffix=kind.suffix.format(goal=goal)) for name, kind in PLAN_KINDS.items()}
    return {**own, **KINDS}


class SavingFailed(MailpathError):
    """It could not be written; the message is one sentence."""


def proposed(capture: Capture) -> str:
    """A file name without its ending: recipient and time of the walk."""
    made = datetime.fromtimestamp(capture.ground.made, UTC).strftime("%Y%m%d-%H%M%S")
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", capture.path.recipient).strip("._-") or "walk"
    return f"{name[:80]}-{made}"


def content(kind: str, scene: Scene, posture: str, *, summary: Summary | None) -> bytes:
    """What the file of `kind` holds (but the picture)."""
    from mailpath.report import html, json, markdown, text

    if kind == "capture":
        return _capture(scene.replayer.capture)
    result = _result(scene, posture, summary)
    if kind == "json":
        return json.render(result)
    render = {"markdown": markdown.render, "html": html.render, "text": text.render}[kind]
    return render(result).encode("utf-8", "backslashreplace")


def plan_content(kind: str, plan: Plan) -> bytes:
    """What the file of `kind`, a key of `PLAN_KINDS`, holds."""
    from mailpath.report.plan import html, markdown

    render = html.render if kind == "plan-html" else markdown.render
    return render(plan).encode("utf-8", "backslashreplace")


def local_fonts(svg: str) -> str:
    """Without the web fonts that Textual names: a picture fetches nothing."""
    svg = re.sub(r"@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)


def write(path: str, data: bytes, *, private: bool = False) -> Path:
    """Write a new file, `private` for its owner alone, and say where it is.  Raises `SavingFailed`."""
    try:
        file = Path(path).expanduser().absolute()
        create_file(file, data, private=private)
    except FileExistsError:
        raise SavingFailed(f"{visible(path)} already exists; choose another name.") from None
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name; no home directory
        raise SavingFailed(f"{visible(path)} cannot be written: {reason_of(error)}.") from None
    return file


def _capture(capture: Capture) -> bytes:
    import gzip
    import io

    from mailpath.network.capture import dump

    stream = io.BytesIO()
    dump(capture, stream)
    return gzip.compress(stream.getvalue(), mtime=0)


def _result(scene: Scene, posture: str, summary: Summary | None) -> Result:
    """The walk as it was walked, or as of the time that the clock is set to; attacks stand beside it."""
    from mailpath.judge.message_options import USUAL
    from mailpath.report.provenance import USUAL as EVERYBODYS
    from mailpath.report.result import build

    state, base = scene.state, scene.replayer.judged
    judged = scene.sent if scene.simulated else scene.whole
    elapsed = {step: each.elapsed_ms for step, each in state.steps.items() if each.elapsed_ms is not None}
    result = build(
        judged.walk,
        base.postures.values(),
        elapsed,
        deciding=(posture,),
        provenance=base.provenance or EVERYBODYS,
        made=scene.replayer.capture.ground.made,
        took=state.elapsed_ms,
        sending=judged.asked or USUAL,
        met=base.walk,
    )
    if summary is None:
        return result
    tried = {each.attack: each for each in summary.outcomes if "+" not in each.attack or each.may_read}
    return msgspec.structs.replace(result, attacks={posture: tried}, summaries={posture: summary})
