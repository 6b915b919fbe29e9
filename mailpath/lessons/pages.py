"""A page for people, as Markdown or as one self-contained HTML file: no foreign resource, and no script.

A page is a list of blocks.  What a lesson's author or a learner's file wrote is made visible text as its
block is made, and escaped as the page is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from mailpath import __version__
from mailpath.report.pages import digest, shipped, template
from mailpath.visible import visible

#: Longest text of one block, in characters.
MOST = 6000
#: What Markdown would take for its own.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


class Block(msgspec.Struct, frozen=True):
    """`kind`: "title", "heading" (of a lesson), "step", "text", "options", "list", "note" (for the
    instructor), "code", or "table", whose first row is the head.  `items`: of lists and tables; the cells of
    a row stand in one string, parted by tabs.
    """

    kind: Literal["title", "heading", "step", "text", "options", "list", "note", "code", "table"]
    text: str = ""
    items: tuple[str, ...] = ()

    @property
    def rows(self) -> list[list[str]]:
        return [item.split("\t") for item in self.items]


def text(kind: Literal["title", "heading", "step", "text", "note", "code"], words: str) -> Block:
    """A block of words; what a file has in several lines becomes one."""
    return Block(kind, visible(words if kind == "code" else " ".join(words.split()), limit=MOST))


def many(kind: Literal["options", "list", "table"], items: Iterable[str]) -> Block:
    """A block of items."""
    return Block(
        kind, items=tuple("\t".join(visible(cell, limit=MOST) for cell in each.split("\t")) for each in items)
    )


def letter(place: int) -> str:
    """Of an option: "A" to "E"."""
    return "ABCDE"[place]


# --- Markdown ----------------------------------------------------------------------------------------


def to_markdown(blocks: Iterable[Block]) -> str:
    """The page as CommonMark, with tables as GitHub has them."""
    return "\n\n".join("\n".join(_lines(each)) for each in blocks) + "\n"


def _lines(block: Block) -> Iterator[str]:
    words = escaped(block.text)
    match block.kind:
        case "title":
            yield f"# {words}"
        case "heading":
            yield f"## {words}"
        case "step":
            yield f"### {words}"
        case "note":
            yield f"> {words}"
        case "code":
            yield f"    {block.text}"
        case "options":
            yield from (f"- {letter(place)}. {escaped(each)}" for place, each in enumerate(block.items))
        case "list":
            yield from (f"- {escaped(each)}" for each in block.items)
        case "table":
            for number, row in enumerate(block.rows):
                yield f"| {' | '.join(escaped(cell) for cell in row)} |"
                if number == 0:
                    yield f"|{'---|' * len(row)}"
        case _:
            yield words


def escaped(words: str) -> str:
    """For Markdown: as it reads, whatever it holds."""
    return _MARKUP.sub(r"\\\1", words)


# --- HTML --------------------------------------------------------------------------------------------


def to_html(title: str, blocks: Iterable[Block]) -> str:
    """The page as HTML, with its style inside."""
    style = shipped(__package__, "page/sheet.css")
    return template(__package__, "page/sheet.html").render(
        title=f"{visible(title)} – mailpath",
        version=__version__,
        blocks=list(blocks),
        letter=letter,
        style=style,
        style_digest=digest(style),
    )
