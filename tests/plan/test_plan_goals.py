"""Each goal where it takes something, where it is reached, and where it is not the user's to reach."""

from __future__ import annotations

import pytest

from mailpath.plan import Asked, Goal, Plan, Result, Step
from mailpath.plan.goals.stopped import Stopped

#: Goal, scenario: what is planned must be proven.
PLANNED = [
    ("dane", "plaintext"),
    ("dane", "half-signed"),
    ("mta-sts", "cert-expired"),
    ("new-mx", "sts-enforce"),
    ("leave-dane", "dane-good"),
    ("leave-mta-sts", "sts-enforce"),
    ("repair", "dane-stale"),
    ("repair", "bogus-ds"),
    ("repair", "sts-mx-not-listed"),
]

#: A zone that is not signed, with a record that fits nothing: signing it would be a trap.
_HALF_SIGNED = """
[[zone]]
rr = ["@ MX 10 mx1", "_25._tcp.mx1 {tlsa 3 1 1 mx1/none}"]

[[server]]
host = "mx1"
cert = "self"
"""


@pytest.fixture
def plan(planned):
    def made(goal: str, scenario: str) -> Plan:
        asked = Asked(to="mx9.sts-enforce.example") if goal == "new-mx" else Asked()
        return planned(goal, _HALF_SIGNED if scenario == "half-signed" else scenario, asked).plan

    return made


def titles(plan: Plan, phase: str = "") -> list[str]:
    return [step.title for step in plan.steps if step.phase == phase]


@pytest.mark.parametrize(("goal", "scenario"), PLANNED)
def test_what_is_planned_is_proven(plan, goal: str, scenario: str) -> None:
    made = plan(goal, scenario)
    assert made.result is Result.PLAN, made.reason
    assert made.proof is not None
    assert made.proof.worse == ()
    assert made.proof.left_out == 0
    assert all(step.undo and step.do for step in made.steps)
    assert all(bool(step.wait_s) == bool(step.wait_because) for step in made.steps)
    assert bool(made.cost) == made.goal.leaves
    assert bool(made.proof.attacks) != (made.goal.leaves or goal == "repair")
    assert made.to_dict()["schema"] == 1


def test_dane_begins_with_tls_and_signatures(plan) -> None:
    made = plan("dane", "plaintext")
    assert [step.who for step in made.steps] == [
        "mail host mx1.plaintext.example",
        "dns plaintext.example",
        "dns plaintext.example",
        "registrar of plaintext.example",
    ]
    assert "<SHA-256 of the key of mx1.plaintext.example>" in made.steps[2].do[0].records[0]
    hasty = next(each for each in made.unsafe if "unsigned answers cached" in each.state)
    assert "postfix-may" in hasty.postures, "bogus is bogus at every level"
    assert hasty.for_s == 3600


def test_records_stand_before_the_ds_record_does(plan) -> None:
    made = plan("dane", "half-signed")
    assert titles(made) == ["Sign mine.example", "Publish TLSA records", "Publish the DS record"]
    assert "Withdraw any others" in made.steps[1].do[0].what, (
        "nobody asks for them in a zone that is not signed"
    )


def test_a_policy_is_enforced_when_certificates_hold(plan) -> None:
    made = plan("mta-sts", "cert-expired")
    assert titles(made)[0] == "Show a certificate from a public CA"
    files = [do.file.text for step in made.steps for do in step.do if do.file]
    assert ["mode: testing" in files[0], "mode: enforce" in files[1]] == [True, True]
    ids = {record for step in made.steps for do in step.do for record in do.records if "STSv1" in record}
    assert len(ids) == 2, "each policy has an id of its own"
    assert made.steps[2].wait_s == 2 * 86400
    rash = made.unsafe[0]
    assert (rash.order, rash.outcome) == ("everything at once", "deferred")
    assert "old certificate served" in rash.state
    assert "postfix-sts" in rash.postures


@pytest.mark.parametrize("scenario", ["sts-bad-cert", "sts-testing", "sts-mx-not-listed"])
def test_reports_are_watched_once_the_certificates_hold(steps, scenario: str) -> None:
    made = steps("mta-sts", scenario)
    last = made[-3]
    assert ("mail host" in last.who) is (scenario != "sts-mx-not-listed")
    assert [step.n for step in made if step.wait_s >= 2 * 86400] == [last.n]
    assert last.wait_because.startswith("Until"), last.wait_because


def test_a_zone_that_is_signed_again_waits_for_failures_alone(steps) -> None:
    (signed,) = steps("repair", "bogus")
    assert signed.wait_s == 300
    assert "forgotten that it failed" in signed.wait_because
    assert steps("repair", "bogus-ds")[0].wait_s == 3600, "the DS record that fits no key"
    assert steps("repair", "dane-lookup-fails")[0].wait_s == 300


def test_records_that_name_a_ca_are_replaced_around_a_public_certificate(steps) -> None:
    assert [step.title for step in steps("mta-sts", "dane-ta")][:3] == [
        "Publish a record of the key",
        "Show a certificate from a public CA",
        "Withdraw the records of the old certificate",
    ]


def test_a_new_host_waits_until_nobody_holds_the_policy_without_it(plan) -> None:
    made = plan("new-mx", "sts-enforce")
    listed = next(step for step in made.steps if step.title == "List the new host in the policy: the record")
    assert listed.wait_s == 7 * 86400
    assert "max_age" in listed.wait_because
    hasty = next(each for each in made.unsafe if each.order.endswith("without the wait before it"))
    assert hasty.state == "new MX record cached, old policy held"
    assert hasty.for_s == 7 * 86400


def test_a_null_mx_goes_when_a_host_comes(planned) -> None:
    made = planned("new-mx", "null-mx", Asked(to="mx9.null-mx.example")).plan
    publish, withdraw = made.steps[-1].do
    assert [each.split()[-1] for each in (*publish.records, *withdraw.records)] == [
        "mx9.null-mx.example.",
        ".",
    ]
    assert "mailpath check" in made.steps[-1].check, "mail arrives"
    assert not any("old hosts" in text for text in (*made.notes, *made.steps[-1].undo))


def test_leaving_tells_what_it_costs(plan) -> None:
    dane, sts = plan("leave-dane", "dane-good"), plan("leave-mta-sts", "sts-enforce")
    assert dane.cost["postfix-dane"] == "authenticated>encrypted"
    assert "postfix-may" not in dane.cost
    assert dane.unsafe[0].state == "new key served, old TLSA record cached"
    assert sts.cost["postfix-sts"] == "authenticated>encrypted"
    assert "mode: none" in sts.steps[0].do[0].file.text
    assert sts.steps[1].wait_s == 7 * 86400
    assert sts.unsafe[0].state.endswith("old policy held")


def test_the_quickest_way_out_comes_first(plan) -> None:
    stale = plan("repair", "dane-stale")
    assert titles(stale, "quick") == ["Publish the record of the key that is shown"]
    assert titles(stale, "right") == ["Withdraw the records that fit nothing"]
    assert plan("repair", "bogus-ds").steps[0].who == "registrar of bogus-ds.example"
    assert "mx: mx1.sts-mx-not-listed.example" in plan("repair", "sts-mx-not-listed").steps[0].do[0].file.text


@pytest.mark.parametrize(
    ("goal", "scenario", "result", "by"),
    [
        ("dane", "dane-rollover", "already", ()),
        ("mta-sts", "full-protection", "already", ()),
        ("repair", "pkix-good", "already", ()),
        ("leave-dane", "pkix-good", "already", ()),
        ("leave-mta-sts", "pkix-good", "already", ()),
        ("dane", "provider-mx", "blocked", ("mx.provider-host.example",)),
        ("key-change", "provider-mx", "blocked", ("mx.provider-host.example",)),
        ("leave-dane", "half-dane", "blocked", ("mx1.half-dane-host.example",)),
        ("dane", "bogus", "blocked", ("bogus.example",)),
        ("repair", "null-mx", "blocked", ("null-mx.example",)),
        ("key-change", "greeting-refused", "unknown", ("mx1.greeting-refused.example",)),
    ],
)
def test_no_steps(plan, goal: str, scenario: str, result: str, by: tuple[str, ...]) -> None:
    made = plan(goal, scenario)
    assert (made.result, tuple(each.by for each in made.blocked)) == (result, by)
    assert made.reason.endswith(".")
    assert made.steps == ()
    assert all(each.why.endswith(".") for each in made.blocked)


#: Domains that are odd in some way.
ODD = "null-mx no-mx-host implicit-mx mx-cname-dane dual-stack idn hostile-text half-dane"


@pytest.mark.parametrize("scenario", ODD.split())
def test_no_goal_breaks_on_an_odd_domain(steps, scenario: str) -> None:
    def drafted(goal: Goal) -> Stopped | tuple[Step, ...]:
        try:
            made: tuple[Step, ...] = steps(goal.value, scenario, Asked(to="mx9.elsewhere.example"))
        except Stopped as stopped:
            return stopped
        return made

    for goal in Goal:
        made = drafted(goal)
        if isinstance(made, Stopped):
            assert made.reason.endswith(".")
            assert (made.result is Result.ALREADY) != bool(made.blocked), "who is to be asked"
        else:
            assert [step.n for step in made] == list(range(1, len(made) + 1))
            assert made
