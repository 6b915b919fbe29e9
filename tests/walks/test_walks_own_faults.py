"""What this machine itself could not do says nothing of the recipient, and leads to no wrong verdict."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpath.exchanges import (
    DnsExchange,
    Failure,
    HttpsExchange,
    HttpsRequest,
    Question,
    Request,
    SmtpExchange,
    SmtpRequest,
    Stage,
)
from mailpath.facts import Found, MxKind, Security, Status, Walk
from mailpath.findings import find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.network.capture import Capture
from mailpath.network.protocol import Network, NetworkContext
from mailpath.network.recording import key_of
from mailpath.network.replay import Replay
from mailpath.steps.registry import result
from mailpath.walk import walk

if TYPE_CHECKING:
    from conftest import Walks

WHY = "This machine itself could not open a connection (Too many open files)."
#: What may be said of a walk in which something was lost here, beside what is said of the whole walk.
OURS = {"SND004", "SND005", "TLS020", "TLSA015"}
#: What is true all the same, and is not told beside what weighs more.
BESIDE = {"RPT001", "STS001", "TLSA001"}


class Losing:
    """A network of which this machine loses every exchange that `lost` names."""

    def __init__(self, inner: Network, lost: Callable[[Request], bool]) -> None:
        self._inner = inner
        self._lost = lost

    @property
    def ground(self) -> NetworkContext:
        return self._inner.ground

    async def ask(self, question: Question) -> DnsExchange:
        if self._lost(question):
            return DnsExchange(question=question, failure=Failure.LOCAL, detail=WHY)
        return await self._inner.ask(question)

    async def fetch(self, request: HttpsRequest) -> HttpsExchange:
        if self._lost(request):
            return HttpsExchange(request=request, failure=Failure.LOCAL, detail=WHY)
        return await self._inner.fetch(request)

    async def converse(self, request: SmtpRequest) -> SmtpExchange:
        if self._lost(request):
            return SmtpExchange(request=request, failure=Failure.LOCAL, failed_at=Stage.CONNECT, detail=WHY)
        return await self._inner.converse(request)


def losing(capture: Capture, lost: Callable[[Request], bool]) -> Walk:
    network = Losing(Replay(capture), lost)
    return asyncio.run(walk(capture.path, network, capture.ground.made))


def asks(*names: str, rdtypes: tuple[str, ...] = ()) -> Callable[[Request], bool]:
    """Questions about one of `names`, of one of `rdtypes` (none: of any)."""

    def lost(request: Request) -> bool:
        return (
            isinstance(request, Question)
            and request.name in names
            and (not rdtypes or request.rdtype in rdtypes)
        )

    return lost


def over_ipv6(request: Request) -> bool:
    return isinstance(request, SmtpRequest) and ":" in request.address


def statuses(found: Walk) -> dict[str, Status]:
    return {step.id: step.status for step in found.steps}


def codes(found: Walk) -> set[str]:
    return {each.code for each in find(found)}


def outcome(found: Walk, posture: str) -> Outcome:
    return judge(found, PRESETS[posture]).outcome


# --- one exchange lost at a time -------------------------------------------------------------------

ENFORCE = "mta-sts.sts-enforce.example"


@pytest.mark.parametrize(
    "lost",
    [
        asks("_mta-sts.sts-enforce.example"),
        asks(ENFORCE),
        asks(ENFORCE, rdtypes=("A",)),
        lambda request: isinstance(request, HttpsRequest),
    ],
    ids=["record", "both addresses", "the one address", "fetch"],
)
def test_a_policy_that_was_lost_here(lost: Callable[[Request], bool], walks: Walks) -> None:
    found = losing(walks.of("sts-enforce").capture, lost)
    assert statuses(found)["mta-sts"] is Status.ERROR
    assert not {code for code in codes(found) if code.startswith("STS")}
    assert codes(found) & {"SND004", "SND005"}
    verdict = judge(found, PRESETS["rfc"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert {Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED} <= set(verdict.possible)
    assert "Too many open files" in verdict.reason
    # A policy that protects the next mail only, and a sender that asks for none.
    assert outcome(found, "gmail") is outcome(found, "postfix-may") is Outcome.ENCRYPTED


def test_a_policy_that_the_sender_holds_stays_in_force(walks: Walks) -> None:
    whole = walks.of("sts-enforce")
    found = losing(whole.capture, lambda request: isinstance(request, HttpsRequest))
    assert whole.walk.sts.policy is not None
    assert judge(found, PRESETS["rfc"], whole.walk.sts.policy).outcome is Outcome.AUTHENTICATED


def test_where_one_case_may_end_anyhow_no_short_list_is_given(walks: Walks) -> None:
    """Under a policy that the first host fails, the second would be tried, of which nothing was learnt."""
    lost = asks("_mta-sts.two-mx-weak.example", "mx2.two-mx-weak.example")
    verdict = judge(losing(walks.of("two-mx-weak").capture, lost), PRESETS["postfix-sts"])
    assert (verdict.outcome, verdict.possible) == (Outcome.UNKNOWN, ())


def test_nor_where_a_choice_that_no_source_tells_may_end_anyhow(walks: Walks) -> None:
    def lost(request: Request) -> bool:
        return isinstance(request, SmtpRequest) and request.sni == "mx1.mx-cname-dane.example"

    verdict = judge(losing(walks.of("mx-cname-dane").capture, lost), PRESETS["gmail"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert len(verdict.possible) != 1


def test_unusable_tlsa_is_among_what_may_be_there(walks: Walks) -> None:
    found = losing(walks.of("dane-unusable").capture, asks("_25._tcp.mx1.dane-unusable.example"))
    verdict = judge(found, PRESETS["exim-require-dane"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert Outcome.ENCRYPTED in verdict.possible


def test_where_dane_decides_no_policy_is_missed(walks: Walks) -> None:
    found = losing(walks.of("full-protection").capture, lambda request: isinstance(request, HttpsRequest))
    assert outcome(found, "rfc") is Outcome.AUTHENTICATED
    assert outcome(found, "postfix-sts") is Outcome.UNKNOWN


def test_an_mx_that_was_lost_here(walks: Walks) -> None:
    found = losing(walks.of("dane-good").capture, asks("dane-good.example", rdtypes=("MX",)))
    assert {statuses(found)[step] for step in ("mx", "dnssec", "tlsa", "starttls")} == {Status.ERROR}
    assert "SND004" in codes(found)
    assert not {"MX005", "SEC001"} & codes(found)
    assert {outcome(found, each) for each in PRESETS} == {Outcome.UNKNOWN}


@pytest.mark.parametrize("rdtypes", [("A",), ("AAAA",), ("A", "AAAA")])
def test_an_address_that_was_lost_here(rdtypes: tuple[str, ...], walks: Walks) -> None:
    found = losing(walks.of("dane-good").capture, asks("mx1.dane-good.example", rdtypes=rdtypes))
    assert statuses(found)["mx"] is Status.ERROR
    assert codes(found) & {"MX013", "MX007"} == set()
    # One without IPv6 misses nothing where the IPv6 addresses alone were lost.
    asking = [each for each in PRESETS if "A" in rdtypes or PRESETS[each].ipv6]
    assert {outcome(found, each) for each in asking} == {Outcome.UNKNOWN}


def test_a_tlsa_that_was_lost_here(walks: Walks) -> None:
    found = losing(walks.of("dane-good").capture, asks("_25._tcp.mx1.dane-good.example"))
    assert statuses(found)["tlsa"] is Status.ERROR
    assert not {"TLSA001", "TLSA005"} & codes(found)
    verdict = judge(found, PRESETS["postfix-dane"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert set(verdict.possible) == {Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED}
    assert outcome(found, "postfix-may") is Outcome.ENCRYPTED


@pytest.mark.parametrize("rdtype", ["DS", "DNSKEY"])
def test_keys_that_were_lost_here(rdtype: str, walks: Walks) -> None:
    found = losing(walks.of("dane-good").capture, asks("dane-good.example", rdtypes=(rdtype,)))
    assert statuses(found)["dnssec"] is Status.ERROR
    assert "SND004" in codes(found)
    assert "SEC003" not in codes(found)
    assert outcome(found, "postfix-dane") is Outcome.UNKNOWN


def test_sessions_that_were_lost_here(walks: Walks) -> None:
    found = losing(walks.of("two-mx-weak").capture, lambda request: isinstance(request, SmtpRequest))
    assert statuses(found)["starttls"] is Status.ERROR
    assert "TLS001" not in codes(found)
    assert outcome(found, "rfc") is Outcome.UNKNOWN
    assert "Too many open files" in judge(found, PRESETS["postfix-may"]).reason


def test_the_first_hosts_sessions_lost_leave_it_open_whether_there_is_a_second_try(walks: Walks) -> None:
    whole = walks.of("two-mx-weak")
    first = whole.walk.mx.hosts[0].addresses
    found = losing(
        whole.capture, lambda request: isinstance(request, SmtpRequest) and request.address in first
    )
    assert outcome(found, "postfix-may") is Outcome.UNKNOWN


def test_a_host_with_ipv6_alone_where_there_is_none_here(walks: Walks) -> None:
    found = losing(walks.of("dual-stack").capture, over_ipv6)
    (host,) = found.mx.hosts
    six = replace(host, v4=None, addresses=tuple(each for each in host.addresses if ":" in each))
    alone = replace(found, mx=replace(found.mx, hosts=(six,)))
    line = result("starttls", alone)
    assert (line.status, line.word) == (Status.ERROR, "LOCAL ERROR")
    for each, posture in PRESETS.items():
        assert outcome(alone, each) is (Outcome.UNKNOWN if posture.ipv6 else Outcome.DEFERRED), each
    assert "TLS001" not in codes(alone)
    assert "TLS020" in codes(alone)


def test_a_sender_without_ipv6_goes_on_to_ipv4(walks: Walks) -> None:
    whole = walks.of("dual-stack")
    found = losing(whole.capture, over_ipv6)
    verdict = judge(found, PRESETS["postfix-may"])
    assert verdict.outcome is Outcome.ENCRYPTED
    assert verdict.address is not None
    assert ":" not in verdict.address


def test_a_bound_of_ours_is_not_the_resolvers_doing(walks: Walks) -> None:
    found = walks.of("dane-good").walk
    why = "no more than 300 questions are asked on one walk."
    lookup = replace(found.mx.lookup, found=Found.FAILED, failure=Failure.NOT_TRIED, detail=why, records=())
    cut = replace(found, mx=replace(found.mx, kind=MxKind.FAILED, lookup=lookup))
    assert "SND004" not in codes(cut)
    verdict = judge(cut, PRESETS["rfc"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert (
        verdict.reason == "cannot be determined from here: no more than 300 questions are asked on one walk"
    )
    # Nor what was lost of the chain of trust.
    zones = tuple(replace(zone, failure=Failure.NOT_TRIED, reason=why) for zone in found.dnssec.zones[:1])
    unclear = replace(found.mx.lookup, security=Security.INDETERMINATE)
    unsure = replace(found, mx=replace(found.mx, lookup=unclear), dnssec=replace(found.dnssec, zones=zones))
    assert not {"SND004", "SEC003"} & codes(unsure)


# --- any of them, in any scenario ------------------------------------------------------------------


@settings(max_examples=12)
@given(data=st.data())
def test_whatever_is_lost_nothing_wrong_is_said(walks: Walks, data: st.DataObject) -> None:
    """A verdict is the whole walk's, or unknown; and no finding blames anybody for what was lost."""
    scenario = data.draw(st.sampled_from([each.id for each in walks.lab.scenarios]))
    whole = walks.of(scenario)
    made = [key_of(each) for each in whole.capture.exchanges]
    usual = [key for key in made if not (isinstance(key, SmtpRequest) and ":" in key.address)]
    gone = set(data.draw(st.lists(st.sampled_from(usual), min_size=1, max_size=4)))
    found = losing(whole.capture, gone.__contains__)
    assert codes(found) <= codes(whole.walk) | OURS | BESIDE
    for posture in PRESETS.values():
        before, now = judge(whole.walk, posture), judge(found, posture)
        assert now.outcome in (Outcome.UNKNOWN, before.outcome), (posture.name, gone)
        truth = {before.outcome, *before.possible} - {Outcome.UNKNOWN}
        assert not now.possible or truth <= set(now.possible), (posture.name, gone)
        assert len(now.possible) != 1, (posture.name, gone)
