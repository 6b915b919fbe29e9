"""Step 1: the MX RRset in preference order, and every host's addresses (RFC 5321 section 5.1, RFC 7505)."""

from __future__ import annotations

from dns.rdtypes.ANY.MX import MX
from msgspec.structs import replace

from mailpath.assess.faults import our_fault
from mailpath.facts import Found, Lookup, MxFacts, MxHost, MxKind, Security, Status, Walk
from mailpath.match import hosts as host_names
from mailpath.steps.records import addresses, parsed
from mailpath.steps.step import Line, Step
from mailpath.steps.tools import Tools, in_turn, not_looked_up, together
from mailpath.visible import visible
from mailpath.wording.phrases import clause, count, sentence

#: No real domain has more; a hostile one may.
MOST_HOSTS = 50
#: Addresses of one host and family: as many as there can be sessions with all of them together.
MOST_ADDRESSES = 20


async def look(tools: Tools, _: Walk) -> MxFacts:
    """Ask for the MX RRset, then for all hosts' AAAA and A at once."""
    domain = tools.path.recipient
    lookup = await tools.look_up(domain, "MX", claim=True)
    if lookup.found is Found.FAILED:
        return MxFacts(kind=MxKind.FAILED, lookup=lookup)
    if lookup.found is Found.ABSENT:
        return await _implicit(tools, lookup)
    listed, null = _exchanges(lookup)
    if null and not listed:
        kind = MxKind.FAILED if lookup.broken else MxKind.NULL
        return MxFacts(kind=kind, lookup=lookup)
    hosts = await in_turn(lambda entry: _host(tools, *entry), listed[:MOST_HOSTS])
    kind = MxKind.FAILED if lookup.broken else MxKind.HOSTS
    left_out = max(0, len(listed) - MOST_HOSTS)
    return MxFacts(kind=kind, lookup=lookup, hosts=hosts, null_beside=null, left_out=left_out)


def _exchanges(lookup: Lookup) -> tuple[list[tuple[str, tuple[int, ...]]], bool]:
    """(host, its preferences ascending) in the order they are tried, and whether a null MX is among them."""
    preferences: dict[str, list[int]] = {}
    null = False
    for rdata in parsed(lookup, MX):
        name = rdata.exchange.to_text(omit_final_dot=True).lower()
        if name in (".", "@", ""):
            null = True
            continue
        preferences.setdefault(name, []).append(rdata.preference)
    ordered = [(name, tuple(sorted(set(values)))) for name, values in preferences.items()]
    ordered.sort(key=lambda entry: (entry[1][0], entry[0]))
    return ordered, null


async def _implicit(tools: Tools, lookup: Lookup) -> MxFacts:
    """No MX RRset: the domain is its own mail host, if it has an address (RFC 5321 section 5.1)."""
    if lookup.broken and not lookup.proofless:
        return MxFacts(kind=MxKind.FAILED, lookup=lookup)
    if lookup.rcode == "NXDOMAIN":
        return MxFacts(kind=MxKind.FAILED if lookup.proofless else MxKind.NONE, lookup=lookup)
    host = await _host(tools, tools.path.recipient, (0,))
    if lookup.proofless:
        # A resolver that does not validate passes the denial on: then this is the mail host.
        return MxFacts(kind=MxKind.FAILED, lookup=lookup, hosts=(host,))
    if not host.addresses and not any(found.broken for found in host.lookups):
        return MxFacts(kind=MxKind.NONE, lookup=lookup, hosts=(host,))
    return MxFacts(kind=MxKind.IMPLICIT, lookup=lookup, hosts=(host,))


async def _host(tools: Tools, name: str, preferences: tuple[int, ...]) -> MxHost:
    host = MxHost(name=name, preference=preferences[0], also_at=preferences[1:])
    if host_names.is_address(name):
        return _with_addresses(tools, replace(host, form="ip-literal"), [name])
    if not host_names.is_host_name(name, host_names.HostNames.RFC):
        host = replace(host, form="invalid")
    if not host_names.is_anybodys(name):
        return host
    v6, v4 = await together(tools.look_up(name, "AAAA", claim=True), tools.look_up(name, "A", claim=True))
    host = replace(host, v6=v6, v4=v4)
    found = (addresses(v6), addresses(v4))
    looked_at = [address for family in found for address in family[:MOST_ADDRESSES]]
    return _with_addresses(tools, host, looked_at, sum(map(len, found)) - len(looked_at))


def _with_addresses(tools: Tools, host: MxHost, found: list[str], left_out: int = 0) -> MxHost:
    port = tools.network.ground.smtp_port
    special = {address: kind for address in found if (kind := tools.special(address, port))}
    return replace(host, addresses=tuple(found), left_out=left_out, special=special)


# --- the panel's line ------------------------------------------------------------------------------


def line(walk: Walk) -> Line:
    """The panel's line: pure."""
    status, word, summary = _line(walk, walk.mx, walk.path.recipient)
    left_out = ((walk.mx.left_out, "host"), (sum(host.left_out for host in walk.mx.hosts), "address"))
    cut = [f"{count(number, f'more {thing}')} not tried." for number, thing in left_out if number]
    return status, word, " ".join((sentence(summary, walk.path.recipient), *cut))


def _line(walk: Walk, mx: MxFacts, domain: str) -> tuple[Status, str, str]:
    lookup = mx.lookup
    if mx.kind is MxKind.FAILED:
        if lookup.security is Security.BOGUS:
            return (
                Status.FAIL,
                "BOGUS",
                f"The MX answer for {domain} is bogus: {visible(clause(lookup.reason))}.",
            )
        ours = our_fault(walk, lookup)
        if ours:
            return Status.ERROR, "UNKNOWN", f"It is unknown where mail for {domain} goes: {visible(ours)}"
        why = visible(lookup.detail or lookup.reason or lookup.rcode or "no answer")
        return Status.ERROR, "NO ANSWER", f"The MX lookup for {domain} failed: {why}"
    if mx.kind is MxKind.NULL:
        return Status.FAIL, "NULL MX", f"{domain} accepts no mail (null MX, RFC 7505)."
    if mx.kind is MxKind.NONE:
        if lookup.rcode == "NXDOMAIN":
            return Status.FAIL, "NO DOMAIN", f"{domain} does not exist."
        return Status.FAIL, "NO HOST", f"{domain} has neither an MX record nor an address."
    return _hosts_line(walk, mx, domain)


def _hosts_line(walk: Walk, mx: MxFacts, domain: str) -> tuple[Status, str, str]:
    for host in mx.hosts:
        why = unlearnt(walk, host)
        if why:
            summary = f"Not every address of {visible(host.name)} is known: {visible(why)}"
            return Status.ERROR, "UNKNOWN", summary
    named = [host for host in mx.hosts if host.form != "invalid"]
    reachable = [host for host in named if host.addresses and not broken_addresses(host)]
    names = _in_order(mx.hosts)
    if not reachable:
        if any(broken_addresses(host) for host in mx.hosts):
            return Status.ERROR, "NO ADDRESS", f"The address lookups for all mail hosts failed: {names}."
        return Status.FAIL, "NO ADDRESS", f"No mail host has an address: {names}."
    if mx.kind is MxKind.IMPLICIT:
        return (
            Status.WEAK,
            "IMPLICIT",
            f"No MX record: {domain} itself is the mail host (RFC 5321 section 5.1).",
        )
    without = [host for host in mx.hosts if host not in reachable]
    if without or mx.null_beside:
        problem = (
            f"{visible(without[0].name)} has no usable address"
            if without
            else "a null MX record stands beside real ones"
        )
        return Status.WEAK, f"{len(reachable)} OF {len(mx.hosts)}", f"Mail goes to {names}; {problem}."
    return Status.PASS, "1 HOST" if len(mx.hosts) == 1 else f"{len(mx.hosts)} HOSTS", f"Mail goes to {names}."


def _in_order(hosts: tuple[MxHost, ...]) -> str:
    """Hosts and preferences, as "mx1 (10), then mx2 or mx3 (20)": equal ones are tried at random."""
    shown: dict[int, list[str]] = {}
    for host in hosts[:4]:
        shown.setdefault(host.preference, []).append(visible(host.name))
    text = ", then ".join(f"{' or '.join(names)} ({at})" for at, names in shown.items())
    return text if len(hosts) <= 4 else f"{text} and {len(hosts) - 4} more"


def unlearnt(walk: Walk, host: MxHost) -> str:
    """Why an address look-up of this host failed, where that was our own side's fault; or ""."""
    return next((why for lookup in host.lookups if (why := our_fault(walk, lookup))), "")


def broken_addresses(host: MxHost) -> bool:
    """No address of the host can be had from a validating resolver, and an error is why."""
    found = host.lookups
    return any(lookup.broken for lookup in found) and not any(lookup.usable for lookup in found)


STEP = Step(
    attribute="mx",
    facts=MxFacts,
    empty=lambda tools: MxFacts(
        kind=MxKind.FAILED, lookup=not_looked_up(tools.path.recipient, "MX", "not looked up yet")
    ),
    look=look,
    line=line,
    asks=frozenset({"MX", "A", "AAAA"}),
)
