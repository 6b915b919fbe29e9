"""Over arbitrary walks the judge is total and deterministic, and no level goes below its floor."""

from __future__ import annotations

import msgspec
import pytest
from any_walks import SECURITIES, SESSIONS, walks
from hypothesis import given
from hypothesis import strategies as st
from judge_builders import (
    DOMAIN,
    WEB,
    ee,
    lookup,
    mx,
    path,
    plain,
    policy,
)

from mailpath.facts import Found, MxKind, StarttlsFacts
from mailpath.judge import Outcome, judge
from mailpath.judge.model import DELIVERED
from mailpath.judge.presets import PRESETS


@given(walks())
def test_the_judge_is_total_and_deterministic(walk):
    same = msgspec.convert(msgspec.to_builtins(walk), type(walk))
    for preset in PRESETS.values():
        verdict = judge(walk, preset)
        assert verdict == judge(same, preset)
        if verdict.outcome in DELIVERED:
            assert verdict.host is not None
            assert verdict.address is not None
            assert verdict.status_code is None
            assert verdict.attempts[-1].outcome is verdict.outcome
        if verdict.outcome in (Outcome.DEFERRED, Outcome.BOUNCED):
            assert verdict.status_code is not None
            assert verdict.status_code[0] == ("4" if verdict.outcome is Outcome.DEFERRED else "5")
        assert verdict.reason


@pytest.mark.parametrize("name", ["postfix-encrypt", "exim-require-tls", "maddy"])
@given(walk=walks())
def test_encrypt_never_yields_plaintext(name, walk):
    verdict = judge(walk, PRESETS[name])
    assert verdict.outcome is not Outcome.PLAINTEXT
    assert Outcome.PLAINTEXT not in verdict.possible


@pytest.mark.parametrize("name", ["postfix-verify", "postfix-secure", "postfix-dane-only", "exim-verify"])
@given(walk=walks())
def test_verifying_levels_never_yield_less_than_authenticated(name, walk):
    verdict = judge(walk, PRESETS[name])
    assert verdict.outcome not in (Outcome.PLAINTEXT, Outcome.ENCRYPTED)


@given(walks())
def test_none_never_encrypts(walk):
    for name in ("postfix-none", "exim-none"):
        assert judge(walk, PRESETS[name]).outcome not in (Outcome.ENCRYPTED, Outcome.AUTHENTICATED)


@given(walks())
def test_an_enforced_policy_is_never_undercut(walk):
    """Under an enforced policy mail goes out authenticated or not at all (DANE may stand in for it)."""
    strict = msgspec.structs.replace(walk, sts=policy("mx1.b.example", "*.b.example"))
    assert judge(strict, PRESETS["rfc"]).outcome is not Outcome.PLAINTEXT
    assert judge(strict, PRESETS["postfix-sts"]).outcome not in (Outcome.PLAINTEXT, Outcome.ENCRYPTED)


@given(st.lists(SESSIONS, max_size=3), SECURITIES)
def test_no_session_is_too_odd_to_judge(sessions, security):
    walk = path(mx("mx1", plain, tlsa=(ee(WEB),), security=security), signed=True)
    walk = msgspec.structs.replace(walk, starttls=StarttlsFacts(sessions=tuple(sessions)))
    for preset in PRESETS.values():
        assert judge(walk, preset).outcome in Outcome


def test_a_walk_in_which_nothing_was_looked_up_yet_is_unknown():
    untried = lookup(DOMAIN, "MX", found=Found.NOT_TRIED)
    walk = path(kind=MxKind.FAILED, mx_lookup=untried)
    assert {judge(walk, preset).outcome for preset in PRESETS.values()} == {Outcome.UNKNOWN}
