"""SND: the sending side, and the place from which the path was walked."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="SND001",
        title="Outgoing port 25 is blocked here",
        severity=Severity.WARNING,
        meaning="No SMTP session was possible, because this machine or its network blocks outgoing"
        " connections to port 25. Nothing is known about the recipient's servers, and this is not their"
        " fault.",
        fix="Run mailpath on the mail server itself: ssh HOST mailpath check RECIPIENT --capture - |"
        " mailpath open -",
        rfc="RFC 5321 section 4.5.4.1",
    ),
    Entry(
        code="SND002",
        title="The sender domain's DNS does not answer",
        severity=Severity.WARNING,
        meaning="The sender domain's MX or SPF records could not be looked up, so its outgoing mail server"
        " is unknown.",
        fix="Choose your server's posture yourself, and check the name servers of the sender domain.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="SND003",
        title="Several SPF records",
        severity=Severity.WARNING,
        meaning="The sender domain publishes more than one SPF record. Receivers treat that as a permanent"
        " error, as if there were no SPF record.",
        fix="Publish one TXT record that begins with v=spf1 and holds all mechanisms.",
        rfc="RFC 7208 section 4.5",
    ),
    Entry(
        code="SND004",
        title="The resolver could not be asked",
        severity=Severity.WARNING,
        meaning="The resolver did not answer, sent something that is not DNS, or returned the same error for"
        " everything: this path, unrelated names and the root. The result of the lookup is unknown, and this"
        " is not the recipient's fault.",
        fix="Use another resolver (--resolver ADDRESS). Check that this one's address is right and that it"
        " serves this machine; for tls:// and https://, check its name and certificate too.",
        rfc="RFC 1035 section 4.2",
    ),
    Entry(
        code="SND005",
        title="The policy host cannot be reached from here",
        severity=Severity.WARNING,
        meaning="This machine could not connect to the policy host: it ran out of file descriptors or ports,"
        " has no IPv6 or no route, or blocks such connections. The content of the MTA-STS policy is unknown,"
        " and this is not the recipient's fault.",
        fix="Nothing needs to be done on the recipient's side. Raise this machine's limits (ulimit -n), or"
        " run mailpath on a machine that can reach the policy host.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="SND006",
        title="The resolver fails for one record type",
        severity=Severity.WARNING,
        meaning="For this record type the resolver returns the same error for unrelated names and for the"
        " root. That is the resolver's fault, not the recipient's. A mail server that uses this resolver"
        " defers the mail if it needs the answer; one that uses another resolver does not.",
        fix="Use another resolver (--resolver ADDRESS). If a mail server uses this one, repair or replace"
        " it.",
        rfc="RFC 1035 section 4.1.1",
    ),
    Entry(
        code="SND008",
        title="The walk was cut short",
        severity=Severity.INFO,
        meaning="The walk reached one of mailpath's own limits, on DNS queries or on time. The rest of the"
        " path was not tried, so nothing is known about it. This is nobody's fault.",
        fix="Nothing needs to be done on the recipient's side. --deadline SECONDS gives a walk more time.",
        rfc="RFC 1034 section 5.3.3",
    ),
)
