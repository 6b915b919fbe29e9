"""`mailpath lab from`: a captured path as a scenario file, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

Run = Callable[..., tuple[int, str, str]]


def test_a_captured_path_is_walked_again_in_the_lab(tmp_path: Path, run: Run) -> None:
    capture, mine = tmp_path / "a.json.gz", tmp_path / "mine.toml"
    run("check", "--lab", "dane-rollover", "--capture", capture)
    assert run("lab", "from", capture, "-o", mine) == (0, "", "")
    text = mine.read_text()
    assert text.startswith("# Made from a capture of the path to dane-rollover.example.\n")
    assert "{tlsa 3 1 1 mx1}" in text
    code, out, _ = run("check", "--lab", mine, "--posture", "postfix-dane", "--format", "json")
    assert (code, json.loads(out)["verdicts"]["postfix-dane"]["outcome"]) == (0, "authenticated")
    code, out, err = run("lab", "from", capture)
    assert (code, out, err) == (0, text, "")


def test_what_cannot_be_used(tmp_path: Path, run: Run) -> None:
    capture = tmp_path / "a.json"
    capture.write_text("{}")
    code, out, err = run("lab", "from", capture)
    assert (code, out) == (64, "")
    assert f"{capture}: This is not a mailpath capture" in err
    code, _, err = run("lab", "from", capture, "-o", capture)
    assert code == 64
    assert "-o would overwrite the file that the command reads" in err


OWN = """
id = "own"
title = "Mine"
teaches = "x"
hint = "x"

[[zone]]
rr = ["@ MX 10 mx1", "@ MX ten mx2"]

[[server]]
host = "mx1"
"""


def test_ones_own_files_are_listed_and_checked(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN)
    code, out, _ = run("lab", "list", file, "dane-good")
    assert (code, [line.split("\t")[0] for line in out.splitlines()]) == (0, ["own", "dane-good"])
    assert out.splitlines()[0] == "own\town.example\t\tMine"
    for words in (("check", "--lab", file), ("dnssec", "own.example", "--lab", file), ("lab", "serve", file)):
        code, _, err = run(*words)
        assert code == 64
        assert f"{file}: line 8: zone.rr: '@ MX ten mx2'" in err
    (tmp_path / "again.toml").write_text(OWN)
    code, _, err = run("lab", "list", file, tmp_path / "again.toml")
    assert code == 64
    assert "have the same id, 'own'" in err
