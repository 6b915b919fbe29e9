"""The HTML report: one file, nothing foreign, nothing that a stranger wrote as markup."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import goldens
import handmade as made
import pytest
from msgspec.structs import replace
from pages import Page

from mailpath.facts import STEPS, Reply, StarttlsFacts, TlsaFacts, Walk
from mailpath.judge.presets import PRESETS, posture
from mailpath.lab import scenarios
from mailpath.report import html
from mailpath.report.result import build

if TYPE_CHECKING:
    from conftest import Walks

PLAIN = made.walk(
    tlsa=TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, bytes(32))),)),
    starttls=StarttlsFacts(sessions=(made.session(),)),
    roots=(),
)
MARKUP = (
    b"</pre></style></script><script>alert(1)</script><img src=//evil.example/x onerror=alert(1)>\"'{{7*7}}"
)


def rendered(walk: Walk) -> str:
    return html.render(build(walk, PRESETS.values(), {}, provenance=made.LAB))


@pytest.mark.parametrize("name", [scenario.id for scenario in scenarios()])
def test_every_scenario_is_one_file_without_foreign_resources(name: str, walks: Walks) -> None:
    page = Page(html.render(walks.result(name)))
    assert page.open == []
    assert set(STEPS) <= page.assert_self_contained()
    assert "svg" not in [tag for tag, _ in page.elements]


def test_a_policy_lets_only_what_was_shipped_run() -> None:
    page = Page(rendered(made.walk()))
    policy = next(attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs)
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for element in ("style", "script"):
        (text,) = page.inside[element]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[f"{element}-src"] == f"'sha256-{digest}'"
    assert [tag for tag, _ in page.elements].count("script") == 1


def test_markup_of_strangers_is_text() -> None:
    reply = Reply(code=554, lines=(MARKUP,))
    session = made.session(greeting=reply, ehlo=None, extensions=())
    walk = made.walk(tlsa=TlsaFacts(), starttls=StarttlsFacts(sessions=(session,)))
    text = rendered(walk)
    page = Page(text)
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert "img" not in {tag for tag, _ in page.elements}
    assert MARKUP.decode() in "".join(page.inside["pre"])
    assert "alert(1)</script" not in text
    assert "49" not in page.inside["title"][0]


def test_without_a_script_everything_is_there() -> None:
    """The verdict that decides is shown, the others' outcomes stand in the table, steps are plain HTML."""
    result = build(PLAIN, PRESETS.values(), {}, made=made.NOW - made.DAY, provenance=made.REPLAYED)
    page = Page(html.render(result))
    cards = [attrs for tag, attrs in page.elements if tag == "article" and "data-card" in attrs]
    assert [index for index, attrs in enumerate(cards) if "hidden" not in attrs] == [0]
    assert len(cards) == len([1 for tag, attrs in page.elements if tag == "tr" and "data-row" in attrs])
    said = " ".join(text for texts in page.inside.values() for text in texts)
    for name in PRESETS:
        assert name in said
    assert "2026-11-22 12:00:00 UTC, judged as of 2026-11-23 12:00:00 UTC" in said
    assert "mail.a.example, resolver 127.0.0.1:53" in said
    assert "no MAIL FROM was sent" in said
    assert "mailpath " in said


def test_golden() -> None:
    postures = [posture(name) for name in ("rfc", "postfix-may", "postfix-dane")]
    result = build(PLAIN, postures, dict.fromkeys(STEPS, 12.34), made=made.NOW - 60)
    goldens.assert_golden("report.html", html.render(replace(result, mailpath="0.0.0")))
