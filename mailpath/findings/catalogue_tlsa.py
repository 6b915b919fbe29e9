"""TLSA: the records by which DANE authenticates an MX host."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="TLSA001",
        title="A signed host without TLSA",
        severity=Severity.INFO,
        meaning="The host's zone is signed, so DANE is one record away. Without it senders with DANE"
        " treat the"
        " host as any other.",
        fix="Publish a TLSA record 3 1 1 with the SHA-256 digest of the server's public key.",
        rfc="RFC 7672 section 2.2.3",
    ),
    Entry(
        code="TLSA002",
        title="TLSA does not match the certificate",
        severity=Severity.ERROR,
        meaning="The key or certificate on the server is not the one that DNS announces, most often"
        " because it"
        " was renewed and the record was not. Senders with DANE do not deliver to this host.",
        fix="Publish the record that matches, wait until the old one has left all caches, then delete that.",
        rfc="RFC 7672 section 3.1.1",
    ),
    Entry(
        code="TLSA003",
        title="No TLSA record can be used",
        severity=Severity.ERROR,
        meaning="Records are published, but none that a sender can use. TLS becomes mandatory for senders"
        " with DANE, yet nothing is authenticated; those that insist on DANE do not deliver.",
        fix="Publish a TLSA record 3 1 1 with the SHA-256 digest of the server's public key.",
        rfc="RFC 7672 section 2.2",
    ),
    Entry(
        code="TLSA004",
        title="A TLSA record cannot be used",
        severity=Severity.WARNING,
        meaning="Senders leave this record out. The others of the set stand.",
        fix="Delete the record, or correct it.",
        rfc="RFC 7672 section 3.1.3",
    ),
    Entry(
        code="TLSA005",
        title="The TLSA lookup fails",
        severity=Severity.ERROR,
        meaning="The host's addresses are signed, but whether it has TLSA records cannot be learnt. To go on"
        " would hand the mail to whoever blocks the answer, so senders with DANE pass over the host.",
        fix="Make the name servers of the host's zone answer questions for TLSA, also below names that do"
        " not exist.",
        rfc="RFC 7672 section 2.1.2",
    ),
    Entry(
        code="TLSA007",
        title="TLSA records that are not signed",
        severity=Severity.WARNING,
        meaning="The records, or an alias that leads to them, are in an unsigned zone. They are not used.",
        fix="Publish them in a signed zone.",
        rfc="RFC 7672 section 2.2.3",
    ),
    Entry(
        code="TLSA008",
        title="The trust anchor is not in the chain",
        severity=Severity.ERROR,
        meaning="A DANE-TA record is a digest of a CA certificate or its key. The server must send that"
        " certificate, a root too: the sender cannot find it otherwise.",
        fix="Add the CA certificate to the chain file of the server, or publish 3 1 1 for the server's"
        " own key.",
        rfc="RFC 7672 section 3.1.2",
    ),
    Entry(
        code="TLSA009",
        title="The trust anchor matches, the certificate does not hold",
        severity=Severity.ERROR,
        meaning="Under DANE-TA the server's certificate must be in date and name the host; the record alone"
        " is not enough.",
        fix="Renew the certificate with the host's name in it, or publish 3 1 1 for the server's own key.",
        rfc="RFC 7672 section 3.2.2",
    ),
    Entry(
        code="TLSA010",
        title="A TLSA record that matches nothing",
        severity=Severity.INFO,
        meaning="Another record matches, so mail flows. This one is for a key to come, or one that is gone.",
        fix="Delete it if the key is gone.",
        rfc="RFC 7671 section 8.1",
    ),
    Entry(
        code="TLSA011",
        title="Only some MX hosts have TLSA",
        severity=Severity.WARNING,
        meaning="DANE protects each host on its own. An attacker who makes the protected hosts unreachable"
        " gets the mail sent to this one, without authentication.",
        fix="Publish TLSA records for every MX host.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="TLSA012",
        title="TLSA records, but no TLS",
        severity=Severity.ERROR,
        meaning="The records make TLS mandatory, and no TLS session could be made with this host."
        " Senders with"
        " DANE do not deliver to it.",
        fix="Turn STARTTLS on at the host, or delete its TLSA records until it works.",
        rfc="RFC 7672 section 2.2",
    ),
    Entry(
        code="TLSA013",
        title="TLSA pins a whole certificate",
        severity=Severity.INFO,
        meaning="With selector 0 the record must change with every renewal of the certificate, even where the"
        " key stays.",
        fix="Publish 3 1 1, and keep the key at renewals.",
        rfc="RFC 7671 section 5.1",
    ),
    Entry(
        code="TLSA014",
        title="TLSA under an unsigned MX",
        severity=Severity.WARNING,
        meaning="The host is authenticated, but the MX record that chose it is not: forge that, and DANE"
        " vouches for the wrong host. Senders call this half-DANE, or do not use it at all.",
        fix="Sign the recipient's zone.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="TLSA015",
        title="TLSA could not be compared",
        severity=Severity.WARNING,
        meaning="There are TLSA records, but no certificate was seen to hold them against.",
        fix="Walk the path again from a machine that reaches the host.",
        rfc="RFC 7672 section 3",
    ),
    Entry(
        code="TLSA016",
        title="A weaker digest is passed over",
        severity=Severity.INFO,
        meaning="Of several digests of one kind senders use only the strongest. If that one is wrong, the"
        " others do not help.",
        fix="Keep one kind of digest, SHA-256 (matching type 1).",
        rfc="RFC 7671 section 9",
    ),
)
