"""`mailpath check` of several recipients: a line each, in their order, and the worst exit status."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

Run = Callable[..., tuple[int, str, str]]
DOMAINS = ("dane-good.example", "dane-stale.example", "plaintext.example")


def test_text_is_a_line_each_with_what_one_check_says(run: Run, network: Path) -> None:
    code, out, err = run("check", "--network", network, *DOMAINS, DOMAINS[0], "--ehlo", "probe.example")
    assert (code, err) == (2, "")
    lines = out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        f"{state} {domain}" for state, domain in zip(("OK", "CRITICAL", "WARNING"), DOMAINS, strict=True)
    ]
    alone = run("check", "--network", network, DOMAINS[1], "--ehlo", "probe.example")[1]
    assert " ".join(alone.splitlines()[0].split()) in lines[1].removeprefix("CRITICAL ")


def test_json_is_a_line_each_with_what_one_check_says(
    run: Run, network: Path, tmp_path: Path, report_schema: dict[str, object]
) -> None:
    listed = tmp_path / "list"
    first, _, last = DOMAINS
    listed.write_text(f"\ufeff{first}  # the first\n\n# none\nuser#1@{last.upper()}\n{first}\n")
    words = ("--network", network, "--format", "json", "--posture", "postfix-dane", "--from", "a.example")
    code, out, _ = run("check", "--from-file", listed, *words)
    reports = [json.loads(line) for line in out.splitlines()]
    assert [each["recipient"] for each in reports] == [DOMAINS[0], DOMAINS[2]]
    assert (code, {each["sender"] for each in reports}) == (1, {"a.example"})
    alone = json.loads(run("check", *words, DOMAINS[0])[1])
    for report in (reports[0], alone):
        jsonschema.validate(report, report_schema)
        # Two walks, so two moments: all else has to be the same.
        del report["walked"]["made"], report["at"]
        for step in report["steps"]:
            del step["elapsed_ms"]
    assert {k: v for k, v in reports[0].items() if k != "findings"} == {
        k: v for k, v in alone.items() if k != "findings"
    }
    assert [each["code"] for each in reports[0]["findings"]] == [each["code"] for each in alone["findings"]]


def test_what_walks_again_is_told_of_each(run: Run, network: Path) -> None:
    words = ("--network", network, *DOMAINS[:2], "--attack", "strip-starttls", "--redact", "--format", "json")
    code, out, err = run("check", *words, "--fail-on", "worse-than:authenticated")
    reports = [json.loads(line) for line in out.splitlines()]
    assert all(each["attacks"] for each in reports)
    assert code == 2
    (told,) = err.splitlines()
    assert told.startswith("mailpath check: dane-stale.example: --fail-on worse-than:authenticated")


def test_a_list_comes_from_standard_input(run: Run, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"null-mx.example\n")))
    code, out, _ = run("check", "--network", network, "--from-file", "-")
    assert (code, out.split(":")[0]) == (2, "CRITICAL null-mx.example")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--capture", "c"), "--capture is for one recipient."),
        (("--tlsrpt", "c"), "--tlsrpt is for one recipient."),
        (("--replay", "c"), "--replay is for one recipient."),
        (("--envelope",), "--envelope is for one recipient."),
        (("-o", "c"), "-o is for one recipient."),
        (("--format", "html"), "--format html is for one recipient"),
    ],
    ids=lambda words: words[0],
)
def test_what_is_for_one_recipient_is_wrong_usage(words: tuple[str, ...], told: str, run: Run) -> None:
    code, out, err = run("check", *DOMAINS, *words)
    assert (code, out) == (64, "")
    assert told in err


def test_a_list_that_cannot_be_used_is_told_before_any_walk(run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "list"
    listed.write_text("# nobody\n")
    assert "names no recipient" in run("check", "--from-file", listed)[2]
    listed.write_text("b.example\nb..example\n")
    code, out, err = run("check", "--from-file", listed)
    assert (code, out) == (64, "")
    assert f"{listed}: line 2: " in err
    listed.write_text("".join(f"n{number}.example\n" for number in range(10_001)))
    assert "10000 recipients at most" in run("check", "--from-file", listed)[2]
    assert run("check", "--from-file", tmp_path / "none")[0] == 64
