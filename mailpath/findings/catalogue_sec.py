"""SEC: DNSSEC, the chain of trust that DANE stands on."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="SEC001",
        title="The MX RRset is not signed",
        severity=Severity.WARNING,
        meaning="Whoever can forge a DNS answer can send the mail to a host of their own. DANE cannot"
        " protect the choice of the host; only an enforced MTA-STS policy does.",
        fix="Sign the zone, and hand its DS record to the registrar.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="SEC002",
        title="A bogus answer",
        severity=Severity.ERROR,
        meaning="The zone is signed, and this answer fails validation. A validating resolver gives its mail"
        " servers SERVFAIL in place of it, and the message waits.",
        fix="Sign the zone again; check that the DS at the parent belongs to a key that the zone publishes.",
        rfc="RFC 4035 section 5",
    ),
    Entry(
        code="SEC003",
        title="Security could not be told",
        severity=Severity.WARNING,
        meaning="A part of the chain of trust could not be had, so the answer is neither secure nor insecure"
        " nor bogus.",
        fix="Try again; if it stays so, look at the name servers of the zone named.",
        rfc="RFC 4035 section 4.3",
    ),
    Entry(
        code="SEC004",
        title="An MX host's address is not signed",
        severity=Severity.WARNING,
        meaning="TLSA records of a host count only where its address records are signed. Senders do not even"
        " ask for them here.",
        fix="Sign the zone of the mail host, or use one in a signed zone.",
        rfc="RFC 7672 section 2.2.2",
    ),
    Entry(
        code="SEC005",
        title="Signatures run out soon",
        severity=Severity.WARNING,
        meaning="In less than seven days the answer turns bogus, unless the zone is signed again. Signers do"
        " that by themselves; one that has stopped is noticed when the mail stops.",
        fix="Check that the signer runs, and that the secondary servers fetch the zone.",
        rfc="RFC 4035 section 5.3.1",
    ),
    Entry(
        code="SEC006",
        title="Signed with SHA-1",
        severity=Severity.WARNING,
        meaning="The zone is signed with RSASHA1, which is retired. Some validators already treat the zone as"
        " unsigned, which takes DANE away.",
        fix="Roll over to algorithm 13 (ECDSAP256SHA256).",
        rfc="RFC 9905 section 2",
    ),
    Entry(
        code="SEC007",
        title="The only DS digest is SHA-1",
        severity=Severity.WARNING,
        meaning="The parent vouches for the zone by a SHA-1 digest alone, which is retired.",
        fix="Publish a DS with digest type 2 (SHA-256) at the parent.",
        rfc="RFC 9905 section 2",
    ),
    Entry(
        code="SEC008",
        title="The resolver does not pass DNSSEC data",
        severity=Severity.WARNING,
        meaning="The resolver leaves out signatures, the root's keys, or the proofs that something does not"
        " exist, so not everything can be validated from here. A mail server behind it cannot use DANE.",
        fix="Ask a resolver that passes DNSSEC data: --resolver ADDRESS, best one on the mail server itself.",
        rfc="RFC 4035 section 3.2.1",
    ),
    Entry(
        code="SEC009",
        title="The resolver sees it otherwise",
        severity=Severity.INFO,
        meaning="What the resolver claims (its AD bit, or SERVFAIL) is not what validation here found. Mail"
        " servers believe their resolver.",
        fix="Use a validating resolver on the mail server itself, with a current trust anchor.",
        rfc="RFC 6840 section 5.8",
    ),
    Entry(
        code="SEC010",
        title="No supported algorithm",
        severity=Severity.WARNING,
        meaning="Every DS of the zone uses an algorithm or digest that is not supported, so the zone counts"
        " as unsigned.",
        fix="Sign with algorithm 13 (ECDSAP256SHA256), and publish a DS with digest type 2.",
        rfc="RFC 4035 section 5.2",
    ),
    Entry(
        code="SEC011",
        title="A DS without a key",
        severity=Severity.WARNING,
        meaning="The parent has a DS that matches no key of the zone. Another one holds the chain; if that"
        " key goes, the zone turns bogus.",
        fix="Delete the DS at the parent once the key rollover is over.",
        rfc="RFC 6781 section 4.1.2",
    ),
    Entry(
        code="SEC012",
        title="Signatures have run out",
        severity=Severity.ERROR,
        meaning="The signatures are past their date, so the answer is bogus: validating senders cannot"
        " use it.",
        fix="Sign the zone again, reload it on all name servers, and find out why the signer stopped.",
        rfc="RFC 4035 section 5.3.1",
    ),
    Entry(
        code="SEC013",
        title="Validation is switched off",
        severity=Severity.WARNING,
        meaning="A negative trust anchor is set here: the zone counts as unsigned, whether it is signed,"
        " unsigned or broken, and DANE is not used in it. A mail server whose resolver has no such anchor"
        " takes the zone as it is.",
        fix="Remove --insecure-zone (network key insecure_zones) as soon as the zone is repaired.",
        rfc="RFC 7646 section 2",
    ),
    Entry(
        code="SEC014",
        title="No trust anchor covers the name",
        severity=Severity.WARNING,
        meaning="None of the trust anchors in use stands at this name or above it, so nothing can vouch for"
        " it: it counts as unsigned, signed or not.",
        fix="Add the trust anchor of the zone, or that of the root, to the file that --trust-anchor names.",
        rfc="RFC 4035 section 5",
    ),
)
