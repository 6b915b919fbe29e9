"""`check --envelope`: MAIL FROM and RCPT TO, then RSET and QUIT, and what the answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mailpath.exchanges import Envelope
from mailpath.lab import Lab, load
from mailpath.network import capture as captures

Run = Callable[..., tuple[int, str, str]]

SCENARIO = """\
id = "{id}"
title = "t"
teaches = "t"
hint = "h"
[[zone]]
rr = ["@ MX 10 mx1"]
[[server]]
host = "mx1"
{server}
[expect]
rfc = "encrypted"
"""

SERVERS = {
    "taken": "",
    "later": 'rcpt = "451 4.7.1 Greylisted, come back later"',
    "busy": 'mail = "450 4.3.2 not now"',
    "unknown": 'rcpt = "550 5.1.1 no such user"',
    "clear": 'starttls = "absent"\nrcpt = "550 5.1.1 no such user"',
    "closes": 'after_tls = "close-mail"',
}


@pytest.fixture(scope="module")
def takers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Path]]:
    """A lab of servers that differ in what they say to an envelope, and its network file."""
    folder = tmp_path_factory.mktemp("takers")
    scenarios = []
    for name, server in SERVERS.items():
        file = folder / f"{name}.toml"
        file.write_text(SCENARIO.format(id=name, server=server), encoding="utf-8")
        scenarios.append(load(file))
    with Lab.start(tuple(scenarios)) as lab:
        yield lab, lab.write_network_file(folder)


def checked(run: Run, network: Path, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, err = run("check", *words, "--network", network, "--format", "json", "--posture", "may")
    assert err == ""
    return code, json.loads(out)


def sessions(lab: Lab, name: str) -> list[list[str]]:
    return [seen.commands for seen in lab.seen if seen.host == f"mx1.{name}.example"]


@pytest.mark.parametrize(
    ("name", "outcome", "status", "word"),
    [
        ("taken", "encrypted", None, "TAKEN"),
        ("later", "deferred", "4.7.1", "GREYLISTED"),
        ("busy", "deferred", "4.3.2", "LATER"),
        ("unknown", "bounced", "5.1.1", "REFUSED"),
        ("clear", "bounced", "5.1.1", "REFUSED"),
        ("closes", "deferred", "4.4.2", "NO REPLY"),
    ],
)
def test_outcomes_take_the_answers_into_account(
    name: str,
    outcome: str,
    status: str | None,
    word: str,
    takers: tuple[Lab, Path],
    report_schema: dict[str, Any],
    run: Run,
) -> None:
    lab, network = takers
    _, plain = checked(run, network, f"{name}.example")
    assert plain["verdicts"]["postfix-may"]["outcome"] in ("encrypted", "plaintext")
    before = len(sessions(lab, name))
    assert not [
        command for said in sessions(lab, name) for command in said if command.upper().startswith("MAIL")
    ]
    words = (f"Bob <bob@{name}.example>", "--from", "ann@a.example", "--envelope")
    _, found = checked(run, network, *words)
    jsonschema.Draft202012Validator(report_schema).validate(found)
    verdict = found["verdicts"]["postfix-may"]
    assert (verdict["outcome"], verdict["status_code"]) == (outcome, status)
    said = sessions(lab, name)[before:]
    tried = [each for each in said if any(command.upper().startswith("MAIL") for command in each)]
    # One more session per address, and in it never DATA.
    assert len(tried) == 1
    assert len(said) == before + 1
    assert not [command for each in said for command in each if command.upper().startswith("DATA")]
    assert f"]: {word}: " in run("check", *words, "--network", network)[1]
    _, text, _ = run("check", *words, "--network", network, "--full")
    assert f"mx1.{name}.example [" in text
    assert f"]: {word}\n" in text
    assert f"MAIL FROM:<ann@a.example>, RCPT TO:<bob@{name}.example>" in " ".join(text.split())
    assert "no MAIL FROM was sent" not in text


def test_the_headline_tells_the_refusal_not_the_certificate(takers: tuple[Lab, Path], run: Run) -> None:
    _, network = takers
    _, out, _ = run("check", "unknown.example", "--network", network, "--envelope", "--posture", "may")
    assert "550 5.1.1 no such user" in out.splitlines()[0]


def test_a_capture_knows_its_envelope(takers: tuple[Lab, Path], tmp_path: Path, run: Run) -> None:
    _, network = takers
    file, plain = tmp_path / "file.json", tmp_path / "plain.json"
    words = ("check", "bob@unknown.example", "--from", "ann@a.example", "--envelope", "--network", network)
    code, live, _ = run(*words, "--capture", file, "--format", "json")
    assert code == 2
    assert captures.load(file).ground.envelope == Envelope(
        mail_from="ann@a.example", rcpt_to="bob@unknown.example"
    )
    again = json.loads(run("check", "--replay", file, "--trust-capture", "--format", "json")[1])
    assert again["verdicts"] == json.loads(live)["verdicts"]
    # Redacted: no local part, the same verdicts, attacks and all.
    for form in ("text", "markdown", "html", "nagios", "json"):
        redacted = ("--redact", "--capture", plain, "--format", form, "--attack", "strip-starttls")
        code, out, _ = run("check", "--replay", file, "--trust-capture", *redacted)
        assert code == 2
        assert "ann@" not in out
        assert "bob@" not in out
    assert captures.load(plain).ground.envelope == Envelope(
        mail_from="redacted@a.example", rcpt_to="redacted@unknown.example"
    )
    assert (
        json.loads(run("check", "--replay", plain, "--trust-capture", "--format", "json")[1])["verdicts"]
        == again["verdicts"]
    )
    assert run("check", "--replay", file, "--trust-capture", "--envelope")[0] == 64


@pytest.mark.parametrize(
    ("words", "mail_from", "rcpt_to"),
    [
        (("taken.example",), "", "postmaster@taken.example"),
        (("taken.example", "--from", "a.example"), "", "postmaster@taken.example"),
        (("x@taken.example", "--envelope-from", "<>", "--from", "a@a.example"), "", "x@taken.example"),
        (
            ("taken.example", "--envelope-from", "a.example", "--rcpt", '"a b"@Taken.example'),
            "postmaster@a.example",
            '"a b"@taken.example',
        ),
    ],
)
def test_who_is_named(
    words: tuple[str, ...], mail_from: str, rcpt_to: str, takers: tuple[Lab, Path], tmp_path: Path, run: Run
) -> None:
    _, network = takers
    file = tmp_path / "file.json"
    run("check", *words, "--envelope", "--network", network, "--capture", file)
    assert captures.load(file).ground.envelope == Envelope(mail_from=mail_from, rcpt_to=rcpt_to)


@pytest.mark.parametrize(
    "words",
    [
        ("taken.example", "--rcpt", "x@taken.example"),
        ("taken.example", "--envelope-from", "x@a.example"),
        ("taken.example", "--envelope", "--rcpt", "x@other.example"),
        ("taken.example", "--envelope", "--rcpt", "x\r\nDATA@taken.example"),
        ("taken.example", "--envelope", "--rcpt", "x> y@taken.example"),
        ("taken.example", "--envelope", "--envelope-from", "@a.example"),
        ("taken.example", "--envelope", "--envelope-from", "nobody@"),
        ("taken.example", "--envelope", "--rcpt", "a b@taken.example"),
        ("taken.example", "--envelope", "--rcpt", '"a\\" b"@taken.example'),
        ("taken.example", "--envelope", "--rcpt", "\udcff@taken.example"),
        ("taken.example", "--envelope", "--rcpt", "ü" * 33 + "@taken.example"),
    ],
)
def test_what_names_nobody_is_wrong_usage(words: tuple[str, ...], takers: tuple[Lab, Path], run: Run) -> None:
    code, out, err = run("check", *words, "--network", takers[1])
    assert (code, out, err.count("\n")) == (64, "", 1)


def test_a_quoted_local_part_may_hold_a_space(takers: tuple[Lab, Path], run: Run) -> None:
    lab, network = takers
    code, out, err = run("check", '"a b"@taken.example', "--envelope", "--network", network)
    assert (code, err) == (0, "")
    assert "TAKEN" in out
    assert any('RCPT TO:<"a b"@taken.example>' in said for said in sessions(lab, "taken"))


def test_an_address_beyond_ascii_is_told_to_none_that_does_not_offer_it(
    takers: tuple[Lab, Path], run: Run
) -> None:
    lab, network = takers
    _, out, err = run("check", "jürgen@taken.example", "--envelope", "--network", network)
    assert err == ""
    assert "NOT TESTABLE" in out
    assert "does not offer SMTPUTF8" in " ".join(out.split())
    assert not any("jürgen" in line for said in sessions(lab, "taken") for line in said)
