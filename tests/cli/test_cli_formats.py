"""`check` in every format, by name and by the file's ending, and with attackers on the path."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mailpath.attacks.catalogue import ATTACKS
from mailpath.judge.presets import PRESETS

Run = Callable[..., tuple[int, str, str]]

FIRST = {
    "text": "dane-stale.example: deferred by rfc",
    "json": "{",
    "markdown": "## ✗ dane-stale.example: deferred by rfc",
    "html": "<!DOCTYPE html>",
    "nagios": "MAILPATH CRITICAL - dane-stale.example: deferred by rfc",
}


@pytest.fixture(scope="module")
def stale(held: Callable[[str], Path]) -> Path:
    """A capture of a path whose TLSA record is out of date."""
    return held("dane-stale")


@pytest.mark.parametrize("form", FIRST)
def test_every_format(form: str, stale: Path, run: Run) -> None:
    code, out, err = run("check", "--replay", stale, "--trust-capture", "--format", form)
    assert (code, err) == (2, "")
    assert out.startswith(FIRST[form])


@pytest.mark.parametrize(
    ("file", "form"),
    [
        ("a.txt", "text"),
        ("a.json", "json"),
        ("a.md", "markdown"),
        ("a.HTML", "html"),
        ("a.htm", "html"),
        ("a", "text"),
        ("a.unknown", "text"),
    ],
)
def test_the_ending_of_the_file_decides(file: str, form: str, stale: Path, tmp_path: Path, run: Run) -> None:
    code, out, err = run("check", "--replay", stale, "--trust-capture", "-o", tmp_path / file)
    assert (code, out, "names no format" in err) == (2, "", file == "a.unknown")
    assert err.count("\n") == (file == "a.unknown")
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(FIRST[form])
    # A format that is named outweighs it.
    assert (
        run("check", "--replay", stale, "--trust-capture", "-o", tmp_path / file, "--format", "nagios")[0]
        == 2
    )
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(FIRST["nagios"])


def test_attacks_in_the_report(stale: Path, report_schema: dict[str, Any], run: Run) -> None:
    words = ("check", "--replay", stale, "--trust-capture", "--format", "json")
    some = ("--attack", "strip-starttls", "--attack", "steer + break-tls", "--attack", "strip-starttls")
    code, out, _ = run(*words, *some)
    # The exit code is of the path without an attacker.
    assert code == 2
    found = json.loads(out)
    jsonschema.Draft202012Validator(report_schema).validate(found)
    assert set(found["attacks"]) == set(PRESETS)
    assert list(found["attacks"]["postfix-dane"]) == ["strip-starttls", "steer+break-tls"]
    assert found["attacks"]["postfix-dane"]["strip-starttls"] == {
        "outcome": "deferred",
        "host": None,
        "attacker_reads": False,
        "may_read": False,
        "if_policy_cached": None,
        "if_first_contact": None,
    }
    stripped = found["attacks"]["postfix-may"]["strip-starttls"]
    assert (stripped["outcome"], stripped["attacker_reads"], stripped["may_read"]) == (
        "plaintext",
        True,
        True,
    )
    # Where the posture's sources are silent the attacker reads "perhaps": then only `may_read` is set.
    told = [each for of_posture in found["attacks"].values() for each in of_posture.values()]
    assert all(each["may_read"] for each in told if each["attacker_reads"])
    assert found["reads"] == {}


@pytest.mark.parametrize("words", ["steer+strip-starttls+forge-mx", "steer+steer", "steer + steer"])
def test_an_attack_is_one_or_two_different_ones(words: str, stale: Path, run: Run) -> None:
    code, out, err = run("check", "--replay", stale, "--trust-capture", "--attack", words)
    assert (code, out, err.count("\n")) == (64, "", 1)
    assert words in err


def _timeless(line: str) -> str:
    return re.sub(r"time=[0-9.]+s", "", line)


def test_attacks_for_a_monitoring_system(stale: Path, run: Run) -> None:
    words = ("check", "--replay", stale, "--trust-capture", "--format", "nagios")
    code, out, err = run(*words, "--attack", "steer")
    usual, plain, _ = run(*words)
    told = "; rfc: steer does not let an attacker read it"
    assert (code, err, told in out, " attacks_read=0;;;0" in out) == (usual, "", True, True)
    assert _timeless(out.replace(told, "").replace(" attacks_read=0;;;0", "")) == _timeless(plain)


def test_the_whole_catalogue(stale: Path, report_schema: dict[str, Any], run: Run) -> None:
    words = (
        "check",
        "--replay",
        stale,
        "--trust-capture",
        "--posture",
        "may",
        "--posture",
        "dane",
        "--attack",
        "all",
    )
    _, out, _ = run(*words, "--format", "json")
    found = json.loads(out)
    jsonschema.Draft202012Validator(report_schema).validate(found)
    assert [name for name in found["attacks"]["postfix-dane"] if "+" not in name] == list(ATTACKS)
    assert found["reads"]["postfix-may"] == {
        "listener": False,
        "attacker": True,
        "cheapest": "strip-starttls",
        "attacker_if_policy_cached": None,
        "cheapest_if_policy_cached": None,
        "sentence": "a listener cannot read it; an active attacker can (strip-starttls).",
    }
    assert found["reads"]["postfix-dane"]["attacker"] is False
    for form in ("text", "markdown", "html"):
        _, out, _ = run(*words, "--format", form)
        assert "an active attacker can (" in " ".join(out.split())
        assert "forge-address" in out


def test_what_the_message_asks_for_is_judged_and_told(
    held: Callable[[str], Path], report_schema: dict[str, Any], run: Run
) -> None:
    file = held("requiretls")
    asked = "REQUIRETLS is offered by mx2.requiretls.example, not by mx1.requiretls.example"
    for option, posture, code, words in (
        ("--requiretls", "rfc", 0, "delivered authenticated by rfc at mx2.requiretls.example"),
        ("--requiretls", "may", 1, "delivered encrypted but unauthenticated by postfix-may at mx1."),
        ("--tls-required-no", "dane", 1, "delivered encrypted but unauthenticated by postfix-dane at mx1."),
    ):
        for form in FIRST:
            found, out, _ = run(
                "check", "--replay", file, "--trust-capture", option, "--posture", posture, "--format", form
            )
            told = " ".join(out.replace("`", "").split()).lower()
            assert found == code
            assert form == "html" or words in told, told[:400]  # there each part is an element of its own
            assert (asked.lower() in told) == (form != "json")
            ignored = "postfix-may does not implement requiretls" in told
            assert ignored == (posture == "may" and option == "--requiretls")
        _, out, _ = run(
            "check", "--replay", file, "--trust-capture", option, "--posture", posture, "--format", "json"
        )
        report = json.loads(out)
        jsonschema.Draft202012Validator(report_schema).validate(report)
        assert report["message"] == option.removeprefix("--")
        assert report["announces_requiretls"] == ["mx2.requiretls.example"]
    assert report["verdicts"]["postfix-dane"]["policy_state"] is None
    _, out, _ = run("check", "--replay", file, "--trust-capture", "--requiretls")
    assert "TLS026" in out
    _, out, _ = run("check", "--replay", file, "--trust-capture")
    assert "Message" not in out
    assert "TLS026" not in out


def test_how_old_the_policy_is_decides_under_attack(held: Callable[[str], Path], run: Run) -> None:
    file = held("sts-enforce")
    hidden = "block-policy+strip-starttls"
    words = ("check", "--replay", file, "--trust-capture", "--posture", "sts", "--attack", hidden)
    for age, state, outcome, first, line in (
        ("6d", "cached", "deferred", "plaintext", "cached: 6 d old, max_age 7 d"),
        ("1w", "first-contact", "plaintext", None, "expired, so this is a first contact again: 7 d old"),
    ):
        code, out, _ = run(*words, "--policy-age", age, "--format", "json")
        report = json.loads(out)
        found = report["attacks"]["postfix-sts"][hidden]
        assert (code, report["verdicts"]["postfix-sts"]["policy_state"]) == (0, state)
        assert (found["outcome"], found["if_policy_cached"]) == (outcome, "deferred")
        assert found["if_first_contact"] == first
        _, out, _ = run(*words, "--policy-age", age, "--full")
        told = " ".join(out.split())
        assert line in told
        both = "deferred; at first contact plaintext" if first else "; with the policy cached deferred; READ"
        assert both in told
        assert "A policy that the sender may have cached" not in told
    _, out, _ = run(
        "check", "--replay", held("requiretls"), "--trust-capture", "--policy-age", "2d", "--full"
    )
    told = " ".join(out.split())
    assert "this walk found none, so the content of one fetched 2 d ago is unknown" in told
    assert "A policy that the sender may have cached" in told
    # The clock: at that time the policy is a day old, however long ago the recording was made.
    later = str(int(datetime.fromisoformat(report["at"]).timestamp()) + 10 * 86400)
    _, out, _ = run(*words, "--full", "--policy-age", "1d", "--at", later, "--format", "json")
    report = json.loads(out)
    assert report["verdicts"]["postfix-sts"]["policy_state"] == "cached"
    assert report["attacks"]["postfix-sts"][hidden]["outcome"] == "deferred"
    # Even when the DNS is bogus by then.
    later = str(int(later) + 10 * 86400)
    _, out, _ = run(*words, "--policy-age", "1d", "--at", later)
    assert "cached: 1 d old, max_age 7 d" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--requiretls", "--tls-required-no"), "not both"),
        (("--policy-age", "-1d"), "is not an age"),
        (("--policy-age", "3 fortnights"), "is not an age"),
    ],
)
def test_what_a_message_cannot_ask_for(words: tuple[str, ...], sentence: str, stale: Path, run: Run) -> None:
    code, out, err = run("check", "--replay", stale, "--trust-capture", *words)
    assert (code, out) == (64, "")
    assert sentence in err


def test_an_unknown_attack_is_wrong_usage(stale: Path, run: Run) -> None:
    for name in ("no-such", "steer+no-such", ""):
        code, out, err = run("check", "--replay", stale, "--trust-capture", "--attack", name)
        assert (code, out, err.count("\n")) == (64, "", 1)
        assert "strip-starttls" in err


def test_attacks_are_listed(run: Run) -> None:
    code, out, _ = run("attacks")
    assert code == 0
    assert [line for line in out.splitlines() if len(line) > 80] == []
    assert out.startswith("strip-starttls: ")
    assert "Stopped by" in out
    listed = json.loads(run("attacks", "--json")[1])
    assert [each["name"] for each in listed] == list(ATTACKS)
    assert all(each["needs"] and each["stopped_by"] for each in listed)


def test_a_reply_for_each_reader(held: Callable[[str], Path], run: Run) -> None:
    words = ("check", "--replay", held("sts-enforce"), "--trust-capture")
    code, out, _ = run(*words, "--format", "ticket")
    assert code == 0
    subject, text = out.split("\n\n")[:2]
    assert subject == "Subject: Mail to sts-enforce.example: delivered"
    assert text.startswith("Mail from a.example to sts-enforce.example ")
    _, out, _ = run(*words, "--format", "ticket", "--reader", "user")
    assert "\nYour mail to sts-enforce.example " in out
    code, _, err = run(*words, "--reader", "user")
    assert (code, "--reader needs --format ticket" in err) == (64, True)
