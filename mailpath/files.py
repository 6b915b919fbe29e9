"""Files that we write: whole or not at all.

What is written goes into a new file beside the old one, is synced and takes its name: a full disk, a
crash or a signal leaves what was there before.  A signal that ends us waits for it a while, so that nothing
is left beside it either.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys

from mailpath import ending
from mailpath.errors import MailpathError, reason_of

#: Of a file with mail addresses in it: for its owner alone.
PRIVATE = 0o600

Name = str | os.PathLike[str]


class FileError(MailpathError):
    """A file that the user named cannot be read or written."""


#: Names of what is open already: where it leads is not ours to replace.
_DESCRIPTOR = re.compile(r"/dev/(?:fd/([0-9]{1,6})|stdout|stderr)|/proc/self/fd/([0-9]{1,6})")


@ending.whole()
def replace_file(name: Name, data: bytes, *, private: bool = False) -> None:
    """`data` becomes the whole content of the file `name`; the old content stays where that fails.

    A symbolic link is followed, mode and owner are kept, `private` gives `PRIVATE`.  What is no regular
    file (a pipe, a device) is written to as it stands, and so is what is open already ("/dev/stdout" with a
    file behind it that others write to as well).  Raises `OSError`; `ValueError` for a NUL in the name.
    """
    there, place = _descriptor(name), os.path.realpath(name)
    if there is not None or is_special(place):
        with open(place if there is None else os.dup(there), "wb") as stream:
            stream.write(data)
        return
    with contextlib.suppress(FileNotFoundError):
        _refuse_unwritable(place)
    mode = PRIVATE if private else _mode_of(place)
    _move_into_place(data, place, mode, _owner_of(place))


@ending.whole()
def create_file(name: Name, data: bytes, *, private: bool = False) -> None:
    """A new file `name` with the content `data`.  Raises `FileExistsError` where there is one, `OSError`,
    and `ValueError` for a NUL in the name.
    """
    place = os.path.abspath(name)
    # The name is taken first: two writers cannot both have it.
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
    try:
        _move_into_place(data, place, PRIVATE if private else _mode_of(place))
    except BaseException:
        os.unlink(place)
        raise


@ending.whole()
def try_replacing(name: Name) -> None:
    """Raises what `replace_file` would, as far as that shows beforehand; leaves everything as it is."""
    there = _descriptor(name)
    if there is not None:
        os.fstat(there)
        return
    place = os.path.realpath(name)
    if is_special(place):
        return  # opening a pipe would already say something to its reader
    with contextlib.suppress(FileNotFoundError):
        _refuse_unwritable(place)
    _refuse_anothers(place)
    beside, descriptor = _open_beside(place)
    os.close(descriptor)
    os.unlink(beside)


def read_file(name: Name, most: int) -> bytes:
    """At most `most` bytes of the file `name`, "-" for standard input.  Raises `FileError`."""
    try:
        if name == "-":
            return sys.stdin.buffer.read(most)
        with open(name, "rb") as opened:
            return opened.read(most)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise FileError(f"It cannot be read: {reason_of(error)}.", file=os.fspath(name)) from None


def is_special(name: Name) -> bool:
    """Whether there is something under `name` that is neither a regular file nor a folder."""
    try:
        mode = os.stat(name).st_mode
    except (OSError, ValueError):  # there is none yet, or there can be none
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def same_file(one: Name, other: Name) -> bool:
    """Whether both names lead to one file that is there."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


def _descriptor(name: Name) -> int | None:
    """The number of the open file that `name` stands for; None where it is a name of its own."""
    found = _DESCRIPTOR.fullmatch(os.fspath(name))
    if found is None:
        return None
    number = found[1] or found[2]
    return int(number) if number else 2 if found[0].endswith("stderr") else 1


def _refuse_unwritable(place: str) -> None:
    """A file that may not be written is not replaced either, though its folder would allow it."""
    os.close(os.open(place, os.O_WRONLY))


def _refuse_anothers(place: str) -> None:
    """In a folder like /tmp only its owner gives away the name of a file (inode(7), sticky)."""
    folder, me = os.stat(os.path.dirname(place)), os.geteuid()
    with contextlib.suppress(FileNotFoundError):
        if folder.st_mode & stat.S_ISVTX and me not in (0, folder.st_uid, os.stat(place).st_uid):
            raise PermissionError(
                errno.EPERM, "It belongs to another user, in a folder that protects such files"
            )


def _owner_of(place: str) -> tuple[int, int] | None:
    try:
        found = os.stat(place)
    except FileNotFoundError:
        return None
    return found.st_uid, found.st_gid


def _mode_of(place: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(place).st_mode)
    except FileNotFoundError:
        return None


def _open_beside(place: str) -> tuple[str, int]:
    folder, name = os.path.split(place)
    # Short enough for a name that is as long as a name may be.
    beside = os.path.join(folder, f".{name[:40]}.{os.urandom(6).hex()}")
    try:
        return beside, os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except PermissionError as error:  # whoever may write the file looks at the wrong place otherwise
        raise PermissionError(error.errno, f"{error.strerror} in its folder") from None


def _move_into_place(data: bytes, place: str, mode: int | None, owner: tuple[int, int] | None = None) -> None:
    beside, descriptor = _open_beside(place)
    try:
        with open(descriptor, "wb") as stream:
            if owner is not None and owner != (os.geteuid(), os.getegid()):
                with contextlib.suppress(PermissionError):  # root's right, but for one's own groups
                    os.fchown(descriptor, *owner)
            if mode is not None:
                os.fchmod(descriptor, mode)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        os.replace(beside, place)
    except BaseException:
        os.unlink(beside)
        raise
    _sync_folder(os.path.dirname(place))


def _sync_folder(folder: str) -> None:
    """The new name outlives a power cut where the file system can promise that.

    Some network file systems cannot, and a folder may be written that must not be read: the file itself is
    synced in any case.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
