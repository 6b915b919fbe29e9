"""One host left reachable: what the deliveries have in common is played once, and changes no verdict."""

from __future__ import annotations

from typing import Any

import pytest
from any_walks import walks
from hypothesis import given, settings
from hypothesis import strategies as st
from judge_builders import aborts, mx, path
from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Session, StsPolicy
from mailpath.judge import course, destinations, message_options, reachable, session
from mailpath.judge.destination import destination
from mailpath.judge.habits import Refusal
from mailpath.judge.message_options import Message
from mailpath.judge.posture import DaneUse, Fallback
from mailpath.judge.presets import PRESETS
from mailpath.judge.reachable import each_only_reachable
from mailpath.whatif.weakest import _rank, weakest_host

CACHED = st.sampled_from(
    [None, *(StsPolicy(mode="enforce", mx=(mx,), max_age=86400) for mx in ("mx1.b.example", "*.b.example"))]
)


@st.composite
def postures(draw):
    """A preset, some with fields that their sources are silent about, and habits that one host passes on."""
    free = {
        "dane": st.sampled_from(DaneUse),
        "address_limit": st.integers(0, 3),
        "session_limit": st.integers(0, 2),
        "retry_duplicate_mx": st.booleans(),
        "no_plaintext_after_tlsa": st.booleans(),
        "tries_next_mx_without_tlsa": st.booleans(),
        "dane_missing": st.sampled_from([Refusal.NEXT, Refusal.BOUNCE]),
        "requiretls": st.booleans(),
        "sts": st.booleans(),
    }
    chosen = draw(st.fixed_dictionaries({}, optional=free))
    posture = PRESETS[draw(st.sampled_from(list(PRESETS)))].changed(**chosen)
    silent: dict[str, tuple[Any, ...]] = {
        "fallback": tuple(Fallback),
        "sees_starttls": (True, False),
        "sts": (True, False),
    }
    silent |= {"ipv6": (True, False), "address_limit": (0, 1)}
    silent = {field: values for field, values in silent.items() if field not in chosen}
    return replace(posture, unknown={**silent, **posture.unknown}) if draw(st.booleans()) else posture


@st.composite
def paths(draw):
    """Any walk; of two hosts one may have the other's address, and some sessions may not have been held."""
    walk = draw(walks())
    hosts = list(walk.mx.hosts)
    if len(hosts) > 1 and draw(st.booleans()):
        hosts[-1] = replace(hosts[-1], v6=hosts[0].v6, v4=hosts[0].v4)
    sessions = walk.starttls.sessions
    if draw(st.booleans()):
        sessions = tuple(
            replace(each, not_tried="enough") if draw(st.booleans()) else each for each in sessions
        )
    mx_facts, starttls = replace(walk.mx, hosts=tuple(hosts)), replace(walk.starttls, sessions=sessions)
    return replace(walk, mx=mx_facts, starttls=starttls)


def only_reachable(walk, host):
    """The walk in which no address but those of `host` answers."""
    others = {address for other in walk.mx.hosts for address in other.addresses} - {*host.addresses}
    kept = ("address", "port", "sni", "profile", "not_tried")
    silent: dict[str, Any] = {"failure": Failure.TIMEOUT, "failed_at": Stage.CONNECT}
    sessions = tuple(
        Session(**{name: getattr(each, name) for name in kept}, **silent) if each.address in others else each
        for each in walk.starttls.sessions
    )
    return replace(walk, starttls=replace(walk.starttls, sessions=sessions))


@settings(max_examples=100)
@given(
    walk=paths(),
    posture=postures(),
    cached=CACHED,
    message=st.sampled_from(Message),
    few=st.sampled_from([0, 9]),
)
def test_what_is_played_once_for_all_hosts_is_what_each_would_play(walk, posture, cached, message, few):
    held = {session.address for session in walk.starttls.sessions if not session.not_tried}
    hosts = [host for host in walk.mx.hosts if host.addresses]
    unknown = [host for host in hosts if held.isdisjoint(host.addresses)]
    each = [
        (host.name, message_options.verdict(only_reachable(walk, host), posture, cached, message))
        for host in hosts
        if host not in unknown[1:]
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reachable, "FEW", few)
        assert list(each_only_reachable(walk, posture, cached, message)) == each
    alone = dict(each_only_reachable(walk, posture, None, message))
    if_cached = dict(each) if cached is not None else alone
    ranks = {host: (_rank(walk, alone[host]), _rank(walk, if_cached[host])) for host in alone}
    if len(each) == len(alone):
        assert weakest_host(walk, posture, cached, message) == min(ranks, key=ranks.__getitem__, default=None)


def test_many_hosts_are_not_each_tried_for_every_other(monkeypatch):
    """The work grows with the number of hosts, not its square, even where none takes the mail."""
    made: list[str] = []
    gone: list[str] = []

    def counted(walk, posture, target, policy, is_retry):
        made.append(target.host.name)
        return session.attempt(walk, posture, target, policy, is_retry)

    def where(mx_facts, posture):
        gone.append(posture.name)
        return destination(mx_facts, posture)

    monkeypatch.setattr(course, "attempt", counted)
    monkeypatch.setattr(destinations, "destination", where)
    walk = path(*(mx(f"mx{at}", aborts, at=at) for at in range(1, 13)), signed=False)
    posture = PRESETS["postfix-encrypt"].changed(address_limit=0, session_limit=0)
    assert len(list(each_only_reachable(walk, posture))) == 12
    assert len(made) <= 3 * 12
    assert len(gone) == 1
