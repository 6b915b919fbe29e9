"""What is mistyped is told with what is near it, in one wording, wherever a name is expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("check", "b.example", "--posture", "dan"), "dane"),
        (("check", "b.example", "--posture", "Postfix-DNAE"), "postfix-dane"),
        (("postures", "exmi"), "exim"),
        (("check", "b.example", "--attack", "strip-startls"), "strip-starttls"),
        (("check", "b.example", "--attack", "steer+strip-startls"), "strip-starttls"),
        (("check", "b.example", "--lab", "dane-stal"), "dane-stale"),
        (("check", "b.example", "--fail-on", "finding:TLSA0O2"), "TLSA002"),
        (("check", "b.example", "--fail-on", "atacker-reads"), "attacker-reads"),
        (("check", "b.example", "--fail-on", "worse-than:encripted"), "encrypted"),
        (("completion", "bahs"), "bash"),
        (("check", "b.example", "--format", "tikcet"), "ticket"),
        (("check", "b.example", "--patience", "our"), "ours"),
        (("check", "b.example", "--postur", "rfc"), "--posture"),
        (("--asci", "b.example"), "--ascii"),
        (("lab", "dane-stal"), "dane-stale"),
        (("lab", "serv"), "serve"),
        (("check", "b.example", "--attack", "strip"), "strip-starttls"),
    ],
)
def test_what_is_near_is_told(words: tuple[str, ...], meant: str, run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert f"Did you mean {meant!r}?" in err


def test_what_is_near_no_name_is_not_guessed(run: Run) -> None:
    code, _, err = run("check", "b.example", "--posture", "quux")
    assert (code, "Did you mean" in err, "The postures are rfc" in err) == (64, False, True)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("TLSA02", "TLSA002"),
        ("null-mx-besid", "null-mx-beside"),
        ("TLS-021", "TLS021"),
        ("tlsa-mismach", "tlsa-mismatch"),
        ("certificate-expird", "certificate-expired"),
    ],
)
def test_a_code_that_there_is_not(word: str, meant: str, run: Run) -> None:
    code, _, err = run("explain", word)
    assert (code, f"Did you mean {meant!r}?" in err) == (3, True)


def test_keys_of_the_config_file(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mailpath").mkdir()
    text = """
        [defualt]
        [default]
        sendr = "a.example"
        posture = "postfix-dnae"
        theme = "mailpath-ligth"
        [network]
        resolvr = "192.0.2.1"
        [keymap]
        "path.agian" = "f5"
        [posture.ours]
        base = "postfix-dnae"
        [posture.theirs]
        agent = "exim-4.69"
    """
    (tmp_path / "mailpath" / "config.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    code, _, err = run("paths")
    assert code == 0
    near = ["default", "sender", "resolver", "postfix-dane", "exim-4.96", "mailpath-light", "path.again"]
    assert [name for name in near if f"Did you mean {name!r}?" not in err] == []
    assert err.count("Did you mean 'postfix-dane'?") == 2
