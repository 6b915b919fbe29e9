"""Trust anchors: where a chain of trust begins (RFC 4033 section 2, RFC 4035 section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdatatype
import dns.rrset
import dns.zonefile
from dns.rdatatype import RdataType
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from mailpath.dnssec.algorithms import Delegation

_PLACE = re.compile(r"\A<input>:[0-9]+: ")


class BadAnchor(ValueError):
    """The trust anchor text holds no usable anchor; the message is one plain sentence."""


@dataclass(frozen=True)
class Anchors:
    """DS and DNSKEY records of the root that are trusted without proof."""

    ds: tuple[Delegation, ...] = ()
    keys: tuple[DNSKEY, ...] = ()


def read_anchors(text: str) -> Anchors:
    """The root's DS and DNSKEY records in zone-file `text` (RFC 1035 section 5, RFC 4034 section 5.3).

    Other names and types are refused: trust below the root must come by the chain.  Raises `BadAnchor`.
    """
    try:
        rrsets = dns.zonefile.read_rrsets(
            text, origin=dns.name.root, relativize=False, default_ttl=0, rdclass=None
        )
    except (dns.exception.DNSException, ValueError) as error:
        # dnspython's own place in the text is of the line behind, and names no file.
        sentence = _PLACE.sub("", str(error)).rstrip(".")
        raise BadAnchor(f"The trust anchor cannot be read as zone-file text: {sentence}.") from error
    ds: list[DS] = []
    keys: list[DNSKEY] = []
    for rrset in rrsets:
        if rrset.name != dns.name.root or rrset.rdtype not in (RdataType.DS, RdataType.DNSKEY):
            kind = dns.rdatatype.to_text(rrset.rdtype)
            raise BadAnchor(
                f"The trust anchor may hold DS and DNSKEY of the root only, not {rrset.name} {kind}."
            )
        ds += [rdata for rdata in rrset if isinstance(rdata, DS)]
        keys += [rdata for rdata in rrset if isinstance(rdata, DNSKEY)]
    if not ds and not keys:
        raise BadAnchor("The trust anchor holds neither a DS nor a DNSKEY record of the root.")
    return Anchors(ds=tuple(ds), keys=tuple(keys))
