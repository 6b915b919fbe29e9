"""docs/my-server.md stays true: its files are written, its commands run, in the order of the page."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from mailpath.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "my-server.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(cf|sh) ?([\w.]*)\n(.*?)```", PAGE, re.DOTALL)
#: Runs until it is stopped, and what it makes; tests/cli/test_cli_learn.py does that.
LATER = ("mailpath lab serve", "mailpath postures learn")


def test_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    ran = 0
    for kind, name, text in BLOCKS:
        if kind == "cf":
            (tmp_path / name).write_text(text, encoding="utf-8")
            continue
        for line in text.splitlines():
            command, _, said = line.partition("#")
            if command.startswith(LATER):
                continue
            monkeypatch.setattr(sys, "argv", shlex.split(command))
            with pytest.raises(SystemExit) as left:
                main()
            told = capfd.readouterr()
            status = re.search(r"exit status (\d)", said)
            assert left.value.code == (int(status[1]) if status else 0), f"{command}: {told.err}"
            assert told.out.strip(), command
            ran += 1
    assert ran == 5
