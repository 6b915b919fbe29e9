"""Messages that ask for more, or for less, than their sender's posture (RFC 8689)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import pytest

from mailpath.facts import Security, Walk
from mailpath.judge import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.judge.sts import published
from mailpath.whatif import requiretls, tls_not_required

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


@pytest.mark.parametrize(
    ("scenario", "posture", "outcome", "code"),
    [
        ("dane-good", "postfix-dane", Outcome.AUTHENTICATED, None),
        ("dane-good", "postfix-may", Outcome.BOUNCED, "5.7.10"),  # self-signed, and this sender has no DANE
        ("sts-enforce", "rfc", Outcome.AUTHENTICATED, None),
        ("pkix-good", "rfc", Outcome.BOUNCED, "5.7.10"),  # nothing vouches for the name of the host
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
    found = requiretls(ready, PRESETS[posture])
    assert (found.outcome, found.status_code) == (outcome, code), found.reason
    assert found.announcing


def test_a_server_that_does_not_announce_it_gets_nothing(walks: Walks) -> None:
    found = requiretls(walks.of("dane-good").walk, PRESETS["postfix-dane"])
    assert (found.outcome, found.status_code, found.announcing) == (Outcome.BOUNCED, "5.7.30", ())
    assert "does not announce REQUIRETLS" in found.reason


def test_another_host_may_do(walks: Walks) -> None:
    walk = walks.of("first-mx-down").walk
    lookup = msgspec.structs.replace(walk.mx.lookup, security=Security.SECURE)
    walk = msgspec.structs.replace(walk, mx=msgspec.structs.replace(walk.mx, lookup=lookup))
    ready = announced(walk, "mx2.first-mx-down.example")
    found = requiretls(ready, PRESETS["rfc"])
    assert list(found.refused) == ["mx1.first-mx-down.example"]
    assert (found.outcome, found.host) == (Outcome.AUTHENTICATED, "mx2.first-mx-down.example")


def test_a_cached_policy_vouches_for_the_name(rewalks: RewalksOf, walks: Walks) -> None:
    posture = PRESETS["rfc"]
    policy = published(walks.of("sts-enforce").walk, posture)
    blocked = asyncio.run(rewalks("sts-enforce").under("block-policy")).walk
    ready = announced(blocked, "mx1.sts-enforce.example")
    assert requiretls(ready, posture).outcome is Outcome.BOUNCED
    assert requiretls(ready, posture, policy).outcome is Outcome.AUTHENTICATED


def test_where_mail_does_not_go_at_all_it_does_not_go_with_requiretls(walks: Walks) -> None:
    found = requiretls(walks.of("null-mx").walk, PRESETS["rfc"])
    assert found.outcome is Outcome.BOUNCED
    assert "accepts no mail" in found.reason


@pytest.mark.parametrize(
    ("scenario", "posture", "outcome"),
    [
        ("dane-stale", "postfix-dane", Outcome.ENCRYPTED),
        ("sts-bad-cert", "rfc", Outcome.ENCRYPTED),
        ("plaintext", "postfix-encrypt", Outcome.PLAINTEXT),
        ("opportunistic", "postfix-none", Outcome.PLAINTEXT),
        ("bogus", "postfix-dane", Outcome.DEFERRED),
    ],
)
def test_tls_required_no_ignores_what_the_recipient_asks_for(
    scenario: str, posture: str, outcome: Outcome, walks: Walks
) -> None:
    assert tls_not_required(walks.of(scenario).walk, PRESETS[posture]).outcome is outcome
