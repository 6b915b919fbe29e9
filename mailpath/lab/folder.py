"""The folder in which a running lab keeps its keys and files; it goes when the lab ends.

A killed process leaves its folder behind, and the next lab removes it.  A living process holds a lock on a
file in its folder, and the kernel releases the lock when the process ends, so nobody has to guess from a
process id.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path

from mailpath import ending

PREFIX = "mailpath-lab-"
_LOCK = "lock"
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Folder:
    """A new folder for this user alone.  Raises OSError."""

    def __init__(self) -> None:
        with ending.whole():
            tempfile.gettempdir()  # writes a file to see whether it can, and removes it
        sweep()
        with ending.whole():
            self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
            self._cancel = ending.at_end(self._empty)
        self._lock = _lock(self.path)

    def remove(self) -> None:
        """Remove it and everything in it.  May be called twice."""
        self._cancel()
        self._empty()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _empty(self) -> None:
        gone = self.path.with_name(f"{self.path.name}-gone")
        with contextlib.suppress(OSError):
            self.path.rename(gone)  # nobody puts another file there meanwhile
        _remove(str(gone))


def sweep() -> None:
    """Remove the folders of this user's labs whose process is gone."""
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if entry.name.startswith(PREFIX) and entry.is_dir(follow_symlinks=False):
                _remove(entry.path, only_dead=True)


def _lock(folder: Path) -> int | None:
    """The descriptor that holds the lock while this process lives; None where there are no locks.

    The file gets its name only once it is locked: a folder whose lock is free belongs to nobody.
    """
    made = folder / f".{_LOCK}"
    descriptor = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        made.rename(folder / _LOCK)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _remove(path: str, only_dead: bool = False) -> None:
    """Remove a lab's folder, which is flat.  Follows no link, and leaves alone what another user owns."""
    with contextlib.suppress(OSError), contextlib.ExitStack() as opened:
        folder = os.open(path, _OPEN_FOLDER)
        opened.callback(os.close, folder)
        about = os.fstat(folder)
        if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
            return
        if only_dead:
            lock = os.open(_LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            opened.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for name in os.listdir(folder):
            os.unlink(name, dir_fd=folder)
        os.rmdir(path)
