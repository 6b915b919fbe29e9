"""TLS: what the mail hosts say, and the certificates that they show."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="TLS001",
        title="No answer",
        severity=Severity.ERROR,
        meaning="No SMTP session could be begun with this address. Senders try the next address, and keep the"
        " message where there is none.",
        fix="Check that the server runs, and that no firewall keeps the Internet from its port 25.",
        rfc="RFC 5321 section 4.5.4.1",
    ),
    Entry(
        code="TLS002",
        title="STARTTLS is not offered",
        severity=Severity.ERROR,
        meaning="Mail to this host travels in the clear, for everybody on the path to read. Senders that"
        " require TLS do not deliver.",
        fix="Turn STARTTLS on (Postfix: smtpd_tls_security_level = may, smtpd_tls_chain_files = ...).",
        rfc="RFC 3207 section 4",
    ),
    Entry(
        code="TLS003",
        title="STARTTLS is announced, then refused",
        severity=Severity.ERROR,
        meaning="The server says that it can do TLS and then does not, most often because it cannot read its"
        " certificate or key. Senders go on in the clear, or do not deliver.",
        fix="Look for the reason in the server's log.",
        rfc="RFC 3207 section 4",
    ),
    Entry(
        code="TLS004",
        title="The TLS handshake fails",
        severity=Severity.ERROR,
        meaning="Server and sender do not agree on TLS. Some senders go on in the clear at once, some at a"
        " later try, some never.",
        fix="Look for the reason in the server's log: versions, cipher suites, certificate and key.",
        rfc="RFC 3207 section 4.1",
    ),
    Entry(
        code="TLS005",
        title="Clear text behind the reply to STARTTLS",
        severity=Severity.ERROR,
        meaning="Bytes came in the clear after the server agreed to begin TLS. Someone on the path, or a"
        " broken relay, puts words into the session.",
        fix="Find the device between sender and server that does this.",
        rfc="RFC 3207 section 6",
    ),
    Entry(
        code="TLS006",
        title="An old TLS version",
        severity=Severity.WARNING,
        meaning="The best that the server can do is TLS 1.0 or 1.1, which must not be used any more. Senders"
        " that authenticate refuse it.",
        fix="Allow TLS 1.2 and 1.3 on the server.",
        rfc="RFC 8996",
    ),
    Entry(
        code="TLS007",
        title="An anonymous cipher suite",
        severity=Severity.WARNING,
        meaning="The server chose a suite without a certificate where one is offered. Whoever stands in the"
        " path can be the server.",
        fix="Exclude anonymous suites (Postfix: smtpd_tls_exclude_ciphers = aNULL).",
        rfc="RFC 7672 section 8.2",
    ),
    Entry(
        code="TLS008",
        title="A self-signed certificate",
        severity=Severity.WARNING,
        meaning="Nobody but the server itself vouches for its name. The mail is encrypted, but to whom cannot"
        " be told, unless a TLSA record says so.",
        fix="Use a certificate of a public CA.",
        rfc="RFC 5280 section 6.1",
    ),
    Entry(
        code="TLS009",
        title="The certificate is out of date",
        severity=Severity.WARNING,
        meaning="Senders that verify certificates refuse it. Others deliver all the same.",
        fix="Renew the certificate, make the server load it, and find out why that did not happen by itself.",
        rfc="RFC 5280 section 4.1.2.5",
    ),
    Entry(
        code="TLS010",
        title="The certificate has another name",
        severity=Severity.WARNING,
        meaning="The certificate is trusted, but not for this MX host. Senders that verify names refuse it.",
        fix="Get a certificate with the MX host's name in its subjectAltName.",
        rfc="RFC 9525 section 6",
    ),
    Entry(
        code="TLS011",
        title="An intermediate certificate is missing",
        severity=Severity.WARNING,
        meaning="The server sends its own certificate without the one that links it to the CA. Mail servers"
        " do not fetch it, as browsers do.",
        fix="Configure the full chain on the server (often called fullchain.pem).",
        rfc="RFC 8446 section 4.4.2",
    ),
    Entry(
        code="TLS012",
        title="The certificate is not trusted",
        severity=Severity.WARNING,
        meaning="The chain does not lead to a CA that is trusted here, or a certificate in it may not be used"
        " so.",
        fix="Use a certificate of a public CA, or publish a TLSA record.",
        rfc="RFC 5280 section 6.1",
    ),
    Entry(
        code="TLS013",
        title="The certificate expires soon",
        severity=Severity.WARNING,
        meaning="In less than fourteen days senders that verify certificates will refuse it.",
        fix="Renew the certificate, and check that renewals run by themselves.",
        rfc="RFC 5280 section 4.1.2.5",
    ),
    Entry(
        code="TLS014",
        title="The answer depends on SNI",
        severity=Severity.WARNING,
        meaning="The server shows another certificate, or fails, when the sender names no host in the"
        " handshake. Postfix names none unless DANE or a policy makes it.",
        fix="Let the server's default certificate be the one for its MX host name.",
        rfc="RFC 6066 section 3",
    ),
    Entry(
        code="TLS015",
        title="A weaker MX host",
        severity=Severity.WARNING,
        meaning="Another host of the path does better. An attacker who makes that one unreachable gets the"
        " mail sent here.",
        fix="Bring every MX host to the level of the best, or take the weak ones out of MX.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="TLS016",
        title="The server does not greet with a positive reply",
        severity=Severity.ERROR,
        meaning="The server takes no mail from here at the moment, or never. Senders try the next host.",
        fix="Read the server's own words; it may limit connections, or refuse this address.",
        rfc="RFC 5321 section 3.1",
    ),
    Entry(
        code="TLS017",
        title="EHLO is refused",
        severity=Severity.ERROR,
        meaning="Without EHLO there is no STARTTLS. Senders go on in the clear with HELO, or do not deliver.",
        fix="Let the server answer EHLO; look for a firewall that rewrites SMTP.",
        rfc="RFC 5321 section 3.2",
    ),
    Entry(
        code="TLS018",
        title="The session breaks off",
        severity=Severity.ERROR,
        meaning="The session began and ended before it could be used.",
        fix="Look for the reason in the server's log.",
        rfc="RFC 5321 section 3.8",
    ),
    Entry(
        code="TLS019",
        title="Not SMTP",
        severity=Severity.ERROR,
        meaning="Something answers, but what it says is not SMTP.",
        fix="Check what listens at this address.",
        rfc="RFC 5321 section 4.2",
    ),
    Entry(
        code="TLS020",
        title="Not reachable from here",
        severity=Severity.INFO,
        meaning="This machine has no route to the address, most often because it has no IPv6, or it could"
        " not open a connection. That says nothing about the server.",
        fix="Nothing needs to be done on the recipient's side.",
        rfc="RFC 5321 section 5.2",
    ),
    Entry(
        code="TLS021",
        title="Something hides STARTTLS",
        severity=Severity.WARNING,
        meaning="The EHLO reply has a keyword that was overwritten with X. A firewall between here and the"
        " server takes STARTTLS out of the session; it may be a local one.",
        fix="Turn SMTP inspection (fixup) off in that firewall, and try from another network.",
        rfc="RFC 3207 section 6",
    ),
    Entry(
        code="TLS022",
        title="Not tried",
        severity=Severity.INFO,
        meaning="No session was held with this address, or none under this name, so nothing is known of that."
        " A walk stays away from special-use addresses, and holds a limited number of sessions.",
        fix="Nothing needs to be done on the recipient's side. Use --allow-private for addresses of your own"
        " network, and --deadline if the walk takes too long.",
        rfc="RFC 6890 section 2.2",
    ),
    Entry(
        code="TLS023",
        title="A weak key or digest",
        severity=Severity.WARNING,
        meaning="The certificate's key is short, or it is signed with a retired digest. Libraries refuse it"
        " one after the other.",
        fix="Get a certificate with an ECDSA P-256 or RSA-2048 key, signed with SHA-256.",
        rfc="RFC 9325 section 4.5",
    ),
    Entry(
        code="TLS024",
        title="Not in the capture",
        severity=Severity.WARNING,
        meaning="The capture does not hold this session, so nothing is known of it.",
        fix="Make a new capture with this version of mailpath.",
        rfc="RFC 5321 section 3.1",
    ),
    Entry(
        code="TLS025",
        title="Not the certificate that DANE expects",
        severity=Severity.ERROR,
        meaning="The TLSA records of the host do not accept what it shows. The TLSA panel holds both digests"
        " against each other.",
        fix="Publish the TLSA record that matches, or give the server the certificate that is announced.",
        rfc="RFC 7672 section 2.2",
    ),
    Entry(
        code="TLS026",
        title="REQUIRETLS is not announced",
        severity=Severity.ERROR,
        meaning="The message was sent with REQUIRETLS, and this host does not announce it inside TLS. Where"
        " no host of the path does, the message goes back to its author (5.7.30). To any other message it"
        " means nothing.",
        fix="Use a server that implements REQUIRETLS (Postfix does from 3.11 on), or send without it.",
        rfc="RFC 8689 section 4.2.1",
    ),
    Entry(
        code="TLS027",
        title="Slower than we waited",
        severity=Severity.WARNING,
        meaning="The server accepted the connection, but took longer to answer than we waited. Senders wait"
        " for minutes, so mail may well get through. What the server would have said is not known.",
        fix="Walk again with --greeting-timeout 300 --reply-timeout 300 --deadline 3600, and see what comes.",
        rfc="RFC 5321 section 4.5.3.2",
    ),
)
