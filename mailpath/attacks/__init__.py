"""What an attacker on the path can do to mail, and what stops it.

SMTP between domains asks for TLS in the clear: the server offers STARTTLS, the sender takes the offer, and
unless told otherwise it trusts whoever answers (RFC 3207, RFC 7435).  That stops a listener.  It does not
stop somebody who can change packets or forge DNS answers: such an attacker hides the offer, breaks the
handshake, answers in the server's place, or has the mail sent to a server of its own (RFC 3207 section 6,
RFC 7672 section 1.3).  Three standards close these gaps, each in its own way:

* DANE (RFC 7672): TLSA records under DNSSEC say that a host has TLS, and which certificate or key it shows.
  A forged record is bogus and a hidden one is missed, so neither a public authority nor a first contact has
  to be trusted.  It stops every attack here, where the MX, address and TLSA records of all hosts are signed
  and the sender validates them.
* MTA-STS (RFC 8461): a policy fetched over HTTPS lists the MX hosts and asks for certificates that a public
  authority vouches for.  The sender keeps it for `max_age`, so that an attacker can hide it only at first
  contact.  An authority that certifies the wrong person defeats it.
* REQUIRETLS (RFC 8689): the message itself asks for authenticated TLS on every hop, and bounces without it.
  It forbids the sender to fall back; how the host is authenticated is still up to DANE or MTA-STS.

An attack is one record, `Attack`: what it says of itself, its tampering, its cause.  The records stand in
`smtp`, `dns` and `https`, by what is tampered with, and `catalogue` puts them in order.  `AttackedNetwork`
carries them out: exchanges are tampered with, facts and verdicts never, so that the validator and the judge
draw their own conclusions.
"""
