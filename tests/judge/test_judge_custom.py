"""Postures of one's own: a preset with other fields."""

from __future__ import annotations

import tomllib

import pytest

from mailpath import config
from mailpath.judge.custom import BadPosture, custom_posture
from mailpath.judge.fields import fields_of, written
from mailpath.judge.habits import Reference
from mailpath.judge.posture import DaneUse, Level
from mailpath.judge.presets import AGENTS, PRESETS
from mailpath.match.names import GNUTLS


def test_fields_change_and_the_rest_is_the_bases():
    made = custom_posture(
        "ours", {"base": "dane", "sts": True, "level": "encrypt", "references": ["mx", "nexthop"]}
    )
    base = PRESETS["postfix-dane"]
    assert (made.name, made.sts, made.level) == ("ours", True, Level.ENCRYPT)
    assert made.references == (Reference.MX, Reference.NEXTHOP)
    assert made.dane is base.dane is DaneUse.OPPORTUNISTIC
    assert made.agent is base.agent
    assert made.title == 'postfix-dane with sts = true, level = "encrypt", references = ["mx", "nexthop"]'


def test_inner_records_change_by_field():
    made = custom_posture("ours", {"dane_rules": {"agility": False}, "title": "t"})
    assert made.agent.dane_rules.agility is False
    assert made.agent.dane_rules.name_rules == PRESETS["rfc"].agent.dane_rules.name_rules
    assert made.title == "t"
    assert custom_posture("ours", {"dane_rules": {"agility": False}}).title == (
        "rfc with dane_rules.agility = false"
    )


def test_what_is_said_is_no_longer_unknown():
    name, preset = next((name, each) for name, each in PRESETS.items() if each.unknown)
    field = next(iter(preset.unknown))
    made = custom_posture("ours", {"base": name, field: getattr(preset, field)})
    assert set(made.unknown) == set(preset.unknown) - {field}
    assert custom_posture("same", {"base": name}).unknown == preset.unknown


@pytest.mark.parametrize(
    ("name", "table", "sentence"),
    [
        ("rfc", {}, "name of a preset"),
        ("dane", {}, "name of a preset"),
        ("Ours", {}, "not a posture name"),
        ("\x1b[1m", {}, "not a posture name"),
        ("ours", {"base": "none-such"}, "no preset 'none-such'"),
        ("ours", {"base": 1}, "no preset 1"),
        ("ours", {"levle": "may"}, "no field 'levle'"),
        ("ours", {"family": "exim"}, "no field 'family'"),
        ("ours", {"unknown": 1}, "must be a table"),
        ("ours", {"unknown": {"min_tls": ["TLSv1"]}}, "a list of the values"),
        ("ours", {"unknown": {"sni_dane": ["mx", "base"]}}, "only what an operator sets"),
        ("ours", {"unknown": {"min_tls": ["TLSv1", "TLSv9"]}}, "min_tls: Invalid enum value"),
        ("ours", {"recipients": {}}, "no field 'recipients'"),
        ("ours", {"levle": "may"}, "Did you mean 'level'?"),
        ("ours", {"wibble": 1}, "`mailpath postures rfc --all` lists them"),
        ("ours", {"level": "most"}, "level: Invalid enum value"),
        ("ours", {"level": "most"}, "the values are none, may, encrypt, verify, secure."),
        ("ours", {"references": ["mxx"]}, "the values are mx, canonical, nexthop, "),
        ("ours", {"sts": "yes"}, "sts: Expected `bool`"),
        ("ours", {"dane_rules": {"agile": True}}, "no field 'agile'"),
        ("ours", {"dane_rules": 1}, "dane_rules: "),
        (
            "ours",
            {"min_tls": "TLSv1.9"},
            "min_tls: Invalid enum value 'TLSv1.9'; the values are SSLv3, TLSv1, ",
        ),
        ("ours", {"min_tls_authenticated": 1.2}, "min_tls_authenticated: Expected `str`"),
        ("ours", {"address_limit": -1}, "address_limit: -1 is negative"),
        ("ours", {"min_tls": ["TLSv1.2"]}, "min_tls: Expected `str`"),
    ],
)
def test_what_makes_no_posture(name, table, sentence):
    with pytest.raises(BadPosture, match=r".") as told:
        custom_posture(name, table)
    assert sentence in str(told.value)


def test_every_field_is_explained_and_can_be_set_as_it_is_written():
    set_alone = set()
    for base in PRESETS.values():
        given = {each.name: each for each in fields_of(base)}
        lines = {name: "\n".join(written(name, field.value)) for name, field in given.items()}
        for name, field in given.items():
            assert field.about, name
            assert (name in base.unknown) is bool(field.candidates)
            if lines[name] not in set_alone:
                set_alone.add(lines[name])
                made = custom_posture("ours", {"base": base.name, **tomllib.loads(lines[name])})
                assert {each.name: each.value for each in fields_of(made)}[name] == field.value
        made = custom_posture("ours", {"base": base.name, **tomllib.loads("\n".join(lines.values()))})
        assert {each.name: each.value for each in fields_of(made)} == {
            name: field.value for name, field in given.items()
        }


def test_another_agent_leaves_the_policy():
    made = custom_posture("ours", {"base": "postfix-dane", "agent": "postfix-3.10"})
    assert (made.agent, made.dane) == (AGENTS["postfix-3.10"], DaneUse.OPPORTUNISTIC)
    assert made.title == 'postfix-dane with agent = "postfix-3.10"'


def test_a_record_can_be_named():
    assert custom_posture("ours", {"name_rules": "gnutls"}).agent.name_rules == GNUTLS


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('levle = "may"', "line 3, posture.ours.levle"),
        ("address_limit = -1", "line 3, posture.ours.address_limit"),
        ("duplicates = 1", "line 3, posture.ours.duplicates"),
        ("duplicates = true\nretry_duplicate_mx = true", "line 4, posture.ours.retry_duplicate_mx"),
        ("dane_rules = { agile = true }", "line 3, posture.ours.dane_rules.agile"),
        ("sts = true\n[posture.ours.dane_rules]\nagile = true", "line 5, posture.ours.dane_rules.agile"),
        ('agent = "sendmail"', "line 3, posture.ours.agent"),
        ("agent = [1]", "line 3, posture.ours.agent"),
    ],
)
def test_a_mistake_is_told_with_the_line_of_its_key(text, where, tmp_path):
    file = tmp_path / "config.toml"
    file.write_text(f"[posture.ours]\ntitle = 't'\n{text}\n", encoding="utf-8")
    own, (problem,) = config.load(file).own_postures()
    assert own == {}
    assert problem.startswith(f"{where}: ")
