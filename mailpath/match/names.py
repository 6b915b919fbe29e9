"""Names in certificates, and when one of them is the name that the sender expects (RFC 6125, RFC 9525).

A *reference* identifier is what the sender expects: a host name, or ".domain" in Postfix's `match=` notation,
which means any name below that domain, at any depth.  A *presented* identifier is what the certificate says:
its DNS-IDs (dNSName in subjectAltName), or its common name if the rules accept that instead (CN-ID).

The comparison is that of OpenSSL's X509_check_host(3), which Postfix 3.6 and later calls with
NO_PARTIAL_WILDCARDS: a wildcard is the whole first label, matches exactly one label of letters, digits and
hyphens, and needs two labels after it.  A ".domain" reference is compared as a plain suffix, never as a
wildcard; so `mx*.b.example` satisfies Postfix's dot-nexthop, but no host name at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

import msgspec

from mailpath.match import der as asn1
from mailpath.match.hosts import is_address
from mailpath.match.usage import ANY_PURPOSE, SERVER_AUTH, extended_key_usage

#: Most names of one certificate that we keep.
MAX_NAMES = 1000
#: RFC 1035 section 2.3.4, as text.
MAX_NAME = 253

COMMON_NAME = "2.5.4.3"
SUBJECT_ALT_NAME = "2.5.29.17"
_DNS_NAME = 0x82  # GeneralName [2] IMPLICIT IA5String
_IP_ADDRESS = 0x87  # GeneralName [7] IMPLICIT OCTET STRING

_LDH_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\Z", re.ASCII)
_LETTERS = re.compile(r"[a-z0-9-]*\Z", re.ASCII)


class NameRules(msgspec.Struct, frozen=True, kw_only=True):
    """How a sender compares names.

    `cn_fallback`: "never"; "no-dns-id": the common name counts if the certificate has no DNS-ID;
    "no-host-id": it counts if, besides, the certificate names no address (iPAddress) and may serve TLS;
    "always": it counts beside the DNS-IDs.
    `single_cn`: the fallback needs exactly one common name (GnuTLS); otherwise each of them counts.
    `partial_wildcards`: "none"; "leading": `*f.example.com` counts; "any": `f*.example.com` too.
    `wildcard_min_labels`: labels needed after the star.  `ldh_labels`: these labels, and what the star
    covers, have letters, digits and hyphens only.  `addresses`: a reference that is an IP address is compared
    with iPAddress and must match in addition to a name.
    """

    cn_fallback: str = "no-dns-id"
    single_cn: bool = False
    partial_wildcards: str = "none"
    wildcard_min_labels: int = 2
    ldh_labels: bool = True
    addresses: bool = False


#: RFC 8461 section 4.2: a DNS-ID is a MUST.
RFC_8461 = NameRules(cn_fallback="never")
#: RFC 7672 section 3.2.3: whole-label wildcards, CN-ID only without DNS-ID.
RFC_7672 = NameRules()
#: The same, for uses about which no RFC says more (RFC 6125 section 6.4).
RFC = RFC_7672
#: Postfix 3.6 and later (tls_client.c: SSL_add1_host(3), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS).
POSTFIX = NameRules(addresses=True)
#: Exim built with GnuTLS: gnutls_x509_crt_check_hostname(3).
GNUTLS = NameRules(cn_fallback="no-host-id", single_cn=True, partial_wildcards="leading", ldh_labels=False)
#: Programs that call X509_check_host(3) with no flags; so does node's tls.checkServerIdentity, nearly.
OPENSSL = NameRules(partial_wildcards="any")
#: Go's crypto/x509: VerifyHostname looks at no common name.
GO = NameRules(cn_fallback="never", wildcard_min_labels=1, ldh_labels=False)
#: Sendmail 8.18 with check_cert_altnames: the common name and each DNS-ID.
SENDMAIL = NameRules(cn_fallback="always", wildcard_min_labels=1)


class CertificateNames(msgspec.Struct, frozen=True, kw_only=True):
    """Names of a certificate in lower case, in the certificate's order, each once.

    `dns`: DNS-IDs that could be names; one with a NUL, a control or a non-ASCII character is in `refused`,
    unchanged, and matches nothing.  `has_dns_id`: it has a DNS-ID of any sort, which rules out CN-ID.
    `addresses`: iPAddress as text.  `cn`: the first common name, `cns`: all of them.  `serves`: its
    extendedKeyUsage, if any, allows a TLS server.  `error`: why we could not read any.
    """

    dns: tuple[str, ...] = ()
    cn: str | None = None
    cns: tuple[str, ...] = ()
    has_dns_id: bool = False
    addresses: tuple[str, ...] = ()
    serves: bool = True
    refused: tuple[bytes, ...] = ()
    error: str = ""


@lru_cache(asn1.REMEMBERED)
def certificate_names(der: bytes) -> CertificateNames:
    """DNS-IDs and common names of the certificate `der`.  Never raises."""
    try:
        parts = asn1.take_apart(der)
    except asn1.BadDer as bad:
        return CertificateNames(error=f"no certificate: {bad}")
    error = ""
    try:
        alternatives = _read_alternatives(parts)
    except asn1.BadDer as bad:
        alternatives, error = [], f"malformed subjectAltName: {bad}"
    sent = [name.content for name in alternatives if name.tag == _DNS_NAME]
    dns, refused = _sort_out(sent)
    try:
        common = [
            asn1.text(tag, content).encode()
            for kind, tag, content in asn1.attributes(parts.subject)
            if kind == COMMON_NAME
        ]
    except asn1.BadDer as bad:
        common, error = [], error or f"malformed subject: {bad}"
    cns, _ = _sort_out(common)
    return CertificateNames(
        dns=dns,
        cn=cns[0] if cns else None,
        cns=cns,
        has_dns_id=bool(sent),
        addresses=tuple(
            str(ip_address(name.content))
            for name in alternatives[:MAX_NAMES]
            if name.tag == _IP_ADDRESS and len(name.content) in (4, 16)
        ),
        serves=_may_serve(parts),
        refused=refused[:MAX_NAMES],
        error=error,
    )


def _read_alternatives(parts: asn1.Parts) -> list[asn1.Element]:
    """The GeneralNames of subjectAltName (RFC 5280 section 4.2.1.6)."""
    extension = parts.extensions.get(SUBJECT_ALT_NAME)
    return list(asn1.elements(asn1.only(extension, asn1.SEQUENCE).content)) if extension else []


def _may_serve(parts: asn1.Parts) -> bool:
    uses = extended_key_usage(parts)
    return uses is None or bool(uses & {SERVER_AUTH, ANY_PURPOSE})


def _sort_out(sent: Iterable[bytes]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """The names in `sent` that are printable ASCII and not too long, and the others."""
    kept: dict[str, None] = {}
    refused: list[bytes] = []
    for raw in sent:
        if not 0 < len(raw) <= MAX_NAME or any(not 0x20 < octet < 0x7F for octet in raw):
            refused.append(raw)
        elif len(kept) < MAX_NAMES:
            kept[raw.decode("ascii").lower()] = None
    return tuple(kept), tuple(refused)


def matches(reference: str, presented: str, rules: NameRules = POSTFIX) -> bool:
    """Is `presented`, from a certificate, the `reference`: a host name, or ".domain" for any name below?"""
    reference, presented = reference.lower(), presented.lower()
    if "\0" in presented or not reference or reference == ".":
        return False
    if reference.startswith("."):
        return presented.endswith(reference)
    if reference == presented:
        return True
    star = _find_star(presented, rules)
    if star is None:
        return False
    # They cannot overlap in the reference: a suffix behind a prefix begins with a dot; the prefix has none.
    prefix, suffix = presented[:star], presented[star + 1 :]
    if not reference.startswith(prefix) or not reference.endswith(suffix):
        return False
    covered = reference[len(prefix) : len(reference) - len(suffix)]
    if "." in covered or (rules.ldh_labels and not _LETTERS.match(covered)):
        return False
    # A partial wildcard never matches an A-label, whose letters are not those that people read.
    whole_label = not prefix and suffix.startswith(".")
    return whole_label or not reference.startswith("xn--")


def _find_star(presented: str, rules: NameRules) -> int | None:
    """Index of the one usable star of a wildcard name, or None: then the name is no wildcard."""
    first, *behind = presented.split(".")
    if first.count("*") != 1 or len(behind) < rules.wildcard_min_labels:
        return None
    if not all(_LDH_LABEL.match(label) if rules.ldh_labels else label for label in behind):
        return None
    if first != "*":
        leading, trailing = first.startswith("*"), first.endswith("*")
        partial = {"leading": leading, "any": leading or trailing}.get(rules.partial_wildcards, False)
        letters = first.replace("*", "")
        if not partial or not _LETTERS.match(letters):
            return None
        if rules.ldh_labels and (first.startswith("-") or letters.endswith("-")):
            return None
    return first.index("*")


def presented(names: CertificateNames, rules: NameRules = POSTFIX) -> tuple[str, ...]:
    """The names of a certificate that count under `rules`."""
    if rules.cn_fallback == "always":
        return (*names.dns, *names.cns)
    if names.has_dns_id:
        return names.dns
    if rules.cn_fallback == "never":
        return ()
    if rules.cn_fallback == "no-host-id" and (names.addresses or not names.serves):
        return ()
    if rules.single_cn and len(names.cns) != 1:
        return ()
    return names.cns


def any_match(references: Iterable[str], names: CertificateNames, rules: NameRules = POSTFIX) -> str | None:
    """The presented name that first satisfies one of `references`, or None."""
    references = tuple(references)
    if rules.addresses:
        # SSL_add1_host(3): the first address must match on its own; OpenSSL has room for only one.
        wanted = [reference for reference in references if is_address(reference)]
        if wanted and wanted[0] not in names.addresses:
            return None
        references = tuple(reference for reference in references if not is_address(reference))
        if wanted and not references:
            return wanted[0]
    candidates = presented(names, rules)
    for reference in references:
        for candidate in candidates:
            if matches(reference, candidate, rules):
                return candidate
    return None
