"""`mailpath postures import`: a server's configuration as postures, and into the config file."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]

MAIN = """
mail_version = 3.7.11
myhostname = mx7.a.example
smtp_tls_security_level = may
smtp_tls_policy_maps = hash:/etc/postfix/tls_policy
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """main.cf, its policy table, and where the config file is to be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    main, table = tmp_path / "main.cf", tmp_path / "tls_policy"
    main.write_text(MAIN, encoding="utf-8")
    table.write_text("starttls-refused.example encrypt\n", encoding="utf-8")
    return main, table, tmp_path / "mailpath" / "config.toml"


def test_a_server_is_judged_by_its_policy_for_each_recipient(
    files: tuple[Path, Path, Path], network: Path, run: Run
) -> None:
    main, table, config = files
    code, out, _ = run("postures", "import", main, table)
    assert (code, config.exists()) == (0, False)
    assert 'base = "postfix-may"  # main.cf:4: smtp_tls_security_level = may' in out.splitlines()
    listed = json.loads(run("postures", "import", main, table, "--json")[1])
    assert listed["tables"] == tomllib.loads(out)["posture"]
    assert listed["decided"] is True
    config.parent.mkdir()
    config.write_text('[default]\nposture = "mx7"', encoding="utf-8")
    code, again, told = run("postures", "import", main, table, "--write")
    assert (code, again) == (0, out)
    assert f"Added to {config}" in told
    held = config.read_text(encoding="utf-8")
    assert tomllib.loads(held) == {"default": {"posture": "mx7"}, **tomllib.loads(out)}
    words = ("--posture", "mx7", "--network", network, "--format", "json")
    here, there = (
        json.loads(run("check", domain, *words)[1])["verdicts"]["mx7"]["outcome"]
        for domain in ("starttls-refused.example", "plaintext.example")
    )
    assert (here, there) == ("deferred", "plaintext")
    assert 'for."starttls-refused.example" = "mx7-encrypt"' in run("postures", "mx7")[1]
    # A second time there would be two of one name: nothing is written over.
    code, _, told = run("postures", "import", main, table, "--write")
    assert (code, config.read_text(encoding="utf-8")) == (64, held)
    assert "There is a posture 'mx7' already" in told
    assert run("postures", "import", main, table, "--write", "--name", "other")[0] == 0


def test_what_is_refused(files: tuple[Path, Path, Path], run: Run) -> None:
    main, table, config = files
    code, _, told = run("postures", "import", main)
    assert (code, "tls_policy is not among the files given" in run("postures", "import", main)[1]) == (
        3,
        True,
    )
    for words, sentence in (
        ((table,), "no configuration of Postfix"),
        ((main, "--agent", "postfix-3.6x"), "There is no agent"),
        ((main, "--name", "rfc"), "name of a preset"),
        ((main, "--name", "\x1b[1m"), "not a posture name"),
        ((main.with_name("none"),), "cannot be read"),
    ):
        code, out, told = run("postures", "import", *words)
        assert (code, out) == (64, "")
        assert sentence in told
    config.parent.mkdir()
    config.write_text("[postrue.x]\n", encoding="utf-8")
    code, out, told = run("postures", "import", main, table, "--write")
    assert (code, "has a mistake" in told, config.read_text(encoding="utf-8")) == (64, True, "[postrue.x]\n")
