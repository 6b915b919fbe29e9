"""A key change: old record, both, wait, the new key, and then the old record goes."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from mailpath.lab.ca import Authority
from mailpath.lab.grammar import Certificate
from mailpath.match import dane
from mailpath.plan import Asked, Plan, Planned, Result
from mailpath.plan.next_key import read_certificate, read_key
from mailpath.plan.world import different

DANE = {"rfc", "postfix-dane", "exim"}


def proven(plan: Plan) -> None:
    assert plan.result is Result.PLAN, plan.reason
    assert plan.proof is not None
    assert plan.proof.worse == ()
    assert plan.proof.left_out == 0
    assert plan.proof.postures >= 31


def outline(plan: Plan) -> list[str]:
    return [f"{step.who.split()[0]} {step.do[0].kind} {step.wait_s}" for step in plan.steps]


def test_the_records_come_first_and_the_key_waits_for_caches(planned) -> None:
    plan = planned("key-change", "dane-good").plan
    proven(plan)
    assert outline(plan) == ["dns publish 3600", "mail switch 0", "dns withdraw 0"]
    publish, _, withdraw = plan.steps
    owner = "_25._tcp.mx1.dane-good.example."
    assert publish.do[0].records == (f"{owner} 3600 IN TLSA 3 1 1 <SHA-256 of the next key>",)
    assert publish.do[0].nsupdate[0] == "zone dane-good.example."
    assert publish.do[0].nsupdate[-1] == "send"
    assert "TTL 3600 s" in publish.wait_because
    assert len(withdraw.do[0].records) == 1
    naive = next(each for each in plan.unsafe if each.for_s)
    assert naive.state == "new key served, old TLSA record cached"
    assert naive.outcome == "deferred"
    assert set(naive.postures) >= DANE
    assert naive.for_s == 3600
    assert "postfix-may" not in naive.postures
    killed = planned("key-change", "dane-good").killed
    assert tuple(each.unsafe for each in killed) == plan.unsafe


def _hosts(number: int) -> str:
    numbers = range(1, number + 1)
    records = [f'"@ MX {n}0 mx{n}", "_25._tcp.mx{n} 600 {{tlsa 3 1 1 mx{n}}}",' for n in numbers]
    servers = [f'[[server]]\nhost = "mx{n}"\ncert = "self"' for n in numbers]
    return "\n".join(['[[zone]]\nsec = "signed"\nrr = [', *records, "]", *servers])


def test_one_mx_of_three_changes_alone(planned) -> None:
    alone = planned("key-change", _hosts(3), Asked(hosts=("mx2.mine.example",)))
    proven(alone.plan)
    assert outline(alone.plan) == ["dns publish 600", "mail switch 0", "dns withdraw 0"]
    touched = {part.name for part in different(alone.worlds[0], alone.worlds[-1])}
    assert touched == {"mx2.mine.example", "_25._tcp.mx2.mine.example"}


def test_every_host_changes_its_own_key(steps) -> None:
    made = steps("key-change", _hosts(3))
    assert [step.who.split()[0] for step in made] == ["dns", "mail", "mail", "mail", "dns"]
    assert "of mx2.mine.example>" in made[0].do[0].records[1], "each host has a key of its own"


_DUAL = """
[[zone]]
sec = "signed"
rr = ["@ MX 10 mx1", "_25._tcp.mx1 {tlsa 3 1 1 mx1}", "_25._tcp.mx1 {tlsa 3 1 1 mx1/second}"]

[[server]]
host = "mx1"
cert = "self"
second = { preset = "self", algorithm = "rsa-2048", key = "rsa" }
"""


def test_the_record_of_a_certificate_that_was_not_shown_stays(steps) -> None:
    withdrawn = steps("key-change", _DUAL)[-1].do[0]
    assert (withdrawn.kind, len(withdrawn.records)) == ("withdraw", 1), "that of the key that was shown"


def test_the_rsa_key_of_two_changes(planned, steps) -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()
    key = read_key(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    ecdsa = steps("key-change", _DUAL)[-1].do[0].records
    made: Planned = planned("key-change", _DUAL, Asked(key=key))
    proven(made.plan)
    assert made.worlds[0].has_second, "senders that are shown the one, and senders that are shown the other"
    digest = key.data(dane.DANE_EE, dane.SPKI, dane.SHA2_256)
    assert made.plan.steps[0].do[0].records[0].endswith(digest)
    withdrawn = made.plan.steps[-1].do[0].records
    assert len(withdrawn) == 1
    assert withdrawn != ecdsa
    naive = made.plan.unsafe[0]
    assert set(naive.postures) >= DANE, "though whoever is shown the ECDSA certificate notices nothing"


def test_a_trust_anchor_of_ones_own_changes(planned) -> None:
    plan = planned("key-change", "dane-ta").plan
    proven(plan)
    assert plan.steps[0].do[0].records[0].endswith("IN TLSA 2 1 1 <SHA-256 of the next CA's key>")
    assert set(plan.unsafe[0].postures) >= DANE


def test_an_enforced_policy_beside_it_goes_on_holding(planned) -> None:
    plan = planned("key-change", "full-protection").plan
    proven(plan)
    assert outline(plan) == ["dns publish 3600", "mail switch 0", "dns withdraw 0"]
    assert any("policy is enforced" in note for note in plan.notes)
    assert "postfix-sts" not in plan.unsafe[0].postures


def test_a_certificate_that_the_policy_does_not_allow_is_the_wall(planned, capture) -> None:
    authority = Authority(capture("full-protection").ground.made)
    own = authority.issue("mx1.full-protection.example", Certificate(preset="self"), "x").leaf
    key = read_certificate(own.public_bytes(Encoding.PEM))
    plan = planned("key-change", "full-protection", Asked(key=key)).plan
    assert plan.result is Result.BLOCKED
    assert plan.steps == ()
    assert "deferred by" in plan.blocked[0].why
    assert "postfix-sts" in plan.blocked[0].why
    assert "exim," not in plan.blocked[0].why, "who goes by DANE alone"
