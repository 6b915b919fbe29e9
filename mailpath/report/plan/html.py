"""A plan as one self-contained page with checkboxes, in the look of a path's report.

Nothing is loaded and nothing runs (see `mailpath.report.pages`): the boxes are for a printed page, or for one
that stays open.
"""

from __future__ import annotations

from mailpath import __version__, report
from mailpath.names import u_labels
from mailpath.plan import Plan, Result
from mailpath.report.pages import digest, shipped, template
from mailpath.report.plan.told import BLOCKED, COST, UNSAFE, tell
from mailpath.visible import visible
from mailpath.wording.signs import UNICODE

_TONES = {Result.PLAN: "pass", Result.ALREADY: "pass", Result.BLOCKED: "fail", Result.UNKNOWN: "error"}


def render(plan: Plan) -> str:
    """The whole page."""
    style = shipped(report.__name__, "page/style.css") + shipped(__package__, "plan.css")
    return template(__package__, "plan.html").render(
        plan=tell(plan),
        tone=_TONES[plan.result],
        unicode=visible(u_labels(plan.recipient) or ""),
        titles={"blocked": BLOCKED, "cost": COST, "unsafe": UNSAFE},
        glyph=UNICODE.of,
        version=__version__,
        style=style,
        style_digest=digest(style),
    )
