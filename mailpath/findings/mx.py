"""Findings on the MX records and their hosts (step 1)."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.assess.faults import our_fault
from mailpath.assess.tlsa import secure_set, tlsa_bases, tlsa_of
from mailpath.facts import Lookup, MxFacts, MxHost, MxKind, Security, Walk
from mailpath.facts.findings import Finding, Severity
from mailpath.findings.bogus import remedy
from mailpath.findings.catalogue import finding
from mailpath.findings.words import ASK_ANOTHER, Remedy, alias_lines, dotted, in_place, tlsa_line, why
from mailpath.match import sts
from mailpath.steps.mx import unlearnt
from mailpath.visible import visible


def find(walk: Walk) -> Iterator[Finding]:
    domain = visible(walk.path.recipient)
    if not our_fault(walk, walk.mx.lookup):
        yield from _domain(walk, domain)
    if walk.mx.kind is MxKind.NONE or walk.mx.lookup.proofless:
        return
    for host in walk.mx.hosts:
        yield from _host(walk, host, domain)
    yield from _equal(walk.mx)


def _domain(walk: Walk, domain: str) -> Iterator[Finding]:
    mx, lookup = walk.mx, walk.mx.lookup
    owner = dotted(lookup.canonical)
    if mx.kind is MxKind.FAILED:
        yield _failed(walk, lookup, domain)
    elif mx.kind is MxKind.NULL:
        message = f"{domain} accepts no mail: every sender bounces the message."
        yield finding("MX001", domain, message, found=f"{owner} MX 0 .")
    elif mx.kind is MxKind.NONE and lookup.rcode == "NXDOMAIN":
        gone = visible(lookup.canonical)
        yield finding("MX004", domain, f"{gone} does not exist.", found=alias_lines(lookup), got="NXDOMAIN")
    elif mx.kind is MxKind.NONE:
        yield finding("MX003", domain, f"{domain} has neither an MX record nor an address.", got="NODATA")
    elif mx.kind is MxKind.IMPLICIT:
        yield finding(
            "MX002",
            domain,
            f"{domain} has no MX record, so mail goes to the domain's own address.",
            found=f"{owner} has no MX",
            fix=f"Publish this record; HOST stands for a host name that has an address.{in_place(lookup)}",
            records=[f"{owner} MX 10 HOST."],
        )
    if mx.null_beside:
        shown = [f"{owner} MX {visible(record)}" for record in lookup.records[:8]]
        yield finding(
            "MX006",
            domain,
            f"A null MX record stands beside {len(mx.hosts)} real ones.",
            found=shown,
            fix="If the domain accepts mail, delete this record.",
            records=[f"{owner} MX 0 ."],
        )
    if lookup.links:
        target = visible(lookup.canonical)
        yield finding(
            "MX015",
            domain,
            f"{domain} is an alias of {target}.",
            found=alias_lines(lookup)[:1],
        )


def _failed(walk: Walk, lookup: Lookup, domain: str) -> Finding:
    if lookup.security is not Security.BOGUS:
        fix = ASK_ANOTHER if lookup.proofless else ""
        return finding("MX005", domain, f"The MX lookup failed: {why(lookup)}.", got=why(lookup), fix=fix)
    return finding(
        "MX005",
        domain,
        f"The MX answer is bogus: {why(lookup)}.",
        found="; ".join(visible(record) for record in lookup.records[:4]),
        got=why(lookup),
        fix=remedy(lookup, walk.dnssec.zones, walk.at, ahead=walk.ahead),
    )


def _host(walk: Walk, host: MxHost, domain: str) -> Iterator[Finding]:
    name = visible(host.name)
    owner = dotted(walk.mx.lookup.canonical)
    line = f"{owner} MX {host.preference} {dotted(host.name)}"
    if host.form == "ip-literal":
        yield finding("MX010", name, f"The MX record names the address {name}, not a host.", found=[line])
    elif host.form == "invalid":
        yield finding("MX011", name, f"The MX record names {name}, which is not a host name.", found=[line])
    if host.also_at:
        others = ", ".join(str(preference) for preference in host.also_at)
        yield finding(
            "MX012",
            name,
            f"{name} is listed at preference {host.preference} and again at {others}.",
            found=[line],
            fix="Delete this record." if len(host.also_at) == 1 else "Delete these records.",
            records=[f"{owner} MX {n} {dotted(host.name)}" for n in host.also_at],
        )
    yield from _addresses(walk, host, line)
    if host.special:
        yield _special(walk, host)


def _special(walk: Walk, host: MxHost) -> Finding:
    shown = ", ".join(f"{address} ({visible(kind)})" for address, kind in sorted(host.special.items()))
    held = [session for session in walk.starttls.sessions if session.address in host.special]
    untried = bool(held) and all(session.not_tried for session in held)
    name = visible(host.name)
    return finding(
        "MX009",
        name,
        f"{name} has a special-use address{', and no connection was made' if untried else ''}: {shown}.",
        severity=Severity.ERROR if len(host.special) == len(host.addresses) else Severity.WARNING,
        found=shown,
    )


def _addresses(walk: Walk, host: MxHost, line: str) -> Iterator[Finding]:
    mx, name = walk.mx, visible(host.name)
    lookups = host.lookups
    alias = next((lookup for lookup in lookups if lookup.links), None)
    if alias is not None and mx.kind is not MxKind.IMPLICIT:
        target = visible(alias.canonical)
        yield finding(
            "MX008",
            name,
            f"The MX host {name} is an alias of {target}.",
            found=[f"{dotted(host.name)} {alias.links[0].rdtype} {dotted(alias.links[0].target)}"],
            **_name_target(walk, host, alias),
        )
    broken = [lookup for lookup in lookups if lookup.broken and not our_fault(walk, lookup)]
    if broken and all(lookup.proofless for lookup in broken):
        return  # SEC003 or SEC008 says so, and of the host nothing is known
    if broken:
        kinds = " and ".join(lookup.rdtype for lookup in broken)
        usable = any(lookup.usable for lookup in lookups)
        fails = "lookups for {} failed" if len(broken) > 1 else "lookup for {} failed"
        yield finding(
            "MX013",
            name,
            f"The {kinds} {fails.format(name)}: {why(broken[0])}.",
            severity=Severity.WARNING if usable else Severity.ERROR,
            found=[line],
            got=why(broken[0]),
            fix=remedy(broken[0], walk.dnssec.zones, walk.at, ahead=walk.ahead)
            if broken[0].security is Security.BOGUS
            else "",
        )
    elif lookups and not host.addresses and not unlearnt(walk, host):
        others = any(other.addresses for other in mx.hosts)
        missing = "does not exist" if lookups[-1].rcode == "NXDOMAIN" else "has no address"
        yield finding(
            "MX007",
            name,
            f"The MX host {name} {missing}.",
            severity=Severity.WARNING if others else Severity.ERROR,
            found=[line],
            got=f"{name}: {lookups[-1].rcode or 'no address'}",
            fix=f"Publish an A or AAAA record for {dotted(lookups[-1].canonical)}, or delete the MX record"
            f" below.{in_place(lookups[-1])}",
            records=[line],
        )


def _name_target(walk: Walk, host: MxHost, alias: Lookup) -> Remedy:
    """The remedy for an alias that takes nothing away which works: DANE at the alias, or the policy."""
    if not host.addresses:
        return {"fix": "Make the MX record name a host that has addresses of its own."}
    target, policy = alias.canonical, walk.sts.policy
    record = f"{dotted(walk.mx.lookup.canonical)} MX {host.preference} {dotted(target)}"
    change = "replace the MX record with this one."
    if policy is not None and sts.lists(policy, host.name) and not sts.lists(policy, target):
        change = f"add the line 'mx: {visible(target)}' to the policy, then {change}"
    sets = tlsa_of(walk, host.name)
    found = secure_set(sets)
    if found is None or found.base != host.name:
        return {"fix": f"{change[:1].upper()}{change[1:]}", "records": [record]}
    keep = f"Give {dotted(host.name)} addresses of its own in place of the CNAME: that keeps its TLSA."
    if target not in tlsa_bases(host)[0]:
        why_not = (
            f"An MX record that names {visible(target)} would end DANE, because that name is not signed."
        )
        return {"fix": f"{keep} {why_not}"}
    there = next((each.lookup.canonical for each in sets.candidates if each.base == target), "")
    at = there or found.lookup.name.removesuffix(host.name) + target
    copies = [tlsa_line(at, each) for each in found.records[:6] if not each.unusable]
    return {
        "fix": f"{keep} Or publish these TLSA records too, and when they can be seen, {change}",
        "records": [*copies, record],
    }


def _equal(mx: MxFacts) -> Iterator[Finding]:
    groups: dict[int, list[str]] = {}
    for host in mx.hosts:
        groups.setdefault(host.preference, []).append(visible(host.name))
    for preference, names in sorted(groups.items()):
        if len(names) > 1:
            shown = ", ".join(names[:8])
            yield finding(
                "MX014",
                f"preference {preference}",
                f"Senders choose at random among {shown}.",
                found=f"preference {preference}: {shown}",
            )
