"""Aliases are seen: no remedy publishes a record beside a CNAME, and none takes away DANE that works."""

from __future__ import annotations

import re
from collections.abc import Callable

import any_walks
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from mailpath.assess.lookups import lookups
from mailpath.assess.tlsa import secure_set, tlsa_of
from mailpath.facts import AliasLink, Lookup, Walk
from mailpath.findings import Finding, find
from mailpath.findings.catalogue import CATALOGUE
from mailpath.judge import judge
from mailpath.judge.presets import posture
from mailpath.report.panels import explain

FoundIn = Callable[[str], dict[str, Finding]]


@pytest.mark.parametrize(
    ("name", "code", "owner", "target"),
    [
        ("tlsa-to-nowhere", "TLSA001", "_25._tcp.mx1", "doesnotexist"),
        ("reports-elsewhere", "RPT002", "_smtp._tls", "tlsrpt"),
        ("reports-nowhere", "RPT001", "_smtp._tls", "gone"),
        ("policy-nowhere", "STS001", "_mta-sts", "gone"),
        ("policy-broken-elsewhere", "STS003", "_mta-sts", "other"),
    ],
)
def test_a_record_is_published_where_the_alias_leads_or_in_its_place(
    name: str, code: str, owner: str, target: str, found_in: FoundIn
) -> None:
    found = found_in(name)[code]
    alias = f"{owner}.{name}.example. CNAME {target}.{name}.example."
    assert found.found_lines[0] == alias
    assert found.found_lines[1].startswith(f"{target}.{name}.example. ")
    assert found.records[0].startswith(f"{target}.{name}.example. T")
    in_place = (
        f"Or delete the CNAME record of {owner}.{name}.example. and give that name a record of its own."
    )
    assert found.fix.endswith(in_place)


def test_a_stale_record_behind_an_alias_is_replaced_there(found_in: FoundIn) -> None:
    found = found_in("tlsa-to-stale")["TLSA002"]
    assert found.records[0].startswith("_dane.tlsa-to-stale.example. TLSA 3 1 1")


def test_a_policy_does_not_come_with_an_alias_of_its_record(found_in: FoundIn) -> None:
    found = found_in("policy-elsewhere")["STS005"]
    assert "the policy does not come with it" in explain(found).means
    alias = "_mta-sts.policy-elsewhere.example. CNAME other.policy-elsewhere.example."
    assert (found.found_lines[0], found.records) == (alias, (alias,))
    assert found.fix == (
        "Publish an A or AAAA record for mta-sts.policy-elsewhere.example. and serve the policy there,"
        " or delete the CNAME record below."
    )


def test_a_host_that_is_an_alias_to_nowhere(found_in: FoundIn) -> None:
    found = found_in("host-nowhere")
    assert found["MX007"].fix == (
        "Publish an A or AAAA record for gone.host-nowhere.example., or delete the MX record below. Or"
        " delete the CNAME record of mx3.host-nowhere.example. and give that name a record of its own."
    )
    assert found["MX008"].fix == "Make the MX record name a host that has addresses of its own."


def test_naming_the_target_does_not_end_dane(found_in: FoundIn, reported: Callable[[str], Walk]) -> None:
    signed, unsigned = found_in("alias-to-signed"), found_in("alias-to-unsigned")
    assert (
        "Or publish these TLSA records too, and when they can be seen, replace the MX" in signed["MX008"].fix
    )
    target = "mx.alias-to-signed-provider.example."
    assert signed["MX008"].records[0].startswith(f"_25._tcp.{target} TLSA 3 1 1 ")
    assert signed["MX008"].records[1] == f"alias-to-signed.example. MX 10 {target}"
    assert unsigned["MX008"].records == ()
    assert "would end DANE" in unsigned["MX008"].fix
    assert "SEC004" not in signed
    assert explain(unsigned["SEC004"]).means != CATALOGUE["SEC004"].meaning  # they do look
    outcomes = {
        name: judge(reported("alias-to-unsigned"), posture(name)).outcome.value
        for name in ("rfc", "postfix-dane", "exim")
    }
    assert outcomes == {"rfc": "authenticated", "postfix-dane": "authenticated", "exim": "encrypted"}


# --- whatever the walk -----------------------------------------------------------------------------


@st.composite
def led_astray(draw: st.DrawFn) -> Walk:
    """Any walk, of which records of the panels 3 and 4 stand behind aliases."""
    walk = draw(any_walks.walks())
    targets: dict[str, str | None] = {}

    def led(lookup: Lookup | None) -> Lookup | None:
        if lookup is None or lookup.links:
            return lookup
        if lookup.name not in targets:  # two hosts may share a target, and DNS says the same of it each time
            ways = [None, "gone.b.example", "shared.provider.example"]
            targets[lookup.name] = draw(st.sampled_from(ways))
        target = targets[lookup.name]
        if target is None:
            return lookup
        rcode = draw(st.sampled_from(["NOERROR", "NXDOMAIN"]))
        link = AliasLink(owner=lookup.name, target=target, security=lookup.security)
        return replace(lookup, links=(link,), canonical=target, rcode=rcode)

    hosts = tuple(
        replace(host, candidates=tuple(replace(each, lookup=led(each.lookup)) for each in host.candidates))
        for host in walk.tlsa.hosts
    )
    reports = Lookup(name="_smtp._tls.b.example", rdtype="TXT", found=walk.sts.txt.found, canonical="x")
    reports = replace(walk.sts.txt, name=reports.name, canonical=reports.name)
    facts = replace(walk.sts, txt=led(walk.sts.txt), tlsrpt=led(reports))
    return replace(walk, tlsa=replace(walk.tlsa, hosts=hosts), sts=facts)


#: Where a remedy's sentence says to publish an address.
_ADDRESS = re.compile(r"record for (\S+)\.(?:[ ,.]|\Z)")


def _published(found: Finding) -> set[str]:
    """The names at which a remedy publishes a record, and that it makes an MX record point to."""
    owners = set(_ADDRESS.findall(found.fix))
    for fields in (record.split() for record in found.records):
        if fields[1] != "CNAME":  # else it is to be deleted
            owners.add(fields[0].removesuffix("."))
        if found.code == "MX008" and fields[1] == "MX":
            owners.add(fields[3].removesuffix("."))
    return owners


@given(led_astray())
def test_no_remedy_publishes_beside_an_alias(walk: Walk) -> None:
    names = [host.name for host in walk.mx.hosts]
    assume(len(set(names)) == len(names))  # else one name is an alias and none
    aliases = {link.owner for each in lookups(walk) for link in each.links}
    for found in find(walk):
        assert not _published(found) & aliases, found
        if found.code == "MX008":
            chosen = secure_set(tlsa_of(walk, found.subject))
            keeps = chosen is None or chosen.base != found.subject
            assert keeps or not found.fix.startswith("Replace the MX record"), found
