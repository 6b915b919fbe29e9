"""Whole walks where proofs of absence are missing: whose fault it is, and what is not said of the zone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import dns.flags
import dns.message
import dns.rcode
import msgspec
import pytest
from dns.rdatatype import RdataType

from mailpath.attacks.network import AttackedNetwork
from mailpath.attacks.record import Victim
from mailpath.dnssec.proofs import PROBE
from mailpath.exchanges import DnsExchange, Failure, Question
from mailpath.facts import Found, Path, Security, Status, Walk
from mailpath.findings import find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.walk import live_network, walk

if TYPE_CHECKING:
    from conftest import Walks

    from mailpath.lab import Lab

_PROOFS = (RdataType.NSEC, RdataType.NSEC3)


class Stripping(Replay):
    """A replay through a resolver that drops NSEC and NSEC3, the second time too.

    `probe`: what it does when asked for a name that cannot exist.
    """

    probe: Failure | None = None

    async def ask(self, question: Question) -> DnsExchange:
        if question.name == PROBE:
            return self._probed(question)
        exchange = await super().ask(msgspec.structs.replace(question, again=False))
        if exchange.response is None:
            return msgspec.structs.replace(exchange, question=question)
        message = dns.message.from_wire(exchange.response)
        message.authority = [
            each for each in message.authority if each.rdtype not in _PROOFS and each.covers not in _PROOFS
        ]
        return msgspec.structs.replace(exchange, question=question, response=message.to_wire(max_size=65535))

    def _probed(self, question: Question) -> DnsExchange:
        if self.probe is not None:
            return DnsExchange(question=question, failure=self.probe, detail="as the test wants it")
        message = dns.message.make_query(question.name, question.rdtype, want_dnssec=True)
        message.flags |= dns.flags.QR
        message.set_rcode(dns.rcode.NXDOMAIN)
        return DnsExchange(question=question, response=message.to_wire(), transport="udp")


def stripped(walks: Walks, scenario: str, probe: Failure | None = None) -> Walk:
    walked = walks.of(scenario)
    network = Stripping(walked.capture)
    network.probe = probe
    return asyncio.run(walk(walked.walk.path, network, walked.walk.at))


def codes(walked: Walk) -> set[str]:
    return {each.code for each in find(walked)}


def line(walked: Walk, step: str) -> tuple[Status, str]:
    return next((each.status, each.word) for each in walked.steps if each.id == step)


@pytest.mark.parametrize("scenario", ["dane-good", "signed-no-tlsa", "nsec3", "full-protection", "plaintext"])
def test_a_resolver_that_strips_proofs_is_to_blame_and_no_zone_is(scenario: str, walks: Walks) -> None:
    walked = stripped(walks, scenario)
    assert not walked.dnssec.resolver_passes
    assert "does not pass DNSSEC data" in walked.dnssec.resolver_note
    blamed = {"SEC002", "SEC003", "TLSA005", "RPT003", "STS002", "SND002", "MX005", "MX013"}
    assert codes(walked) & ({"SEC008"} | blamed) == {"SEC008"}
    assert line(walked, "dnssec") == (Status.ERROR, "UNKNOWN")


def test_with_records_in_hand_the_verdict_stands(walks: Walks) -> None:
    """The signed records came, and nothing that was stripped was needed."""
    walked = stripped(walks, "dane-good")
    assert judge(walked, PRESETS["postfix-dane"]).outcome is Outcome.AUTHENTICATED
    assert judge(walked, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED


def test_where_the_denial_matters_it_is_unknown_or_deferred(walks: Walks) -> None:
    walked = stripped(walks, "signed-no-tlsa")
    verdict = judge(walked, PRESETS["postfix-dane"])
    assert (verdict.outcome, verdict.possible) == (Outcome.UNKNOWN, (Outcome.ENCRYPTED, Outcome.DEFERRED))
    assert line(walked, "tlsa") == (Status.ERROR, "UNKNOWN")
    walked = stripped(walks, "signed-no-tlsa", Failure.TIMEOUT)
    assert walked.dnssec.resolver_passes
    assert judge(walked, PRESETS["postfix-dane"]).outcome is Outcome.DEFERRED
    assert judge(walked, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED
    assert line(walked, "tlsa") == (Status.ERROR, "UNKNOWN")
    found = [each for each in find(walked) if each.code == "SEC003"]
    assert found
    assert any("--resolver" in each.fix for each in found)
    assert any("TLSA" in each.message for each in found)
    assert not codes(walked) & {"SEC002", "SEC008", "TLSA005", "RPT003", "STS002", "MX013"}


def test_an_mx_that_was_denied_is_not_an_implicit_one(walks: Walks) -> None:
    walked = stripped(walks, "signed-no-tlsa", Failure.TIMEOUT)
    path = Path(recipient=f"nope.{walked.path.recipient}")
    captured = walks.of("signed-no-tlsa").capture

    class Denying(Stripping):
        async def ask(self, question: Question) -> DnsExchange:
            if not question.name.endswith(path.recipient):
                return await super().ask(question)
            message = dns.message.make_query(question.name, question.rdtype, want_dnssec=True)
            message.flags |= dns.flags.QR
            message.set_rcode(dns.rcode.NXDOMAIN)
            return DnsExchange(question=question, response=message.to_wire(), transport="udp")

    network = Denying(captured)
    network.probe = Failure.TIMEOUT
    found = asyncio.run(walk(path, network, walked.at))
    assert (found.mx.lookup.found, found.mx.lookup.security) == (Found.ABSENT, Security.INDETERMINATE)
    assert line(found, "mx") == (Status.ERROR, "NO ANSWER")
    assert "MX005" in codes(found)
    assert not codes(found) & {"MX002", "MX003", "MX004"}
    assert judge(found, PRESETS["postfix-may"]).outcome is Outcome.DEFERRED


@pytest.mark.parametrize("scenario", ["dane-good", "nsec3"])
def test_a_forged_denial_of_tlsa_stays_bogus(scenario: str, lab: Lab, walks: Walks) -> None:
    """Over the live resolver, which is asked again and passes the proof of what does not exist."""
    true = walks.of(scenario).walk

    async def attacked() -> tuple[Walk, set[Question]]:
        async with live_network(lab.settings, kind="lab") as network:
            victim = Victim(
                recipient=true.path.recipient, hosts={host.name: host.addresses for host in true.mx.hosts}
            )
            recording = Recording(AttackedNetwork(network, "deny-tlsa", true.at, victim))
            found = await walk(true.path, recording, true.at)
            return found, {each.question for each in recording.exchanges if isinstance(each, DnsExchange)}

    found, asked = asyncio.run(attacked())
    lookup = found.tlsa.hosts[0].candidates[0].lookup
    assert (lookup.found, lookup.security) == (Found.ABSENT, Security.BOGUS)
    assert Question(name=lookup.name, rdtype="TLSA", again=True) in asked
    assert any(question.name == PROBE for question in asked)
    assert found.dnssec.resolver_passes
    assert judge(found, PRESETS["postfix-dane"]).outcome is Outcome.DEFERRED
