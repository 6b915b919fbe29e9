"""Postures of one's own that are chosen by recipient, and fields that their owner does not know."""

from __future__ import annotations

from pathlib import Path

import pytest
from judge_builders import mx, path, refuses

from mailpath import config
from mailpath.judge import Posture, judge
from mailpath.judge.message_options import Message, verdict
from mailpath.judge.presets import PRESETS
from mailpath.report.result import build
from mailpath.survey.judging import row_for
from mailpath.tui.judging import JudgedWalk

OURS = """
[posture.ours]
base = "postfix-may"
unknown.min_tls = ["TLSv1", "TLSv1.2"]

[posture.ours.for]
"Bank.example" = "strict"
".bank.example" = "postfix-none"
".deep.bank.example" = "postfix-encrypt"

[posture.strict]
base = "postfix-secure"
references = []
match_names = ["mx1.bank.example"]
"""


def _ours(tmp_path: Path, text: str) -> tuple[dict[str, Posture], tuple[str, ...]]:
    file = tmp_path / "config.toml"
    file.write_text(text, encoding="utf-8")
    return config.load(file).own_postures()


@pytest.mark.parametrize(
    ("recipient", "decides"),
    [
        ("b.example", "ours"),
        ("bank.example", "strict"),
        ("mail.bank.example", "postfix-none"),
        ("a.deep.bank.example", "postfix-encrypt"),
        ("deep.bank.example", "postfix-none"),
        ("notbank.example", "ours"),
        ("example", "ours"),
    ],
)
def test_the_nearest_entry_decides(recipient: str, decides: str, tmp_path: Path) -> None:
    found, problems = _ours(tmp_path, OURS)
    assert problems == ()
    there = found["ours"].toward(recipient)
    assert (there.name, there.recipients) == ("ours", {})
    wanted = {**PRESETS, **found}[decides]
    assert (there.level, there.match_names) == (wanted.level, wanted.match_names)
    assert bool(there.unknown) is (decides == "ours")
    assert there.toward(recipient) is there


def test_every_way_to_a_verdict_goes_by_the_recipient(tmp_path: Path) -> None:
    """The judge alone, with a kind of message, a whole result, the app, a survey."""
    walk = path(mx("mx1", refuses("454 later")))
    found, _ = _ours(tmp_path, OURS.replace("Bank.example", walk.path.recipient))
    ours = found["ours"]
    wanted = judge(walk, found["strict"])
    assert wanted.outcome != judge(walk, PRESETS["postfix-may"]).outcome
    assert judge(walk, ours).outcome == wanted.outcome
    assert judge(walk, ours).posture == "ours"
    assert verdict(walk, ours, message=Message.TLS_REQUIRED_NO).outcome == "plaintext"
    result = build(walk, (ours,), {}, deciding=("ours",))
    assert result.verdict.outcome == wanted.outcome
    assert result.chosen.level == "secure"
    assert JudgedWalk(walk, found).verdict("ours").outcome == wanted.outcome
    assert row_for(walk, 1, ours, ()).outcomes == {"ours": wanted.outcome}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ('"b.example" = "none-such"', "line 3, posture.ours.for.b.example: There is no posture 'none-such'."),
        ('"b..example" = "rfc"', "empty label"),
        ('"b.example" = 1', "There is no posture 1."),
    ],
)
def test_a_mistake_is_told_with_its_line_and_the_posture_left_out(
    line: str, sentence: str, tmp_path: Path
) -> None:
    found, problems = _ours(tmp_path, f"[posture.ours]\n[posture.ours.for]\n{line}\n")
    assert found == {}
    assert sentence in problems[0]
