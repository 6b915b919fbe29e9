"""How a mail host stands: what a sender that follows the standards meets there.  Pure.

It tries the addresses in order and leaves the mail at the first that takes it as the recipient demands:
authenticated where usable TLSA records or an enforced policy that lists the host ask for it, encrypted where
there are TLSA records at all (RFC 7672 section 2.2), in the clear elsewhere where TLS is not offered or is
refused.  So the address at which it would end speaks for the host; where there is none, that at which it
came furthest.
"""

from __future__ import annotations

import msgspec

from mailpath.assess.certificate import Certificate, Problem, certificate_of
from mailpath.assess.reached import Reached, reached
from mailpath.assess.sessions import session_at, with_certificate
from mailpath.assess.tlsa import plainly_unusable, secure_set, tlsa_of, usable
from mailpath.exchanges import Stage
from mailpath.facts import MxHost, Session, Walk
from mailpath.match import sts
from mailpath.visible import visible

#: TLS versions that must not be used any more (RFC 8996), in words.
OUTDATED = {"SSLv3": "SSL 3", "TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1"}


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One session, how far it came, and what the certificate is worth where there was a TLS session."""

    session: Session
    reached: Reached
    certificate: Certificate | None = None

    @property
    def version(self) -> str:
        """The TLS version; "" where there was no TLS session."""
        return self.session.tls.version if self.session.tls is not None else ""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """The certificates that were shown, DER, leaf first."""
        return self.session.tls.chain if self.session.tls is not None else ()


def enforced(walk: Walk, host: MxHost) -> bool:
    """An enforced policy lists the host: it must be authenticated (RFC 8461 section 4)."""
    return walk.sts.policy is not None and walk.sts.policy.mode == "enforce" and listed(walk, host.name)


def listed(walk: Walk, host: str) -> bool:
    """The host matches an mx pattern of the policy, by RFC 8461 section 4.1."""
    policy = walk.sts.policy
    return policy is not None and sts.lists(policy, host)


def authentication_demanded(walk: Walk, host: MxHost) -> bool:
    """The recipient says that the host must be authenticated."""
    return usable(secure_set(tlsa_of(walk, host.name))) or enforced(walk, host)


def certificate_demanded(walk: Walk, host: MxHost) -> bool:
    """No sender that keeps to what the recipient publishes offers an anonymous suite (RFC 7672 section 8.2):
    neither where records turn out unusable only when they are to be matched.
    """
    found = secure_set(tlsa_of(walk, host.name))
    sought = found is not None and not all(plainly_unusable(record) for record in found.records)
    return sought or enforced(walk, host)


def tls_demanded(walk: Walk, host: MxHost) -> bool:
    """The recipient says that TLS is not optional here: TLSA, usable or not, or an enforced policy."""
    policy = walk.sts.policy
    return secure_set(tlsa_of(walk, host.name)) is not None or (
        policy is not None and policy.mode == "enforce"
    )


def name_sent(walk: Walk, host: MxHost) -> str:
    """The SNI: the TLSA base domain where there is one (RFC 7672 section 8.1), else the host's name."""
    found = secure_set(tlsa_of(walk, host.name))
    return found.base if found is not None else host.name


def standing_at(walk: Walk, host: MxHost, address: str) -> Standing | None:
    """How the host stands at one address; None where no session is known of."""
    held = with_certificate if certificate_demanded(walk, host) else session_at
    session = held(walk, address, name_sent(walk, host))
    if session is None:
        return None
    seen = certificate_of(walk, host, session) if session.tls is not None else None
    return Standing(session=session, reached=reached(session), certificate=seen)


def standing_of(walk: Walk, host: MxHost) -> Standing | None:
    """How the host stands; None where there was no session."""
    # Where one family's lookup fails, senders that validate try the addresses of the other alone.
    lost = [lookup.rdtype for lookup in host.lookups if lookup.broken]
    learnt = [each for each in host.addresses if ("AAAA" if ":" in each else "A") not in lost]
    found = (standing_at(walk, host, address) for address in learnt or host.addresses)
    held = [each for each in found if each is not None and not each.session.not_tried]
    ending = (each for each in held if ends_delivery(walk, host, each))
    return next(ending, None) or max(held, key=lambda each: each.reached, default=None)


def ends_delivery(walk: Walk, host: MxHost, standing: Standing) -> bool:
    """Whether a sender that follows the standards goes no further at its first attempt: it leaves the mail
    here, or a server that it accepts refuses it for good.
    """
    session, seen = standing.session, standing.certificate
    if seen is None:
        refused = standing.reached is Reached.STARTTLS_REFUSED and session.failed_at is not Stage.ENVELOPE
        return (refused or standing.reached is Reached.NOT_OFFERED) and not tls_demanded(walk, host)
    accepted = bool(standing.chain) or not certificate_demanded(walk, host)
    if authentication_demanded(walk, host):
        half = seen.problem is Problem.UNVOUCHED and not enforced(walk, host)
        accepted = (seen.good or half) and standing.version not in OUTDATED
    last = session.helo_tls or session.ehlo_tls
    for_good = last is not None and last.code is not None and last.code // 100 != 4
    refused = standing.reached is Reached.REFUSED_IN_TLS and for_good
    return accepted and (standing.reached is Reached.UP or refused)


def tls_name(version: str) -> str:
    """OpenSSL's "TLSv1.3" as the RFCs write it, "TLS 1.3"."""
    return OUTDATED.get(version) or f"TLS {visible(version.removeprefix('TLSv'))}"
