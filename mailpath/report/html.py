"""The report as one self-contained HTML file: no foreign resource, readable without a script.

Whatever a stranger wrote is visible text, escaped by the template engine, and its page says so itself:
the Content-Security-Policy lets nothing load and runs only the style and the script that were shipped, by
their digests (CSP Level 3 section 2.3.1).  The script only shows one verdict instead of another; all of
them are in the page.
"""

from __future__ import annotations

from functools import partial

from mailpath.names import u_labels
from mailpath.report.pages import digest, shipped, template
from mailpath.report.provenance import marks
from mailpath.report.result import Result
from mailpath.report.sheet import details_of, evidence_of, sheet
from mailpath.visible import visible
from mailpath.wording.signs import UNICODE
from mailpath.wording.times import to_the_second

#: Lines of evidence per step: the page is to open at once, whatever a stranger published.
MOST_LINES = 800


def render(result: Result) -> str:
    """The whole page."""
    path = result.walk.path
    style, script = shipped(__package__, "page/style.css"), shipped(__package__, "page/script.js")
    return template(__package__, "page/report.html").render(
        sheet=sheet(result),
        details=partial(details_of, result),
        evidence=lambda step_id: "\n".join(evidence_of(result, step_id, MOST_LINES)),
        glyph=UNICODE.of,
        recipient=visible(path.recipient),
        unicode=visible(u_labels(path.recipient) or ""),
        sender=visible(path.sender) if path.sender is not None else "any sender",
        made=to_the_second(result.made),
        version=result.mailpath,
        marks=marks(result.provenance),
        style=style,
        script=script,
        style_digest=digest(style),
        script_digest=digest(script),
    )
