"""What the tests of everything that is built share: how it is built, and the surroundings that it runs in."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from interop_tools import checked

ROOT = Path(__file__).resolve().parents[3]
#: The folder with what the script of that name builds.
Built = Callable[[str], Path]


def build(name: str, folder: Path) -> Path:
    """Build `name` into `folder`, which is returned."""
    checked([sys.executable, str(ROOT / "scripts" / "dist" / f"{name}.py"), str(folder)], timeout=600)
    return folder


def clean(home: Path) -> list[str]:
    """In front of a command: nothing of the environment that the tests run in."""
    return ["env", "-i", f"HOME={home}", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]
