"""What can happen to one attempt: the vocabulary between the mechanism and the sentences."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """One thing that ended (or made) an attempt.  Sentences and status codes: `sentences.py`."""

    # the destination
    MX_FAILED = "mx-failed"
    NULL_MX = "null-mx"
    NO_ADDRESS = "no-address"  # no MX and no address
    NO_SUCH_DOMAIN = "no-such-domain"
    MX_INVALID = "mx-invalid"  # no MX names a host
    HOST_FAILED = "host-failed"  # an address look-up failed
    HOST_NOT_FOUND = "host-not-found"
    HOST_WITHOUT_ADDRESS = "host-without-address"
    HOST_INVALID = "host-invalid"  # an alias leads to what is no host name
    HOST_IS_LITERAL = "host-is-literal"
    NO_HOST_FOUND = "no-host-found"  # MX hosts, none with an address
    SOME_HOST_FAILED = "some-host-failed"  # the same, an error at one of them being why

    # the policy for a host
    TLSA_FAILED = "tlsa-failed"
    TLSA_MISSING = "tlsa-missing"
    TLSA_UNUSABLE = "tlsa-unusable"
    NOT_SECURE = "not-secure"  # the MX RRset is not signed, and DANE is mandatory
    HOST_NOT_SECURE = "host-not-secure"  # the same of the host's address
    STS_MX_UNLISTED = "sts-mx-unlisted"
    STS_UNREADABLE = "sts-unreadable"  # the mail server cannot use what the policy service told it

    # the session
    NOT_TRIED = "not-tried"
    CONNECT_FAILED = "connect-failed"
    GREETING_REFUSED = "greeting-refused"
    GREETING_LOST = "greeting-lost"
    EHLO_LOST = "ehlo-lost"
    EHLO_REFUSED = "ehlo-refused"
    STARTTLS_ABSENT = "starttls-absent"
    STARTTLS_REFUSED = "starttls-refused"
    STARTTLS_REFUSED_UNREQUIRED = "starttls-refused-unrequired"  # TLS is not required by configuration alone
    STARTTLS_LOST = "starttls-lost"
    HANDSHAKE_FAILED = "handshake-failed"
    NOT_VERIFIED = "not-verified"
    TLS_LOST = "tls-lost"
    TLS_EHLO_REFUSED = "tls-ehlo-refused"
    MAIL_LOST = "mail-lost"  # the session ended where MAIL FROM would be, or was, said
    MAIL_REFUSED = "mail-refused"
    RCPT_REFUSED = "rcpt-refused"
    RCPT_LOST = "rcpt-lost"

    # delivery
    SENT_TLS = "sent-tls"
    SENT_PLAIN = "sent-plain"
