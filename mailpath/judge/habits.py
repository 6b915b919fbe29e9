"""The words in which an agent's habits are written: values of its fields, and how a field is described."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mailpath.records import Word


class Family(StrEnum):
    """Whose log the sentences are written for (`sentences.py`)."""

    RFC = "rfc"
    POSTFIX = "postfix"
    EXIM = "exim"


class Refusal(Word):
    """What a refusal makes the sender do."""

    PLAINTEXT = "plaintext", "the sender continues with this host, without TLS"
    NEXT = "next", "the next address or host is tried; the mail waits if there is none"
    ON_RETRY = (
        "plaintext-on-retry",
        "the next address or host is tried; if there is none the mail waits, and goes without TLS then",
    )
    DEFER = "defer", "the mail waits at once, although other hosts remain"
    BOUNCE = "bounce", "the mail bounces at once, although other hosts remain"
    BOUNCE_IF_LAST = "bounce-if-last", "the next address or host is tried; the mail bounces if there is none"


class Undeliverable(Word):
    """What happens to mail for which there is no host to try."""

    BOUNCE = "bounce", "the mail bounces"
    WAIT = "wait", "the mail waits, as after an error"


class NullMx(Word):
    """What a null MX record (RFC 7505) is to the sender."""

    BOUNCE = "bounce", "the mail bounces"
    WAIT = "wait", "the mail waits"
    IGNORE = "ignore", "it is a host like any other, one that has no address"


class OwnHost(Word):
    """Which MX hosts are the sender itself: neither they nor hosts behind them are tried, and the mail
    bounces if none is left (RFC 5321 section 5.1).
    """

    NONE = "none", "none is recognized: the sender connects to itself"
    BY_NAME = "by-name", "those called localhost (RFC 6761 section 6.3)"
    BY_ADDRESS = "by-address", "those called localhost, and those with a loopback address"


class LostInTls(Word):
    """What a session that ends right after the TLS handshake does."""

    AS_HANDSHAKE = "as-handshake", "the same as a handshake that fails"
    NEXT = "next", "the next address or host is tried; the mail waits if there is none"
    DEFER = "defer", "the mail waits at once, although other hosts remain"
    BOUNCE = "bounce", "the mail bounces at once, although other hosts remain"


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
    OPENSSL_2 = "openssl-2", "the same at security level 2: no Diffie-Hellman group below 2048 bits"
    GO = "go", "Go's crypto/tls: the server must use ECDHE; neither RSA transport nor DHE"
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
