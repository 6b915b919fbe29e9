"""What is built for machines without pip: once for all tests."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import interop_namespace
import pytest
from interop_dist import Built, build
from terminal import Terminal


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Each is built when it is first asked for."""
    return functools.cache(lambda name: build(name, tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="module")
def space() -> Iterator[interop_namespace.Namespace]:
    """A network with nothing but a loopback device."""
    with interop_namespace.namespace([]) as alone:
        yield alone


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    with Terminal(tmp_path) as running:
        yield running
