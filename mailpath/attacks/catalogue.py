"""The attacks, as data: what each can do, what the attacker needs for it, what stops it, what it costs.

Opportunistic TLS stops a listener, not an active attacker (RFC 7435 section 3, RFC 7672 section 1.3); these
are the ways there are around it.  What an attack does to the exchanges is in `mailpath.attacks.attacked`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import product

import msgspec

from mailpath.attacks import attacked


class Need(StrEnum):
    """What the attacker must have."""

    PATH = "on the path to the mail servers"
    WEB_PATH = "on the path to the policy host"
    DNS = "able to forge DNS answers"
    DNS_PATH = "able to drop DNS answers"
    OWN_CERTIFICATE = "a certificate for a name of its own"
    AUTHORITY = "a trusted authority that certifies somebody else's name"


class Attack(msgspec.Struct, frozen=True, kw_only=True):
    """`does`, `stopped_by`: plain sentences.  `cost`: rank among the attacks, for "the cheapest"."""

    name: str
    title: str
    does: str
    needs: tuple[Need, ...]
    stopped_by: str
    cost: int


_LIST = (
    Attack(
        name="strip-starttls",
        title="STARTTLS is hidden",
        does="Covers the word STARTTLS in the server's EHLO reply: the sender believes there is no TLS.",
        needs=(Need.PATH,),
        stopped_by="Anything that makes TLS mandatory: TLSA records under DNSSEC, an MTA-STS policy, a level "
        "of encrypt or above.",
        cost=1,
    ),
    Attack(
        name="break-tls",
        title="The TLS handshake is broken",
        does="Resets each connection when TLS begins, and waits for the sender to try without.",
        needs=(Need.PATH,),
        stopped_by="A sender that never falls back to plaintext, or that must not: DANE, MTA-STS, encrypt.",
        cost=2,
    ),
    Attack(
        name="mitm-self-signed",
        title="Man in the middle, self-signed certificate",
        does="Answers in the server's place with a self-signed certificate for the MX host's name.",
        needs=(Need.PATH,),
        stopped_by="A sender that looks at the certificate: DANE, MTA-STS, verify, secure.",
        cost=3,
    ),
    Attack(
        name="mitm-own-cert",
        title="Man in the middle, certificate for another name",
        does="Answers in the server's place with a valid certificate for a name that is the attacker's own.",
        needs=(Need.PATH, Need.OWN_CERTIFICATE),
        stopped_by="A sender that compares the name in the certificate, or holds it against TLSA.",
        cost=4,
    ),
    Attack(
        name="mitm-misissued",
        title="Man in the middle, misissued certificate",
        does="Answers in the server's place with a certificate for the MX host's name that a trusted "
        "authority (a simulated one here) should not have issued.",
        needs=(Need.PATH, Need.AUTHORITY),
        stopped_by="DANE, which needs no authority.  MTA-STS and verify believe the authority.",
        cost=20,
    ),
    Attack(
        name="forge-mx",
        title="The MX record is forged",
        does="Answers that the domain's mail host is the attacker's own, which has a valid certificate.",
        needs=(Need.DNS, Need.OWN_CERTIFICATE),
        stopped_by="A signed MX RRset and a validating resolver; an MTA-STS policy, which lists the hosts.",
        cost=5,
    ),
    Attack(
        name="forge-address",
        title="The mail host's address is forged",
        does="Answers that the MX host lives at the attacker's address; the server there has a valid "
        "certificate for a name of its own.",
        needs=(Need.DNS, Need.OWN_CERTIFICATE),
        stopped_by="Signed addresses and a validating resolver; a sender that compares names.",
        cost=5,
    ),
    Attack(
        name="deny-tlsa",
        title="TLSA records are denied",
        does="Answers, without proof, that there are no TLSA records.",
        needs=(Need.DNS,),
        stopped_by="DNSSEC: where records are signed, their absence is too (RFC 4035 section 3.1.3).",
        cost=5,
    ),
    Attack(
        name="block-tlsa",
        title="TLSA lookups fail",
        does="Drops every answer that holds TLSA records.",
        needs=(Need.DNS_PATH,),
        stopped_by="A sender that takes a failed lookup for what it is: no answer, so no delivery (RFC 7672 "
        "section 2.1.1).",
        cost=3,
    ),
    Attack(
        name="block-policy",
        title="The MTA-STS policy is blocked",
        does="Denies the _mta-sts record and drops the policy fetch.",
        needs=(Need.DNS, Need.WEB_PATH),
        stopped_by="A cached policy: only the first contact is unprotected (RFC 8461 section 10.2).",
        cost=3,
    ),
    Attack(
        name="steer",
        title="Mail is steered to the weakest host",
        does="Drops the packets to every MX host but the weakest.",
        needs=(Need.PATH,),
        stopped_by="The same protection on every MX host.",
        cost=1,
    ),
)

ATTACKS: Mapping[str, Attack] = {attack.name: attack for attack in _LIST}

#: What one attack opens, another can use.  Further pairs gain nothing over their parts.
_OPENERS = ("steer", "block-policy", "deny-tlsa", "block-tlsa")
_TAKERS = (
    "strip-starttls",
    "break-tls",
    "mitm-self-signed",
    "mitm-own-cert",
    "mitm-misissued",
    "forge-mx",
    "forge-address",
)

#: "a+b" of every pair worth trying where neither alone suffices.
COMBINATIONS = tuple(f"{opener}+{taker}" for opener, taker in product(_OPENERS, _TAKERS))


def cost(attack: str) -> int:
    """Of "a" or "a+b".  Raises `attacked.UnknownAttack`."""
    return sum(ATTACKS[name].cost for name in attacked.parts(attack))


def canonical(attack: str) -> str:
    """ "a+b" without spaces, each once.  Raises `attacked.UnknownAttack`."""
    return "+".join(attacked.parts(attack))
