"""Where a sender goes and what it demands there, as lists: hosts in order, names that will do."""

from __future__ import annotations

import pytest
from judge_builders import DOMAIN, SECURE, WEB, absent, lookup, mx, path, plain, tls
from msgspec.structs import replace

from mailpath.facts import MxKind, StsPolicy
from mailpath.judge.destination import Target, destination
from mailpath.judge.habits import Reference
from mailpath.judge.policy import _references
from mailpath.judge.presets import PRESETS
from mailpath.judge.sts import Applied, might_apply


def order(walk, posture):
    targets = destination(walk.mx, PRESETS[posture]).targets
    return [target.host.name.removesuffix(f".{DOMAIN}") for target in targets]


@pytest.mark.parametrize(
    ("hosts", "postfix", "rfc"),
    [
        ([mx("mx1", plain), mx("mx2", plain, at=20)], ["mx1", "mx2"], ["mx1", "mx2"]),
        ([mx("mx1", plain, also_at=(30,)), mx("mx2", plain, at=20)], ["mx1", "mx2", "mx1"], ["mx1", "mx2"]),
        ([mx("mxb", plain, also_at=(20,)), mx("mxa", plain, at=20)], ["mxb", "mxa", "mxb"], ["mxb", "mxa"]),
        ([mx("m+x", plain, also_at=(30,)), mx("mx2", plain, at=20)], ["mx2"], ["mx2"]),
        (
            [mx("mx2", plain), mx("192.0.2.9", form="ip-literal", at=5)],
            ["192.0.2.9", "mx2"],
            ["192.0.2.9", "mx2"],
        ),
    ],
)
def test_hosts_that_are_listed_twice_are_tried_twice_where_a_sender_keeps_duplicates(hosts, postfix, rfc):
    walk = path(*hosts)
    assert (order(walk, "postfix-may"), order(walk, "rfc")) == (postfix, rfc)


def test_names_that_a_certificate_may_have():
    """RFC 7672 section 3.2.2, RFC 8461 section 4.1, and Postfix's smtp_tls_verify_cert_match."""
    walk = path(mx("mx1", tls(WEB), alias="real.b.example"))
    (host,) = walk.mx.hosts
    target = Target(host=host, lookup=host.v4)
    expanded = replace(walk, mx=replace(walk.mx, lookup=lookup(DOMAIN, "MX", canonical="c.example")))
    no_mx = replace(absent(DOMAIN, "MX", SECURE), canonical="c.example")
    implicit = replace(walk, mx=replace(walk.mx, kind=MxKind.IMPLICIT, lookup=no_mx))
    for reference, there, without in (
        (Reference.MX, "mx1.b.example", "mx1.b.example"),
        (Reference.CANONICAL, "real.b.example", "real.b.example"),
        (Reference.NEXTHOP, "b.example", "b.example"),
        (Reference.DOT_NEXTHOP, ".b.example", ".b.example"),
        (Reference.NEXTHOP_EXPANDED, "c.example", "b.example"),
        (Reference.MX_OWNER, "b.example", ""),
        (Reference.MX_OWNER_EXPANDED, "c.example", ""),
        (Reference.BASE, "base.example", "base.example"),
    ):
        assert _references((reference,), expanded, target, "base.example") == (there,)
        assert _references((reference,), implicit, target, "base.example") == ((without,) if without else ())
    several = (Reference.NEXTHOP, Reference.MX, Reference.MX_OWNER, Reference.BASE)
    assert _references(several, expanded, target) == ("b.example", "mx1.b.example")  # each once
    assert _references((Reference.CANONICAL,), walk, Target(host=host)) == ("mx1.b.example",)


def test_a_policy_that_nobody_saw_may_list_every_host_or_none_or_not_be_there():
    walk = path(mx("mx1", plain), mx("192.0.2.9", form="ip-literal", at=20), mx("mx2", plain, at=30))
    held = StsPolicy(mode="enforce", mx=("*.b.example",), max_age=86400)
    unseen = Applied(policy=held, newest=held, state="cached")
    found = list(might_apply(walk, unseen))
    assert [each.policy and each.policy.mx for each in found] == [
        None,
        ("mx1.b.example", "mx2.b.example"),
        ("mail.invalid",),
    ]
    assert all(each.policy == each.newest and each.state == "cached" for each in found)
    assert [each.policy is None for each in might_apply(walk, Applied())] == [False, False]
