"""What tests of surveys share: what is asked for, and the survey itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mailpath.judge.presets import PRESETS
from mailpath.survey.engine import Asked, Engine
from mailpath.survey.owners import OWN
from mailpath.survey.store import About, Store

if TYPE_CHECKING:
    from mailpath.lab import Lab

#: Makes a store of domains, one mail each.
Make = Callable[[Iterable[str]], Store]
TODAY = PRESETS["postfix-may"]
POSTURES = tuple(
    PRESETS[name]
    for name in (
        "postfix-encrypt",
        "postfix-verify",
        "postfix-dane",
        "postfix-dane-sts",
        "exim-require-dane",
        "gmail",
    )
)


def about(**other: Any) -> About:
    usual = {
        "sender": None,
        "today": TODAY.name,
        "postures": tuple(posture.name for posture in POSTURES),
        "began": 0,
        "keep": "all",
    }
    return About(**{**usual, **other})


def survey(store: Store, lab: Lab, **other: Any) -> Engine:
    """Walks what is to do in `store`."""
    asked = Asked(**{"today": TODAY, "postures": POSTURES, "politeness": OWN, "kind": "lab", **other})
    engine = Engine(store, lab.settings, asked)
    asyncio.run(engine.run())
    return engine
