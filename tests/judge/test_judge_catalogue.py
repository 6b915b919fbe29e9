"""The catalogue of rules: how the RFCs' sender has each, how others have it, and who says nothing."""

from __future__ import annotations

from msgspec.structs import replace

from mailpath.judge.fields import fields_of, written
from mailpath.judge.presets import PRESETS
from mailpath.judge.rules import RULES, Rule, _rule, catalogue, rule_id


def ruled(field: str, *names: str, silent: str = "") -> Rule:
    """The rule as it would stand if there were these presets only, and this one were silent about it too."""
    fields = {name: {each.name: each for each in fields_of(PRESETS[name])} for name in names}
    if silent:
        fields[silent][field] = replace(fields[silent][field], candidates=("one", "another"))
    return _rule(field, fields)


def test_what_differs_is_told_with_those_who_have_it_so():
    rule = ruled("lost_in_tls", "rfc", "mox", "postfix-may", "zone-mta", "haraka")
    as_handshake, next_one = ('lost_in_tls = "as-handshake"',), ('lost_in_tls = "next"',)
    assert (rule.id, rule.rfc, rule.silent) == ("lost-in-tls", as_handshake, ())
    assert rule.others == {next_one: ("mox", "haraka"), ('lost_in_tls = "defer"',): ("zone-mta",)}
    assert rule.means[as_handshake] == "the same as a handshake that fails"
    assert rule.means.keys() == {as_handshake, *rule.others}


def test_who_is_silent_has_it_in_no_way():
    rule = ruled("min_tls", "rfc", "mox", "gmail")
    assert (rule.others, rule.silent) == ({('min_tls = "TLSv1.2"',): ("mox",)}, ("gmail",))
    assert rule.means == {}  # a version is no word
    rule = ruled("min_tls", "rfc", "mox", "gmail", silent="mox")
    assert (rule.others, rule.silent) == ({}, ("mox", "gmail"))


def test_of_a_record_only_the_lines_that_differ_are_told():
    rule = ruled("patience", "rfc", "stalwart", "postfix-sts")
    assert rule.rfc == ("patience.handshake = 300", "patience.policy = 60")
    assert rule.others == {
        ("patience.handshake = 180", "patience.policy = 300"): ("stalwart",),
        ("patience.policy = 4",): ("postfix-sts",),
    }
    assert len(ruled("patience", "rfc").rfc) == 7  # all, where nobody differs


def test_every_preset_stands_where_its_fields_put_it():
    fields = {name: {each.name: each for each in fields_of(preset)} for name, preset in PRESETS.items()}
    for field in RULES:
        rule = catalogue()[rule_id(field)]
        usual = {*written(field, fields["rfc"][field].value)}
        for name, own in fields.items():
            lines = {*written(field, own[field].value)} - usual
            silent = bool(own[field].candidates)
            assert (name in rule.silent) == silent, (field, name)
            told = [{*lines} for lines, names in rule.others.items() if name in names]
            assert told == ([lines] if lines and not silent else []), (field, name)
