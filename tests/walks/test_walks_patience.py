"""Real servers that take their time: what we did not wait for is told as our limit, not as the outcome."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath

import msgspec
import pytest
from test_walks_dead import one_lab

from mailpath.exchanges import Failure, HttpsExchange, HttpsRequest
from mailpath.facts import Path, Status, Walk
from mailpath.findings import find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.network.bounded import Bounded
from mailpath.network.capture import capture_of, dump, load
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.network.settings import Settings
from mailpath.walk import live_network, walk

SLOW = "banner_delay = 0.8"
LISTED = "[sts]\nstall = true"


class Told:
    """A network whose policy fetches say which wait of ours ended them."""

    def __init__(self, inner: Bounded) -> None:
        self.ground, self.ask, self.converse = inner.ground, inner.ask, inner.converse
        self._fetch = inner.fetch

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        exchange = await self._fetch(request)
        limit = 0.5 if exchange.failure is Failure.TIMEOUT else None
        return msgspec.structs.replace(exchange, limit=limit)


def walked(tmp: FilePath, settings: Settings, **options: object) -> tuple[Walk, Walk]:
    """The walk, and the walk again over its capture."""
    quick = msgspec.structs.replace(settings, **options)
    path = Path(recipient="nasty.example", sender="a.example")

    async def run() -> tuple[Walk, Walk]:
        async with live_network(quick) as network:
            recording = Recording(Told(network))
            found = await walk(path, recording, network.ground.made)
        file = str(tmp / "walk.json")
        dump(capture_of(recording, path, found.roots), file)
        capture = load(file)
        return found, await walk(path, Replay(capture), capture.ground.made)

    return asyncio.run(run())


def test_a_greeting_that_comes_after_our_limit(tmp_path: FilePath) -> None:
    options = {"timeout": 5.0, "greeting_timeout": 0.3}
    with one_lab(tmp_path, SLOW) as lab:
        found, again = walked(tmp_path, lab.settings, patience="sender", **options)
        ours, _ = walked(tmp_path, lab.settings, patience="ours", **options)
    assert again == found
    for name in ("postfix-may", "postfix-dane", "exim", "rfc"):
        verdict = judge(found, PRESETS[name])
        assert verdict.outcome is Outcome.UNKNOWN, name
        assert {Outcome.DEFERRED, Outcome.ENCRYPTED} <= set(verdict.possible)
        assert f"{name} waits 300 s (--greeting-timeout waits longer)" in verdict.reason
        impatient = judge(ours, PRESETS[name])
        assert impatient.outcome is Outcome.DEFERRED, name
    assert "timed out" in judge(ours, PRESETS["postfix-may"]).reason
    assert [step.status for step in found.steps if step.id == "starttls"] == [Status.ERROR]
    assert [step.status for step in ours.steps if step.id == "starttls"] == [Status.FAIL]
    assert {each.code for each in find(found) if each.code.startswith("TLS0")} == {"TLS027"}
    assert {each.code for each in find(ours) if each.code.startswith("TLS0")} == {"TLS018"}


def test_a_greeting_within_our_limit(tmp_path: FilePath) -> None:
    with one_lab(tmp_path, SLOW) as lab:
        found, _ = walked(tmp_path, lab.settings, patience="sender", timeout=5.0, greeting_timeout=5.0)
    assert judge(found, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED


@pytest.mark.parametrize("patience", ["sender", "ours"])
def test_a_handshake_that_does_not_come(tmp_path: FilePath, patience: str) -> None:
    with one_lab(tmp_path, 'starttls = "hang"') as lab:
        found, _ = walked(tmp_path, lab.settings, patience=patience, timeout=5.0, reply_timeout=0.9)
    encrypting = judge(found, PRESETS["postfix-encrypt"])
    if patience == "ours":
        assert encrypting.outcome is Outcome.DEFERRED
        assert judge(found, PRESETS["exim-opportunistic"]).outcome is Outcome.PLAINTEXT
    else:
        assert set(encrypting.possible) == {Outcome.DEFERRED, Outcome.ENCRYPTED}
        assert "we waited 0.9 s" in encrypting.reason
        exim = judge(found, PRESETS["exim-opportunistic"])
        assert set(exim.possible) == {Outcome.PLAINTEXT, Outcome.ENCRYPTED}


def test_a_policy_that_does_not_come(tmp_path: FilePath) -> None:
    with one_lab(tmp_path, 'cert = "self"', LISTED) as lab:
        found, again = walked(tmp_path, lab.settings, patience="sender", timeout=0.5)
        ours, _ = walked(tmp_path, lab.settings, patience="ours", timeout=0.5)
    assert again == found
    verdict = judge(found, PRESETS["rfc"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert set(verdict.possible) == {Outcome.ENCRYPTED, Outcome.DEFERRED}
    assert "we waited 0.5 s for the MTA-STS policy" in verdict.reason
    assert judge(ours, PRESETS["rfc"]).outcome is Outcome.ENCRYPTED
    assert "STS018" in {each.code for each in find(found)}
    assert "STS007" in {each.code for each in find(ours)}
    line = next(step for step in found.steps if step.id == "mta-sts")
    assert (line.status, line.word) == (Status.ERROR, "NO ANSWER")
