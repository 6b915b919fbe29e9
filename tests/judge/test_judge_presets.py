"""The presets: data, complete, and where they differ a test says so."""

from __future__ import annotations

import ast
import re
import time
import tomllib
from importlib import resources
from pathlib import Path

import msgspec
import pytest
from judge_builders import (
    INSECURE,
    SELF,
    STALE,
    WEB,
    WRONG,
    aborts,
    ee,
    failed,
    mx,
    path,
    plain,
    policy,
    tls,
    web,
)

import mailpath.judge
from mailpath.exchanges import Failure
from mailpath.facts import Found, StsFacts
from mailpath.judge import Outcome, judge
from mailpath.judge.fields import fields_of
from mailpath.judge.posture import Fallback, Posture
from mailpath.judge.presets import AGENTS, PRESETS, UnknownPosture, posture

#: Modules of the mechanism: no sender may be known to them by name.
MECHANISM = ("consulted", "delivery", "destination", "policy", "session", "trust", "sts", "__init__")


def test_the_presets_that_are_promised():
    promised = """rfc postfix-none postfix-may postfix-encrypt postfix-verify postfix-secure postfix-dane
        postfix-dane-only postfix-dane-policy postfix-sts postfix-dane-sts exim exim-none exim-opportunistic
        exim-noclear exim-require-tls exim-verify exim-require-dane"""
    assert set(promised.split()) <= set(PRESETS)
    assert next(iter(PRESETS)) == "rfc"


def test_every_preset_says_what_it_is_and_where_from():
    for name, preset in PRESETS.items():
        assert preset.name == name
        assert preset.title
        assert preset.source
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS)


def test_every_field_is_documented():
    for field in fields_of(PRESETS["rfc"]):
        assert field.about, field.name


def test_presets_of_one_server_share_its_agent():
    assert all(preset.agent is AGENTS[preset.agent.name] for preset in PRESETS.values())
    unused = set(AGENTS) - {preset.agent.name for preset in PRESETS.values()}
    assert not unused, f"agents without a preset: {', '.join(sorted(unused))}"


def test_no_two_presets_have_one_name():
    """The file itself says so, as TOML does of tables."""
    text = resources.files("mailpath.judge").joinpath("presets.toml").read_text("utf-8")
    for kind, known in (("posture", PRESETS), ("agent", AGENTS)):
        headings = re.findall(rf'^\[{kind}\."?([^"\]]+)"?\]$', text, re.MULTILINE)
        assert headings == list(known)
        with pytest.raises(tomllib.TOMLDecodeError, match="twice"):
            tomllib.loads(f'{text}\n[{kind}."{headings[-1]}"]\n')


def test_a_bare_postfix_level_means_postfix():
    assert posture("dane").name == "postfix-dane"
    assert posture("exim").name == "exim"
    with pytest.raises(UnknownPosture, match=r"no posture 'none such'\. The postures are rfc, postfix-none"):
        posture("none such")
    with pytest.raises(UnknownPosture, match=r"no posture 'dann'\. Did you mean 'dane'\?"):
        posture("dann")
    with pytest.raises(UnknownPosture):
        posture("")


def test_no_posture_has_code_of_its_own():
    """The mechanism reads fields; it knows no preset and no server by name."""
    folder = Path(mailpath.judge.__file__).parent
    names = {name.partition("-")[0] for name in PRESETS} - {"zone", "rfc"}
    for module in MECHANISM:
        tree = ast.parse((folder / f"{module}.py").read_text())
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not any("presets" in (each or "") for each in imported)
        docstrings = {
            node.body[0].value
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
            and isinstance(node.body[0], ast.Expr)
        }
        words = {
            node.value.lower()
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
        }
        assert not any(name in word for name in names for word in words)


def test_unknown_fields_exist_and_have_two_values_at_least():
    for preset in PRESETS.values():
        for field, values in preset.unknown.items():
            assert field in Posture.__struct_fields__
            assert len(set(values)) >= 2
            for value in values:
                assert type(value) is type(getattr(preset, field))


def test_a_verdict_that_hangs_on_an_unknown_field_is_unknown():
    base = PRESETS["postfix-may"]
    open_ended = msgspec.structs.replace(base, name="ours", unknown={"fallback": tuple(Fallback)})
    verdict = judge(path(mx("mx1", aborts)), open_ended)
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.possible == (Outcome.PLAINTEXT, Outcome.DEFERRED)
    assert "fallback" in verdict.reason
    assert verdict.host is None
    settled = judge(path(mx("mx1", tls(WEB))), open_ended)
    assert (settled.outcome, settled.possible) == (Outcome.ENCRYPTED, ())


def test_only_fields_that_were_asked_for_are_named():
    verdict = judge(path(mx("mx1", aborts)), PRESETS["opensmtpd"])
    assert verdict.outcome is Outcome.PLAINTEXT
    gmail = judge(path(mx("mx1", aborts)), PRESETS["gmail"])
    assert gmail.outcome is Outcome.UNKNOWN
    assert "starttls" not in gmail.reason


STS = policy("mx1.b.example")


@pytest.mark.parametrize(
    ("rule", "walk", "expected"),
    [
        (
            "half-DANE by a policy table",
            path(mx("mx1", tls(SELF), tlsa=(STALE,)), signed=True, mx_security=INSECURE),
            {"postfix-dane-policy": "encrypted", "postfix-3.10-dane-policy": "deferred"},
        ),
        (
            "the MX host name against the policy",
            path(mx("mx3", tls(WEB)), sts=STS),
            {"postfix-sts": "authenticated", "postfix-3.10-sts": "deferred", "postfix-tlspol": "deferred"},
        ),
        (
            "one label per wildcard",
            path(mx("a.mx1.b.example", tls(web("a.mx1.b.example"))), sts=policy("*.b.example")),
            {"postfix-sts": "authenticated", "postfix-3.10-sts": "deferred"},
        ),
        (
            "DANE before MTA-STS",
            path(mx("mx1", tls(WEB), tlsa=(STALE,)), signed=True, sts=STS),
            {"postfix-dane-sts": "authenticated", "postfix-tlspol": "deferred", "mox": "deferred"},
        ),
        (
            "a failing TLSA lookup never falls to MTA-STS",
            path(mx("mx1", tls(WEB), tlsa_fails=True), signed=True, sts=STS),
            {"postfix-dane-sts": "authenticated", "postfix-tlspol": "deferred"},
        ),
        (
            "both must hold",
            path(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), signed=True, sts=STS),
            {"mox": "deferred", "rfc": "authenticated", "postfix-tlspol": "authenticated"},
        ),
        (
            "a record that cannot be looked up",
            path(
                mx("mx1", tls(WEB)), sts=StsFacts(found=Found.FAILED, txt=failed("_mta-sts.b.example", "TXT"))
            ),
            {"mox": "deferred", "rfc": "encrypted", "postfix-sts": "encrypted"},
        ),
        (
            "a first contact that is not protected",
            path(mx("mx1", tls(SELF)), sts=STS),
            {"gmail": "encrypted", "rfc": "deferred", "chasquid": "deferred"},
        ),
        (
            "a bad certificate where TLS is optional",
            path(mx("mx1", tls(WRONG))),
            {"kumomta": "deferred", "stalwart": "encrypted", "haraka": "encrypted", "maddy": "encrypted"},
        ),
        (
            "no TLS where TLS is optional",
            path(mx("mx1", plain)),
            {"kumomta": "plaintext", "stalwart": "plaintext", "maddy": "deferred"},
        ),
    ],
)
def test_where_newer_and_other_senders_differ(rule, walk, expected):
    assert {name: judge(walk, PRESETS[name]).outcome.value for name in expected} == expected


def test_stalwart_takes_the_bad_certificate_on_the_retry():
    verdict = judge(path(mx("mx1", tls(WRONG))), PRESETS["stalwart"])
    assert verdict.after_retry
    assert [each.outcome.value for each in verdict.attempts] == ["deferred", "encrypted"]


def test_a_policy_that_the_walk_did_not_see_makes_the_verdict_unknown():
    """The sender would take the certificate of the policy host, but the fetch had refused it."""
    unseen = policy("mx1.b.example", status=None, failure=Failure.CERTIFICATE)
    verdict = judge(path(mx("mx1", tls(SELF)), sts=unseen), PRESETS["postfix-sts"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.possible == (Outcome.ENCRYPTED, Outcome.DEFERRED)  # no policy vouches for this certificate
    verdict = judge(path(mx("mx1", tls(WEB)), sts=unseen), PRESETS["postfix-sts"])
    assert verdict.possible == (Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED)


def test_unknown_is_known_to_be_unknown_of_other_senders_only():
    known = {"rfc", "postfix", "exim"}
    assert not any(preset.unknown for preset in PRESETS.values() if preset.name.partition("-")[0] in known)


def test_all_presets_over_ten_hosts_are_quick():
    """A posture toggle is judged in one frame; generous, as machines are shared."""
    hosts = [mx(f"mx{n}", aborts, at=n, tlsa=(STALE,)) for n in range(10)]
    walk = path(*hosts, signed=True, sts=STS)
    for preset in PRESETS.values():
        judge(walk, preset)
    best = min(_timed(walk) for _ in range(5))
    assert best < 0.1


def _timed(walk):
    began = time.process_time()
    for preset in PRESETS.values():
        judge(walk, preset)
    return time.process_time() - began
