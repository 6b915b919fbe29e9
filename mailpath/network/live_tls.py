"""TLS contexts of ours, and the chain a server sent.

Nothing is verified during a handshake (match/ does that afterwards, at any time and for any posture),
except for DNS over TLS and HTTPS, where the resolver's own certificate must hold.  Every flag is set
here, because defaults differ between Python 3.11 and 3.13 and between Linux distributions.
"""

from __future__ import annotations

import ssl
from functools import cache
from typing import Any

from mailpath.exchanges import TlsProfile

#: Level 0 lets old keys and digests through, to be seen.  Anonymous suites stand before others of the same
#: strength, as in Postfix's list: a server that follows the client's order then chooses here what it would
#: choose for Postfix at `may`.
_CIPHERS = {
    TlsProfile.FULL: "aNULL:-aNULL:ALL:@STRENGTH:@SECLEVEL=0",
    TlsProfile.AUTHENTICATED: "ALL:!aNULL:@SECLEVEL=0",
    # SHA256 and SHA384 are the CBC suites with these HMACs: those of AEAD do not bear the names here.
    TlsProfile.GNUTLS: "ALL:!aNULL:!CAMELLIA:!ARIA:!AESCCM8:!SHA256:!SHA384:!SEED:!3DES:!RC4:@SECLEVEL=0",
    # The groups are what is asked for: old versions would not be heard of at this level either.
    TlsProfile.OPENSSL_2: "ALL:!aNULL:@SECLEVEL=2",
    TlsProfile.GO: "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES+SHA1:!aNULL:@SECLEVEL=0",
}


@cache
def smtp_context(profile: TlsProfile) -> ssl.SSLContext:
    """TLS 1.0 to 1.3, nothing verified: what opportunistic senders offer, and what weak servers can do."""
    context = _unverified()
    # MINIMUM_SUPPORTED, not TLSv1: the same (SSL 3.0 stays switched off) without a deprecation warning.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers(_CIPHERS[profile])
    return context


@cache
def policy_context() -> ssl.SSLContext:
    """For the fetch of an MTA-STS policy: TLS 1.2 (RFC 8461 section 3.3 by way of RFC 9325) or later.

    The chain is judged after the handshake and before the request, by the caller's check.
    """
    context = _unverified()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("HIGH:!aNULL:!eNULL:@SECLEVEL=1")
    return context


def resolver_context(roots: tuple[bytes, ...]) -> ssl.SSLContext:
    """For DNS over TLS and HTTPS: chain and name are verified against `roots` (DER) by OpenSSL itself."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
    if roots:
        context.load_verify_locations(cadata=b"".join(roots))
    return context


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def sent_chain(ssl_object: Any) -> tuple[bytes, ...]:
    """The certificates as the server sent them, DER, leaf first; () when it was anonymous."""
    if hasattr(ssl_object, "get_unverified_chain"):  # public from Python 3.13 on
        return tuple(bytes(certificate) for certificate in ssl_object.get_unverified_chain() or ())
    import _ssl

    der = _ssl.ENCODING_DER
    chain = ssl_object._sslobj.get_unverified_chain() or ()
    return tuple(certificate.public_bytes(der) for certificate in chain)
