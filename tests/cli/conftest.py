"""The command line run in this process, and the lab's network file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mailpath.cli import main
from mailpath.network.capture import dump

if TYPE_CHECKING:
    from conftest import Walks

    from mailpath.lab import Lab


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line: (exit code, stdout, stderr)."""
    monkeypatch.setenv("COLUMNS", "80")

    def command(*words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mailpath", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capfd.readouterr()
        return int(left.value.code or 0), out, err

    return command


@pytest.fixture(scope="session")
def network(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network file of the running lab."""
    return lab.write_network_file(tmp_path_factory.mktemp("network"))


@pytest.fixture(scope="session")
def held(walks: Walks, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Captures of the lab's scenarios, by their ids."""
    folder = tmp_path_factory.mktemp("held")

    def capture(scenario: str) -> Path:
        file = folder / f"{scenario}.json"
        if not file.exists():
            dump(walks.of(scenario).capture, file)
        return file

    return capture
