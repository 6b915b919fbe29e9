"""What every HTML page for people is made with: one file, in which nothing is loaded and every value escaped.

The Content-Security-Policy of `page/head.html` lets in only what stands in the page itself, by its digest.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

import jinja2


@cache
def template(package: str, name: str) -> jinja2.Template:
    """The page `name` of `package`, whose values are all escaped, and none of them forgotten.

    It can include `head.html`, which takes `title`, `version`, `style_digest`, and `script_digest` of a page
    that has a script.
    """
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(lambda included: shipped(__package__, f"page/{included}")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string(shipped(package, name))


@cache
def shipped(package: str, name: str) -> str:
    """A file of a page, as it came with `package`."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """The source expression of an inline element that holds just `text`."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
