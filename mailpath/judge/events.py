"""What can happen to one attempt: the vocabulary between the mechanism and the sentences.

The names are a public contract: JSON reports carry them, and `mailpath explain EVENT` explains one.
"""

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
    LOOPS_BACK = "loops-back"  # the best MX host is the sender itself
    NO_HOST_FOUND = "no-host-found"  # MX hosts, none with an address
    SOME_HOST_FAILED = "some-host-failed"  # the same, an error at one of them being why

    # the policy for a host
    TLSA_FAILED = "tlsa-failed"
    DANE_UNKNOWN = "dane-unknown"  # a lookup failed, so the policy service has no answer for the domain
    TLSA_MISSING = "tlsa-missing"
    TLSA_UNUSABLE = "tlsa-unusable"
    NOT_SECURE = "not-secure"  # the MX RRset is not signed, and DANE is mandatory
    HOST_NOT_SECURE = "host-not-secure"  # the same of the host's address
    STS_MX_UNLISTED = "sts-mx-unlisted"
    STS_UNREADABLE = "sts-unreadable"  # the mail server cannot use what the policy service told it
    STS_FAILED = "sts-failed"  # the lookup of the policy's record failed, and the sender waits for it

    # the session
    CONNECT_FAILED = "connect-failed"
    GREETING_REFUSED = "greeting-refused"
    GREETING_LOST = "greeting-lost"
    EHLO_LOST = "ehlo-lost"
    EHLO_REFUSED = "ehlo-refused"
    STARTTLS_ABSENT = "starttls-absent"
    STARTTLS_REFUSED = "starttls-refused"
    STARTTLS_LOST = "starttls-lost"
    HANDSHAKE_FAILED = "handshake-failed"
    TLSA_MISMATCH = "tlsa-mismatch"  # the TLSA records do not accept what the host shows
    CERTIFICATE_ABSENT = "certificate-absent"  # an anonymous cipher suite, where a certificate must be good
    CERTIFICATE_UNTRUSTED = "certificate-untrusted"
    CERTIFICATE_EXPIRED = "certificate-expired"  # its own date, or that of an authority above it
    CERTIFICATE_NOT_YET_VALID = "certificate-not-yet-valid"
    CERTIFICATE_WEAK = "certificate-weak"  # a key or digest below this sender's floor
    CERTIFICATE_NAME_MISMATCH = "certificate-name-mismatch"
    TLS_LOST = "tls-lost"
    TLS_EHLO_REFUSED = "tls-ehlo-refused"
    MAIL_LOST = "mail-lost"  # the session ended where MAIL FROM would be, or was, said
    MAIL_REFUSED = "mail-refused"
    RCPT_REFUSED = "rcpt-refused"
    RCPT_LOST = "rcpt-lost"

    # REQUIRETLS (RFC 8689 section 4.2.1): why a host will not do
    REQUIRETLS_HOST_INSECURE = "requiretls-host-insecure"  # neither DNSSEC nor a policy vouches for its name
    REQUIRETLS_UNAUTHENTICATED = "requiretls-unauthenticated"
    REQUIRETLS_UNANNOUNCED = "requiretls-unannounced"

    # delivery
    SENT_TLS = "sent-tls"
    SENT_PLAIN = "sent-plain"

    # cannot be told from here
    NOT_TRIED = "not-tried"  # a bound of ours, or an address that we do not connect to
    NOT_RECORDED = "not-recorded"  # the capture does not hold this exchange
    NOT_AWAITED = "not-awaited"  # we gave up waiting sooner than this sender does
    BLOCKED_HERE = "blocked-here"  # no mail session leaves this network
    FAILED_HERE = "failed-here"  # this machine, or the resolver that it asks, failed
    SECURITY_UNKNOWN = "security-unknown"  # whether an answer is signed was not learnt
    POLICY_UNSEEN = "policy-unseen"  # what the MTA-STS policy says was not learnt
    SOURCE_SILENT = "source-silent"  # the sources on this sender do not say what it does


#: TLS came about, and the certificate did not satisfy the sender: one sentence in every log.
NOT_VERIFIED = (
    Event.TLSA_MISMATCH,
    Event.CERTIFICATE_ABSENT,
    Event.CERTIFICATE_UNTRUSTED,
    Event.CERTIFICATE_EXPIRED,
    Event.CERTIFICATE_NOT_YET_VALID,
    Event.CERTIFICATE_WEAK,
    Event.CERTIFICATE_NAME_MISMATCH,
)
#: Why a host will not do for a message that was sent with REQUIRETLS.
REQUIRETLS = (
    Event.REQUIRETLS_HOST_INSECURE,
    Event.REQUIRETLS_UNAUTHENTICATED,
    Event.REQUIRETLS_UNANNOUNCED,
)
#: The receiving server's own answers, or silences, once TLS has had its say.
ENVELOPE = (Event.MAIL_REFUSED, Event.MAIL_LOST, Event.RCPT_REFUSED, Event.RCPT_LOST)
#: Why a verdict, or an attempt, is `unknown`.
UNTOLD = (
    Event.NOT_TRIED,
    Event.NOT_RECORDED,
    Event.NOT_AWAITED,
    Event.BLOCKED_HERE,
    Event.FAILED_HERE,
    Event.SECURITY_UNKNOWN,
    Event.POLICY_UNSEEN,
    Event.SOURCE_SILENT,
)
#: No server's log has a sentence of its own for these.
UNSAID = (
    *UNTOLD,
    Event.STS_FAILED,
    *REQUIRETLS,
)
