"""One row per habit in which measured servers differ beyond Postfix and Exim: a walk, what comes of it.

Rows and expectations are written as in `test_judge_rules.py`; they follow what the servers themselves did.
"""

from __future__ import annotations

import pytest
from judge_builders import (
    DOMAIN,
    EXPIRED,
    INSECURE,
    SECURE,
    SELF,
    SHORT,
    WEB,
    WEB2,
    WRONG,
    aborts,
    absent,
    closes_in_tls,
    drops,
    ee,
    failed,
    greets,
    lookup,
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
from msgspec.structs import replace
from test_judge_rules import RULES, cells, told_as

from mailpath.exchanges import Failure, TlsProfile
from mailpath.facts import MxKind, PolicyFetch, TlsaRecord
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.match.dane import computed

GOOD2 = mx("mx2", tls(WEB2), at=20)
LISTED = policy("mx1.b.example", "mx2.b.example")
OTHER = policy("other.b.example")
TA = private("mx1.b.example")
ALIAS = {"alias": "real.b.example"}
UNSIGNED_TARGET = {**ALIAS, "security": INSECURE, "alias_security": SECURE, "tlsa_at": "mx1.b.example"}


def signed(*hosts, **facts):
    return path(*hosts, signed=True, **facts)


def key_of(chain, depth):
    """2 1 1 of the certificate at `depth`."""
    return TlsaRecord(usage=2, selector=1, mtype=1, data=computed((1, 1), chain[depth]))


def half_known(walk):
    """The lookup of the only host's IPv4 addresses fails, and it has no IPv6 address."""
    (host,) = walk.mx.hosts
    v6, v4 = absent(host.name, "AAAA"), failed(host.name, "A")
    return replace(walk, mx=replace(walk.mx, hosts=(replace(host, v6=v6, v4=v4, addresses=()),)))


def other_suites(walk, cipher, profile, **change):
    """The server chose `cipher`; with what `profile` offers the same session, or one with `change`."""
    held = [
        replace(each, tls=replace(each.tls, cipher=cipher, version="TLSv1.2"))
        for each in walk.starttls.sessions
    ]
    held += [replace(each, profile=profile, **change) for each in held]
    return replace(walk, starttls=replace(walk.starttls, sessions=tuple(held)))


def stalled(walk):
    """The record promises a policy, and its host does not answer in time."""
    txt = lookup(f"_mta-sts.{DOMAIN}", "TXT")
    fetch = PolicyFetch(url="", host=f"mta-sts.{DOMAIN}", failure=Failure.TIMEOUT)
    return replace(walk, sts=replace(walk.sts, txt=txt, texts=(b"v=STSv1; id=1;",), fetch=fetch))


NO_SUITE = {"tls": None, "failure": Failure.TLS}

#: (habit, walk, {postures: expectation})
HABITS = [
    # --- hosts ---
    (
        "a-null-mx",
        path(kind=MxKind.NULL),
        {"rfc haraka sendmail courier dma opensmtpd": "bounced", "chasquid opensmtpd-6.8": "deferred"},
    ),
    (
        "a-domain-that-does-not-exist",
        path(kind=MxKind.NONE, mx_lookup=absent(DOMAIN, "MX", rcode="NXDOMAIN")),
        {"rfc haraka opensmtpd sendmail": "bounced", "chasquid mox": "deferred"},
    ),
    (
        "a-domain-without-any-address",
        path(kind=MxKind.NONE),
        {"rfc haraka zone-mta sendmail": "bounced", "opensmtpd chasquid mox": "deferred"},
    ),
    (
        "mx-hosts-without-any-address",
        path(mx("mx1", address="none")),
        {"rfc zone-mta sendmail courier dma": "bounced", "haraka opensmtpd chasquid mox": "deferred"},
    ),
    (
        "one-mx-host-without-an-address",
        path(mx("mx1", address="missing"), GOOD2),
        {
            "rfc haraka courier sendmail": "encrypted@mx2",
            "dma-opportunistic": "bounced",
            "dma-0.13-opportunistic": "deferred",
        },
    ),
    (
        "one-family-fails-and-there-is-none-of-the-other",
        half_known(path(mx("mx1", plain))),
        {"rfc haraka sendmail": "deferred", "courier dma": "bounced"},
    ),
    (
        "the-best-mx-is-localhost",
        path(mx("mail.localhost", plain), GOOD2),
        {"rfc postfix-may postfix-dane opensmtpd sendmail courier": "bounced"},
    ),
    (
        "a-worse-mx-is-the-sender-itself",
        path(mx("mx1", greets("451 later")), mx("mx2", plain, at=20, addresses=("127.0.0.1",))),
        {"rfc postfix-may courier": "deferred", "sendmail": "plaintext@mx2", "haraka": "deferred"},
    ),
    # --- before TLS ---
    (
        "a-4xx-greeting-ends-the-attempt",
        path(mx("mx1", greets("451 later")), GOOD2),
        {
            "rfc opensmtpd mox chasquid sendmail dma-starttls": "encrypted@mx2",
            "haraka zone-mta courier": "deferred",
        },
    ),
    (
        "a-5xx-greeting-and-another-host",
        path(mx("mx1", greets("554 no")), GOOD2),
        {
            "rfc opensmtpd chasquid sendmail": "encrypted@mx2",
            "haraka mox courier dma": "bounced",
            "zone-mta": "deferred",
        },
    ),
    (
        "starttls-4xx-ends-the-attempt",
        path(mx("mx1", refuses("454 no")), GOOD2),
        {
            "haraka": "deferred",
            "opensmtpd mox chasquid zone-mta sendmail dma-opportunistic": "plaintext@mx1",
            "courier sendmail-encr dma-starttls chasquid-1.11": "encrypted@mx2",
            "opensmtpd-tls": "authenticated@mx2",
            "haraka-force-tls": "deferred",
        },
    ),
    (
        "starttls-5xx-and-another-host",
        path(mx("mx1", refuses("554 no")), GOOD2),
        {
            "haraka haraka-force-tls": "bounced",
            "opensmtpd mox chasquid zone-mta sendmail dma-opportunistic": "plaintext@mx1",
            "courier sendmail-encr dma-starttls": "encrypted@mx2",
        },
    ),
    (
        "starttls-4xx-goes-plain-on-the-retry",
        path(mx("mx1", refuses("454 no"))),
        {"courier courier-verify": "plaintext@mx1/retry", "courier-none": "plaintext@mx1"},
    ),
    (
        "the-session-ends-at-starttls",
        path(mx("mx1", drops), GOOD2),
        {
            "rfc haraka opensmtpd mox sendmail": "encrypted@mx2",
            "chasquid": "plaintext@mx1",
            "zone-mta": "deferred",
        },
    ),
    ("starttls-drop-goes-plain-on-the-retry", path(mx("mx1", drops)), {"courier": "plaintext@mx1/retry"}),
    (
        "starttls-is-missing-where-it-is-required",
        path(mx("mx1", plain), GOOD2, sts=LISTED),
        {
            "rfc chasquid sendmail-sts courier": "authenticated@mx2",
            "mox zone-mta": "bounced",
            "haraka-force-tls": "deferred",
        },
    ),
    # --- TLS ---
    (
        "a-failed-handshake-where-tls-is-required",
        path(mx("mx1", aborts), GOOD2, sts=LISTED),
        {"rfc chasquid mox sendmail-sts courier": "authenticated@mx2", "zone-mta": "bounced"},
    ),
    (
        "the-session-ends-after-the-handshake",
        path(mx("mx1", closes_in_tls(WEB)), GOOD2),
        {
            "rfc haraka opensmtpd mox sendmail-fallback courier": "encrypted@mx2",
            "chasquid": "plaintext@mx1",
            "zone-mta": "deferred",
            "dma-opportunistic dma-starttls": "bounced",
        },
    ),
    (
        "ehlo-is-refused-inside-tls",
        path(mx("mx1", tls(WEB, reply_in_tls=reply("554 no")))),
        {
            "haraka mox sendmail courier dma-starttls": "bounced",
            "opensmtpd zone-mta": "deferred",
            "chasquid": "plaintext@mx1",
        },
    ),
    (
        "ehlo-4xx-inside-tls",
        path(mx("mx1", tls(WEB, reply_in_tls=reply("451 no"))), GOOD2),
        {"rfc opensmtpd sendmail": "encrypted@mx2", "haraka zone-mta": "deferred"},
    ),
    (
        "a-bad-certificate-where-one-must-hold",
        path(mx("mx1", tls(SELF)), GOOD2, sts=LISTED),
        {"rfc mox chasquid sendmail-sts courier": "authenticated@mx2", "zone-mta": "deferred"},
    ),
    (
        "a-wrong-name-where-one-must-hold",
        path(mx("mx1", tls(WRONG)), GOOD2, sts=LISTED),
        {"rfc mox chasquid sendmail-sts courier": "authenticated@mx2", "zone-mta": "bounced"},
    ),
    (
        "a-bad-certificate-is-no-tls-the-next-time",
        path(mx("mx1", tls(EXPIRED))),
        {"courier-verify": "plaintext@mx1/retry", "courier": "encrypted@mx1", "kumomta": "deferred"},
    ),
    (
        "a-policy-is-not-given-up-on-the-retry",
        path(mx("mx1", tls(EXPIRED)), sts=LISTED),
        {"courier-verify courier": "deferred"},
    ),
    (
        "a-chain-without-a-name",
        path(mx("mx1", tls(WRONG))),
        {"sendmail-verify": "encrypted@mx1", "sendmail-verify-cn opensmtpd-tls dma-verify": "deferred"},
    ),
    ("a-name-without-a-chain", path(mx("mx1", tls(SELF))), {"sendmail-verify": "deferred"}),
    (
        "a-group-of-1024-bits",
        other_suites(
            path(mx("mx1", tls(WEB))), "DHE-RSA-AES256-GCM-SHA384", TlsProfile.OPENSSL_2, **NO_SUITE
        ),
        {"rfc postfix-may haraka": "encrypted@mx1", "opensmtpd": "plaintext@mx1", "sendmail": "deferred"},
    ),
    (
        "rsa-key-transport",
        other_suites(path(mx("mx1", tls(WEB))), "AES256-GCM-SHA384", TlsProfile.GO, **NO_SUITE),
        {"rfc sendmail opensmtpd": "encrypted@mx1", "mox chasquid": "plaintext@mx1"},
    ),
    (
        "a-suite-that-go-offers-was-there-too",
        other_suites(path(mx("mx1", tls(WEB))), "AES256-GCM-SHA384", TlsProfile.GO),
        {"mox chasquid": "encrypted@mx1"},
    ),
    # --- DANE ---
    (
        "tlsa-at-the-target-alone",
        signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),), **ALIAS)),
        {"postfix-dane mox": "authenticated@mx1", "sendmail-dane": "encrypted@mx1"},
    ),
    (
        "tlsa-of-an-alias-whose-target-is-not-signed",
        signed(mx("mx1", tls(SELF), tlsa=(ee(SELF),), **UNSIGNED_TARGET)),
        {"rfc postfix-dane": "authenticated@mx1", "mox sendmail-dane": "encrypted@mx1"},
    ),
    (
        "a-digest-of-a-wrong-length",
        signed(mx("mx1", tls(WEB), tlsa=(SHORT,))),
        {"rfc postfix-dane mox": "encrypted@mx1", "sendmail-dane": "deferred"},
    ),
    (
        "the-leaf-as-its-own-anchor",
        signed(mx("mx1", tls(TA), tlsa=(key_of(TA, 0),))),
        {"mox": "authenticated@mx1", "rfc postfix-dane sendmail-dane": "deferred"},
    ),
    (
        "a-failed-tlsa-lookup-and-another-host",
        signed(mx("mx1", tls(WEB), tlsa_fails=True), GOOD2),
        {"rfc mox sendmail-dane": "encrypted@mx2"},
    ),
    (
        "the-recipient-domain-is-no-name-under-dane-ta",
        signed(
            mx("mx1", tls(private("b.example")), tlsa=(ta(private("b.example")),)),
        ),
        {"rfc mox": "authenticated@mx1", "sendmail-dane": "deferred"},
    ),
    # --- MTA-STS ---
    (
        "no-host-is-listed",
        path(mx("mx1", tls(WEB)), GOOD2, sts=OTHER),
        {"rfc mox chasquid sendmail-sts": "deferred", "zone-mta courier": "bounced"},
    ),
    (
        "one-host-is-listed",
        path(mx("mx1", tls(WEB)), GOOD2, sts=policy("mx2.b.example")),
        {"rfc mox chasquid zone-mta courier sendmail-sts": "authenticated@mx2"},
    ),
    (
        "a-policy-beside-unusable-records",
        signed(mx("mx1", tls(SELF), tlsa=(replace(ee(WEB), mtype=9),)), sts=LISTED),
        {"rfc": "deferred", "sendmail-dane-sts": "encrypted@mx1"},
    ),
    (
        "a-policy-that-does-not-come",
        stalled(path(mx("mx1", tls(SELF)))),
        {"rfc postfix-sts chasquid": "encrypted@mx1", "sendmail-sts": "deferred"},
    ),
]


@pytest.mark.parametrize(("walk", "name", "expected"), cells(HABITS))
def test_habit(walk, name, expected):
    verdict = judge(walk, PRESETS[name])
    assert told_as(expected, verdict) == expected, verdict.reason


def test_every_habit_has_a_name_of_its_own():
    names = [row[0] for row in (*HABITS, *RULES)]
    assert len(names) == len(set(names))


def test_what_is_no_certificate_but_a_copy_of_the_leaf_is_no_anchor():
    """The leaf's key is named, and the leaf stands in the chain twice: mox alone takes it."""
    twice = (*TA, TA[0])
    walk = signed(mx("mx1", tls(twice), tlsa=(key_of(TA, 0),)))
    assert judge(walk, PRESETS["mox"]).outcome == "authenticated"
    assert judge(walk, PRESETS["rfc"]).outcome == "deferred"
