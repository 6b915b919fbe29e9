"""What exceptions of sockets and TLS mean."""

import errno
import os
import ssl

import pytest

from mailpath.exchanges import Failure
from mailpath.network.failures import failure_of


def numbered(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def tls(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (None, Failure.CLOSED),
        (EOFError(), Failure.CLOSED),
        (ConnectionResetError(), Failure.CLOSED),
        (numbered(errno.ECONNRESET), Failure.RESET),
        (numbered(errno.EPIPE), Failure.RESET),
        (numbered(errno.ECONNREFUSED), Failure.REFUSED),
        (TimeoutError(), Failure.TIMEOUT),
        (numbered(errno.ETIMEDOUT), Failure.TIMEOUT),
        (numbered(errno.EPERM), Failure.BLOCKED),
        (numbered(errno.EACCES), Failure.BLOCKED),
        (numbered(errno.ENETUNREACH), Failure.UNREACHABLE),
        (numbered(errno.EHOSTUNREACH), Failure.UNREACHABLE),
        (numbered(errno.EAFNOSUPPORT), Failure.LOCAL),
        (numbered(errno.EADDRNOTAVAIL), Failure.LOCAL),
        (numbered(errno.EMFILE), Failure.LOCAL),
        (numbered(errno.ENFILE), Failure.LOCAL),
        (numbered(errno.ENOMEM), Failure.LOCAL),
        (numbered(errno.ENOBUFS), Failure.LOCAL),
        (OSError("no number"), Failure.UNREACHABLE),
        (ssl.SSLEOFError(), Failure.CLOSED),
        (ssl.SSLZeroReturnError(), Failure.CLOSED),
        (tls("SSLV3_ALERT_HANDSHAKE_FAILURE"), Failure.TLS_ALERT),
        (tls("TLSV1_UNRECOGNIZED_NAME"), Failure.TLS_ALERT),
        (tls("TLSV13_ALERT_CERTIFICATE_REQUIRED"), Failure.TLS_ALERT),
        (tls("WRONG_VERSION_NUMBER"), Failure.TLS),
        (tls("UNSUPPORTED_PROTOCOL"), Failure.TLS),
        (ssl.SSLError(), Failure.TLS),
        (ValueError("x"), Failure.PROTOCOL),
    ],
)
def test_failure(error, failure):
    found, sentence = failure_of(error)
    assert found is failure
    assert sentence.endswith(".")
    assert "{" not in sentence


def test_alerts_are_named():
    assert (
        failure_of(tls("TLSV1_ALERT_PROTOCOL_VERSION"))[1]
        == 'The server sent the TLS alert "protocol version".'
    )
    assert (
        failure_of(tls("TLSV1_UNRECOGNIZED_NAME"))[1] == 'The server sent the TLS alert "unrecognized name".'
    )


@pytest.mark.parametrize(
    "said", ["self-signed certificate", "IP address mismatch, certificate is not valid."]
)
def test_a_sentence_ends_with_one_full_stop(said):
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = said
    assert failure_of(error)[1] == f"The certificate was refused: {said.rstrip('.')}."
