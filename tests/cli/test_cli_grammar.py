"""The command line: which word means what, what is refused, what is loaded for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import click
import goldens
import pytest

from mailpath import __version__
from mailpath.cli import cli
from mailpath.commands.moments import moment
from mailpath.commands.options import NETWORK_KEYS
from mailpath.network.settings import Settings
from mailpath.tui import LabSource, LiveSource

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the app was opened with; no screen is drawn."""
    calls: list[dict[str, Any]] = []

    def run_app(**options: Any) -> int:
        calls.append(options)
        return 0

    monkeypatch.setattr("mailpath.commands.app.run_app", run_app)
    return calls


@pytest.mark.parametrize(
    "command",
    [
        "",
        "check",
        "open",
        "lab",
        "lab list",
        "lab serve",
        "dnssec",
        "explain",
        "postures import",
        "postures learn",
        "attacks",
        "bounce",
        "tlsrpt",
        "diff",
        "plan",
        "learn",
    ],
)
def test_help_is_golden(command: str, run: Run) -> None:
    code, out, err = run(*command.split(), "--help")
    assert (code, err) == (0, "")
    goldens.assert_golden(f"help{'-' if command else ''}{command.replace(' ', '-')}.txt", out)


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"mailpath {__version__}\n", "")


# --- the app is what is meant where no command is named --------------------------------------------


@pytest.mark.parametrize(
    ("words", "sender", "recipient"),
    [
        ((), None, None),
        (("b.example",), None, "b.example"),
        (("a.example", "b.example"), "a.example", "b.example"),
        (("User <u@b.example>",), None, "User <u@b.example>"),
        (("check.",), None, "check."),
        (("--", "check"), None, "check"),
        (("a.example", "--", "lab"), "a.example", "lab"),
    ],
)
def test_domains_open_the_app(
    words: tuple[str, ...], sender: str | None, recipient: str | None, run: Run, opened: list[dict[str, Any]]
) -> None:
    assert run(*words)[0] == 0
    call = opened[0]
    assert isinstance(call["source"], LiveSource)
    assert (call["sender"], call["recipient"]) == (sender, recipient)
    # No packet before Walk is pressed, unless the recipient stands on the command line.
    assert call["start"] is (recipient is not None)


def test_options_reach_the_app(run: Run, opened: list[dict[str, Any]]) -> None:
    words = (
        "--no-mouse",
        "--ascii",
        "--no-color",
        "--resolver",
        "192.0.2.53",
        "--dial",
        "192.0.2.1:25=127.0.0.1:9",
    )
    assert run(*words, "b.example")[0] == 0
    call = opened[0]
    assert (call["mouse"], call["ascii"], call["color"]) == (False, True, False)
    assert call["source"].settings == Settings(resolver="192.0.2.53", dial={"192.0.2.1:25": "127.0.0.1:9"})


def test_lab_opens_the_app_on_the_lab(run: Run, opened: list[dict[str, Any]], tmp_path: Path) -> None:
    assert run("lab")[0] == 0
    assert run("lab", "dane-stale")[0] == 0
    own = tmp_path / "mine.toml"
    own.write_text(
        'id = "mine"\ntitle = "t"\nteaches = "t"\nhint = "h"\n[[zone]]\nrr = ["@ MX 10 mx1"]\n'
        '[[server]]\nhost = "mx1"\n[expect]\nrfc = "encrypted"\n',
        encoding="utf-8",
    )
    assert run("lab", str(own))[0] == 0
    sources = [call["source"] for call in opened]
    assert sources[:2] == [LabSource(), LabSource("dane-stale")]
    assert (sources[2].scenario.id, sources[2].file) == ("mine", str(own))
    built_in = resources.files("mailpath.lab") / "scenarios" / "11-dane-stale.toml"
    own.write_bytes(built_in.read_bytes())
    assert run("lab", str(own))[0] == 0
    assert opened[-1]["source"].file == str(own)  # watched, though nothing in it was changed yet


def test_an_unknown_scenario_is_told(run: Run) -> None:
    code, out, err = run("lab", "no-such-lesson")
    assert (code, out) == (64, "")
    assert err.count("\n") == 1
    assert "mailpath lab list" in err


def test_open_takes_a_capture(run: Run, opened: list[dict[str, Any]], tmp_path: Path) -> None:
    assert run("open", str(tmp_path / "none.json"))[0] == 64
    broken = tmp_path / "broken.json"
    broken.write_text('{"schema": 9}', encoding="utf-8")
    code, _, err = run("open", str(broken))
    assert code == 64
    assert "schema 9" in err
    assert opened == []


# --- what is refused -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("a.example", "b.example", "c.example"),
        ("a.example", "check"),
        ("--ascii", "check", "b.example"),
        ("not a domain",),
        ("--no-such-option",),
        ("check",),
        ("check", "b..example"),
        ("check", "192.0.2.1"),
        ("check", "b.example", "--from", "?"),
        ("check", "b.example", "--posture", "no-such"),
        ("check", "b.example", "--at", "yesterday"),
        ("check", "b.example", "--at", "2026-11-23T12:00:00"),
        ("check", "b.example", "--at", "999999999999999"),
        ("check", "b.example", "--at", "20261123"),
        ("check", "b.example", "--at", "20261123T120000Z"),
        ("check", "b.example", "--at", "202611231200"),
        ("check", "b.example", "--at", "2026"),
        ("check", "b.example", "--at", "2026-11-31"),
        ("check", "b.example", "--at", "2026-W48-1T12:00:00Z"),
        ("check", "b.example", "--at", "2026-11-23T12Z"),
        ("check", "b.example", "--at", "2026-11-23T12:00:00+01"),
        ("dnssec", "b.example", "--at", "20261123"),
        ("check", "b.example", "--format", "pdf"),
        ("check", "b.example", "--dial", "nonsense"),
        ("check", "b.example", "--smtp-port", "0"),
        ("check", "b.example", "--smtp-port", "many"),
        ("check", "b.example", "--timeout", "-1"),
        ("check", "b.example", "--resolver", "not an address"),
        ("check", "b.example", "--network", "/no/such/file.toml"),
        ("check", "b.example", "--replay", "/no/such/file.json"),
        ("dnssec",),
        ("dnssec", "b..example"),
        ("dnssec", "b.example", "NOTYPE"),
        ("explain", " "),
        ("lab", "list", "extra"),
    ],
)
def test_wrong_usage_is_one_line_and_64(words: tuple[str, ...], run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out) == (64, "")
    assert err.count("\n") == 1
    assert err.startswith("mailpath")
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("chek", "b.example"), "check"),
        (("chekc", "b.example", "--posture", "may"), "check"),
        (("opne", "--ascii", "file.json"), "open"),
        (("explian", "TLSA002"), "explain"),
        (("lab", "lsit", "x"), "list"),
    ],
)
def test_a_mistyped_command_is_told(words: tuple[str, ...], meant: str, run: Run) -> None:
    code, out, err = run(*words)
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert f"Did you mean {meant!r}?" in err


@pytest.mark.parametrize(
    "words", [("chek",), ("chek.example", "b.example"), ("chek.", "b.example"), ("a", "b")]
)
def test_a_domain_like_a_command_is_a_domain(
    words: tuple[str, ...], run: Run, opened: list[dict[str, Any]]
) -> None:
    assert run(*words)[0] == 0
    assert opened[0]["recipient"] == words[-1]


def test_messages_know_no_name_that_nobody_typed(run: Run, tmp_path: Path) -> None:
    assert run("--no-such-option")[2].startswith("mailpath: ")
    assert run("a..example")[2].startswith("mailpath: ")
    bad = tmp_path / "bad.toml"
    bad.write_text("id = 1", encoding="utf-8")
    code, _, err = run("lab", str(bad))
    assert (code, err.count("\n"), err.count("bad.toml")) == (64, 1, 1)
    assert err.startswith("mailpath lab: ")
    assert "(app)" not in err


def test_a_bug_is_no_verdict(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 1 and 2 mean something to a monitoring system; a crash of ours is neither."""

    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("mailpath.commands.lists.postures", broken)
    code, _, err = run("postures")
    assert code == 3
    assert "boom" in err
    assert "please report it" in err


def test_an_interrupt_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mailpath.commands.lists.postures", interrupted)
    code, out, err = run("postures")
    assert (code, out, err.strip()) == (130, "", "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-11-23T12:00:00Z", 1795435200),
        ("2026-11-23t12:00:00.9z", 1795435200),
        ("2026-11-23 13:00:00+01:00", 1795435200),
        ("1795435200", 1795435200),
        ("1000000000", 1000000000),
        ("0", 0),
        ("86400", 86400),
        ("2026-11-23", 1795392000),
    ],
)
def test_times(text: str, seconds: int) -> None:
    check = cli.commands["check"]
    at = next(param for param in check.params if param.name == "at")
    assert moment(click.Context(check), at, text) == seconds


# --- lists -----------------------------------------------------------------------------------------


def test_postures_and_codes_are_listed(run: Run) -> None:
    code, out, _ = run("postures")
    assert code == 0
    assert out.startswith("rfc ")
    assert "\npostfix-dane " in out
    code, out, _ = run("explain")
    assert code == 0
    assert "TLSA002  error    The certificate matches no TLSA record" in out
    code, out, _ = run("explain", "tlsa002")
    assert code == 0
    assert "finding TLSA002" in out
    assert "RFC 7672" in out


def test_lab_list_is_tab_separated_or_json(run: Run) -> None:
    import json

    code, out, _ = run("lab", "list")
    assert code == 0
    rows = [line.split("\t") for line in out.splitlines()]
    assert all(len(row) == 4 for row in rows)
    stale = next(row for row in rows if row[0] == "dane-stale")
    assert stale[1] == "dane-stale.example"
    assert "postfix-dane=deferred" in stale[2].split(",")
    code, out, _ = run("lab", "list", "--json")
    listed = json.loads(out)
    assert [each["id"] for each in listed] == [row[0] for row in rows]
    assert listed[0]["expect"]


# --- what is loaded, and where the app refuses -----------------------------------------------------

HEAVY = ("textual", "httpx", "dns", "aiosmtplib", "OpenSSL", "cryptography", "msgspec", "aiosmtpd")


def loaded_by(code: str) -> list[str]:
    """Which heavy modules a fresh interpreter holds after `code`."""
    probe = f"{code}\nimport sys\nsys.stderr.write(repr([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True
    )
    found = done.stderr.rsplit("[", 1)[1].rstrip("]")
    return [name.strip("' ") for name in found.split(",") if name]


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by("import mailpath.cli") == []
    leaving = "try:\n    mailpath.cli.main()\nexcept SystemExit:\n    pass"
    assert loaded_by(f"import sys, mailpath.cli\nsys.argv = ['mailpath', '--help']\n{leaving}") == []


def test_check_loads_no_screen_and_no_server() -> None:
    held = loaded_by("import mailpath.commands.check")
    assert not {"textual", "aiosmtpd", "httpx", "aiosmtplib"} & set(held)


def test_every_network_key_is_an_option() -> None:
    keys = set(Settings.__struct_fields__)
    assert keys == set(NETWORK_KEYS) - {"network_file"}
    for name in ("check", "dnssec", "bounce", "(app)"):
        command = cli.commands[name]
        options = {param.name for param in command.params if isinstance(param, click.Option)}
        assert set(NETWORK_KEYS) <= options, name


def test_without_a_terminal_the_app_names_check() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mailpath", "b.example"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.count("\n") == 1
    assert "mailpath check" in done.stderr
