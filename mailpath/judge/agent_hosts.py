"""The habits of an agent in DNS: which hosts there are to try, in which order, and what if there are none."""

from __future__ import annotations

from typing import Annotated

from mailpath.judge.habits import NullMx, OwnHost, Refusal, Undeliverable, means, source
from mailpath.match.hosts import HostNames
from mailpath.records import Record


class HostHabits(Record, frozen=True, kw_only=True):
    """What a server program makes of MX and address records (RFC 5321 section 5.1)."""

    resolves_here: Annotated[
        bool,
        means("The sender uses the resolver of the walk, with its errors; a hosted service uses its own."),
    ] = True
    null_mx_alone: Annotated[
        NullMx,
        means("What a null MX record does, if it is the only one."),
        source("RFC 7505 section 3; chasquid connects to it, observed"),
    ] = NullMx.BOUNCE
    null_mx_beside: Annotated[
        Refusal,
        means("What a null MX record beside real ones does; next: it is ignored."),
        source("RFC 7505 section 3 forbids it; Postfix: bounce, observed"),
    ] = Refusal.NEXT
    domain_missing: Annotated[
        Undeliverable,
        means("What happens to mail for a domain that does not exist."),
        source("RFC 5321 section 5.1; chasquid and mox wait, observed"),
    ] = Undeliverable.BOUNCE
    address_missing: Annotated[
        Undeliverable,
        means("What happens to mail for a domain with neither an MX record nor an address."),
        source("RFC 5321 section 5.1; OpenSMTPD, chasquid and mox wait, observed"),
    ] = Undeliverable.BOUNCE
    hosts_missing: Annotated[
        Undeliverable,
        means("What happens to mail for a domain whose MX hosts have no address, none of them."),
        source("RFC 5321 section 5.1; Haraka, OpenSMTPD, chasquid and mox wait, observed"),
    ] = Undeliverable.BOUNCE
    unresolved_host: Annotated[
        Refusal,
        means("What one MX host without an address does, wherever it stands among others."),
        source("dma dns.c: its list of hosts fails with the first such host; 0.13 waits, observed"),
    ] = Refusal.NEXT
    one_family_answers: Annotated[
        bool,
        means("A failed address lookup counts as no address if that of the other family says there is none."),
        source("glibc getaddrinfo(3), by way of dma; Courier rfc1035; observed"),
    ] = False
    own_host: Annotated[
        OwnHost,
        means("Which MX hosts are the sender itself, so that mail would loop."),
        source("RFC 5321 section 5.1; Postfix smtp_addr.c; Exim with self = send: none; observed"),
    ] = OwnHost.BY_ADDRESS
    ip_literal_mx: Annotated[
        bool,
        means("An MX record that names an IP address is used as that address."),
        source("RFC 5321 section 5.1 wants a name; Postfix smtp_addr.c"),
    ] = False
    host_names: Annotated[
        HostNames,
        means("What counts as a host name; an MX record that does not name one is skipped."),
        source("Postfix valid_hostname.c; Exim dns_check_names_pattern"),
    ] = HostNames.RFC
    check_cname_syntax: Annotated[
        bool,
        means(
            "Every alias on the way to the address must be a host name; otherwise the host has no address."
        ),
        source("Postfix dns_lookup.c, valid_rr_name"),
    ] = False
    retry_duplicate_mx: Annotated[
        bool,
        means("A host listed at two preferences is tried twice, not only at the better one."),
        source("Postfix smtp_addr.c"),
    ] = False
    try_each_preference_once: Annotated[
        bool,
        means("Beyond `address_limit`, the first address of each worse preference is still tried."),
        source("Exim hosts_max_try, observed"),
    ] = False
    balance_families: Annotated[
        bool,
        means("Neither address family crowds out the other below `address_limit`."),
        source("Postfix smtp_balance_inet_protocols"),
    ] = False
    logs_canonical_host: Annotated[
        bool,
        means("The host in the log is the CNAME-expanded name, not the name in the MX record."),
        source("Exim host.c"),
    ] = False
