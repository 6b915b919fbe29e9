"""Postures of one's own: a preset with other fields."""

from __future__ import annotations

import tomllib

import pytest

from mailpath.judge.fields import fields_of, written
from mailpath.judge.own import BadPosture, own_posture
from mailpath.judge.posture import DaneUse, Level, Reference
from mailpath.judge.presets import PRESETS


def test_fields_change_and_the_rest_is_the_bases():
    made = own_posture(
        "ours", {"base": "dane", "sts": True, "level": "encrypt", "references": ["mx", "nexthop"]}
    )
    base = PRESETS["postfix-dane"]
    assert (made.name, made.sts, made.level) == ("ours", True, Level.ENCRYPT)
    assert made.references == (Reference.MX, Reference.NEXTHOP)
    assert made.dane is base.dane is DaneUse.OPPORTUNISTIC
    assert made.agent is base.agent
    assert made.title == 'postfix-dane with sts = true, level = "encrypt", references = ["mx", "nexthop"]'


def test_inner_records_change_by_field():
    made = own_posture("ours", {"dane_rules": {"agility": False}, "title": "t"})
    assert made.agent.dane_rules.agility is False
    assert made.agent.dane_rules.name_rules == PRESETS["rfc"].agent.dane_rules.name_rules
    assert made.title == "t"
    assert own_posture("ours", {"dane_rules": {"agility": False}}).title == (
        "rfc with dane_rules.agility = false"
    )


def test_what_is_said_is_no_longer_unknown():
    name, preset = next((name, each) for name, each in PRESETS.items() if each.unknown)
    field = next(iter(preset.unknown))
    made = own_posture("ours", {"base": name, field: getattr(preset, field)})
    assert set(made.unknown) == set(preset.unknown) - {field}
    assert own_posture("same", {"base": name}).unknown == preset.unknown


@pytest.mark.parametrize(
    ("name", "table", "sentence"),
    [
        ("rfc", {}, "name of a preset"),
        ("dane", {}, "name of a preset"),
        ("Ours", {}, "no name of a posture"),
        ("\x1b[1m", {}, "no name of a posture"),
        ("ours", {"base": "none-such"}, "no preset 'none-such'"),
        ("ours", {"base": 1}, "no preset 1"),
        ("ours", {"levle": "may"}, "no field 'levle'"),
        ("ours", {"family": "exim"}, "no field 'family'"),
        ("ours", {"unknown": {}}, "no field 'unknown'"),
        ("ours", {"levle": "may"}, "Did you mean level?"),
        ("ours", {"wibble": 1}, "`mailpath postures rfc` lists them"),
        ("ours", {"level": "most"}, "level: Invalid enum value"),
        ("ours", {"level": "most"}, "there are: none, may, encrypt, verify, secure."),
        ("ours", {"references": ["mxx"]}, "there are: mx, canonical, nexthop, "),
        ("ours", {"sts": "yes"}, "sts: Expected `bool`"),
        ("ours", {"dane_rules": {"agile": True}}, "no field 'agile'"),
        ("ours", {"dane_rules": 1}, "dane_rules: "),
        ("ours", {"min_tls": "TLSv1.9"}, "min_tls: 'TLSv1.9' is no TLS version"),
        ("ours", {"min_tls_authenticated": 1.2}, "min_tls_authenticated: 1.2 is no TLS version"),
        ("ours", {"address_limit": -1}, "address_limit: -1 is less than nothing"),
        ("ours", {"min_tls": ["TLSv1.2"]}, "min_tls: ['TLSv1.2'] is no TLS version"),
    ],
)
def test_what_makes_no_posture(name, table, sentence):
    with pytest.raises(BadPosture, match=r".") as told:
        own_posture(name, table)
    assert sentence in str(told.value)


def test_every_field_is_explained_and_can_be_set_as_it_is_written():
    for base in PRESETS.values():
        for field in fields_of(base):
            assert field.about, field.name
            lines = "\n".join(written(field.name, field.value))
            made = own_posture("ours", {"base": base.name, **tomllib.loads(lines)})
            told, given = ({each.name: each for each in fields_of(one)}[field.name] for one in (made, base))
            assert told.value == given.value
            assert (field.name in base.unknown) is bool(field.candidates)
