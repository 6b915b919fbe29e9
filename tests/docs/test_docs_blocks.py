"""The manual cannot be wrong: every `sh` block of README and docs/ runs in the lab, and prints what is shown.

`UPDATE_GOLDEN=1` writes what was printed into the pages.  blocks.py says how a page marks what cannot run.
"""

from __future__ import annotations

import difflib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from blocks import ROOT, Block, blocks_of, normalized, pages, says

HERE = Path(__file__).parent
#: Of one block, on a busy machine.
SECONDS = 120
USAGE = 64  # statuses from here on are no answers


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a `mailpath` that starts at once."""
    folder = tmp_path_factory.mktemp("warm")
    shim = folder / "mailpath"
    shim.write_text(f'#!/bin/sh\nexec {sys.executable} -ISX utf8 {HERE / "shim.py"} "$@"\n', encoding="utf-8")
    shim.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, "-X", "utf8", HERE / "warm.py", folder / "socket"],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    ) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        yield folder
        server.terminate()


def run(block: Block, folder: Path, commands: Path) -> tuple[str, list[str]]:
    """What it prints on standard output, and what failed, with what was said about that."""
    statuses = folder.parent / f"{folder.name}.statuses"
    statuses.write_text("", encoding="utf-8")
    home = folder.parent / f"{folder.name}.home"
    environ = {
        "PATH": f"{commands}:{os.environ['PATH']}",
        "HOME": str(home),
        **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "STATE", "DATA", "CACHE")},
        "LANG": "C.UTF-8",
        "WARM": str(commands / "socket"),
        "STATUSES": str(statuses),
    }
    with subprocess.Popen(
        ["sh", "-c", block.text],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as ran:
        try:
            printed, told = ran.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(ran.pid, signal.SIGKILL)
            return "", [f"still running after {SECONDS} s"]
    ended = statuses.read_text(encoding="utf-8").splitlines()
    failed = [line for line in ended if int(line.partition(":")[0]) >= USAGE]
    if ran.returncode >= USAGE and not failed:
        failed.append(f"{ran.returncode}: {block.text}")
    return printed.decode(), [*failed, told.decode()] if failed else []


def run_page(page: Path, folder: Path, commands: Path, slow: bool) -> tuple[list[str], Counter[str]]:
    """What is wrong with it, as diffs; and how many blocks were run and were not."""
    folder.mkdir()
    text = page.read_text(encoding="utf-8")
    wrong, counted = [], Counter[str]()
    written: list[tuple[tuple[int, int], str]] = []
    for block in blocks_of(text):
        if block.mark == "file":
            (folder / block.why).write_text(block.text, encoding="utf-8")
            continue
        if block.mark == "not run" or (block.mark == "slow" and not slow):
            counted[block.mark] += 1
            continue
        counted["run"] += 1
        printed, failed = run(block, folder, commands)
        where = f"{page.relative_to(ROOT)}:{block.line}"
        if block.shown is not None and not says(block.shown, printed):
            written.append((block.span, printed))
            shown = normalized(block.shown).splitlines()
            lines = difflib.unified_diff(
                shown, normalized(printed).splitlines(), where, "printed now", lineterm=""
            )
            wrong.append("\n".join(lines))
        if failed and block.shown is None:
            wrong.append("\n".join((f"{where} fails:", *failed)))
    if os.environ.get("UPDATE_GOLDEN") and written:
        for (begin, end), printed in reversed(written):
            text = f"{text[:begin]}{printed.rstrip()}\n{text[end:]}"
        page.write_text(text, encoding="utf-8")
    return wrong, counted


def run_all(chosen: list[Path], folder: Path, commands: Path, *, slow: bool) -> Counter[str]:
    with ThreadPoolExecutor(3) as at_once:
        asked = [
            at_once.submit(run_page, page, folder / str(number), commands, slow)
            for number, page in enumerate(chosen)
        ]
        told = [each.result() for each in asked]
    wrong = [each for page, _ in told for each in page]
    assert not wrong, "\n\n".join([*wrong, "UPDATE_GOLDEN=1 writes what is printed into the pages."])
    return sum((counted for _, counted in told), Counter[str]())


def test_every_block_prints_what_its_page_shows(
    warm: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    counted = run_all([page for page in pages() if blocks_of(page.read_text())], tmp_path, warm, slow=False)
    told = ", ".join(f"{number} {what}" for what, number in counted.items())
    record_property("told", f"Blocks of the manual: {told}")
    assert counted["run"] > 0


@pytest.mark.exhaustive
def test_the_installed_command_prints_it_too(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The pages that have slow blocks, from beginning to end."""
    installed = shutil.which("mailpath", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert installed is not None
    chosen = [page for page in pages() if any(b.mark == "slow" for b in blocks_of(page.read_text()))]
    counted = run_all(chosen, tmp_path, Path(installed).parent, slow=True)
    record_property("told", f"Blocks of the manual, as installed: {counted['run']} run")


def test_a_wrong_output_a_failed_command_and_a_way_out_are_noticed(warm: Path, tmp_path: Path) -> None:
    page = ROOT / "docs" / "none.md"
    text = (
        "```sh\nmailpath explain --json TLSA002 | head -c 1; mailpath check\n```\n\n"
        "```sh\nmailpath check b.example --resolver 192.0.2.1\n```\n\n"
        "```sh\necho 127.0.0.1:4711; echo b\n```\n\n```text\n127.0.0.1:1\n...\nb\n```\n\n"
        "```sh\necho c\n```\n\n```text\nd\n```\n"
    )
    unusable, left, right, wrong = blocks_of(text)
    assert page not in pages()
    told, failed = run(unusable, tmp_path, warm)
    assert told.startswith("{")
    assert failed[0] == "64: mailpath check"
    _, failed = run(left, tmp_path, warm)
    assert failed[0] == "99: mailpath check b.example --resolver 192.0.2.1"
    assert "leaves this machine: ('192.0.2.1', 53)" in failed[1]
    for block in (right, wrong):
        assert block.shown is not None
        assert says(block.shown, run(block, tmp_path, warm)[0]) is (block is right)
