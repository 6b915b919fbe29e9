"""Fifty mail hosts of the lab: how much a walk does about them, and that what matters comes first."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path as FilePath

import pytest

from mailpath.assess.faults import bounds_reached
from mailpath.exchanges import DnsExchange, Failure
from mailpath.facts import Found, Path, Security, Walk
from mailpath.findings import Severity, find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS, posture
from mailpath.lab import Lab, load
from mailpath.network import bounded
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.walk import live_network, walk


def scenario(names: int, addresses: int, label: str, file: FilePath) -> FilePath:
    """`names` MX hosts, each with TLSA, each at all of `addresses` addresses."""
    hosts = [label.format(n=n) for n in range(1, names + 1)]
    lines = [f"@ MX {n} {host}" for n, host in enumerate(hosts, start=1)]
    lines += [f"{host} A 192.0.2.{11 + n}" for host in hosts for n in range(addresses)]
    lines += [f"_25._tcp.{host} {{tlsa 3 1 1 s0}}" for host in hosts]
    rr = ", ".join(f'"{line}"' for line in lines)
    head = 'id = "large"\ntitle = "t"\nteaches = "t"\nhint = "h"\n'
    servers = "".join(f'[[server]]\nhost = "s{n}"\n' for n in range(addresses))
    zone = f'[[zone]]\nsec = "signed"\nrr = [{rr}]\n'
    file.write_text(f'{head}{zone}{servers}[expect]\nrfc = "authenticated"\n', encoding="utf-8")
    return file


async def recorded(lab: Lab, domain: str) -> tuple[Walk, Walk, Capture]:
    """The walk, its replay, and the recording of it."""
    path = Path(recipient=domain)
    async with live_network(lab.settings) as network:
        recording = Recording(network)
        found = await walk(path, recording, network.ground.made)
        capture = capture_of(recording, path, found.roots)
    return found, await walk(path, Replay(capture), network.ground.made), capture


def walked(names: int, addresses: int, label: str, folder: FilePath) -> tuple[Walk, Capture, Lab]:
    """The walk, which its replay repeats, with its capture and the lab that saw it."""
    with Lab.start((load(scenario(names, addresses, label, folder / "large.toml")),)) as lab:
        assert {lab.address(f"s{n}.large.example") for n in range(addresses)} == {
            f"192.0.2.{11 + n}" for n in range(addresses)
        }
        found, again, capture = asyncio.run(recorded(lab, "large.example"))
    assert found == again
    return found, capture, lab


def asked(capture: Capture) -> list[DnsExchange]:
    return [exchange for exchange in capture.dns if exchange.failure is not Failure.NOT_TRIED]


def secure(found: Walk) -> list[bool]:
    """Of each host, whether its TLSA is known and proven."""
    return [
        any(
            each.lookup.found is Found.FOUND and each.lookup.security is Security.SECURE
            for each in host.candidates
        )
        for host in found.tlsa.hosts
    ]


def test_twenty_signed_hosts_with_tlsa_are_looked_at_whole(tmp_path: FilePath) -> None:
    found, capture, lab = walked(20, 2, "mx{n}", tmp_path)
    assert len(asked(capture)) == len(capture.dns) < 200
    assert bounds_reached(found) == ()
    assert secure(found) == [True] * 20
    assert Counter(seen.address for seen in lab.seen) == {"192.0.2.11": 3, "192.0.2.12": 3}
    assert judge(found, posture("rfc")).outcome is Outcome.AUTHENTICATED


def test_of_fifty_hosts_the_first_twenty_are_looked_at_whole(tmp_path: FilePath) -> None:
    found, capture, lab = walked(50, 4, "mx{n}", tmp_path)
    assert len(asked(capture)) <= 300
    assert bounds_reached(found) == ("a walk sends no more than 300 DNS queries",)
    assert secure(found)[:20] == [True] * 20
    seen = Counter(each.address for each in lab.seen)
    assert (sum(seen.values()), max(seen.values())) == (12, 3)
    assert judge(found, posture("rfc")).outcome is Outcome.AUTHENTICATED


def test_names_that_are_many_and_long_end_in_questions_not_asked(tmp_path: FilePath) -> None:
    found, capture, _ = walked(50, 1, "mx{n}." + ".".join(f"l{n}-{{n}}" for n in range(17)), tmp_path)
    assert len(asked(capture)) <= 300
    assert bounds_reached(found)
    assert judge(found, posture("rfc")).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("most", [5, 10, 15, 20])
def test_questions_that_were_not_asked_hold_no_mail_back(
    most: int, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever they run out, no sender is said to wait on that account, and no finding is an error."""
    monkeypatch.setattr(bounded, "MOST_QUESTIONS", most)
    found, again, _ = asyncio.run(recorded(lab, "full-protection.example"))
    assert found == again
    assert bounds_reached(found) == (f"a walk sends no more than {most} DNS queries",)
    held = {Outcome.DEFERRED, Outcome.BOUNCED}
    assert [name for name, each in PRESETS.items() if judge(found, each).outcome in held] == []
    assert [each.code for each in find(found) if each.severity is Severity.ERROR] == []
