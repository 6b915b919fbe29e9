"""The app's tests draw without animations and wait for workers rather than for the clock."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from quiet import quiet, replaced, unseen
from textual import app, constants, pilot
from textual._compositor import Compositor
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from mailpath.network.capture import Capture


@pytest.fixture
def capture(walks: Any) -> Capture:
    """A walk to a domain that is well protected."""
    found: Capture = walks.of("dane-good").capture
    return found


@pytest.fixture(autouse=True, scope="session")
def rarely_collected() -> Iterator[None]:
    """An app is a few hundred thousand objects: collecting at the usual pace is a sixth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 100)
    yield
    gc.set_threshold(*before)


@pytest.fixture(autouse=True, scope="session")
def styles_read_once() -> Iterator[None]:
    """Each app reads the same style sheets anew, a twentieth of its test."""
    parse, known = Stylesheet._parse_rules, {}

    def remembered(sheet: Stylesheet, css: str, *more: Any, **named: Any) -> Any:
        key = (css, more, *named.items(), *sheet._variables.items())
        if key not in known:
            known[key] = parse(sheet, css, *more, **named)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", remembered)
        patch.setattr(Stylesheet, "replace_rules", staticmethod(replaced))
        patch.setattr(RuleSet, "__hash__", object.__hash__)  # the same, without a call: 200 for each widget
        yield


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(pilot, "wait_for_idle", quiet)
    monkeypatch.setattr(app, "wait_for_idle", quiet)
    monkeypatch.setattr(Compositor, "render_update", unseen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # nobody has taken a lesson here
    monkeypatch.delenv("NO_COLOR", raising=False)
