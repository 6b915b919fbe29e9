"""Lab scenarios x postures x attacks: what the attacker gets.

One line per scenario and posture: the outcome without an attack, then under each of `COLUMNS`.
A(uthenticated), E(ncrypted), P(laintext), D(eferred), B(ounced); "!" where the attacker reads the mail;
behind a slash the outcome with the domain's MTA-STS policy cached.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailpath.attacks.catalogue import ATTACKS
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS

if TYPE_CHECKING:
    from whatif.conftest import RewalksOf, Tell

#: Of the table, behind the outcome without an attack: a new attack gets the next column, wherever it stands
#: in the catalogue.
COLUMNS = (
    "strip-starttls",
    "break-tls",
    "mitm-self-signed",
    "mitm-own-cert",
    "mitm-misissued",
    "forge-mx",
    "forge-address",
    "deny-tlsa",
    "block-tlsa",
    "block-policy",
    "steer",
    "refuse-starttls",
)
TABLE = """
plaintext               postfix-may        P    P!   P!   E!   E!   E!   E!   E!   P!   P!   P!   P!  P!
plaintext               postfix-encrypt    D    D    D    E!   E!   E!   E!   E!   D    D    D    D   D
opportunistic           postfix-none       P    P!   P!   P!   P!   P!   P!   P!   P!   P!   P!   P!  P!
opportunistic           postfix-may        E    P!   P!   E!   E!   E!   E!   E!   E    E    E    E   P!
opportunistic           postfix-dane-only  D    D    D    D    D    D    D    D    D    D    D    D   D
opportunistic           exim-noclear       E    P!   D    E!   E!   E!   E!   E!   E    E    E    E   D
pkix-good               postfix-verify     A    D    D    D    D    A!   A!   D    A    A    A    A   D
pkix-good               postfix-secure     A    D    D    D    D    A!   D    D    A    A    A    A   D
pkix-good               exim-verify        A    D    D    D    D    A!   A!   D    A    A    A    A   D
provider-mx             postfix-verify     A    D    D    D    D    A!   A!   D    A    A    A    A   D
provider-mx             postfix-secure     D    D    D    D    D    D    D    D    D    D    D    D   D
dane-good               rfc                A    D    D    D    D    D    D    D    D    D    A    A   D
dane-good               postfix-may        E    P!   P!   E!   E!   E!   D    D    E    E    E    E   P!
dane-good               postfix-encrypt    E    D    D    E!   E!   E!   D    D    E    E    E    E   D
dane-good               postfix-dane       A    D    D    D    D    D    D    D    D    D    A    A   D
dane-good               postfix-dane-only  A    D    D    D    D    D    D    D    D    D    A    A   D
dane-good               postfix-verify     D    D    D    D    D    A!   D    D    D    D    D    D   D
dane-good               exim               A    D    D    D    D    D    D    D    D    D    A    A   D
dane-ta                 postfix-dane       A    D    D    D    D    D    D    D    D    D    A    A   D
dane-unusable           postfix-dane       E    D    D    E!   E!   E!   D    D    D    D    E    E   D
signed-no-tlsa          postfix-dane       E    P!   P!   E!   E!   E!   D    D    E    E    E    E   P!
half-dane               postfix-dane       E    D    D    D    D    D    E!   D    D    D    E    E   D
half-dane               postfix-dane-only  D    D    D    D    D    D    D    D    D    D    D    D   D
half-dane               exim               E    P!   P!   E!   E!   E!   E!   D    E    E    E    E   P!
nsec3                   postfix-dane       A    D    D    D    D    D    D    D    D    D    A    A   D
bogus                   postfix-may        D    D    D    D    D    D    D    D    D    D    D    D   D
sts-enforce             rfc                A    D/D  D/D  D/D  D/D  A!/A D/D  D/D  A/A  A/A  E/A  A/A D/D
sts-enforce             postfix-sts        A    D/D  D/D  D/D  D/D  A!/A D/D  D/D  A/A  A/A  E/A  A/A D/D
sts-enforce             postfix-dane       E    P!   P!   E!   E!   E!   E!   E!   E    E    E    E   P!
sts-testing             postfix-sts        E    P!/P P!/P E!/E E!/E E!/E E!/E E!/E E/E  E/E  E/E  E/E P!/P
sts-policy-unreachable  postfix-sts        E    P!   P!   E!   E!   E!   E!   E!   E    E    E    E   P!
two-mx-weak             postfix-dane       A    P!   P!   E!   E!   E!   D    D    P!   P!   A    P!  P!
two-mx-weak             postfix-dane-only  A    D    D    D    D    D    D    D    D    D    A    A   D
two-mx-weak             postfix-encrypt    E    D    D    E!   E!   E!   D    D    E    E    E    E   D
greeting-refused        postfix-may        D    D    D    E!   E!   E!   E!   E!   D    D    D    D   D
null-mx                 postfix-may        B    B    B    B    B    B    E!   B    B    B    B    B   B
no-mx-host              postfix-may        B    B    B    B    B    B    D    D    B    B    B    B   B
implicit-mx             postfix-verify     A    D    D    D    D    A!   A!   D    A    A    A    A   D
ipv6                    postfix-may        E    P!   P!   E!   E!   E!   E!   E!   E    E    E    E   P!
dual-stack              postfix-dane       A    D    D    D    D    D    D    D    D    D    A    A   D
idn                     postfix-dane       A    D    D    D    D    D    D    D    D    D    A    A   D
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def test_the_table_has_a_column_for_every_attack() -> None:
    assert sorted(COLUMNS) == sorted(ATTACKS)


@pytest.mark.parametrize(("scenario", "posture", "expected"), [(row[0], row[1], row[2:]) for row in ROWS])
def test_what_the_attacker_gets(
    scenario: str, posture: str, expected: list[str], rewalks: RewalksOf, tell: Tell
) -> None:
    before = asyncio.run(rewalks(scenario).untampered())
    got = [judge(before, PRESETS[posture]).outcome[0].upper()]
    for attack in COLUMNS:
        found = tell(scenario, posture, attack)
        cell = found.outcome[0].upper() + "!" * found.attacker_reads
        got.append(cell + (f"/{found.if_policy_cached[0].upper()}" if found.if_policy_cached else ""))
    assert got == expected


@pytest.mark.parametrize(
    ("scenario", "posture", "attack", "first_contact", "cached"),
    [
        ("sts-enforce", "rfc", "block-policy+strip-starttls", "plaintext!", "deferred"),
        ("sts-enforce", "rfc", "block-policy+forge-mx", "encrypted!", "deferred"),
        ("sts-enforce", "postfix-sts", "block-policy+mitm-self-signed", "encrypted!", "deferred"),
        ("sts-enforce", "postfix-sts", "block-policy+break-tls", "plaintext!", "deferred"),
        ("dane-good", "postfix-dane", "deny-tlsa+strip-starttls", "deferred", None),
        ("dane-good", "postfix-dane", "block-tlsa+mitm-misissued", "deferred", None),
        ("two-mx-weak", "postfix-dane", "steer+mitm-self-signed", "encrypted!", None),
        ("half-dane", "postfix-dane", "forge-mx+mitm-misissued", "encrypted!", None),
        ("pkix-good", "postfix-secure", "forge-address+mitm-misissued", "authenticated!", None),
    ],
)
def test_two_attacks_together(
    scenario: str, posture: str, attack: str, first_contact: str, cached: str | None, tell: Tell
) -> None:
    found = tell(scenario, posture, attack)
    assert found.outcome + "!" * found.attacker_reads == first_contact
    assert found.if_policy_cached == cached
    assert found.reads_if_cached in (None, False)


def test_a_lazy_sender_is_protected_only_once_the_policy_is_cached(tell: Tell) -> None:
    """Gmail applies a policy that it meets for the first time to the next mail only."""
    found = tell("sts-enforce", "gmail", "mitm-self-signed")
    assert found.attacker_reads
    assert (found.if_policy_cached, found.reads_if_cached) == ("deferred", False)


@pytest.mark.parametrize(
    ("scenario", "posture", "attack", "words"),
    [
        ("dane-good", "postfix-dane", "forge-mx", ("the MX RRset is signed", "bogus", "deferred")),
        ("dane-good", "postfix-dane", "mitm-self-signed", ("self-signed", "Server certificate not verified")),
        ("dane-good", "postfix-may", "mitm-self-signed", ("delivered to the attacker, encrypted",)),
        (
            "pkix-good",
            "postfix-verify",
            "forge-mx",
            ("not signed, so the sender believes the forgery", "passes for"),
        ),
        ("dane-good", "postfix-dane", "deny-tlsa", ("without proof is bogus", "TLSA lookup error")),
        ("dane-good", "postfix-dane", "block-tlsa", ("the TLSA lookup fails",)),
        ("sts-enforce", "rfc", "block-policy", ("the sender finds no MTA-STS policy", "encrypted")),
        ("two-mx-weak", "postfix-dane", "steer", ("only mx2.two-mx-weak.example is reachable", "clear")),
        ("opportunistic", "postfix-may", "break-tls", ("in the clear on a retry",)),
        ("opportunistic", "postfix-may", "deny-tlsa", ("nothing to tamper with",)),
        ("opportunistic", "postfix-may", "refuse-starttls", ("answered with 454", "in the clear")),
        ("dane-good", "postfix-dane", "refuse-starttls", ("refused to start TLS: 454 4.7.0",)),
    ],
)
def test_the_evidence_says_why(
    scenario: str, posture: str, attack: str, words: tuple[str, ...], tell: Tell
) -> None:
    evidence = tell(scenario, posture, attack).evidence
    assert [word for word in words if word not in evidence] == [], evidence
