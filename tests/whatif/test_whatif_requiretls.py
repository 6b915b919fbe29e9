"""What a message asks for (RFC 8689), and how old its sender's MTA-STS policy is (RFC 8461)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import handmade as made
import msgspec
import pytest

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Security, Walk
from mailpath.judge import Event, Outcome, Posture, Verdict, judge
from mailpath.judge.message_options import USUAL, Message, MessageOptions, verdict
from mailpath.judge.presets import PRESETS
from mailpath.judge.reachable import each_only_reachable
from mailpath.judge.requiretls import announcing
from mailpath.judge.sts import fetched_policy
from mailpath.whatif import attack_outcome, summary

if TYPE_CHECKING:
    from conftest import Walks
    from whatif.conftest import RewalksOf


def announced(walk: Walk, *hosts: str) -> Walk:
    """The walk in which the servers of `hosts` announce REQUIRETLS inside TLS."""
    addresses = {address for host in walk.mx.hosts if host.name in hosts for address in host.addresses}
    sessions = tuple(
        msgspec.structs.replace(session, extensions_tls=(*session.extensions_tls, "REQUIRETLS"))
        if session.address in addresses and session.tls is not None
        else session
        for session in walk.starttls.sessions
    )
    return msgspec.structs.replace(walk, starttls=msgspec.structs.replace(walk.starttls, sessions=sessions))


def later(name: str) -> Posture:
    """The preset of a version of its server that implements REQUIRETLS, as Postfix does from 3.11 on."""
    return PRESETS[name].changed(requiretls=True)


REQUIRED = MessageOptions(message=Message.REQUIRETLS)
ANYHOW = MessageOptions(message=Message.TLS_REQUIRED_NO)
DAY = 86400


def told(found: Verdict) -> tuple[Outcome, str | None]:
    return found.outcome, found.status_code


# --- REQUIRETLS: RFC 8689 section 4.2.1 ------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "posture", "outcome", "code"),
    [
        ("dane-good", "postfix-dane", Outcome.AUTHENTICATED, None),
        ("dane-good", "postfix-may", Outcome.BOUNCED, "5.7.10"),  # self-signed, and this sender has no DANE
        ("full-protection", "rfc", Outcome.AUTHENTICATED, None),
        ("full-protection", "exim-none", Outcome.AUTHENTICATED, None),  # the message asks, not the level
        ("full-protection", "postfix-may", Outcome.BOUNCED, "5.7.10"),  # here only the level could have
        ("sts-enforce", "rfc", Outcome.AUTHENTICATED, None),
        ("pkix-good", "rfc", Outcome.BOUNCED, "5.7.10"),  # nothing vouches for the name of the host
        ("pkix-good", "postfix-secure", Outcome.BOUNCED, "5.7.10"),
        ("dane-stale", "rfc", Outcome.BOUNCED, "5.7.10"),
        ("opportunistic", "rfc", Outcome.BOUNCED, "5.7.10"),
        ("half-dane", "postfix-dane", Outcome.BOUNCED, "5.7.10"),
    ],
)
def test_where_the_server_announces_it(
    scenario: str, posture: str, outcome: Outcome, code: str | None, walks: Walks
) -> None:
    walk = walks.of(scenario).walk
    ready = announced(walk, *(host.name for host in walk.mx.hosts))
    found = REQUIRED.verdict(ready, later(posture))
    assert told(found) == (outcome, code), found.reason
    assert found.attempts[-1].outcome is outcome
    assert announcing(ready)


def test_a_server_that_does_not_announce_it_gets_nothing(walks: Walks) -> None:
    walk = walks.of("dane-good").walk
    found = REQUIRED.verdict(walk, later("postfix-dane"))
    assert (*told(found), announcing(walk)) == (Outcome.BOUNCED, "5.7.30", ())
    assert "does not offer it" in found.reason
    assert [attempt.address for attempt in found.attempts] == ["192.0.2.20"]


def secured(walk: Walk) -> Walk:
    """The walk with its MX RRset signed."""
    lookup = msgspec.structs.replace(walk.mx.lookup, security=Security.SECURE)
    return msgspec.structs.replace(walk, mx=msgspec.structs.replace(walk.mx, lookup=lookup))


def test_another_host_may_do(walks: Walks) -> None:
    walk = secured(walks.of("first-mx-down").walk)
    ready = announced(walk, "mx2.first-mx-down.example")
    found = REQUIRED.verdict(ready, PRESETS["rfc"])
    assert (found.outcome, found.host) == (Outcome.AUTHENTICATED, "mx2.first-mx-down.example")
    assert [attempt.outcome for attempt in found.attempts] == [Outcome.DEFERRED, Outcome.AUTHENTICATED]
    refused = REQUIRED.verdict(walk, PRESETS["rfc"])
    assert told(refused) == (Outcome.BOUNCED, "5.7.30")
    assert refused.host == "mx2.first-mx-down.example"


def test_the_reason_is_that_of_the_host_which_came_nearest(walks: Walks) -> None:
    found = REQUIRED.verdict(walks.of("two-mx-weak").walk, PRESETS["rfc"])
    assert [each.status_code for each in found.attempts] == ["5.7.30", "5.7.10"]
    assert (found.host, found.status_code) == ("mx1.two-mx-weak.example", "5.7.30")


def test_where_nobody_answers_the_mail_waits_and_where_port_25_is_blocked_it_cannot_be_told(
    walks: Walks,
) -> None:
    walk = walks.of("dane-good").walk
    posture = PRESETS["rfc"]

    def ending(failure: Failure) -> Verdict:
        silent = tuple(
            msgspec.structs.replace(
                session, greeting=None, tls=None, failure=failure, failed_at=Stage.CONNECT, extensions_tls=()
            )
            for session in walk.starttls.sessions
        )
        gone = msgspec.structs.replace(walk.starttls, sessions=silent)
        return REQUIRED.verdict(msgspec.structs.replace(walk, starttls=gone), posture)

    assert ending(Failure.REFUSED).outcome is Outcome.DEFERRED
    assert ending(Failure.UNREACHABLE).outcome is Outcome.UNKNOWN


def test_what_cannot_be_told_stays_open(walks: Walks) -> None:
    walk = walks.of("dane-good").walk
    lookup = msgspec.structs.replace(walk.mx.lookup, security=Security.INDETERMINATE)
    unseen = msgspec.structs.replace(walk, mx=msgspec.structs.replace(walk.mx, lookup=lookup))
    found = REQUIRED.verdict(announced(unseen, "mx1.dane-good.example"), PRESETS["rfc"])
    assert found.outcome is Outcome.UNKNOWN
    assert told(REQUIRED.verdict(unseen, PRESETS["rfc"])) == (Outcome.BOUNCED, "5.7.30")


def test_a_posture_whose_source_is_silent_is_played_both_ways(walks: Walks) -> None:
    walk = walks.of("dane-good").walk
    found = REQUIRED.verdict(announced(walk, "mx1.dane-good.example"), later("gmail"))
    assert found.outcome is Outcome.UNKNOWN
    assert found.possible == (Outcome.AUTHENTICATED, Outcome.BOUNCED)
    assert "dane" in found.reason
    found = REQUIRED.verdict(walk, PRESETS["zone-mta"])
    assert found.possible == (Outcome.ENCRYPTED, Outcome.BOUNCED)
    assert found.reason.endswith(" requiretls")


@pytest.mark.parametrize("posture", ["postfix-may", "postfix-dane", "postfix-3.10-sts", "exim", "exim-none"])
@pytest.mark.parametrize("scenario", ["requiretls", "plaintext", "bogus"])
def test_a_sender_without_it_sends_as_ever_and_says_so(scenario: str, posture: str, walks: Walks) -> None:
    walk = walks.of(scenario).walk
    found, usual = REQUIRED.verdict(walk, PRESETS[posture]), USUAL.verdict(walk, PRESETS[posture])
    assert found.reason.startswith(f"{posture} does not implement REQUIRETLS")
    assert msgspec.structs.replace(found, reason=usual.reason) == usual


def test_where_mail_does_not_go_at_all_it_does_not_go_with_requiretls(walks: Walks) -> None:
    found = REQUIRED.verdict(walks.of("null-mx").walk, PRESETS["rfc"])
    assert found.outcome is Outcome.BOUNCED
    assert "accepts no mail" in found.reason


def hosts(*states: str) -> Walk:
    """Under DANE, signed, a host for each state: it takes the mail, refuses it, is silent, was not tried."""
    names = [f"mx{number}.b.example" for number in range(1, len(states) + 1)]
    sessions = []
    for number, (name, state) in enumerate(zip(names, states, strict=True), start=1):
        address = f"192.0.2.{number}"
        keywords = ("REQUIRETLS",) if state == "takes" else ()
        held = made.session((made.GOOD.der,), address=address, sni=name, extensions_tls=keywords)
        if state == "silent":
            held = made.Session(
                address=address, port=25, sni=name, failure=Failure.TIMEOUT, failed_at=Stage.CONNECT
            )
        elif state == "untried":
            held = made.Session(address=address, port=25, sni=None, not_tried="more than 20 addresses")
        sessions.append(held)
    good = made.record(3, 1, 1, made.spki(made.GOOD))
    return made.walk(
        mx=made.mx(*(made.mx_host(name, f"192.0.2.{n}") for n, name in enumerate(names, start=1))),
        tlsa=made.TlsaFacts(hosts=tuple(made.tlsa(good, host=name) for name in names)),
        starttls=made.StarttlsFacts(sessions=tuple(sessions)),
    )


@pytest.mark.parametrize(
    ("states", "outcome", "possible", "attempts"),
    [
        ("takes", "authenticated", "", "authenticated"),
        ("refuses takes", "authenticated", "", "bounced authenticated"),
        ("silent silent", "deferred", "", "deferred deferred"),
        ("silent refuses", "bounced", "", "deferred bounced"),
        # One that was not looked at takes the mail, or the next in line gets it.
        ("untried takes", "authenticated", "", "unknown authenticated"),
        ("untried untried takes", "authenticated", "", "unknown unknown authenticated"),
        ("untried refuses", "unknown", "authenticated bounced", "unknown bounced"),
        ("refuses untried", "unknown", "authenticated bounced", "bounced unknown"),
        ("silent untried", "unknown", "", "deferred unknown"),
        ("untried silent", "unknown", "", "unknown deferred"),
    ],
)
def test_every_host_counts(states: str, outcome: str, possible: str, attempts: str) -> None:
    found = REQUIRED.verdict(hosts(*states.split()), PRESETS["rfc"])
    assert found.outcome == outcome, found.reason
    assert list(found.possible) == possible.split()
    assert [each.outcome.value for each in found.attempts] == attempts.split()


def test_what_the_receiving_server_answers_is_no_lack_of_authentication() -> None:
    """A host that is in order and does not want the sender, or the recipient, yet: as for any message."""
    walk = hosts("takes")
    for code, outcome in ((451, Outcome.DEFERRED), (550, Outcome.BOUNCED)):
        reply = made.Reply(code=code, lines=(b"5.1.1 no" if code == 550 else b"4.7.1 later",))
        held = tuple(
            msgspec.structs.replace(each, mail_from=made.Reply(code=250, lines=(b"ok",)), rcpt_to=reply)
            for each in walk.starttls.sessions
        )
        asked = msgspec.structs.replace(walk, starttls=made.StarttlsFacts(sessions=held))
        found = REQUIRED.verdict(asked, PRESETS["rfc"])
        assert (found.outcome, found.event) == (outcome, Event.RCPT_REFUSED)


def test_only_the_hosts_that_a_sender_would_try_count() -> None:
    """Postfix tries five addresses: that the sixth host would do is of no use."""
    states = ("silent",) * 5
    found = REQUIRED.verdict(hosts(*states, "takes"), later("postfix-dane"))
    assert (found.outcome, len(found.attempts)) == (Outcome.DEFERRED, 5)
    assert REQUIRED.verdict(hosts(*states, "takes"), PRESETS["rfc"]).outcome is Outcome.AUTHENTICATED


@pytest.mark.parametrize(
    ("states", "event", "cause"),
    [
        ("refuses", Event.REQUIRETLS_UNANNOUNCED, Event.SENT_TLS),
        ("takes", Event.SENT_TLS, None),
        ("untried", Event.NOT_TRIED, None),
    ],
)
def test_what_happened_is_told_beside_the_reason(states: str, event: Event, cause: Event | None) -> None:
    (tried,) = REQUIRED.verdict(hosts(states), PRESETS["rfc"]).attempts
    assert (tried.event, tried.cause) == (event, cause)


def test_a_host_of_which_it_was_not_learnt_whether_it_was_found_securely_may_be_refused() -> None:
    """Section 4.2.1, step 2: also by a sender that has its certificate checked and no use for DNSSEC."""
    walk = hosts("takes")
    unseen = made.mx(
        *walk.mx.hosts, lookup=msgspec.structs.replace(walk.mx.lookup, security=Security.INDETERMINATE)
    )
    found = REQUIRED.verdict(
        msgspec.structs.replace(walk, mx=unseen, roots=(made.GOOD.der,)), later("exim-none")
    )
    assert (found.outcome, found.possible) == (Outcome.UNKNOWN, (Outcome.AUTHENTICATED, Outcome.BOUNCED))
    assert "it is unknown whether" in found.reason
    assert [each.outcome for each in found.attempts] == [Outcome.UNKNOWN]


def broken(*what: str, first: str = "refuses") -> Walk:
    """Two hosts; of those named the address or the TLSA fails, of the domain the MX or the policy does."""
    walk = hosts(first, "refuses")

    def failing(found: made.Lookup, name: str) -> made.Lookup:
        if name not in what:
            return found
        return msgspec.structs.replace(found, found=made.Found.FAILED, rcode="SERVFAIL", records=())

    listed = [
        msgspec.structs.replace(
            host,
            v4=failing(host.v4, f"a{n}") if host.v4 else None,
            addresses=() if f"a{n}" in what else host.addresses,
        )
        for n, host in enumerate(walk.mx.hosts, start=1)
    ]
    candidates = [
        tuple(
            msgspec.structs.replace(each, lookup=failing(each.lookup, f"tlsa{n}")) for each in host.candidates
        )
        for n, host in enumerate(walk.tlsa.hosts, start=1)
    ]
    tlsa = [
        msgspec.structs.replace(host, candidates=each)
        for host, each in zip(walk.tlsa.hosts, candidates, strict=True)
    ]
    lookup = failing(walk.mx.lookup, "mx")
    for word, security in (("bogus", Security.BOGUS), ("unsigned", Security.INSECURE)):
        lookup = msgspec.structs.replace(lookup, security=security) if word in what else lookup
    txt = failing(walk.sts.txt, "policy") if walk.sts.txt else None
    return msgspec.structs.replace(
        walk,
        mx=msgspec.structs.replace(walk.mx, lookup=lookup, hosts=tuple(listed)),
        tlsa=made.TlsaFacts(hosts=tuple(tlsa)),
        sts=msgspec.structs.replace(walk.sts, txt=txt),
    )


@pytest.mark.parametrize(
    ("what", "outcome", "code"),
    [
        ("", "bounced", "5.7.30"),
        ("bogus", "deferred", "4.4.3"),
        ("mx", "deferred", "4.4.3"),
        ("a1 a2", "deferred", "4.4.3"),
        ("tlsa1 tlsa2", "deferred", "4.7.5"),
        # What one host would say is not known: it may be the one that will do.
        ("a1", "deferred", "4.4.3"),
        ("a2", "deferred", "4.4.3"),
        ("tlsa2", "deferred", "4.7.5"),
        ("unsigned", "bounced", "5.7.10"),
        ("unsigned policy", "deferred", "4.4.3"),
    ],
)
def test_a_lookup_that_fails_makes_the_mail_wait(what: str, outcome: str, code: str) -> None:
    """RFC 5321 section 5.1: only what was looked up and will not do sends the message back."""
    found = REQUIRED.verdict(broken(*what.split()), PRESETS["rfc"])
    assert (found.outcome.value, found.status_code) == (outcome, code), found.reason
    assert ("is not signed" in found.reason) == (what == "unsigned")


def test_beside_a_host_that_was_not_tried_it_waits_or_goes() -> None:
    found = REQUIRED.verdict(broken("tlsa2", first="untried"), PRESETS["rfc"])
    assert (found.outcome, found.possible) == (Outcome.UNKNOWN, (Outcome.AUTHENTICATED, Outcome.DEFERRED))


@pytest.mark.parametrize("scenario", ["requiretls", "two-mx-weak", "full-protection", "bogus"])
@pytest.mark.parametrize("attack", ["forge-mx", "forge-address", "block-tlsa", "deny-tlsa"])
def test_an_attacker_who_only_breaks_dns_turns_no_delay_into_a_bounce(
    scenario: str, attack: str, rewalks: RewalksOf
) -> None:
    after = asyncio.run(rewalks(scenario).under(attack)).walk
    for name in ("rfc", "mox"):
        if USUAL.verdict(after, PRESETS[name]).outcome is Outcome.DEFERRED:
            assert REQUIRED.verdict(after, PRESETS[name]).outcome is Outcome.DEFERRED


# --- TLS-Required: No: RFC 8689 section 4.2.2 ------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "posture", "outcome"),
    [
        ("dane-stale", "postfix-dane", Outcome.ENCRYPTED),
        ("sts-bad-cert", "rfc", Outcome.ENCRYPTED),
        ("cert-expired", "kumomta", Outcome.ENCRYPTED),
        ("plaintext", "postfix-encrypt", Outcome.PLAINTEXT),
        ("opportunistic", "postfix-none", Outcome.PLAINTEXT),
        ("bogus", "postfix-dane", Outcome.DEFERRED),
    ],
)
def test_tls_required_no_ignores_what_the_recipient_asks_for(
    scenario: str, posture: str, outcome: Outcome, walks: Walks
) -> None:
    found = ANYHOW.verdict(walks.of(scenario).walk, PRESETS[posture])
    assert (found.outcome, found.policy_state) == (outcome, None)


# --- The policy in the cache: RFC 8461 sections 3.2, 5.1 and 10.2 ----------------------------------


@pytest.mark.parametrize("message", list(Message))
@pytest.mark.parametrize(
    ("posture", "age", "state", "ordinary"),
    [
        ("rfc", None, None, Outcome.ENCRYPTED),
        ("rfc", 0, "cached", Outcome.DEFERRED),
        ("postfix-sts", 7 * DAY - 1, "cached", Outcome.DEFERRED),
        ("postfix-sts", 7 * DAY, None, Outcome.ENCRYPTED),  # max_age is over: first contact again
        ("postfix-dane", 0, None, Outcome.ENCRYPTED),  # takes no MTA-STS
    ],
)
def test_a_policy_that_is_hidden_protects_while_it_is_cached(
    message: Message,
    posture: str,
    age: int | None,
    state: str | None,
    ordinary: Outcome,
    rewalks: RewalksOf,
    walks: Walks,
) -> None:
    """Under `block-policy+mitm-self-signed`: the policy is what finds the man in the middle."""
    sending = MessageOptions(message=message, policy_age=age)
    met = walks.of("sts-enforce").walk
    after = asyncio.run(rewalks("sts-enforce").under("block-policy+mitm-self-signed")).walk
    found = sending.verdict(after, later(posture), met)
    if message is Message.TLS_REQUIRED_NO:
        assert (found.outcome, found.policy_state) == (Outcome.ENCRYPTED, None)
        return
    assert found.policy_state == state
    assert found.outcome is (Outcome.BOUNCED if message is Message.REQUIRETLS else ordinary)


def test_a_cached_policy_vouches_for_the_name(rewalks: RewalksOf, walks: Walks) -> None:
    """RFC 8689 section 4.2.1, step 2."""
    posture = PRESETS["rfc"]
    blocked = asyncio.run(rewalks("sts-enforce").under("block-policy")).walk
    ready = announced(blocked, "mx1.sts-enforce.example")
    met = walks.of("sts-enforce").walk
    fresh = MessageOptions(message=Message.REQUIRETLS, policy_age=DAY)
    assert told(REQUIRED.verdict(ready, posture, met)) == (Outcome.BOUNCED, "5.7.10")
    assert fresh.verdict(ready, posture, met).outcome is Outcome.AUTHENTICATED


def test_a_cached_policy_gives_way_to_the_one_that_is_published(walks: Walks) -> None:
    """RFC 8461 section 5.1: what was cached counts while no other can be fetched."""
    posture = PRESETS["rfc"]
    met, now = walks.of("sts-enforce").walk, walks.of("sts-testing").walk
    found = MessageOptions(policy_age=0).verdict(now, posture, met)
    assert (found.outcome, found.policy_state) == (Outcome.ENCRYPTED, "cached")


def test_an_ordinary_message_at_first_contact_is_what_is_judged_anyhow(walks: Walks) -> None:
    for scenario in ("dane-good", "sts-enforce", "two-mx-weak"):
        walk = walks.of(scenario).walk
        for posture in PRESETS.values():
            assert USUAL.verdict(walk, posture) == judge(walk, posture)


# --- Attacks on such a message ---------------------------------------------------------------------


def test_under_block_policy_both_outcomes_are_known(rewalks: RewalksOf) -> None:
    posture = later("postfix-sts")
    attack = "block-policy+strip-starttls"
    recording = rewalks("sts-enforce")

    def of(sending: MessageOptions) -> tuple[Outcome, Outcome | None, Outcome | None, bool]:
        found = asyncio.run(attack_outcome(recording, posture, attack, asked=sending))
        return found.outcome, found.if_policy_cached, found.if_first_contact, found.attacker_reads

    assert of(USUAL) == (Outcome.PLAINTEXT, Outcome.DEFERRED, None, True)
    assert of(MessageOptions(policy_age=DAY)) == (
        Outcome.DEFERRED,
        Outcome.DEFERRED,
        Outcome.PLAINTEXT,
        False,
    )
    assert of(MessageOptions(policy_age=7 * DAY)) == (Outcome.PLAINTEXT, Outcome.DEFERRED, None, True)
    assert of(REQUIRED)[0] is Outcome.BOUNCED


def test_requiretls_leaves_only_an_authority_to_the_attacker(rewalks: RewalksOf) -> None:
    """The man in the middle announces it too; what stops him is the certificate (RFC 8689 section 8)."""
    found = asyncio.run(summary(rewalks("requiretls"), PRESETS["rfc"], REQUIRED))
    assert found.verdict.outcome is Outcome.AUTHENTICATED
    assert found.sentence == "a listener cannot read it; an active attacker cannot."
    anyhow = asyncio.run(summary(rewalks("requiretls"), PRESETS["rfc"], ANYHOW))
    assert anyhow.active.cheapest is not None
    assert anyhow.active.cheapest.attack == "strip-starttls"


def test_one_host_alone_is_judged_for_the_message(walks: Walks) -> None:
    walk = walks.of("requiretls").walk
    posture = PRESETS["rfc"]
    alone = dict(each_only_reachable(walk, posture, None, Message.REQUIRETLS))
    assert [each.outcome for each in alone.values()] == [Outcome.BOUNCED, Outcome.AUTHENTICATED]
    assert verdict(walk, posture, fetched_policy(walk, posture)).outcome is Outcome.AUTHENTICATED
