"""How the process leaves: at once, and by its exit code."""

from __future__ import annotations

import gc

import pytest

from mailpath import __main__, cli, ending


@pytest.mark.parametrize("left", [SystemExit(2), SystemExit(0)])
def test_what_lives_at_the_end_is_not_searched_for_garbage(
    monkeypatch: pytest.MonkeyPatch, left: SystemExit
) -> None:
    done: list[str] = []

    def command() -> None:
        done.append("command")
        raise left

    monkeypatch.setattr(ending, "watch", lambda: done.append("watched"))
    monkeypatch.setattr(cli, "main", command)
    monkeypatch.setattr(gc, "freeze", lambda: done.append("frozen"))
    with pytest.raises(SystemExit) as raised:
        __main__.main()
    assert raised.value is left
    assert done == ["watched", "command", "frozen"]
