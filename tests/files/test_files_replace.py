"""Files that we write: whole or not at all, in the owner's mode, and never over what is read."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mailpath.files import create_file, replace_file, same_file, try_replacing


def mode_of(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def test_replacing_keeps_the_mode_and_follows_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    replace_file(link, b"new")
    assert (real.read_bytes(), mode_of(real), link.is_symlink()) == (b"new", 0o640, True)
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]


def test_a_file_stays_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where root writes a report that a web server's user owns."""
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _, *owner: given.append(owner))
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    (tmp_path / "old").write_bytes(b"old")
    replace_file(tmp_path / "old", b"new")
    there = (tmp_path / "old").stat()
    assert given == [(there.st_uid, there.st_gid)]
    replace_file(tmp_path / "fresh", b"new")
    assert len(given) == 1


def test_anothers_file_in_a_folder_like_tmp_shows_beforehand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").write_bytes(b"old")
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    try_replacing(tmp_path / "old")
    tmp_path.chmod(0o1777)
    try_replacing(tmp_path / "fresh")
    with pytest.raises(PermissionError, match="another user"):
        try_replacing(tmp_path / "old")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = os.open

    def refused(name: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_CREAT:
            raise PermissionError(13, "Permission denied")
        return opened(name, flags, mode)

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(PermissionError, match="Permission denied in its folder"):
        try_replacing(tmp_path / "new")


def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "new", b"x")
        create_file(tmp_path / "other", b"x")
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new") == mode_of(tmp_path / "other") == 0o640


def test_a_private_file_is_its_owners_alone_even_where_it_was_not(tmp_path: Path) -> None:
    (tmp_path / "open").write_bytes(b"old")
    (tmp_path / "open").chmod(0o666)
    replace_file(tmp_path / "open", b"new", private=True)
    create_file(tmp_path / "fresh", b"new", private=True)
    assert mode_of(tmp_path / "open") == mode_of(tmp_path / "fresh") == 0o600


def test_what_exists_is_not_created(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("there", "dangling"):
        with pytest.raises(FileExistsError):
            create_file(tmp_path / name, b"new")
    assert (tmp_path / "there").read_bytes() == b"old"
    assert not (tmp_path / "nowhere").exists()


def test_a_pipe_is_written_to_as_it_stands(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    replace_file(tmp_path / "pipe", b"said")
    assert os.read(reader, 100) == b"said"
    os.close(reader)
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["/dev/fd/{}", "/proc/self/fd/{}"])
def test_what_is_open_already_is_written_on(name: str, tmp_path: Path) -> None:
    """As in `(echo before; mailpath check ... -o /dev/stdout; echo after) > log`."""
    log = tmp_path / "log"
    with log.open("wb", buffering=0) as stream:
        stream.write(b"before\n")
        try_replacing(name.format(stream.fileno()))
        replace_file(name.format(stream.fileno()), b"report\n")
        stream.write(b"after\n")
    assert log.read_bytes() == b"before\nreport\nafter\n"
    with pytest.raises(OSError, match="Bad file descriptor"):
        try_replacing(name.format(999_999))


def test_the_standard_streams_are_open_already(tmp_path: Path) -> None:
    script = (
        "import sys; from mailpath.files import replace_file;"
        "replace_file('/dev/stdout', b'one\\n'); replace_file('/dev/stderr', b'two\\n')"
    )
    log = tmp_path / "log"
    with log.open("wb", buffering=0) as stream:
        stream.write(b"before\n")
        subprocess.run([sys.executable, "-c", script], stdout=stream, stderr=stream, check=True)
    assert log.read_bytes() == b"before\none\ntwo\n"


def test_a_name_as_long_as_can_be(tmp_path: Path) -> None:
    replace_file(tmp_path / ("x" * 255), b"x")
    assert os.listdir(tmp_path) == ["x" * 255]


@pytest.mark.parametrize("name", ["no/such/folder", "folder"])
def test_what_cannot_be_written_shows_beforehand(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for write in (lambda file: replace_file(file, b""), try_replacing):
        with pytest.raises(OSError, match=r"No such file|Is a directory"):
            write(tmp_path / name)
    assert os.listdir(tmp_path) == ["folder"]


def test_trying_leaves_everything_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"old")
    try_replacing(tmp_path / "old")
    try_replacing(tmp_path / "new")
    assert (os.listdir(tmp_path), (tmp_path / "old").read_bytes()) == (["old"], b"old")


def test_two_names_of_one_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"")
    os.link(tmp_path / "one", tmp_path / "two")
    assert same_file(tmp_path / "one", tmp_path / "two")
    assert not same_file(tmp_path / "one", tmp_path / "three")
    assert not same_file(tmp_path / "one", "a\0b")


#: A full disk as a process can have one to itself: a write beyond the limit fails (setrlimit(2)).
_FULL = """
import resource, sys
from mailpath.files import create_file, replace_file
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for write in (replace_file, create_file):
    try:
        write(sys.argv[1] if write is replace_file else sys.argv[2], bytes(5000))
    except OSError as error:
        print(error.strerror)
"""


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"what cannot be had again")
    words = [sys.executable, "-c", _FULL, str(tmp_path / "old"), str(tmp_path / "new")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "File too large\n" * 2
    assert os.listdir(tmp_path) == ["old"]
    assert (tmp_path / "old").read_bytes() == b"what cannot be had again"


@pytest.mark.parametrize("write", ["replace_file", "create_file"])
def test_a_signal_waits_for_a_file_that_is_half_written(write: str, tmp_path: Path) -> None:
    program = f"""
import os, signal, threading, time
from mailpath import ending, files
ending.watch()
sync = os.fsync
def slow(descriptor):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.05)
    sync(descriptor)
os.fsync = slow
files.{write}({str(tmp_path / "new")!r}, b"whole")
threading.Event().wait()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, b"", b"")
    assert os.listdir(tmp_path) == ["new"]
    assert (tmp_path / "new").read_bytes() == b"whole"
