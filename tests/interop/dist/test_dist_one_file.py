"""dist/mailpath.pyz and dist/mailpath: used where there is no network, no pip and perhaps no Python."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from interop_dist import Built, clean
from interop_namespace import Namespace
from interop_tools import checked, tool
from terminal import Terminal

from mailpath import __version__

KINDS = ["pyz", "binary"]
#: Somebody with no rights to what this user has.
NOBODY = 65534


def command_of(kind: str, built: Built, home: Path) -> list[str]:
    """The artefact as a command, with a home of its own."""
    file = built(kind) / {"pyz": "mailpath.pyz", "binary": "mailpath"}[kind]
    return [*clean(home), "TERM=xterm-256color", *(["python3"] if kind == "pyz" else []), str(file)]


@pytest.mark.parametrize("kind", KINDS)
def test_it_runs_in_an_empty_network(
    kind: str, built: Built, space: Namespace, terminal: Terminal, tmp_path: Path
) -> None:
    mailpath = command_of(kind, built, tmp_path)
    assert space.run(*mailpath, "--version") == f"mailpath {__version__}\n"
    capture = tmp_path / "kept.mailpath"
    checked_walk = (*mailpath, "check", "--lab", "dane-good", "dane-good.example", "--capture", str(capture))
    assert "authenticated by rfc" in space.run(*checked_walk).splitlines()[-1]
    assert "dane-stale" in space.run(*mailpath, "lab", "list")
    # `open -`: the capture comes in through the pipe, the keys through the terminal.
    opened = shlex.join(space.command(*mailpath, "open", "-"))
    terminal.start(f"{opened} < {capture}", 120, 40)
    terminal.until("6 of 6 done")
    terminal.tmux("send-keys", "q")
    terminal.until("ended 0")
    for words, seen in ((["lab", "dane-good"], "6 of 6 done"), (["learn"], "opportunistic-tls")):
        home = tmp_path / words[0]
        home.mkdir()
        with Terminal(home) as again:
            again.start(shlex.join(space.command(*mailpath, *words)), 120, 40)
            again.until(seen)
            again.tmux("send-keys", "C-q" if words == ["learn"] else "q")
            again.until("ended 0")


@pytest.mark.parametrize("kind", KINDS)
def test_the_lab_is_served_and_ends_by_ctrl_c(
    kind: str, built: Built, space: Namespace, tmp_path: Path
) -> None:
    mailpath = command_of(kind, built, tmp_path)
    serve = space.command(*mailpath, "lab", "serve", "dane-good")
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as served:
        assert served.stdout is not None
        network = next(word for line in served.stdout for word in line.split() if word.endswith(".toml"))
        walked = space.run(*mailpath, "check", "dane-good.example", "--network", network)
        assert "authenticated by rfc" in walked.splitlines()[-1]
        served.send_signal(signal.SIGINT)
        served.stdout.read()
    assert not Path(network).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_survey_has_its_workers(kind: str, built: Built, space: Namespace, tmp_path: Path) -> None:
    """They are started as `python -c` by an executable that is no Python."""
    mailpath = command_of(kind, built, tmp_path)
    (tmp_path / "list").write_text("dane-good.example\ndane-stale.example\n")
    labs = ("--lab", "dane-good", "--lab", "dane-stale", "--store", tmp_path / "store")
    survey = space.command(*mailpath, "survey", tmp_path / "list", *labs, "--engine", "processes:2")
    ran = subprocess.run(survey, capture_output=True, text=True, timeout=120, check=False)
    assert "2 domains" in ran.stdout, ran.stdout + ran.stderr


def test_the_zip_application_is_for_each_python_that_is_here(built: Built, tmp_path: Path) -> None:
    tried = 0
    for version in ("3.11", "3.12", "3.13"):
        find = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", "--system", version]
        found = subprocess.run(find, capture_output=True, text=True, timeout=30, check=False)
        if found.returncode == 0:
            mailpath = command_of("pyz", built, tmp_path)
            mailpath[-2] = found.stdout.strip()
            walked = checked([*mailpath, "check", "--lab", "dane-good", "dane-good.example"])
            assert "authenticated by rfc" in walked
            tried += 1
    assert tried


def test_an_older_python_is_told_so(built: Built, tmp_path: Path) -> None:
    """It is read by whatever python3 is; here by one that says it is older."""
    file = built("pyz") / "mailpath.pyz"
    older = (
        "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path(sys.argv[1], run_name='__main__')"
    )
    asked = [sys.executable, "-c", older, str(file)]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=False)
    assert (ran.returncode, ran.stderr) == (1, "mailpath needs Python 3.11 or newer, and this is 3.9.\n")


def test_the_executable_runs_where_there_is_no_python(built: Built, tmp_path: Path) -> None:
    """A root folder with the C library, /proc and nothing else."""
    root = tmp_path / "root"
    (root / "tmp").mkdir(parents=True)
    shutil.copy(built("binary") / "mailpath", root / "mailpath")
    for word in checked(["ldd", str(root / "mailpath")]).split():
        if word.startswith("/"):
            place = root / word.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(word, place)
    for name in ("libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libgcc_s.so.1"):
        shutil.copy(Path("/lib/x86_64-linux-gnu") / name, root / "lib/x86_64-linux-gnu" / name)
    inside = ["env", "-i", "HOME=/tmp", "LC_ALL=C.UTF-8", "/usr/sbin/chroot", str(root), "/mailpath"]
    walked = checked([*inside, "check", "--lab", "dane-good", "dane-good.example"], timeout=60)
    assert "authenticated by rfc" in walked.splitlines()[-1]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_unpacked_is_private_and_bounded(kind: str, built: Built, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    mailpath = [*command_of(kind, built, tmp_path), "--version"]
    checked(mailpath)
    cache = tmp_path / ".cache" / "mailpath"
    (build,) = cache.iterdir()
    assert [path.stat().st_mode & 0o777 for path in (cache, build)] == [0o700, 0o700]
    # Older builds, and a start that was killed while it unpacked: two stay, and what was in use today.
    shutil.rmtree(build)
    then = time.time() - 3 * 86400
    for number, age in enumerate((then, then - 10, then - 20, time.time() - 3600)):
        old = cache / f"old{number}"
        old.mkdir()
        (old / ".started").touch()
        os.utime(old / ".started", (age, age))
    half = cache / "half.tmp"
    half.mkdir()
    os.utime(half, (then, then))
    checked(mailpath)
    assert {path.name for path in cache.iterdir()} == {build.name, "old3"}


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder that all users reach, as /tmp is; pytest's own are for one."""
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        (Path(made) / "tmp").mkdir()
        (Path(made) / "tmp").chmod(0o1777)
        yield Path(made)


@pytest.mark.parametrize("kind", KINDS)
def test_two_users_do_not_meet(kind: str, built: Built, common: Path) -> None:
    """Each has a place of its own, also where HOME is the other's (sudo) or is none."""
    place = common / "tmp"
    mailpath = command_of(kind, built, common)
    mailpath[-1] = str(shutil.copy(mailpath[-1], str(common)))
    mailpath = [*mailpath[:2], f"TMPDIR={place}", *mailpath[2:], "--version"]
    checked(mailpath)
    other = [tool("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *mailpath]
    assert checked(other) == f"mailpath {__version__}\n"
    theirs = place / f"mailpath-{NOBODY}"
    assert (theirs.stat().st_uid, theirs.stat().st_mode & 0o777) == (NOBODY, 0o700)
    # A folder that somebody else put there beforehand is not used.
    shutil.rmtree(theirs)
    theirs.mkdir(mode=0o700)
    ran = subprocess.run(other, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    assert "mailpath cannot unpack itself" in ran.stderr
    assert "is not a folder of this user alone" in ran.stderr


def test_what_a_killed_executable_leaves_is_swept(built: Built, tmp_path: Path) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    mailpath = command_of("binary", built, tmp_path)
    mailpath.insert(2, f"TMPDIR={place}")
    serve = [*mailpath, "lab", "serve", "dane-good"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        next(line for line in served.stdout if ".toml" in line)
        running = set(place.glob("_MEI*"))
        checked([*mailpath, "--version"])
        assert set(place.glob("_MEI*")) == running, "what is in use stays"
        os.kill(served.pid, signal.SIGKILL)  # the loader; its child follows when its pipe breaks
        for child in checked([tool("pgrep"), "-f", f"^{mailpath[-1]} lab serve"]).split():
            os.kill(int(child), signal.SIGKILL)
    give_up = time.monotonic() + 10
    while set(place.glob("_MEI*")) and time.monotonic() < give_up:
        checked([*mailpath, "--version"])
    assert not set(place.glob("_MEI*"))
