"""`check` and `dnssec` as processes on the lab: reports, captures, pipes, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab
from mailpath.network import capture as captures

Run = Callable[..., tuple[int, str, str]]


def mailpath(
    *words: str | Path, stdin: bytes | None = None, **env: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mailpath", *map(str, words)],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        env={**os.environ, **env},
        timeout=60,
        check=False,
    )


IN_TURN = """
import json, sys
from mailpath.cli import main
ended = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["mailpath", *words]
    try:
        main()
    except SystemExit as end:
        ended.append(end.code)
print(json.dumps(ended))
"""


def in_turn(commands: list[tuple[str | Path, ...]], **env: str) -> subprocess.CompletedProcess[bytes]:
    """Several commands in one process; the last line of what it prints are their exit statuses."""
    return subprocess.run(
        [sys.executable, "-c", IN_TURN, json.dumps([[str(word) for word in words] for words in commands])],
        capture_output=True,
        env={**os.environ, **env},
        timeout=60,
        check=False,
    )


def without_times(report: str) -> dict[str, Any]:
    """And without what tells a replay from a live walk."""
    found: dict[str, Any] = json.loads(report)
    for key in ("replayed", "stands_on"):
        del found[key]
    for step in found["steps"]:
        step["elapsed_ms"] = None
    return found


def test_the_ticket_is_answered_in_the_first_line(network: Path) -> None:
    done = mailpath(
        "check", "dane-stale.example", "--network", network, "--posture", "dane", "--posture", "may"
    )
    assert done.returncode == 2
    assert done.stderr == b""
    assert done.stdout.decode().splitlines()[0] == (
        "dane-stale.example: deferred by postfix-dane at mx1.dane-stale.example: its certificate matches"
        " none of its TLSA records (4.7.5); trust anchor not IANA's, CA root unknown here, connections"
        " redirected (dial)"
    )
    assert "Logged     Server certificate not verified" in done.stdout.decode().splitlines()


def test_all_postures_by_name_decide_together(network: Path, run: Run) -> None:
    alone = json.loads(run("check", "half-dane.example", "--network", network, "--format", "json")[1])
    status, out, _ = run(
        "check", "half-dane.example", "--network", network, "--posture", "all", "--format", "json"
    )
    found = json.loads(out)
    assert list(found["verdicts"]) == list(alone["verdicts"])
    assert (alone["posture"], status, found["verdicts"][found["posture"]]["outcome"]) == (
        "rfc",
        2,
        "deferred",
    )


@pytest.mark.parametrize(
    ("domain", "posture", "code"),
    [
        ("dane-good.example", "rfc", 0),
        ("plaintext.example", "rfc", 1),
        ("null-mx.example", "rfc", 2),
    ],
)
def test_exit_codes(domain: str, posture: str, code: int, network: Path, run: Run) -> None:
    assert run("check", domain, "--network", network, "--posture", posture)[0] == code


def test_all_postures_can_be_asked_for_and_the_worst_decides(network: Path, run: Run) -> None:
    words = ("check", "pkix-good.example", "--network", network, "--posture", "may", "--posture", "all")
    code, out, _ = run(*words, "--format", "json")
    found = json.loads(out)
    assert next(iter(found["verdicts"])) == "postfix-may"
    assert found["verdicts"].keys() == PRESETS.keys()
    assert (code, found["posture"]) == (2, "postfix-dane-only")


def test_a_capture_replays_without_a_network(
    network: Path, tmp_path: Path, report_schema: dict[str, Any], run: Run
) -> None:
    """The same verdicts and findings, byte for byte but for times."""
    file = tmp_path / "path.json.gz"
    common = ("check", "sts-enforce.example", "--format", "json")
    who = ("--from", "Ann <ann@a.example>", "--network", network)
    code, live, _ = run(*common, *who, "--capture", file)
    assert code == 0
    code, again, _ = run(*common, "--replay", file, "--network", network)
    assert code == 0
    jsonschema.Draft202012Validator(report_schema).validate(json.loads(live))
    assert without_times(again) == without_times(live)
    assert json.loads(live)["sender"] == "a.example"
    # A year on the certificates are over, and nothing is asked of anybody to see that.
    made = captures.load(file).ground.made
    code, later, _ = run(*common, "--replay", file, "--trust-capture", "--at", str(made + 366 * 86400))
    assert code == 2
    assert "TLS009" in {each["code"] for each in json.loads(later)["findings"]}


def test_a_capture_goes_through_a_pipe(network: Path, tmp_path: Path) -> None:
    """ssh mx1 mailpath check b.example --capture - | mailpath ...: stdout is the capture and nothing else."""
    kept = mailpath("check", "dane-good.example", "--network", network, "--capture", "-")
    assert (kept.returncode, kept.stderr) == (0, b"")
    assert captures.decode(kept.stdout).path.recipient == "dane-good.example"
    report = tmp_path / "report.txt"
    read = mailpath("check", "--replay", "-", "--trust-capture", "-o", report, stdin=kept.stdout)
    assert (read.returncode, read.stdout, read.stderr) == (0, b"", b"")
    assert report.read_text(encoding="utf-8").startswith("dane-good.example: delivered authenticated by rfc")


def test_a_replay_is_held_to_its_path(network: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "path.json"
    assert run("check", "null-mx.example", "--network", network, "--capture", file)[0] == 2
    for words in (
        ("check", "other.example", "--replay", file, "--trust-capture"),
        ("check", "--replay", file, "--trust-capture", "--from", "c.example"),
        ("check", "--replay", file, "--trust-capture", "--resolver", "192.0.2.53"),
    ):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (64, "", 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--capture", "/no/such/folder/x.json"),
        ("-o", "/no/such/folder/x.txt", "--capture", "{here}/ok.json"),
        ("--tlsrpt", "/no/such/folder/x.json"),
        ("-o", "{here}"),
        ("-o", "{here}/a\0b"),
        ("--capture", "-", "-o", "-"),
        ("--tlsrpt", "-", "-o", "-"),
        ("--capture", "-", "--tlsrpt", "-"),
        ("--capture", "-", "--format", "json"),
        ("--tlsrpt", "-", "--format", "text"),
        ("--capture", "{here}/x", "-o", "{here}/x"),
        ("--capture", "{here}/x", "--tlsrpt", "{here}/../{name}/x"),
    ],
)
def test_what_cannot_be_written_is_told_before_the_first_packet(
    words: tuple[str, ...], lab: Lab, network: Path, tmp_path: Path, run: Run
) -> None:
    before = len(lab.seen)
    words = tuple(word.format(here=tmp_path, name=tmp_path.name) for word in words)
    code, out, err = run("check", "dane-good.example", "--network", network, *words)
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert len(lab.seen) == before
    assert list(tmp_path.iterdir()) == []


def test_what_may_be_written_to_one_place(network: Path, tmp_path: Path, run: Run) -> None:
    words = ("check", "null-mx.example", "--network", network)
    assert run(*words, "-o", "/dev/null", "--capture", "/dev/null")[0] == 2
    report, kept = tmp_path / "report.json", tmp_path / "kept.json"
    kept.write_text("old", encoding="utf-8")
    assert run(*words, "-o", report, "--capture", kept)[0] == 2
    assert captures.load(kept).path.recipient == "null-mx.example"
    # Looking whether a file can be written leaves what is in it.
    kept.write_text("old", encoding="utf-8")
    assert run("check", "a..example", "--capture", kept)[0] == 64
    assert kept.read_text(encoding="utf-8") == "old"


def test_the_capture_is_kept_before_the_report(network: Path, tmp_path: Path) -> None:
    """A report that nobody takes costs the report alone."""
    kept = tmp_path / "kept.json"
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "mailpath", "check", "null-mx.example", "--network", str(network)]
        done = subprocess.run(
            [*command, "--capture", str(kept)], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 74
    assert captures.load(kept).path.recipient == "null-mx.example"


def test_a_terminal_without_these_letters_gets_others(network: Path) -> None:
    words = ("check", "plaintext.example", "--network", network)
    done = mailpath(*words, PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stdout.isascii()
    assert b"Steps      + MX " in done.stdout
    assert b"\\u2713" not in done.stdout
    # A file is UTF-8 wherever it is written.
    forms = ("json", "html", "markdown", "nagios")
    done = in_turn([(*words, "--format", form) for form in forms], PYTHONIOENCODING="ascii:strict")
    assert (json.loads(done.stdout.splitlines()[-1]), done.stderr) == ([1] * len(forms), b"")
    chain = mailpath("dnssec", *words[1:], PYTHONIOENCODING="ascii:strict")
    assert (chain.returncode, chain.stderr) == (1, b"")
    assert chain.stdout.isascii()
    assert b"\nv\n" in chain.stdout
    assert b"\\u" not in chain.stdout


def test_hostile_words_reach_no_terminal(network: Path, run: Run) -> None:
    _, out, _ = run("check", "hostile-text.example", "--network", network, "--full")
    assert "\\x1b" in out
    assert all(line.isprintable() for line in out.split("\n"))


@pytest.mark.parametrize(
    ("name", "rdtype", "code"),
    [
        ("dane-good.example", "MX", 0),
        ("_25._tcp.mx1.dane-good.example", "TLSA", 0),
        ("plaintext.example", "MX", 1),
        ("bogus.example", "mx", 2),
        ("dane-good.example", "15", 0),
    ],
)
def test_dnssec(name: str, rdtype: str, code: int, network: Path, run: Run) -> None:
    status, out, err = run("dnssec", name, rdtype, "--network", network, "--json")
    assert (status, err) == (code, "")
    found = json.loads(out)
    assert (found["name"], found["type"]) == (name, "MX" if rdtype == "15" else rdtype.upper())


def test_dnssec_at_another_time_and_drawn(network: Path, run: Run) -> None:
    words = ("dnssec", "dane-good.example", "MX", "--network", network)
    code, out, _ = run(*words)
    assert code == 0
    assert "SECURE" in out
    assert run(*words, "--at", "2099-01-01T00:00:00Z")[0] == 2
