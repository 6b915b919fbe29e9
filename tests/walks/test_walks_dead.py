"""Every server of the path dead, slow or talking nonsense: each panel still ends, with a plain sentence."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path as FilePath

import msgspec
import pytest
from resolvers import pair

from mailpath.facts import STEPS, Path, Status, Walk
from mailpath.findings import find
from mailpath.judge import judge
from mailpath.judge.model import Outcome
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab, load
from mailpath.network.settings import Settings
from mailpath.walk import live_network, walk

#: Seconds; every wait of these walks is one of these two.
QUICK, GREETING = 0.3, 0.6
#: A walk has a few waits one after another (DNS tries, connect, greeting, reply, handshake).
LONGEST = 12.0


def walked(settings: Settings, domain: str, *sound: str, **options: object) -> Walk:
    """The walk.  `sound`: the steps at whose servers nothing is wrong.  On a busy machine they need time:
    while one of them does not pass, the walk is made again with three times the patience.
    """
    for times in (1, 3, 9):
        quick = msgspec.structs.replace(
            settings, timeout=QUICK * times, greeting_timeout=GREETING * times, **options
        )
        began = time.monotonic()
        found = asyncio.run(_walked(quick, Path(recipient=domain, sender="a.example")))
        assert time.monotonic() - began < LONGEST * times
        if all(step.status is Status.PASS for step in found.steps if step.id in sound):
            break
    return found


async def _walked(settings: Settings, path: Path) -> Walk:
    async with live_network(settings) as network:
        return await walk(path, network, network.ground.made)


def plain(found: Walk) -> dict[str, Status]:
    """Status of each step; every one ended with a sentence, and none is a bug of ours."""
    assert [step.id for step in found.steps] == list(STEPS[:-1])
    for step in found.steps:
        assert step.word != "BUG", step.summary
        assert len(step.summary.split()) > 2, step
        assert step.summary.isprintable()
    return {step.id: step.status for step in found.steps}


@contextmanager
def udp_and_tcp(answer: bytes | None) -> Iterator[str]:
    """A resolver's address at which nobody answers (None), or everybody is told `answer`."""
    import threading

    with ExitStack() as sockets:
        udp, _tcp = map(sockets.enter_context, pair())
        udp.settimeout(0.05)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    _, peer = udp.recvfrom(4096)
                except TimeoutError:
                    continue
                if answer is not None:
                    udp.sendto(answer, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{udp.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


def blamed_on_the_resolver(found: Walk) -> None:
    """Of the recipient nothing is known, and nothing is said."""
    for posture in PRESETS.values():
        assert judge(found, posture).outcome is Outcome.UNKNOWN, posture.name
    assert [each.code for each in find(found)] == ["SND004"]


@pytest.mark.parametrize("answer", [None, b"", b"\x1b]52;c;x\x07 this is not DNS", b"\0" * 12, b"\xff" * 600])
def test_a_resolver_that_is_dead_or_talks_nonsense(answer: bytes | None, lab: Lab) -> None:
    with udp_and_tcp(answer) as resolver:
        found = walked(lab.settings, "dane-good.example", resolver=resolver)
    statuses = plain(found)
    assert statuses["mx"] is Status.ERROR
    assert statuses["mta-sts"] is Status.ERROR
    blamed_on_the_resolver(found)


def test_no_resolver_at_all(lab: Lab) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = walked(lab.settings, "dane-good.example", resolver=f"127.0.0.1:{port}")
    assert plain(found)["mx"] is Status.ERROR
    blamed_on_the_resolver(found)


NASTY = """
id = "nasty"
title = "t"
teaches = "t"
hint = "h"
domain = "nasty.example"
[[zone]]
sec = "signed"
rr = ["@ MX 10 mx1"]
[[server]]
host = "mx1"
{server}
{sts}
[expect]
rfc = "deferred"
"""

SERVERS = {
    "refused": 'listen = "refused"',
    "black hole": 'listen = "blackhole"',
    "never greets": 'banner = "silent"',
    "closes at connect": 'banner = "close"',
    "greets with 554": 'banner = "554 5.3.2 go away"',
    "greets too late": "banner_delay = 30.0",
    "refuses EHLO": 'ehlo_reply = "554 5.5.1 no"',
    "hangs in the handshake": 'starttls = "hang"',
    "junk for a handshake": 'starttls = "garbage"',
    "aborts the handshake": 'starttls = "abort"',
    "drops at STARTTLS": 'starttls = "drop"',
    "closes inside TLS": 'after_tls = "close"',
    "refuses EHLO inside TLS": 'after_tls = "421 4.3.2 no"',
}

POLICY_HOSTS = {
    "refused": 'listen = "refused"',
    "black hole": 'listen = "blackhole"',
    "hangs": 'listen = "hang"',
    "stalls in the body": "stall = true",
    "no address": 'listen = "noaddr"',
    "says 500": "status = 500",
    "wrong certificate": 'cert = "web-wrongname"',
    "junk for a policy": 'body = "\\u001b]0;x\\u0007 [/] nonsense"',
}


def one_lab(tmp_path: FilePath, server: str, sts: str = "") -> Lab:
    file = tmp_path / "nasty.toml"
    file.write_text(NASTY.format(server=server, sts=sts), encoding="utf-8")
    return Lab.start((load(file),))


@pytest.mark.parametrize("kind", SERVERS)
def test_a_mail_server_that_is_dead_slow_or_broken(kind: str, tmp_path: FilePath) -> None:
    with one_lab(tmp_path, SERVERS[kind]) as lab:
        found = walked(lab.settings, "nasty.example", "mx", "dnssec")
    statuses = plain(found)
    assert statuses["mx"] is Status.PASS
    assert statuses["dnssec"] is Status.PASS
    assert statuses["starttls"] in (Status.FAIL, Status.ERROR, Status.WEAK)


@pytest.mark.parametrize("kind", POLICY_HOSTS)
def test_a_policy_host_that_is_dead_slow_or_broken(kind: str, tmp_path: FilePath) -> None:
    with one_lab(tmp_path, "", f"[sts]\n{POLICY_HOSTS[kind]}") as lab:
        found = walked(lab.settings, "nasty.example", "mx", "dnssec", "starttls")
    statuses = plain(found)
    assert statuses["mta-sts"] is Status.FAIL
    assert statuses["starttls"] is Status.PASS
    assert found.sts.policy is None
