"""What other real mail servers did in every scenario of the lab, and what their presets foresee."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

import pytest
from interop_mta_internet import Grounds
from interop_mta_model import against_judge, table
from interop_sender_chasquid import Chasquid
from interop_sender_dma import Dma
from interop_sender_haraka import Haraka
from interop_sender_opensmtpd import OpenSMTPD
from interop_sender_sendmail import Sendmail
from interop_senders import Sender, deliver, foreseen, seen

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.network.capture import Capture
from mailpath.whatif import Rewalks

SENDERS: Mapping[str, Callable[[Grounds], Sender]] = {
    "OpenSMTPD": OpenSMTPD,
    "Sendmail": Sendmail,
    "dma": Dma,
    "chasquid": Chasquid,
    "Haraka": Haraka,
}


@pytest.fixture(scope="module")
def paths(captures: Mapping[str, Capture]) -> Mapping[str, Walk]:
    """By scenario."""

    async def walked() -> dict[str, Walk]:
        return {each: await Rewalks(held).untampered() for each, held in captures.items()}

    return asyncio.run(walked())


@pytest.mark.parametrize("name", SENDERS)
def test_the_judge_foresees_what_the_server_did(
    name: str, paths: Mapping[str, Walk], grounds: Grounds, figures: list[str]
) -> None:
    began = time.monotonic()
    sender = SENDERS[name](grounds)
    recipients = {
        (scenario.id, level): f"{level}@{scenario.domain}"
        for scenario in scenarios()
        for level in sender.levels
        if scenario.id not in sender.spared
    }
    tried = deliver(sender, list(recipients.values()), grounds.space)
    took = time.monotonic() - began
    taken = grounds.taken()
    tells = any(each.authenticated for each in tried.values())
    observed, expected = {}, {}
    for (scenario, level), recipient in recipients.items():
        observed[scenario, level] = seen(tried[recipient], taken.get(recipient))
        expected[scenario, level] = foreseen(judge(paths[scenario], PRESETS[level]), tells)
    wrong = against_judge(observed, expected)
    for level in sender.levels:
        all_of_it = sum(each == level for _, each in observed)
        agreed = all_of_it - sum(each.posture == level for each in wrong)
        figures.append(f"{level}: {agreed} of {all_of_it} scenarios agree")
    figures.append(f"{name}: {took:.0f} seconds")
    assert not wrong, f"\n{table(wrong)}\n{sender.said()}"
