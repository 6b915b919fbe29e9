"""A posture: everything about a sending server that decides what happens to a mail, as data.

The judge has one mechanism.  Where two senders differ, the difference has a name and is a field here; a
preset is a record of these fields and nothing else.  Sources are named per field: PF is Postfix's
documentation and source (postconf(5), src/smtp, src/tls), EX the Exim specification and source, RFC the
standards.  "Observed" means what Postfix 3.7.11 and Exim 4.96 (GnuTLS) were seen to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from mailpath.judge.heard import Reading
from mailpath.match.dane import DaneRules
from mailpath.match.hosts import HostNames
from mailpath.match.names import POSTFIX, NameRules
from mailpath.match.names import RFC_8461 as RFC_8461_NAMES
from mailpath.match.pkix import Floor
from mailpath.match.sts import RFC as RFC_8461
from mailpath.match.sts import Dialect


class Family(StrEnum):
    """Whose log the sentences are written for (`sentences.py`)."""

    RFC = "rfc"
    POSTFIX = "postfix"
    EXIM = "exim"


class Level(StrEnum):
    """The base TLS level, in Postfix's words (postconf(5), smtp_tls_security_level)."""

    NONE = "none"  # STARTTLS is never sent
    MAY = "may"  # opportunistic: TLS if it works, certificate ignored
    ENCRYPT = "encrypt"  # TLS or nothing, certificate ignored
    VERIFY = "verify"  # a certificate by a trusted CA for one of `references` (default: the MX host name)
    SECURE = "secure"  # the same, with names that DNS cannot forge (the recipient domain)


class DaneUse(StrEnum):
    """RFC 7672."""

    OFF = "off"
    OPPORTUNISTIC = "opportunistic"  # where usable TLSA records are published securely
    MANDATORY = "mandatory"  # a host without them is not used


class InsecureMx(StrEnum):
    """What an unsigned MX RRset does to its hosts' TLSA (PF smtp_tls_dane_insecure_mx_policy)."""

    DANE = "dane"  # enforced all the same: "half-DANE"; the host is authenticated, the choice of host is not
    ENCRYPT = "encrypt"  # TLS is required, the certificate ignored
    MAY = "may"  # they are not looked at


class Precedence(StrEnum):
    """Which of DANE and an enforced MTA-STS policy decides for a host that has both."""

    DANE_FIRST = "dane-first"  # RFC 8461 section 2: a failing DANE validation is never overridden
    STS_FIRST = "sts-first"  # the policy replaces the level, DANE included
    BOTH = "both"  # each must hold


class OptionalCheck(StrEnum):
    """Whether a certificate must be good where TLS is optional: then no TLS is better than bad TLS."""

    NEVER = "never"
    FIRST_ATTEMPT = "first-attempt"  # a retry takes any certificate
    ALWAYS = "always"


class Fallback(StrEnum):
    """When a TLS session that failed is followed by plaintext to the same address."""

    NEVER = "never"
    AT_ONCE = "at-once"
    ON_RETRY = "on-retry"  # only when the message is older than one retry interval


class Refusal(StrEnum):
    """What a refusal makes the sender do."""

    PLAINTEXT = "plaintext"  # goes on with this host, without TLS
    NEXT = "next"  # next address or host; deferred when there is none
    BOUNCE = "bounce"  # permanent at once, though other hosts remain
    BOUNCE_IF_LAST = "bounce-if-last"  # next address or host; permanent when there is none


class Reference(StrEnum):
    """Names that a certificate may have."""

    MX = "mx"  # the host name in the MX record
    CANONICAL = "canonical"  # its CNAME-expanded name
    NEXTHOP = "nexthop"  # the recipient domain
    DOT_NEXTHOP = "dot-nexthop"  # any name below the recipient domain
    MX_OWNER = "mx-owner"  # the recipient domain, where it has an MX
    MX_OWNER_EXPANDED = "mx-owner-expanded"  # its CNAME target, where that has an MX
    NEXTHOP_EXPANDED = "nexthop-expanded"  # the recipient domain's own CNAME target
    BASE = "base"  # the TLSA base domain (RFC 7672 section 2.2.2)
    STS_PATTERNS = "sts-patterns"  # what postfix-mta-sts-resolver makes of the policy's mx patterns


class Sni(StrEnum):
    """The name in the TLS handshake."""

    NONE = "none"
    MX = "mx"
    BASE = "base"  # the TLSA base domain


class Suites(StrEnum):
    """Whose default list of cipher suites is offered."""

    OPENSSL = "openssl"
    GNUTLS = "gnutls"  # no Camellia, ARIA or CCM_8, no CBC with HMAC-SHA-2 (priority NORMAL, observed)


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The word this server logs about a TLS session; None: it logs none."""

    dane: str | None = None
    half_dane: str | None = None
    authenticated: str | None = None
    trusted: str | None = None
    untrusted: str | None = None
    anonymous: str | None = None


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds: `greeting`; `ehlo`, the reply to EHLO or HELO, inside TLS too; `starttls`, the reply to it;
    `handshake`; `mail` and `rcpt`, the replies to MAIL FROM and RCPT TO; `policy`, the MTA-STS policy.
    """

    greeting: int = 300
    ehlo: int = 300
    starttls: int = 300
    handshake: int = 300
    mail: int = 300
    rcpt: int = 300
    policy: int = 60


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """The habits of one server program, which operators do not change, or hardly ever.

    The defaults are those of the standards.
    """

    name: str
    """The program with its version."""
    source: str = ""
    """Where the habits are written, or that they were observed."""

    # --- DNS and the choice of host ------------------------------------------------------------------
    resolves_here: bool = True
    """It asks the resolver that the walk asked, and meets its errors; a hosted service asks its own."""
    null_mx_beside: Refusal = Refusal.NEXT
    """A null MX beside real ones (RFC 7505 section 3 forbids it): BOUNCE (PF, observed) or ignored."""
    ip_literal_mx: bool = False
    """An MX that names an IP address is used as one (PF smtp_addr.c); RFC 5321 section 5.1 wants a name."""
    host_names: HostNames = HostNames.RFC
    """What is a host's name; an MX that names none is passed over (PF valid_hostname.c; EX
    dns_check_names_pattern)."""
    aliases_name_hosts: bool = False
    """So must every alias on the way to its address; else it has none (PF dns_lookup.c, valid_rr_name)."""
    duplicates: bool = False
    """A host listed at two preferences is tried twice (PF smtp_addr.c); else at the better one only."""
    limit_spares_worse: bool = False
    """Past `address_limit` the first address of each worse preference is still tried (EX hosts_max_try,
    observed)."""
    balance_families: bool = False
    """Neither address family crowds out the other below `address_limit` (PF smtp_balance_inet_protocols)."""
    logs_canonical_host: bool = False
    """The host in the log is the CNAME-expanded name (EX host.c), not the name in the MX record."""

    # --- the SMTP dialogue ---------------------------------------------------------------------------
    greeting_5xx: Refusal = Refusal.NEXT
    """PF smtp_skip_5xx_greeting = yes: as 4xx; EX smtp.c: permanent only at the last host."""
    helo_5xx: Refusal = Refusal.NEXT
    """A permanent reply to HELO, after EHLO was refused."""
    ehlo_421_ends: bool = True
    """421 to EHLO ends the session; no HELO follows (PF smtp_proto.c)."""
    odd_reply: Refusal = Refusal.NEXT
    """A reply that is neither 2yz, 4yz nor 5yz: PF takes it for permanent, EX for temporary (observed)."""
    replies: Reading = Reading.STRICT
    """How a reply is read that breaks the grammar, and how STARTTLS is found (RFC 5321 section 4.2; PF
    smtp_chat.c, smtp_proto.c; EX smtp_out.c, and smtp.c: in capitals only, behind `250`; observed)."""
    helo_where_blotted: bool = False
    """A greeting of nothing but `2`, `0`, blanks and asterisks is answered with HELO, so that STARTTLS is
    not seen (PF smtp_pix_workarounds = disable_esmtp, observed)."""
    starttls_5xx_required: Refusal = Refusal.NEXT
    """STARTTLS answered 5xx where TLS is required (PF smtp_trouble.c: bounced at once, observed)."""
    tls_ehlo_ignored: bool = False
    """EHLO refused inside TLS changes nothing (EX, observed); else it is an SMTP error (PF, observed)."""

    # --- TLS -----------------------------------------------------------------------------------------
    sni_dane: Sni = Sni.BASE
    """With usable TLSA (RFC 7672 section 8.1)."""
    sni_unusable: Sni = Sni.BASE
    """With TLSA that is plainly unusable, usage 0 and 1 (PF: none, as the level is `encrypt`, observed)."""
    sni_sts: Sni = Sni.MX
    """With an enforced policy (RFC 8461 section 7.1; servername=hostname)."""
    sha1_handshake: bool = True
    """Where a certificate counts, a key exchange signed with SHA-1 is good: below TLS 1.2 all that are
    signed are (PF with OpenSSL 3: no, so that RSA key transport alone is left; observed)."""
    suites: Suites = Suites.OPENSSL
    """What the ClientHello has beside those that everybody has."""
    floor: Floor = Floor.NONE
    """Digests and keys that a chain may have where it is only looked at for the log word."""
    floor_authenticated: Floor = Floor.OPENSSL_1
    """The same floor where it must verify (PF with OpenSSL 3: no SHA-1, but RSA of 1024 bits, observed)."""
    name_rules: NameRules = POSTFIX
    """How names in certificates are compared (RFC 6125, RFC 9525)."""
    key_usage_fails: bool = False
    """A leaf whose keyUsage does not allow the key exchange fails the handshake (GnuTLS, observed)."""
    injection_fails: bool = False
    """Bytes behind the 220 to STARTTLS fail the handshake (EX smtp.c "synch error before connect", observed);
    else they are thrown away (PF vstream_fpurge, RFC 3207 section 4.2)."""
    trusted_needs_name: bool = False
    """The word for a trusted chain is only logged when the MX host name fits too (EX CV=yes)."""
    words: Words = Words()

    # --- DANE ----------------------------------------------------------------------------------------
    half_dane_beside_sts: bool = True
    """DANE_FIRST: half-DANE must hold beside an enforced policy, which authenticates (RFC 8461 section 2:
    a policy never overrides a failing DANE validation); else the policy stands in for it."""
    tlsa_at_alias: bool = True
    """The MX host name is a second TLSA base domain beside its CNAME target (RFC 7672 section 2.2.2)."""
    tlsa_of_insecure_host: bool = False
    """TLSA is asked for where the address is insecure (PF smtp_tls_force_insecure_host_tlsa_lookup)."""
    dane_rules: DaneRules = DaneRules()
    """How records are matched against a chain (RFC 7671, RFC 7672 section 3)."""
    dane_references: tuple[Reference, ...] = (
        Reference.BASE,
        Reference.NEXTHOP_EXPANDED,
        Reference.NEXTHOP,
    )
    """Names that satisfy DANE-TA (RFC 7672 section 3.2.2)."""
    dane_name_falls_to_pkix: bool = False
    """DANE-TA with a wrong name: enough where a trusted CA issued the chain (EX tls-gnu.c, observed)."""
    dane_stays: bool = False
    """Past a host with TLSA, TLS that fails is followed by plaintext at none, and where there is no TLSA its
    name is still the SNI (EX smtp.c sets both for the rest of the delivery, observed)."""
    dane_missing: Refusal = Refusal.NEXT
    """Mandatory DANE and no secure TLSA (PF: deferred 4.7.5; EX: bounced at once)."""
    dane_missing_goes_on: bool = False
    """Where that is permanent, hosts behind it are tried all the same, in vain: one that takes mail is given
    none, and at one that fails the process crashes, which makes the mail wait (EX 4.96, observed)."""
    dane_unusable_delivers: bool = False
    """Mandatory DANE and only unusable TLSA: encrypted delivery all the same (EX, observed)."""

    # --- MTA-STS -------------------------------------------------------------------------------------
    sts_dialect: Dialect = RFC_8461
    """How the TXT record, the policy and the policy host's certificate are read."""
    sts_references: tuple[Reference, ...] = (Reference.MX,)
    """Names that the MX host's certificate may have under a policy (RFC 8461 section 4.2)."""
    sts_name_rules: NameRules = RFC_8461_NAMES
    """How they are compared (RFC 8461 section 4.2: a DNS-ID is a MUST)."""
    sts_record_failure_waits: bool = False
    """A TXT look-up that fails, where no policy is cached, makes the mail wait (mox mtastsdb.Get); else it is
    as if there were no policy (RFC 8461 section 5.1)."""
    sts_on_first_contact: bool = True
    """A policy met for the first time already applies to this message; else it is cached for the next one."""

    # --- sentences -----------------------------------------------------------------------------------
    family: Family = Family.RFC


class Posture(msgspec.Struct, frozen=True, kw_only=True):
    """What one sender enforces: the habits of its server, and what its operator sets.

    The defaults are those of the preset `rfc`.
    """

    name: str
    title: str
    """One line that says what it is, for `mailpath postures`."""
    source: str = ""
    """Where the fields come from."""
    agent: Agent = Agent(name="rfc")
    """The server program."""

    # --- what is asked for ---------------------------------------------------------------------------
    level: Level = Level.MAY
    """Base level (PF smtp_tls_security_level; EX hosts_avoid_tls, hosts_require_tls, tls_verify_hosts)."""
    references: tuple[Reference, ...] = (Reference.MX,)
    """Names that satisfy `verify`, `secure` (PF smtp_tls_verify_cert_match, smtp_tls_secure_cert_match)."""
    dane: DaneUse = DaneUse.OFF
    """PF level dane, dane-only; EX hosts_try_dane, hosts_require_dane."""
    sts: bool = False
    """Whether MTA-STS policies are looked up (RFC 8461)."""
    precedence: Precedence = Precedence.DANE_FIRST
    """RFC 8461 section 2; postfix-mta-sts-resolver's README for the other way round."""

    # --- DNS and the choice of host ------------------------------------------------------------------
    validating_resolver: bool = True
    """A bogus answer is a SERVFAIL to the mail server, at every level (RFC 4035 section 5.5)."""
    address_limit: int = 0
    """Most addresses tried in one attempt, 0: all (PF smtp_mx_address_limit = 5; EX hosts_max_try = 5)."""
    session_limit: int = 0
    """Most sessions that got as far as MAIL FROM, 0: any number (PF smtp_mx_session_limit = 2)."""

    # --- the SMTP dialogue ---------------------------------------------------------------------------
    starttls_4xx: Refusal = Refusal.PLAINTEXT
    """STARTTLS answered 4xx where TLS is optional (PF: same session goes on; EX tls_tempfail_tryclear)."""
    starttls_5xx: Refusal = Refusal.PLAINTEXT
    """STARTTLS answered by anything else than 2xx and 4xx where TLS is optional."""
    fallback: Fallback = Fallback.ON_RETRY
    """Plaintext after a failed handshake or a session lost in TLS, where TLS is optional
    (PF smtp.h PREACTIVE_DELAY, minimal_backoff_time; EX tls_tempfail_tryclear; RFC 7435 section 4)."""
    optional_check: OptionalCheck = OptionalCheck.NEVER
    """Where TLS is optional and offered, a certificate that does not verify fails the host
    (Stalwart's default strategy, KumoMTA's Opportunistic)."""
    patience: Patience = Patience()
    """How long it waits; where we gave up earlier, what it does is unknown.  Where a source is silent: five
    minutes (RFC 5321 section 4.5.3.2), and one minute for a policy (RFC 8461 section 3.3).  PF
    smtp_helo_timeout (greeting and EHLO), smtp_starttls_timeout (reply and handshake), smtp_mail_timeout,
    smtp_rcpt_timeout: 300 s each; EX command_timeout = 5m for each of them."""

    # --- TLS -----------------------------------------------------------------------------------------
    sni: Sni = Sni.MX
    """Without DANE and policy (PF smtp_tls_servername, default empty)."""
    min_tls: str = "TLSv1"
    """Oldest version where no certificate counts (PF smtp_tls_protocols; RFC 7435 section 3)."""
    min_tls_authenticated: str = "TLSv1.2"
    """Oldest version where one does (RFC 8461 section 7.2, RFC 8996)."""
    anonymous_suites: bool = True
    """Offered where nothing is authenticated (PF smtp_tls_exclude_ciphers; RFC 7672 section 8.2)."""

    # --- DANE ----------------------------------------------------------------------------------------
    insecure_mx: InsecureMx = InsecureMx.DANE
    """RFC 7672 section 2.2.1: free to choose; PF smtp_tls_dane_insecure_mx_policy; EX smtp.c: may."""

    # --- MTA-STS -------------------------------------------------------------------------------------
    sts_checks_mx: bool = True
    """The MX host must match a pattern (RFC 8461 section 4.1; PF 3.10.5 smtp_tls_enforce_sts_mx_patterns)."""
    sts_testing_enforced: bool = False
    """`testing` is treated as `enforce` (postfix-mta-sts-resolver strict_testing)."""

    # --- REQUIRETLS ----------------------------------------------------------------------------------
    requiretls: bool = True
    """RFC 8689 is implemented (PF from 3.11 on; mox queue/direct.go; EX 4.96: no); else a message that was
    sent with REQUIRETLS goes out as any other."""
    requiretls_verifies: bool = True
    """REQUIRETLS has a certificate checked that the level alone would not (RFC 8689 section 4.2.1; PF 3.11
    smtp_requiretls_policy = enforce: DANE, MTA-STS or the level must ask for it, else the mail bounces)."""

    unknown: dict[str, tuple[Any, ...]] = {}
    """Name of a field of this record -> values it may have, where the source is silent.  What hangs on them
    is `unknown`."""

    def changed(self, **fields: Any) -> Posture:
        """With these fields and habits, which are then known though the sources are silent on them."""
        habits = {name: fields.pop(name) for name in tuple(fields) if name not in Posture.__struct_fields__}
        if habits:
            fields["agent"] = msgspec.structs.replace(self.agent, **habits)
        unknown = {field: values for field, values in self.unknown.items() if field not in fields}
        return msgspec.structs.replace(self, **{"unknown": unknown, **fields})
