"""`check --lab` and `dnssec --lab`: the built-in mini-internet in one command."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


def test_a_scenario_is_walked_by_its_id_alone(run: Run) -> None:
    code, out, _ = run("check", "--lab", "dane-stale", "--posture", "postfix-dane", "--format", "json")
    report = json.loads(out)
    assert (code, report["recipient"], report["lab"], report["replayed"]) == (
        2,
        "dane-stale.example",
        True,
        False,
    )
    assert report["evidence_trusted"] is True
    assert report["verdicts"]["postfix-dane"]["outcome"] == "deferred"


def test_of_all_that_is_there_any_name_can_be_asked_for(run: Run) -> None:
    code, out, _ = run("check", "a.example", "--lab", "dane-good", "--format", "json")
    assert (code != 64, json.loads(out)["recipient"]) == (True, "a.example")
    code, out, _ = run("dnssec", "_25._tcp.mx1.dane-good.example", "TLSA", "--lab", "dane-good", "--json")
    assert (code, json.loads(out)["status"]) == (0, "secure")


def test_a_file_of_ones_own(tmp_path: Path, run: Run) -> None:
    folder = resources.files("mailpath.lab") / "scenarios"
    text = next(file for file in folder.iterdir() if "bogus-ds" in file.name).read_text()
    file = tmp_path / "mine.toml"
    file.write_text(text.replace('id = "bogus-ds"', 'id = "mine"'))
    code, out, _ = run("dnssec", "mine.example", "MX", "--lab", file)
    assert code == 2
    assert "Fix" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("check", "--lab", "no-such"), "no scenario 'no-such'"),
        (("dnssec", "a.example", "--lab", "no-such"), "no scenario 'no-such'"),
        (("check", "--lab", "dane-good", "--resolver", "192.0.2.1"), "--resolver cannot be used with --lab"),
        (("check", "--lab", "dane-good", "--ca-file", "x"), "--ca-file cannot be used with --lab"),
        (("check", "--lab", "dane-good", "--replay", "x"), "--lab cannot be used with --replay"),
    ],
)
def test_what_does_not_go_together(words: tuple[str, ...], sentence: str, run: Run) -> None:
    code, _, err = run(*words)
    assert code == 64
    assert sentence in err


def test_a_scenario_that_cannot_be_built_is_told(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('id = "x"\ntitle = "t"\nteaches = "t"\nhint = "h"\n[[zone]]\nrr = ["@ MX ten mx1"]\n')
    code, _, err = run("check", "--lab", file)
    assert (code, "zone.rr" in err) == (64, True)
