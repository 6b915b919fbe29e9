"""`check --fail-on`, and `--at` counted from the walk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import click
import pytest

from mailpath.cli import cli
from mailpath.commands.moments import Offset, moment, seen_from

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("scenario", "words", "told"),
    [
        ("dane-good", ("attacker-reads",), None),
        ("dane-good", ("finding:TLSA002", "worse-than:authenticated"), None),
        (
            "dane-good",
            ("attacker-reads", "--posture", "dane", "--posture", "may"),
            r"attacker-reads: .+ under p",
        ),
        ("opportunistic", ("attacker-reads",), r"attacker-reads: .*strip-starttls.* under rfc"),
        ("opportunistic", ("attacker-reads", "--attack", "block-policy"), None),
        ("plaintext", ("attacker-reads",), r"attacker-reads: a listener under rfc"),
        ("opportunistic", ("worse-than:encrypted",), None),
        ("opportunistic", ("worse-than:authenticated",), r"worse-than:authenticated: encrypted under rfc"),
        ("plaintext", ("finding:tls002",), r"finding:TLS002: mx1\.plaintext\.example"),
    ],
)
def test_what_holds_exits_2(
    scenario: str, words: tuple[str, ...], told: str | None, held: Callable[[str], Path], run: Run
) -> None:
    usual = ("check", "--replay", held(scenario), "--trust-capture", "--format", "nagios")
    code, out, err = run(*usual, *(word for each in words for word in _option(each)))
    if told is None:
        assert (code < 2, err, "fails on" in out) == (True, "", False)
        return
    assert (code, out.startswith("MAILPATH CRITICAL - "), "; fails on " in out) == (2, True, True)
    assert re.fullmatch(f"mailpath check: --fail-on {told}.*\n", err)


def _option(word: str) -> tuple[str, ...]:
    return ("--fail-on", word) if re.match("attacker|finding|worse", word) else (word,)


def test_what_is_no_evidence_fails_on_nothing(held: Callable[[str], Path], run: Run) -> None:
    words = (
        "--fail-on",
        "finding:TLSA002",
        "--fail-on",
        "worse-than:encrypted",
        "--fail-on",
        "attacker-reads",
    )
    code, _, err = run("check", "--replay", held("dane-stale"), *words)
    assert (code, err) == (3, "")


@pytest.mark.parametrize(
    "word",
    ["finding:", "finding:NOPE", "worse-than:bounced", "worse-than:unknown", "worse-than", "sometimes", ""],
)
def test_what_cannot_hold_is_refused(word: str, run: Run) -> None:
    code, out, err = run("check", "b.example", "--fail-on", word)
    assert (code, out, err.count("\n"), "--fail-on" in err) == (64, "", 1, True)


@pytest.mark.parametrize(
    ("text", "seconds"), [("+7d", 604800), ("-2h", -7200), ("+90m", 5400), (" +1w ", 604800), ("+1s", 1)]
)
def test_spans(text: str, seconds: int) -> None:
    check = cli.commands["check"]
    at = next(param for param in check.params if param.name == "at")
    assert moment(click.Context(check), at, text) == Offset(seconds)
    assert seen_from(1000000, Offset(seconds)) == 1000000 + seconds


@pytest.mark.parametrize(
    "text", ["+7", "-", "+", "+d", "+7y", "++7d", "+7.5d", "7d", "+9999999999w", "-3000w"]
)
def test_what_is_no_span_is_told(text: str, held: Callable[[str], Path], run: Run) -> None:
    code, out, err = run("check", "--replay", held("dane-good"), "--at", text)
    assert (code, out, err.count("\n"), "at" in err) == (64, "", 1, True)


def test_a_span_counts_from_the_walk(held: Callable[[str], Path], run: Run) -> None:
    words = ("check", "--replay", held("dane-good"), "--trust-capture", "--format", "json")
    made, later = (json.loads(run(*words, *at)[1]) for at in ((), ("--at", "+70d")))
    at = [datetime.fromisoformat(each["at"]) for each in (made, later)]
    assert at[1] - at[0] == timedelta(days=70)
    assert (made["verdicts"]["rfc"]["outcome"], later["verdicts"]["rfc"]["outcome"]) == (
        "authenticated",
        "deferred",
    )


def test_version_with_all_that_it_runs_on(run: Run) -> None:
    code, out, _ = run("--version", "--verbose")
    assert (code, out) == (0, run("--verbose", "--version")[1])
    names = [line.split(" ")[0] for line in out.splitlines()]
    assert names[:3] == ["mailpath", "Python", "OpenSSL"]
    assert {"textual", "dnspython", "cryptography", "msgspec"} <= set(names)
