"""What time alone breaks: stepping to what ends, and past it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import handmade as made
import msgspec

from mailpath.facts import Security, Walk
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.whatif import Moment, Rewalks, attack_outcome, timeline

if TYPE_CHECKING:
    from conftest import Walks


def moments(walks: Walks, scenario: str) -> tuple[Moment, ...]:
    walked = walks.of(scenario)
    return timeline(walked.walk, walked.capture.ground.made)


def first(walks: Walks, scenario: str, what: str, subject: str) -> Moment:
    return next(each for each in moments(walks, scenario) if (each.what, each.subject) == (what, subject))


def at(walks: Walks, scenario: str, moment: int) -> Walk:
    return asyncio.run(Rewalks(walks.of(scenario).capture, at=moment).untampered())


def test_everything_that_ends_is_on_the_timeline(walks: Walks) -> None:
    found = moments(walks, "dane-good-sts-bad")
    assert list(found) == sorted(found)
    kinds = {(each.what, each.subject) for each in found}
    domain = "dane-good-sts-bad.example"
    assert {
        ("signatures", "."),
        ("signatures", "example"),
        ("signatures", domain),
        ("certificate", f"mx1.{domain}"),
        ("certificate", f"mta-sts.{domain}"),
        ("policy", domain),
    } <= kinds
    assert ("signatures", "a.example") not in kinds  # the sender's own zone
    parts = {(each.subject.split(".")[0], each.part) for each in found if each.what == "certificate"}
    assert {("mx1", "server"), ("mta-sts", "policy host"), ("mta-sts", "CA")} <= parts


def test_what_never_ends_is_not_on_the_timeline() -> None:
    """RFC 5280 section 4.1.2.5: 99991231235959Z stands for no well-defined expiration."""
    never, last = 253402300799, 253402300798
    ends = {}
    for end in (never, last):
        key = made.certificate(made.HOST, names=(made.HOST,), end=end)
        found = made.walk(starttls=made.with_and_without_sni(key.der))
        ends[end] = [each.at for each in timeline(found) if each.what == "certificate"]
    assert ends == {never: [], last: [last]}


def test_signatures_end_in_bogus_and_the_mail_waits(walks: Walks) -> None:
    end = first(walks, "dane-good", "signatures", "dane-good.example").at
    until = at(walks, "dane-good", end)
    assert until.mx.lookup.security is Security.SECURE
    assert judge(until, PRESETS["postfix-dane"]).outcome is Outcome.AUTHENTICATED
    after = at(walks, "dane-good", end + 1)
    assert after.mx.lookup.security is Security.BOGUS
    assert "expired" in after.mx.lookup.reason
    for name in ("postfix-dane", "postfix-may", "rfc"):
        assert judge(after, PRESETS[name]).outcome is Outcome.DEFERRED


def test_a_certificate_ends_for_those_who_look_at_it(walks: Walks) -> None:
    """The signatures of the parent zones would end before: here they are taken as renewed."""
    end = first(walks, "pkix-good", "certificate", "mx1.pkix-good.example").at
    until = msgspec.structs.replace(walks.of("pkix-good").walk, at=end - 1)
    assert judge(until, PRESETS["postfix-verify"]).outcome is Outcome.AUTHENTICATED
    after = msgspec.structs.replace(until, at=end + 1)
    assert judge(after, PRESETS["postfix-verify"]).outcome is Outcome.DEFERRED
    assert judge(after, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED


def test_what_has_ended_stays_on_the_timeline(walks: Walks) -> None:
    now = moments(walks, "dane-good")
    signed = first(walks, "dane-good", "signatures", "dane-good.example")
    later = timeline(at(walks, "dane-good", signed.at + 1))
    ended = {each.at for each in later if each.what == "signatures"}
    assert min(each.at for each in now) in ended


def test_a_cached_policy_protects_until_its_age_is_over(walks: Walks) -> None:
    """Nothing has expired but the policy, which the attacker keeps from being fetched again."""
    capture = walks.of("sts-enforce").capture
    end = first(walks, "sts-enforce", "policy", "sts-enforce.example").at
    attack = "block-policy+strip-starttls"
    for moment, expected in ((end - 1, Outcome.DEFERRED), (end, None)):
        found = asyncio.run(attack_outcome(Rewalks(capture, at=moment), PRESETS["rfc"], attack))
        assert found.outcome is Outcome.PLAINTEXT
        assert found.if_policy_cached is expected


def test_the_attack_moves_with_the_clock(walks: Walks) -> None:
    """The attacker's certificate is fresh whenever the walk is."""
    capture = walks.of("pkix-good").capture
    rewalks = Rewalks(capture, at=capture.ground.made + 7 * 86_400)
    found = asyncio.run(attack_outcome(rewalks, PRESETS["postfix-verify"], "mitm-misissued"))
    assert found.attacker_reads
