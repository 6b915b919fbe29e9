"""What a panel says when it is opened, and the evidence below it: of real walks and of facts put together."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.exchanges import Envelope, Failure, Stage
from mailpath.facts import Reply, StarttlsFacts, Status, Walk
from mailpath.report.panels import details, evidence
from mailpath.report.panels.details import first_to_expire
from mailpath.report.panels.envelope import result
from mailpath.wording.evidence import Kind, kind_of

STEPS = ("sender", "mx", "dnssec", "mta-sts", "tlsa", "starttls")


def told(walk: Walk, step: str) -> dict[str, str]:
    return {each.label: each.text for each in details(walk, step)}


@pytest.mark.parametrize("scenario", ["dane-good", "full-protection", "pkix-good", "dual-stack"])
def test_a_step_that_passes_tells_what_was_found(walks: Any, scenario: str) -> None:
    walk = walks.of(scenario).walk
    for step in walk.steps:
        found = details(walk, step.id)
        assert found, step.id
        assert all(0 < len(each.text) < 400 and len(each.label) <= 9 for each in found), step.id


def test_what_ends_when_is_told_before_the_evidence(walks: Any) -> None:
    walk = walks.of("full-protection").walk
    first = first_to_expire(walk)
    assert first is not None
    assert first.expiration == walk.dnssec.expires
    valid = told(walk, "dnssec")["Valid"]
    assert re.match(r"until 20\d\d-\d\d-\d\d \d\d:\d\d UTC \(1[34] days left\), when the RRSIG", valid)
    assert valid.endswith(f"over {first.owner} {first.rdtype} by key {first.tag} expires")
    for step in ("tlsa", "starttls"):
        assert re.match(r"from CN=Mailpath Lab Issuing CA, until 20\d\d-", told(walk, step)["Cert"]), step
    policy = told(walk, "mta-sts")
    assert policy["Mode"].startswith("enforce:")
    assert policy["max_age"].startswith("604800 s")
    assert policy["id"].startswith("20260101000000")
    assert first_to_expire(walks.of("plaintext").walk) is None


def test_the_dialogue_is_that_of_the_wire_where_it_is_at_hand(walks: Any) -> None:
    walked = walks.of("dane-good")
    walk, wire = walked.walk, walked.capture.smtp
    lines = evidence(walk, "starttls", wire)
    assert len([line for line in lines if re.match(r" +\d+ ms  C: STARTTLS$", line)]) == 2
    begins = [line for line in lines if "TLS begins: TLS 1.3" in line]
    assert [line.rstrip(" ─").rpartition(", ")[2] for line in begins] == [
        "no SNI",
        "SNI mx1.dane-good.example",
    ]
    assert any(line.endswith("C: QUIT") for line in lines)
    assert (
        lines.count("  └─ CN=mx1.dane-good.example")
        + lines.count("  CN=mx1.dane-good.example  (self-signed)")
        == 1
    )
    # Without the exchanges, and of sessions that were not held so: what the replies imply, and no times.
    simulated = [replace(session, detail="simulated") for session in walk.starttls.sessions]
    tampered = replace(walk, starttls=StarttlsFacts(sessions=tuple(simulated)))
    for other in (evidence(walk, "starttls"), evidence(tampered, "starttls", wire)):
        assert "  C: EHLO mail.a.example" in other
        assert not any(" ms  " in line for line in other)


def test_a_line_of_evidence_says_what_it_is(walks: Any) -> None:
    """The app gives it a colour for that; where DANE matches, a digest that differs is no fault."""
    stale, rollover = (walks.of(name).walk for name in ("dane-stale", "dane-rollover"))
    said = {kind_of(line): line.strip() for line in evidence(stale, "starttls")}
    assert said[Kind.SENT].startswith("C: ")
    assert said[Kind.BORDER].startswith("──── TLS begins")
    assert said[Kind.HEADING].startswith("mx1.dane-stale.example [")
    assert all(
        (kind_of(line) is Kind.SENT) == bool(re.match(r" *C: ", line)) for line in evidence(stale, "starttls")
    )
    compared = [kind_of(line) for line in evidence(stale, "tlsa") if "computed   " in line]
    assert compared == [Kind.DIFFERS]
    compared = [kind_of(line) for line in evidence(rollover, "tlsa") if "computed   " in line]
    assert sorted(map(str, compared)) == [str(Kind.EQUAL), "None"]


def test_each_address_speaks_for_itself(walks: Any) -> None:
    """One address of the host has no TLS: what the other has is not said of it."""
    lines = [each.text for each in details(walks.of("ipv6").walk, "starttls") if each.label == "MX host"]
    first, second = lines
    assert first.startswith("mx1.ipv6.example [2001:db8::a]: ")
    assert "TLS 1.3" not in first
    assert second == "mx1.ipv6.example [192.0.2.49]: TLS 1.3, TLS_AES_256_GCM_SHA384"


def test_what_nothing_vouches_for_is_said_beside_the_match(walks: Any) -> None:
    by_dane = [line for line in evidence(walks.of("half-dane").walk, "starttls") if "By DANE" in line]
    assert by_dane == [
        "  By DANE:  A DANE-EE record matches the server's certificate. The MX record is unsigned."
    ]


def test_a_chain_hangs_from_its_root(walks: Any) -> None:
    lines = evidence(walks.of("full-protection").walk, "starttls")
    tree = [line for line in lines if "CN=" in line][:3]
    assert tree == [
        "  CN=Mailpath Lab Root CA  (trusted root, not sent)",
        "  └─ CN=Mailpath Lab Issuing CA",
        "     └─ CN=mx1.full-protection.example",
    ]


def test_records_carry_the_names_of_the_rfcs(walks: Any) -> None:
    lines = "\n".join(evidence(walks.of("nsec3").walk, "dnssec"))
    for name in ("RRSIG", "DNSKEY", "DS", "NSEC3"):
        assert re.search(rf"\b{name}\b", lines), name
    policy = evidence(walks.of("sts-mx-not-listed").walk, "mta-sts")
    assert any(
        re.search(r"mx: mail\.sts-mx-not-listed\.example +ok: names no MX host", line) for line in policy
    )


def test_no_line_of_evidence_is_said_twice_in_a_row_or_endless(walks: Any) -> None:
    for scenario in ("two-mx-weak", "half-dane", "hostile-text", "mx-cname-dane", "bogus-ds"):
        walked = walks.of(scenario)
        for step in STEPS:
            lines = evidence(walked.walk, step, walked.capture.smtp)
            assert all(len(line) <= 260 for line in lines), (scenario, step)
            assert not any(one and one == other for one, other in pairwise(lines)), (scenario, step)


def test_what_is_no_valid_reply_is_said_at_every_command() -> None:
    broken = Reply(code=None, lines=(b"what?",), defect="a line without a code", codes=(None,))
    for command in ("greeting", "ehlo", "helo", "starttls", "ehlo_tls", "helo_tls"):
        session = replace(made.session((made.GOOD.der,)), **{command: broken})
        lines = evidence(made.walk(starttls=StarttlsFacts(sessions=(session,))), "starttls")
        assert "  not a valid reply: a line without a code" in lines, command


def test_addresses_that_were_left_out_are_counted() -> None:
    walk = made.walk(mx=made.mx(made.mx_host(left_out=3)))
    assert told(walk, "mx")["MX 10"] == f"{made.HOST}: {made.ADDRESS}, and 3 not tried"


# --- the envelope ----------------------------------------------------------------------------------


def enveloped(*answers: Reply | None, **changes: Any) -> Walk:
    """One host with an address per answer to RCPT TO; None: the session did not come so far."""
    sessions = []
    for number, answer in enumerate(answers):
        tried: dict[str, Any] = {"mail_from": Reply(code=250, lines=(b"ok",)), "rcpt_to": answer}
        if answer is None:
            tried = {"failure": Failure.RESET, "failed_at": Stage.EHLO}
        sessions.append(replace(made.session(), address=f"192.0.2.{10 + number}", **tried))
    host = made.mx_host(made.HOST, addresses=tuple(session.address for session in sessions))
    facts = StarttlsFacts(
        sessions=tuple(sessions),
        envelope=Envelope(mail_from="", rcpt_to="user@b.example"),
        enveloped=tuple(sessions),
    )
    return made.walk(mx=made.mx(host), starttls=facts, **changes)


TAKEN = Reply(code=250, lines=(b"2.1.5 ok",))
GREY = Reply(code=451, lines=(b"4.7.1 Greylisted, come back later",))
REFUSED = Reply(code=550, lines=(b"5.1.1 no such user",))


@pytest.mark.parametrize(
    ("answers", "status", "word", "words"),
    [
        ((TAKEN,), Status.PASS, "TAKEN", "Sender and recipient are accepted"),
        ((TAKEN, TAKEN), Status.PASS, "TAKEN", "All 2 addresses accept"),
        ((GREY,), Status.WEAK, "GREYLISTED", "asks the sender to try again"),
        ((TAKEN, REFUSED), Status.FAIL, "REFUSED", "[192.0.2.11]: RCPT TO is answered"),
        ((None,), Status.ERROR, "NOT REACHED", "The session ended before MAIL FROM"),
    ],
)
def test_the_envelope_panel_tells_the_worst(
    answers: tuple[Reply | None, ...], status: Status, word: str, words: str
) -> None:
    walk = enveloped(*answers)
    line = result(walk)
    assert line is not None
    assert (line.status, line.word) == (status, word)
    assert words in line.summary
    assert told(walk, "envelope")["Tried"].startswith("MAIL FROM:<>, RCPT TO:<user@b.example>")
    dialogue = evidence(walk, "envelope")
    assert ("  C: RCPT TO:<user@b.example>" in dialogue) is (None not in answers)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"failure": Failure.TIMEOUT, "failed_at": Stage.EHLO, "limit": 3.0, "detail": "Waited 3 s."},
            "waited 3 s.",
        ),
        ({"failure": Failure.NOT_TRIED, "not_tried": "the time was over"}, "the time was over."),
    ],
)
def test_an_envelope_that_a_limit_of_ours_kept_back(changes: dict[str, Any], words: str) -> None:
    walk = enveloped(None)
    cut = replace(walk.starttls.sessions[0], **{"failed_at": None, **changes})
    line = result(replace(walk, starttls=replace(walk.starttls, enveloped=(cut,))))
    assert line is not None
    assert line.summary.endswith(f"The session ended before MAIL FROM: {words}")


def test_no_envelope_panel_where_nobody_asked() -> None:
    walk = made.walk()
    assert result(walk) is None
    assert evidence(walk, "envelope") == ()
    assert details(walk, "envelope") == ()
