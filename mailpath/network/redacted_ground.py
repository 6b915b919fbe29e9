"""What a capture stands on, without what tells of its maker's other networks.  Pure.

A user's trust anchors, negative ones and dial entries serve more than one path, and anchors are text with
comments: what has no bearing on the path goes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

import dns.exception
import dns.name
import dns.rdatatype
import dns.zonefile
import msgspec

from mailpath.exchanges import Envelope
from mailpath.network import endpoints
from mailpath.network.anchors import ROOT_ANCHORS
from mailpath.network.capture import Capture
from mailpath.network.private import MARK, NAME
from mailpath.network.protocol import NetworkContext


def redacted_ground(capture: Capture) -> NetworkContext:
    """The ground of `capture`; a walk that stands on it comes to the same."""
    ground = capture.ground
    return msgspec.structs.replace(
        ground,
        resolver=MARK,
        ehlo=NAME if ground.ehlo else "",
        envelope=redacted_envelope(ground.envelope),
        trust_anchor=_anchors(capture),
        dialled=tuple(each for each in ground.dialled if _occurs(each, capture)),
        insecure_zones=tuple(zone for zone in ground.insecure_zones if _bears(zone, capture)),
    )


def redacted_envelope(envelope: Envelope | None) -> Envelope | None:
    if envelope is None:
        return None
    return Envelope(mail_from=_mailbox(envelope.mail_from), rcpt_to=_mailbox(envelope.rcpt_to))


def _mailbox(mailbox: str) -> str:
    """The mailbox without its local part; the null reverse-path is nobody's."""
    return f"{MARK}@{mailbox.rpartition('@')[2]}" if mailbox else ""


def _bears(zone: str, capture: Capture) -> bool:
    """Whether an anchor, or a negative one (RFC 7646), stands above anything that was asked for."""
    return zone == "." or any(f".{each.question.name}".endswith(f".{zone}") for each in capture.dns)


def _anchors(capture: Capture) -> str:
    """The trust anchors above the path, in zone-file text of our own; where there is none, one of a name that
    tells nothing, since to a walk without any nothing would be left to begin with.

    Text that cannot be read is none that a walk could stand on: it goes as a whole.
    """
    if capture.ground.trust_anchor == ROOT_ANCHORS:
        return ROOT_ANCHORS
    try:
        held = dns.zonefile.read_rrsets(
            capture.ground.trust_anchor, origin=dns.name.root, relativize=False, default_ttl=0, rdclass=None
        )
    except (dns.exception.DNSException, ValueError):
        return ""
    named = [(rrset.name.canonicalize().to_text(), rrset) for rrset in held]
    kept = [(name, rrset) for name, rrset in named if _bears(name if name == "." else name[:-1], capture)]
    shown = kept or [(f"{NAME}.", rrset) for _, rrset in named[:1]]
    return "".join(
        f"{name} IN {dns.rdatatype.to_text(rrset.rdtype)} {rdata.to_text()}\n"
        for name, rrset in shown
        for rdata in rrset
    )


def _occurs(endpoint: str, capture: Capture) -> bool:
    """Whether a dialled "ip:port" may be of this path: it was asked, or a resolver answered with it."""
    try:
        address = endpoints.split(endpoint)[0]
        packed = ipaddress.ip_address(address).packed
    except ValueError:
        return False
    return address in set(_asked(capture)) or any(packed in (each.response or b"") for each in capture.dns)


def _asked(capture: Capture) -> Iterator[str]:
    yield from (each.request.address for each in capture.smtp)
    yield from (each.request.address for each in capture.https)
