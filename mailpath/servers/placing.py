"""An import into the config file: added behind what is there, or refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

from mailpath import config
from mailpath.errors import reason_of
from mailpath.files import FileError, replace_file
from mailpath.servers.drafts import Imported
from mailpath.servers.given import ImportRefused
from mailpath.servers.rendering import render_text
from mailpath.visible import visible


def placed(imported: Imported, *, write: bool, file: Path | None = None) -> str:
    """Where the postures would go, or went.  What is made is read back first: it has to say what was meant,
    and to leave everything that was there as it was.

    Raises `ImportRefused` and `FileError`; then the file is as before.
    """
    where = config.config_file() if file is None else file
    shown = visible(str(where))
    added = render_text(imported)
    _understood(added, where)
    if not write:
        return shown
    found = config.load(where)
    if found.problems:
        raise ImportRefused(
            f"The config file has a mistake, so nothing was added: {found.problems[0]}", file=shown
        )
    for name in imported.postures:
        if name in found.postures:
            raise ImportRefused(
                f"There is a posture {name!r} already: take it out, or give another name with --name.",
                file=shown,
            )
    before = found.text.rstrip("\n")
    text = f"{before}\n\n{added}" if before else added
    if len(text.encode()) > config.MAX_BYTES:
        raise ImportRefused(f"It would be larger than {config.MAX_BYTES // 1024} KiB.", file=shown)
    _unchanged(found.text, text, imported, shown)
    try:
        where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(where, text.encode())
    except OSError as error:
        raise FileError(f"The config file cannot be written: {reason_of(error)}.", file=shown) from None
    return shown


def _understood(added: str, where: Path) -> None:
    """Raises `ImportRefused` where the tables make no postures: a name that cannot be one, as a rule."""
    tables = tomllib.loads(added).get("posture", {})
    _, problems = config.Config(where, added, postures=tables).own_postures()
    if problems:
        raise ImportRefused(problems[0].partition(": ")[2])


def _unchanged(old: str, new: str, imported: Imported, shown: str) -> None:
    """Raises `ImportRefused` where behind the old text the new tables would mean something else."""
    try:
        before, after = tomllib.loads(old), tomllib.loads(new)
    except tomllib.TOMLDecodeError:
        raise ImportRefused("The postures cannot be added behind what is there.", file=shown) from None
    postures = {**before.get("posture", {}), **imported.tables()}
    if after != {**before, "posture": postures}:
        raise ImportRefused("The postures cannot be added behind what is there.", file=shown)
