"""MX: which hosts take the mail, and whether they can be found."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="MX001",
        title="Null MX: no mail is accepted",
        severity=Severity.ERROR,
        meaning="The domain states that it accepts no mail. Every sender bounces the message at once.",
        fix="Check the address. If the domain should accept mail, replace 'MX 0 .' with an MX record that"
        " names a mail host.",
        rfc="RFC 7505 section 3",
    ),
    Entry(
        code="MX002",
        title="No MX record: the domain itself is the mail host",
        severity=Severity.WARNING,
        meaning="Without an MX record mail goes to the domain's own address. That works, but changing that"
        " address (for a new web host, say) moves the mail too.",
        fix="Publish an MX record that names the mail host.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX003",
        title="Neither an MX record nor an address",
        severity=Severity.ERROR,
        meaning="The domain exists, but nothing in DNS says where to send its mail. Every sender bounces the"
        " message.",
        fix="Publish an MX record that names a mail host, or 'MX 0 .' if the domain accepts no mail.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX004",
        title="The domain does not exist",
        severity=Severity.ERROR,
        meaning="According to DNS there is no such domain. Every sender bounces the message.",
        fix="Check the spelling of the address, and whether the domain's registration has expired.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX005",
        title="The MX lookup failed",
        severity=Severity.ERROR,
        meaning="The lookup of the domain's MX records got no answer, an error, or an answer that fails"
        " validation. That is not the same as having no MX records: senders queue the message and try again"
        " later.",
        fix="Check the domain's name servers: each of them must answer for the zone.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX006",
        title="A null MX beside other MX records",
        severity=Severity.ERROR,
        meaning="'MX 0 .' means that the domain accepts no mail, so it must be the only MX record. Some"
        " senders bounce the message, others use the other hosts.",
        fix="Delete 'MX 0 .', or delete all the other MX records.",
        rfc="RFC 7505 section 3",
    ),
    Entry(
        code="MX007",
        title="An MX host has no address",
        severity=Severity.ERROR,
        meaning="The MX record names a host that has neither an A nor an AAAA record. Senders skip it; if"
        " there is no other host, they bounce the message.",
        fix="Publish an address for the host, or delete the MX record that names it.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX008",
        title="An MX host is an alias",
        severity=Severity.WARNING,
        meaning="An MX record must name a host that has addresses of its own, not a CNAME. Most senders"
        " follow the alias anyway, but they disagree about which of the two names the certificate and the"
        " TLSA records belong to.",
        fix="Make the MX record name the target of the CNAME.",
        rfc="RFC 2181 section 10.3",
    ),
    Entry(
        code="MX009",
        title="An MX host has a special-use address",
        severity=Severity.ERROR,
        meaning="The address is loopback, private or otherwise not part of the public Internet, so nobody"
        " outside can reach it.",
        fix="Publish the host's public address, or delete the record.",
        rfc="RFC 6890 section 2.2",
    ),
    Entry(
        code="MX010",
        title="An MX record names an IP address",
        severity=Severity.ERROR,
        meaning="An MX record must name a host. Some senders use the address anyway, others bounce the"
        " message. No certificate, policy or TLSA record can apply to it.",
        fix="Give the address a host name, and make the MX record name that host.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX011",
        title="An MX record does not name a valid host",
        severity=Severity.ERROR,
        meaning="The name contains characters, or has a form, that a host name cannot have. Senders skip it"
        " or bounce the message.",
        fix="Correct the host name in the MX record.",
        rfc="RFC 5321 section 2.3.5",
    ),
    Entry(
        code="MX012",
        title="An MX host is listed twice",
        severity=Severity.INFO,
        meaning="The same host is listed with several preferences. Nothing breaks, but it gives no"
        " redundancy, and some senders try the host twice.",
        fix="Keep the record with the lowest preference.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX013",
        title="The lookup of an MX host's address failed",
        severity=Severity.ERROR,
        meaning="A failed lookup is not the same as having no address. Senders try the next host; if there"
        " is none, they queue the message.",
        fix="Check the name servers of the host's zone.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX014",
        title="MX hosts of equal preference",
        severity=Severity.INFO,
        meaning="Senders choose at random among hosts of the same preference, so any of them may receive the"
        " mail. The path is only as strong as the weakest of them.",
        fix="Nothing needs to be done if all of them are equally well protected.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX015",
        title="The recipient domain is an alias",
        severity=Severity.INFO,
        meaning="Mail follows the CNAME to the MX of its target. The MTA-STS policy does not: senders look"
        " it up under the domain of the address.",
        fix="If the target has a policy, publish one for the alias too.",
        rfc="RFC 8461 section 2",
    ),
)
