"""Whose failure it was: what lies between this machine and the others says nothing of them."""

from __future__ import annotations

import pytest
from judge_builders import DOMAIN, WEB, WEB2, absent, black_hole, ee, ended, failed, mx, path, tls
from msgspec.structs import replace

from mailpath.exchanges import Failure, Stage
from mailpath.facts import DnssecFacts, Found, Lookup, MxKind, Security, StsFacts, ZoneFact
from mailpath.judge import Event, Outcome, judge
from mailpath.judge.posture import DaneUse
from mailpath.judge.presets import PRESETS


def unasked(failure, **changes):
    """A walk of which no question got an answer, `failure` being why."""
    detail = f"the resolver: {failure.value}"
    fails = {"found": Found.FAILED, "security": Security.INDETERMINATE, "failure": failure, "detail": detail}
    record = Lookup(name=DOMAIN, rdtype="MX", canonical=DOMAIN, **{**fails, **changes})
    text = Lookup(name=f"_mta-sts.{DOMAIN}", rdtype="TXT", canonical=f"_mta-sts.{DOMAIN}", **fails)
    return path(kind=MxKind.FAILED, mx_lookup=record, sts=StsFacts(found=Found.FAILED, txt=text))


@pytest.mark.parametrize("failure", [each for each in Failure if each is not Failure.TOO_LARGE])
def test_a_resolver_that_could_not_be_asked_says_nothing_of_the_recipient(failure):
    for each in PRESETS.values():
        verdict = judge(unasked(failure), each)
        assert verdict.outcome is Outcome.UNKNOWN, each.name
        assert verdict.reason.endswith(f"the resolver: {failure.value}")
        assert verdict.reason.startswith("cannot be determined from here: ")


def test_silence_about_the_mx_alone_is_the_recipients():
    walk = unasked(Failure.TIMEOUT)
    answered = replace(walk, sts=StsFacts(found=Found.ABSENT, txt=absent(f"_mta-sts.{DOMAIN}", "TXT")))
    assert judge(answered, PRESETS["rfc"]).outcome is Outcome.DEFERRED
    root = ZoneFact(name=".", status=Security.SECURE)
    rooted = replace(walk, dnssec=DnssecFacts(zones=(root,)))
    assert judge(rooted, PRESETS["rfc"]).outcome is Outcome.DEFERRED


def test_a_resolver_that_says_servfail_was_asked():
    walk = path(kind=MxKind.FAILED, mx_lookup=failed(DOMAIN, "MX"))
    assert judge(walk, PRESETS["rfc"]).outcome is Outcome.DEFERRED


# --- no way to the mail hosts ----------------------------------------------------------------------


def no_route(_sni):
    return {"failure": Failure.UNREACHABLE, "failed_at": Stage.CONNECT}


def test_no_route_to_any_address_is_not_the_recipients():
    for each in PRESETS.values():
        verdict = judge(path(mx("mx1", no_route, v6=no_route), mx("mx2", no_route, at=20)), each)
        if DaneUse.MANDATORY in (each.dane, *each.unknown.get("dane", ())):
            assert verdict.outcome is not Outcome.UNKNOWN  # DNS alone decides: nothing is signed
            continue
        assert verdict.outcome is Outcome.UNKNOWN, each.name
        assert (
            verdict.reason == "cannot be determined from here: there is no route from here to any of the"
            " mail hosts"
        )


def test_no_route_over_ipv6_alone_leaves_the_rest_to_tell():
    tried = path(mx("mx1", black_hole, v6=no_route))
    assert judge(tried, PRESETS["postfix-may"]).outcome is Outcome.DEFERRED
    works = judge(path(mx("mx1", tls(WEB), v6=no_route)), PRESETS["postfix-may"])
    assert (works.outcome, works.address) == (Outcome.ENCRYPTED, "192.0.2.1")


@pytest.mark.parametrize(
    ("first", "v6", "outcome", "tried"),
    [
        (Failure.LOCAL, None, Outcome.UNKNOWN, 1),  # what comes behind it cannot be told either
        (Failure.BLOCKED, None, Outcome.ENCRYPTED, 2),
        (Failure.NOT_RECORDED, None, Outcome.ENCRYPTED, 2),
        (None, Failure.LOCAL, Outcome.ENCRYPTED, 1),  # no IPv6 here: any sender goes on to IPv4
        (Failure.LOCAL, Failure.LOCAL, Outcome.UNKNOWN, 1),
    ],
)
def test_what_failed_here_ends_the_attempt_but_where_ipv6_is_missing(first, v6, outcome, tried):
    server = tls(WEB) if first is None else ended(first, Stage.CONNECT)
    more = {} if v6 is None else {"v6": ended(v6, Stage.CONNECT)}
    verdict = judge(path(mx("mx1", server, **more), mx("mx2", tls(WEB2), at=20)), PRESETS["postfix-may"])
    assert (verdict.outcome, len(verdict.attempts)) == (outcome, tried)


def test_an_ipv6_address_that_alone_failed_here_is_not_a_machine_without_ipv6():
    failed_here = ended(Failure.LOCAL, Stage.CONNECT)
    hosts = mx("mx1", tls(WEB), v6=failed_here), mx("mx2", tls(WEB2), v6=tls(WEB2), at=20)
    verdict = judge(path(*hosts), PRESETS["postfix-may"])
    assert (verdict.outcome, verdict.event) == (Outcome.UNKNOWN, Event.FAILED_HERE)


def test_what_a_host_demands_that_nobody_learnt_ends_the_attempt():
    """Its TLSA lookup failed on this machine: whether the mail gets as far as the next host is unknown."""
    walk = path(mx("mx1", tls(WEB), tlsa_fails=True), mx("mx2", tls(WEB2), at=20), signed=True)
    first, second = walk.tlsa.hosts
    lost = [replace(each, lookup=replace(each.lookup, failure=Failure.LOCAL)) for each in first.candidates]
    walk = replace(walk, tlsa=replace(walk.tlsa, hosts=(replace(first, candidates=tuple(lost)), second)))
    verdict = judge(walk, PRESETS["postfix-dane-only"])
    assert (verdict.outcome, len(verdict.attempts)) == (Outcome.UNKNOWN, 1)


def test_a_session_that_a_bound_of_ours_kept_us_from_says_so_and_may_end_in_any_way():
    def bounded(_sni):
        return {"not_tried": "the walk may hold no more sessions", "failure": Failure.NOT_TRIED}

    verdict = judge(path(mx("mx1", bounded)), PRESETS["postfix-may"])
    assert verdict.possible == (Outcome.ENCRYPTED, Outcome.PLAINTEXT, Outcome.DEFERRED)
    assert verdict.reason == "cannot be determined from here: the walk may hold no more sessions"


# --- a poor view of DNSSEC -------------------------------------------------------------------------

STRIPPED = DnssecFacts(resolver_passes=False, resolver_note="Your resolver does not pass DNSSEC data.")


def stripped(*hosts, **facts):
    """What is seen through a resolver that leaves signatures out: TLSA is not even asked for."""
    walk = path(*hosts, mx_security=Security.INDETERMINATE, **facts)
    tlsa = tuple(replace(host, candidates=()) for host in walk.tlsa.hosts)
    return replace(walk, dnssec=STRIPPED, tlsa=replace(walk.tlsa, hosts=tlsa))


def test_behind_a_stripping_resolver_both_readings_are_played():
    walk = stripped(mx("mx1", tls(WEB), security=Security.INDETERMINATE))
    verdict = judge(walk, PRESETS["postfix-dane"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.possible == (Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED)
    assert verdict.reason == "cannot be determined from here: your resolver does not pass DNSSEC data"
    only = judge(walk, PRESETS["postfix-dane-only"])
    assert (only.outcome, only.possible) == (Outcome.UNKNOWN, (Outcome.AUTHENTICATED, Outcome.DEFERRED))
    assert judge(walk, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED


def test_what_no_reading_can_tell_has_no_possible_outcomes():
    def special(_sni):
        return {"not_tried": "special-use address: private"}

    verdict = judge(stripped(mx("mx1", special, security=Security.INDETERMINATE)), PRESETS["postfix-may"])
    assert (verdict.outcome, verdict.possible) == (Outcome.UNKNOWN, ())


def test_readings_that_agree_are_a_verdict():
    dead = stripped(mx("mx1", black_hole, security=Security.INDETERMINATE))
    assert judge(dead, PRESETS["postfix-dane"]).outcome is Outcome.DEFERRED


def test_a_tlsa_set_that_was_seen_is_played_as_it_is():
    walk = path(mx("mx1", tls(WEB), tlsa=(ee(WEB),)), signed=True, mx_security=Security.INDETERMINATE)
    verdict = judge(walk, PRESETS["postfix-dane"])
    assert verdict.possible == (Outcome.AUTHENTICATED, Outcome.ENCRYPTED)
    assert verdict.reason == "cannot be determined from here: it is unknown whether these names are signed"
