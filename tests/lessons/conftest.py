"""One bench for all tests: each world is built and walked once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from mailpath.lessons import checking, library
from mailpath.lessons.grammar import decode
from mailpath.lessons.judging import Bench


@pytest.fixture(scope="session")
def bench() -> Bench:
    return Bench()


@pytest.fixture(scope="session")
def problems(bench: Bench) -> Callable[[str], list[str]]:
    """What is wrong with the lesson in a text, in lines as `lesson check` prints them."""

    def found(text: str) -> list[str]:
        source = checking.Source("mine.toml", text, decode(text.encode(), "mine.toml"))
        checked = asyncio.run(checking.check(source, library.lessons(), bench))
        return [checking.told(source, each) for each in checked]

    return found
