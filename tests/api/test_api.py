"""The public face, on the lab: what docs/api.md says is so."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mailpath import api
from mailpath.lab import Lab

DOC = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)


@pytest.fixture(scope="module")
def capture(lab: Lab) -> api.Capture:
    return api.record_sync("dane-good.example", network=lab)


def test_the_programs_of_the_page_run(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    start = Lab.start
    monkeypatch.setattr(
        Lab, "start", lambda *given, **named: start(*given, **named) if given else contextlib.nullcontext(lab)
    )
    printed = []
    for program, most in zip(PROGRAMS, (10, 5, 6, 10), strict=True):
        assert len([line for line in program.splitlines() if line.strip()]) <= most
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(program, "docs/api.md", "exec"), {})
        printed.append(out.getvalue().splitlines())
    judged, validated, planned, surveyed = printed
    assert [line.split(" | ")[2] for line in planned] == [
        "Publish the records of the next key",
        "Switch to the next key",
        "Withdraw the records of the old key",
    ]
    assert validated == ["secure"]
    assert [line.split(": ")[:2] for line in judged] == [
        ["rfc", "tlsa-mismatch"],
        ["postfix-may", "sent-tls"],
        ["postfix-dane", "tlsa-mismatch"],
    ]
    assert all(line.split(": ", 2)[2] for line in judged)
    good, stale, breaks = surveyed
    assert good.split() == ["dane-good.example", "120", "authenticated"]
    assert stale.startswith("dane-stale.example 9 deferred Its certificate")
    assert breaks == "Count(domains=1, mails=9)"


async def test_a_survey_goes_on_and_is_judged_anew(lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    own = {"name": "strict", "base": "postfix-dane", "level": "encrypt"}
    people = ["a@dane-good.example", "b@DANE-good.example", "dane-stale.example"]
    found = await api.survey(people, store=folder, postures=[own], sender="x@a.example", network=lab)
    assert [(row.domain, row.mails) for row in found.rows] == [
        ("dane-good.example", 2),
        ("dane-stale.example", 1),
    ]
    assert found.postures["strict"].newly_deferred.domains == 1
    # Nobody is asked: there is no network where this one asks.
    nowhere = {"resolver": "127.0.0.1:9"}
    again = await api.survey(store=folder, postures=["postfix-encrypt"], network=nowhere)
    assert {row.outcomes["postfix-encrypt"].value for row in again.rows} == {"encrypted"}
    assert again.to_dict()["mails"] == 3
    with pytest.raises(api.MailpathError, match="holds a survey already"):
        await api.survey(people, store=folder, network=lab)
    with pytest.raises(api.MailpathError, match="There is no survey in this folder"):
        await api.survey(store=tmp_path / "none", network=lab)


def test_a_plan_of_a_capture(capture: api.Capture) -> None:
    made = api.plan_sync("dane", capture)
    assert made.result == "already"
    assert made.to_dict()["result"] == "already"
    json.dumps(made.to_dict())
    with pytest.raises(AttributeError):
        setattr(made, "goal", "mta-sts")  # noqa: B010 - what a caller without types would do


@pytest.mark.parametrize(
    ("goal", "options", "sentence"),
    [
        ("fly", {}, "'fly' is not a goal."),
        ("new-mx", {}, "needs a new host"),
        ("dane", {"to": "mx9.b.example"}, "needs a new host"),
        ("repair", {"key": b""}, "repair takes no key"),
        ("dane", {"key": b"", "cert": b""}, "either a key or a certificate"),
        ("dane", {"key": b""}, "no key in PEM"),
        ("dane", {"hosts": ["a b"]}, "a b"),
    ],
)
def test_a_plan_that_cannot_be_made(capture: api.Capture, goal: str, options: Any, sentence: str) -> None:
    with pytest.raises(api.MailpathError, match=sentence):
        api.plan_sync(goal, capture, **options)


def test_the_page_names_what_there_is() -> None:
    named = set(re.findall(r"`(?:await )?(\w+)(?:\(|`)", DOC))
    functions = {name for name in api.__all__ if name[0].islower()}
    assert functions <= named


@pytest.mark.parametrize("kind", ["mapping", "settings", "file", "lab"])
def test_where_to_ask(kind: str, lab: Lab, tmp_path: Path) -> None:
    file = lab.write_network_file(tmp_path)
    where: Any = {
        "settings": lab.settings,
        "file": file,
        "lab": lab,
        "mapping": {
            "resolver": lab.settings.resolver,
            "trust_anchor": lab.settings.trust_anchor,
            "ca_file": lab.settings.ca_file,
            "dial": lab.settings.dial,
        },
    }[kind]
    found = api.validate_sync("dane-good.example", "MX", network=where)
    assert found.security == "secure"
    assert "is signed by dane-good.example" in found.reason


async def test_async_and_within_a_running_loop(lab: Lab, capture: api.Capture) -> None:
    walked, validated = await asyncio.gather(
        api.walk("user@dane-good.example", sender="a.example", network=lab),
        api.validate("dane-good.example", "15", network=lab),
    )
    assert walked.path.recipient == "dane-good.example"
    assert validated.lookup.rdtype == "MX"
    assert api.replay(capture).mx == walked.mx
    assert (
        api.judge(api.walk_sync("dane-good.example", network=lab), api.posture("dane")).mechanism == "dane-ee"
    )


def test_a_capture_is_replayed_attacked_and_kept(capture: api.Capture, tmp_path: Path) -> None:
    file = tmp_path / "walk.json.gz"
    api.save(capture, file)
    assert api.load(file) == capture
    may, dane = api.posture("may"), api.posture("dane")
    stripped = api.attack(capture, "strip-starttls")
    assert [api.judge(stripped, each).outcome for each in (may, dane)] == ["plaintext", "deferred"]
    assert api.under_attack(capture, "strip-starttls", may).attacker_reads
    assert not api.under_attack(capture, "strip-starttls", dane).attacker_reads
    later = api.replay(capture, datetime(2200, 1, 1, tzinfo=UTC))
    assert "SEC" in {finding.code[:3] for finding in api.findings(later)}


def test_a_verdict_says_which_habits_decided(lab: Lab) -> None:
    walked = api.walk_sync("greeting-refused.example", network=lab)
    rfc, postfix = (api.judge(walked, api.posture(name)) for name in ("rfc", "postfix-may"))
    assert rfc.because == ()
    assert (postfix.outcome == rfc.outcome) is (postfix.because == ())


def test_postures_of_ones_own(capture: api.Capture) -> None:
    ours = api.posture({"name": "ours", "base": "postfix-may", "level": "encrypt"})
    assert (ours.name, api.judge(api.replay(capture), ours).outcome) == ("ours", "encrypted")
    assert api.posture("dane") == api.postures()["postfix-dane"]


def test_records_are_frozen_and_plain(capture: api.Capture) -> None:
    walked = api.replay(capture)
    verdict = api.judge(walked, api.posture("rfc"))
    outcome = api.under_attack(capture, "strip-starttls", api.posture("rfc"))
    for each in (capture, walked, verdict, outcome, api.posture("rfc"), *api.findings(walked)):
        assert json.loads(json.dumps(each.to_dict()))
        with pytest.raises(AttributeError):
            setattr(each, each.__struct_fields__[0], "mine")
    assert verdict.to_dict()["outcome"] == "authenticated"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (lambda: api.walk_sync("b..example"), "'b..example': The name contains an empty label"),
        (lambda: api.walk_sync("b.example", network={"resolvr": "x"}), "resolvr: There is no such key."),
        (lambda: api.walk_sync("b.example", network="/no/such"), "/no/such: The file cannot be read"),
        (lambda: api.walk_sync("b.example", at=datetime(2026, 1, 1)), "time zone"),
        (lambda: api.validate_sync("b.example", "NOTYPE"), "'NOTYPE' is not a record type."),
        (lambda: api.load("/no/such"), "/no/such: The capture cannot be read"),
        (lambda: api.posture("none such"), "There is no posture 'none such'. The postures are rfc"),
        (lambda: api.posture({"level": "most"}), "level"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(given: object, says: str) -> None:
    assert callable(given)
    with pytest.raises(api.MailpathError) as told:
        given()
    assert says in str(told.value)
    assert told.value.sentence in str(told.value)
    assert "\n" not in str(told.value)
