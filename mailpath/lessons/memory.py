"""What is remembered between two sessions: one file in the state folder.  None of it leaves the machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from mailpath.config import state_file
from mailpath.errors import MailpathError, reason_of
from mailpath.files import replace_file
from mailpath.lessons.session import Progress

#: A hundred lessons fit into some hundred KiB: a larger file is none of ours.
MAX_BYTES = 4 * 1024 * 1024


class MemoryProblem(MailpathError):
    """What is remembered cannot be read, or not be kept; says why in one sentence."""


class _File(msgspec.Struct, frozen=True):
    schema: int = 1
    lessons: dict[str, Progress] = msgspec.field(default_factory=dict)


def file() -> Path:
    """Where it is kept."""
    return state_file().with_name("lessons.json")


def recall(place: Path | None = None) -> Mapping[str, Progress]:
    """How far somebody has come: id of a lesson -> progress.  Raises `MemoryProblem`."""
    place = place or file()
    try:
        with place.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise MemoryProblem(f"It cannot be read: {reason_of(error)}.", file=str(place)) from error
    if len(raw) > MAX_BYTES:
        raise MemoryProblem(f"It is larger than {MAX_BYTES} bytes.", file=str(place))
    try:
        return msgspec.json.decode(raw, type=_File).lessons
    except (msgspec.DecodeError, RecursionError) as error:
        raise MemoryProblem(f"It is not what was kept: {error}.", file=str(place)) from error


def keep(progress: Progress, place: Path | None = None) -> None:
    """Remember it beside the others.  What cannot be read is written over.  Raises `MemoryProblem`."""
    place = place or file()
    try:
        others = dict(recall(place))
    except MemoryProblem:
        others = {}
    data = msgspec.json.encode(_File(lessons={**others, progress.lesson: progress}))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_file(place, data + b"\n", private=True)
    except (OSError, ValueError) as error:
        raise MemoryProblem(f"It cannot be kept: {reason_of(error)}.", file=str(place)) from error
