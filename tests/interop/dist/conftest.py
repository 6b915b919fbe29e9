"""What is built for machines without pip: once for all tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import interop_namespace
import pytest
from interop_tools import checked
from terminal import Terminal

_SCRIPTS = Path(__file__).resolve().parents[3] / "scripts" / "dist"


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build an artefact by the script of its name; the folder that holds it."""
    folders: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in folders:
            folders[name] = build_anew(name, tmp_path_factory.mktemp(name))
        return folders[name]

    return build


def build_anew(name: str, folder: Path) -> Path:
    """Build `name` into `folder`, which is returned."""
    checked([sys.executable, str(_SCRIPTS / f"{name}.py"), str(folder)], timeout=600)
    return folder


@pytest.fixture(scope="module")
def space() -> Iterator[interop_namespace.Namespace]:
    """A network with nothing but a loopback device."""
    with interop_namespace.namespace([]) as alone:
        yield alone


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path) as running:
        yield running
