"""A sender that does what a reader of the RFCs would not expect: the report says which rule made it so."""

from __future__ import annotations

import pytest
from judge_builders import (
    SELF,
    STALE,
    WEB,
    WRONG,
    aborts,
    announces,
    down,
    ee,
    greets,
    mx,
    own,
    path,
    policy,
    refuses,
    tls,
    web,
)
from msgspec.structs import replace

from mailpath.facts import Reply, Walk
from mailpath.judge.presets import PRESETS
from mailpath.report import markdown, nagios, text
from mailpath.report.headline import headline
from mailpath.report.html import render as html
from mailpath.report.result import Result, build


def blotted(stars: str, chain=WEB):
    """A server whose greeting a firewall has blotted; STARTTLS works."""
    answer = tls(chain)
    return lambda sni: {**answer(sni), "greeting": Reply(code=220, lines=(stars.encode(),))}


def in_lower_case(keyword: str, chain=SELF):
    answer = announces(["250-mx", f"250 {keyword}"], chain)
    return lambda sni: {**answer(sni), "extensions": ("STARTTLS",)}


STARS = path(mx("mx1", blotted("*" * 40)))
LOWER = path(mx("mx1", in_lower_case("starttls")))
DEAD = [mx(f"mx{number}", down, at=number) for number in range(1, 6)]
PROVIDED = path(mx("in1.provider.example", tls(web("*.provider.example", "provider.example"))))
LISTED = policy("mx1.b.example")

PIX = "takes a greeting of asterisks for a firewall's"
CAPITALS = "sees STARTTLS only in a line that reads 250-STARTTLS"
#: Each case of the review with neighbours of its kind: the posture, and words of the answer.
TOLD = [
    ("a blotted greeting", STARS, "postfix-may", PIX),
    ("and TLS is required", STARS, "postfix-encrypt", PIX),
    ("a blotted greeting of two and zero", path(mx("mx1", blotted("2*** 0* **"))), "postfix-may", PIX),
    ("a keyword in lower case", LOWER, "exim", CAPITALS),
    ("and TLS is required", LOWER, "exim-require-tls", CAPITALS),
    ("mixed case", path(mx("mx1", in_lower_case("StartTLS"))), "exim-verify", CAPITALS),
    ("a sixth host", path(*DEAD, mx("mx6", tls(WEB), at=6)), "postfix-may", "tries at most 5 addresses"),
    ("and at one preference", path(*DEAD, mx("mx6", tls(WEB), at=5)), "exim", "tries at most 5 addresses"),
    ("level secure", PROVIDED, "postfix-secure", "names *.provider.example, provider.example, not b.example"),
    (
        "level verify",
        path(mx("mx1", tls(WRONG))),
        "postfix-verify",
        "names elsewhere.example, not mx1.b.example",
    ),
    (
        "under a policy",
        path(mx("mx1", tls(WRONG)), sts=LISTED),
        "rfc",
        "names elsewhere.example, not mx1.b.example, and the MTA-STS policy is enforced",
    ),
    (
        "more names than one reads",
        path(mx("mx1", tls(web("a.example", "b2.example", "c.example", "d.example", "e.example")))),
        "postfix-verify",
        "names a.example, b2.example, c.example and 2 more, not mx1.b.example",
    ),
    ("a greeting of 5xx", path(mx("mx1", greets("554 no"))), "postfix-may", "treats a 5xx greeting as"),
    ("no fallback", path(mx("mx1", refuses("454 no"))), "exim-noclear", "does not continue in plaintext"),
    ("fallback at once", path(mx("mx1", aborts)), "exim", "continues in plaintext as soon as TLS fails"),
    ("a check of its own", path(mx("mx1", tls(SELF))), "kumomta", "refuses an invalid certificate"),
    ("first contact", path(mx("mx1", tls(WEB)), sts=LISTED), "gmail", "only to the next mail"),
    (
        "the policy goes first",
        path(mx("mx1", tls(WEB), tlsa=(STALE,)), signed=True, sts=LISTED),
        "postfix-dane-sts",
        "an enforced MTA-STS policy replaces DANE",
    ),
]


def judged(walk: Walk, posture: str) -> Result:
    return build(walk, [PRESETS[posture]], {}, deciding=[posture])


@pytest.mark.parametrize(("case", "walk", "posture", "words"), TOLD)
def test_the_answer_says_what_decided(case, walk, posture, words):
    result = judged(walk, posture)
    assert words in headline(result)
    page = " ".join(text.render(result).split())
    assert page.count(words) >= 2 or not result.verdict.attempts[-1].because, page
    for render in (markdown.render, nagios.render):
        assert words in " ".join(render(result).replace("`", "").split())
    assert words.split("'")[0] in html(result)


@pytest.mark.parametrize("posture", ["exim", "exim-require-tls", "postfix-may", "postfix-encrypt"])
def test_no_finding_stands_in_for_the_rule(posture):
    for walk in (LOWER, STARS):
        result = judged(walk, posture)
        said = headline(result)
        assert "self-signed" not in said
        if result.verdict.because:
            assert not [each for each in result.findings if each.message.rstrip(".") in said]


@pytest.mark.parametrize(
    ("walk", "posture", "rule"),
    [
        (
            path(mx("mx1", tls(SELF), tlsa=(ee(SELF),), alias="real.b.example"), signed=True),
            "sendmail-dane",
            "looks for TLSA records only at the name in the MX record",
        ),
        (
            path(mx("mx1", tls(SELF), tlsa=(replace(ee(WEB), mtype=9),)), signed=True, sts=LISTED),
            "sendmail-dane-sts",
            "does not apply the policy to a host whose TLSA records are all unusable",
        ),
    ],
    ids=["at-the-target-alone", "unusable-beside-a-policy"],
)
def test_a_rule_on_dns_or_policy_needs_no_facts_beside_it(walk, posture, rule):
    assert headline(judged(walk, posture)).endswith(f"at mx1.b.example: this sender {rule}")


def test_where_nothing_departs_nothing_is_added():
    result = judged(path(mx("mx1", tls(WEB))), "postfix-may")
    assert headline(result).endswith("the sender does not check certificates")
    assert result.verdict.because == ()


def test_a_hostile_name_in_a_certificate_is_made_visible():
    result = judged(path(mx("mx1", tls(own("mx1.b.example", "x\x1b[31m.example")))), "kumomta")
    assert "\x1b" not in text.render(replace(result))
