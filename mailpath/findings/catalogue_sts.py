"""STS and RPT: the MTA-STS policy, and where reports go."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="STS001",
        title="No MTA-STS policy",
        severity=Severity.WARNING,
        meaning="Without a policy, senders that do not use DANE cannot know that they should expect TLS and"
        " a valid certificate: an attacker on the path can strip TLS.",
        fix="Publish a policy in testing mode, and switch to enforce when the TLS reports are clean.",
        rfc="RFC 8461 section 3",
    ),
    Entry(
        code="STS002",
        title="The MTA-STS record could not be looked up",
        severity=Severity.WARNING,
        meaning="The TXT lookup failed. Senders without a cached policy deliver without one; senders with a"
        " cached policy keep using it.",
        fix="Check the name servers of the domain.",
        rfc="RFC 8461 section 3.1",
    ),
    Entry(
        code="STS003",
        title="The MTA-STS record is not valid",
        severity=Severity.ERROR,
        meaning="Senders ignore the record and act as if there were no policy.",
        fix="Publish one TXT record of the form: v=STSv1; id=20261123T120000;",
        rfc="RFC 8461 section 3.1",
    ),
    Entry(
        code="STS004",
        title="Several MTA-STS records",
        severity=Severity.ERROR,
        meaning="If more than one TXT record begins with 'v=STSv1;', senders act as if there were none.",
        fix="Delete all but one of these records.",
        rfc="RFC 8461 section 3.1",
    ),
    Entry(
        code="STS005",
        title="The policy host has no address",
        severity=Severity.ERROR,
        meaning="The TXT record announces a policy, but the policy host has no address.",
        fix="Publish an address for the policy host, or delete the TXT record.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS006",
        title="The policy host's certificate is refused",
        severity=Severity.ERROR,
        meaning="Senders fetch the policy only from a host whose certificate is trusted, is currently valid"
        " and names that host as a DNS-ID. They abandon this fetch and deliver without a policy.",
        fix="Give the policy host a certificate from a public CA that names it.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS007",
        title="The policy host does not answer",
        severity=Severity.ERROR,
        meaning="The policy could not be fetched. Senders without a cached policy deliver without one.",
        fix="Check the web server of the policy host.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS008",
        title="The policy host does not return the policy",
        severity=Severity.ERROR,
        meaning="Only HTTP status 200 counts, and redirects must not be followed. Senders without a cached"
        " policy deliver without one.",
        fix="Serve the policy at exactly this URL, with status 200.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="STS009",
        title="The policy is not text/plain",
        severity=Severity.ERROR,
        meaning="The Content-Type should be text/plain; otherwise many senders ignore the policy.",
        fix="Serve the policy with Content-Type: text/plain.",
        rfc="RFC 8461 section 3.2",
    ),
    Entry(
        code="STS010",
        title="The policy is not valid",
        severity=Severity.ERROR,
        meaning="Senders ignore a policy that they cannot parse, and act as if there were none.",
        fix="Correct the line named here, and change the id in the TXT record.",
        rfc="RFC 8461 section 3.2",
    ),
    Entry(
        code="STS011",
        title="Testing mode",
        severity=Severity.WARNING,
        meaning="Senders report failures but deliver anyway: nothing is protected yet.",
        fix="When the TLS reports are clean, switch to 'mode: enforce' and change the id in the TXT record.",
        rfc="RFC 8461 section 5",
    ),
    Entry(
        code="STS012",
        title="Mode none",
        severity=Severity.WARNING,
        meaning="The policy asks for nothing. Mode none is meant for the time before MTA-STS is removed.",
        fix="If the domain should be protected, publish 'mode: testing' or 'mode: enforce'.",
        rfc="RFC 8461 section 8.3",
    ),
    Entry(
        code="STS013",
        title="The policy does not list an MX host",
        severity=Severity.ERROR,
        meaning="Senders that honor the policy skip this host; if there is no other, the mail waits.",
        fix="Add the host to the policy, and change the id in the TXT record.",
        rfc="RFC 8461 section 4.1",
    ),
    Entry(
        code="STS014",
        title="An MX host's certificate fails the policy",
        severity=Severity.ERROR,
        meaning="The policy requires a trusted certificate that names the MX host as a DNS-ID. Senders that"
        " honor the policy skip this host.",
        fix="Give the host a certificate from a public CA that names it.",
        rfc="RFC 8461 section 4.2",
    ),
    Entry(
        code="STS015",
        title="A short max_age",
        severity=Severity.WARNING,
        meaning="Senders forget the policy within a day. Those that seldom send to this domain never have it"
        " cached, and an attacker can suppress it at every first contact.",
        fix="Raise max_age to several weeks, for example 'max_age: 2592000'.",
        rfc="RFC 8461 section 10.2",
    ),
    Entry(
        code="STS016",
        title="An mx pattern matches no MX host",
        severity=Severity.INFO,
        meaning="The policy lists a host that no MX record names. That is right before a migration, and a"
        " leftover after one.",
        fix="Delete the line once no MX record will name such a host again.",
        rfc="RFC 8461 section 4.1",
    ),
    Entry(
        code="STS017",
        title="The policy requires TLS, but an MX host has none",
        severity=Severity.ERROR,
        meaning="The policy requires STARTTLS, but no TLS session with this host was possible. Senders that"
        " honor the policy skip the host.",
        fix="Enable STARTTLS on the host, or remove the host from the MX records.",
        rfc="RFC 8461 section 5",
    ),
    Entry(
        code="STS018",
        title="The policy host is slower than we waited",
        severity=Severity.WARNING,
        meaning="The policy host took longer than we waited. Senders wait up to a minute, so some of them"
        " may get a policy that was not seen here.",
        fix="Walk again with --timeout 60.",
        rfc="RFC 8461 section 3.3",
    ),
    Entry(
        code="RPT001",
        title="No TLS reports are requested",
        severity=Severity.INFO,
        meaning="Senders have no address to which they could report TLS, DANE or MTA-STS failures.",
        fix="Publish a TXT record that says where to send reports.",
        rfc="RFC 8460 section 3",
    ),
    Entry(
        code="RPT002",
        title="The TLSRPT record is not valid",
        severity=Severity.WARNING,
        meaning="Senders ignore the record, and nobody receives their reports.",
        fix="Publish one TXT record of the form: v=TLSRPTv1; rua=mailto:ADDRESS",
        rfc="RFC 8460 section 3",
    ),
    Entry(
        code="RPT003",
        title="The TLSRPT record could not be looked up",
        severity=Severity.WARNING,
        meaning="The TXT lookup failed, so senders cannot find out where to send reports.",
        fix="Check the name servers of the domain.",
        rfc="RFC 8460 section 3",
    ),
)
