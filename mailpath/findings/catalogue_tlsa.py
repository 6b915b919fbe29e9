"""TLSA: the records by which DANE authenticates an MX host."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="TLSA001",
        title="A signed MX host without TLSA records",
        severity=Severity.INFO,
        meaning="The host's zone is signed, so DANE is only one record away. Without that record, senders"
        " with DANE treat the host like one without DANE.",
        fix="Publish a TLSA record 3 1 1 with the SHA-256 digest of the server's public key.",
        rfc="RFC 7672 section 2.2.3",
    ),
    Entry(
        code="TLSA002",
        title="The certificate matches no TLSA record",
        severity=Severity.ERROR,
        meaning="The server's key or certificate is not the one published in DNS, most often because it was"
        " renewed without updating the record. Senders with DANE do not deliver to this host.",
        fix="Publish a record that matches, wait until the old one has expired from all caches, then delete"
        " the old one.",
        rfc="RFC 7672 section 3.1.1",
    ),
    Entry(
        code="TLSA003",
        title="No TLSA record is usable",
        severity=Severity.ERROR,
        meaning="TLSA records are published, but senders cannot use any of them. For senders with DANE, TLS"
        " becomes mandatory but unauthenticated; senders that insist on DANE do not deliver.",
        fix="Publish a TLSA record 3 1 1 with the SHA-256 digest of the server's public key.",
        rfc="RFC 7672 section 2.2",
    ),
    Entry(
        code="TLSA004",
        title="A TLSA record is unusable",
        severity=Severity.WARNING,
        meaning="Senders ignore this record. The other records of the set still count.",
        fix="Delete the record, or correct it.",
        rfc="RFC 7672 section 3.1.3",
    ),
    Entry(
        code="TLSA005",
        title="The TLSA lookup failed",
        severity=Severity.ERROR,
        meaning="The host's addresses are signed, but the lookup of its TLSA records fails. Delivering"
        " anyway would hand the mail to whoever blocks the answer, so senders with DANE skip the host.",
        fix="Make the name servers of the host's zone answer TLSA queries, including those for names that do"
        " not exist.",
        rfc="RFC 7672 section 2.1.2",
    ),
    Entry(
        code="TLSA007",
        title="Unsigned TLSA records",
        severity=Severity.WARNING,
        meaning="The records, or an alias that leads to them, are in an unsigned zone, so senders do not use"
        " them.",
        fix="Publish them in a signed zone.",
        rfc="RFC 7672 section 2.2.3",
    ),
    Entry(
        code="TLSA008",
        title="The trust anchor is not in the chain",
        severity=Severity.ERROR,
        meaning="A DANE-TA record holds the digest of a CA certificate or of its key. The server must send"
        " that certificate, even if it is a root, because the sender has no other way to find it.",
        fix="Add the CA certificate to the server's chain file, or publish 3 1 1 for the server's own key.",
        rfc="RFC 7672 section 3.1.2",
    ),
    Entry(
        code="TLSA009",
        title="The trust anchor matches, but the certificate is not valid",
        severity=Severity.ERROR,
        meaning="With DANE-TA, a matching record is not enough: the server's certificate must also be"
        " currently valid and name the host.",
        fix="Renew the certificate with the host's name, or publish 3 1 1 for the server's own key.",
        rfc="RFC 7672 section 3.2.2",
    ),
    Entry(
        code="TLSA010",
        title="A TLSA record matches nothing",
        severity=Severity.INFO,
        meaning="Another record matches, so mail flows. This one belongs to a future key, or to one that is"
        " gone.",
        fix="Delete it if the key is gone.",
        rfc="RFC 7671 section 8.1",
    ),
    Entry(
        code="TLSA011",
        title="Only some MX hosts have TLSA records",
        severity=Severity.WARNING,
        meaning="DANE protects each host on its own. An attacker who makes the protected hosts unreachable"
        " diverts the mail to this one, where nothing is authenticated.",
        fix="Publish TLSA records for every MX host.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="TLSA012",
        title="TLSA records, but no TLS",
        severity=Severity.ERROR,
        meaning="The records make TLS mandatory, but no TLS session with this host was possible. Senders"
        " with DANE do not deliver to it.",
        fix="Enable STARTTLS on the host, or delete its TLSA records until it works.",
        rfc="RFC 7672 section 2.2",
    ),
    Entry(
        code="TLSA013",
        title="A TLSA record pins the whole certificate",
        severity=Severity.INFO,
        meaning="With selector 0 the record must change with every certificate renewal, even if the key"
        " stays the same.",
        fix="Publish 3 1 1, and keep the key when you renew the certificate.",
        rfc="RFC 7671 section 5.1",
    ),
    Entry(
        code="TLSA014",
        title="TLSA records behind an unsigned MX record",
        severity=Severity.WARNING,
        meaning="The host is authenticated, but the MX record that names it is not: an attacker who forges"
        " the MX record makes DANE vouch for the wrong host. Some senders still use these records"
        " (half-DANE), others ignore them.",
        fix="Sign the recipient's zone.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="TLSA015",
        title="TLSA records could not be compared",
        severity=Severity.WARNING,
        meaning="There are TLSA records, but no certificate was seen to compare them with.",
        fix="Walk the path again from a machine that reaches the host.",
        rfc="RFC 7672 section 3",
    ),
    Entry(
        code="TLSA016",
        title="A weaker digest is ignored",
        severity=Severity.INFO,
        meaning="If several digests are published for the same usage and selector, senders use only the"
        " strongest. If that one is wrong, the others do not help.",
        fix="Use only one kind of digest, SHA-256 (matching type 1).",
        rfc="RFC 7671 section 9",
    ),
)
