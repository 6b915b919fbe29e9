"""A monitor is told within its time, and which option gives the walk more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mailpath.commands import check, narration
from mailpath.lab import Lab, load

SILENT = Path(__file__).parents[1] / "silent.toml"


@pytest.fixture(scope="module")
def silent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The network file of a lab whose server never greets, for as long as the module's tests run."""
    folder = tmp_path_factory.mktemp("silent")
    with Lab.start((load(SILENT),)) as lab:
        yield lab.write_network_file(folder)


def test_a_monitor_s_walk_ends_in_time_and_says_how_to_have_more(
    run: Callable[..., tuple[int, str, str]], silent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "MONITOR_DEADLINE", 0.5)
    waiting = (
        "check",
        "silent.example",
        "--network",
        silent,
        "--greeting-timeout",
        "9",
        "--format",
        "nagios",
    )
    code, out, _ = run(*waiting)
    assert code == 3
    assert out.startswith("MAILPATH UNKNOWN - silent.example: unknown for rfc")
    assert out.count("the walk's deadline of 0.5 s passed (--deadline allows more)") == 1
    assert "deadline of 0.7 s" in run(*waiting, "--deadline", "0.7")[1]


def test_other_reports_tell_it_too(run: Callable[..., tuple[int, str, str]], silent: Path) -> None:
    options = ("--network", silent, "--greeting-timeout", "9", "--deadline", "0.5")
    for form in ("text", "markdown", "json", "html"):
        code, out, _ = run("check", "silent.example", *options, "--full", "--format", form)
        assert code == 3
        assert "The walk was cut short" in out
        assert "deadline of 0.5 s" in out


def test_whoever_watches_is_told_what_is_waited_for(
    run: Callable[..., tuple[int, str, str]], silent: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narration, "NOTICED", 0.1)
    monkeypatch.setattr(narration, "LOOK", 0.05)
    options = ("--network", silent, "--greeting-timeout", "9", "--deadline", "0.6")
    assert "waiting" not in run("check", "silent.example", *options)[2]
    monkeypatch.setattr(narration, "watched", lambda: True)
    err = run("check", "silent.example", *options)[2]
    # Once, however long it lasts, and before the line of the step that waits.
    assert err.count("STARTTLS  waiting up to 9 s: the greeting of mx1.silent.example\n") == 1
    assert err.index("waiting up to") < err.index("STARTTLS  CUT OFF")


def test_whose_patience_ended_a_session_is_told(
    run: Callable[..., tuple[int, str, str]], silent: Path
) -> None:
    options = ("check", "silent.example", "--network", silent, "--greeting-timeout", "0.2", "--full")
    told = ': the sender is assumed to wait no longer than we do (patience "ours").'
    code, out, _ = run(*options, "--patience", "ours")
    assert code == 2
    assert told in " ".join(out.split())
    code, out, _ = run(*options, "--patience", "sender")
    assert code == 3
    assert told not in " ".join(out.split())
