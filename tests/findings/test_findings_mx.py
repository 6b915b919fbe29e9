"""What is found on the sender, the MX records and their hosts."""

from __future__ import annotations

import handmade as made
import pytest
from msgspec.structs import replace

from mailpath.exchanges import Failure
from mailpath.facts import (
    AliasLink,
    Found,
    Lookup,
    MxKind,
    PolicyFetch,
    Security,
    SenderFacts,
    StarttlsFacts,
    Status,
    StsFacts,
    TlsaFacts,
    Walk,
)
from mailpath.findings import CATALOGUE, Severity, find, step_of
from mailpath.steps.sender import line as sender_line


def codes(walk: Walk, step: str) -> list[str]:
    return [each.code for each in find(walk) if step_of(each.code) == step]


def only(walk: Walk, code: str):
    found = [each for each in find(walk) if each.code == code]
    assert len(found) == 1, [each.code for each in find(walk)]
    return found[0]


def test_nothing_is_wrong_with_a_good_path() -> None:
    assert [each.code for each in find(made.walk())] == ["RPT001", "STS001"]
    assert all(each.severity is Severity.INFO for each in find(made.walk()))


def test_null_mx() -> None:
    lookup = made.lookup(made.DOMAIN, "MX", "0 .")
    walk = made.walk(mx=replace(made.mx(), kind=MxKind.NULL, lookup=lookup, hosts=()))
    found = only(walk, "MX001")
    assert found.severity is Severity.ERROR
    assert found.found == "b.example. MX 0 ."
    # A domain that takes no mail needs neither policy nor reports.
    assert codes(walk, "mta-sts") == []


def test_a_null_mx_beside_real_ones() -> None:
    assert codes(made.walk(mx=made.mx(null_beside=True)), "mx") == ["MX006"]


def test_implicit_mx() -> None:
    mx = replace(
        made.mx(made.mx_host(made.DOMAIN)), kind=MxKind.IMPLICIT, lookup=made.lookup(made.DOMAIN, "MX")
    )
    assert codes(made.walk(mx=mx), "mx") == ["MX002"]


@pytest.mark.parametrize(("rcode", "code"), [("NXDOMAIN", "MX004"), ("NOERROR", "MX003")])
def test_nowhere_to_send_to(rcode: str, code: str) -> None:
    mx = made.mx(kind=MxKind.NONE, lookup=made.lookup(made.DOMAIN, "MX", rcode=rcode))
    assert codes(made.walk(mx=mx), "mx") == [code]


def test_a_failed_look_up_is_no_absence() -> None:
    failed = made.lookup(
        made.DOMAIN,
        "MX",
        found=Found.FAILED,
        rcode="SERVFAIL",
        reason="the resolver answered SERVFAIL",
        security=Security.INDETERMINATE,
    )
    walk = made.walk(mx=replace(made.mx(), kind=MxKind.FAILED, lookup=failed, hosts=()))
    assert codes(walk, "mx") == ["MX005"]
    assert "SERVFAIL" in only(walk, "MX005").message
    assert codes(walk, "dnssec") == []


def test_a_bogus_mx_points_at_the_signature() -> None:
    bogus = made.lookup(made.DOMAIN, "MX", "10 mx1.", security=Security.BOGUS, reason="the key is not known")
    found = only(made.walk(mx=replace(made.mx(), kind=MxKind.FAILED, lookup=bogus)), "MX005")
    assert found.message == "The MX answer is bogus: the key is not known."
    assert found.fix.startswith("Sign the zone b.example again")


def test_no_connection_is_claimed_only_where_none_was_made() -> None:
    host = made.mx_host(special={made.ADDRESS: "documentation"})
    tried = only(made.walk(mx=made.mx(host)), "MX009")
    assert tried.message == f"mx1.b.example has a special-use address: {made.ADDRESS} (documentation)."
    untried = StarttlsFacts(sessions=(made.session(not_tried="special-use address"),))
    left_out = only(made.walk(mx=made.mx(host), starttls=untried), "MX009")
    assert "no connection was made" in left_out.message
    assert "connection" not in CATALOGUE["MX009"].meaning


def test_a_dangling_host_is_an_error_only_where_it_is_the_only_one() -> None:
    gone = made.mx_host(
        "gone.b.example", v4=made.lookup("gone.b.example", "A", rcode="NXDOMAIN"), addresses=()
    )
    alone = only(made.walk(mx=made.mx(gone)), "MX007")
    beside = only(made.walk(mx=made.mx(made.mx_host(), replace(gone, preference=20))), "MX007")
    assert alone.severity is Severity.ERROR
    assert beside.severity is Severity.WARNING
    assert "does not exist" in alone.message


def test_an_address_that_could_not_be_learnt() -> None:
    broken = made.lookup(made.HOST, "AAAA", found=Found.FAILED, reason="no answer in time")
    found = only(made.walk(mx=made.mx(made.mx_host(v6=broken))), "MX013")
    assert found.severity is Severity.WARNING
    assert found.message == "The AAAA lookup for mx1.b.example failed: no answer in time."


def test_alias_duplicate_special_address_and_equal_preference() -> None:
    link = AliasLink(owner=made.HOST, target="real.b.example", security=Security.SECURE)
    alias = made.lookup(made.HOST, "A", made.ADDRESS, canonical="real.b.example", links=(link,))
    host = made.mx_host(v4=alias, also_at=(20,), special={made.ADDRESS: "documentation"})
    walk = made.walk(mx=made.mx(host, made.mx_host("mx2.b.example", "192.0.2.11")))
    assert codes(walk, "mx") == ["MX009", "MX008", "MX012", "MX014"]
    assert only(walk, "MX008").fix.startswith("Give mx1.b.example. addresses of its own")  # TLSA is there
    bare = replace(walk, tlsa=TlsaFacts())
    assert only(bare, "MX008").records == ("b.example. MX 10 real.b.example.",)
    assert only(walk, "MX012").records == ("b.example. MX 20 mx1.b.example.",)


def test_the_recipient_domain_is_an_alias() -> None:
    link = AliasLink(owner=made.DOMAIN, target="real.example", security=Security.SECURE)
    answer = made.lookup(made.DOMAIN, "MX", "10 mx1.b.example.", canonical="real.example", links=(link,))
    assert codes(made.walk(mx=made.mx(lookup=answer)), "mx") == ["MX015"]


def test_what_names_no_host() -> None:
    literal = made.mx_host("192.0.2.77", "192.0.2.77", form="ip-literal", v4=None, v6=None)
    invalid = made.mx_host("mx 1.b.example", form="invalid", v4=None, v6=None, addresses=(), preference=20)
    assert codes(made.walk(mx=made.mx(literal, invalid)), "mx") == ["MX010", "MX011"]


def test_the_sending_side() -> None:
    spf = made.lookup("a.example", "TXT", '"v=spf1 -all"', '"v=spf1 mx -all"', '"other"')
    sender = SenderFacts(domain="a.example", mx=made.lookup("a.example", "MX", "10 mx."), spf=spf)
    assert codes(made.walk(sender=sender), "sender") == ["SND003"]
    broken = replace(sender, mx=made.lookup("a.example", "MX", found=Found.FAILED, reason="no answer"))
    assert codes(made.walk(sender=broken), "sender") == ["SND002", "SND003"]
    assert broken.mx is not None
    refused = replace(broken.mx, failure=Failure.REFUSED, detail="The connection was refused.")
    assert codes(made.walk(sender=replace(sender, mx=refused)), "sender") == ["SND003", "SND004"]
    cut = replace(broken.mx, failure=Failure.NOT_TRIED, detail="the walk's deadline of 120 s passed")
    assert codes(made.walk(sender=replace(sender, mx=cut)), "sender") == ["SND003", "SND008"]
    blocked = replace(sender, spf=None, port25=Found.BLOCKED, port25_reason="Port 25 seems closed from here.")
    assert codes(made.walk(sender=blocked), "sender") == ["SND001"]


def test_a_sender_domain_that_is_not_there() -> None:
    gone = made.lookup("a.example", "MX", rcode="NXDOMAIN")
    status, word, _ = sender_line(made.walk(sender=SenderFacts(domain="a.example", mx=gone)))
    assert (status, word) == (Status.WEAK, "NO DOMAIN")
    bare = replace(gone, rcode="NOERROR")
    assert sender_line(made.walk(sender=SenderFacts(domain="a.example", mx=bare)))[1] == "NOT STATED"


def refused(name: str, rdtype: str, rcode: str = "SERVFAIL") -> Lookup:
    return made.lookup(name, rdtype, found=Found.FAILED, rcode=rcode, reason=f"answered {rcode}")


def test_a_resolver_that_fails_one_type() -> None:
    mx, txt = made.lookup("a.example", "MX", "10 mx."), refused("a.example", "TXT")
    sender = SenderFacts(domain="a.example", mx=mx, spf=txt, resolver_fails={"TXT": "SERVFAIL"})
    found = only(made.walk(sender=sender), "SND006")
    assert found.message == "The resolver answers SERVFAIL to every TXT query, whatever the name."
    assert codes(made.walk(sender=sender), "sender") == ["SND006"]
    assert codes(made.walk(sender=replace(sender, resolver_fails={})), "sender") == ["SND002"]


def test_a_policy_host_that_cannot_be_reached_from_here() -> None:
    fetch = PolicyFetch(
        url="https://mta-sts.b.example/.well-known/mta-sts.txt",
        host="mta-sts.b.example",
        address=made.ADDRESS,
        failure=Failure.LOCAL,
        detail="This machine has no route to 192.0.2.10 (Network is unreachable).",
    )
    record = made.lookup("_mta-sts.b.example", "TXT", '"v=STSv1; id=1;"')
    sts = StsFacts(found=Found.FAILED, txt=record, texts=(b"v=STSv1; id=1;",), policy_id="1", fetch=fetch)
    walk = made.walk(sts=sts)
    assert "no route to 192.0.2.10" in only(walk, "SND005").message
    assert not {each.code for each in find(walk)} & {"STS005", "STS007"}


def test_findings_are_sorted_and_each_is_there_once() -> None:
    walk = made.walk(mx=made.mx(made.mx_host(also_at=(20, 30)), null_beside=True))
    found = find(walk)
    order = ("sender", "mx", "dnssec", "mta-sts", "tlsa", "starttls")
    gravest = (Severity.ERROR, Severity.WARNING, Severity.INFO)
    keys = [
        (order.index(step_of(each.code)), gravest.index(each.severity), each.code, each.subject)
        for each in found
    ]
    assert keys == sorted(keys)
    assert len(set(found)) == len(found)
