"""Which habits decided: those without which the RFCs' sender would have gone another way."""

from __future__ import annotations

import pytest
from judge_builders import INSECURE, SELF, STALE, WEB, aborts, ee, greets, mx, path, policy, refuses, tls

from mailpath.facts import Walk
from mailpath.judge import Verdict, judge
from mailpath.judge import rules as judge_rules
from mailpath.judge.because import explained
from mailpath.judge.presets import PRESETS
from mailpath.judge.rules import RULES, catalogue, deviations, rule_id, value_of

LISTED = policy("mx1.b.example")
HALF = path(mx("mx1", tls(SELF), tlsa=(STALE,)), signed=True, mx_security=INSECURE)


def told(walk: Walk, name: str) -> Verdict:
    verdicts = {name: judge(walk, PRESETS[name])}
    return explained(verdicts, [PRESETS[name]], lambda posture: judge(walk, posture))[name]


def told_of(verdict: Verdict) -> tuple[object, ...]:
    return verdict.outcome, verdict.event, verdict.mechanism, verdict.after_retry


BECAUSE = [
    ("postfix-may", path(mx("mx1", tls(WEB))), ()),
    ("exim", path(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), signed=True), ()),
    ("rfc", path(mx("mx1", greets("554 no"))), ()),
    ("postfix-may", path(mx("mx1", greets("554 no"))), ("greeting-5xx",)),
    ("exim", path(mx("mx1", aborts)), ("fallback",)),
    ("exim-noclear", path(mx("mx1", refuses("454 no"))), ("starttls-4xx",)),
    ("exim-require-dane", path(mx("mx1", tls(WEB))), ("dane-missing",)),
    ("kumomta", path(mx("mx1", tls(SELF))), ("optional-check",)),
    ("gmail", path(mx("mx1", tls(WEB)), sts=LISTED), ("sts-on-first-contact",)),
    ("postfix-dane-sts", path(mx("mx1", tls(WEB), tlsa=(STALE,)), signed=True, sts=LISTED), ("precedence",)),
    ("postfix-dane-policy", HALF, ("insecure-mx",)),
]


@pytest.mark.parametrize(("name", "walk", "rules"), BECAUSE)
def test_the_rules_that_decided(name, walk, rules):
    assert told(walk, name).because == rules


def test_what_an_operator_asks_for_is_no_rule():
    # Without DANE and MTA-STS, which this operator has not asked for, the RFCs' sender delivers as well.
    walk = path(mx("mx1", tls(SELF), tlsa=(STALE,)), signed=True, sts=LISTED)
    assert told(walk, "postfix-may").because == ()


def test_an_attempt_before_the_one_that_decided_has_rules_of_its_own():
    walk = path(mx("mx1", greets("554 no")), mx("mx2", tls(WEB), at=20))
    assert [each.because for each in told(walk, "exim").attempts] == [(), ()]
    aborted = path(mx("mx1", aborts), mx("mx2", tls(WEB), at=20))
    assert [each.because for each in told(aborted, "exim").attempts] == [("fallback",)]


def test_rules_of_which_each_would_have_done_alone_are_all_told():
    walk = path(mx("mx1", greets("554 no")), mx("mx2", address="fails", at=20))
    assert told(walk, "exim-require-dane").because == ("dane-missing", "tries-next-mx-without-tlsa")


def test_the_name_that_a_sender_logs_a_host_under_decides_nothing():
    walk = path(mx("mx1", tls(SELF), tlsa=(STALE,), security=INSECURE, alias="real.b.example"), signed=True)
    verdict = told(walk, "exim-require-dane")
    assert verdict.attempts[0].host == "real.b.example"
    assert verdict.because == ("tlsa-at-alias", "dane-missing")


@pytest.mark.parametrize(("name", "walk", "rules"), BECAUSE)
def test_a_rule_given_up_leads_another_way(name, walk, rules):
    """The claim that `because` makes, held against the judge."""
    verdict = judge(walk, PRESETS[name])
    for field in (each for each in RULES if rule_id(each) in rules):
        other = judge(walk, PRESETS[name].changed(**{field: value_of(PRESETS["rfc"], field)}))
        assert told_of(other) != told_of(verdict)


def test_every_rule_says_what_it_means():
    for rule in catalogue().values():
        assert rule.about, rule.id
        assert rule.rfc, rule.id
        assert all(names for names in rule.others.values())
    assert catalogue().keys() >= judge_rules._TOLD.keys()


def test_every_deviation_of_a_preset_has_a_clause_of_its_own():
    for name, posture in PRESETS.items():
        for field in deviations(posture):
            said = judge_rules.told(posture, rule_id(field))
            assert "this sender" in said, (name, field)
            assert not [part for part in (" = ", "{") if part in said], (name, field)
            assert not said.endswith((".", ": ")), (name, field)


def test_what_no_preset_has_is_told_as_the_config_file_has_it():
    own = PRESETS["rfc"].changed(sni_dane="mx")
    assert judge_rules.told(own, "sni-dane") == 'this sender has sni_dane = "mx"'
