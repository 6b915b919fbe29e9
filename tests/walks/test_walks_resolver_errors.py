"""A resolver that answers with errors: the zone's, or its own?  Two unrelated names and the root tell."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace
from resolvers import failing

from mailpath.exchanges import Question
from mailpath.facts import Path, Status, Walk
from mailpath.findings import CATALOGUE, Finding, Severity, find
from mailpath.judge import Outcome, judge
from mailpath.judge.presets import PRESETS
from mailpath.lab import Lab
from mailpath.network.capture import Capture, capture_of
from mailpath.network.recording import Recording
from mailpath.network.replay import Replay
from mailpath.report.headline import cause
from mailpath.report.result import build
from mailpath.steps.resolver import ROOT, UNRELATED
from mailpath.walk import live_network, walk

DOMAIN = "dane-good.example"
#: Every preset but those of services, which ask resolvers of their own.
HERE = [posture for posture in PRESETS.values() if posture.agent.resolves_here]


def walked(
    lab: Lab, resolver: str, domain: str = DOMAIN, sender: str | None = "a.example"
) -> tuple[Walk, Capture]:
    async def run() -> tuple[Walk, Capture]:
        path = Path(recipient=domain, sender=sender)
        async with live_network(replace(lab.settings, resolver=resolver)) as network:
            recording = Recording(network)
            found = await walk(path, recording, network.ground.made)
            return found, capture_of(recording, path, found.roots)

    return asyncio.run(run())


def replayed(capture: Capture) -> Walk:
    return asyncio.run(walk(capture.path, Replay(capture), capture.ground.made))


def probes(capture: Capture) -> set[str]:
    asked = [exchange.question for exchange in capture.dns]
    return {
        question.name
        for question in asked
        if question.name.endswith(UNRELATED)
        or (question.name == ROOT and question.rdtype not in ("NS", "DNSKEY"))
    }


def without_probes(capture: Capture) -> Capture:
    """As one that was made before anybody asked them."""
    asked = probes(capture)
    return replace(
        capture, dns=tuple(exchange for exchange in capture.dns if exchange.question.name not in asked)
    )


def statuses(found: Walk) -> dict[str, Status]:
    return {step.id: step.status for step in found.steps}


def codes(found: Walk) -> list[str]:
    return [each.code for each in find(found)]


def only(found: Walk, code: str) -> Finding:
    (each,) = (each for each in find(found) if each.code == code)
    return each


@pytest.mark.parametrize("rcode", ["SERVFAIL", "REFUSED", "NOTIMP", "FORMERR"])
def test_errors_to_everything_are_the_resolvers(rcode: str, lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, rcode) as resolver:
        found, capture = walked(lab, resolver)
    assert set(statuses(found).values()) == {Status.ERROR}
    assert codes(found) == ["SND004"]
    assert only(found, "SND004").message.startswith(f"The resolver answers {rcode} to every query")
    for posture in PRESETS.values():
        verdict = judge(found, posture)
        assert verdict.outcome is Outcome.UNKNOWN, posture.name
        assert f"the resolver answers {rcode} to every query" in verdict.reason
    assert replayed(capture) == found


def test_an_older_capture_without_those_questions_is_told_as_before(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "REFUSED") as resolver:
        _, capture = walked(lab, resolver)
    older = replayed(without_probes(capture))
    assert older.sender.resolver_fails == {}
    assert "MX005" in codes(older)
    assert judge(older, PRESETS["rfc"]).outcome is Outcome.DEFERRED


def test_errors_about_one_zone_are_the_zones(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", name=DOMAIN) as resolver:
        found, capture = walked(lab, resolver, sender=None)
    assert probes(capture)
    assert found.sender.resolver_fails == {}
    assert "MX005" in codes(found)
    assert "SND004" not in codes(found)
    assert judge(found, PRESETS["rfc"]).outcome is Outcome.DEFERRED
    assert replayed(capture) == found


@pytest.mark.parametrize("domain", [DOMAIN, "bogus.example", "no-mx-host.example"])
def test_nobody_asks_where_nothing_failed_that_way(domain: str, lab: Lab) -> None:
    assert lab.settings.resolver is not None
    _, capture = walked(lab, lab.settings.resolver, domain)
    assert probes(capture) == set()


def test_errors_to_every_question_for_tlsa_are_the_resolvers(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", "TLSA") as resolver:
        found, capture = walked(lab, resolver)
    assert found.sender.resolver_fails == {"TLSA": "SERVFAIL"}
    assert statuses(found)["tlsa"] is statuses(found)["dnssec"] is Status.ERROR
    assert statuses(found)["mx"] is Status.PASS
    assert "TLSA005" not in codes(found)
    assert only(found, "SND006").severity is Severity.WARNING
    # A mail server that asks this resolver defers all the same; one that asks another, nobody knows.
    assert judge(found, PRESETS["postfix-dane"]).outcome is Outcome.DEFERRED
    elsewhere = judge(found, PRESETS["exchange-online"])
    assert elsewhere.outcome is Outcome.UNKNOWN
    assert set(elsewhere.possible) >= {Outcome.AUTHENTICATED, Outcome.ENCRYPTED, Outcome.DEFERRED}
    assert replayed(capture) == found


def test_a_root_without_keys_blames_no_zone_below(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", "DNSKEY") as resolver:
        found, _ = walked(lab, resolver)
    assert "another resolver" in only(found, "SEC003").fix
    with failing(lab.settings.resolver, "SERVFAIL", "DNSKEY", name=DOMAIN) as resolver:
        found, _ = walked(lab, resolver)
    assert only(found, "SEC003").fix == ""


def test_an_error_about_one_name_may_be_the_resolvers(lab: Lab) -> None:
    """Every reporter found out by asking another one."""
    for code in ("TLSA005", "MX005", "STS002", "RPT003", "SND002"):
        assert "Ask another resolver, too" in CATALOGUE[code].fix


def test_errors_to_every_question_for_txt_leave_the_policy_unknown(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "NOTIMP", "TXT") as resolver:
        found, _ = walked(lab, resolver, "sts-enforce.example")
    assert statuses(found)["mta-sts"] is Status.ERROR
    assert not {"STS001", "STS002", "RPT001", "RPT003"} & set(codes(found))
    verdict = judge(found, PRESETS["rfc"])
    assert verdict.outcome is Outcome.UNKNOWN
    assert {Outcome.AUTHENTICATED, Outcome.ENCRYPTED} <= set(verdict.possible)
    assert judge(found, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED


def test_errors_to_every_question_for_an_address_blame_no_host(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "REFUSED", "A", "AAAA") as resolver:
        found, _ = walked(lab, resolver, "sts-enforce.example")
    assert statuses(found)["mx"] is statuses(found)["mta-sts"] is Status.ERROR
    assert not {"MX007", "MX013", "STS005", "STS007"} & set(codes(found))
    assert judge(found, PRESETS["postfix-may"]).outcome is Outcome.DEFERRED
    assert judge(found, PRESETS["gmail"]).outcome is Outcome.UNKNOWN


# --- a resolver that answers only where CD is set --------------------------------------------------


def test_what_is_given_with_cd_only_no_mail_server_gets(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", "TLSA", without_cd=True) as resolver:
        found, capture = walked(lab, resolver)
    verdict = judge(found, PRESETS["postfix-dane"])
    assert (verdict.outcome, verdict.status_code) == (Outcome.DEFERRED, "4.7.5")
    assert verdict.reason == "TLSA lookup error for mx1.dane-good.example:25"
    warned = only(found, "SEC009")
    assert warned.severity is Severity.WARNING
    assert "defers" in warned.message
    assert "another resolver" in warned.fix
    assert judge(found, PRESETS["postfix-may"]).outcome is Outcome.ENCRYPTED
    assert judge(found, PRESETS["exchange-online"]).outcome is Outcome.AUTHENTICATED
    assert replayed(capture) == found
    assert probes(capture) == set()


def test_errors_to_everything_without_cd_defer_every_mail_here(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", without_cd=True) as resolver:
        found, _ = walked(lab, resolver)
    for posture in HERE:
        assert judge(found, posture).outcome is Outcome.DEFERRED, posture.name
    assert only(found, "SEC009").message.count("and to 3 more") == 1


def test_a_null_mx_that_no_mail_server_here_gets_is_not_why_the_mail_waits(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", "MX", without_cd=True) as resolver:
        found, _ = walked(lab, resolver, "null-mx.example")
    result = build(found, [PRESETS[name] for name in ("rfc", "exchange-online")], {})
    told = {
        posture.name: cause(result, posture, result.verdicts[posture.name]) for posture in result.postures
    }
    assert "accepts no mail" not in told["rfc"]
    assert "accepts no mail" in told["exchange-online"]  # it asks another resolver


def test_at_another_time_the_resolvers_word_is_not_known(lab: Lab) -> None:
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", without_cd=True) as resolver:
        _, capture = walked(lab, resolver)
    later = asyncio.run(walk(capture.path, Replay(capture), capture.ground.made + 3600))
    assert later.mx.lookup.resolver_rcode is None
    assert judge(later, PRESETS["postfix-dane"]).outcome is Outcome.AUTHENTICATED


def test_the_questions_that_tell(lab: Lab) -> None:
    """Of the type that failed, below the same underscored labels: some resolvers fail just such names."""
    assert lab.settings.resolver is not None
    with failing(lab.settings.resolver, "SERVFAIL", "TLSA") as resolver:
        _, capture = walked(lab, resolver)
    asked = {exchange.question for exchange in capture.dns}
    for name in (".", "_25._tcp.example.com", "_25._tcp.example.org"):
        assert Question(name=name, rdtype="TLSA") in asked
