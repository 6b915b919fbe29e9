"""The short text: the answer first and last, the worst finding with its remedy, on one screen."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.findings import Severity
from mailpath.judge.presets import posture
from mailpath.lab import scenarios
from mailpath.report import brief
from mailpath.report.headline import headline
from mailpath.report.panels import explain
from mailpath.report.result import Result, build
from mailpath.wording.layout import cells

if TYPE_CHECKING:
    from conftest import Walks

WORTH = {"✗": 0, "!": 1, "–": 2}


def result_of(walks: Walks, name: str, *deciding: str) -> Result:
    if not deciding:
        return walks.result(name)
    postures = [posture(each) for each in deciding]
    return build(walks.of(name).walk, postures, {}, provenance=made.LAB, deciding=deciding)


@pytest.mark.parametrize("width", [80, 60])
def test_every_scenario_fits_a_screen(walks: Walks, width: int) -> None:
    for name in [scenario.id for scenario in scenarios()]:
        result = result_of(walks, name)
        told = brief.render(result, width=width)
        lines = told.splitlines()
        rows = sum(max(1, -(-cells(line) // width)) for line in lines)
        # A policy to serve is told whole.
        assert (len(lines) <= 20 and rows <= 22 + 2 * ("version: STSv1" in lines)) or width < 80, (
            f"{name}: {told}"
        )
        assert lines[0] == lines[-1] == headline(result), name
        near = lines[2].startswith("– TLSA001")  # one record away from being authenticated
        assert near == (name == "signed-no-tlsa")
        worth = [WORTH[line[0]] for line in lines[3 if near else 1 : -1] if line[:1] in WORTH]
        assert worth == sorted(worth), f"{name}: {told}"
        copied = {line for found in result.findings for line in found.records}
        copied |= {line for each in result.findings if each.file for line in each.file.text.split("\n")}
        assert all(cells(line) <= width or line in copied for line in lines[1:-1]), f"{name}: {told}"
        if result.findings:
            worst = min(result.findings, key=lambda each: list(Severity).index(each.severity) * -1)
            assert near or WORTH[lines[2][0]] == 2 - list(Severity).index(worst.severity), name
            shown = next(each for each in map(explain, result.findings) if each.code == lines[2].split()[1])
            assert "  Fix" in told, name
            assert set(shown.records) <= set(lines), name
        assert all(line.isprintable() and line == line.rstrip() for line in lines), name
        flat = " ".join(told.split())
        assert flat.count("matches none of the DANE-EE records") < 2, told  # TLS025 repeats TLSA002
        assert all(each.message.count("too weak") < 2 for each in result.findings), name


def test_what_has_no_room_is_named(walks: Walks) -> None:
    """Every code is either told or named, wherever the room ends."""
    for name in ("hostile-text", "two-mx-weak", "sts-mx-not-listed"):
        result = result_of(walks, name)
        told = brief.render(result)
        assert all(found.code in told for found in result.findings)
        assert "see --full" in told


def told_of(walks: Walks, name: str) -> list[str]:
    lines = brief.render(result_of(walks, name)).splitlines()[2:-1]
    return [line for line in lines if line[:1] in WORTH or line.startswith(("  Fix", "More"))]


def test_a_fault_comes_before_what_is_not_there_and_what_was_told(walks: Walks) -> None:
    for name, code in {"cert-expired": "TLS009", "tls-old": "TLS006", "sts-testing": "STS014"}.items():
        assert told_of(walks, name)[0].split()[1] == code, name
    # The policy's finding is of the same certificate; what DANE vouches for needs no hand.
    assert "TLS008" in told_of(walks, "sts-testing")[-1]
    assert told_of(walks, "dane-good")[0].split()[1] == "RPT001"


def test_one_remedy_is_told_once(walks: Walks) -> None:
    told = told_of(walks, "requiretls")
    at = next(number for number, line in enumerate(told) if "TLS008" in line)
    assert told[at][:10] == told[at + 1][:10]
    assert sum("Senders with DANE need nothing" in line for line in told) == 1


def test_the_logs_own_sentence_is_a_real_servers(walks: Walks) -> None:
    assert "\nLogged     " not in brief.render(result_of(walks, "dane-stale"))
    assert "\nLogged     Server certificate not verified" in brief.render(
        result_of(walks, "dane-stale", "postfix-dane")
    )


def test_several_postures_have_their_table(walks: Walks) -> None:
    lines = brief.render(result_of(walks, "dane-stale", "postfix-may", "postfix-dane")).splitlines()
    at = next(number for number, line in enumerate(lines) if line.split()[:2] == ["posture", "outcome"])
    rows = list(itertools.takewhile(bool, lines[at + 1 :]))
    assert [row[:2] for row in rows] == ["  ", "* "]
    assert [row[2:].split() for row in rows] == [
        ["postfix-may", "encrypted"],
        ["postfix-dane", "deferred", "4.7.5"],
    ]
    # Where they end at several hosts, the answer does not name them all.
    told = brief.render(result_of(walks, "dane-first-bad-second-weak", "postfix-may", "postfix-dane"))
    assert "status MX host" in told
    assert re.search(r"encrypted +mx1\.", told)
    assert re.search(r"encrypted +mx2\.", told)


def test_what_the_walk_rests_on_stays_in_sight() -> None:
    doubtful = replace(made.REPLAYED, strange_anchor=True, anchor="own")
    told = brief.render(build(made.walk(), [posture("rfc")], {}, provenance=doubtful)).splitlines()
    for line in (told[0], told[-1]):
        assert "not evidence: " in line
        assert "replayed from a capture" in line
    assert any("the capture says 2026-11-23" in line for line in told[1:-1])
