"""README stays true: what it calls and links to is there.  test_docs_blocks.py runs its commands."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import scripted
from blocks import blocks_of, pages
from textual.binding import Binding

from mailpath import config, ending
from mailpath.cli import main
from mailpath.commands import diff, dnssec, planning, rehearsing
from mailpath.network.settings import load
from mailpath.report import exit_codes
from mailpath.tui.screens.keys import GROUPS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

REFERENCE = ROOT / "docs" / "reference"
#: Commands that open the app; tests/tui drives them in a real terminal.
APP = (
    *("mailpath lab", "mailpath lab dane-stale", "mailpath learn", "mailpath learn dane"),
    *("mailpath open walk.json.gz", "mailpath a.example b.example"),
)


def commands() -> list[str]:
    found = []
    for block in blocks_of(README):
        found += [line.split("#")[0].strip() for line in block.text.splitlines() if line.strip()]
    return found


def test_there_is_nothing_but_make_and_mailpath() -> None:
    assert {command.split()[0] for command in commands()} == {"make", "mailpath"}


def test_it_is_short() -> None:
    """Whatever else there is to say stands in the manual."""
    assert len(README.split()) < 1500


@pytest.mark.parametrize("command", [c for c in commands() if c.startswith("make ")])
def test_make_knows_the_target(command: str) -> None:
    ran = subprocess.run(
        ["make", "-n", *command.split()[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("command", APP)
def test_commands_of_the_app_say_what_to_do_without_a_terminal(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither stdin nor stdout is a terminal here.  (tests/cli asks a process of its own, too.)"""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    with open(os.devnull, encoding="utf-8") as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        with pytest.raises(SystemExit) as left:
            main()
    told = capfd.readouterr().err
    assert left.value.code == 64
    assert len(told.strip().splitlines()) == 1
    assert any(word in told for word in ("check", "walk.json.gz", "lesson sheet"))


def test_the_exit_codes_are_those_of_the_commands() -> None:
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    code = ending.ExitCode
    usage = {int(code.USAGE)}  # which any command may end with
    rows = dict(re.findall(r"^\| \[`([\w -]+)`\]\S+ \| (.+) \|$", page, re.MULTILINE))
    told = {
        command: {int(number) for number in re.findall(r"\*\*(\d+)\*\*", row)} - usage
        for command, row in rows.items()
    }
    ours = {
        "check": set(exit_codes.WORST_FIRST),
        "dnssec": set(dnssec.CODES.values()),
        "plan": set(planning.STATUS.values()),
        "diff": {diff.SAME, diff.DIFFERENT},
        "lab from": {rehearsing.SAME, rehearsing.DIFFERENT},
    }
    assert {command: told[command] for command in ours} == ours
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)}
    assert listed >= {code.UNKNOWN, code.USAGE, code.OS_ERROR, code.IO_ERROR, code.PIPE}
    assert re.search(rf"^\| {int(code.SIGNAL)} ?\+ ?N \|", page, re.MULTILINE)


def test_the_network_file_is_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "network-file.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "root.ds").write_text(". IN DS 20326 8 2 00\n", encoding="utf-8")
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    file = tmp_path / "network.toml"
    file.write_text(block, encoding="utf-8")
    assert load(file).dial == {"192.0.2.10:25": "127.0.0.1:40125"}


def test_the_config_file_is_one(tmp_path: Path) -> None:
    page = (REFERENCE / "config-files.md").read_text(encoding="utf-8")
    block = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)[0]
    file = tmp_path / "config.toml"
    file.write_text(block, encoding="utf-8")
    found = config.load(file)
    own, problems = found.own_postures()
    assert (*found.problems, *found.settings()[1], *problems) == ()
    assert own["ours"].sts
    known = {binding.id for group in GROUPS.values() for binding in group if isinstance(binding, Binding)}
    assert set(found.keymap) <= known


def test_the_files_that_pages_name_are_there() -> None:
    """`make site` fails at a dead link within docs/; README is no page of it."""
    for page in pages():
        for target in re.findall(r"\]\(([^)#:]+)[)#]", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)}: {target}"


@pytest.mark.parametrize("script", [["docs.py", "reference/keys.md"], ["schema.py"]], ids=["keys", "schema"])
def test_what_is_generated_is_current(script: list[str]) -> None:
    status, told = scripted.ran(*script, "--check")
    assert status == 0, told
