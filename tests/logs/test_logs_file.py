"""The log's file: private, bounded, ours alone, and never in the way."""

from __future__ import annotations

import logging
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mailpath.logs import MAX_LINE, LogError, logger, write_to

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ ")


@contextmanager
def log_in(file: Path) -> Iterator[None]:
    end = write_to(str(file))
    try:
        yield
    finally:
        end()


def test_a_log_is_added_to_and_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "log"
    for word in ("first", "second"):
        with log_in(file):
            logger.debug("%s", word)
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [line.split()[-1] for line in lines] == ["first", "second"]
    assert all(LINE.match(line) for line in lines)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not logger.isEnabledFor(logging.DEBUG)


def test_foreign_text_and_tracebacks_stay_one_bounded_line_each(tmp_path: Path) -> None:
    file = tmp_path / "log"
    with log_in(file):
        logger.info("%s", "\x1b]52;c;x\x07\n2026-01-01T00:00:00.000Z INFO forged")
        logger.info("%s", "a" * (MAX_LINE * 2))
        logger.info("%s", "kept \\x1b as it is")
        try:
            raise RuntimeError("\x1b[2J" + "b" * MAX_LINE)
        except RuntimeError:
            logger.exception("it broke")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert all(LINE.match(line) and line.isprintable() and len(line) < MAX_LINE + 40 for line in lines)
    assert lines[0].endswith("INFO \\x1b]52;c;x\\x07\\x0a2026-01-01T00:00:00.000Z INFO forged")
    assert lines[2].endswith("kept \\x1b as it is")
    assert "Traceback" in lines[4]


def test_what_is_no_log_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "walk.json"
    file.write_text('{"schema": 1}', encoding="utf-8")
    for name, why in (
        (str(file), "is not a log of mailpath"),
        ("-", "not to a standard stream"),
        (str(tmp_path), "directory"),
        (str(tmp_path / "none" / "log"), "No such file"),
        ("a\0b", "null"),
    ):
        with pytest.raises(LogError, match=why):
            write_to(name)
    assert file.read_text(encoding="utf-8") == '{"schema": 1}'


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_disk_ends_the_log_alone(capfd: pytest.CaptureFixture[str]) -> None:
    with log_in(Path("/dev/full")):
        logger.info("lost")
        logger.info("lost as well")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("module", ["mailpath.logs", "mailpath.api", "mailpath.commands.app"])
def test_nothing_is_printed_where_nobody_listens(module: str) -> None:
    code = f"import logging, {module}\nlogging.getLogger('mailpath.tui.session').error('broken')\n"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout, done.stderr) == ("", "")
