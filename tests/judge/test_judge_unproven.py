"""Denied without a proof: an error to a sender that validates; where ours strips proofs, both are played."""

from __future__ import annotations

import pytest
from judge_builders import (
    DOMAIN,
    SELF,
    WEB,
    absent,
    ee,
    lookup,
    mx,
    path,
    plain,
    policy,
    tls,
)
from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage
from mailpath.facts import DnssecFacts, Found, MxFacts, MxKind, Security, SenderFacts, StsFacts
from mailpath.facts.dns import EDE_NSEC_MISSING
from mailpath.judge import Event, Outcome, judge
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.presets import PRESETS

STRIPS = DnssecFacts(resolver_passes=False, resolver_note="Your resolver does not pass DNSSEC data.")


def unproven(name, rdtype, rcode="NOERROR"):
    """Denied without a proof in a signed zone."""
    return replace(absent(name, rdtype, Security.INDETERMINATE, rcode), ede=EDE_NSEC_MISSING)


def without_tlsa(walk):
    """TLSA was denied without a proof."""

    def candidates(host):
        return tuple(
            replace(each, lookup=unproven(each.lookup.name, "TLSA"), records=()) for each in host.candidates
        )

    hosts = tuple(replace(host, candidates=candidates(host)) for host in walk.tlsa.hosts)
    return replace(walk, tlsa=replace(walk.tlsa, hosts=hosts))


def without_ipv6(walk):
    hosts = tuple(replace(host, v6=unproven(host.name, "AAAA")) for host in walk.mx.hosts)
    return replace(walk, mx=replace(walk.mx, hosts=hosts))


def without_address(walk):
    hosts = tuple(
        replace(host, v6=unproven(host.name, "AAAA"), v4=unproven(host.name, "A"), addresses=())
        for host in walk.mx.hosts
    )
    return replace(walk, mx=replace(walk.mx, hosts=hosts))


def without_mx(host=None, rcode="NOERROR"):
    """The MX RRset was denied; `host`: the domain itself, as an implicit MX."""
    walk = path(host, signed=True) if host is not None else path(signed=True)
    denied = unproven(DOMAIN, "MX", rcode)
    return replace(walk, mx=MxFacts(kind=MxKind.FAILED, lookup=denied, hosts=walk.mx.hosts))


SIGNED = path(mx("mx1", tls(SELF), tlsa=(ee(SELF),)), signed=True)
IMPLICIT = without_mx(mx(DOMAIN, plain))


def careless(name):
    """The preset behind a resolver that does not validate."""
    return replace(PRESETS[name], validating_resolver=False)


def test_unproven_is_no_absence():
    denied = unproven("mx1.b.example", "A")
    assert denied.proofless
    assert denied.broken
    assert not denied.usable
    for other in (
        replace(denied, ede=22),
        replace(denied, security=Security.BOGUS),
        replace(denied, found=Found.FOUND),
        replace(denied, found=Found.FAILED),
        absent("mx1.b.example", "A"),
    ):
        assert not other.proofless


@pytest.mark.parametrize(
    ("walk", "posture", "outcome"),
    [
        (without_tlsa(SIGNED), "postfix-dane", Outcome.DEFERRED),
        (without_tlsa(SIGNED), "postfix-dane-only", Outcome.DEFERRED),
        (without_tlsa(SIGNED), "rfc", Outcome.DEFERRED),
        (without_tlsa(SIGNED), "postfix-may", Outcome.ENCRYPTED),
        (without_ipv6(SIGNED), "postfix-dane", Outcome.AUTHENTICATED),
        (without_ipv6(SIGNED), "postfix-may", Outcome.ENCRYPTED),
        (without_address(SIGNED), "postfix-may", Outcome.DEFERRED),
        (IMPLICIT, "postfix-may", Outcome.DEFERRED),
        (without_mx(rcode="NXDOMAIN"), "postfix-may", Outcome.DEFERRED),
    ],
)
def test_a_sender_whose_resolver_validates_waits_where_it_needs_the_answer(walk, posture, outcome):
    assert judge(walk, PRESETS[posture]).outcome is outcome


@pytest.mark.parametrize(
    ("walk", "outcome", "code"),
    [
        (without_tlsa(SIGNED), Outcome.ENCRYPTED, None),
        (without_address(SIGNED), Outcome.BOUNCED, "5.4.4"),
        (IMPLICIT, Outcome.PLAINTEXT, None),
        (without_mx(rcode="NXDOMAIN"), Outcome.BOUNCED, "5.4.4"),
        (without_mx(mx(DOMAIN, address="none")), Outcome.BOUNCED, "5.4.4"),
    ],
)
def test_one_whose_resolver_does_not_believes_it(walk, outcome, code):
    verdict = judge(walk, careless("postfix-dane"))
    assert (verdict.outcome, verdict.status_code) == (outcome, code), verdict.reason


def test_it_is_told_as_what_it_believes():
    event = judge(without_mx(rcode="NXDOMAIN"), careless("postfix-dane")).event
    assert event is Event.NO_SUCH_DOMAIN


@pytest.mark.parametrize(
    ("walk", "posture", "possible"),
    [
        (without_tlsa(SIGNED), "postfix-dane", (Outcome.ENCRYPTED, Outcome.DEFERRED)),
        (without_tlsa(SIGNED), "postfix-dane-only", ()),
        (without_tlsa(SIGNED), "postfix-may", ()),
        (without_ipv6(SIGNED), "postfix-dane", ()),
        (without_address(SIGNED), "postfix-may", (Outcome.DEFERRED, Outcome.BOUNCED)),
        (IMPLICIT, "postfix-may", (Outcome.PLAINTEXT, Outcome.DEFERRED)),
        (without_mx(rcode="NXDOMAIN"), "postfix-may", (Outcome.DEFERRED, Outcome.BOUNCED)),
    ],
)
def test_behind_a_resolver_that_strips_proofs_it_is_unknown_where_it_matters(walk, posture, possible):
    verdict = judge(replace(walk, dnssec=STRIPS), PRESETS[posture])
    if not possible:
        believed = judge(walk, careless(posture))
        assert (verdict.outcome, verdict.possible) == (believed.outcome, ())
        return
    assert (verdict.outcome, verdict.possible) == (Outcome.UNKNOWN, possible)
    assert verdict.reason == "cannot be determined from here: your resolver does not pass DNSSEC data"


def test_a_policy_record_that_was_denied():
    """Of those that wait for the record the mail waits; the others do without a policy, as after SERVFAIL."""
    txt = unproven(f"_mta-sts.{DOMAIN}", "TXT")
    walk = path(mx("mx1", tls(WEB)), sts=StsFacts(found=Found.FAILED, txt=txt))
    waits = next(
        each for each in PRESETS.values() if each.agent.defer_on_sts_lookup_error and not each.unknown
    )
    assert judge(walk, waits).outcome is Outcome.DEFERRED
    assert judge(walk, PRESETS["postfix-sts"]).outcome is Outcome.ENCRYPTED
    assert judge(replace(walk, dnssec=STRIPS), waits).outcome is Outcome.UNKNOWN
    assert judge(replace(walk, dnssec=STRIPS), PRESETS["postfix-sts"]).outcome is Outcome.ENCRYPTED


def test_a_message_that_requires_tls_waits_too():
    required = MessageOptions(message=Message.REQUIRETLS)
    listed = path(mx("mx1", tls(WEB)), sts=policy("mx1.b.example"))
    walk = without_address(replace(listed, mx=replace(listed.mx, lookup=lookup(DOMAIN, "MX"))))
    assert required.verdict(walk, PRESETS["rfc"]).outcome is Outcome.DEFERRED
    stripped = required.verdict(replace(walk, dnssec=STRIPS), PRESETS["rfc"])
    assert (stripped.outcome, stripped.possible) == (Outcome.UNKNOWN, (Outcome.DEFERRED, Outcome.BOUNCED))


def test_where_nothing_can_be_told_either_way_nothing_is_possible():
    """Port 25 is blocked here: a denial that may be true or not changes nothing about that."""
    blocked = replace(without_tlsa(SIGNED), dnssec=STRIPS, sender=SenderFacts(port25=Found.BLOCKED))
    blocked = replace(blocked, starttls=replace(blocked.starttls, sessions=_unreached(blocked)))
    verdict = judge(blocked, PRESETS["postfix-dane"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.possible == ()


def _unreached(walk):
    return tuple(
        replace(
            each,
            greeting=None,
            ehlo=None,
            tls=None,
            failure=Failure.BLOCKED,
            failed_at=Stage.CONNECT,
            extensions=(),
        )
        for each in walk.starttls.sessions
    )


@pytest.mark.parametrize("server", [plain, tls(SELF), tls(WEB)], ids=["plain", "own", "web"])
@pytest.mark.parametrize("missing", [without_tlsa, without_ipv6])
def test_with_requiretls_nothing_less_than_authenticated_is_possible(missing, server):
    required = MessageOptions(message=Message.REQUIRETLS)
    walk = missing(path(mx("mx1", server, tlsa=(ee(SELF),)), signed=True))
    for posture in PRESETS.values():
        if posture.requiretls and "requiretls" not in posture.unknown:
            verdict = required.verdict(replace(walk, dnssec=STRIPS), posture)
            assert not {Outcome.ENCRYPTED, Outcome.PLAINTEXT} & {verdict.outcome, *verdict.possible}


@pytest.mark.parametrize(
    ("name", "possible"),
    [
        ("rfc", (Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED)),
        ("postfix-dane-only", (Outcome.AUTHENTICATED, Outcome.DEFERRED)),
    ],
)
def test_tlsa_that_was_lost_here_may_be_there_or_not(name, possible):
    lost = lookup("_25._tcp.mx1.b.example", "TLSA", found=Found.FAILED, failure=Failure.LOCAL)
    (host,) = SIGNED.tlsa.hosts
    sets = tuple(replace(each, lookup=lost, records=()) for each in host.candidates)
    walk = replace(SIGNED, tlsa=replace(SIGNED.tlsa, hosts=(replace(host, candidates=sets),)))
    verdict = judge(walk, PRESETS[name])
    assert (verdict.outcome, verdict.possible) == (Outcome.UNKNOWN, possible)
