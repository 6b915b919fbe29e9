"""Standard streams that are full or closed, and a machine that has no more files: one line, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


def shell(script: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """`script` with "$@" as mailpath and its words."""
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "mailpath", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@needs_full
@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">/dev/full", ("postures",)),
        (">&-", ("postures",)),
        (">&-", ("--help",)),
        (">/dev/full", ("--version",)),
        (">/dev/full", ("explain", "TLSA002")),
        (">&-", ("lab", "list", "--json")),
    ],
)
def test_output_that_cannot_be_written(redirection: str, words: tuple[str, ...]) -> None:
    done = shell(f'"$@" {redirection}', *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (74, "", 1)
    assert done.stderr.startswith("mailpath: Standard output cannot be written: ")


@needs_full
@pytest.mark.parametrize(
    ("redirection", "words"),
    [
        (">/dev/full", ("--format", "json")),
        (">&-", ("--format", "text")),
        (">/dev/full", ("--capture", "-")),
        (">&-", ("--capture", "-")),
    ],
)
def test_a_report_that_cannot_be_written(
    redirection: str, words: tuple[str, ...], network: Path, tmp_path: Path
) -> None:
    done = shell(f'"$@" {redirection}', "check", "null-mx.example", "--network", network, *words)
    assert (done.returncode, done.stderr.count("\n")) == (74, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("lab", "list"),
        ("explain",),
        ("check", "null-mx.example", "--format", "html"),
        ("check", "null-mx.example", "--capture", "-"),
    ],
)
def test_a_reader_that_has_gone(words: tuple[str, ...], network: Path) -> None:
    """141, as of a process that SIGPIPE ends: 1 would be a verdict."""
    more = ("--network", network) if "check" in words else ()
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "mailpath", *words, *map(str, more)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize(
    "words", [("check", "--replay", "-"), ("explain", "-"), ("bounce", "-"), ("tlsrpt", "-"), ("open", "-")]
)
def test_input_that_is_closed(words: tuple[str, ...]) -> None:
    done = shell('"$@" <&-', *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (64, "", 1)
    assert "cannot be read" in done.stderr


@needs_full
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_nobody_left_to_tell(redirection: str) -> None:
    assert shell(f'"$@" {redirection}', "explain", " ").returncode == 64
    assert shell(f'"$@" >/dev/full {redirection}', "postures").returncode == 74


def test_all_streams_closed() -> None:
    assert shell('"$@" <&- >&- 2>&-', "postures").returncode == 74


@pytest.mark.parametrize("most", [40, 60])
def test_a_lab_without_files_to_open(most: int) -> None:
    done = shell(f'ulimit -n {most}; "$@"', "lab", "serve")
    assert (done.returncode, done.stdout) == (71, "")
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("mailpath: This machine does not allow it: Too many open files")
