"""A posture: everything about a sending server that decides what happens to a mail, as data.

It is an agent, which is a server program with its habits, and the policy that its operator sets: each field
here has a documented parameter in Postfix, Exim or another server.  The fields of both say what they mean
and where that is written.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

import msgspec

from mailpath.judge.agent import Agent
from mailpath.judge.habits import Reference, Refusal, Sni, means, source
from mailpath.records import Record, Word


class Level(Word):
    """The base TLS level, in Postfix's words (postconf(5), smtp_tls_security_level)."""

    NONE = "none", "STARTTLS is never sent"
    MAY = "may", "opportunistic: TLS if it works; the certificate is ignored"
    ENCRYPT = "encrypt", "TLS is required, but the certificate is ignored"
    VERIFY = "verify", "a trusted CA vouches for one of `references` (default: the MX host name)"
    SECURE = "secure", "like `verify`, with names that DNS cannot forge (the recipient domain)"


class DaneUse(Word):
    """RFC 7672."""

    OFF = "off", "no TLSA records are looked up"
    OPPORTUNISTIC = "opportunistic", "where usable TLSA records are published securely"
    MANDATORY = "mandatory", "a host without them is not used"


class InsecureMx(Word):
    """What an unsigned MX RRset does to its hosts' TLSA (PF smtp_tls_dane_insecure_mx_policy)."""

    DANE = (
        "dane",
        'they are enforced anyway ("half-DANE"): the host is authenticated, but not the choice of host',
    )
    ENCRYPT = "encrypt", "TLS is required, but the certificate is ignored"
    MAY = "may", "they are ignored"


class Precedence(Word):
    """Which of DANE and an enforced MTA-STS policy decides for a host that has both."""

    DANE_FIRST = "dane-first", "a failing DANE validation is never overridden (RFC 8461 section 2)"
    STS_FIRST = "sts-first", "the policy replaces the level, DANE included"
    BOTH = "both", "each must hold"
    BY_DOMAIN = "by-domain", "DANE for all hosts if one of them has TLSA records, and otherwise the policy"


class OptionalCheck(Word):
    """Whether a certificate must be good where TLS is optional: then no TLS is better than bad TLS."""

    NEVER = "never", "any certificate is accepted"
    FIRST_ATTEMPT = "first-attempt", "it must be valid, but a retry accepts any certificate"
    ALWAYS = "always", "it must be valid at every attempt"


class Fallback(Word):
    """When a TLS session that failed is followed by plaintext to the same address."""

    NEVER = "never", "failed TLS is never followed by plaintext"
    AT_ONCE = "at-once", "in the same attempt"
    ON_RETRY = "on-retry", "only when the message is older than one retry interval"


class RequiretlsPolicy(Word):
    """What a message sent with REQUIRETLS is held to, in Postfix's words (smtp_requiretls_policy)."""

    ENFORCE = "enforce", "a host will do that is authenticated and announces REQUIRETLS"
    STARTTLS = "opportunistic+starttls", "a host will do that starts TLS"
    OPPORTUNISTIC = "opportunistic", "any host will do"


#: TLS versions, oldest first.
TlsVersion = Literal["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
VERSIONS: tuple[TlsVersion, ...] = get_args(TlsVersion)


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


class Posture(Record, frozen=True, kw_only=True):
    """What one sender enforces.

    `title`: one line that says what it is.  `source`: where the fields come from.  `measured`: the version
    of the server that it was held against; "": nobody did; None: it is no server's.  `notes`: where
    the server was seen to do otherwise, and why, or what is not shown.  `unknown`: name of a field
    of this record -> values it may have, where the source is silent; a verdict that hangs on them is
    `unknown`.  `recipients`: recipient domain -> the posture that decides for it in the place of this one;
    ".b.example" is every domain below b.example.  The defaults are those of the preset `rfc`.
    """

    name: str
    title: str
    source: str = ""
    measured: str | None = None
    notes: str = ""
    agent: Agent = Agent(name="rfc")
    unknown: dict[str, tuple[Any, ...]] = msgspec.field(default_factory=dict)
    recipients: dict[str, Posture] = msgspec.field(default_factory=dict)

    # --- Transport security --------------------------------------------------------------------------
    level: Annotated[
        Level,
        means("The base TLS level."),
        source("Postfix smtp_tls_security_level; Exim hosts_avoid_tls, hosts_require_tls, tls_verify_hosts"),
    ] = Level.MAY
    references: Annotated[
        tuple[Reference, ...],
        means("Names in a certificate that satisfy `verify` and `secure`."),
        source("Postfix smtp_tls_verify_cert_match, smtp_tls_secure_cert_match"),
    ] = (Reference.MX,)
    match_names: Annotated[
        tuple[str, ...],
        means("Further names that do, written out; `.b.example` is any name below b.example."),
        source("Postfix smtp_tls_policy_maps match=, smtp_tls_secure_cert_match"),
    ] = ()
    dane: Annotated[
        DaneUse,
        means("Whether DANE is used."),
        source("RFC 7672; Postfix level dane, dane-only; Exim hosts_try_dane, hosts_require_dane"),
    ] = DaneUse.OFF
    insecure_mx: Annotated[
        InsecureMx,
        means("How TLSA records count if the MX RRset is unsigned."),
        source(
            "RFC 7672 section 2.2.1 leaves it open; Postfix smtp_tls_dane_insecure_mx_policy; Exim smtp.c:"
            " may"
        ),
    ] = InsecureMx.DANE
    sts: Annotated[
        bool,
        means("Whether MTA-STS policies are looked up."),
        source("RFC 8461; Postfix smtp_tls_policy_maps with a plugin"),
    ] = False
    precedence: Annotated[
        Precedence,
        means("Whether DANE or an enforced policy decides for a host that has both."),
        source("RFC 8461 section 2; postfix-mta-sts-resolver's README for the other way round"),
    ] = Precedence.DANE_FIRST
    sts_checks_mx: Annotated[
        bool,
        means("Under a policy, the MX host must match one of its mx patterns."),
        source("RFC 8461 section 4.1; Postfix 3.10.5 smtp_tls_enforce_sts_mx_patterns"),
    ] = True
    sts_testing_enforced: Annotated[
        bool,
        means("A policy in mode `testing` is treated as one in `enforce`."),
        source("postfix-mta-sts-resolver strict_testing"),
    ] = False
    requiretls: Annotated[
        bool,
        means("RFC 8689 is implemented; otherwise a message sent with REQUIRETLS is treated like any other."),
        source("Postfix from 3.11 on; mox queue/direct.go; Exim 4.96: no"),
    ] = True
    requiretls_policy: Annotated[
        RequiretlsPolicy,
        means("What a message sent with REQUIRETLS is held to."),
        source("Postfix 3.11 smtp_requiretls_policy"),
    ] = RequiretlsPolicy.ENFORCE
    requiretls_verifies: Annotated[
        bool,
        means(
            "REQUIRETLS makes the sender check a certificate that the level alone would not; otherwise DANE,"
            " MTA-STS or the level must require it, or the mail bounces."
        ),
        source("RFC 8689 section 4.2.1; Postfix 3.11 smtp_requiretls_policy = enforce for the other way"),
    ] = True

    # --- Where TLS is optional -----------------------------------------------------------------------
    fallback: Annotated[
        Fallback,
        means("When plaintext follows optional TLS that failed, in the handshake or after it."),
        source(
            "Postfix smtp.h PREACTIVE_DELAY, minimal_backoff_time; Exim tls_tempfail_tryclear;"
            " RFC 7435 section 4"
        ),
    ] = Fallback.ON_RETRY
    starttls_4xx: Annotated[
        Refusal,
        means("What happens after a 4xx reply to STARTTLS if TLS is optional."),
        source("Postfix: the same session goes on; Exim tls_tempfail_tryclear"),
    ] = Refusal.PLAINTEXT
    starttls_5xx: Annotated[
        Refusal, means("What happens after any other negative reply to STARTTLS if TLS is optional.")
    ] = Refusal.PLAINTEXT
    optional_check: Annotated[
        OptionalCheck,
        means("When a certificate that does not verify fails the host, although TLS is optional."),
        source("Stalwart's default strategy, KumoMTA's Opportunistic"),
    ] = OptionalCheck.NEVER

    # --- TLS -----------------------------------------------------------------------------------------
    sees_starttls: Annotated[
        bool,
        means("STARTTLS is used where a server offers it; otherwise no server seems to offer it."),
        source("Postfix smtp_discard_ehlo_keywords, smtp_never_send_ehlo; Exim hosts_avoid_esmtp"),
    ] = True
    min_tls: Annotated[
        TlsVersion,
        means("The oldest TLS version if no certificate is checked."),
        source("Postfix smtp_tls_protocols; RFC 7435 section 3"),
    ] = "TLSv1"
    min_tls_authenticated: Annotated[
        TlsVersion,
        means("The oldest TLS version if a certificate is checked."),
        source("Postfix smtp_tls_mandatory_protocols; RFC 8461 section 7.2, RFC 8996"),
    ] = "TLSv1.2"
    anonymous_suites: Annotated[
        bool,
        means("Cipher suites without a certificate are offered if nothing is authenticated."),
        source("Postfix smtp_tls_exclude_ciphers; RFC 7672 section 8.2"),
    ] = True
    sni: Annotated[
        Sni,
        means("The SNI without DANE and without a policy."),
        source("Postfix smtp_tls_servername, default empty"),
    ] = Sni.MX

    # --- Resolver, limits, patience ------------------------------------------------------------------
    validating_resolver: Annotated[
        bool,
        means("The resolver validates: a bogus answer is a SERVFAIL to the mail server, at every level."),
        source("RFC 4035 section 5.5"),
    ] = True
    ipv6: Annotated[
        bool,
        means("IPv6 addresses are looked up and used."),
        source("Postfix inet_protocols; Exim disable_ipv6"),
    ] = True
    address_limit: Annotated[
        int,
        means("The most addresses tried in one attempt; 0: all."),
        source("Postfix smtp_mx_address_limit = 5; Exim hosts_max_try = 5"),
    ] = 0
    session_limit: Annotated[
        int,
        means("The most sessions that reach MAIL FROM; 0: any number."),
        source("Postfix smtp_mx_session_limit = 2"),
    ] = 0
    patience: Annotated[
        Patience,
        means(
            "How long the sender waits; if we gave up earlier, the outcome is unknown. If a source is"
            " silent: five minutes, and one minute for a policy."
        ),
        source(
            "RFC 5321 section 4.5.3.2, RFC 8461 section 3.3; Postfix smtp_helo_timeout,"
            " smtp_starttls_timeout, smtp_mail_timeout, smtp_rcpt_timeout: 300 s each;"
            " Exim command_timeout = 5m for each of them"
        ),
    ] = Patience()

    @property
    def documented_only(self) -> bool:
        """It is what a server's documents say, and nobody has seen the server do it."""
        return self.measured == ""

    def toward(self, recipient: str) -> Posture:
        """The posture that decides for the domain `recipient`, under this one's name: the entry for the
        domain itself, else that of its nearest parent."""
        if not self.recipients:
            return self
        labels = recipient.split(".")
        parents = ("." + ".".join(labels[first:]) for first in range(1, len(labels)))
        own = next((self.recipients[each] for each in (recipient, *parents) if each in self.recipients), None)
        if own is None:
            return msgspec.structs.replace(self, recipients={})
        title = f"{own.title} (as {own.name}, for {recipient})"
        return msgspec.structs.replace(own, name=self.name, title=title, recipients={})

    def changed(self, **fields: Any) -> Posture:
        """With these fields and habits, which are then known though the sources are silent on them."""
        habits = {name: fields.pop(name) for name in tuple(fields) if name not in Posture.__struct_fields__}
        if habits:
            fields["agent"] = msgspec.structs.replace(self.agent, **habits)
        unknown = {field: values for field, values in self.unknown.items() if field not in fields}
        return msgspec.structs.replace(self, **{"unknown": unknown, **fields})
