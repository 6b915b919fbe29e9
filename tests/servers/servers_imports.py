"""Imports whose postures can be had, and what they remark."""

from __future__ import annotations

from collections.abc import Sequence

from mailpath.judge.custom import custom_posture
from mailpath.servers.drafts import Imported, Kind
from mailpath.servers.given import Given
from mailpath.servers.importing import imported


def imported_as_ours(files: Sequence[Given], agent: str | None = None) -> Imported:
    """The import of `files`, named "ours"; each of its tables makes a posture."""
    found = imported(files, "ours", agent)
    for name, table in found.tables().items():
        custom_posture(name, table)  # or it raises
    return found


def remarked(found: Imported, kind: Kind) -> str:
    """The remarks of that kind, a line for each."""
    return "\n".join(f"{each.where}: {each.sentence}" for each in found.remarks if each.kind is kind)
