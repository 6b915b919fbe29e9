"""Scenario files: the built-in ones are complete, and nothing else is accepted."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab, ScenarioError, load, scenarios
from mailpath.lab.scenario import sender

POSTURES = {
    "rfc",
    *(
        f"postfix-{level}"
        for level in ["none", "may", "encrypt", "verify", "secure", "dane", "dane-only", "sts", "dane-sts"]
    ),
}
TOPICS = {
    "plaintext",
    "opportunistic",
    "pkix-good",
    "starttls-refused",
    "handshake-aborted",
    "cert-expired",
    "cert-wrong-name",
    "dane-good",
    "dane-stale",
    "dane-ta",
    "signed-no-tlsa",
    "bogus",
    "bogus-ds",
    "sts-enforce",
    "sts-bad-cert",
    "sts-mx-not-listed",
    "sts-testing",
    "two-mx-weak",
    "dane-first-bad-second-weak",
    "null-mx",
    "half-dane",
    "dane-unusable",
    "implicit-mx",
    "sts-and-dane-disagree",
    "ipv6",
    "mx-cname-dane",
    "idn",
    "nsec3",
    "injected-starttls",
    "no-mx-host",
}
GOOD = 'id = "x"\ntitle = "t"\nteaches = "t"\nhint = "h"\n'


def test_every_named_scenario_is_there_once() -> None:
    ids = [each.id for each in scenarios()]
    domains = [each.domain for each in scenarios()]
    assert len(set(ids)) == len(ids)
    assert len(set(domains)) == len(domains)
    assert set(ids) >= TOPICS


def test_files_are_named_after_their_scenario() -> None:
    folder = resources.files("mailpath.lab") / "scenarios"
    names = sorted(file.name for file in folder.iterdir())
    assert [re.sub(r"^\d\d-|\.toml$", "", name) for name in names] == [each.id for each in scenarios()]


LEVELS = {name.removeprefix("postfix-") for name in PRESETS if name.startswith("postfix-")} - {"none"}


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda each: each.id)
def test_a_scenario_teaches_and_expects(scenario) -> None:
    missing = sorted(POSTURES - set(scenario.expect))
    assert not missing, f"[expect] has no outcome for {', '.join(missing)}"
    sentences = len(re.findall(r"[.?!](?:\s|$)", scenario.teaches))
    assert 2 <= sentences <= 6, f"`teaches` has {sentences} sentences, but 2 to 6 are wanted"
    assert "\n" not in scenario.hint
    assert scenario.hint
    assert not set(re.findall(r"[\w.-]+", scenario.hint)) & LEVELS  # but "postfix-may", as in the app's list
    assert scenario.sender == "a.example"


def test_the_sender_is_no_scenario() -> None:
    assert sender().domain == "a.example"
    assert "a.example" not in {each.domain for each in scenarios()}


def test_international_domain() -> None:
    scenario = next(each for each in scenarios() if each.id == "idn")
    assert scenario.domain.startswith("xn--")


def test_names_are_relative_to_the_domain() -> None:
    scenario = scenarios()[0]
    assert scenario.absolute("mx1") == f"mx1.{scenario.domain}"
    assert scenario.absolute("@") == scenario.domain
    assert scenario.absolute("*.@") == f"*.{scenario.domain}"
    assert scenario.absolute("MX.Other.example.") == "mx.other.example"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id = ", "Invalid value"),
        ('id = "x"\n', "title"),
        (GOOD + "colour = 1\n", "colour"),
        (GOOD + "domain = 5\n", "domain"),
        (GOOD + 'domain = "a..b"\n', "domain"),
        (GOOD.replace('"x"', '"X y"'), "`id`"),
        (GOOD + '[[zone]]\nsec = "sealed"\n', "zone[0].sec"),
        (GOOD + '[[server]]\nhost = "mx1"\nstarttls = "maybe"\n', "server[0]"),
        (GOOD + '[[server]]\nhost = "mx1"\ncert = "gold"\n', "server[0].cert"),
        (GOOD + '[[server]]\nhost = "mx1"\nbanner_delay = 900.0\n', "banner_delay"),
        (GOOD + '[[server]]\nhost = "mx1"\ntls = { max = "2.0" }\n', "server[0].tls.max"),
        (GOOD + '[[server]]\nhost = "mx1"\ncert = { preset = "self", sha = "sha1" }\n', "`sha`"),
        (GOOD + "[sts]\nstatus = 99\n", "status"),
        (GOOD + '[[zone]]\nrr = ["_25._tcp.mx9 {tlsa 3 1 1 mx9}"]\n', "mx9"),
        (GOOD + '[[zone]]\nrr = ["x {tlsa 3 1 1 mx1/no}"]\n[[server]]\nhost = "mx1"\n', "unknown part"),
        (GOOD + '[expect]\nrfc = "fine"\n', 'expect."rfc"'),
        (GOOD + '[[zone]]\nrr = ["$GENERATE 1-1000000 a$ A 192.0.2.1"]\n', "begins with $"),
        (GOOD + '[[zone]]\nrr = ["  $INCLUDE /etc/passwd"]\n', "begins with $"),
        (GOOD + '[[zone]]\nrr = ["a A 192.0.2.1\\n$GENERATE 1-9 a$ A 192.0.2.1"]\n', "more than one line"),
        (GOOD + "[[zone]]\nrr = [" + '"a A 192.0.2.1",' * 5001 + "]\n", "more than 5000 lines"),
    ],
    ids=range(20),
)
def test_strict_errors_name_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (
            '[[zone]]\n\n[[server]]\nhost = "mx1"\n\n[[server]]\nhost = "mx2"\nbanner = "hello"\n',
            "line 12: server[1].banner",
        ),
        ('[[zone]]\nrr = [\n  "@ MX 10 mx1",\n  "$ORIGIN x",\n]\n', "line 8: zone.rr"),
        ('[[server]]\nhost = "mx1"\ncert = { days = [2.0, 1.0] }\n', "line 7: server[0].cert.days"),
        ('[[server]]\nhost = "mx1"\ncert = { sent = [0, 3] }\n', "line 7: server[0].cert.sent"),
        ('[[server]]\nhost = "mx1"\npause = { EHLO = 61.0 }\n', "line 7: server[0].pause"),
        ('[[fault]]\nanswer = "nonsense"\n', "line 6: fault[0].answer"),
        ('[[server]]\nhost = "mx1"\nptr = "a b"\n', "line 7: server.ptr"),
        ('[[server]]\nhost = "mx..1"\n', "line 6: server.host"),
        ('[[zone]]\nname = "b\u00fccher."\n', "line 6: zone.name"),
        ('[[server]]\nhost = "mx1"\ncert = { names = ["caf\u00e9"] }\n', ""),
        ('[[zone]]\nds = ["ED25519 SHA256"]\n', "line 6: zone[0].ds"),
        ('[[server]]\nhost = "mx1"\nsecond = "self"\n', "line 7: server[0].second"),
    ],
)
def test_an_error_names_the_line(tmp_path: Path, text: str, where: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD + text)
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: {where}")


def test_not_a_file_not_text_too_large(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match="not UTF-8"):
        load(tmp_path / "binary.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 300_000)
    with pytest.raises(ScenarioError, match="larger than"):
        load(tmp_path / "large.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[zone]]\nrr = ["@ MX ten mx1"]\n', "zone.rr"),
        ('[[zone]]\ntamper = ["MX"]\n', "zone.tamper"),
        ('[[zone]]\n[[server]]\nhost = "mx.elsewhere.example."\n', "server.host"),
        ('[[zone]]\n[[zone]]\nname = "@"\n', "there already"),
    ],
)
def test_what_cannot_be_built_says_which_scenario(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(GOOD + text)
    with pytest.raises(ScenarioError, match=rf"^x: .*{re.escape(says)}"):
        Lab.start((load(file),))
