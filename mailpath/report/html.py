"""The report as one self-contained HTML file: no foreign resource, readable without a script.

Whatever a stranger wrote is visible text, escaped by the template engine, and its page says so itself:
the Content-Security-Policy lets nothing load and runs only the style and the script that were shipped, by
their digests (CSP Level 3 section 2.3.1).  The script only shows one verdict instead of another; all of
them are in the page.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from importlib import resources

import jinja2

from mailpath.names import u_labels
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
    return template(shipped("report.html")).render(
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
        style=shipped("style.css"),
        script=shipped("script.js"),
        style_digest=digest(shipped("style.css")),
        script_digest=digest(shipped("script.js")),
    )


# --- the page's parts ------------------------------------------------------------------------------


@cache
def template(source: str) -> jinja2.Template:
    """A page whose values are all escaped, and none of them forgotten."""
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(source)


@cache
def shipped(name: str) -> str:
    """A file of the page, as it came with the package."""
    return resources.files(__package__).joinpath("page", name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """The source expression of an inline element that holds just `text`."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
