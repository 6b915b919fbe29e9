"""The family of a refusal: the table, what the words and codes tell, and what a log is counted by."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from mailpath.tickets.bounce import read_bounce, to_dict
from mailpath.tickets.bounce.render import render_text
from mailpath.tickets.explain import explain
from mailpath.tickets.families import Side, as_itself, classify, table
from mailpath.tickets.phrases import simplify

NAMES = [
    "authentication",
    "reverse-dns",
    "reputation",
    "rate",
    "greylisting",
    "too-big",
    "mailbox-full",
    "mailbox-disabled",
    "moved",
    "no-such-user",
    "no-such-domain",
    "relaying",
    "content",
    "spam",
    "virus",
    "policy",
    "rejected",
    "syntax",
    "loop",
    "suppressed",
    "expired",
    "network",
    "dns",
    "tls",
    "system",
    "system-full",
    "not-a-bounce",
    "unknown",
]

#: IANA's registry of enumerated status codes: subject -> its last detail.
REGISTERED = {1: 10, 2: 4, 3: 6, 4: 7, 5: 6, 6: 10, 7: 30}


def test_the_table():
    known = table()
    assert list(known.families) == NAMES
    assert {said.family for said in known.said} <= set(NAMES)
    assert set(known.codes.values()) <= set(NAMES)
    for name, family in known.families.items():
        assert (family.side in get_args(Side)) is (name != "unknown")
        assert family.definition.endswith(".")
        assert family.next.endswith(".")
    for said in known.said:
        for phrase in said.like:
            bare = phrase.replace("*", " ").replace("|", " ")
            assert simplify(bare).replace(" .", " ").split() == bare.split(), phrase


def test_every_registered_code_has_a_family():
    """x.0 is "other or undefined": the words tell, or nothing does."""
    known = table().codes
    for subject, last in REGISTERED.items():
        for detail in range(1, last + 1):
            for kind in "45":
                code = f"{kind}.{subject}.{detail}"
                assert classify((), code, waiting=False).family == known[f"{subject}.{detail}"]
        assert classify((), f"5.{subject}.0", waiting=False).family == "unknown"


@pytest.mark.parametrize(
    ("sentence", "code", "family"),
    [
        ("550 Fwd: something", None, "unknown"),
        ("550 <spam@b.example>: quux", None, "unknown"),
        ("host spam.b.example[192.0.2.1] said: 550 quux", None, "unknown"),
        ("550 User doesn\u2019t exist", None, "no-such-user"),
        ("550 USER UNKNOWN", "5.7.1", "no-such-user"),
        ("550 quux", "5.7.26", "authentication"),
        ("554 5.2.0 STOREDRV.Deliver.Exception:AccountDisabledException", None, "mailbox-disabled"),
    ],
)
def test_what_hosts_and_addresses_are_called_says_nothing(sentence, code, family):
    assert classify((sentence,), code, waiting=False).family == family


def test_whose_move_it_is_while_the_sender_still_tries():
    said = ("421 Too many connections",)
    assert classify(said, None, waiting=True).side == "nobody"
    assert classify(said, None, waiting=False).side == "sender-admin"
    assert as_itself("unknown").side is None


def _line(queue: str, to: str, status: str, code: str, said: str) -> str:
    return (
        f"Nov 23 12:00:00 m postfix/smtp[4]: {queue}: to=<{to}>, relay=mx.b.example[192.0.2.1]:25, delay=1,"
        f" delays=0/0/1/0, dsn={code}, status={status} ({said})\n"
    )


LOG = (
    _line("4F2A91C0D1", "bob@b.example", "deferred", "4.7.1", "host x said: 451 4.7.1 Greylisted")
    + _line("4F2A91C0D1", "bob@b.example", "deferred", "4.2.2", "host x said: 452 4.2.2 mailbox full")
    + _line("4F2A91C0D2", "carl@B.example", "bounced", "5.2.2", "host x said: 552 5.2.2 over quota")
    + _line("4F2A91C0D3", "eve@c.example", "bounced", "5.1.1", "host x said: 550 5.1.1 user unknown")
    + _line("4F2A91C0D4", "dora@c.example", "sent", "2.0.0", "250 ok")
)


def test_a_log_is_counted_by_family_and_domain():
    """Each message once, as its last attempt went."""
    bounce = read_bounce(LOG.encode())
    assert list(to_dict(bounce)["groups"]) == [
        {"family": "mailbox-full", "domain": "b.example", "count": 2},
        {"family": "no-such-user", "domain": "c.example", "count": 1},
    ]
    assert "     2  mailbox-full  b.example" in render_text(bounce)


def test_the_first_recipient_is_the_one_told():
    found = to_dict(read_bounce(LOG.encode()))
    first = found["recipients"][0]
    assert {key: found[key] for key in ("recipient", "family", "side", "next", "status_code")} == first
    assert len(found["recipients"]) == 4


def test_a_delivery_in_a_log_is_no_bounce():
    assert read_bounce(LOG.splitlines()[-1].encode()).family == "not-a-bounce"


@pytest.mark.parametrize(
    ("data", "recipient", "host", "family", "side"),
    [
        (
            "<bob@b.example> (TLS error from 'mail.b.example': I/O error: tls handshake eof)",
            "bob@b.example",
            "mail.b.example",
            "tls",
            "recipient-admin",
        ),
        (
            'INFO delivery{id=1 return_path="ann@a.example"}:attempt{domain="b.example"}: context="tls"'
            ' event="failed" mx="mx1.b.example" error=I/O error: tls handshake eof',
            None,
            "mx1.b.example",
            "tls",
            "recipient-admin",
        ),
        (
            "Aug 16 20:11:15 host dma[3a456.800e48000][37729]: remote delivery deferred: could not perform"
            " server greeting: 501 Syntactically invalid EHLO argument(s)",
            None,
            None,
            "reverse-dns",
            "sender-admin",
        ),
    ],
)
def test_lines_of_servers_whose_logs_have_no_reader(data, recipient, host, family, side):
    bounce = read_bounce(data.encode())
    assert (bounce.recipient, bounce.host, bounce.family, bounce.side) == (recipient, host, family, side)
    assert bounce.known


@pytest.mark.parametrize(
    "data",
    [
        "",
        "Lorem ipsum dolor sit amet",
        "From: ann@a.example\nTo: bob@b.example\nSubject: minutes\n\nThe spam filter works. See you.\n",
        '{"a": [1, 2, {"bounce": 7}]}',
        "[" * 100_000,
    ],
)
def test_nothing_is_claimed_where_nothing_is_known(data):
    bounce = read_bounce(data.encode())
    assert (bounce.family, bounce.side, bounce.known) == ("unknown", None, False)


def _event(kind: str, listed: str, recipients: list[object]) -> bytes:
    inner = {"mail": {"source": "ann@a.example"}, kind: {listed: recipients}}
    return json.dumps({"Type": "Notification", "Message": json.dumps(inner)}).encode()


def test_events_of_a_sending_service():
    one = {
        "emailAddress": "bob@b.example",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    }
    bounce = read_bounce(_event("bounce", "bouncedRecipients", [one, one | {"status": 3}, None]))
    assert (bounce.sender, bounce.recipient, bounce.sentence) == (
        "ann@a.example",
        "bob@b.example",
        "550 5.1.1 user unknown",
    )
    assert bounce.family == "no-such-user"
    complaint = read_bounce(_event("complaint", "complainedRecipients", [one]))
    assert complaint.family == "not-a-bounce"
    assert read_bounce(_event("delivery", "recipients", ["bob@b.example"])).recipient == "bob@b.example"


@pytest.mark.parametrize(
    ("name", "why", "family", "side"),
    [
        ("b.example", "type=A: Host not found", "no-such-domain", "sender-user"),
        ("B.example", "type=AAAA: Host found but no data record of requested type", "no-such-domain", None),
        ("mx1.b.example", "type=A: Host not found", "dns", "recipient-admin"),
        ("b.example", "type=A: Host not found, try again", "dns", "recipient-admin"),
    ],
)
def test_a_name_that_somebody_typed_is_not_one_of_an_mx_record(name, why, family, side):
    line = (
        "Nov 28 10:12:33 mx postfix/smtp[2]: 4Rk3xyz: to=<u@b.example>, relay=none, delay=1, dsn=5.4.4,"
        f" status=bounced (Host or domain name not found. Name service error for name={name} {why})"
    )
    told = read_bounce(line.encode())
    assert (told.family, told.side) == (family, side or told.side)
    assert explain(line).family == family
