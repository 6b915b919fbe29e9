"""Explanations and TLS reports over walks of the lab: neither says otherwise than the verdicts."""

from __future__ import annotations

import pytest

from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.tickets.explain import explain
from mailpath.tickets.tlsrpt import build, check, encode, read

NAMES = [scenario.id for scenario in scenarios()]
RUN = "after a change of presets or judge: python scripts/reaches.py"


@pytest.mark.parametrize("name", NAMES)
def test_the_sentence_of_a_failure_leads_back_to_its_posture(name, walks):
    walked = walks.of(name).walk
    for posture in PRESETS.values():
        verdict = judge(walked, posture)
        if verdict.outcome in (Outcome.DEFERRED, Outcome.BOUNCED):
            known = explain(verdict.reason).postures
            assert posture.name in known, f"{verdict.reason} ({RUN})"


@pytest.mark.parametrize("name", NAMES)
def test_every_sender_can_file_a_report(name, walks):
    walked = walks.of(name)
    for posture in PRESETS.values():
        report = build(walked.walk, posture, contact="tls@a.example", organization="A")
        assert check(report) == ()
        received = read(encode(report))
        assert not received.problems
        for failure in received.failures:
            assert (failure.walk, failure.sure) == (walked.scenario.domain, True)


@pytest.mark.parametrize("name", NAMES)
def test_the_posture_that_a_report_offers_meets_the_policy_it_failed(name, walks):
    walk = walks.of(name).walk
    for filer in ("rfc", "postfix-dane", "postfix-dane-only", "postfix-sts"):
        for failure in read(encode(build(walk, PRESETS[filer], contact="tls@a.example"))).failures:
            if failure.kind != "no-policy-found":
                assert failure.posture is not None
                again = read(encode(build(walk, PRESETS[failure.posture], contact="tls@a.example")))
                assert (failure.kind, failure.mx) in {(each.kind, each.mx) for each in again.failures}
