"""What was said on the wire: frozen records of the three exchanges, and nothing else.

A failure is a record too.  Wire data is bytes, never str.  The *key* of an exchange (its request
record) says when two exchanges are the same one: an exchange is asked once per walk.
Times (`elapsed_ms`, `Chunk.at_ms`) are for people; no fact may depend on them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

#: Characters of what a capture may say: a name in presentation form (255 octets, each escaped), a URL with
#: one in it, a mail address; a token (an address, a version, a cipher).
Name = Annotated[str, msgspec.Meta(max_length=1100)]
Token = Annotated[str, msgspec.Meta(max_length=128)]


class Failure(StrEnum):
    """Why an exchange, or a part of it, did not happen."""

    REFUSED = "refused"  # connection refused by the other end
    TIMEOUT = "timeout"  # a deadline passed; `detail` says while waiting for what
    UNREACHABLE = "unreachable"  # the network knows no way there
    RESET = "reset"  # connection reset by the other end
    CLOSED = "closed"  # closed by the other end in good order, but too early
    TLS_ALERT = "tls-alert"  # a TLS alert was received or sent; `detail` names it
    TLS = "tls"  # any other TLS failure: junk, no shared version or cipher
    CERTIFICATE = "certificate"  # HTTPS only: chain or name is not what it must be
    PROTOCOL = "protocol"  # the other end talked, but not this protocol
    TOO_LARGE = "too-large"  # a byte limit was reached
    BLOCKED = "blocked"  # this machine or its network will not let it out (EPERM, EACCES)
    LOCAL = "local"  # this machine could not: out of descriptors or ports, no route or no such family here
    NOT_TRIED = "not-tried"  # a bound of ours on the whole walk was reached; `detail` says which
    NOT_RECORDED = "not-recorded"  # a replay that does not hold this exchange


class Stage(StrEnum):
    """Where in an SMTP session something failed, in the order of the dialogue."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    HANDSHAKE = "handshake"
    EHLO_TLS = "ehlo-tls"
    ENVELOPE = "envelope"
    QUIT = "quit"


# --- DNS -------------------------------------------------------------------------------------------


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One DNS question to the recursive resolver: RD and DO set, EDNS buffer 1232.

    `name`: lower-case A-labels (or presentation form), no trailing dot, "." for the root.
    `rdtype`: mnemonic ("MX", "TLSA", "TYPE65534").  `checking_disabled`: the CD bit; without it the
    resolver's own verdict (AD, SERVFAIL) is asked for.  `again`: the second asking of a question whose first
    answer denied something without a proof; over TCP at once.
    """

    name: Name
    rdtype: Token
    checking_disabled: bool = True
    again: bool = False


class DnsExchange(msgspec.Struct, frozen=True, kw_only=True):
    """What the resolver answered.  `response` is the DNS message as it came, or None with a `failure`."""

    question: Question
    response: bytes | None = None
    transport: Token = ""  # "udp", "tcp", "tls", "https": what the answer came over
    failure: Failure | None = None
    detail: str = ""
    elapsed_ms: float = 0.0


# --- HTTPS -----------------------------------------------------------------------------------------


class HttpsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """GET `url` from `address` (an IP the caller looked up), SNI and Host taken from the URL."""

    url: Name
    address: Token


class HttpsExchange(msgspec.Struct, frozen=True, kw_only=True):
    """What the HTTPS server sent.  `chain`: certificates as sent, DER, leaf first, kept also when refused.

    Nothing was requested (`status` None) when the certificate was refused: `failure` CERTIFICATE.
    A redirect is a status like any other and is not followed.  `body` holds at most 64 KiB
    (`failure` TOO_LARGE when there was more).
    `limit`: seconds, of the wait of ours that ended it; None where something else did.
    """

    request: HttpsRequest
    status: int | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    chain: tuple[bytes, ...] = ()
    tls_version: Token = ""
    failure: Failure | None = None
    limit: float | None = None
    detail: str = ""
    elapsed_ms: float = 0.0


# --- SMTP ------------------------------------------------------------------------------------------


class TlsProfile(StrEnum):
    """What the ClientHello offers."""

    FULL = "full"  # TLS 1.0 to 1.3, every suite, anonymous ones too: weak servers can be seen
    AUTHENTICATED = "authenticated"  # the same without anonymous suites
    GNUTLS = "gnutls"  # without those either that GnuTLS does not offer by default
    OPENSSL_2 = "openssl-2"  # OpenSSL's at security level 2: no Diffie-Hellman group below 2048 bits
    GO = "go"  # those of Go's crypto/tls: ECDHE alone below TLS 1.3


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """MAIL FROM and RCPT TO to try (never DATA), as mail addresses; "" is the null reverse-path."""

    mail_from: Name
    rcpt_to: Name

    @property
    def smtputf8(self) -> bool:
        """Whether servers must offer SMTPUTF8 for it (RFC 6531 section 3.2)."""
        return not (self.mail_from + self.rcpt_to).isascii()


class SmtpRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One SMTP session with `address`: greeting, EHLO, STARTTLS, TLS, EHLO, QUIT.

    `sni`: the name sent in the handshake, or None for none.
    """

    address: Token
    port: int = 25
    sni: Name | None = None
    profile: TlsProfile = TlsProfile.FULL
    envelope: Envelope | None = None


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes of the dialogue in the clear or as decrypted: `sent` by us or received."""

    sent: bool
    data: bytes
    at_ms: float = 0.0  # since the connect began
    tls: bool = False  # inside TLS


class TlsSession(msgspec.Struct, frozen=True, kw_only=True):
    """What the handshake agreed on.  `chain`: certificates as sent, DER, leaf first; () when anonymous."""

    version: Token  # "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"
    cipher: Token  # OpenSSL name
    bits: int = 0
    chain: tuple[bytes, ...] = ()


class SmtpExchange(msgspec.Struct, frozen=True, kw_only=True, weakref=True):
    """One SMTP session.

    `transcript`: every byte of the dialogue, in order, to be read by `mailpath.network.replies`.
    `injected`: bytes that came in clear text behind the reply to STARTTLS (RFC 3207 section 6 attack).
    `failure` with `failed_at`: what ended the session early; the transcript holds what came before.
    `limit`: seconds, of the wait of ours that ended it; None where something else did.
    `bound`: which bound of ours on the whole walk cut that wait short, as a clause; "" for none.
    """

    request: SmtpRequest
    transcript: tuple[Chunk, ...] = ()
    tls: TlsSession | None = None
    injected: bytes = b""
    failure: Failure | None = None
    failed_at: Stage | None = None
    limit: float | None = None
    bound: str = ""
    detail: str = ""
    elapsed_ms: float = 0.0


Request = Question | HttpsRequest | SmtpRequest
Exchange = DnsExchange | HttpsExchange | SmtpExchange
