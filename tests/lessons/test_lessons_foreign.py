"""Lesson files of others: whatever is in one, it is read, or refused with a sentence; and the page that says
how to write one is right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from mailpath.cli import cli
from mailpath.commands import lessons as commands
from mailpath.lab.places import line_of
from mailpath.lessons import grammar
from mailpath.lessons.edits import Verb
from mailpath.lessons.grammar import Condition, Lesson, LessonError, Notes, Question, Step, decode

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "lessons.md").read_text("utf-8")
MINE = resources.files("mailpath.lessons").joinpath("new.toml").read_text("utf-8")
LINES = MINE.splitlines()

words = st.text(max_size=12)
values = st.recursive(
    words | st.integers(-5, 2**70) | st.booleans() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


def refused(text: str) -> str:
    """Why it cannot be read; "" where it can."""
    found: LessonError | None = None
    try:
        decode(text.encode("utf-8", "surrogatepass"), "theirs.toml")
    except LessonError as error:
        found = error
    if found is None:
        return ""
    assert found.file == "theirs.toml"
    assert found.line is None or 1 <= found.line <= len(text.splitlines())
    return found.sentence


@given(st.integers(0, len(LINES) - 1), st.text(max_size=30) | st.sampled_from(LINES))
def test_a_line_that_is_another_one(place: int, line: str) -> None:
    told = refused("\n".join([*LINES[:place], line, *LINES[place + 1 :]]))
    assert told == "" or told.endswith(".")


@given(st.integers(0, len(LINES) - 1), values)
def test_a_value_that_is_another_one(place: int, value: object) -> None:
    key, equals, _ = LINES[place].partition(" = ")
    literal = msgspec.json.encode(value).decode() if not isinstance(value, dict) else "{}"
    told = refused("\n".join([*LINES[:place], f"{key} = {literal}", *LINES[place + 1 :]]) if equals else MINE)
    assert told == "" or told.endswith(".")


def test_what_is_no_lesson_at_all() -> None:
    assert "larger than" in refused("#" * (grammar.MAX_BYTES + 1))
    assert "nested too deeply" in refused("a = " + "[" * 5000)
    assert refused("\ud800").startswith("not UTF-8")
    with pytest.raises(LessonError, match="cannot be read"):
        grammar.load("/no/such/lesson.toml")
    with pytest.raises(LessonError, match="cannot be read"):
        grammar.load("nul\0.toml")


def test_a_place_in_nested_tables() -> None:
    text = (
        "[[step]]\nask = 1\n[[step.sentence]]\nsays = 1\n[[step.sentence]]\nholds = 2\n[step.wrong]\nmx = 3\n"
        "[[step]]\nask = 4\n"
    )
    assert line_of(text, "step[0].sentence[1].holds") == 6
    assert line_of(text, "step[0].sentence[1].wrong") == 5
    assert line_of(text, "step[0].ask") == 2
    assert line_of(text, "step[0].par") == 1
    assert line_of(text, "step[1].ask") == 10


def test_the_page_explains_every_key_and_every_edit() -> None:
    for kind in (Lesson, Question, Condition, Notes, grammar.Sentence, *get_args(Step)):
        for field in msgspec.structs.fields(kind):
            assert f"`{field.encode_name}`" in PAGE, f"{kind.__name__}.{field.name}"
    for verb in get_args(Verb):
        assert re.search(rf"^\| `{verb} ", PAGE, re.M), verb
    for answer in get_args(Question.__annotations__["of"]) or ("outcome", "reads", "host", "ends", "panel"):
        assert f"| `{answer}` |" in PAGE


def test_the_lesson_on_the_page_is_sound(
    problems: Callable[[str], list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocks = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 1
    assert len(blocks[0].splitlines()) < 40
    assert problems(blocks[0]) == []
    own = tmp_path / "two-hosts.toml"
    own.write_text(blocks[0])
    assert commands.check((str(own),)) == 0
    assert capsys.readouterr() == ("", "mailpath lesson check: 1 lesson, no mistakes.\n")
    broken = tmp_path / "broken.toml"
    broken.write_text(blocks[0].replace("par = 1", "par = 1\nparr = 2"))
    assert commands.check((str(own), str(broken))) == 1
    line = f"{broken}:29: step[1].parr: Object contains unknown field `parr`.\n"
    assert capsys.readouterr() == (line, "")


def test_a_new_lesson_is_never_written_over_another_file(tmp_path: Path) -> None:
    place = tmp_path / "new.toml"
    assert CliRunner().invoke(cli, ["lesson", "new", str(place)]).exit_code == 0
    assert place.read_text() == MINE
    place.write_text("mine")
    assert CliRunner().invoke(cli, ["lesson", "new", str(place)]).exit_code != 0
    assert place.read_text() == "mine"
    assert "It cannot be read" in CliRunner().invoke(cli, ["lesson", "check", str(tmp_path)]).output
