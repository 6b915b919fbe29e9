"""A config file of mailpath 0.1 says what it said, and which of its keys have other names now."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mailpath import config
from mailpath.judge.custom import RENAMED
from mailpath.judge.presets import PRESETS

FILE = Path(__file__).with_name("config-0.1.toml")


def test_every_old_key_is_read() -> None:
    found = config.load(FILE)
    own, problems = found.own_postures()
    assert (found.problems, problems) == ((), ())
    relay, exim = own["relay"], own["old-exim"]
    assert (relay.sts, relay.address_limit) == (True, 3)
    assert relay.title.startswith("postfix-dane with sts = true, address_limit = 3, check_cname_syntax = ")
    assert relay.agent.tls_log_words.dane == "Good"
    assert relay.agent.sts_parsing.txt_grammar
    assert exim.agent.dane_rules.agility
    for posture, base in ((relay, "postfix-dane"), (exim, "exim")):
        before, after = PRESETS[base].agent, posture.agent
        written = {RENAMED[key] for key in found.postures[posture.name] if key in RENAMED}
        changed = {name for name in after.__struct_fields__ if getattr(after, name) != getattr(before, name)}
        assert written == changed - {"dane_rules"}


def test_every_old_key_is_named_with_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = config.config_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(FILE.read_bytes())
    keys = [line.partition(" ")[0] for line in FILE.read_text(encoding="utf-8").splitlines()]
    for words in (("postures", "relay"), ("paths",)):
        code, _, err = run(*words)
        told = err.splitlines()
        assert (code, len(told)) == (0, len(RENAMED))
        for old, new in RENAMED.items():
            where = f"{file}: line {keys.index(old) + 1}, posture."
            (line,) = (each for each in told if each.startswith(where))
            assert line.endswith(f".{old}: This key is called {new} now.")
