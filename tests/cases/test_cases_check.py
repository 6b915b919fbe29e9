"""Situations out of public reports, with two neighbors each: the answer, and the finding shown first.

Their resolvers, slow servers and TLSA mistakes: tests/walks and tests/findings.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from judge_builders import (
    SELF,
    STALE,
    WEB,
    WRONG,
    aborts,
    announces,
    down,
    mx,
    path,
    plain,
    policy,
    refuses,
    reply,
    tls,
    web,
)

from mailpath.facts import Walk
from mailpath.judge.presets import PRESETS
from mailpath.report import brief
from mailpath.report import reply as to_send
from mailpath.report.explaining import ranked
from mailpath.report.headline import headline
from mailpath.report.result import build


def greeted(stars: str, server=None):
    answer = server or tls(WEB)
    return lambda sni: {**answer(sni), "greeting": reply(f"220 {stars}")}


def crossed(keyword: str):
    return lambda sni: {**aborts(sni), "extensions": (keyword, "STARTTLS")}


def says(code_and_text: str):
    return lambda _sni: {"greeting": reply("220 hello"), "ehlo": reply(code_and_text)}


BOTH = policy("mx1.b.example", "mx2.b.example")
LOWER = announces(["250-mx", "250 starttls"], SELF)
DEAD = [mx(f"mx{number}", down, at=number) for number in range(1, 6)]
ALIVE = mx("mx6", tls(WEB), at=6)
PROVIDED = path(mx("in1.provider.example", tls(web("*.provider.example"))))
ELSEWHERE = path(mx("mx.elsewhere.example", tls(web("mx.elsewhere.example"))))
PIX, SECURE = "a greeting of asterisks", "level secure compares with the recipient domain"

#: Who has it, the walk, the posture; words of the headline; the first finding, and words of its remedy.
CASES = [
    # A provider's second host shows the certificate of the first.
    (
        "second host",
        path(mx("mx1", tls(WEB)), mx("mx2", tls(WEB), at=20), sts=BOTH),
        "rfc",
        "authenticated",
        "",
        "",
    ),
    (
        "first host",
        path(mx("mx1", tls(WRONG)), mx("mx2", tls(web("mx2.b.example")), at=20), sts=BOTH),
        "rfc",
        "mx1.b.example was skipped: the certificate names elsewhere.example",
        "",
        "",
    ),
    (
        "stale TLSA before a host without",
        path(mx("mx1", tls(WEB), tlsa=(STALE,)), mx("mx2", tls(WEB), at=20), signed=True),
        "rfc",
        "mx1.b.example was skipped: its certificate matches none of its TLSA records",
        "TLSA002",
        "",
    ),
    (
        "both hosts down but the third",
        path(*DEAD[:2], mx("mx3", tls(WEB), at=20)),
        "postfix-may",
        "mx1.b.example was skipped (and 1 more host): connection refused",
        "TLS001",
        "",
    ),
    # A firewall blots the greeting; TLS works, or breaks.
    ("blotted", path(mx("mx1", greeted("*" * 65))), "postfix-may", PIX, "TLS021", "SMTP inspection"),
    (
        "and TLS required",
        path(mx("mx1", greeted("***0**"))),
        "postfix-encrypt",
        PIX,
        "TLS021",
        "SMTP inspection",
    ),
    (
        "and no TLS",
        path(mx("mx1", greeted("****", plain))),
        "rfc",
        "hidden on the way",
        "TLS021",
        "SMTP inspection",
    ),
    (
        "keyword as Xs",
        path(mx("mx1", crossed("XXXA"))),
        "exim",
        "handshake fails",
        "TLS021",
        "SMTP inspection",
    ),
    ("longer", path(mx("mx1", crossed("XXXXXXXB"))), "postfix-encrypt", "", "TLS021", "SMTP inspection"),
    # Our command comes back as Xs.
    (
        "500",
        path(mx("mx1", refuses("500 'XXXXXXXX': what?"))),
        "postfix-may",
        "is refused",
        "TLS021",
        "inspection",
    ),
    (
        "502",
        path(mx("mx1", refuses("502 no XXXXA"))),
        "postfix-encrypt",
        "refused to start",
        "TLS021",
        "inspection",
    ),
    ("EHLO", path(mx("mx1", says("500 XXXX?"))), "postfix-encrypt", "", "TLS021", "inspection"),
    (
        "no Xs",
        path(mx("mx1", refuses("454 no key"))),
        "postfix-encrypt",
        "454 no key",
        "TLS003",
        "server's log",
    ),
    # Level secure does not look at the MX host's name.
    ("secure", PROVIDED, "postfix-secure", SECURE, "STS001", ""),
    ("another provider", ELSEWHERE, "postfix-secure", SECURE, "STS001", ""),
    (
        "verify",
        path(mx("mx1", tls(WRONG))),
        "postfix-verify",
        "not mx1.b.example (",
        "TLS010",
        "subjectAltName",
    ),
    # Postfix stops after five addresses.
    ("sixth host", path(*DEAD, ALIVE), "postfix-may", "tries at most 5 addresses", "TLS001", ""),
    ("and TLS required", path(*DEAD, ALIVE), "postfix-encrypt", "tries at most 5 addresses", "TLS001", ""),
    (
        "another sender",
        path(*DEAD, ALIVE),
        "rfc",
        "mx1.b.example was skipped (and 4 more hosts)",
        "TLS001",
        "",
    ),
    # STARTTLS in lower case.
    ("lower case", path(mx("mx1", LOWER)), "exim", "in capitals", "", ""),
    ("and required", path(mx("mx1", LOWER)), "exim-require-tls", "in capitals", "", ""),
    ("another sender", path(mx("mx1", LOWER)), "postfix-may", "encrypted", "", ""),
]


@pytest.mark.parametrize(("who", "walk", "posture", "words", "code", "fix"), CASES)
def test_what_is_answered_and_shown_first(
    who: str, walk: Walk, posture: str, words: str, code: str, fix: str
) -> None:
    answered(walk, posture, words, code, fix)


def answered(walk: Walk, posture: str, words: str, code: str, fix: str) -> None:
    result = build(walk, [PRESETS[posture]], {}, deciding=[posture])
    assert words in headline(result)
    assert "broken reply" not in headline(result)  # no rule is told that did not decide
    page = brief.render(result, ascii_only=True)
    first = re.split(r"^[x!-] (?=[A-Z]+\d{3})", page, flags=re.MULTILINE)[1]
    assert first.startswith(code), page
    assert fix in " ".join(first.split())


#: The same of a mini-internet with the situation in it (tests/reported.py).
MISMATCH, NO_POLICY = "matches none of its TLSA records", "no enforced MTA-STS policy"
WALKED = [
    ("digest-of-nothing", "postfix-dane", MISMATCH, "TLSA002", "Correct the program that makes"),
    ("certificate-as-311", "rfc", MISMATCH, "TLSA002", "_25._tcp.mx1.certificate-as-311.example. TLSA 3 1 1"),
    ("leaf-as-211", "exim", "name a CA that is not in the chain", "TLSA008", "TLSA 3 1 1"),
    # The MX host is an alias with TLSA: no remedy takes it away.
    ("alias-to-unsigned", "exim", "only at the target of the host's alias", "MX008", "that keeps its TLSA"),
    ("alias-to-unsigned", "postfix-dane", "delivered authenticated", "MX008", "would end DANE"),
    ("alias-to-signed", "exim", "only at the target of the host's alias", "MX008", "that keeps its TLSA"),
    # An alias that leads nowhere: nothing is published beside it.
    ("tlsa-to-nowhere", "postfix-dane-only", "no TLSA records found", "TLSA001", "Or delete the CNAME"),
    ("tlsa-by-two-aliases", "rfc", "encrypted", "TLSA001", "gone.tlsa-by-two-aliases.example. TLSA 3 1 1"),
    ("tlsa-to-stale", "postfix-dane-only", MISMATCH, "TLSA002", "_dane.tlsa-to-stale.example. TLSA 3 1 1"),
    ("typo", "rfc", NO_POLICY, "STS010", "Correct line 3"),
    ("no-mx", "postfix-sts", NO_POLICY, "STS010", "Add to the policy: mx: mx1.no-mx.example"),
    ("page", "rfc", NO_POLICY, "STS010", "Serve the policy itself"),
    # A record without a host that serves the policy.
    ("policy-elsewhere", "rfc", NO_POLICY, "STS005", "delete the CNAME record below"),
    ("policy-host-nowhere", "gmail", NO_POLICY, "STS005", "record for gone.policy-host-nowhere.example."),
    (
        "policy-nowhere",
        "postfix-sts",
        NO_POLICY,
        "STS001",
        "Or delete the CNAME record of _mta-sts.policy-nowhere",
    ),
    # A policy that is forgotten within a day.
    ("day", "rfc", "delivered", "STS015", "max_age: 2592000"),
    ("no-time", "rfc", "delivered", "STS015", "max_age: 2592000"),
    ("day-and-more", "rfc", "delivered authenticated", "RPT001", ""),
]


#: What comes first where nothing is broken: what this sender would make use of, and what takes least.
NEAREST = [
    ("signed-no-tlsa", "rfc", ["TLSA001", "STS001", "RPT001"]),
    ("signed-no-tlsa", "postfix-sts", ["STS001", "TLSA001", "RPT001"]),
    ("pkix-good", "rfc", ["STS001", "SEC001", "SEC004", "RPT001"]),
    ("pkix-good", "postfix-dane", ["SEC001", "SEC004", "STS001", "RPT001"]),
    ("pkix-good", "postfix-verify", ["SEC001", "SEC004", "STS001", "RPT001"]),
    ("pkix-good", "postfix-secure", ["STS001", "SEC001", "SEC004", "RPT001"]),
    ("provider-mx", "rfc", ["STS001", "SEC001", "SEC004", "RPT001"]),
    ("half-dane", "rfc", ["TLSA014", "TLS008", "SEC001", "RPT001", "STS001"]),
    # An enforced policy guards the choice of the host: signing it is for others.
    ("sts-enforce", "rfc", ["RPT001", "SEC001", "SEC004"]),
]


@pytest.mark.parametrize(("name", "posture", "codes"), NEAREST)
def test_what_is_nearest_comes_first(walks, name: str, posture: str, codes: list[str]) -> None:
    result = build(walks.of(name).walk, [PRESETS[posture]], {}, deciding=[posture])
    assert [each.code for each in ranked(result)] == codes


def test_what_the_sender_demands_of_its_own_accord_it_mends_itself(walks) -> None:
    told = {}
    for name, posture in (("provider-mx", "postfix-secure"), ("cert-wrong-name", "postfix-secure")):
        result = build(walks.of(name).walk, [PRESETS[posture]], {}, deciding=[posture])
        told[name] = brief.render(result), to_send.render(result, reader=to_send.Reader.USER)
    assert all("the sender's own settings" in " ".join(text.split()) for text in told["provider-mx"])
    assert not any("own settings" in text for text in told["cert-wrong-name"])


def test_a_ds_with_the_tag_of_the_key_is_no_old_one(walks) -> None:
    fix = "it has the tag of the zone's key"
    answered(
        walks.of("bogus-ds").walk, "exim", "the MX answer is bogus: the DS of bogus-ds.example", "MX005", fix
    )


@pytest.mark.parametrize(("name", "posture", "words", "code", "fix"), WALKED)
def test_the_cause_is_answered_and_shown_first(
    reported: Callable[[str], Walk], name: str, posture: str, words: str, code: str, fix: str
) -> None:
    answered(reported(name), posture, words, code, fix)
