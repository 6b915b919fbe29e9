"""What other real mail servers did in every scenario of the lab, and what their presets foresee."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import interop_sender_opensmtpd as opensmtpd
import interop_sender_sendmail as sendmail
import pytest
from interop_mta_internet import Grounds
from interop_mta_model import Taken, against_judge, table
from interop_own_posture import differences_of, sessions_of
from interop_sender_chasquid import Chasquid
from interop_sender_dma import Dma
from interop_sender_haraka import Haraka
from interop_senders import Sender, Tried, deliver, foreseen, seen

from mailpath.facts import Walk
from mailpath.judge import judge
from mailpath.judge.custom import custom_posture
from mailpath.judge.presets import PRESETS
from mailpath.lab import scenarios
from mailpath.servers.learning.telling import learned

SENDERS: Mapping[str, Callable[[Grounds], Sender]] = {
    "OpenSMTPD": opensmtpd.OpenSMTPD,
    "Sendmail": sendmail.Sendmail,
    "dma": Dma,
    "chasquid": Chasquid,
    "Haraka": Haraka,
}
#: Of those whose log `learn` reads; MAILPATH_IMPORTS=all in the environment takes every level.
SAMPLE = (("OpenSMTPD", "opensmtpd-6.8"), ("Sendmail", "sendmail"), ("Sendmail", "sendmail-encr"))
EVERY = (
    *(("OpenSMTPD", level) for level in opensmtpd.LEVELS),
    *(("Sendmail", level) for level in sendmail.LEVELS),
)
LEARNED = EVERY if os.environ.get("MAILPATH_IMPORTS") == "all" else SAMPLE


@dataclass(frozen=True)
class Delivered:
    """`recipients`: by (scenario, level); `seconds`: for all messages."""

    sender: Sender
    recipients: Mapping[tuple[str, str], str]
    tried: Mapping[str, Tried]
    taken: Mapping[str, Taken]
    seconds: float


@pytest.fixture(scope="module")
def delivered(paths: dict[str, Walk], grounds: Grounds) -> Callable[[str], Delivered]:
    """What a server did, which does it once.  The walks have started the resolver and the policy daemon."""

    @functools.cache
    def by(name: str) -> Delivered:
        began = time.monotonic()
        sender = SENDERS[name](grounds)
        recipients = {
            (scenario.id, level): f"{level}@{scenario.domain}"
            for scenario in scenarios()
            for level in sender.levels
            if scenario.id not in sender.spared
        }
        tried = deliver(sender, list(recipients.values()), grounds.space)
        return Delivered(sender, recipients, tried, grounds.taken(), time.monotonic() - began)

    return by


@pytest.mark.parametrize("name", SENDERS)
def test_the_judge_foresees_what_the_server_did(
    name: str, paths: dict[str, Walk], delivered: Callable[[str], Delivered], figures: list[str]
) -> None:
    found = delivered(name)
    observed, expected = {}, {}
    for (scenario, level), recipient in found.recipients.items():
        observed[scenario, level] = seen(found.tried[recipient], found.taken.get(recipient))
        expected[scenario, level] = foreseen(judge(paths[scenario], PRESETS[level]))
    wrong = against_judge(observed, expected)
    for level in found.sender.levels:
        all_of_it = sum(each == level for _, each in observed)
        agreed = all_of_it - sum(each.posture == level for each in wrong)
        figures.append(f"{level}: {agreed} of {all_of_it} scenarios agree")
    figures.append(f"{name}: {found.seconds:.0f} seconds")
    assert not wrong, f"\n{table(wrong)}"


@pytest.mark.parametrize(("name", "level"), LEARNED)
def test_what_is_learned_of_the_server_is_its_preset(
    name: str,
    level: str,
    paths: dict[str, Walk],
    delivered: Callable[[str], Delivered],
    grounds: Grounds,
    tmp_path: Path,
    figures: list[str],
) -> None:
    found = delivered(name)
    sessions, log = sessions_of(level, grounds, tmp_path), tmp_path / "mail.log"
    log.write_text("\n".join(line for line in found.sender.lines() if f"{level}@" in line) + "\n")
    tables = learned(str(sessions), str(log), "learned").tables()
    ours = custom_posture("learned", tables["learned"])
    sent = {scenario: paths[scenario] for scenario, at in found.recipients if at == level}
    differences = differences_of(ours, PRESETS[level], sent)
    agreed = len(sent) - len(differences)
    figures.append(f"Learned of {level}: as its preset in {agreed} of {len(sent)} scenarios")
    assert not differences, f"{tables}\n" + "\n".join(differences)
