"""`check` in every format, by name and by the file's ending, and with attackers on the path."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mailpath.judge.presets import PRESETS
from mailpath.whatif import ATTACKS

Run = Callable[..., tuple[int, str, str]]

FIRST = {
    "text": "dane-stale.example: deferred by rfc",
    "json": "{",
    "markdown": "## ✗ dane-stale.example: deferred by rfc",
    "html": "<!DOCTYPE html>",
    "nagios": "MAILPATH CRITICAL - dane-stale.example: deferred by rfc",
}


@pytest.fixture(scope="module")
def stale(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture of a path whose TLSA record is out of date."""
    from test_cli_check import mailpath

    file = tmp_path_factory.mktemp("stale") / "stale.json"
    done = mailpath("check", "dane-stale.example", "--network", network, "--capture", file)
    assert done.returncode == 2
    return file


@pytest.mark.parametrize("form", FIRST)
def test_every_format(form: str, stale: Path, run: Run) -> None:
    code, out, err = run("check", "--replay", stale, "--format", form)
    assert (code, err) == (2, "")
    assert out.startswith(FIRST[form])


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("a.txt", "text"),
        ("a.json", "json"),
        ("a.md", "markdown"),
        ("a.HTML", "html"),
        ("a.htm", "html"),
        ("a", "text"),
        ("a.unknown", "text"),
    ],
)
def test_the_ending_of_the_file_decides(file: str, form: str, stale: Path, tmp_path: Path, run: Run) -> None:
    assert run("check", "--replay", stale, "-o", tmp_path / file) == (2, "", "")
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(FIRST[form])
    # A format that is named outweighs it.
    assert run("check", "--replay", stale, "-o", tmp_path / file, "--format", "nagios")[0] == 2
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(FIRST["nagios"])


def test_attacks_in_the_report(stale: Path, report_schema: dict[str, Any], run: Run) -> None:
    words = ("check", "--replay", stale, "--format", "json")
    some = ("--attack", "strip-starttls", "--attack", "steer + break-tls", "--attack", "strip-starttls")
    code, out, _ = run(*words, *some)
    # The exit code is of the path without an attacker.
    assert code == 2
    found = json.loads(out)
    jsonschema.Draft202012Validator(report_schema).validate(found)
    assert set(found["attacks"]) == set(PRESETS)
    assert list(found["attacks"]["postfix-dane"]) == ["strip-starttls", "steer+break-tls"]
    assert found["attacks"]["postfix-dane"]["strip-starttls"] == {
        "outcome": "deferred",
        "host": None,
        "attacker_reads": False,
        "may_read": False,
        "if_policy_cached": None,
    }
    stripped = found["attacks"]["postfix-may"]["strip-starttls"]
    assert (stripped["outcome"], stripped["attacker_reads"], stripped["may_read"]) == (
        "plaintext",
        True,
        True,
    )
    # Where the posture's sources are silent the attacker reads "perhaps": then only `may_read` is set.
    told = [each for of_posture in found["attacks"].values() for each in of_posture.values()]
    assert all(each["may_read"] for each in told if each["attacker_reads"])
    assert found["reads"] == {}


def test_the_whole_catalogue(stale: Path, report_schema: dict[str, Any], run: Run) -> None:
    words = ("check", "--replay", stale, "--posture", "may", "--posture", "dane", "--attack", "all")
    _, out, _ = run(*words, "--format", "json")
    found = json.loads(out)
    jsonschema.Draft202012Validator(report_schema).validate(found)
    assert [name for name in found["attacks"]["postfix-dane"] if "+" not in name] == list(ATTACKS)
    assert found["reads"]["postfix-may"] == {
        "listener": False,
        "attacker": True,
        "cheapest": "strip-starttls",
        "attacker_if_policy_cached": None,
        "cheapest_if_policy_cached": None,
        "sentence": "a listener cannot read it; an active attacker can (strip-starttls).",
    }
    assert found["reads"]["postfix-dane"]["attacker"] is False
    for form in ("text", "markdown", "html"):
        _, out, _ = run(*words, "--format", form)
        assert "an active attacker can (" in " ".join(out.split())
        assert "forge-address" in out


def test_an_unknown_attack_is_wrong_usage(stale: Path, run: Run) -> None:
    for name in ("no-such", "steer+no-such", ""):
        code, out, err = run("check", "--replay", stale, "--attack", name)
        assert (code, out, err.count("\n")) == (64, "", 1)
        assert "strip-starttls" in err


def test_attacks_are_listed(run: Run) -> None:
    code, out, _ = run("attacks")
    assert code == 0
    assert [line for line in out.splitlines() if len(line) > 80] == []
    assert out.startswith("strip-starttls: ")
    assert "Stopped by" in out
    listed = json.loads(run("attacks", "--json")[1])
    assert [each["name"] for each in listed] == list(ATTACKS)
    assert all(each["needs"] and each["stopped_by"] for each in listed)
