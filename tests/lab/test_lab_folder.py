"""A lab's folder: gone with its lab; swept where the lab could not do it; nobody else's is touched."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from mailpath.lab import Lab, scenarios
from mailpath.lab.folder import PREFIX, Folder, sweep


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def killed_lab(temporary: Path) -> Path:
    """The folder of a lab whose process was killed."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "mailpath", "lab", "serve"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    )
    try:
        assert serving.stdout is not None
        return Path(serving.stdout.readline().rstrip("\n")).parent
    finally:
        serving.kill()
        serving.communicate()


def test_what_a_killed_lab_left_is_swept_by_the_next(temporary: Path) -> None:
    left = killed_lab(temporary)
    assert left.parent == temporary
    assert (left / "ca.pem").exists()
    with Lab.start(scenarios()[:1]):
        assert not left.exists()
        assert len(names(temporary)) == 1
    assert names(temporary) == []


def test_who_lives_keeps_his() -> None:
    mine, other = Folder(), Folder()
    sweep()
    assert mine.path.is_dir()
    assert other.path.is_dir()
    for each in (mine, other):
        (each.path / "key.pem").write_text("")
        each.remove()
        each.remove()
        assert not each.path.exists()


def test_a_process_of_ours_that_lives_keeps_its(temporary: Path) -> None:
    program = (
        "from mailpath.lab.folder import Folder; made = Folder(); print(made.path, flush=True); input()"
        "; made.remove()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(temporary)},
    ) as living:
        assert living.stdout is not None
        folder = Path(living.stdout.readline().rstrip("\n"))
        sweep()
        assert names(folder) == ["lock"]
        living.communicate("\n")
    assert names(temporary) == []


def test_no_other_folder_is_touched(temporary: Path) -> None:
    dead = Folder()
    os.close(dead._lock or -1)  # as the kernel does when a process is gone
    keep = temporary / "keep"
    keep.mkdir(mode=0o700)
    (keep / "lock").write_text("")
    (temporary / f"{PREFIX}link").symlink_to(keep)
    (temporary / f"{PREFIX}file").write_text("")
    for name, mode in (("young", 0o700), ("open", 0o755), ("linked", 0o700), ("nested", 0o700)):
        (temporary / f"{PREFIX}{name}").mkdir(mode=mode)
    (temporary / f"{PREFIX}open" / "lock").write_text("")
    (temporary / f"{PREFIX}linked" / "lock").symlink_to(keep / "lock")
    before = names(temporary)
    sweep()
    assert names(temporary) == [name for name in before if name != dead.path.name]
    assert names(keep) == ["lock"]


def test_where_there_are_no_locks_nothing_is_swept(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(descriptor: int, operation: int) -> None:
        raise OSError("no locks available")

    monkeypatch.setattr("fcntl.flock", without)
    mine = Folder()
    assert names(mine.path) == [".lock"]
    sweep()
    assert mine.path.is_dir()
    mine.remove()
    assert names(temporary) == []


def test_a_signal_removes_it_while_it_is_being_filled(temporary: Path) -> None:
    program = """
import os, signal, threading
from mailpath import ending
from mailpath.lab.folder import Folder
ending.watch()
made = Folder()
def fill():
    for number in range(10**6):
        (made.path / str(number % 1000)).write_text("")
threading.Thread(target=fill, daemon=True).start()
while len(list(made.path.iterdir())) < 20: ...
os.kill(os.getpid(), signal.SIGTERM)
threading.Event().wait()
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"TMPDIR": str(temporary)},
        stderr=subprocess.DEVNULL,  # of the thread that fills
        timeout=20,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert names(temporary) == []


def test_a_signal_waits_for_the_file_that_tries_the_place(temporary: Path) -> None:
    """`tempfile` writes one, named like nothing of ours, the first time it is asked for the place."""
    program = """
import os, signal, time
from mailpath import ending
from mailpath.lab.folder import Folder
unlink = os.unlink
def told(*arguments, **named):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.1)
    unlink(*arguments, **named)
os.unlink = told
ending.watch()
Folder()
time.sleep(20)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"TMPDIR": str(temporary)},
        timeout=20,
        check=False,
    )
    assert done.returncode == 128 + signal.SIGTERM
    assert names(temporary) == []
