"""Which fields of a posture a delivery reads."""

from __future__ import annotations

import msgspec
from judge_builders import WEB, aborts, mx, path, plain, tls

from mailpath.judge import judge
from mailpath.judge.consulted import watched
from mailpath.judge.posture import Level, Posture
from mailpath.judge.presets import PRESETS


def test_what_is_read_is_noted_and_nothing_else():
    posture, consulted = watched(PRESETS["postfix-may"])
    assert isinstance(posture, Posture)
    assert judge(path(mx("mx1", plain)), posture) == judge(path(mx("mx1", plain)), PRESETS["postfix-may"])
    assert {"level", "address_limit", "greeting_5xx", "reply_parsing"} & consulted.keys() == {
        "level",
        "address_limit",
        "reply_parsing",
    }
    assert "fallback" not in consulted
    judge(path(mx("mx1", aborts)), posture)
    assert "fallback" in consulted


def test_a_copy_with_other_fields_is_watched_too():
    posture, consulted = watched(PRESETS["postfix-may"])
    for copy in (msgspec.structs.replace(posture, level=Level.VERIFY), posture.changed(level=Level.VERIFY)):
        consulted.clear()
        assert judge(path(mx("mx1", tls(WEB))), copy).outcome.value == "authenticated"
        assert {"references", "floor_authenticated"} <= consulted.keys()
    other = posture.changed(ehlo_421_ends=False, sts=True)
    assert (other.sts, other.agent.ehlo_421_ends) == (True, False)
