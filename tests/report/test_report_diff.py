"""What changed between two walks, and what is no change."""

from __future__ import annotations

import goldens
import handmade as made
import pytest
from msgspec.structs import replace
from test_report_hostile import evil_walk, plain

from mailpath.facts import Security, StarttlsFacts, TlsaFacts, Walk
from mailpath.judge.presets import PRESETS, posture
from mailpath.report import diff
from mailpath.report.result import build

RENEWED = made.certificate(made.HOST, names=(made.HOST,), issuer=made.INTERMEDIATE)


def changed(old: Walk, new: Walk) -> dict[tuple[str, str], tuple[tuple[str, ...], tuple[str, ...]]]:
    """(area, what): (old, new) of the changes."""
    found = diff.compare(*(build(walk, PRESETS.values(), {}) for walk in (old, new)))
    return {(each.area, each.what): (each.old, each.new) for each in found.changes}


def test_the_same_walk_has_not_changed() -> None:
    assert changed(made.walk(), made.walk()) == {}
    # Seen a day later: times pass, nothing else.
    assert changed(made.walk(), made.walk(at=made.NOW + made.DAY)) == {}


def test_a_renewed_key_without_its_tlsa_record() -> None:
    after = made.walk(starttls=made.with_and_without_sni(RENEWED.der, made.INTERMEDIATE.der))
    found = changed(made.walk(), after)
    was, now = found["certificates", "public key SHA-256"]
    assert was == (made.spki(made.GOOD).hex(),)
    assert now == (made.spki(RENEWED).hex(),)
    assert ("certificates", "certificate SHA-256") in found
    assert ("certificates", "issuer") not in found
    assert ("records", "records") not in found
    assert found["findings", "finding"][1]
    outcomes = [each for each in diff.compare(*results(after)).changes if each.area == "outcomes"]
    dane = next(each for each in outcomes if each.subject == "postfix-dane")
    assert dane.old == ("authenticated at mx1.b.example by dane-ee",)
    assert dane.new == ("deferred at mx1.b.example 4.7.5",)


def results(after: Walk):
    return build(made.walk(), PRESETS.values(), {}), build(after, PRESETS.values(), {})


@pytest.mark.parametrize(
    ("after", "key", "old", "new"),
    [
        (
            made.walk(sts=made.policy()),
            ("policy", "mode"),
            (),
            ("enforce",),
        ),
        (
            made.walk(tlsa=TlsaFacts()),
            ("records", "records"),
            None,
            (),
        ),
        (
            made.walk(mx=made.mx(lookup=replace(made.mx().lookup, security=Security.INSECURE))),
            ("records", "security"),
            ("secure",),
            ("insecure",),
        ),
        (
            made.walk(starttls=StarttlsFacts(sessions=(made.session(),))),
            ("certificates", "subject"),
            ("CN=mx1.b.example",),
            (),
        ),
        (
            made.walk(mx=made.mx(made.mx_host(), made.mx_host("mx2.b.example", "192.0.2.11", preference=20))),
            ("hosts", "order"),
            (),
            ("20 mx2.b.example",),
        ),
    ],
    ids=["policy", "tlsa", "security", "plaintext", "hosts"],
)
def test_what_changed_is_told(after: Walk, key: tuple[str, str], old: object, new: object) -> None:
    was, now = changed(made.walk(), after)[key]
    assert now == new
    assert was == old or (old is None and was)


def test_a_policy_that_changed_under_its_old_id() -> None:
    found = changed(made.walk(sts=made.policy()), made.walk(sts=made.policy(mode="testing")))
    assert found["policy", "mode"] == (("enforce",), ("testing",))
    assert "unchanged" in found["policy", "id"][1][0]
    again = made.policy(mode="testing")
    fresh = made.walk(sts=replace(again, policy_id="20261124"))
    old, new = changed(made.walk(sts=made.policy()), fresh)["policy", "id"]
    assert (len(old), new) == (1, ("20261124",))


def test_what_only_came_in_another_order_is_no_change_where_order_means_nothing() -> None:
    def with_extensions(*names: str) -> Walk:
        facts = made.with_and_without_sni(made.GOOD.der, made.INTERMEDIATE.der)
        sessions = tuple(replace(each, extensions=names) for each in facts.sessions)
        return made.walk(starttls=StarttlsFacts(sessions=sessions))

    assert changed(with_extensions("STARTTLS", "SIZE"), with_extensions("SIZE", "STARTTLS")) == {}
    hosts = [made.mx_host(), made.mx_host("mx2.b.example", "192.0.2.11")]
    one, other = made.walk(mx=made.mx(*hosts)), made.walk(mx=made.mx(*reversed(hosts)))
    assert ("hosts", "order") in changed(one, other)


def test_hostile_words_stay_text() -> None:
    found = diff.compare(build(made.walk(), PRESETS.values(), {}), build(evil_walk(), PRESETS.values(), {}))
    assert all(plain(line) for line in diff.render_text(found).split("\n"))


def test_golden() -> None:
    judged = [posture(name) for name in ("rfc", "postfix-may", "postfix-dane")]
    before = made.walk(tlsa=TlsaFacts(hosts=(made.tlsa(made.record(3, 1, 1, bytes(32))),)), starttls=none())
    after = made.walk(tlsa=TlsaFacts(), sts=made.policy(mode="testing"), starttls=none())
    old = build(before, judged, {}, made=made.NOW - made.DAY)
    goldens.assert_golden("diff.txt", diff.render_text(diff.compare(old, build(after, judged, {}))))


def none() -> StarttlsFacts:
    return StarttlsFacts(sessions=(made.session(),))
