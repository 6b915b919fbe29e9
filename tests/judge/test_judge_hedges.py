"""Conditions of the judge that one wrong word would turn round, each told by the one path that shows it."""

from __future__ import annotations

import pytest
from judge_builders import (
    DOMAIN,
    INSECURE,
    OK,
    SECURE,
    SELF,
    STALE,
    WEB,
    WEB2,
    absent,
    down,
    ee,
    ended,
    key_usage,
    lookup,
    mx,
    path,
    plain,
    policy,
    refuses_and_goes,
    reply,
    tls,
    web,
)
from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage
from mailpath.facts import Found, MxKind, StsFacts
from mailpath.judge import DemandedBy, Event, Outcome, judge
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.posture import Precedence
from mailpath.judge.presets import PRESETS


def test_421_to_ehlo_ends_the_session_but_not_for_exim():
    def busy(_sni):
        return {"greeting": reply("220 hello"), "ehlo": reply("421 4.3.2 busy"), "helo": OK}

    walk = path(mx("mx1", busy))
    assert judge(walk, PRESETS["postfix-may"]).outcome is Outcome.DEFERRED
    assert judge(walk, PRESETS["exim-none"]).outcome is Outcome.PLAINTEXT
    assert PRESETS["postfix-may"].agent.ehlo_421_ends
    assert not PRESETS["exim-none"].agent.ehlo_421_ends


def test_an_unlisted_host_leaves_the_reason_to_the_one_before_it():
    walk = path(mx("mx1", tls(SELF)), mx("mx2", tls(WEB), at=20), sts=policy("mx1.b.example"))
    verdict = judge(walk, PRESETS["rfc"])
    assert (verdict.outcome, verdict.host) == (Outcome.DEFERRED, "mx1.b.example")
    assert [each.host for each in verdict.attempts] == ["mx1.b.example", "mx2.b.example"]
    assert verdict.reason == verdict.attempts[0].reason != verdict.attempts[1].reason
    alone = judge(path(mx("mx2", tls(WEB)), sts=policy("mx1.b.example")), PRESETS["rfc"])
    assert (alone.outcome, alone.host) == (Outcome.DEFERRED, "mx2.b.example")
    plainly = path(mx("mx1", plain), mx("mx2", tls(WEB), at=20), sts=policy("mx1.b.example"))
    assert judge(plainly, PRESETS["rfc"]).host == "mx1.b.example"


def test_without_an_mx_the_host_is_found_securely():
    """RFC 8689 section 4.2.1: the name is the recipient's own, so nobody can have forged it."""
    walk = path(mx(DOMAIN, tls(web(DOMAIN))), kind=MxKind.IMPLICIT)
    ready = tuple(replace(each, extensions_tls=("REQUIRETLS",)) for each in walk.starttls.sessions)
    walk = replace(walk, starttls=replace(walk.starttls, sessions=ready))
    required = MessageOptions(message=Message.REQUIRETLS)
    assert required.verdict(walk, PRESETS["rfc"]).outcome is Outcome.AUTHENTICATED
    listed = replace(walk, mx=replace(walk.mx, kind=MxKind.HOSTS))
    assert required.verdict(listed, PRESETS["rfc"]).outcome is Outcome.BOUNCED


def test_with_requiretls_every_host_that_waits_is_an_attempt():
    """One look-up that failed must not hide the next host's."""
    required = MessageOptions(message=Message.REQUIRETLS)
    hosts = [
        mx(name, tls(chain), tlsa=(ee(chain),), tlsa_fails=f"{name}.b.example", at=at)
        for name, chain, at in (("mx1", WEB, 10), ("mx2", WEB2, 20))
    ]
    verdict = required.verdict(path(*hosts, signed=True), PRESETS["rfc"])
    assert (verdict.outcome, verdict.host) == (Outcome.DEFERRED, "mx1.b.example")
    assert [each.host for each in verdict.attempts] == ["mx1.b.example", "mx2.b.example"]
    record = lookup("_mta-sts.b.example", "TXT", found=Found.FAILED, failure=Failure.TIMEOUT)
    without = path(
        mx("mx1", tls(WEB)), mx("mx2", tls(WEB2), at=20), sts=StsFacts(found=Found.FAILED, txt=record)
    )
    verdict = required.verdict(without, PRESETS["rfc"])
    assert (verdict.outcome, verdict.host) == (Outcome.DEFERRED, "mx1.b.example")
    assert [each.event for each in verdict.attempts] == [Event.STS_FAILED] * 2


def test_a_fetch_that_broke_brings_no_policy_whatever_its_status():
    broken = policy("elsewhere.example", failure=Failure.TIMEOUT)
    assert judge(path(mx("mx1", tls(WEB)), sts=broken), PRESETS["rfc"]).outcome is Outcome.ENCRYPTED
    whole = policy("elsewhere.example")
    assert judge(path(mx("mx1", tls(WEB)), sts=whole), PRESETS["rfc"]).outcome is Outcome.DEFERRED


def test_a_handshake_that_the_sender_refuses_has_no_version():
    """Our own walk got through it; GnuTLS ends it when it sees what the key is for."""
    walk = path(mx("mx1", tls(web("mx1.b.example", usage=key_usage("key_encipherment")))))
    (tried,) = judge(walk, PRESETS["exim-require-tls"]).attempts
    assert (tried.outcome, tried.tls_version) == (Outcome.DEFERRED, None)
    (tried,) = judge(walk, PRESETS["postfix-encrypt"]).attempts
    assert (tried.outcome, tried.tls_version) == (Outcome.ENCRYPTED, "TLSv1.3")


@pytest.mark.parametrize("rdtype", ["A", "AAAA"])
def test_the_address_lookup_that_was_lost_here_is_the_one_that_is_told(rdtype):
    walk = path(mx("mx1", tls(WEB)))
    (host,) = walk.mx.hosts
    v4, v6 = (
        lookup(host.name, each, found=Found.FAILED, failure=Failure.LOCAL)
        if each == rdtype
        else absent(host.name, each, INSECURE)
        for each in ("A", "AAAA")
    )
    alone = replace(host, v4=v4, v6=v6, addresses=())
    verdict = judge(replace(walk, mx=replace(walk.mx, hosts=(alone,))), PRESETS["rfc"])
    assert (verdict.outcome, verdict.event) == (Outcome.UNKNOWN, Event.FAILED_HERE)


def test_a_log_line_tells_the_version_and_the_cipher_of_its_session():
    walk = path(mx("mx1", tls(WEB, version="TLSv1.2", cipher="ECDHE-X")))
    sessions = [
        replace(each, port=2525, tls=each.tls and replace(each.tls, bits=256))
        for each in walk.starttls.sessions
    ]
    walk = replace(walk, starttls=replace(walk.starttls, sessions=tuple(sessions)))
    line = judge(walk, PRESETS["postfix-verify"]).reason
    assert line.startswith("Verified TLS connection established to mx1.b.example[192.0.2.1]:2525: ")
    assert line.endswith(": TLSv1.2 with cipher ECDHE-X (256/256 bits)")


def test_a_host_without_an_address_is_an_attempt_of_its_own_kind():
    walk = path(mx("mx1", address="fails"), mx("mx2", address="missing", at=20), mx("mx3", down, at=30))
    attempts = judge(walk, PRESETS["postfix-may"]).attempts
    assert [each.outcome for each in attempts] == [Outcome.DEFERRED, Outcome.BOUNCED, Outcome.DEFERRED]
    gone = path(mx("mx1", plain, alias="m+x.b.example"))
    (host,) = gone.mx.hosts
    assert host.v4 is not None
    lost = replace(host, v4=replace(host.v4, found=Found.FAILED, failure=Failure.LOCAL))
    walk = replace(gone, mx=replace(gone.mx, hosts=(lost,)))
    assert judge(walk, PRESETS["postfix-may"]).outcome is Outcome.BOUNCED  # whatever the address would be


def test_a_session_that_failed_here_hides_the_hosts_behind_it():
    def silently(sni):
        return {**ended(Failure.LOCAL, Stage.CONNECT)(sni), "detail": ""}

    for server, why in (
        (ended(Failure.LOCAL, Stage.CONNECT), "it broke off"),
        (silently, "this machine could not hold the session"),
    ):
        verdict = judge(path(mx("mx1", server), mx("mx2", tls(WEB2), at=20)), PRESETS["rfc"])
        assert (verdict.outcome, verdict.event, verdict.why) == (Outcome.UNKNOWN, Event.FAILED_HERE, why)


@pytest.mark.parametrize(
    ("name", "event"), [("rfc", Event.MAIL_LOST), ("exim-noclear", Event.STARTTLS_REFUSED)]
)
def test_a_server_that_refuses_starttls_and_goes_is_told_by_what_the_sender_did_next(name, event):
    assert judge(path(mx("mx1", refuses_and_goes)), PRESETS[name]).event is event


def test_ehlo_and_helo_refused():
    def refuses_both(_sni):
        return {"greeting": reply("220 hello"), "ehlo": reply("502 no"), "helo": reply("550 no")}

    verdict = judge(path(mx("mx1", refuses_both)), PRESETS["rfc"])
    assert (verdict.outcome, verdict.event) == (Outcome.BOUNCED, Event.EHLO_REFUSED)


def test_with_requiretls_an_unlisted_host_is_refused():
    required = MessageOptions(message=Message.REQUIRETLS)
    walk = path(mx("mx1", tls(WEB)), signed=True, sts=policy("other.b.example"))
    verdict = required.verdict(walk, PRESETS["rfc"])
    assert (verdict.outcome, verdict.event) == (Outcome.BOUNCED, Event.REQUIRETLS_UNAUTHENTICATED)


@pytest.mark.parametrize(
    ("alias", "outcome"), [(SECURE, Outcome.AUTHENTICATED), (INSECURE, Outcome.ENCRYPTED)], ids=str
)
def test_tlsa_at_an_alias_counts_where_the_alias_is_signed(alias, outcome):
    records = {"tlsa": (ee(SELF),), "tlsa_at": "mx1.b.example"}
    host = mx("mx1", tls(SELF), alias="real.b.example", alias_security=alias, **records)
    assert judge(path(host, signed=True), PRESETS["rfc"]).outcome is outcome


@pytest.mark.parametrize(
    ("chain", "record", "by"), [(SELF, ee(SELF), DemandedBy.MTA_STS), (WEB, STALE, DemandedBy.DANE)]
)
def test_where_two_demands_must_hold_the_one_that_fails_is_told(chain, record, by):
    both = next(each for each in PRESETS.values() if each.precedence is Precedence.BOTH)
    walk = path(mx("mx1", tls(chain), tlsa=(record,)), signed=True, sts=policy("mx1.b.example"))
    verdict = judge(walk, both)
    assert (verdict.outcome, verdict.demanded_by) == (Outcome.DEFERRED, by)
