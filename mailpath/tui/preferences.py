"""What the app is told about its user, as plain values: it reads no file itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Postures of the user's own by name, and sentences on what is wrong with them.
OwnPostures = tuple[Mapping[str, Any], tuple[str, ...]]


def _no_postures() -> OwnPostures:
    return {}, ()


def _forget(theme: str, recent: tuple[str, ...]) -> None:
    return None


@dataclass(frozen=True)
class Preferences:
    """`postures` is called when the judge is loaded, not before.  `remember`: called once, at the end, with
    the theme that was chosen in the app ("": none was) and the recipients.

    `theme`: "" for the app's own.  `keymap`: binding id -> keys.  `recent`: recipients, latest first.
    `problems`: sentences to show when the app has started.
    """

    theme: str = ""
    keymap: Mapping[str, str] = field(default_factory=dict)
    recent: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    postures: Callable[[], OwnPostures] = _no_postures
    remember: Callable[[str, tuple[str, ...]], None] = _forget
