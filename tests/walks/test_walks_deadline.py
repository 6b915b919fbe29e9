"""A walk ends at its deadline, whatever its servers do: every panel stands, and nobody is blamed for it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path as FilePath

import msgspec
import pytest
from test_walks_dead import POLICY_HOSTS, SERVERS, one_lab, plain, udp_and_tcp

from mailpath.assess.faults import bounds_reached
from mailpath.exchanges import Stage
from mailpath.facts import Path, Status, Walk
from mailpath.findings import Severity, find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import posture
from mailpath.lab import Lab
from mailpath.network import capture
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.network.settings import Settings
from mailpath.walk import live_network, walk

DEADLINE = 1.3
PASSED = f"the walk's deadline of {DEADLINE:g} s passed (--deadline allows more)"


def walked(settings: Settings, domain: str) -> tuple[Walk, float, Walk]:
    """The walk with waits of a minute, how many seconds it took, and its replay."""
    patient = msgspec.structs.replace(settings, timeout=60.0, greeting_timeout=60.0, deadline=DEADLINE)
    path = Path(recipient=domain, sender="a.example")

    async def run() -> tuple[Walk, Walk]:
        async with live_network(patient) as network:
            recording = Recording(network)
            found = await walk(path, recording, network.ground.made)
            kept = capture.capture_of(recording, path, found.roots)
        kept = capture.decode(msgspec.json.encode(kept))
        return found, await walk(path, Replay(kept), network.ground.made)

    began = time.monotonic()
    found, again = asyncio.run(run())
    return found, time.monotonic() - began, again


def ended(settings: Settings, domain: str) -> Walk:
    """The walk that its deadline ended, long before the minute of a wait, and the same on replay."""
    found, seconds, again = walked(settings, domain)
    assert DEADLINE <= seconds < DEADLINE + 10
    plain(found)
    assert again == found
    assert bounds_reached(found) == (PASSED,)
    told = {each.code: each for each in find(found)}
    assert told["SND008"].severity is Severity.INFO
    assert "SND004" not in told
    return found


def test_a_resolver_that_is_silent(lab: Lab) -> None:
    with udp_and_tcp(None) as resolver:
        settings = msgspec.structs.replace(lab.settings, resolver=resolver)
        found = ended(settings, "dane-good.example")
    assert judge(found, posture("rfc")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("kind", ["never greets", "hangs in the handshake", "greets too late"])
def test_a_mail_server_that_never_comes_to_an_end(kind: str, tmp_path: FilePath) -> None:
    with one_lab(tmp_path, SERVERS[kind]) as lab:
        found = ended(lab.settings, "nasty.example")
    verdict = judge(found, posture("rfc"))
    assert (verdict.outcome, PASSED in verdict.reason) == (Outcome.UNKNOWN, True)
    line = found.steps[-1]
    assert (line.id, line.status, line.word) == ("starttls", Status.ERROR, "CUT OFF")
    awaited = "the TLS handshake" if "handshake" in kind else "the greeting"
    assert f"for {awaited}, until the walk's deadline" in line.summary
    assert f"s for {awaited} of mx1.nasty.example" in verdict.reason
    assert not {"TLS018", "TLS022"} & {each.code for each in find(found)}


def test_what_a_server_said_before_the_deadline_is_kept(tmp_path: FilePath) -> None:
    with one_lab(tmp_path, SERVERS["hangs in the handshake"]) as lab:
        found = ended(lab.settings, "nasty.example")
    for session in found.starttls.sessions:
        assert session.greeting is not None
        assert session.offers_starttls
        assert session.failed_at is Stage.HANDSHAKE
        assert session.bound == PASSED
    # Whether TLS comes about is open; this sender delivers either way.
    assert set(judge(found, posture("exim-opportunistic")).possible) == {Outcome.ENCRYPTED, Outcome.PLAINTEXT}


def test_the_deadline_is_nobody_s_patience(tmp_path: FilePath) -> None:
    with one_lab(tmp_path, SERVERS["never greets"]) as lab:
        found = ended(msgspec.structs.replace(lab.settings, patience="ours"), "nasty.example")
    assert judge(found, posture("postfix-may")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("kind", ["hangs", "stalls in the body"])
def test_a_policy_host_that_never_comes_to_an_end(kind: str, tmp_path: FilePath) -> None:
    with one_lab(tmp_path, "", f"[sts]\n{POLICY_HOSTS[kind]}") as lab:
        found = ended(lab.settings, "nasty.example")
    assert found.sts.fetch is not None
    assert found.sts.fetch.detail == PASSED
    assert next(step for step in found.steps if step.id == "mta-sts").word == "NOT TRIED"
    assert not any(each.code.startswith("STS") for each in find(found))
    assert judge(found, posture("rfc")).outcome is Outcome.UNKNOWN
