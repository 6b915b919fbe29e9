"""README stays true: every command in it runs, every file it names is there, its key table is the app's."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from textual.binding import Binding

from mailpath import config, ending
from mailpath.cli import main
from mailpath.commands import diff, dnssec, planning, rehearsing
from mailpath.lab import Lab
from mailpath.network.settings import load
from mailpath.report import exit_codes
from mailpath.tui.screens.keys import GROUPS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

#: Commands that open the app; tests/tui drives them in a real terminal.
APP = re.compile(r"mailpath (?:open |lab$|learn$|[a-z]+\.example)")
#: Runs until it is stopped; tests/lab does that.
SERVE = "mailpath lab serve"


def commands() -> list[str]:
    found = []
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        found += [line.split("#")[0].strip() for line in block.splitlines() if line.strip()]
    return found


MAILPATH = [command for command in commands() if command.startswith("mailpath ")]
REPORTS = [command for command in MAILPATH if not APP.match(command) and command != SERVE]


def test_there_is_nothing_but_make_and_mailpath() -> None:
    assert {command.split()[0] for command in commands()} == {"make", "mailpath"}
    assert len(REPORTS) >= 8


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


def test_the_commands_run(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """In the order of the page, in one folder: one command's capture is the next one's replay."""
    network = lab.write_network_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for command in REPORTS:
        named = command.replace("c.example", "dane-good.example")
        words = shlex.split(named.replace("b.example", "full-protection.example"))
        probes = words[1] in ("check", "dnssec", "diff", "plan") and "--lab" not in words
        options = ["--network", str(network)] if probes else []
        monkeypatch.setattr(sys, "argv", [*words, *options])
        with pytest.raises(SystemExit) as left:
            main()
        told = capfd.readouterr()
        assert not left.value.code, f"{command}: {left.value.code}: {told.err}"
        written = "-o" in words or "--capture" in words
        assert told.out.strip() or written, command


@pytest.mark.parametrize("command", [c for c in MAILPATH if APP.match(c)])
def test_commands_of_the_app_say_what_to_do_without_a_terminal(command: str, tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "mailpath", *shlex.split(command)[1:]],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 64
    assert len(ran.stderr.strip().splitlines()) == 1
    assert any(word in ran.stderr for word in ("check", "walk.json.gz", "lesson sheet"))


def test_the_exit_codes_are_those_of_the_commands() -> None:
    table = README.split("<!-- exit codes -->")[1].split("<!-- /exit codes -->")[0].strip().splitlines()
    head, _, *rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in table]
    told = {
        command: {int(row[0]) for row in rows if row[column]} for column, command in enumerate(head) if column
    }
    assert told == {
        "check": set(exit_codes.WORST_FIRST),
        "dnssec": set(dnssec.CODES.values()),
        "plan": set(planning.STATUS.values()),
        "diff": {diff.SAME, diff.DIFFERENT},
        "lab from": {rehearsing.SAME, rehearsing.DIFFERENT},
        "explain": {ending.ExitCode.OK, ending.ExitCode.UNKNOWN},
        "bounce": {ending.ExitCode.OK, ending.ExitCode.UNKNOWN},
        "every other": {ending.ExitCode.OK},
    }
    below = README.split("<!-- /exit codes -->")[1].split("###")[0]
    others = {int(number) for number in re.findall(r"(?:^|; )(\d+) ", below.replace("\n", " ").strip())}
    code = ending.ExitCode
    assert others == {code.UNKNOWN, code.USAGE, code.OS_ERROR, code.IO_ERROR, code.PIPE} | {
        code.SIGNAL + number for number in ending.SIGNALS
    }


def test_the_network_file_is_one(tmp_path: Path) -> None:
    block, _ = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "root.ds").write_text(". IN DS 20326 8 2 00\n", encoding="utf-8")
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    file = tmp_path / "network.toml"
    file.write_text(block, encoding="utf-8")
    assert load(file).dial == {"192.0.2.10:25": "127.0.0.1:40125"}


def test_the_config_file_is_one(tmp_path: Path) -> None:
    _, block = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "config.toml"
    file.write_text(block, encoding="utf-8")
    found = config.load(file)
    own, problems = found.own_postures()
    assert (*found.problems, *found.settings()[1], *problems) == ()
    assert own["ours"].sts
    known = {binding.id for group in GROUPS.values() for binding in group if isinstance(binding, Binding)}
    assert set(found.keymap) <= known


def test_the_files_it_names_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.parametrize("script", ["keys.py", "schema.py"])
def test_what_is_generated_is_current(script: str) -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), "--check"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
