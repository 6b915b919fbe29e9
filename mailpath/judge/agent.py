"""An agent: the habits of one server program, as data.

The judge has one mechanism.  Where two programs differ, the difference has a name and is a field here.
Each field says what it means and where that is written: in Postfix's documentation and source (postconf(5),
src/smtp, src/tls), in Exim's specification and source, in the RFCs.  "Observed" means what Postfix 3.7.11
and Exim 4.96 (GnuTLS) were seen to do.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from mailpath.judge.reply_parsing import ReplyParsing
from mailpath.match.dane import DaneRules
from mailpath.match.hosts import HostNames
from mailpath.match.names import POSTFIX, RFC_8461, NameRules
from mailpath.match.pkix import Floor
from mailpath.match.sts_dialects import StsParsing
from mailpath.records import Record, Word


class Family(StrEnum):
    """Whose log the sentences are written for (`sentences.py`)."""

    RFC = "rfc"
    POSTFIX = "postfix"
    EXIM = "exim"


class Refusal(Word):
    """What a refusal makes the sender do."""

    PLAINTEXT = "plaintext", "the sender continues with this host, without TLS"
    NEXT = "next", "the next address or host is tried; the mail waits if there is none"
    BOUNCE = "bounce", "the mail bounces at once, although other hosts remain"
    BOUNCE_IF_LAST = "bounce-if-last", "the next address or host is tried; the mail bounces if there is none"


class Reference(Word):
    """Names that a certificate may have."""

    MX = "mx", "the host name in the MX record"
    CANONICAL = "canonical", "the MX host's CNAME-expanded name"
    NEXTHOP = "nexthop", "the recipient domain"
    DOT_NEXTHOP = "dot-nexthop", "any name below the recipient domain"
    MX_OWNER = "mx-owner", "the recipient domain, if it has an MX record"
    MX_OWNER_EXPANDED = "mx-owner-expanded", "the recipient domain's CNAME target, if that has an MX record"
    NEXTHOP_EXPANDED = "nexthop-expanded", "the recipient domain's own CNAME target"
    BASE = "base", "the TLSA base domain (RFC 7672 section 2.2.2)"
    STS_PATTERNS = "sts-patterns", "what postfix-mta-sts-resolver makes of the policy's mx patterns"


class Sni(Word):
    """The name in the TLS handshake."""

    NONE = "none", "no name is sent"
    MX = "mx", "the host name in the MX record"
    BASE = "base", "the TLSA base domain"


class Suites(Word):
    """Whose default list of cipher suites is offered."""

    OPENSSL = "openssl", "OpenSSL's default list"
    GNUTLS = "gnutls", "no Camellia, ARIA or CCM_8, no CBC with HMAC-SHA-2 (priority NORMAL, observed)"


class TlsLogWords(msgspec.Struct, frozen=True, kw_only=True):
    """The word this server logs about a TLS session; one that is not set is not logged."""

    dane: str | None = None
    half_dane: str | None = None
    authenticated: str | None = None
    trusted: str | None = None
    untrusted: str | None = None
    anonymous: str | None = None


class TlsFieldWords(msgspec.Struct, frozen=True, kw_only=True):
    """What the field `tls=` of this server's delivery log calls a demand that is not the level; None for
    `dane`: there is no such field.
    """

    dane: str | None = None
    dane_only: str | None = None
    half_dane: str | None = None
    policy: str | None = None


def means(text: str) -> msgspec.Meta:
    """What a field means: for `mailpath postures`."""
    return msgspec.Meta(title=text)


def source(text: str) -> msgspec.Meta:
    """Where that is written."""
    return msgspec.Meta(description=text)


class Agent(Record, frozen=True, kw_only=True):
    """What operators of a server program do not change, or hardly ever.

    `name`: the program with its version.  `source`: where its habits are written, or that they were seen.
    The defaults are those of the standards.
    """

    name: str
    source: str = ""
    family: Family = Family.RFC

    # --- DNS and the choice of host ------------------------------------------------------------------
    resolves_here: Annotated[
        bool,
        means("The sender uses the resolver of the walk, with its errors; a hosted service uses its own."),
    ] = True
    null_mx_beside: Annotated[
        Refusal,
        means("What a null MX record beside real ones does; next: it is ignored."),
        source("RFC 7505 section 3 forbids it; Postfix: bounce, observed"),
    ] = Refusal.NEXT
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

    # --- the SMTP dialogue ---------------------------------------------------------------------------
    greeting_5xx: Annotated[
        Refusal,
        means("What a permanent refusal instead of a greeting does."),
        source("Postfix smtp_skip_5xx_greeting = yes: as 4xx; Exim smtp.c: permanent only at the last host"),
    ] = Refusal.NEXT
    helo_5xx: Annotated[Refusal, means("What a permanent reply to HELO does after EHLO was refused.")] = (
        Refusal.NEXT
    )
    ehlo_421_ends: Annotated[
        bool, means("421 to EHLO ends the session; no HELO follows."), source("Postfix smtp_proto.c")
    ] = True
    invalid_reply_is: Annotated[
        Refusal,
        means("What a reply other than 2yz, 4yz and 5yz does."),
        source("Postfix: permanent; Exim: temporary; observed"),
    ] = Refusal.NEXT
    reply_parsing: Annotated[
        ReplyParsing,
        means("How a reply with broken syntax is read, and how STARTTLS is found."),
        source("RFC 5321 section 4.2; Postfix smtp_chat.c, smtp_proto.c; Exim smtp_out.c, smtp.c; observed"),
    ] = ReplyParsing.STRICT
    pix_workaround: Annotated[
        bool,
        means(
            "A greeting of only `2`, `0`, blanks and asterisks is answered with HELO, so STARTTLS goes"
            " unseen."
        ),
        source("Postfix smtp_pix_workarounds = disable_esmtp, observed"),
    ] = False
    starttls_5xx_required: Annotated[
        Refusal,
        means("What a 5xx reply to STARTTLS does if TLS is required."),
        source("Postfix smtp_trouble.c: bounced at once, observed"),
    ] = Refusal.NEXT
    tls_ehlo_ignored: Annotated[
        bool,
        means("A refusal of EHLO inside TLS changes nothing; otherwise it is an SMTP error."),
        source("EX, observed; PF, observed, for the other way"),
    ] = False

    # --- TLS -----------------------------------------------------------------------------------------
    sni_dane: Annotated[Sni, means("The SNI with usable TLSA records."), source("RFC 7672 section 8.1")] = (
        Sni.BASE
    )
    sni_unusable: Annotated[
        Sni,
        means("The SNI with TLSA records that are plainly unusable (usage 0 and 1)."),
        source("Postfix: none, as the level is `encrypt`, observed"),
    ] = Sni.BASE
    sni_sts: Annotated[
        Sni,
        means("The SNI with an enforced MTA-STS policy."),
        source("RFC 8461 section 7.1; servername=hostname"),
    ] = Sni.MX
    sha1_handshake: Annotated[
        bool,
        means(
            "If a certificate is checked, a key exchange signed with SHA-1 (TLS 1.1 and older) is accepted."
        ),
        source("Postfix with OpenSSL 3: no, so that RSA key transport alone is left; observed"),
    ] = True
    suites: Annotated[Suites, means("The cipher suites that are offered in addition to the common ones.")] = (
        Suites.OPENSSL
    )
    floor: Annotated[
        Floor, means("Digests and keys that a chain may have if it is checked only for the log word.")
    ] = Floor.NONE
    floor_authenticated: Annotated[
        Floor,
        means("Digests and keys that a chain may have if it must verify."),
        source("Postfix with OpenSSL 3: no SHA-1, but RSA of 1024 bits, observed"),
    ] = Floor.OPENSSL_1
    name_rules: Annotated[
        NameRules, means("How names in certificates are compared."), source("RFC 6125, RFC 9525")
    ] = POSTFIX
    key_usage_fails: Annotated[
        bool,
        means("A leaf whose keyUsage does not allow the key exchange fails the handshake."),
        source("GnuTLS, observed"),
    ] = False
    injection_fails: Annotated[
        bool,
        means("Bytes after the 220 to STARTTLS fail the handshake; otherwise they are discarded."),
        source(
            'Exim smtp.c "synch error before connect", observed; Postfix vstream_fpurge, RFC 3207 section 4.2'
        ),
    ] = False
    trusted_requires_name: Annotated[
        bool,
        means("The log word for a trusted chain also requires the MX host name to match."),
        source("Exim CV=yes"),
    ] = False
    tls_log_words: Annotated[TlsLogWords, means("The words for the TLS session in the log.")] = TlsLogWords()
    tls_field_words: Annotated[
        TlsFieldWords, means("The words for DANE and for a policy in the field `tls=` of the delivery log.")
    ] = TlsFieldWords()

    # --- REQUIRETLS ----------------------------------------------------------------------------------
    requiretls_any_host: Annotated[
        bool,
        means("A host that is authenticated will do, though nothing vouches for its name."),
        source(
            "RFC 8689 section 4.2.1 wants a signed MX or a policy that lists it; Postfix 3.11.7, observed"
        ),
    ] = False
    requiretls_last_decides: Annotated[
        bool,
        means(
            "A host that will not do is a failure like any other: the last host decides, and the mail waits"
            " after a handshake that broke off; otherwise the best host decides."
        ),
        source(
            "Postfix 3.11 smtp_misc_fail, SMTP_MISC_FAIL_SOFT_NON_FINAL, observed; RFC 8689 leaves it open"
        ),
    ] = False

    # --- DANE ----------------------------------------------------------------------------------------
    dane_with_insecure_mx_and_sts: Annotated[
        bool,
        means(
            "DANE first: behind an unsigned MX RRset, TLSA records must match in addition to an enforced"
            " policy."
        ),
        source("RFC 8461 section 2: a policy never overrides a failing DANE validation"),
    ] = True
    tlsa_at_alias: Annotated[
        bool,
        means("The MX host name is a second TLSA base domain in addition to its CNAME target."),
        source("RFC 7672 section 2.2.2"),
    ] = True
    tlsa_of_insecure_host: Annotated[
        bool,
        means("TLSA records are looked up even if the address is insecure."),
        source("Postfix smtp_tls_force_insecure_host_tlsa_lookup"),
    ] = False
    dane_rules: Annotated[
        DaneRules,
        means("How TLSA records are matched against a chain."),
        source("RFC 7671, RFC 7672 section 3"),
    ] = DaneRules()
    dane_references: Annotated[
        tuple[Reference, ...], means("Names that satisfy DANE-TA."), source("RFC 7672 section 3.2.2")
    ] = (
        Reference.BASE,
        Reference.NEXTHOP_EXPANDED,
        Reference.NEXTHOP,
    )
    dane_ta_name_mismatch_accepts_pkix: Annotated[
        bool,
        means("DANE-TA with a wrong name is enough if a trusted CA issued the chain."),
        source("Exim tls-gnu.c, observed"),
    ] = False
    no_plaintext_after_tlsa: Annotated[
        bool,
        means(
            "After a host with TLSA records, failed TLS never leads to plaintext, and that host's name"
            " stays the SNI."
        ),
        source("Exim smtp.c sets both for the rest of the delivery, observed"),
    ] = False
    dane_missing: Annotated[
        Refusal,
        means("What mandatory DANE does without secure TLSA records."),
        source("Postfix: deferred 4.7.5; Exim: bounced at once"),
    ] = Refusal.NEXT
    tries_next_mx_without_tlsa: Annotated[
        bool,
        means(
            "If `dane_missing` makes mail bounce, the next hosts are tried in vain: one that accepts mail"
            " gets none, and at one that fails the process crashes, so the mail waits."
        ),
        source("Exim 4.96, observed"),
    ] = False
    dane_unusable_delivers: Annotated[
        bool,
        means("Mandatory DANE with only unusable TLSA records still delivers, encrypted."),
        source("EX, observed"),
    ] = False

    # --- MTA-STS -------------------------------------------------------------------------------------
    sts_parsing: Annotated[
        StsParsing,
        means("How the TXT record, the policy and the policy host's certificate are read."),
        source("RFC 8461 section 3"),
    ] = StsParsing()
    sts_references: Annotated[
        tuple[Reference, ...],
        means("Names that the MX host's certificate may have under a policy."),
        source("RFC 8461 section 4.2"),
    ] = (Reference.MX,)
    sts_name_rules: Annotated[
        NameRules,
        means("How names are compared under a policy."),
        source("RFC 8461 section 4.2: a DNS-ID is a MUST"),
    ] = RFC_8461
    defer_on_sts_lookup_error: Annotated[
        bool,
        means(
            "A failed lookup of the TXT record defers the mail if no policy is cached; otherwise it counts"
            " as no policy."
        ),
        source("mox mtastsdb.Get; RFC 8461 section 5.1"),
    ] = False
    sts_on_first_contact: Annotated[
        bool,
        means(
            "A policy fetched for the first time already applies to this message, not only to the next one."
        ),
    ] = True
