"""Bounces and log lines in the wording of each server: what must be found in each, as data beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailpath.findings import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.report.bounce import read_bounce, to_dict

HERE = Path(__file__).parent
NOTICES = sorted((HERE / "notices").glob("*.eml"))
LINES = sorted((HERE / "lines").glob("*.log"))


def test_there_are_enough():
    assert len(NOTICES) >= 20
    assert len(LINES) >= 20


@pytest.mark.parametrize("path", [*NOTICES, *LINES], ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_a_bounce_tells(path):
    expected = json.loads(path.with_suffix(".json").read_text())
    bounce = read_bounce(path.read_bytes())
    told = to_dict(bounce)
    for field in ("sender", "recipient", "host", "status_code", "sentence"):
        assert told[field] == expected[field], field
    found = {code for cause in bounce.causes for code in cause.findings}
    assert found >= set(expected["findings"])
    assert found <= set(CATALOGUE)
    assert set(bounce.postures) <= set(PRESETS)
    assert set(bounce.postures) >= set(expected["postures"])
    assert not set(bounce.postures).intersection(expected.get("not_postures", ()))
    if not expected["postures"]:
        assert not bounce.postures
    if "causes" in expected:
        assert any(expected["causes"] in cause.text for cause in bounce.causes)
    if expected["findings"]:
        assert bounce.causes


@pytest.mark.parametrize("path", NOTICES, ids=lambda path: path.stem)
def test_line_ends_do_not_matter(path):
    data = path.read_bytes()
    assert read_bounce(data.replace(b"\n", b"\r\n")) == read_bounce(data)
