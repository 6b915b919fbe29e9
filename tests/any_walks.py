"""Hypothesis strategies: walks over any hosts, and sessions that no server would hold."""

from __future__ import annotations

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
    babbles,
    black_hole,
    closes_in_tls,
    down,
    drops,
    ee,
    failed,
    greets,
    helo_in_tls,
    helo_only,
    lookup,
    mute,
    mx,
    path,
    plain,
    policy,
    private,
    refuses,
    refuses_and_goes,
    reply,
    says_hello,
    ta,
    tls,
)

from mailpath.exchanges import Failure, Stage, TlsSession
from mailpath.facts import MxKind, Reply, Security, Session

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
        tls(WEB, reply_in_tls=reply("421 no")),
        tls(WEB, reply_in_tls=reply("220 hello")),
        helo_in_tls(WEB),
        tls(WEB, reply_in_tls=Reply(code=None, defect="no reply")),
        closes_in_tls(WEB),
        plain,
        refuses("454 4.7.0 no"),
        refuses("554 no"),
        refuses("354 no"),
        greets("554 no"),
        greets("421 no"),
        helo_only,
        says_hello("251 hello"),
        says_hello("354 what"),
        says_hello("421 later"),
        refuses_and_goes,
        babbles,
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
        "tlsa_fails": draw(st.sampled_from([False, False, True, "real.b.example"])),
        "tlsa_security": draw(SECURITIES),
        "also_at": draw(st.sampled_from([(), (15,)])),
    }
    if draw(st.booleans()):
        options["security"] = draw(SECURITIES)
    if draw(st.booleans()):
        options |= {"alias": "real.b.example", "alias_security": draw(SECURITIES)}
        options["tlsa_at"] = draw(st.sampled_from(["real.b.example", f"{name}.{DOMAIN}", name]))
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
    helo_tls=REPLIES,
    mail_from=REPLIES,
    rcpt_to=REPLIES,
)
