"""REQUIRETLS and the log's `tls=` of Postfix 3.11: one row per rule, each as Postfix 3.11.7 was seen to do.

An expectation is an outcome, "@host" of a delivery, the status code of a failure, and the field.
"""

from __future__ import annotations

import pytest
from any_walks import walks
from hypothesis import given, settings
from judge_builders import (
    INSECURE,
    ODD_TYPE,
    PKIX_EE,
    SELF,
    STALE,
    WEB,
    WEB2,
    WRONG,
    aborts,
    closes_in_tls,
    down,
    ee,
    greets,
    mx,
    path,
    plain,
    policy,
    refuses,
    reply,
    tls,
)
from msgspec.structs import replace

from mailpath.judge import Attempt, Outcome, Verdict, judge
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse, RequiretlsPolicy
from mailpath.judge.presets import PRESETS
from mailpath.tickets.explain.tls_field import told as read

LISTED = policy("mx1.b.example", "mx2.b.example")
ELSEWHERE = policy("other.example")


def ready(server):
    """The server announces REQUIRETLS inside TLS."""
    return lambda sni: {**server(sni), "extensions_tls": ("REQUIRETLS",)}


def signed(*hosts, **facts):
    return path(*hosts, signed=True, **facts)


def half(*hosts, **facts):
    return path(*hosts, signed=True, mx_security=INSECURE, **facts)


GOOD = mx("mx1", ready(tls(WEB)))
DANE = mx("mx1", ready(tls(SELF)), tlsa=(ee(SELF),))
GOOD2 = mx("mx2", ready(tls(WEB2)), at=20)
DANE2 = mx("mx2", ready(tls(WEB2)), tlsa=(ee(WEB2),), at=20)
REFUSED = "bounced 5.7.10 {}?/!requiretls:nocertmatch"

REQUIRED = [
    (
        "a-level-that-matches-no-certificate-is-refused-unseen",
        path(GOOD),
        {
            "none": REFUSED.format("none"),
            "may": REFUSED.format("may"),
            "encrypt": REFUSED.format("encrypt"),
            "dane": REFUSED.format("may"),
            "sts": REFUSED.format("may"),
        },
    ),
    (
        "an-unsigned-mx-will-do-where-the-level-authenticates",
        path(GOOD),
        {"verify": "authenticated@mx1 verify/requiretls", "dane-only": "deferred 4.7.5 unknown?/requiretls?"},
    ),
    ("a-policy-authenticates", path(GOOD, sts=LISTED), {"sts": "authenticated@mx1 secure/requiretls"}),
    (
        "an-unlisted-host-waits-as-any-mail-does",
        path(GOOD, sts=ELSEWHERE),
        {"sts": "deferred 4.3.0 secure?/requiretls?"},
    ),
    (
        "dane-authenticates",
        signed(DANE),
        {"dane": "authenticated@mx1 dane/requiretls", "dane-only": "authenticated@mx1 dane-only/requiretls"},
    ),
    ("half-dane-will-do", half(DANE), {"dane": "encrypted@mx1 halfdane/requiretls"}),
    (
        "what-cannot-be-used-is-no-level-that-matches",
        signed(mx("mx1", ready(tls(WEB)), tlsa=(PKIX_EE,))),
        {"dane": REFUSED.format("encrypt"), "dane-only": "deferred 4.7.5 unknown?/requiretls?"},
    ),
    (
        "what-turns-out-unusable-in-the-handshake-is-no-failure",
        signed(mx("mx1", ready(tls(WEB)), tlsa=(ODD_TYPE,))),
        {"dane": "encrypted@mx1 dane:encrypt/requiretls"},
    ),
    (
        "not-announced",
        path(mx("mx1", tls(WEB))),
        {"verify": "bounced 5.7.30 verify/!requiretls:none"},
    ),
    (
        "the-next-host-is-tried-where-one-does-not-announce-it",
        signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), DANE2),
        {"dane": "authenticated@mx2 dane/requiretls"},
    ),
    (
        "a-host-at-a-weak-level-is-left-out",
        signed(mx("mx1", plain), DANE2),
        {"dane": "authenticated@mx2 dane/requiretls"},
    ),
    ("no-starttls", path(mx("mx1", plain)), {"verify": "bounced 5.7.30 !verify/!requiretls:nostarttls"}),
    (
        "starttls-refused-is-for-good-whatever-the-reply",
        path(mx("mx1", refuses("454 4.7.0 later"))),
        {"verify": "bounced 5.7.10 !verify/!requiretls:nostarttls"},
    ),
    (
        "a-5xx-to-starttls-still-lets-the-next-host-try",
        path(mx("mx1", refuses("500 no")), GOOD2),
        {"verify": "authenticated@mx2 verify/requiretls"},
    ),
    (
        "a-certificate-that-does-not-hold",
        path(mx("mx1", ready(tls(WRONG)))),
        {"verify": "bounced 5.7.10 !verify/!requiretls:nocertmatch"},
    ),
    (
        "a-handshake-that-breaks-waits",
        path(mx("mx1", aborts)),
        {"verify": "deferred 4.7.5 verify?/requiretls?"},
    ),
    (
        "a-session-lost-in-tls-waits",
        path(mx("mx1", closes_in_tls(WEB))),
        {"verify": "deferred 4.4.2 verify/requiretls?"},
    ),
    (
        "ehlo-refused-in-tls-is-for-good",
        path(mx("mx1", tls(WEB, reply_in_tls=reply("554 5.5.0 no"))), GOOD2),
        {"verify": "bounced 5.5.0 verify/requiretls?"},
    ),
    (
        "the-last-host-decides-a-wait",
        path(mx("mx1", tls(WEB)), mx("mx2", down, at=20)),
        {"verify": "deferred 4.4.1 verify?/requiretls?"},
    ),
    (
        "the-last-host-decides-a-bounce",
        path(mx("mx1", down), mx("mx2", tls(WEB2), at=20)),
        {"verify": "bounced 5.7.30 verify/!requiretls:none"},
    ),
    (
        "a-failed-lookup-before-it-changes-nothing",
        signed(mx("mx1", address="bogus"), mx("mx2", tls(WEB2), at=20)),
        {"dane": REFUSED.format("may")},
    ),
    (
        "a-host-without-an-address-is-none-to-come-back-to",
        path(mx("mx1", tls(WEB)), mx("mx2", address="none", at=20)),
        {"verify": "bounced 5.7.30 verify/!requiretls:none"},
    ),
    (
        "an-unlisted-host-behind-it-makes-the-mail-wait",
        path(mx("mx1", tls(WEB)), mx("mx2", tls(WEB2), at=20), sts=policy("mx1.b.example")),
        {"sts": "deferred 4.7.30 secure/!requiretls:none"},
    ),
    (
        "a-greeting-that-refuses-waits",
        path(mx("mx1", greets("554 no"))),
        {"verify": "deferred 4.0.0 verify?/requiretls?"},
    ),
]
OPPORTUNISTIC = [
    ("tls-is-used", path(mx("mx1", tls(WEB))), "encrypted@mx1 may/requiretls:nocertmatch", None),
    (
        "no-starttls",
        path(mx("mx1", plain)),
        "plaintext@mx1 may:none/requiretls:none",
        "bounced 5.7.30 may?/!requiretls:nostarttls",
    ),
    (
        "a-handshake-that-breaks",
        path(mx("mx1", aborts)),
        "plaintext@mx1 may:none/requiretls:none",
        "deferred 4.7.5 may?/requiretls?",
    ),
    (
        "the-next-host-starts-tls",
        path(mx("mx1", plain), GOOD2),
        "plaintext@mx1 may:none/requiretls:none",
        "encrypted@mx2 may/requiretls:nocertmatch",
    ),
]
ORDINARY = [
    (
        "tls-if-it-works",
        path(mx("mx1", tls(SELF))),
        {"none": "none", "may": "may", "encrypt": "encrypt", "verify": "!verify", "dane": "may"},
    ),
    ("no-starttls", path(mx("mx1", plain)), {"none": "none", "may": "may:none", "encrypt": "!encrypt"}),
    ("plaintext-on-the-retry", path(mx("mx1", aborts)), {"may": "may:none", "encrypt": "encrypt?"}),
    ("nobody-answers", path(mx("mx1", down)), {"may": "may?", "dane-only": "unknown?"}),
    ("dane", signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),))), {"dane": "dane", "dane-only": "dane-only"}),
    ("dane-fails", signed(mx("mx1", tls(SELF), tlsa=(STALE,))), {"dane": "!dane", "dane-only": "!dane-only"}),
    (
        "half-dane",
        half(mx("mx1", tls(SELF), tlsa=(ee(SELF),))),
        {"dane": "halfdane", "dane-policy": "halfdane"},
    ),
    ("half-dane-unusable", half(mx("mx1", tls(SELF), tlsa=(ODD_TYPE,))), {"dane": "halfdane:encrypt"}),
    ("usage-1", signed(mx("mx1", tls(SELF), tlsa=(PKIX_EE,))), {"dane": "encrypt", "dane-only": "unknown?"}),
    ("unusable", signed(mx("mx1", tls(SELF), tlsa=(ODD_TYPE,))), {"dane": "dane:encrypt"}),
    ("tlsa-fails", signed(mx("mx1", tls(SELF), tlsa_fails=True)), {"dane": "unknown?", "may": "may"}),
    ("policy", path(mx("mx1", tls(WEB)), sts=LISTED), {"sts": "secure", "dane-sts": "secure", "may": "may"}),
    ("policy-fails", path(mx("mx1", tls(SELF)), sts=LISTED), {"sts": "!secure"}),
    ("unlisted", path(mx("mx1", tls(WEB)), sts=ELSEWHERE), {"sts": "secure?"}),
    ("lookups-fail", path(mx("mx1", address="fails")), {"may": None, "dane-only": None}),
]
BY_DOMAIN = [
    ("all-hosts-have-tlsa", signed(DANE, DANE2), "authenticated@mx1 dane-only"),
    ("one-host-has-tlsa", signed(mx("mx1", tls(SELF)), DANE2), "encrypted@mx1 may"),
    ("the-policy-is-not-asked-then", signed(mx("mx1", tls(SELF)), DANE2, sts=LISTED), "encrypted@mx1 may"),
    (
        "nor-where-none-is-usable",
        signed(mx("mx1", tls(WEB), tlsa=(ODD_TYPE,)), sts=LISTED),
        "encrypted@mx1 dane:encrypt",
    ),
    ("nor-behind-an-unsigned-mx", half(DANE, sts=LISTED), "encrypted@mx1 halfdane"),
    ("without-tlsa-the-policy-decides", signed(mx("mx1", tls(WEB)), sts=LISTED), "authenticated@mx1 secure"),
    (
        "a-failed-tlsa-lookup-at-any-host-makes-all-mail-wait",
        signed(DANE, mx("mx2", tls(WEB2), tlsa_fails=True, at=20)),
        "deferred 4.7.5 unknown?",
    ),
    (
        "so-does-a-failed-address",
        path(mx("mx1", tls(WEB)), mx("mx2", address="fails", at=20)),
        "deferred 4.7.5 unknown?",
    ),
    (
        "the-mx-record-s-own-name-is-asked-and-its-target-left-to-postfix",
        signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),), alias="real.b.example")),
        "authenticated@mx1 dane",
    ),
    (
        "a-policy-that-is-over-does-not-apply",
        path(
            mx("mx1", tls(SELF)),
            sts=policy(
                "mx1.b.example", body=b"version: STSv1\nmode: enforce\nmx: mx1.b.example\nmax_age: 0\n"
            ),
        ),
        "encrypted@mx1 may",
    ),
    (
        "a-blank-in-the-record",
        path(mx("mx1", tls(WEB)), sts=policy("mx1.b.example", text=b"v=STSv1 ; id=1;")),
        "authenticated@mx1 secure",
    ),
    (
        "a-dot-behind-a-pattern-matches-nothing",
        path(mx("mx1", tls(WEB)), sts=policy("mx1.b.example.")),
        "deferred 4.3.0 secure?",
    ),
]


def told(verdict):
    where = f"@{(verdict.host or '').split('.')[0]}" if verdict.outcome in DELIVERED else ""
    code = [verdict.status_code] if verdict.status_code else []
    return " ".join([f"{verdict.outcome}{where}", *code, *([verdict.tls_field] if verdict.tls_field else [])])


def required(walk, posture):
    return MessageOptions(message=Message.REQUIRETLS).verdict(walk, posture)


def rows(table):
    return [
        pytest.param(walk, name, expected, id=f"{rule}:{name}")
        for rule, walk, expectations in table
        for name, expected in expectations.items()
    ]


@pytest.mark.parametrize(("walk", "name", "expected"), rows(REQUIRED))
def test_a_message_sent_with_requiretls(walk, name, expected):
    verdict = required(walk, PRESETS[f"postfix-3.11-{name}"])
    assert told(verdict) == expected, verdict.reason
    assert verdict.tls_field in {each.tls_field for each in verdict.attempts}


@pytest.mark.parametrize(
    ("walk", "name", "expected"),
    [
        pytest.param(walk, chosen, expected, id=f"{rule}:{chosen.value}")
        for rule, walk, any_host, starttls in OPPORTUNISTIC
        for chosen, expected in (
            (RequiretlsPolicy.OPPORTUNISTIC, any_host),
            (RequiretlsPolicy.STARTTLS, starttls or any_host),
        )
    ],
)
def test_requiretls_that_is_not_enforced(walk, name, expected):
    assert told(required(walk, PRESETS["postfix-3.11-may"].changed(requiretls_policy=name))) == expected


@pytest.mark.parametrize(("walk", "name", "expected"), rows(ORDINARY))
def test_the_field_of_an_ordinary_message(walk, name, expected):
    verdict = judge(walk, PRESETS[f"postfix-3.11-{name}"])
    assert verdict.tls_field == expected, verdict.reason
    if verdict.after_retry:
        assert [each.tls_field for each in verdict.attempts] == ["may?", "may:none"]


def test_no_other_log_has_the_field():
    walk = path(mx("mx1", tls(WEB)))
    fields = {name: judge(walk, preset).tls_field for name, preset in PRESETS.items()}
    having = {name for name, field in fields.items() if field is not None}
    assert having == {
        name for name, preset in PRESETS.items() if preset.agent.name.startswith("postfix-3.11")
    }


@pytest.mark.parametrize(("walk", "expected"), [pytest.param(*row, id=rule) for rule, *row in BY_DOMAIN])
def test_one_answer_for_the_whole_domain(walk, expected):
    verdict = judge(walk, PRESETS["postfix-tlspol"])
    assert told(verdict) == expected, verdict.reason


def test_dane_of_the_domain_counts_over_a_global_may():
    posture = PRESETS["postfix-tlspol"].changed(dane=DaneUse.OFF)
    alias = mx("mx1", tls(SELF), tlsa=(ee(SELF),), alias="real.b.example")
    assert told(judge(signed(DANE), posture)) == "authenticated@mx1 dane-only"
    assert told(judge(signed(alias), posture)) == "encrypted@mx1 may"


def test_the_sentences_are_those_of_the_log():
    def said(walk, name):
        return required(walk, PRESETS[f"postfix-3.11-{name}"]).reason

    last = "The last attempted server was mx1.b.example"
    assert said(path(GOOD), "may") == (
        "Sender requested REQUIRETLS, but my configured TLS security level 'may' disables certificate"
        f" matching. {last}"
    )
    for chain, what in ((WRONG, "matching"), (SELF, "trusted")):
        assert said(path(mx("mx1", ready(tls(chain)))), "verify") == (
            f"Sender requested REQUIRETLS, but no {what} server certificate was found. {last}[192.0.2.1]"
        )
    assert said(path(mx("mx1", refuses("454 4.7.0 later"))), "verify") == (
        "Sender requested REQUIRETLS, but host mx1.b.example[192.0.2.1] refused to start TLS: 454 4.7.0 later"
    )


def test_what_was_not_awaited_stays_open():
    """A session that we gave up may go on to a host that will not do."""
    walk = path(mx("mx1", tls(WEB)))
    silent = tuple(replace(each, not_tried="more than 20 addresses") for each in walk.starttls.sessions)
    unseen = replace(walk, starttls=replace(walk.starttls, sessions=silent))
    verdict = required(unseen, PRESETS["postfix-3.11-verify"])
    assert (verdict.outcome, verdict.tls_field) == ("unknown", None)


@settings(max_examples=20)
@given(walks())
def test_over_any_walk_each_field_can_be_read_and_requiretls_never_ends_in_the_clear(walk):
    for name in (each for each in PRESETS if each.startswith("postfix-3.11-")):
        for message in Message:
            asked = message is Message.REQUIRETLS
            verdict = MessageOptions(message=message).verdict(walk, PRESETS[name])
            if verdict.outcome in (Outcome.DEFERRED, Outcome.BOUNCED):
                assert verdict.status_code is not None
                assert verdict.status_code[0] == ("4" if verdict.outcome is Outcome.DEFERRED else "5")
            if asked:
                assert Outcome.PLAINTEXT not in (verdict.outcome, *verdict.possible)
            tried: tuple[Verdict | Attempt, ...] = (verdict, *verdict.attempts)
            for each in tried:
                if each.tls_field is not None:
                    assert len(read(each.tls_field)) == (2 if asked else 1), each.tls_field
                    assert each.outcome is not Outcome.UNKNOWN
