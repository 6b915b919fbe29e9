"""What a survey writes: the decision first, for people, spreadsheets, Postfix and monitoring."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from importlib import resources
from pathlib import Path
from typing import get_args

import click
import goldens
import jsonschema
import pytest
from msgspec.structs import replace
from pages import Page
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from mailpath.commands.outputs import form_of
from mailpath.commands.survey_outputs import wanted
from mailpath.files import FileError
from mailpath.judge import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.survey.lists import FORMATS as LISTS
from mailpath.survey.out import FORMATS, SUFFIXES, OutputError, refuse_unfit, render
from mailpath.survey.out.decision import percent, reason_of
from mailpath.survey.out.letters import letters
from mailpath.survey.out.parquet import files_for
from mailpath.survey.out.policy_map import level_of
from mailpath.survey.results import Cause, Group, Results, Row, results_of, row_of
from mailpath.survey.store import Store
from mailpath.wording.phrases import amount

MADE = 1795953600  # 2026-11-29
TODAY, DANE, STS = "postfix-may", "postfix-dane", "postfix-sts"
A, E, D, B, U = Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED, Outcome.BOUNCED, Outcome.UNKNOWN
#: The formats that are text, and one file.
TEXTS = {*FORMATS} - {"parquet"}
STALE = Cause(
    event="tlsa-mismatch",
    code="TLSA002",
    side="recipient-admin",
    reason="Its certificate matches none of its TLSA records.",
)
#: What a stranger can put where a report shows it: a formula, markup, a line, an escape sequence.
HOSTILE = (
    '=X("//evil.example")</pre><script>x</script>\nevil.example dane\x1b]52;c;eA==\x07 \u202e{{7*7}} "\\'
)


def row(
    domain: str, mails: int, today: Outcome, dane: Outcome, cause: Cause | None = None, **also: str
) -> Row:
    causes = {} if cause is None else {DANE: cause}
    if today not in (A, E):
        causes[TODAY] = cause or Cause(event="mx-failed")
    return row_of(
        domain,
        mails,
        outcomes={TODAY: today, DANE: dane},
        causes=causes,
        today=TODAY,
        operator=also.pop("operator", domain),
        hosts=(f"mx.{domain}",),
        **also,
    )


def results(*rows: Row, store: str = "/var/survey", postures: tuple[str, ...] = (DANE,)) -> Results:
    return results_of(rows, store=store, today=TODAY, postures=postures)


TOLD = results(
    row("bank.example", 2000, E, D, STALE, operator="mail-host.example"),
    replace(
        row("shop.example", 90, E, D, STALE, operator="mail-host.example"),
        assumed_from="mx1.mail-host.example",
    ),
    row("xn--bcher-kva.example", 7, E, B, Cause(event="server-refused", side=None, reason="It said no.")),
    row("good.example", 12_000, E, A),
    row("as-before.example", 345_678, E, E),
    row("dead.example", 1, D, D),
    row("dark.example", 5, E, U, Cause(event="mx-failed")),
    row("later.example", 4, D, D, inconclusive="192.0.2.1 turned us away for now, with 421."),
)


def test_the_page_and_the_policy_map_for_people() -> None:
    def letter(domain: str, posture: str) -> str:
        return f"Subject: {domain} under {posture}\n"

    goldens.assert_golden("survey.txt", render(TOLD, "text", made=MADE, letter=letter))
    made = render(TOLD, "policy-map", made=MADE, today=PRESETS[TODAY])
    goldens.assert_golden("survey.policy", made)
    entries = [line.split() for line in made.splitlines() if line and not line.startswith("#")]
    assert entries == [["bank.example", "may"], ["shop.example", "may"], ["xn--bcher-kva.example", "may"]]


def test_the_decision_is_the_same_in_every_format() -> None:
    told = json.loads(render(TOLD, "json", made=MADE))
    shipped = json.loads(resources.files("mailpath.survey.out").joinpath("schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(shipped)
    jsonschema.Draft202012Validator(shipped).validate(told)
    assert {"schema", "store", "today", "domains", "mails", "postures", "rows"} <= told.keys()
    assert told["postures"][DANE].keys() == {*get_args(Group)}
    named = {"domain", "mails", "operator", "hosts", "outcomes", "event", "code", "side", "reason"}
    assert all(named <= each.keys() for each in told["rows"])
    families = {
        each.name: each for each in text_string_to_metric_families(render(TOLD, "openmetrics", made=MADE))
    }
    table = list(csv.DictReader(io.StringIO(render(TOLD, "csv", made=MADE), newline="")))
    for what in ("domains", "mails"):
        gauges = {each.labels["group"]: each.value for each in families[f"mailpath_survey_{what}"].samples}
        assert gauges == {group: count[what] for group, count in told["postures"][DANE].items()}
        counted = dict.fromkeys(gauges, 0)
        for line in table:
            counted[line[f"group {DANE}"]] += 1 if what == "domains" else int(line["mails"])
        assert gauges == counted
        causes = families[f"mailpath_survey_newly_deferred_{what}"].samples
        assert sum(each.value for each in causes) == gauges["newly_deferred"]
    assert [line["domain"] for line in table] == [each["domain"] for each in told["rows"]]
    page = Page(render(TOLD, "html", made=MADE, letter=lambda domain, posture: f"Dear {domain}"))
    assert "Under postfix-dane, 3 of 8 domains would stop getting mail" in "".join(page.inside["h2"])
    assert page.inside["pre"] == ["Dear bank.example", "Dear shop.example"]


def test_nothing_that_a_stranger_wrote_is_more_than_text() -> None:
    hostile = row("b.example", 3, E, D, Cause(event=HOSTILE, reason=HOSTILE), operator=HOSTILE)
    for cell in ("+1", "-1", "@x", "\tx"):
        hostile_too = row(f"c{ord(cell[0])}.example", 1, E, D, Cause(reason=cell), operator=cell)
        hostile = hostile if cell != "@x" else hostile_too
        found = results(hostile, hostile_too, store=HOSTILE)
        for form in TEXTS:
            text = render(found, form, made=MADE, letter=lambda domain, posture: "x")
            assert not any(mark in text for mark in "\x1b\x07\u202e"), form
        cells = [each for line in csv.reader(io.StringIO(render(found, "csv", made=MADE))) for each in line]
        assert not [each for each in cells if each[:1] in "=+-@\t\r\n" and each]
        policy = render(found, "policy-map", made=MADE).splitlines()
        assert {line.split()[0] for line in policy if line} <= {
            "#",
            "b.example",
            *(each.domain for each in found.rows),
        }
        assert list(text_string_to_metric_families(render(found, "openmetrics", made=MADE)))
        page = Page(render(found, "html", made=MADE))
        assert page.open == []
        page.assert_self_contained()
        assert "script" not in [tag for tag, _ in page.elements]
        (style,) = page.inside["style"]
        policies = [str(attrs["content"]) for _, attrs in page.elements if "http-equiv" in attrs]
        assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policies[0]


def test_a_survey_of_any_size_fits_on_a_page() -> None:
    many = results(*(row(f"b{number}.example", number + 1, E, D, STALE) for number in range(3000)))
    assert len(render(many, "text", made=MADE).splitlines()) < 150
    asked: list[str] = []

    def letter(domain: str, posture: str) -> str:
        asked.append(domain)
        return "x"

    page = render(many, "html", made=MADE, letter=letter)
    assert len(asked) == 100
    assert "and 2,000 more: the CSV has all of them." in page
    assert len(page) < 2_000_000
    assert len(render(many, "csv", made=MADE).splitlines()) == 3001
    nothing = results()
    assert "no domain would stop" in render(nothing, "text", made=MADE)
    assert "There is no exception to make." in render(nothing, "policy-map", made=MADE)
    for form in TEXTS:
        assert render(nothing, form, made=MADE)
    assert all(len(line) <= 80 for line in render(results(*many.rows[:9]), "text", made=MADE).splitlines())


def test_a_policy_map_is_for_one_posture_of_postfix() -> None:
    refuse_unfit("policy-map", [PRESETS[DANE]])
    refuse_unfit("html", [PRESETS["exim"], PRESETS[DANE]])
    with pytest.raises(OutputError, match="exceptions from one posture"):
        refuse_unfit("policy-map", [PRESETS[DANE], PRESETS[STS]])
    with pytest.raises(OutputError, match="is Postfix's"):
        refuse_unfit("policy-map", [PRESETS["exim"]])
    with pytest.raises(OutputError, match="exceptions from one posture"):
        render(results(postures=(DANE, STS)), "policy-map", made=MADE)
    levels = {
        name: level_of(PRESETS[name]) for name in PRESETS if name.startswith("postfix-") and "." not in name
    }
    assert levels["postfix-none"] == "none"
    assert levels[STS] == levels[TODAY] == level_of(None) == "may"
    assert levels["postfix-dane-sts"] == levels[DANE] == "dane"
    for level in ("encrypt", "verify", "secure", "dane-only"):
        assert levels[f"postfix-{level}"] == level


def test_the_letter_tells_what_would_happen(surveyed: Path) -> None:
    with Store(surveyed) as store:
        letter = letters(store, PRESETS)
        text = letter("dane-stale.example", DANE)
        assert letter("nobody.example", DANE) == letter("dane-stale.example", "mine") == ""
        found = results_of(store.rows(), store=str(surveyed), today=TODAY, postures=[DANE])
        assert text in render(found, "text", made=MADE, letter=lambda domain, posture: text)
    assert text.startswith("Subject: Mail to dane-stale.example: about to fail\n")
    assert "reaches you today" in text
    assert "\n_25._tcp.mx1.dane-stale.example. TLSA 3 1 1 " in text


def test_the_remedy_is_for_those_who_can_mend_it() -> None:
    theirs = reason_of(Cause(code="TLS002", side="recipient-admin")).fix
    ours = reason_of(Cause(code="TLS002", side="sender-admin")).fix
    assert theirs.startswith("Enable STARTTLS")
    assert ours == f"Make an exception for the domain. On its own side: {theirs}"


def test_small_words() -> None:
    assert [percent(part, 1000) for part in (0, 1, 5, 120, 1000)] == ["0%", "0.1%", "0.5%", "12%", "100%"]
    assert (percent(1, 10**6), percent(10**6 - 1, 10**6), percent(0, 0)) == ("< 0.1%", "> 99.9%", "0%")
    assert (amount(1, "mail"), amount(1234, "mail")) == ("1 mail", "1,234 mails")
    named = {None: "text", "x.CSV": "csv", "x.prom": "openmetrics", "x.policy": "policy-map"}
    assert {name: form_of(None, name, SUFFIXES) for name in named} == named
    assert form_of("json", "x.csv", SUFFIXES) == "json"


def test_the_page_of_the_manual_has_every_format() -> None:
    page = (Path(__file__).parents[2] / "docs" / "survey.md").read_text(encoding="utf-8")
    page = page.partition("## On the screen")[0]
    first = {
        word for cell in re.findall(r"^\| (.*?) \|", page, re.M) for word in re.findall(r"`([^`]+)`", cell)
    }
    endings = {".txt", ".html", ".json", ".csv", ".policy", ".prom", ".parquet"}
    assert first == {"--log-format", "--format", "-o FILE", *LISTS, *FORMATS, *endings}
    assert {form_of(None, f"x{ending}", SUFFIXES) for ending in endings} == {*FORMATS}


def test_tables_are_refused_before_anything_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("mailpath.survey.out.parquet.find_spec", lambda name: None)
    with pytest.raises(OutputError, match=re.escape("pip install 'mailpath[parquet]'")):
        refuse_unfit("parquet", [PRESETS[DANE]])
    with pytest.raises(click.UsageError, match="Parquet is three files: name them with -o"):
        wanted("parquet", [], {})
    (tmp_path / "x-hosts.parquet").mkdir()
    with pytest.raises(FileError, match=r"The file of -o cannot be written: "):
        wanted(None, [str(tmp_path / "x.parquet")], {})
    assert files_for("a.b/c")["hosts"] == "a.b/c-hosts.parquet"
