"""What a walk rests on: read from its facts, and in words on every surface."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.ending import ExitCode
from mailpath.facts import Walk
from mailpath.judge.message_options import USUAL as ORDINARY
from mailpath.judge.presets import PRESETS
from mailpath.judge.presets import posture as posture_named
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.protocol import NetworkContext
from mailpath.network.replay import Replay
from mailpath.network.settings import known_roots
from mailpath.report import diff, html, markdown, nagios, text
from mailpath.report import json as json_report
from mailpath.report.headline import headline
from mailpath.report.panels import evidence
from mailpath.report.provenance import USUAL, Given, Provenance, doubt, marks, read, sentences
from mailpath.report.result import Result, build
from mailpath.walk import walk

#: Each way in which trust may come from elsewhere, and the words that name it.
WAYS: dict[str, tuple[Provenance, str]] = {
    "replay": (Provenance(replayed=True), "replayed from a capture"),
    "lab": (made.LAB, "in the lab"),
    "own anchor": (Provenance(anchor="own", trust_anchor=True), "trust anchor not IANA's"),
    "own root": (Provenance(roots="own", own_roots=("CN=Own CA",), ca_file=True), "CA root unknown here"),
    "dial": (Provenance(dialled=("192.0.2.10:25",)), "connections redirected (dial)"),
    "ca-file": (Provenance(ca_file=True), "CA file given"),
    "trust-anchor": (Provenance(trust_anchor=True), "trust anchor given"),
    "patience": (Provenance(impatient=True), "sender assumed to be no more patient than the walk"),
    "insecure zone": (Provenance(insecure_zones=("corp.example",)), "counted as unsigned: corp.example"),
}
SURFACES: dict[str, Callable[[Result], str]] = {
    "headline": headline,
    "text": text.render,
    "markdown": markdown.render,
    "html": html.render,
    "nagios": nagios.render,
    "json": lambda result: json_report.render(result).decode(),
    "diff": lambda result: diff.render_text(diff.compare(result, result)),
}


def plain(report: str) -> str:
    return " ".join(report.replace("`", "").replace("&#39;", "'").split())


@cache
def built(provenance: Provenance, **options: Any) -> Result:
    return build(made.walk(), PRESETS.values(), {}, provenance=provenance, **options)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_names_it(surface: str, way: str) -> None:
    provenance, words = WAYS[way]
    result = built(provenance)
    shown = plain(SURFACES[surface](result))
    if surface == "json":
        found = json.loads(shown)
        assert found["stands_on"] == list(sentences(provenance)) != []
        assert found["evidence_trusted"] is True
    elif surface == "diff" and way == "replay":
        assert "the capture says" in shown
    else:
        assert words in shown
    assert result.code is built(USUAL).code  # named, no more


@pytest.mark.parametrize("surface", SURFACES)
def test_what_rests_on_what_everybody_trusts_is_not_cluttered(surface: str) -> None:
    result = built(read(made.walk(), ground(), replayed=False))
    assert result.provenance == USUAL
    shown = plain(SURFACES[surface](result))
    assert "IANA" not in shown
    assert "capture says" not in shown


@pytest.mark.parametrize("surface", SURFACES)
def test_what_is_no_evidence_is_told_as_such_first(surface: str) -> None:
    result = built(Provenance(replayed=True, anchor="own", strange_anchor=True))
    assert set(result.codes.values()) == {ExitCode.UNKNOWN}
    shown = plain(SURFACES[surface](result))
    assert "not evidence" in shown.lower()
    assert "which is not IANA's" in shown
    if surface in ("headline", "nagios"):
        assert f"{made.DOMAIN}: not evidence: " in shown
    trusted = built(result.provenance, on_trust=True)
    assert trusted.code is built(USUAL).code
    assert "on trust" in headline(trusted)


def ground(**fields: Any) -> NetworkContext:
    usual = {"kind": "live", "resolver": "192.0.2.53", "trust_anchor": ROOT_ANCHORS, "roots": (), "made": 1}
    return NetworkContext(**{**usual, **fields})


@pytest.mark.parametrize(("limit", "named"), [(30.0, True), (None, False)])
def test_patience_is_named_where_a_wait_of_ours_ended(limit: float | None, named: bool) -> None:
    found = made.walk()
    sessions = tuple(replace(each, limit=limit) for each in found.starttls.sessions)
    said = replace(found, patience="ours", starttls=replace(found.starttls, sessions=sessions))
    assert read(said, ground(), replayed=True).impatient is named
    assert read(replace(said, patience="sender"), ground(), replayed=True).impatient is False


def test_roots_are_known_by_what_they_are(walks: Any) -> None:
    """Of this machine, of this user, of nobody here."""
    walked = walks.of("sts-enforce")
    own = frozenset(walked.walk.roots)
    assert own
    assert own.isdisjoint(known_roots())
    held = replace(walked.capture.ground, trust_anchor=ROOT_ANCHORS, kind="live")
    strange = read(walked.walk, held, replayed=True)
    assert (strange.roots, frozenset(strange.strange_roots)) == ("own", own)
    assert strange.own_roots == ("CN=Mailpath Lab Root CA",)
    given = read(walked.walk, held, Given(roots=own), replayed=True)
    assert (given.roots, given.strange_roots, given.ca_file) == ("own", (), True)
    live = read(walked.walk, held, Given(roots=own))
    assert (live.roots, live.strange_roots) == ("own", ())


@pytest.mark.parametrize(
    ("scenario", "posture", "hangs"),
    [
        ("sts-enforce", "rfc", True),  # the policy's host and the mail host
        ("sts-enforce", "postfix-none", False),
        ("pkix-good", "postfix-verify", True),
        ("pkix-good", "postfix-none", False),
        ("dane-good", "postfix-dane", False),  # its certificate is nobody's but its own
        ("sts-testing", "postfix-none", False),
        ("full-protection", "postfix-sts", True),
    ],
)
def test_whether_a_verdict_hangs_on_strange_roots(
    scenario: str, posture: str, hangs: bool, walks: Any
) -> None:
    walked = walks.of(scenario)
    held = replace(walked.capture.ground, trust_anchor=ROOT_ANCHORS)
    stands = read(walked.walk, held, replayed=True)
    why = doubt(stands, walked.walk, posture_named(posture), ORDINARY)
    assert bool(why) == hangs
    if hangs:
        assert why == ("on the capture's own CA root (CN=Mailpath Lab Root CA), unknown on this machine")


def test_the_root_that_is_doubted_is_the_one_that_is_named(walks: Any) -> None:
    """Not another one that this machine does not know either, but the user does."""
    walked = walks.of("sts-enforce")
    held = replace(walked.capture.ground, trust_anchor=ROOT_ANCHORS)
    stands = replace(
        read(walked.walk, held, replayed=True), own_roots=("CN=Given", "CN=Mailpath Lab Root CA")
    )
    why = doubt(stands, walked.walk, posture_named("rfc"), ORDINARY)
    assert "own CA root (CN=Mailpath Lab Root CA), unknown" in why


def test_roots_that_count_at_another_time_are_strange_too(walks: Any) -> None:
    """The app moves the clock: what the walk as recorded had no use for may decide then."""
    walked = walks.of("sts-enforce")
    early = replace(walked.walk, roots=())
    held = replace(walked.capture.ground, trust_anchor=ROOT_ANCHORS)
    stands = read(early, held, replayed=True)
    assert (stands.roots, set(stands.strange_roots)) == ("known", set(held.roots))
    assert doubt(stands, walked.walk, posture_named("rfc"), ORDINARY)


def test_panels_say_of_a_strange_root_what_it_is(walks: Any) -> None:
    walked = walks.of("sts-enforce")
    stands = read(walked.walk, walked.capture.ground, replayed=True)
    for step, first in (
        ("dnssec", "The DNSSEC root is not IANA's."),
        ("starttls", "CA roots unknown on this machine: CN=Mailpath Lab Root CA."),
        ("mta-sts", "CA roots unknown on this machine: CN=Mailpath Lab Root CA."),
    ):
        told = evidence(walked.walk, step, provenance=stands)
        assert told[0] == first
        assert "trusted root" not in "\n".join(told)
        assert step == "dnssec" or "root that is unknown on this machine" in "\n".join(told)


def test_a_policy_without_a_certificate_is_none(walks: Any) -> None:
    """No server was ever asked without one: only a capture can hold that, to get round its roots."""
    capture = walks.of("sts-enforce").capture
    bare = replace(capture, https=tuple(replace(each, chain=()) for each in capture.https))
    found: Walk = asyncio.run(walk(bare.path, Replay(bare), bare.ground.made))
    assert found.sts.policy is None
    assert "no certificate" in found.sts.reason


def test_hostile_names_are_visible_and_short() -> None:
    evil = made.certificate("\x1b]0;`|<b>\u202e" + "x" * 40, ca=True)
    leaf = made.certificate("mx", names=(made.HOST,), issuer=evil)
    found = made.walk(starttls=made.with_and_without_sni(leaf.der, evil.der), roots=(evil.der,))
    result = built(read(found, ground(insecure_zones=("a|\x1b",), roots=(evil.der,)), replayed=True))
    assert result.provenance.own_roots
    for surface in ("text", "nagios", "markdown", "html"):
        shown = SURFACES[surface](result)
        assert all(line.isprintable() for line in shown.split("\n")[:40] if surface != "html")
        assert "\x1b" not in shown
        assert surface != "nagios" or shown.count("|") == 1


def test_many_zones_are_counted() -> None:
    zones = tuple(f"z{number}.example" for number in range(9))
    assert marks(Provenance(insecure_zones=zones)) == (
        "counted as unsigned: z0.example, z1.example, z2.example and 6 more",
    )
