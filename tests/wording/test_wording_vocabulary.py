"""The words that a user reads: none that only a translator would choose, and one term for one thing.

Held: the catalogue of findings, the help of every command, the scenarios of the lab, README, the manual, and
every sentence in the source.  What real servers say in their logs is theirs and stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import mailpath
from mailpath.cli import cli
from mailpath.findings import CATALOGUE
from mailpath.judge.habits import Family
from mailpath.judge.sentences import TABLES
from mailpath.lab import scenarios

HOUSE = Path(mailpath.__file__).parent
DOCS = HOUSE.parent / "docs"
README = HOUSE.parent / "README.md"

#: What is never said -> what is said instead.
NEVER = {
    r"look-ups?": "lookup; to look up",
    r"(?:runs?|ran) out(?! of)|lapse[sd]?": "expire",
    r"pass(?:es|ed)? (?:\w+ )?over": "skip",
    r"keeps? to|honou?r(?<=honour)\w*": "honor",
    r"hands? (?:it )?out": "return, serve",
    r"(?:held|hold|holds) (?:it |them )?against": "compare with",
    r"(?:come|came|comes) of": "become of, result",
    r"of one's own": "private, your own",
    r"tells|to be told|(?:was|were|be) learnt|learnt": "says, shows; is unknown",
    r"all the same": "anyway",
    r"takes? (?:no )?mail": "accept mail",
    r"(?<!here )is no (?:host name|record type|domain|capture|port|name|certificate|TOML)": "is not a ...",
    r"(?:is|are) not (?:asked for|looked at)": "is not looked up, is not checked",
    r"out of date": "expired, not yet valid",
    r"certificate of a public": "certificate from a public",
    r"shows? no certificate": "presents no certificate",
    r"(?:colour|behaviour|neighbour|licence|favour)\w*": "American spelling",
    r"(?:author|organ|normal|international)is(?:e|ed|es|ing)": "American spelling",
    r"anew": "again",
    r"whosoever|whereof|thereof|hereby": "plain words",
}
_NEVER = re.compile("|".join(rf"\b(?:{phrase})\b" for phrase in NEVER))

#: Docstrings and comments are for contributors; a text goes on where its next part begins.
_DOCUMENTED = re.compile(r'"""(?:.|\n)*?"""|^\s*#.*|  # .*', re.MULTILINE)
#: What a page of the manual shows: the words of others, or held where they come from.
_BLOCK = re.compile(r"^```(?:.|\n)*?^```$", re.MULTILINE)
_JOINT = re.compile(r'"\s+f?"')
_TEXT = re.compile(r'"([^"\n]+)"')

#: Modules that hold the words of others, as patterns.
THEIRS = {
    "loglines.py",
    "patterns.py",
    "private.py",
}


def _helps(name: str, command: click.Command) -> Iterator[tuple[str, str]]:
    texts = [command.help, command.short_help, *(getattr(param, "help", None) for param in command.params)]
    yield from ((f"help of {name}", text) for text in texts if text)
    if isinstance(command, click.Group):
        for each, below in command.commands.items():
            yield from _helps(f"{name} {each}", below)


def _sentences() -> Iterator[tuple[str, str]]:
    """Every text of the source."""
    for path in HOUSE.rglob("*.py"):
        if path.name not in THEIRS:
            source = _DOCUMENTED.sub("", path.read_text(encoding="utf-8"))
            for text in _TEXT.findall(_JOINT.sub("", source)):
                yield str(path.relative_to(HOUSE)), text


def read() -> Iterator[tuple[str, str]]:
    """Where it stands, and the text."""
    for code, entry in CATALOGUE.items():
        yield from ((code, text) for text in (entry.title, entry.meaning, entry.fix))
    yield from _helps("mailpath", cli)
    for each in scenarios():
        yield from ((each.id, text) for text in (each.title, each.teaches, each.hint))
    yield from (("the ideal sender", sentence.text) for sentence in TABLES[Family.RFC].values())
    yield "README.md", README.read_text(encoding="utf-8")
    for folder in ("tutorials", "how-to", "explanation"):
        for page in sorted((DOCS / folder).glob("*.md")):
            yield str(page.relative_to(DOCS)), _BLOCK.sub("", page.read_text(encoding="utf-8"))
    yield from _sentences()


def test_what_a_user_reads_is_plain_english() -> None:
    found = {where: hit[0] for where, text in read() if (hit := _NEVER.search(" ".join(text.split())))}
    assert found == {}


@pytest.mark.parametrize("text", ["The look-up failed.", "It keeps to the policy.", "mx1 is passed over."])
def test_the_list_finds_what_it_forbids(text: str) -> None:
    assert _NEVER.search(text)


def test_help_texts_stand_alone() -> None:
    """A verb or a noun, and a full sentence or phrase: never the stump of one."""
    for name, text in _helps("mailpath", cli):
        first = text.split()[0]
        assert first[0].isupper() or first[0] in "\"'", f"{name}: {text}"
        assert first not in {"Of", "Also,", "For", "And", "Which", "Whether"}, f"{name}: {text}"
