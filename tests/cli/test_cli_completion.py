"""What a shell completes: asked by the shells that are here, as their users ask, and by click's classes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from test_cli_grammar import loaded_by

from mailpath.attacks.catalogue import ATTACKS
from mailpath.cli import cli
from mailpath.commands import completing
from mailpath.findings.catalogue import CATALOGUE
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios

Run = Callable[..., tuple[int, str, str]]


def completed(*words: str) -> list[str]:
    """What is offered for the last of `words`; a file is "FILE"."""
    *args, incomplete = words
    found = ShellComplete(cli, {}, "mailpath", "_MAILPATH_COMPLETE").get_completions(list(args), incomplete)
    return ["FILE" if each.type == "file" else each.value for each in found]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("che",), ["check"]),
        (("lab", "se"), ["serve", "FILE"]),
        (("check", "--fo"), ["--format"]),
        (("--asc",), ["--ascii"]),
        (("--ascii", "--no-c"), ["--no-color"]),
        (("check", "b.example", "--format", "j"), ["json"]),
        (("check", "b.example", "--posture", "postfix-dane-"), ["postfix-dane-only", "postfix-dane-sts"]),
        (("check", "b.example", "--posture", "al"), ["all"]),
        (("diff", "--posture", "mo"), ["mox"]),
        (("check", "b.example", "--attack", "strip-s"), ["strip-starttls"]),
        (("check", "b.example", "--attack", "steer+strip-s"), ["steer+strip-starttls"]),
        (("check", "--lab", "dane-st"), ["FILE", "dane-stale"]),
        (("check", "b.example", "--replay", "x"), ["FILE"]),
        (("check", "b.example", "--fail-on", "att"), ["attacker-reads"]),
        (("check", "b.example", "--fail-on", "finding:TLSA00"), ["finding:TLSA001", "finding:TLSA002"]),
        (("check", "b.example", "--fail-on", "worse-than:e"), ["worse-than:encrypted"]),
        (("check", "b.example", "--posture", "dane-o"), ["dane-only"]),
        (("dnssec", "b.example", "t"), ["TLSA", "TXT"]),
        (("postures", "chas"), ["chasquid"]),
        (("explain", "TLSA002"), ["TLSA002"]),
        (("explain", "null-mx"), ["null-mx-beside"]),
        (("open", "x"), ["FILE"]),
        (("completion", ""), ["bash", "zsh", "fish"]),
    ],
)
def test_what_is_offered(words: tuple[str, ...], offered: list[str]) -> None:
    found = completed(*words)
    assert [each for each in offered if each not in found] == []
    assert len(found) <= len(offered) + 6


def test_every_name_is_offered() -> None:
    assert set(completed("check", "--posture", "")) == {*PRESETS, "all"}
    assert set(completed("check", "--attack", "")) == {*ATTACKS, "all"}
    assert set(completed("lab", "")) == {"list", "serve", "from", "FILE", *(each.id for each in scenarios())}
    assert {each for each in completed("explain", "") if each.isupper()} == set(CATALOGUE)


def test_own_postures_and_recent_recipients_are_offered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mailpath").mkdir()
    (tmp_path / "mailpath" / "config.toml").write_text('[posture.ours]\nbase = "rfc"\n', encoding="utf-8")
    (tmp_path / "mailpath" / "state.json").write_text('{"recent": ["b.example"]}', encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert completed("check", "--posture", "ou") == ["ours"]
    assert completed("b.") == completed("check", "b.") == completed("a.example", "b.") == ["b.example"]


def test_completing_logs_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert completed("check", "--log", str(log), "--posture", "rf") == ["rfc"]
    assert not log.exists()


@pytest.mark.parametrize("shell", completing.SHELLS)
def test_the_script_of_each_shell(shell: str, run: Run) -> None:
    code, out, err = run("completion", shell)
    assert (code, err) == (0, "")
    assert f"_MAILPATH_COMPLETE={shell}_complete" in out
    assert re.search(r"\bmailpath\b", out)
    if shell == "zsh":  # where its file has become a function
        assert '"${funcstack[1]}" == _mailpath ]]' in out


def asked(shell: str, script: str, tmp_path: Path, line: str) -> list[str]:
    """What `shell` offers at the end of `line`, the program being the one under test."""
    program = tmp_path / "mailpath"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mailpath "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    done = subprocess.run(
        [shell, *(["--norc"] if shell == "bash" else []), "-c", script.replace("LINE", line)],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "COVERAGE_PROCESS_START": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout.split()


#: As readline does it: the line is cut at its word breaks.
BASH = """
eval "$(mailpath completion bash)"
compopt() { :; }
for line in LINE; do
    read -ra COMP_WORDS <<< "$(sed 's/:/ : /g' <<< "$line")"
    [[ $line == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 )); COMPREPLY=()
    _mailpath_completion mailpath; printf '%s ' "${COMPREPLY[@]}"
done
"""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_asks(tmp_path: Path) -> None:
    lines = (
        "'mailpath che' 'mailpath check b.example --attack strip-' 'mailpath lab se'"
        " 'mailpath check --fail-on finding:SND00'"
    )
    found = asked("bash", BASH, tmp_path, lines)
    assert found[:3] == ["check", "strip-starttls", "serve"]
    assert "SND001" in found  # what stands before the colon is on the line already


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish")
def test_fish_asks(tmp_path: Path) -> None:
    script = "mailpath completion fish | source; complete -C 'LINE'"
    assert "check" in asked("fish", script, tmp_path, "mailpath che")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")
def test_zsh_reads_its_script(tmp_path: Path) -> None:
    script = 'autoload -U compinit; compinit -u; eval "$(mailpath completion zsh)"; print ${_comps[LINE]}'
    assert asked("zsh", script, tmp_path, "mailpath") == ["_mailpath_completion"]


def test_completion_loads_neither_app_nor_network() -> None:
    asking = (
        "import os, sys, mailpath.cli\n"
        "sys.argv = ['mailpath']\n"
        "os.environ.update(_MAILPATH_COMPLETE='bash_complete', COMP_CWORD='3',\n"
        "    COMP_WORDS='mailpath\\ncheck\\n--posture\\n')\n"
        "try:\n    mailpath.cli.main()\nexcept SystemExit:\n    pass"
    )
    assert loaded_by(asking) == []
