"""Over arbitrary walks the judge is total and deterministic, and no level goes below its floor."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge_builders import (
    BOGUS,
    DOMAIN,
    EXPIRED,
    INSECURE,
    ODD_TYPE,
    PKIX_EE,
    SECURE,
    SELF,
    SHORT,
    STALE,
    WEB,
    WEB2,
    WRONG,
    aborts,
    absent,
    black_hole,
    closes_in_tls,
    down,
    drops,
    ee,
    failed,
    greets,
    helo_only,
    lookup,
    mute,
    mx,
    path,
    plain,
    policy,
    private,
    refuses,
    reply,
    ta,
    tls,
)

from mailpath.exchanges import Failure, Stage, TlsSession
from mailpath.facts import Found, MxKind, Reply, Security, Session, StarttlsFacts
from mailpath.judge import Outcome, judge
from mailpath.judge.model import DELIVERED
from mailpath.judge.presets import PRESETS

TA = private("mx1.b.example")
SECURITIES = st.sampled_from([SECURE, INSECURE, BOGUS, Security.INDETERMINATE])
SERVERS = st.sampled_from(
    [
        tls(WEB),
        tls(WEB2),
        tls(SELF),
        tls(WRONG),
        tls(EXPIRED),
        tls(TA),
        tls(()),
        tls((b"junk",)),
        tls(WEB, version="TLSv1"),
        tls(WEB, version="what"),
        tls(WEB, reply_in_tls=reply("554 no")),
        tls(WEB, reply_in_tls=Reply(code=None, defect="no reply")),
        closes_in_tls(WEB),
        plain,
        refuses("454 4.7.0 no"),
        refuses("554 no"),
        refuses("354 no"),
        greets("554 no"),
        greets("421 no"),
        helo_only,
        down,
        black_hole,
        mute,
        aborts,
        drops,
        None,
    ]
)
RECORDS = st.lists(
    st.sampled_from([STALE, PKIX_EE, SHORT, ODD_TYPE, ee(SELF), ee(WEB), ta(TA)]), max_size=3, unique=True
)
POLICIES = st.sampled_from(
    [
        None,
        policy("mx1.b.example"),
        policy("*.b.example", "elsewhere.example"),
        policy("mx9.b.example", mode="testing"),
        policy("mx1.b.example", status=404),
        policy("mx1.b.example", text=b"junk"),
        policy("mx1.b.example", body=b"\xff\x00"),
        policy("mx1.b.example", chain=WRONG),
        policy("mx1.b.example", status=None, failure=Failure.CERTIFICATE),
    ]
)


@st.composite
def hosts(draw, number):
    name = draw(st.sampled_from([f"mx{number}", "mx1", "mx1.other.example"]))
    options = {
        "at": draw(st.sampled_from([10, 20])),
        "address": draw(st.sampled_from(["found", "found", "found", "none", "missing", "fails", "bogus"])),
        "tlsa": tuple(draw(RECORDS)),
        "tlsa_fails": draw(st.sampled_from([False, False, True])),
        "tlsa_security": draw(SECURITIES),
        "also_at": draw(st.sampled_from([(), (15,)])),
    }
    if draw(st.booleans()):
        options["security"] = draw(SECURITIES)
    if draw(st.booleans()):
        options |= {"alias": "real.b.example", "alias_security": draw(SECURITIES)}
    if draw(st.booleans()):
        options["v6"] = draw(SERVERS.filter(bool))
    return mx(name, draw(SERVERS), **options)


@st.composite
def walks(draw):
    listed = [draw(hosts(number)) for number in range(1, draw(st.integers(0, 4)) + 1)]
    kind = draw(st.sampled_from(list(MxKind)))
    record = draw(st.sampled_from([lookup(DOMAIN, "MX"), absent(DOMAIN, "MX"), failed(DOMAIN, "MX"), None]))
    facts = {} if record is None else {"mx_lookup": record}
    return path(
        *listed,
        signed=draw(st.booleans()),
        mx_security=draw(SECURITIES),
        kind=kind,
        sts=draw(POLICIES),
        null_beside=draw(st.booleans()),
        **facts,
    )


@given(walks())
def test_the_judge_is_total_and_deterministic(walk):
    for preset in PRESETS.values():
        verdict = judge(walk, preset)
        again = judge(msgspec.convert(msgspec.to_builtins(walk), type(walk)), preset)
        assert verdict == again
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


REPLIES = st.one_of(
    st.none(),
    st.builds(
        Reply,
        code=st.one_of(st.none(), st.integers(200, 599)),
        lines=st.lists(st.binary(max_size=20), max_size=3).map(tuple),
    ),
)
SESSIONS = st.builds(
    Session,
    address=st.just("192.0.2.1"),
    port=st.just(25),
    sni=st.sampled_from([None, "mx1.b.example"]),
    failure=st.one_of(st.none(), st.sampled_from(Failure)),
    failed_at=st.one_of(st.none(), st.sampled_from(Stage)),
    detail=st.text(max_size=10),
    greeting=REPLIES,
    ehlo=REPLIES,
    helo=REPLIES,
    extensions=st.sampled_from([(), ("STARTTLS",)]),
    starttls=REPLIES,
    tls=st.one_of(st.none(), st.just(TlsSession(version="TLSv1.3", cipher="X", chain=WEB))),
    ehlo_tls=REPLIES,
    mail_from=REPLIES,
    rcpt_to=REPLIES,
)


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
