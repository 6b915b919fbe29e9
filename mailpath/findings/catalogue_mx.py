"""MX: which hosts take the mail, and whether they can be found."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="MX001",
        title="Null MX: no mail is accepted",
        severity=Severity.ERROR,
        meaning="The domain says that it takes no mail at all. Every sender bounces the message at once.",
        fix="Check the address. If the domain should take mail, publish an MX record that names a mail host"
        " in place of 'MX 0 .'",
        rfc="RFC 7505 section 3",
    ),
    Entry(
        code="MX002",
        title="No MX record, the domain itself is the mail host",
        severity=Severity.WARNING,
        meaning="Without an MX record mail goes to the domain's own address. That works, but any change of"
        " that address (a new web host, say) moves the mail too.",
        fix="Publish an MX record that names the mail host.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX003",
        title="Neither MX nor address",
        severity=Severity.ERROR,
        meaning="The domain exists, but nothing in DNS says where its mail goes. Every sender bounces"
        " the message.",
        fix="Publish an MX record that names a mail host, or 'MX 0 .' if the domain takes no mail.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX004",
        title="The domain does not exist",
        severity=Severity.ERROR,
        meaning="DNS says that there is no such domain. Every sender bounces the message.",
        fix="Check the spelling of the address, and whether the domain's registration has lapsed.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX005",
        title="The MX lookup fails",
        severity=Severity.ERROR,
        meaning="The domain's MX records could not be had: no answer came, an error, or an answer that fails"
        " validation. That is not the same as no MX: senders keep the message and try again later.",
        fix="Look at the domain's name servers: every one of them must answer for the zone.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX006",
        title="A null MX beside other MX records",
        severity=Severity.ERROR,
        meaning="'MX 0 .' says that the domain takes no mail and must stand alone. Some senders bounce,"
        " others"
        " use the hosts beside it.",
        fix="Delete the record 'MX 0 .', or all the others.",
        rfc="RFC 7505 section 3",
    ),
    Entry(
        code="MX007",
        title="An MX host has no address",
        severity=Severity.ERROR,
        meaning="The MX record names a host that has neither an A nor an AAAA record. Senders skip it; where"
        " there is no other they bounce the message.",
        fix="Publish an address for the host, or delete the MX record that names it.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX008",
        title="An MX host is an alias",
        severity=Severity.WARNING,
        meaning="An MX record must name a host that has addresses of its own, not a CNAME. Most senders"
        " follow"
        " it all the same, but they differ in which of the two names certificate and TLSA belong to.",
        fix="Let the MX record name the target of the CNAME.",
        rfc="RFC 2181 section 10.3",
    ),
    Entry(
        code="MX009",
        title="An MX host has a special-use address",
        severity=Severity.ERROR,
        meaning="The address is loopback, private or otherwise not of the public Internet, so nobody outside"
        " reaches it.",
        fix="Publish the host's public address, or delete the record.",
        rfc="RFC 6890 section 2.2",
    ),
    Entry(
        code="MX010",
        title="An MX record names an IP address",
        severity=Severity.ERROR,
        meaning="An MX record must name a host. Some senders use the address all the same, others bounce. No"
        " certificate, policy or TLSA record can belong to it.",
        fix="Give the address a host name, and let the MX record name that.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX011",
        title="An MX record names no valid host",
        severity=Severity.ERROR,
        meaning="The name has characters or a form that no host name can have; senders skip it or bounce.",
        fix="Correct the host name in the MX record.",
        rfc="RFC 5321 section 2.3.5",
    ),
    Entry(
        code="MX012",
        title="An MX host is listed twice",
        severity=Severity.INFO,
        meaning="The same host stands at several preferences. Nothing breaks, but it is no second chance, and"
        " some senders try it twice.",
        fix="Keep the record with the lowest preference.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX013",
        title="An MX host's address could not be learnt",
        severity=Severity.ERROR,
        meaning="The lookup of the host's address failed, which is not the same as there being none. Senders"
        " try the next host, and keep the message where there is none.",
        fix="Look at the name servers of the host's zone.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX014",
        title="Hosts of equal preference",
        severity=Severity.INFO,
        meaning="Senders choose at random among hosts of the same preference, so any of them may take the"
        " mail: the path is as strong as the weakest.",
        fix="Nothing needs to be done as long as all of them are equally well protected.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="MX015",
        title="The recipient domain is an alias",
        severity=Severity.INFO,
        meaning="Mail follows the CNAME to the MX of its target. The MTA-STS policy does not: it is sought at"
        " the name in the mail address.",
        fix="Where the target has a policy, publish one for the alias too.",
        rfc="RFC 8461 section 2",
    ),
)
