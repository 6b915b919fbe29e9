"""One row per rule, named after it: a walk, postures, and what comes of it.

An expectation is an outcome, then "@host" (without b.example), "/retry", "=word" where they matter.
"""

from __future__ import annotations

import pytest
from judge_builders import (
    BOGUS,
    DOMAIN,
    EXPIRED,
    INSECURE,
    ODD_TYPE,
    PKIX_EE,
    SECURE,
    SELF,
    SELF2,
    SHORT,
    STALE,
    WEB,
    WEB2,
    WRONG,
    aborts,
    absent,
    announces,
    babbles,
    black_hole,
    closes_in_tls,
    der,
    down,
    drops,
    ee,
    failed,
    greets,
    helo_only,
    injected,
    key_usage,
    lookup,
    mute,
    mx,
    own,
    path,
    plain,
    policy,
    private,
    refuses,
    refuses_and_goes,
    reply,
    root,
    ta,
    tls,
    web,
)

from mailpath.facts import MxKind
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS, posture

GOOD2 = mx("mx2", tls(WEB2), at=20)
TA = private("mx1.b.example")
TA_OTHER = private("elsewhere.example")
TA_DOMAIN = private("b.example")
TA_REAL = private("real.b.example")
ALIAS = {"alias": "real.b.example"}
LISTED = policy("mx1.b.example", "mx2.b.example")
WRONG_WITH_ROOT = (*WRONG, der(root()[1]))
FOR_SIGNING = web("mx1.b.example", usage=key_usage("digital_signature"))
FOR_TRANSPORT = web("mx1.b.example", usage=key_usage("key_encipherment"))


def signed(*hosts, **facts):
    return path(*hosts, signed=True, **facts)


def half(*hosts, **facts):
    return path(*hosts, signed=True, mx_security=INSECURE, **facts)


DESTINATION = [
    ("mx-lookup-fails", path(kind=MxKind.FAILED, mx_lookup=failed(DOMAIN, "MX")), "deferred", "4.4.3"),
    (
        "mx-bogus-is-a-failure",
        path(mx("mx1", tls(WEB)), kind=MxKind.FAILED, mx_lookup=lookup(DOMAIN, "MX", security=BOGUS)),
        "deferred",
        "4.4.3",
    ),
    ("null-mx", path(kind=MxKind.NULL), "bounced", "5.1.0"),
    ("null-mx-beside-others", path(mx("mx1", tls(WEB)), null_beside=True), "bounced", "5.1.0"),
    ("host-is-an-alias-of-no-host-name", path(mx("mx1", plain, alias="m+x.b.example")), "bounced", "5.4.4"),
    ("no-mx-and-no-address", path(kind=MxKind.NONE), "bounced", "5.4.4"),
    (
        "no-such-domain",
        path(kind=MxKind.NONE, mx_lookup=absent(DOMAIN, "MX", rcode="NXDOMAIN")),
        "bounced",
        "5.4.4",
    ),
    ("host-without-address", path(mx("mx1", address="none")), "bounced", "5.4.4"),
    ("host-does-not-exist", path(mx("mx1", address="missing")), "bounced", "5.4.4"),
    ("host-lookup-fails", path(mx("mx1", address="fails")), "deferred", "4.4.3"),
    ("host-address-bogus", path(mx("mx1", tls(WEB), address="bogus")), "deferred", "4.4.3"),
    (
        "one-soft-failure-makes-all-soft",
        path(mx("mx1", address="fails"), mx("mx2", address="missing", at=20)),
        "deferred",
        "4.4.4",
    ),
    ("no-mx-names-a-host", path(mx("mx+1", form="invalid")), "bounced", "5.4.4"),
    ("nobody-listens", path(mx("mx1", down), mx("mx2", black_hole, at=20)), "deferred", "4.4.1"),
    ("greeting-5xx-is-temporary", path(mx("mx1", greets("554 5.3.2 no"))), "deferred", "4.3.2"),
    ("greeting-without-enhanced-code", path(mx("mx1", greets("421 busy"))), "deferred", "4.0.0"),
    ("greeting-3xx-is-permanent", path(mx("mx1", greets("354 what"))), "bounced", "5.5.0"),
    ("never-greets", path(mx("mx1", mute)), "deferred", "4.4.2"),
]


#: Where a connection is made, dane-only has refused the unsigned destination before.
CONNECTED = {
    "nobody-listens",
    "greeting-5xx-is-temporary",
    "greeting-without-enhanced-code",
    "greeting-3xx-is-permanent",
    "never-greets",
}
LEVELS = ("none", "may", "encrypt", "verify", "secure", "dane", "sts", "dane-only")


@pytest.mark.parametrize(
    ("walk", "outcome", "code", "level"),
    [
        pytest.param(walk, outcome, code, level, id=f"{rule}:{level}")
        for rule, walk, outcome, code in DESTINATION
        for level in (LEVELS[:-1] if rule in CONNECTED else LEVELS)
    ],
)
def test_what_no_level_changes(walk, outcome, code, level):
    verdict = judge(walk, posture(level))
    assert (verdict.outcome, verdict.status_code) == (outcome, code)


def told(verdict):
    text = verdict.outcome.value
    if verdict.host is not None and verdict.status_code is None:
        text += f"@{verdict.host.removesuffix('.' + DOMAIN)}"
    return (
        text
        + ("/retry" if verdict.after_retry else "")
        + (f"={verdict.tls_word}" if verdict.tls_word else "")
    )


def told_as(expected, verdict):
    """The same without what `expected` does not speak of."""
    text = told(verdict)
    for mark in "=@":
        text = text if mark in expected else text.partition(mark)[0]
    return text


def cells(rows):
    """A case for each posture that a row names."""
    return [
        pytest.param(walk, name, expected, id=f"{rule}:{name}")
        for rule, walk, expectations in rows
        for names, expected in expectations.items()
        for name in names.split()
    ]


# (rule, walk, {postures: expectation})
RULES = [
    # --- hosts ---
    (
        "a-host-that-does-not-exist-is-passed-over",
        path(mx("mx1", address="missing"), GOOD2),
        {"postfix-may exim-opportunistic rfc": "encrypted@mx2"},
    ),
    (
        "a-null-mx-beside-others-is-ignored-by-exim",
        path(mx("mx1", tls(WEB)), null_beside=True),
        {"exim-opportunistic rfc": "encrypted@mx1", "postfix-may": "bounced"},
    ),
    (
        "an-address-literal-is-used-by-postfix-alone",
        path(mx("192.0.2.9", plain, form="ip-literal", at=5, addresses=("192.0.2.9",), address="none")),
        {"postfix-may": "plaintext@192.0.2.9", "exim-opportunistic rfc": "bounced"},
    ),
    (
        "v6-is-tried-before-v4",
        path(mx("mx1", tls(WEB), v6=plain)),
        {"postfix-may exim-opportunistic rfc": "plaintext@mx1"},
    ),
    (
        "an-address-that-refuses-is-passed-over",
        path(mx("mx1", tls(WEB), v6=down)),
        {"postfix-may exim-opportunistic rfc": "encrypted@mx1"},
    ),
    (
        "postfix-tries-five-addresses",
        path(*(mx(f"mx{n}", down, at=n) for n in range(1, 6)), mx("mx6", tls(WEB), at=6)),
        {"postfix-may": "deferred", "exim-opportunistic rfc": "encrypted@mx6"},
    ),
    (
        "exim-tries-five-addresses-of-one-preference",
        path(*(mx(f"mx{n}", down) for n in range(1, 6)), mx("mx6", tls(WEB))),
        {"postfix-may exim-opportunistic": "deferred", "rfc": "encrypted@mx6"},
    ),
    (
        "postfix-counts-a-duplicate-twice",
        path(mx("mx1", down, also_at=(11, 12, 13, 14)), GOOD2),
        {"postfix-may": "deferred", "exim-opportunistic rfc": "encrypted@mx2"},
    ),
    (
        "v6-does-not-crowd-out-v4",
        path(*(mx(f"mx{n}", address="none", v6=down, at=n) for n in range(1, 6)), mx("mx6", tls(WEB), at=6)),
        {"postfix-may": "encrypted@mx6"},
    ),
    (
        "no-mx-uses-the-domain-itself",
        path(mx(DOMAIN, tls(own(DOMAIN))), kind=MxKind.IMPLICIT),
        {"postfix-may": "encrypted@b.example=Untrusted", "rfc": "encrypted@b.example"},
    ),
    # --- greeting, EHLO, STARTTLS ---
    (
        "exim-bounces-a-5xx-greeting-at-the-last-host",
        path(mx("mx1", down), mx("mx2", greets("554 no"), at=20)),
        {"exim-opportunistic rfc": "bounced", "postfix-may": "deferred"},
    ),
    (
        "a-5xx-greeting-moves-on",
        path(mx("mx1", greets("554 no")), GOOD2),
        {"exim-opportunistic postfix-may rfc": "encrypted@mx2"},
    ),
    (
        "an-unusable-host-behind-keeps-a-5xx-greeting-temporary",
        path(mx("mx1", greets("554 no")), mx("mx2", address="fails", at=20)),
        {"exim-opportunistic": "deferred"},
    ),
    (
        "helo-only-cannot-do-tls",
        path(mx("mx1", helo_only)),
        {
            "postfix-may exim-opportunistic rfc": "plaintext@mx1",
            "postfix-encrypt exim-require-tls": "deferred",
        },
    ),
    (
        "preference-goes-before-security",
        path(mx("mx1", plain), GOOD2),
        {
            "postfix-may exim-opportunistic rfc": "plaintext@mx1",
            "postfix-encrypt": "encrypted@mx2=Trusted",
            "postfix-verify": "authenticated@mx2=Verified",
        },
    ),
    (
        "starttls-4xx",
        path(mx("mx1", refuses("454 4.7.0 no")), GOOD2),
        {
            "postfix-may exim-opportunistic rfc": "plaintext@mx1",
            "exim-noclear postfix-encrypt": "encrypted@mx2",
        },
    ),
    (
        "starttls-5xx-is-final-for-postfix-that-needs-tls",
        path(mx("mx1", refuses("554 5.7.3 no")), GOOD2),
        {
            "postfix-may exim-noclear rfc": "plaintext@mx1",
            "postfix-encrypt postfix-verify": "bounced",
            "exim-require-tls": "encrypted@mx2",
        },
    ),
    (
        "starttls-drop-moves-on-and-never-falls-back",
        path(mx("mx1", drops)),
        {"postfix-may exim-opportunistic rfc": "deferred"},
    ),
    # --- the handshake ---
    (
        "handshake-failure-and-nobody-else",
        path(mx("mx1", aborts)),
        {
            "postfix-may postfix-dane postfix-sts rfc": "plaintext@mx1/retry",
            "exim-opportunistic exim": "plaintext@mx1",
            "exim-noclear postfix-encrypt postfix-secure exim-require-tls": "deferred",
            "postfix-none exim-none": "plaintext@mx1",
        },
    ),
    (
        "handshake-failure-and-another-host",
        path(mx("mx1", aborts), GOOD2),
        {"postfix-may rfc exim-noclear": "encrypted@mx2", "exim-opportunistic": "plaintext@mx1"},
    ),
    (
        "the-retry-goes-to-the-host-that-failed",
        path(mx("mx1", aborts), mx("mx2", down, at=20)),
        {"postfix-may": "plaintext@mx1/retry"},
    ),
    (
        "a-session-lost-in-tls-is-a-failed-handshake",
        path(mx("mx1", closes_in_tls(WEB))),
        {
            "postfix-may": "plaintext@mx1/retry",
            "exim-opportunistic": "plaintext@mx1",
            "postfix-verify exim-verify": "deferred",
        },
    ),
    (
        "ehlo-refused-in-tls",
        path(mx("mx1", tls(WEB, reply_in_tls=reply("554 5.5.0 no")))),
        {"postfix-may postfix-verify": "bounced", "exim-opportunistic": "encrypted@mx1"},
    ),
    (
        "ehlo-4xx-in-tls-moves-on",
        path(mx("mx1", tls(WEB, reply_in_tls=reply("451 no"))), GOOD2),
        {"postfix-may": "encrypted@mx2"},
    ),
    (
        "old-tls-is-enough-where-nothing-is-verified",
        path(mx("mx1", tls(WEB, version="TLSv1"))),
        {
            "postfix-may postfix-encrypt": "encrypted@mx1=Trusted",
            "postfix-verify": "deferred",
            "exim-verify": "authenticated@mx1=CV=yes",
        },
    ),
    (
        "anonymous-suites",
        path(mx("mx1", tls(()))),
        {
            "postfix-may postfix-encrypt": "encrypted@mx1=Anonymous",
            "postfix-verify": "deferred",
            "exim-opportunistic": "plaintext@mx1",
        },
    ),
    # --- certificates ---
    (
        "the-word-tells-what-was-seen",
        path(mx("mx1", tls(WRONG))),
        {"postfix-may": "encrypted@mx1=Trusted", "exim-opportunistic": "encrypted@mx1=CV=no"},
    ),
    (
        "verify-wants-the-mx-name-secure-the-domain",
        path(mx("mx1.other.example", tls(web("mx1.other.example")))),
        {
            "postfix-verify": "authenticated@mx1.other.example=Verified",
            "postfix-secure": "deferred",
            "exim-verify": "authenticated@mx1.other.example=CV=yes",
        },
    ),
    (
        "secure-takes-any-name-below-the-domain",
        path(mx("mx1", tls(web("x.y.b.example")))),
        {"postfix-secure": "authenticated@mx1", "postfix-verify": "deferred"},
    ),
    (
        "an-expired-certificate",
        path(mx("mx1", tls(EXPIRED))),
        {"postfix-may": "encrypted@mx1=Untrusted", "postfix-verify exim-verify": "deferred"},
    ),
    (
        "sni-is-sent-by-policy-and-dane-alone",
        path(mx("mx1", tls(WRONG, sni={"mx1.b.example": WEB})), sts=LISTED),
        {"postfix-verify": "deferred", "postfix-sts rfc": "authenticated@mx1"},
    ),
    # --- DANE ---
    (
        "dane-ee-needs-no-name-and-no-date",
        signed(mx("mx1", tls(own("x.example", days=(-9, -1))), tlsa=(ee(own("x.example", days=(-9, -1))),))),
        {"postfix-dane postfix-dane-only": "authenticated@mx1=Verified", "exim": "authenticated@mx1=CV=dane"},
    ),
    (
        "a-mismatch-is-never-delivered",
        signed(mx("mx1", tls(WEB), tlsa=(STALE,))),
        {
            "postfix-dane postfix-dane-only exim exim-require-dane rfc": "deferred",
            "postfix-may": "encrypted@mx1",
        },
    ),
    (
        "a-mismatch-moves-on-to-a-weaker-host",
        signed(mx("mx1", tls(SELF), tlsa=(STALE,)), mx("mx2", plain, at=20)),
        {
            "postfix-dane exim rfc": "plaintext@mx2",
            "postfix-dane-only": "deferred",
            "exim-require-dane": "bounced",
        },
    ),
    (
        "tlsa-and-no-starttls",
        signed(mx("mx1", plain, tlsa=(STALE,))),
        {"postfix-dane exim rfc": "deferred", "postfix-may": "plaintext@mx1"},
    ),
    (
        "tlsa-and-a-failed-handshake-never-falls-back",
        signed(mx("mx1", aborts, tlsa=(STALE,))),
        {"postfix-dane exim rfc": "deferred"},
    ),
    (
        "tlsa-lookup-failure-skips-the-host",
        signed(mx("mx1", tls(WEB), tlsa_fails=True), GOOD2),
        {"postfix-dane exim rfc": "encrypted@mx2"},
    ),
    (
        "tlsa-lookup-failure-and-nobody-else",
        signed(mx("mx1", tls(WEB), tlsa_fails=True)),
        {"postfix-dane postfix-dane-only exim exim-require-dane rfc": "deferred"},
    ),
    (
        "an-insecure-host-is-not-asked-for-tlsa",
        signed(mx("mx1", tls(SELF), security=INSECURE, tlsa_fails=True)),
        {
            "postfix-dane rfc": "encrypted@mx1",
            "postfix-dane-only": "deferred",
            "exim-require-dane": "bounced",
        },
    ),
    (
        "no-tlsa-is-opportunistic",
        signed(mx("mx1", plain)),
        {
            "postfix-dane exim rfc": "plaintext@mx1",
            "postfix-dane-only": "deferred",
            "exim-require-dane": "bounced",
        },
    ),
    (
        "dane-only-passes-over-a-host-without-tlsa",
        signed(mx("mx1", tls(SELF)), mx("mx2", tls(SELF2), at=20, tlsa=(ee(SELF2),))),
        {
            "postfix-dane-only": "authenticated@mx2",
            "postfix-dane": "encrypted@mx1",
            "exim-require-dane": "bounced",
        },
    ),
    (
        "insecure-tlsa-is-none",
        signed(mx("mx1", tls(SELF), tlsa=(STALE,), tlsa_security=INSECURE)),
        {"postfix-dane exim rfc": "encrypted@mx1"},
    ),
    (
        "half-dane-matches",
        half(mx("mx1", tls(SELF), tlsa=(ee(SELF),))),
        {
            "postfix-dane": "encrypted@mx1=Trusted",
            "postfix-dane-policy": "encrypted@mx1=Untrusted",
            "exim": "encrypted@mx1=CV=no",
            "postfix-dane-only": "deferred",
            "exim-require-dane": "bounced",
            "rfc": "encrypted@mx1",
        },
    ),
    (
        "half-dane-mismatches",
        half(mx("mx1", tls(SELF), tlsa=(STALE,))),
        {"postfix-dane": "deferred", "postfix-dane-policy exim": "encrypted@mx1"},
    ),
    (
        "no-mx-is-not-half-dane",
        signed(mx(DOMAIN, tls(SELF), tlsa=(ee(SELF),)), kind=MxKind.IMPLICIT, mx_security=INSECURE),
        {"postfix-dane postfix-dane-only": "authenticated", "exim": "authenticated"},
    ),
    (
        "unusable-at-first-sight-means-encrypt",
        signed(mx("mx1", tls(SELF, version="TLSv1"), tlsa=(PKIX_EE,))),
        {
            "postfix-dane rfc exim exim-require-dane": "encrypted@mx1",
            "postfix-dane-only": "deferred",
        },
    ),
    (
        "unusable-on-second-sight-means-encrypt",
        signed(mx("mx1", tls(SELF, version="TLSv1"), tlsa=(ODD_TYPE, SHORT))),
        {"postfix-dane exim": "encrypted@mx1", "postfix-dane-only": "deferred"},
    ),
    (
        "unusable-on-second-sight-allows-no-anonymous-suite",
        signed(mx("mx1", tls(()), tlsa=(ODD_TYPE,))),
        {"postfix-dane": "deferred", "postfix-may": "encrypted@mx1=Anonymous"},
    ),
    (
        "unusable-at-first-sight-allows-one",
        signed(mx("mx1", tls(()), tlsa=(PKIX_EE,))),
        {"postfix-dane": "encrypted@mx1=Anonymous"},
    ),
    (
        "unusable-tlsa-allows-no-plaintext",
        signed(mx("mx1", plain, tlsa=(PKIX_EE,))),
        {"postfix-dane exim rfc": "deferred"},
    ),
    (
        "one-usable-record-counts-alone",
        signed(mx("mx1", tls(SELF), tlsa=(PKIX_EE, ODD_TYPE, ee(SELF)))),
        {"postfix-dane exim rfc": "authenticated@mx1"},
    ),
    (
        "dane-ta-names-the-base-domain",
        signed(mx("mx1", tls(TA), tlsa=(ta(TA),))),
        {"postfix-dane exim rfc": "authenticated@mx1"},
    ),
    (
        "dane-ta-may-name-the-recipient-domain",
        signed(mx("mx1", tls(TA_DOMAIN), tlsa=(ta(TA_DOMAIN),))),
        {"postfix-dane rfc": "authenticated@mx1", "exim": "deferred"},
    ),
    (
        "dane-ta-with-another-name",
        signed(mx("mx1", tls(TA_OTHER), tlsa=(ta(TA_OTHER),))),
        {"postfix-dane exim rfc": "deferred"},
    ),
    (
        "a-trusted-chain-makes-up-for-the-name-in-exim",
        signed(mx("mx1", tls(WRONG_WITH_ROOT), tlsa=(ta(WRONG_WITH_ROOT),))),
        {"exim exim-require-dane": "encrypted@mx1=CV=yes", "postfix-dane rfc": "deferred"},
    ),
    (
        "after-tlsa-exim-falls-back-at-no-later-host",
        signed(mx("mx1", tls(SELF), tlsa=(STALE,)), mx("mx2", aborts, at=20)),
        {"exim": "deferred", "exim-opportunistic": "encrypted@mx1", "postfix-dane": "plaintext@mx2/retry"},
    ),
    (
        "after-tlsa-exim-takes-no-454-for-an-answer",
        signed(mx("mx1", down, tlsa=(STALE,)), mx("mx2", refuses("454 4.7.0 no"), at=20)),
        {"exim": "deferred", "exim-opportunistic postfix-dane": "plaintext@mx2"},
    ),
    (
        "after-tlsa-exim-still-takes-500",
        signed(mx("mx1", down, tlsa=(STALE,)), mx("mx2", refuses("500 5.5.1 no"), at=20)),
        {"exim postfix-dane": "plaintext@mx2"},
    ),
    (
        "before-tlsa-exim-falls-back",
        signed(mx("mx1", aborts), mx("mx2", tls(SELF2), at=20, tlsa=(ee(SELF2),))),
        {"exim": "plaintext@mx1", "postfix-dane": "authenticated@mx2"},
    ),
    (
        "dane-sends-the-base-domain-as-sni",
        signed(mx("mx1", tls(WRONG, sni={"real.b.example": SELF}), tlsa=(ee(SELF),), **ALIAS)),
        {
            "postfix-dane rfc": "authenticated@mx1",
            "exim": "authenticated@real",
            "postfix-may": "encrypted@mx1",
        },
    ),
    (
        "tlsa-at-the-alias-is-second",
        signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),), tlsa_at="mx1.b.example", **ALIAS)),
        {"postfix-dane rfc": "authenticated@mx1", "exim": "encrypted@real"},
    ),
    (
        "a-secure-alias-of-an-insecure-target",
        signed(
            mx(
                "mx1",
                tls(SELF),
                tlsa=(ee(SELF),),
                tlsa_at="mx1.b.example",
                security=INSECURE,
                alias_security=SECURE,
                **ALIAS,
            )
        ),
        {"postfix-dane rfc": "authenticated@mx1", "exim": "encrypted@real"},
    ),
    (
        "an-insecure-alias-disables-dane",
        signed(mx("mx1", tls(SELF), tlsa=(STALE,), security=INSECURE, alias_security=INSECURE, **ALIAS)),
        {"postfix-dane rfc": "encrypted@mx1"},
    ),
    (
        "an-error-at-the-target-is-final",
        signed(
            mx(
                "mx1",
                tls(SELF),
                tlsa=(ee(SELF),),
                tlsa_at="mx1.b.example",
                tlsa_fails="real.b.example",
                **ALIAS,
            )
        ),
        {"postfix-dane rfc exim": "deferred"},
    ),
    (
        "dane-ta-under-a-cname-names-the-base-domain",
        signed(mx("mx1", tls(TA), tlsa=(ta(TA),), **ALIAS)),
        {"postfix-dane rfc exim": "deferred"},
    ),
    (
        "dane-ta-under-a-cname-with-the-target-name",
        signed(mx("mx1", tls(TA_REAL), tlsa=(ta(TA_REAL),), **ALIAS)),
        {"postfix-dane rfc": "authenticated@mx1", "exim": "authenticated@real"},
    ),
    (
        "old-tls-without-a-signature-passes-openssl",
        path(mx("mx1", tls(WEB, version="TLSv1", cipher="AES256-SHA"))),
        {"postfix-verify exim-verify": "authenticated@mx1"},
    ),
    (
        "old-tls-under-a-policy-passes-none-but-openssl",
        path(mx("mx1", tls(WEB, version="TLSv1.1", cipher="AES256-SHA")), sts=LISTED),
        {"postfix-sts": "authenticated@mx1", "rfc": "deferred"},
    ),
    (
        "starttls-refused-and-gone-leaves-no-session-for-plaintext",
        path(mx("mx1", refuses_and_goes)),
        {"postfix-may exim rfc": "deferred", "postfix-none": "plaintext@mx1"},
    ),
    (
        "starttls-refused-and-gone-moves-on",
        path(mx("mx1", refuses_and_goes), GOOD2),
        {"postfix-may exim rfc": "encrypted@mx2"},
    ),
    (
        "starttls-answered-by-no-reply-is-no-refusal",
        path(mx("mx1", babbles)),
        {"postfix-may exim rfc": "deferred", "postfix-none": "plaintext@mx1"},
    ),
    # --- the keyword ---
    *(
        (
            f"exim-sees-no-starttls-in-{said}",
            path(mx("mx1", announces(lines, WEB))),
            {
                "exim": "plaintext@mx1",
                "exim-require-tls": "deferred",
                "postfix-may rfc": "encrypted@mx1",
            },
        )
        for said, lines in {
            "lower-case": ("250-mx", "250 starttls"),
            "a-reply-251": ("251-mx", "251 STARTTLS"),
            "a-parameter-after-equals": ("250-mx", "250 STARTTLS=now"),
            "a-line-with-two-spaces": ("250-mx", "250-  STARTTLS", "250 HELP"),
        }.items()
    ),
    (
        "exim-sees-starttls-with-a-parameter",
        path(mx("mx1", announces(("250-mx", "250-STARTTLS now", "250 HELP"), WEB))),
        {"exim": "encrypted@mx1", "postfix-may": "encrypted@mx1"},
    ),
    (
        "past-a-host-with-tlsa-exim-goes-on-to-send-its-name",
        path(
            mx("mx1", down, tlsa=(ee(SELF),)),
            mx("mx2", tls(SELF, sni={"mx1.b.example": WEB2}), at=20, asked=("mx1.b.example",)),
            signed=True,
        ),
        {"exim": "encrypted@mx2=CV=yes", "exim-opportunistic": "encrypted@mx2=CV=no"},
    ),
    (
        "exim-without-tlsa-at-the-first-host-bounces-though-the-second-is-good",
        path(mx("mx1", tls(SELF)), mx("mx2", tls(SELF), at=20, tlsa=(ee(SELF),)), signed=True),
        {"exim-require-dane": "bounced", "postfix-dane-only": "authenticated@mx2", "exim": "encrypted@mx1"},
    ),
    (
        "and-waits-where-the-second-fails",
        path(mx("mx1", tls(SELF)), mx("mx2", tls(SELF), at=20, tlsa=(STALE,)), signed=True),
        {"exim-require-dane": "deferred", "postfix-dane-only": "deferred"},
    ),
    (
        "or-refuses-for-good",
        path(mx("mx1", tls(SELF)), mx("mx2", greets("554 no"), at=20, tlsa=(STALE,)), signed=True),
        {"exim-require-dane": "deferred"},
    ),
    (
        "or-cannot-be-asked-for-tlsa",
        path(mx("mx1", tls(SELF)), mx("mx2", tls(SELF), at=20, tlsa_fails=True), signed=True),
        {"exim-require-dane": "deferred"},
    ),
    (
        "and-bounces-where-no-further-host-has-tlsa",
        path(mx("mx1", tls(SELF), tlsa=(STALE,)), mx("mx2", tls(SELF), at=20), signed=True),
        {"exim-require-dane": "bounced"},
    ),
    (
        "what-is-found-unusable-late-is-trusted-by-name-only",
        path(mx("mx1", tls(WRONG), tlsa=(ODD_TYPE,)), signed=True),
        {"postfix-dane": "encrypted@mx1=Untrusted", "postfix-may": "encrypted@mx1=Trusted"},
    ),
    (
        "what-is-found-unusable-at-once-leaves-names-alone",
        path(mx("mx1", tls(WRONG), tlsa=(PKIX_EE,)), signed=True),
        {"postfix-dane": "encrypted@mx1=Trusted"},
    ),
    # --- names of hosts ---
    (
        "a-star-is-a-host-to-postfix",
        path(mx("*.b.example", plain, form="invalid"), mx("mx2", down, at=20)),
        {"postfix-may": "plaintext@*", "exim": "deferred", "rfc": "deferred"},
    ),
    (
        "a-slash-is-part-of-a-host-s-name-to-exim",
        path(mx("m/x", plain, form="invalid"), mx("mx2", down, at=20)),
        {"postfix-may": "deferred", "exim": "plaintext@m/x", "rfc": "deferred"},
    ),
    (
        "what-is-no-host-name-is-nobody-s-mx",
        path(mx("m+x", plain, form="invalid"), mx("mx2", down, at=20)),
        {"postfix-may exim rfc": "deferred"},
    ),
    (
        "an-underscore-is-part-of-anybody-s",
        path(mx("_mx", plain)),
        {"postfix-may exim rfc": "plaintext@_mx"},
    ),
    (
        "an-alias-of-what-is-no-host-name-has-no-address-for-postfix",
        path(mx("mx1", plain, alias="m+x.b.example"), mx("mx2", down, at=20)),
        {"postfix-may": "deferred", "exim": "plaintext@m+x", "rfc": "plaintext@mx1"},
    ),
    (
        "no-tlsa-below-a-star-for-postfix",
        path(mx("*.b.example", tls(SELF), form="invalid", tlsa=(STALE,)), signed=True),
        {"postfix-dane": "encrypted@*", "postfix-dane-only": "deferred"},
    ),
    (
        "an-mx-that-names-an-ipv6-address",
        path(mx("2001:db8::9", plain, form="ip-literal", addresses=("2001:db8::9",), address="none")),
        {"postfix-may": "plaintext@2001:db8::9", "exim rfc": "bounced"},
    ),
    # --- suites ---
    (
        "a-suite-that-gnutls-does-not-offer-is-no-common-suite",
        path(mx("mx1", tls(WEB, version="TLSv1.2", cipher="ECDHE-RSA-AES128-SHA256"))),
        {
            "exim-opportunistic": "plaintext@mx1",
            "exim-verify": "deferred",
            "postfix-verify": "authenticated@mx1",
            "rfc": "encrypted@mx1",
        },
    ),
    (
        "unless-the-server-has-another",
        path(mx("mx1", tls(WEB, version="TLSv1.2", cipher="CAMELLIA256-SHA", gnutls="AES256-SHA"))),
        {"exim-verify postfix-verify": "authenticated@mx1"},
    ),
    # --- key usage ---
    (
        "a-share-is-signed-with-a-signing-key",
        path(mx("mx1", tls(FOR_TRANSPORT))),
        {"exim": "plaintext@mx1", "exim-verify": "deferred", "postfix-verify": "authenticated@mx1"},
    ),
    (
        "a-share-may-be-signed-in-tls-1.2-too",
        path(mx("mx1", tls(FOR_SIGNING, version="TLSv1.2", cipher="ECDHE-RSA-AES256-GCM-SHA384"))),
        {"exim-verify postfix-verify": "authenticated@mx1"},
    ),
    (
        "a-secret-is-sent-to-a-transport-key",
        path(mx("mx1", tls(FOR_SIGNING, version="TLSv1.2", cipher="AES256-GCM-SHA384"))),
        {"exim": "plaintext@mx1", "exim-verify": "deferred", "postfix-verify": "authenticated@mx1"},
    ),
    (
        "a-transport-key-receives-the-secret",
        path(mx("mx1", tls(FOR_TRANSPORT, version="TLSv1.2", cipher="AES256-GCM-SHA384"))),
        {"exim-verify postfix-verify": "authenticated@mx1"},
    ),
    (
        "bytes-behind-the-reply-to-starttls-break-it-for-exim",
        path(mx("mx1", injected(WEB))),
        {
            "exim exim-opportunistic": "plaintext@mx1",
            "exim-noclear exim-require-tls exim-verify": "deferred",
            "postfix-verify": "authenticated@mx1",
            "postfix-may rfc": "encrypted@mx1",
        },
    ),
    # --- MTA-STS ---
    (
        "a-policy-that-lists-an-address-wants-it-in-the-certificate",
        path(mx("mx1", tls(WEB)), sts=policy("192.0.2.1", "mx1.b.example")),
        {"postfix-sts": "deferred", "rfc": "authenticated@mx1"},
    ),
    (
        "enforce-and-all-is-well",
        path(mx("mx1", tls(WEB)), sts=LISTED),
        {
            "postfix-sts": "authenticated@mx1=Verified",
            "rfc": "authenticated@mx1",
            "postfix-may": "encrypted@mx1",
        },
    ),
    (
        "enforce-and-a-bad-certificate-moves-on",
        path(mx("mx1", tls(SELF)), GOOD2, sts=LISTED),
        {"postfix-sts rfc": "authenticated@mx2"},
    ),
    (
        "enforce-never-falls-back",
        path(mx("mx1", aborts), sts=LISTED),
        {"postfix-sts rfc": "deferred"},
    ),
    (
        "an-unlisted-host-with-a-listed-name",
        path(mx("mx3", tls(WEB)), sts=LISTED),
        {"postfix-sts": "authenticated@mx3", "rfc": "deferred"},
    ),
    (
        "a-listed-host-with-another-listed-name",
        path(mx("mx1", tls(WEB2)), sts=LISTED),
        {"postfix-sts": "authenticated@mx1", "rfc": "deferred"},
    ),
    (
        "a-wildcard-is-one-label",
        path(mx("a.mx1.b.example", tls(web("a.mx1.b.example"))), sts=policy("*.b.example")),
        {"postfix-sts": "authenticated@a.mx1", "rfc": "deferred"},
    ),
    (
        "testing-and-none-change-nothing",
        path(mx("mx1", plain), sts=policy("mx9.b.example", mode="testing")),
        {"postfix-sts rfc": "plaintext@mx1"},
    ),
    (
        "a-policy-that-cannot-be-fetched-is-none",
        path(mx("mx1", tls(SELF)), sts=policy("mx1.b.example", status=500)),
        {"postfix-sts rfc": "encrypted@mx1"},
    ),
    (
        "a-policy-host-with-a-wrong-name-has-no-policy",
        path(mx("mx1", tls(SELF)), sts=policy("mx1.b.example", chain=WRONG)),
        {"postfix-sts rfc": "encrypted@mx1"},
    ),
    (
        "a-record-only-the-resolver-accepts",
        path(mx("mx1", tls(SELF)), sts=policy("mx1.b.example", text=b"v=STSv1; id=2026-01-01;")),
        {"postfix-sts": "deferred", "rfc": "encrypted@mx1"},
    ),
    (
        "dane-fails-and-the-policy-holds",
        signed(mx("mx1", tls(WEB), tlsa=(STALE,)), sts=LISTED),
        {"postfix-dane-sts": "authenticated@mx1", "rfc postfix-dane": "deferred"},
    ),
    (
        "dane-holds-and-the-policy-fails",
        signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), sts=LISTED),
        {"postfix-dane-sts": "deferred", "rfc postfix-dane": "authenticated@mx1"},
    ),
    (
        "without-tlsa-the-policy-authenticates",
        signed(mx("mx1", tls(SELF), tlsa=(PKIX_EE,)), sts=LISTED),
        {"rfc": "deferred", "postfix-dane": "encrypted@mx1"},
    ),
    (
        "half-dane-does-not-stand-in-for-the-policy",
        half(mx("mx1", tls(SELF), tlsa=(ee(SELF),))),
        {"rfc": "encrypted@mx1"},
    ),
    (
        "a-policy-does-not-override-a-half-dane-mismatch",
        half(mx("mx1", tls(WEB), tlsa=(STALE,)), sts=LISTED),
        {"rfc": "deferred", "postfix-dane": "deferred", "postfix-tlspol": "deferred"},
    ),
    (
        "beside-half-dane-that-holds-the-policy-authenticates",
        half(mx("mx1", tls(WEB), tlsa=(ee(WEB),)), sts=LISTED),
        {"rfc": "authenticated@mx1", "postfix-dane postfix-tlspol": "encrypted@mx1"},
    ),
    (
        "half-dane-holds-and-the-policy-fails",
        half(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), sts=LISTED),
        {"rfc": "deferred", "postfix-tlspol": "encrypted@mx1"},
    ),
]


@pytest.mark.parametrize(("walk", "name", "expected"), cells(RULES))
def test_rule(walk, name, expected):
    verdict = judge(walk, PRESETS[name])
    assert told_as(expected, verdict) == expected, f"{verdict.reason} ({verdict.why})"


def test_every_rule_has_a_name_of_its_own():
    names = [row[0] for row in (*RULES, *DESTINATION)]
    assert len(names) == len(set(names))
