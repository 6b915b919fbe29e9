"""One line for a monitoring system: state word, text, performance data."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import goldens
import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.facts import STEPS, StarttlsFacts, TlsaFacts
from mailpath.judge.presets import PRESETS, posture
from mailpath.lab import scenarios
from mailpath.report import nagios
from mailpath.report.exit_codes import WORST_FIRST
from mailpath.report.result import build

if TYPE_CHECKING:
    from conftest import Walks

#: 'label'=value[unit];[warn];[crit];[min];[max], as the guidelines have it.
METRIC = re.compile(r"[a-z_]+=-?[0-9]+(\.[0-9]+)?(s|%|B|c)?(;[^; ]*){0,4}\Z")
LINE = re.compile(r"MAILPATH (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+) \| ([^|\n]+)\n\Z")


@pytest.mark.parametrize("name", [scenario.id for scenario in scenarios()])
def test_every_scenario_is_one_line(name: str, walks: Walks) -> None:
    result = replace(walks.result(name), took=123.4)
    found = LINE.match(nagios.render(result))
    assert found is not None
    assert found[1] == ("OK", "WARNING", "CRITICAL", "UNKNOWN")[result.code]
    metrics = found[3].split(" ")
    assert all(METRIC.match(metric) for metric in metrics), metrics
    labels = [metric.partition("=")[0] for metric in metrics]
    assert len(set(labels)) == len(labels)
    assert "time=0.123s;;;0" in metrics


def test_every_exit_code_has_its_word() -> None:
    assert set(nagios.STATES) == set(WORST_FIRST)


def test_a_bar_of_a_stranger_does_not_end_the_text() -> None:
    path = made.Path(recipient="b|rm=1.example")
    line = nagios.render(build(made.walk(path=path), PRESETS.values(), {}))
    assert LINE.match(line) is not None
    assert line.count("|") == 1


def test_what_has_ended_is_below_zero() -> None:
    later = made.walk(at=made.NOW + 61 * made.DAY)
    line = nagios.render(build(later, PRESETS.values(), {}, made=made.NOW))
    assert f"certificate_ends=-{made.DAY}s" in line
    assert "judged as of" in line


def test_golden() -> None:
    walk = made.walk(tlsa=TlsaFacts(), starttls=StarttlsFacts(sessions=(made.session(),)), roots=())
    result = build(walk, [posture("rfc")], dict.fromkeys(STEPS, 12.34), made=made.NOW - 60, took=345.6)
    goldens.assert_golden("report.nagios", nagios.render(replace(result, mailpath="0.0.0")))
