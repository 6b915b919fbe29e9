"""STS and RPT: the MTA-STS policy, and where reports go."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="STS001",
        title="No MTA-STS policy",
        severity=Severity.WARNING,
        meaning="Senders without DANE have no way to know that TLS and a valid certificate are to be"
        " expected:"
        " an attacker on the path can take TLS away.",
        fix="Publish a policy in mode testing, and go to enforce when the reports are clean.",
        rfc="RFC 8461 section 3",
    ),
    Entry(
        code="STS002",
        title="The MTA-STS record could not be looked up",
        severity=Severity.WARNING,
        meaning="The TXT lookup failed. Senders that meet the domain for the first time go on without a"
        " policy; those with a cached one keep to it.",
        fix="Look at the name servers of the domain.",
        rfc="RFC 8461 section 3.1",
    ),
    Entry(
        code="STS003",
        title="The MTA-STS record is not valid",
        severity=Severity.ERROR,
        meaning="Senders drop the record and go on as if there were no policy.",
        fix="Publish one TXT record of the form: v=STSv1; id=20261123T120000;",
        rfc="RFC 8461 section 3.1",
    ),
    Entry(
        code="STS004",
        title="Several MTA-STS records",
        severity=Severity.ERROR,
        meaning="Where more than one TXT record begins with 'v=STSv1;', senders act as if there were none.",
        fix="Delete all but one of them.",
        rfc="RFC 8461 section 3.1",
    ),
    Entry(
        code="STS005",
        title="The policy host has no address",
        severity=Severity.ERROR,
        meaning="The TXT record promises a policy, but the host that should serve it cannot be found.",
        fix="Publish an address for the policy host, or delete the TXT record.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS006",
        title="The policy host's certificate is refused",
        severity=Severity.ERROR,
        meaning="The policy may only be fetched from a host whose certificate is trusted, in date, and names"
        " it as a DNS-ID. Senders drop the fetch and go on without a policy.",
        fix="Give the policy host a certificate of a public CA that names it.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS007",
        title="The policy host does not answer",
        severity=Severity.ERROR,
        meaning="The policy could not be fetched. Senders that meet the domain for the first time go on"
        " without it.",
        fix="Look at the web server of the policy host.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS008",
        title="The policy host answers, but not with the policy",
        severity=Severity.ERROR,
        meaning="Only HTTP status 200 counts, and a redirect must not be followed. Senders go on without a"
        " policy.",
        fix="Serve the policy at that very URL with status 200.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS009",
        title="The policy is not text/plain",
        severity=Severity.ERROR,
        meaning="The Content-Type should be text/plain; many senders drop the policy otherwise.",
        fix="Serve the policy with Content-Type: text/plain",
        rfc="RFC 8461 section 3.2",
    ),
    Entry(
        code="STS010",
        title="The policy is not valid",
        severity=Severity.ERROR,
        meaning="Senders drop a policy that they cannot read and go on as if there were none.",
        fix="Correct the line named, and change the id in the TXT record.",
        rfc="RFC 8461 section 3.2",
    ),
    Entry(
        code="STS011",
        title="Testing mode",
        severity=Severity.WARNING,
        meaning="Failures are reported, but the mail is delivered all the same: nothing is protected yet.",
        fix="When the TLS reports are clean, publish 'mode: enforce' and change the id in the TXT record.",
        rfc="RFC 8461 section 5",
    ),
    Entry(
        code="STS012",
        title="Mode none",
        severity=Severity.WARNING,
        meaning="The policy asks for nothing, as before MTA-STS is taken down.",
        fix="Publish 'mode: testing' or 'mode: enforce' if the domain should be protected.",
        rfc="RFC 8461 section 8.3",
    ),
    Entry(
        code="STS013",
        title="An MX host that the policy does not list",
        severity=Severity.ERROR,
        meaning="Senders that keep to the policy pass over this host; where there is no other, the mail"
        " waits.",
        fix="Add the host to the policy, and change the id in the TXT record.",
        rfc="RFC 8461 section 4.1",
    ),
    Entry(
        code="STS014",
        title="An MX host's certificate fails the policy",
        severity=Severity.ERROR,
        meaning="The policy asks for a trusted certificate that names the MX host as a DNS-ID. Senders that"
        " keep to it pass over this host.",
        fix="Give the host a certificate of a public CA that names it.",
        rfc="RFC 8461 section 4.2",
    ),
    Entry(
        code="STS015",
        title="A short max_age",
        severity=Severity.WARNING,
        meaning="The policy is forgotten within a day. Senders that write seldom never have it cached, and"
        " the first contact is where an attacker can suppress it.",
        fix="Raise max_age to some weeks, for instance 'max_age: 2592000'.",
        rfc="RFC 8461 section 10.2",
    ),
    Entry(
        code="STS016",
        title="A pattern that names no MX host",
        severity=Severity.INFO,
        meaning="The policy lists a host that no MX record names. That is right before a move, and a remnant"
        " after one.",
        fix="Delete the line once no MX record will name such a host.",
        rfc="RFC 8461 section 4.1",
    ),
    Entry(
        code="STS017",
        title="The policy asks for TLS that the MX host does not give",
        severity=Severity.ERROR,
        meaning="The policy asks for STARTTLS, and no TLS session could be made with this host. Senders that"
        " keep to it pass over the host.",
        fix="Turn STARTTLS on at the host, or take the host out of MX.",
        rfc="RFC 8461 section 5",
    ),
    Entry(
        code="STS018",
        title="The policy takes longer than we waited",
        severity=Severity.WARNING,
        meaning="The policy host took longer than we waited. Senders wait for up to a minute, so some of"
        " them may get a policy that was not seen here.",
        fix="Walk again with --timeout 60, and see what comes.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="RPT001",
        title="No TLS reports are asked for",
        severity=Severity.INFO,
        meaning="Senders have no address to tell about failed TLS, DANE or MTA-STS.",
        fix="Publish where reports should go, in a TXT record.",
        rfc="RFC 8460 section 3",
    ),
    Entry(
        code="RPT002",
        title="The TLSRPT record is not valid",
        severity=Severity.WARNING,
        meaning="Senders drop the record, and nobody gets their reports.",
        fix="Publish one TXT record of the form: v=TLSRPTv1; rua=mailto:ADDRESS",
        rfc="RFC 8460 section 3",
    ),
    Entry(
        code="RPT003",
        title="The TLSRPT record could not be looked up",
        severity=Severity.WARNING,
        meaning="The TXT lookup failed, so senders do not learn where to report.",
        fix="Look at the name servers of the domain.",
        rfc="RFC 8460 section 3",
    ),
)
