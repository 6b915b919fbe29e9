"""SEC: DNSSEC, the chain of trust that DANE stands on."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="SEC001",
        title="The MX RRset is not signed",
        severity=Severity.WARNING,
        meaning="An attacker who can forge DNS answers can redirect the mail to a host of their choice. DANE"
        " cannot protect the choice of the MX host; only an enforced MTA-STS policy can.",
        fix="Sign the zone, and submit its DS record through the registrar.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="SEC002",
        title="A bogus answer",
        severity=Severity.ERROR,
        meaning="The zone is signed, and this answer fails validation. A validating resolver returns"
        " SERVFAIL to its mail servers instead, and the message waits.",
        fix="Sign the zone again, and check that the DS record at the parent matches a key that the zone"
        " publishes.",
        rfc="RFC 4035 section 5",
    ),
    Entry(
        code="SEC003",
        title="DNSSEC status could not be determined",
        severity=Severity.WARNING,
        meaning="Part of the chain of trust could not be retrieved, so the answer cannot be classed as"
        " secure, insecure or bogus.",
        fix="Try again; if nothing changes, check the name servers of the zone named here.",
        rfc="RFC 4035 section 4.3",
    ),
    Entry(
        code="SEC004",
        title="An MX host's address is not signed",
        severity=Severity.WARNING,
        meaning="TLSA records of a host count only if its address records are signed. Senders do not even"
        " look them up here.",
        fix="Sign the zone of the mail host, or use a mail host in a signed zone.",
        rfc="RFC 7672 section 2.2.2",
    ),
    Entry(
        code="SEC005",
        title="Signatures expire soon",
        severity=Severity.WARNING,
        meaning="The answer will be bogus in less than seven days unless the zone is signed again. Signers"
        " do that automatically; a signer that has stopped often goes unnoticed until mail stops.",
        fix="Check that the signer is running, and that the secondary servers transfer the zone.",
        rfc="RFC 4035 section 5.3.1",
    ),
    Entry(
        code="SEC006",
        title="Signed with SHA-1",
        severity=Severity.WARNING,
        meaning="The zone is signed with RSASHA1, which is deprecated. Some validators already treat the"
        " zone as unsigned, which disables DANE.",
        fix="Perform an algorithm rollover to algorithm 13 (ECDSAP256SHA256).",
        rfc="RFC 9905 section 2",
    ),
    Entry(
        code="SEC007",
        title="The only DS digest is SHA-1",
        severity=Severity.WARNING,
        meaning="The only DS record at the parent has a SHA-1 digest, which is deprecated.",
        fix="Publish a DS record with digest type 2 (SHA-256) at the parent.",
        rfc="RFC 9905 section 2",
    ),
    Entry(
        code="SEC008",
        title="The resolver does not pass DNSSEC data",
        severity=Severity.WARNING,
        meaning="The resolver omits signatures, the root's keys or proofs of nonexistence, so some answers"
        " cannot be validated from here. A mail server that uses this resolver cannot use DANE.",
        fix="Use a resolver that passes DNSSEC data (--resolver ADDRESS), preferably one on the mail server"
        " itself.",
        rfc="RFC 4035 section 3.2.1",
    ),
    Entry(
        code="SEC009",
        title="The resolver disagrees",
        severity=Severity.INFO,
        meaning="What the resolver says (its AD bit, or SERVFAIL) differs from the result of validation"
        " here. Mail servers believe their resolver.",
        fix="Use a validating resolver on the mail server itself, with a current trust anchor.",
        rfc="RFC 6840 section 5.8",
    ),
    Entry(
        code="SEC010",
        title="No supported algorithm",
        severity=Severity.WARNING,
        meaning="Every DS record of the zone uses an unsupported algorithm or digest, so the zone counts as"
        " unsigned.",
        fix="Sign with algorithm 13 (ECDSAP256SHA256), and publish a DS record with digest type 2.",
        rfc="RFC 4035 section 5.2",
    ),
    Entry(
        code="SEC011",
        title="A DS record matches no key",
        severity=Severity.WARNING,
        meaning="The parent has a DS record that matches no key of the zone. Another DS record keeps the"
        " chain intact; if its key is removed, the zone becomes bogus.",
        fix="Delete the DS record at the parent once the key rollover is complete.",
        rfc="RFC 6781 section 4.1.2",
    ),
    Entry(
        code="SEC012",
        title="Signatures have expired",
        severity=Severity.ERROR,
        meaning="The signatures have expired, so the answer is bogus: senders that validate cannot use it.",
        fix="Sign the zone again, reload it on all name servers, and find out why the signer stopped.",
        rfc="RFC 4035 section 5.3.1",
    ),
    Entry(
        code="SEC013",
        title="Validation is switched off",
        severity=Severity.WARNING,
        meaning="A negative trust anchor is set here: the zone counts as unsigned, even if it is signed or"
        " broken, and DANE is not used in it. A mail server whose resolver has no such anchor validates the"
        " zone as usual.",
        fix="Remove --insecure-zone (network key insecure_zones) as soon as the zone is repaired.",
        rfc="RFC 7646 section 2",
    ),
    Entry(
        code="SEC014",
        title="No trust anchor covers the name",
        severity=Severity.WARNING,
        meaning="There is no trust anchor in use at this name or above it, so nothing vouches for it: it"
        " counts as unsigned, even if it is signed.",
        fix="Add the trust anchor of the zone or of the root to the file named by --trust-anchor.",
        rfc="RFC 4035 section 5",
    ),
)
