"""Where `check` writes: whole files, and never over what it reads."""

from __future__ import annotations

import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def capture(network: Path, tmp_path: Path, run: Run) -> Path:
    file = tmp_path / "walk.json"
    run("check", "null-mx.example", "--network", network, "--capture", file, "-o", tmp_path / "report.txt")
    return file


@pytest.mark.parametrize("option", ["-o", "--capture", "--tlsrpt"])
@pytest.mark.parametrize("linked", [False, True])
def test_the_capture_that_is_read_is_not_written_over(
    option: str, linked: bool, capture: Path, tmp_path: Path, run: Run
) -> None:
    before = capture.read_bytes()
    target = tmp_path / "link" if linked else capture
    if linked:
        target.symlink_to(capture)
    code, out, err = run("check", "--replay", capture, option, target)
    assert (code, out) == (64, "")
    assert f"{option} would overwrite the file that --replay reads." in err
    assert capture.read_bytes() == before


def test_nor_is_the_network_file(network: Path, run: Run) -> None:
    before = network.read_bytes()
    code, _, err = run("check", "null-mx.example", "--network", network, "-o", network)
    assert (code, network.read_bytes()) == (64, before)
    assert "-o would overwrite the file that --network reads." in err


@pytest.mark.parametrize("key", ["trust_anchor", "ca_file"])
def test_nor_what_the_network_file_names(key: str, network: Path, run: Run) -> None:
    named = Path(tomllib.loads(network.read_text(encoding="utf-8"))[key])
    before = named.read_bytes()
    code, _, err = run("check", "null-mx.example", "--network", network, "-o", named)
    assert (code, named.read_bytes()) == (64, before)
    assert f"-o would overwrite the file that {key} in the network file reads." in err


def test_nor_the_config_file_and_what_it_names(
    capture: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "mailpath"
    folder.mkdir()
    (folder / "config.toml").write_text('[network]\nca_file = "ca.pem"\n', encoding="utf-8")
    (folder / "ca.pem").write_text("mine", encoding="utf-8")
    code, _, err = run("check", "--replay", capture, "-o", folder / "config.toml")
    assert code == 64
    assert "-o would overwrite the file that mailpath itself reads." in err
    code, _, err = run("check", "--replay", capture, "--capture", folder / "ca.pem")
    assert (code, (folder / "ca.pem").read_text(encoding="utf-8")) == (64, "mine")
    assert "--capture would overwrite the file that ca_file in the config file reads." in err


@pytest.mark.parametrize("option", ["-o", "--capture"])
def test_a_full_disk_leaves_the_old_file(option: str, capture: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    old.write_text("old")
    limited = 'ulimit -f 1; exec "$@"'  # 512 or 1024 bytes, as the shell counts: less than any report
    words = [sys.executable, "-m", "mailpath", "check", "--replay", capture, option, old]
    done = subprocess.run(
        ["sh", "-c", limited, "sh", *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 64
    assert "cannot be written: File too large." in done.stderr
    assert (old.read_text(), [file for file in tmp_path.iterdir() if file.name.startswith(".")]) == (
        "old",
        [],
    )


def test_a_capture_with_mail_addresses_is_its_owners_alone(network: Path, tmp_path: Path, run: Run) -> None:
    modes = {}
    for name, envelope in (("plain", ()), ("tried", ("--envelope",))):
        file = tmp_path / name
        words = ("--network", network, "--capture", file, "-o", tmp_path / "report.txt")
        run("check", "info@opportunistic.example", "--from", "me@a.example", *words, *envelope)
        modes[name] = stat.S_IMODE(file.stat().st_mode)
    assert modes["tried"] == 0o600
    assert modes["plain"] & 0o044
