"""What an exception of sockets and TLS means, as a `Failure` and one plain sentence.

The other end's fault, this machine's, and the network's between them are kept apart: a refused
connection is an answer, EPERM is a local filter, and a TLS alert is the server's own word.
"""

from __future__ import annotations

import errno
import re
import ssl

from mailpath.exchanges import Failure

_ERRNO = {
    errno.ECONNREFUSED: Failure.REFUSED,
    errno.ETIMEDOUT: Failure.TIMEOUT,
    errno.EPERM: Failure.BLOCKED,
    errno.EACCES: Failure.BLOCKED,
    errno.ECONNRESET: Failure.RESET,
    errno.EPIPE: Failure.RESET,
    errno.ECONNABORTED: Failure.RESET,
    errno.ENETUNREACH: Failure.UNREACHABLE,
    errno.EHOSTUNREACH: Failure.UNREACHABLE,
    errno.EHOSTDOWN: Failure.UNREACHABLE,
    errno.EINVAL: Failure.UNREACHABLE,
    errno.ENETDOWN: Failure.LOCAL,
    errno.EMFILE: Failure.LOCAL,
    errno.ENFILE: Failure.LOCAL,
    errno.ENOMEM: Failure.LOCAL,
    errno.ENOBUFS: Failure.LOCAL,
    errno.EADDRNOTAVAIL: Failure.LOCAL,
    errno.EADDRINUSE: Failure.LOCAL,
    errno.EAFNOSUPPORT: Failure.LOCAL,
    errno.EPROTONOSUPPORT: Failure.LOCAL,
}
_SENTENCES = {
    Failure.REFUSED: "The connection was refused.",
    Failure.TIMEOUT: "No answer came in time.",
    Failure.BLOCKED: "This machine blocks the connection ({error}).",
    Failure.RESET: "The other end reset the connection.",
    Failure.UNREACHABLE: "There is no route to this address from here ({error}).",
    Failure.LOCAL: "This machine could not open a connection ({error}).",
    Failure.CLOSED: "The other end closed the connection early.",
}
#: OpenSSL names an alert it received SSLV3_ALERT_x, TLSV1_ALERT_x, TLSV13_ALERT_x or (RFC 6066) TLSV1_x.
_ALERT = re.compile(r"(?:(?:SSLV3|TLSV1|TLSV13)_ALERT|TLSV1|TLSV13)_([A-Z0-9_]+)\Z")
_NOT_TLS = re.compile(
    "WRONG_VERSION_NUMBER|HTTP_REQUEST|HTTPS_PROXY_REQUEST|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL"
)


def failure_of(error: BaseException | None) -> tuple[Failure, str]:
    """What `error` says went wrong; None stands for a connection that the other end closed in good order."""
    if error is None or isinstance(error, EOFError):
        return Failure.CLOSED, _SENTENCES[Failure.CLOSED]
    if isinstance(error, ssl.SSLError):
        return _tls_failure(error)
    if isinstance(error, TimeoutError):
        return Failure.TIMEOUT, _SENTENCES[Failure.TIMEOUT]
    if isinstance(error, ConnectionResetError) and error.errno is None:
        # asyncio's own, for a connection that ended in good order during the handshake.
        return Failure.CLOSED, _SENTENCES[Failure.CLOSED]
    if isinstance(error, OSError):
        failure = _ERRNO.get(error.errno or 0, Failure.UNREACHABLE)
        return failure, _SENTENCES[failure].format(error=error.strerror or type(error).__name__)
    return Failure.PROTOCOL, "The other end does not speak this protocol."


def _tls_failure(error: ssl.SSLError) -> tuple[Failure, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        # OpenSSL ends some of its sentences with a full stop, and some without.
        return Failure.CERTIFICATE, f"The certificate was refused: {error.verify_message.rstrip('.')}."
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Failure.CLOSED, _SENTENCES[Failure.CLOSED]
    reason = getattr(error, "reason", None) or ""  # absent where Python code raised it
    alert = _ALERT.match(reason)
    if alert:
        return Failure.TLS_ALERT, f'The server sent the TLS alert "{alert[1].replace("_", " ").lower()}".'
    if _NOT_TLS.fullmatch(reason):
        return Failure.TLS, f"What the server sent is not TLS ({_words(reason)})."
    return Failure.TLS, f"The TLS handshake failed: {_words(reason) or 'no reason given'}."


def _words(reason: str) -> str:
    return reason.replace("_", " ").lower()
