"""The config file: postures of one's own on the command line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from mailpath.judge.presets import PRESETS

Run = Callable[..., tuple[int, str, str]]

OURS = '[posture.ours]\nbase = "postfix-dane"\nsts = true\ntitle = "what we run"\n'


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """Where the config file is to be; there is none yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    listed = dict(line.split("\t") for line in run("paths")[1].splitlines())
    assert list(listed) == ["config", "state", "scenarios", "schema", "survey-schema", "surveys"]
    assert Path(listed["schema"]).is_file()
    assert Path(listed["survey-schema"]).is_file()
    file = Path(listed["config"])
    assert file.is_relative_to(tmp_path)
    file.parent.mkdir(parents=True)
    return file


def test_own_postures_are_judged_beside_the_presets(config: Path, network: Path, run: Run) -> None:
    config.write_text(OURS, encoding="utf-8")
    assert run("postures")[1].splitlines()[-1].split(None, 1) == ["ours", "what we run"]
    words = ("check", "sts-enforce.example", "--network", network, "--format", "json")
    found = json.loads(run(*words)[1])
    assert list(found["verdicts"]) == [*PRESETS, "ours"]
    assert found["posture"] == "rfc"
    code, out, _ = run(*words, "--posture", "ours", "--attack", "strip-starttls")
    found = json.loads(out)
    assert (code, list(found["verdicts"]), list(found["attacks"])) == (0, ["ours"], ["ours"])
    code, out, err = run(*words, "--posture", "none-such")
    assert (code, out) == (64, "")
    assert err.rstrip().endswith(", ours.")


def test_a_posture_is_shown_field_by_field(config: Path, run: Run) -> None:
    config.write_text(OURS, encoding="utf-8")
    code, out, err = run("postures", "ours")
    assert (code, err) == (0, "")
    fields = tomllib.loads(out)
    assert (fields["sts"], fields["dane"], fields["address_limit"]) == (True, "opportunistic", 5)
    assert all(len(line) <= 80 for line in out.splitlines())
    assert "# Allowed: none, may, encrypt, verify, secure." in out.splitlines()
    assert (fields["agent"], fields.get("retry_duplicate_mx")) == ("postfix-3.7", None)
    fields = tomllib.loads(run("postures", "ours", "--all")[1])
    assert (fields["level"], fields["retry_duplicate_mx"]) == ("may", True)
    # A habit that the agent does not have is no less what the posture is.
    config.write_text(f"{OURS}pix_workaround = false\n", encoding="utf-8")
    assert tomllib.loads(run("postures", "ours")[1])["pix_workaround"] is False
    # Where the sources are silent there is no value.
    out = run("postures", "gmail")[1]
    assert '# dane is unknown: "off" or "opportunistic"' in out.splitlines()
    assert "dane" not in tomllib.loads(out)
    found = json.loads(run("postures", "gmail", "--json")[1])
    assert (found["fields"]["dane"], found["unknown"]["dane"]) == (None, ["off", "opportunistic"])
    assert set(found["about"]) == set(found["fields"]) >= {"retry_duplicate_mx", "duplicates"}
    assert (found["agent"], found["fields"]["duplicates"]) == ("gmail", False)
    assert "level" not in found["habits"]
    listed = json.loads(run("postures", "--json")[1])
    assert [each["name"] for each in listed] == [*PRESETS, "ours"]
    assert run("postures", "none-such")[0] == 64


def test_without_a_config_file_there_are_the_presets(config: Path, run: Run) -> None:
    assert len(run("postures")[1].splitlines()) == len(PRESETS)
    assert not config.exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[posture", "The file is not TOML"),
        ("posture = 1", "This must be a table [posture.NAME]"),
        ("[posture]\nours = 1", "This must be a table [posture.NAME]"),
        ("resolver = '192.0.2.1'", "There is no such key"),
        ('[posture.ours]\nbase = "none-such"', "no preset"),
        ("x" * 300_000, "larger than"),
    ],
)
def test_what_is_wrong_is_one_line(text: str, sentence: str, config: Path, run: Run) -> None:
    config.write_text(text, encoding="utf-8")
    for words in (("postures",), ("check", "b.example", "--posture", "rfc")):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (64, "", 1)
        assert sentence in err
        assert str(config) in err
    assert run("--help")[0] == 0


def test_all_that_is_wrong_is_listed_with_the_paths(config: Path, run: Run) -> None:
    wrong = (
        'resolver = "192.0.2.1"',
        '[default]\ntheme = "none"',
        'posture = "gone"',
        "[network]\ntimeout = 0",
        '[posture.ours]\nbase = "no-such"',
        '[keymap]\n"path.none" = "x"',
    )
    config.write_text("\n".join(wrong), encoding="utf-8")
    code, out, err = run("paths")
    assert (code, len(out.splitlines())) == (0, 6)
    assert [line.split(": ")[1] for line in err.splitlines()] == [
        "line 1, resolver",
        "line 6, network.timeout",
        "line 8, posture.ours.base",
        "line 4, default.posture",
        "line 3, default.theme",
        "line 10, keymap.path.none",
    ]
    assert all(line.startswith(f"{config}: ") for line in err.splitlines())
    config.write_text(OURS + '[default]\nposture = "ours"\ntheme = "nord"\n[keymap]\n"path.again" = "f5"\n')
    assert run("paths")[2] == ""


def test_the_network_table_holds_for_every_command_that_probes(
    config: Path, network: Path, tmp_path: Path, run: Run
) -> None:
    keys, dial = network.read_text(encoding="utf-8").split("[dial]")
    config.write_text(f"[network]\n{keys}[network.dial]{dial}", encoding="utf-8")
    code, out, _ = run("check", "dane-good.example", "--format", "json")
    assert (code, json.loads(out)["verdicts"]["rfc"]["outcome"]) == (0, "authenticated")
    assert run("dnssec", "dane-good.example", "MX")[0] == 0
    # An option outweighs it, and so does a network file, of which it then holds no key.
    closed = ("--resolver", "127.0.0.1:9")
    assert run("dnssec", "dane-good.example", "MX", *closed)[0] == 3
    other = tmp_path / "other.toml"
    other.write_text('resolver = "127.0.0.1:9"\n', encoding="utf-8")
    assert run("dnssec", "dane-good.example", "MX", "--network", other)[0] == 3
    assert run("check", "dane-good.example", "--network", other)[0] in (2, 3)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[network]\nresolver = "no such"', "line 2, network.resolver"),
        ("[network]\ntimeout = 0", "line 2, network.timeout"),
        ("[network]\nresolvr = 1", "line 2, network.resolvr"),
        ("network = 1", "line 1, network"),
    ],
)
def test_a_mistake_in_it_is_told_by_the_commands_that_probe(
    text: str, where: str, config: Path, network: Path, run: Run
) -> None:
    config.write_text(text, encoding="utf-8")
    for words in (("check", "b.example"), ("dnssec", "b.example")):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (64, "", 1)
        assert f"{config}: {where}: " in err
    if text != "network = 1":
        assert run("dnssec", "dane-good.example", "--network", network)[0] == 0
