"""SND: the sending side, and the place from which the path was walked."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="SND001",
        title="Port 25 does not leave this machine",
        severity=Severity.WARNING,
        meaning="No SMTP session could be held, because this machine or its network does not let connections"
        " to port 25 out. Nothing is known of the recipient's servers, and it is not their fault.",
        fix="Run mailpath on the mail server itself: ssh HOST mailpath check RECIPIENT --capture - |"
        " mailpath open -",
        rfc="RFC 5321 section 4.5.4.1",
    ),
    Entry(
        code="SND002",
        title="The sender domain's DNS does not answer",
        severity=Severity.WARNING,
        meaning="The sender domain's MX or SPF could not be learnt, so nothing tells which server sends"
        " for it.",
        fix="Choose the posture of your server yourself, and look at the name servers of the sender domain.",
        rfc="RFC 5321 section 5.1",
    ),
    Entry(
        code="SND003",
        title="Several SPF records",
        severity=Severity.WARNING,
        meaning="The sender domain publishes more than one SPF record. Receivers treat that as a permanent"
        " error, as if there were none.",
        fix="Publish one TXT record that begins with v=spf1 and holds all mechanisms.",
        rfc="RFC 7208 section 4.5",
    ),
    Entry(
        code="SND004",
        title="The resolver could not be asked",
        severity=Severity.WARNING,
        meaning="The resolver did not answer, sent something that is not DNS, or gave the same error to"
        " every question: about this path, about unrelated names and about the root. So nothing is known of"
        " what was looked up, and that is not the recipient's fault.",
        fix="Ask another resolver: --resolver ADDRESS. Check that this one has the right address and serves"
        " this machine; for tls:// and https:// check its name and certificate, too.",
        rfc="RFC 1035 section 4.2",
    ),
    Entry(
        code="SND005",
        title="The policy host cannot be reached from here",
        severity=Severity.WARNING,
        meaning="This machine itself could not connect to the policy host: it ran out of descriptors or"
        " ports, has no IPv6 or no route, or blocks such connections. What the MTA-STS policy says is not"
        " known, and that is not the recipient's fault.",
        fix="Nothing needs to be done on the recipient's side. Raise this machine's limits (ulimit -n), or"
        " run mailpath on one that can reach the host.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="SND006",
        title="The resolver fails questions of one type",
        severity=Severity.WARNING,
        meaning="It answers questions of this type with the same error for unrelated names and for the root."
        " That is the resolver's fault, not the recipient's. A mail server that asks this resolver defers"
        " the mail if it needs the answer; one that asks another does not.",
        fix="Ask another resolver: --resolver ADDRESS. Repair or replace this one if a mail server uses it.",
        rfc="RFC 1035 section 4.1.1",
    ),
    Entry(
        code="SND008",
        title="The walk was cut short",
        severity=Severity.INFO,
        meaning="The walk reached one of mailpath's own limits, on DNS questions or on time. What lies"
        " beyond was not tried, and nothing is known of it. That is nobody's fault.",
        fix="Nothing needs to be done on the recipient's side. --deadline SECONDS gives a walk more time.",
        rfc="RFC 1034 section 5.3.3",
    ),
)
