"""TLS: what the mail hosts say, and the certificates that they show."""

from __future__ import annotations

from mailpath.facts.findings import Entry, Severity

ENTRIES = (
    Entry(
        code="TLS001",
        title="No answer",
        severity=Severity.ERROR,
        meaning="No SMTP session with this address could be started. Senders try the next address; if there"
        " is none, they queue the message.",
        fix="Check that the server is running, and that no firewall blocks its port 25.",
        rfc="RFC 5321 section 4.5.4.1",
    ),
    Entry(
        code="TLS002",
        title="STARTTLS is not offered",
        severity=Severity.ERROR,
        meaning="Mail to this host travels in the clear, and anyone on the path can read it. Senders that"
        " require TLS do not deliver.",
        fix="Enable STARTTLS (Postfix: smtpd_tls_security_level = may, smtpd_tls_chain_files = ...).",
        rfc="RFC 3207 section 4",
    ),
    Entry(
        code="TLS003",
        title="STARTTLS is offered, then refused",
        severity=Severity.ERROR,
        meaning="The server offers STARTTLS and then refuses it, most often because it cannot read its"
        " certificate or key. Senders continue in the clear, or do not deliver.",
        fix="Find the reason in the server's log.",
        rfc="RFC 3207 section 4",
    ),
    Entry(
        code="TLS004",
        title="The TLS handshake fails",
        severity=Severity.ERROR,
        meaning="The server and the sender cannot agree on TLS. Some senders continue in the clear at once,"
        " some on a later attempt, some never.",
        fix="Find the reason in the server's log: versions, cipher suites, certificate and key.",
        rfc="RFC 3207 section 4.1",
    ),
    Entry(
        code="TLS005",
        title="Clear text after the reply to STARTTLS",
        severity=Severity.ERROR,
        meaning="More data arrived in the clear after the server agreed to start TLS. Someone on the path,"
        " or a broken relay, is injecting data into the session.",
        fix="Find the device between the sender and the server that does this.",
        rfc="RFC 3207 section 6",
    ),
    Entry(
        code="TLS006",
        title="An old TLS version",
        severity=Severity.WARNING,
        meaning="The newest version that the server supports is TLS 1.0 or 1.1, which must no longer be"
        " used. Senders that authenticate refuse it.",
        fix="Enable TLS 1.2 and 1.3 on the server.",
        rfc="RFC 8996",
    ),
    Entry(
        code="TLS007",
        title="An anonymous cipher suite",
        severity=Severity.WARNING,
        meaning="The server chooses a cipher suite without a certificate if a sender offers one. Anyone on"
        " the path can impersonate the server.",
        fix="Exclude anonymous suites (Postfix: smtpd_tls_exclude_ciphers = aNULL).",
        rfc="RFC 7672 section 8.2",
    ),
    Entry(
        code="TLS008",
        title="A self-signed certificate",
        severity=Severity.WARNING,
        meaning="Only the server itself vouches for its name. The mail is encrypted, but nobody can tell to"
        " whom, unless a TLSA record vouches for the certificate.",
        fix="Use a certificate from a public CA.",
        rfc="RFC 5280 section 6.1",
    ),
    Entry(
        code="TLS009",
        title="The certificate is expired or not yet valid",
        severity=Severity.WARNING,
        meaning="Senders that verify certificates refuse it. Others deliver anyway.",
        fix="Renew the certificate, make the server load it, and find out why that did not happen"
        " automatically.",
        rfc="RFC 5280 section 4.1.2.5",
    ),
    Entry(
        code="TLS010",
        title="The certificate is for another name",
        severity=Severity.WARNING,
        meaning="The certificate is trusted, but does not name this MX host. Senders that verify names"
        " refuse it.",
        fix="Get a certificate with the MX host's name in its subjectAltName.",
        rfc="RFC 9525 section 6",
    ),
    Entry(
        code="TLS011",
        title="An intermediate certificate is missing",
        severity=Severity.WARNING,
        meaning="The server sends its own certificate without the one that links it to the CA. Unlike"
        " browsers, mail servers do not fetch the missing certificate.",
        fix="Configure the full chain on the server (often called fullchain.pem).",
        rfc="RFC 8446 section 4.4.2",
    ),
    Entry(
        code="TLS012",
        title="The certificate is not trusted",
        severity=Severity.WARNING,
        meaning="The chain does not lead to a CA that is trusted here, or contains a certificate that must"
        " not be used for this purpose.",
        fix="Use a certificate from a public CA, or publish a TLSA record.",
        rfc="RFC 5280 section 6.1",
    ),
    Entry(
        code="TLS013",
        title="The certificate expires soon",
        severity=Severity.WARNING,
        meaning="In less than fourteen days, senders that verify certificates will refuse it.",
        fix="Renew the certificate, and check that automatic renewal works.",
        rfc="RFC 5280 section 4.1.2.5",
    ),
    Entry(
        code="TLS014",
        title="The certificate depends on SNI",
        severity=Severity.WARNING,
        meaning="The server presents another certificate, or fails, if the sender sends no SNI. Postfix"
        " sends none unless DANE or a policy makes it do so.",
        fix="Make the certificate for the MX host name the server's default.",
        rfc="RFC 6066 section 3",
    ),
    Entry(
        code="TLS015",
        title="A weaker MX host",
        severity=Severity.WARNING,
        meaning="Another MX host is better protected. An attacker who makes that one unreachable diverts the"
        " mail to this one.",
        fix="Protect every MX host as well as the best one, or remove the weak hosts from the MX records.",
        rfc="RFC 7672 section 2.2.1",
    ),
    Entry(
        code="TLS016",
        title="The greeting is a refusal",
        severity=Severity.ERROR,
        meaning="The server accepts no mail from here, for now or at all. Senders try the next host.",
        fix="Read the server's reply; it may limit connections, or refuse this address.",
        rfc="RFC 5321 section 3.1",
    ),
    Entry(
        code="TLS017",
        title="EHLO is refused",
        severity=Severity.ERROR,
        meaning="Without EHLO there is no STARTTLS. Senders continue in the clear with HELO, or do not"
        " deliver.",
        fix="Make the server answer EHLO, and look for a firewall that rewrites SMTP.",
        rfc="RFC 5321 section 3.2",
    ),
    Entry(
        code="TLS018",
        title="The session breaks off",
        severity=Severity.ERROR,
        meaning="The session started, but ended before it could be used.",
        fix="Find the reason in the server's log.",
        rfc="RFC 5321 section 3.8",
    ),
    Entry(
        code="TLS019",
        title="Not SMTP",
        severity=Severity.ERROR,
        meaning="Something answers at this address, but it does not speak SMTP.",
        fix="Check what is listening at this address.",
        rfc="RFC 5321 section 4.2",
    ),
    Entry(
        code="TLS020",
        title="Not reachable from here",
        severity=Severity.INFO,
        meaning="This machine has no route to the address (most often because it has no IPv6), or could not"
        " open a connection. That says nothing about the server.",
        fix="Nothing needs to be done on the recipient's side.",
        rfc="RFC 5321 section 5.2",
    ),
    Entry(
        code="TLS021",
        title="STARTTLS is hidden on the way",
        severity=Severity.WARNING,
        meaning="The EHLO reply contains a keyword that was overwritten with X characters. A firewall"
        " between here and the server, possibly a local one, removes STARTTLS from the session.",
        fix="Turn off SMTP inspection (fixup) in that firewall, and try from another network.",
        rfc="RFC 3207 section 6",
    ),
    Entry(
        code="TLS022",
        title="Not tried",
        severity=Severity.INFO,
        meaning="There was no session with this address, or none with this SNI, so nothing is known about"
        " it. A walk avoids special-use addresses, and opens only a limited number of sessions.",
        fix="Nothing needs to be done on the recipient's side. For addresses in your own network use"
        " --allow-private; if the walk runs out of time, raise --deadline.",
        rfc="RFC 6890 section 2.2",
    ),
    Entry(
        code="TLS023",
        title="A weak key or digest",
        severity=Severity.WARNING,
        meaning="The certificate's key is too short, or its signature uses a deprecated digest. More and"
        " more TLS libraries refuse it.",
        fix="Get a certificate with an ECDSA P-256 or RSA-2048 key, signed with SHA-256.",
        rfc="RFC 9325 section 4.5",
    ),
    Entry(
        code="TLS024",
        title="The session is not in the capture",
        severity=Severity.WARNING,
        meaning="The capture does not contain this session, so nothing is known about it.",
        fix="Make a new capture with this version of mailpath.",
        rfc="RFC 5321 section 3.1",
    ),
    Entry(
        code="TLS025",
        title="DANE does not accept the certificate",
        severity=Severity.ERROR,
        meaning="The host's TLSA records do not accept its certificate. The TLSA findings show which digest"
        " is published and which one the server has.",
        fix="Publish a TLSA record that matches, or give the server the certificate that is published.",
        rfc="RFC 7672 section 2.2",
    ),
    Entry(
        code="TLS026",
        title="REQUIRETLS is not offered",
        severity=Severity.ERROR,
        meaning="The message was sent with REQUIRETLS, and this host does not offer that extension inside"
        " TLS. If no host on the path does, the message bounces (5.7.30). Other messages are not affected.",
        fix="Use a server that implements REQUIRETLS (Postfix 3.11 or later), or send the message without"
        " it.",
        rfc="RFC 8689 section 4.2.1",
    ),
    Entry(
        code="TLS027",
        title="Slower than we waited",
        severity=Severity.WARNING,
        meaning="The server accepted the connection, but took longer to answer than we waited. Senders wait"
        " for minutes, so mail may well get through. What the server would have said is unknown.",
        fix="Walk again with --greeting-timeout 300 --reply-timeout 300 --deadline 3600.",
        rfc="RFC 5321 section 4.5.3.2",
    ),
)
