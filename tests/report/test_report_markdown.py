"""The Markdown report, read by a CommonMark parser as a tracker would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import goldens
import handmade as made
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec.structs import replace

from mailpath.facts import STEPS, Reply, StarttlsFacts, TlsaFacts
from mailpath.judge.presets import PRESETS, posture
from mailpath.lab import scenarios
from mailpath.report import markdown
from mailpath.report.result import build
from mailpath.visible import visible

if TYPE_CHECKING:
    from conftest import Walks

PLAIN = made.walk(
    tlsa=TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, bytes(32))),)),
    starttls=StarttlsFacts(sessions=(made.session(),)),
    roots=(),
)
#: What a stranger would write to make a tracker do something.
TRICKS = (
    "@everyone #12 !34 GH-56 https://evil.example <img src=x> [x](http://y) ![z](w) www.evil.example",
    "| a | b | `` code ``` ~~~ **bold** _it_ \\* &lt; $math$ :smile: a@b.example ftp://x 1. 2) + - === ---",
)

_READER = MarkdownIt("commonmark").enable("table")


def tokens(text: str) -> list[Token]:
    """Block and inline tokens, flat."""
    return [each for block in _READER.parse(text) for each in (block, *(block.children or ()))]


def shown(text: str) -> str:
    """The text that a reader sees."""
    return "".join(each.content for each in tokens(text) if each.type in ("text", "code_inline"))


_ALLOWED = {"text", "code_inline", "inline", "paragraph_open", "paragraph_close", "softbreak"}


@given(st.text())
def test_prose_shows_the_text_and_nothing_else(raw: str) -> None:
    text = visible(raw).strip(" ")
    report = f"- {markdown.prose(text)}"
    kinds = {each.type for each in tokens(report)} - _ALLOWED
    assert kinds <= {"bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"}
    assert " ".join(shown(report).split()) == " ".join(text.split())


@pytest.mark.parametrize("trick", [word for text in TRICKS for word in text.split()] + list(TRICKS))
def test_no_word_does_anything_in_a_tracker(trick: str) -> None:
    """Outside of code nothing is left that a tracker makes a link or a mention of."""
    plain = "".join(each.content for each in tokens(markdown.prose(trick)) if each.type == "text")
    assert not set(plain) & set("@#!<>[]|`~*_$&\\")
    assert not {"https:", "www.", "ftp:", "GH-"} & set(plain.replace("/", " ").split())
    assert shown(markdown.prose(trick)).split() == trick.split()


def test_hostile_replies_stay_in_their_place() -> None:
    words = tuple(text.encode() for text in TRICKS)
    session = made.session(greeting=Reply(code=554, lines=words), ehlo=None, extensions=())
    walk = made.walk(tlsa=TlsaFacts(), starttls=StarttlsFacts(sessions=(session,)))
    kinds = {each.type for each in tokens(markdown.render(build(walk, PRESETS.values(), {})))}
    assert not kinds & {"link_open", "image", "html_inline", "heading_close_extra"}


@pytest.mark.parametrize("name", [scenario.id for scenario in scenarios()])
def test_every_scenario(name: str, walks: Walks) -> None:
    result = walks.result(name)
    report = markdown.render(result)
    found = tokens(report)
    assert {each.content for each in found if each.type == "html_block"} <= {
        "<details>\n<summary>" + title + "</summary>\n"
        for title in ("Sender", "MX", "DNSSEC", "MTA-STS", "TLSA", "STARTTLS")
    } | {"</details>\n", "</details>"}
    assert not {"link_open", "image", "html_inline"} & {each.type for each in found}
    # Each table has as many cells in each row as its head has.
    assert sum(each.type == "table_open" for each in found) == 2
    rows = sum(each.type == "tr_open" for each in found)
    assert rows == 1 + 7 + 1 + len(PRESETS)
    assert all(line.isprintable() for line in report.split("\n"))


def test_golden() -> None:
    postures = [posture(name) for name in ("rfc", "postfix-may", "postfix-dane")]
    result = build(PLAIN, postures, dict.fromkeys(STEPS, 12.34), made=made.NOW - 60)
    goldens.assert_golden("report.md", markdown.render(replace(result, mailpath="0.0.0")))


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("mx1.b.example (10).", "mx1.b.example (10)."),
        ("by mx_1 (a@b).", "by `mx_1 (a@b)`."),
        ("see (https://a/b), then", "see `(https://a/b)`, then"),
        ("(x@y.) and", "`(x@y.)` and"),
        ("x@y).", "`x@y`)."),
    ],
)
def test_a_bracket_stays_with_its_fellow(text: str, marked: str) -> None:
    assert markdown.prose(text) == marked
