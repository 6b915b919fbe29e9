"""For a class: the course on paper, the tests before and after, and the page on what was answered."""

from __future__ import annotations

import asyncio
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from mailpath.cli import cli
from mailpath.lessons import library, pages, quiz, sheets
from mailpath.lessons.answers import Answer, AnswersError, of_session, read_folder, write
from mailpath.lessons.judging import Bench
from mailpath.lessons.session import begin


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["lesson", *words], input=typed)


class Open(HTMLParser):
    """Elements that are still open, and all that was ever opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_bank_asks_alike_and_its_answers_hold(bench: Bench) -> None:
    assert asyncio.run(quiz.problems(bench)) == ()
    assert list(quiz.bank()) == list(library.misconceptions())
    first, second = (asyncio.run(quiz.form(bench, which, quiz.bank())) for which in ("a", "b"))
    assert all(one.item.ask != other.item.ask for one, other in zip(first, second, strict=True))


def test_a_broken_item_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    item = quiz.bank()["M2"]["a"]
    broken = {"a": replace(item, options=("deferred", "bounced")), "b": item}
    monkeypatch.setattr(quiz, "bank", lambda: {"M2": broken, "M99": {"a": item}})
    assert asyncio.run(quiz.problems(bench)) == (
        "M2: the two forms do not ask alike.",
        "M2.a: the answer 'encrypted' is none of the options.",
        "M99: there must be a form a and a form b of a known misconception.",
    )


def test_a_course_on_paper(bench: Bench, tmp_path: Path) -> None:
    course = library.in_course("opportunistic-tls")
    made = sheets.sheet(bench, "A <course>", "For all.", course, solutions=True)
    blocks = asyncio.run(made)
    plain = asyncio.run(sheets.sheet(bench, "A <course>", "For all.", course, solutions=False))
    for lesson in course:
        assert any(lesson.title in each.text for each in blocks)
        assert any(each.text == lesson.notes.show for each in blocks)
    assert not any(each.kind in ("note", "code") for each in plain), "a handout has no answers in it"
    assert sum(" is right." in each.text for each in blocks) == sum(each.kind == "options" for each in plain)
    html, parser = pages.to_html("A <course>", blocks), Open()
    parser.feed(html)
    assert parser.open == []
    assert not parser.seen & {"script", "img", "link", "iframe"}
    assert "<h1>A &lt;course&gt;: solutions</h1>" in html
    rendered = MarkdownIt().enable("table").render(pages.to_markdown(blocks))
    assert "<h1>A &lt;course&gt;: solutions</h1>" in rendered
    place = tmp_path / "sheet.html"
    assert run("sheet", "time", "-o", str(place)).exit_code == 0
    assert place.read_text().startswith("<!DOCTYPE html>")
    assert "There is no course or lesson 'tim'" in run("sheet", "tim").output


def test_a_test_at_the_terminal_and_the_report(tmp_path: Path) -> None:
    typed = "b\nb\nx\nd\n" + "\n" * 9
    for form in ("a", "b"):
        place = str(tmp_path / f"0{form}.jsonl")
        given = run("quiz", "--form", form, "--course", "mta-sts", "--answers", place, typed=typed)
        assert given.exit_code == 0, given.output
    first = [json.loads(line) for line in (tmp_path / "0a.jsonl").read_text().splitlines()]
    assert [each["question"] for each in first] == ["M7", "M8", "M9", "M17", "M19"]
    assert set(first[0]) == {"question", "moment", "choice", "right", "misconception", "seconds"}
    assert first[2]["misconception"] == "M9", "x is no answer; d is what M9 believes"
    session = begin(library.lesson_named("tlsa")).choose("deferred", "authenticated", 20)
    write(tmp_path / "lesson.jsonl", of_session(session))
    report = run("report", str(tmp_path)).output
    assert "3 files, 11 answers." in report
    assert "| M8: MTA-STS in testing mode protects. |" in report
    assert "| tlsa/1 | 1 | 0% | deferred (M6): 1 | 20 |" in report
    assert (
        "--solutions and -o are for a test on paper"
        in run("quiz", "--form", "a", "--answers", "x", "--solutions").output
    )


def test_the_gain_is_the_part_that_was_won() -> None:
    def answered(moment: str, rights: str) -> list[Answer]:
        return [
            Answer(question="M1", moment=moment, choice=each, right="y")  # type: ignore[arg-type]
            for each in rights
        ]

    from mailpath.lessons.answers import page

    blocks = page([answered("before", "ynnn"), answered("after", "yyyn")])
    assert any("25% right before, 75% after, a gain of 0.67" in each.text for each in blocks)
    assert page([answered("before", "yy"), answered("after", "yy")])[-1].text.count("gain of") == 0


@given(
    st.lists(
        st.text(max_size=40) | st.just('{"question":"M1","choice":"x","right":"\\u001b[2J|\\t"}'), max_size=4
    )
)
def test_a_file_of_answers_is_used_or_refused(lines: list[str]) -> None:
    import tempfile

    from mailpath.lessons.answers import page

    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "one.jsonl").write_text("\n".join(lines), "utf-8", "replace")
        try:
            told = pages.to_markdown(page(read_folder(folder)))
        except AnswersError as error:
            told = error.sentence
    assert "\x1b" not in told


def test_a_folder_without_answers(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="no file of answers"):
        read_folder(tmp_path)
    with pytest.raises(AnswersError, match="No such file"):
        read_folder(tmp_path / "nothing")
