"""The JSON report against its schema, and the schema against its source."""

from __future__ import annotations

import base64
import json
from typing import Any

import goldens
import handmade as made
import jsonschema
import pytest
import scripted
from msgspec.structs import replace

from mailpath.facts import STEPS, StarttlsFacts, TlsaFacts, Walk
from mailpath.judge.presets import PRESETS, posture
from mailpath.report import json as report
from mailpath.report.result import build

PLAIN = made.walk(
    tlsa=TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, bytes(32))),)),
    starttls=StarttlsFacts(sessions=(made.session(),)),
    roots=(),
)
ELAPSED = dict.fromkeys(STEPS, 12.34)


def rendered(walk: Walk, **options: Any) -> dict[str, Any]:
    return json.loads(report.render(build(walk, PRESETS.values(), ELAPSED, **options)))


def test_the_shipped_schema_is_current() -> None:
    assert scripted.ran("schema.py", "--check") == (0, "")


def test_the_schema_is_one(report_schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(report_schema)


@pytest.mark.parametrize("walk", [made.walk(), PLAIN], ids=["good", "plain"])
def test_a_report_keeps_the_schema(walk: Walk, report_schema: dict[str, Any]) -> None:
    found = rendered(walk)
    jsonschema.Draft202012Validator(report_schema).validate(found)
    keys = (
        "schema mailpath replayed anchor roots dialled lab evidence_trusted stands_on "
        "sender recipient at posture message policy_age announces_requiretls "
        "steps findings verdicts attacks reads walked not_tried"
    )
    assert list(found) == keys.split()
    assert [step["id"] for step in found["steps"]] == list(STEPS)
    assert found["at"] == "2026-11-23T12:00:00Z"
    assert (found["attacks"], found["reads"]) == ({}, {})
    assert (found["message"], found["policy_age"], found["announces_requiretls"]) == ("ordinary", None, [])
    assert found["walked"] == {
        "made": "2026-11-23T12:00:00Z",
        "ehlo": "mail.a.example",
        "resolver": "127.0.0.1:53",
    }
    assert found["not_tried"]
    assert set(found["verdicts"]) == set(PRESETS)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda found: found.pop("verdicts"),
        lambda found: found["steps"].pop(),
        lambda found: found["steps"][1].update(id="mxx"),
        lambda found: found["steps"][1].update(status="good"),
        lambda found: found["findings"][0].update(code="ABC1"),
        lambda found: found["verdicts"]["rfc"].update(outcome="maybe"),
        lambda found: found.update(at="yesterday"),
        lambda found: found.update(schema=1),
        lambda found: found["verdicts"]["rfc"].update(event="who knows"),
    ],
)
def test_the_schema_refuses_what_is_wrong(spoil: Any, report_schema: dict[str, Any]) -> None:
    found = rendered(made.walk())
    spoil(found)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(report_schema).validate(found)


def test_bytes_are_base64_and_evidence_is_the_fact_record() -> None:
    steps = {step["id"]: step for step in rendered(made.walk())["steps"]}
    chain = steps["starttls"]["evidence"]["sessions"][0]["tls"]["chain"]
    assert base64.b64decode(chain[0]) == made.GOOD.der
    assert steps["mx"]["evidence"]["hosts"][0]["addresses"] == [made.ADDRESS]
    assert steps["mx"]["elapsed_ms"] == 12.3
    assert steps["verdict"]["evidence"]["outcome"] == "authenticated"


def test_nobody_in_particular_writes_and_nobody_measured() -> None:
    walk = replace(made.walk(), path=made.Path(recipient=made.DOMAIN))
    found = json.loads(report.render(build(walk, PRESETS.values(), {})))
    assert found["sender"] is None
    assert {step["elapsed_ms"] for step in found["steps"]} == {None}


def test_golden() -> None:
    """A path without TLS, as three postures see it."""
    postures = [posture(name) for name in ("rfc", "postfix-may", "postfix-dane")]
    result = replace(build(PLAIN, postures, ELAPSED), mailpath="0.0.0")
    goldens.assert_golden("report.json", report.render(result).decode())
