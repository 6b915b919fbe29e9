"""The TLSA RRset of a mail host, and whether DANE applies to the host (RFC 7672 section 2.2).  Pure.

DANE rests on three answers, each of which must be secure: the MX RRset that names the host, the host's
address, and the TLSA RRset at `_25._tcp.<TLSA base domain>`.  The base domain is the name at the end of the
host's CNAMEs, and where that has no TLSA the host's own name, if its alias is secure.  Senders ask in that
order and stop at the first set they find; a look-up that fails stops them too, and then the host is not used
(section 2.1.2): that nobody answered is never an absence.
"""

from __future__ import annotations

from enum import Enum

from mailpath.assess.faults import Fault, our_fault
from mailpath.facts import Found, HostTlsa, Lookup, MxHost, Security, TlsaRecord, TlsaSet, Walk
from mailpath.match import dane


class NotAsked(Enum):
    """Why a host is not asked for TLSA; the worst first."""

    BOGUS = "the host's address is bogus"
    UNLEARNT = "the lookup of the host's address failed"
    UNTOLD = "it is unknown whether the host's address is signed"
    UNSIGNED = "the host's address is not signed (RFC 7672 section 2.2.2)"
    NO_ADDRESS = "the host has no address"
    NO_NAME = "an MX record without a host name has no TLSA base domain"


def tlsa_bases(host: MxHost) -> tuple[tuple[str, ...], NotAsked | None]:
    """The TLSA base domains to ask at, best first, and why there are none."""
    found = [lookup for lookup in host.lookups if lookup.found is Found.FOUND]
    candidates = [lookup.canonical for lookup in found if lookup.security is Security.SECURE]
    candidates += [host.name] if any(is_secure_alias(lookup) for lookup in found) else []
    return tuple(dict.fromkeys(candidates)), None if candidates else _why_not_asked(host, found)


def is_secure_alias(lookup: Lookup) -> bool:
    """The name is a CNAME in a signed zone, wherever that leads: then it is a TLSA base domain too."""
    return bool(lookup.links) and lookup.links[0].security is Security.SECURE


def _why_not_asked(host: MxHost, found: list[Lookup]) -> NotAsked:
    if not host.lookups:
        return NotAsked.NO_NAME
    if any(lookup.security is Security.BOGUS for lookup in found or host.lookups):
        return NotAsked.BOGUS
    if not found:
        failed = any(lookup.found is not Found.ABSENT or lookup.proofless for lookup in host.lookups)
        return NotAsked.UNLEARNT if failed else NotAsked.NO_ADDRESS
    if any(lookup.security is Security.INDETERMINATE for lookup in found):
        return NotAsked.UNTOLD
    return NotAsked.UNSIGNED


def tlsa_of(walk: Walk, host: str) -> HostTlsa:
    """The TLSA facts of the MX host of that name; empty where none were gathered."""
    return next((entry for entry in walk.tlsa.hosts if entry.host == host), HostTlsa(host=host))


def secure_set(entry: HostTlsa) -> TlsaSet | None:
    """The TLSA RRset that senders with DANE use for this host: the first candidate that has one, securely.

    None too where a look-up failed before it: then they use nothing, the host included.
    """
    found = _deciding(entry)
    sure = found is not None and not found.lookup.broken and found.lookup.security is Security.SECURE
    return found if sure else None


def failed_lookup(entry: HostTlsa) -> Lookup | None:
    """The look-up that failed before a TLSA RRset was found; None where none did."""
    found = _deciding(entry)
    return found.lookup if found is not None and found.lookup.broken else None


def _deciding(entry: HostTlsa) -> TlsaSet | None:
    """The candidate behind which no sender looks: it failed, or has records, signed or perhaps signed."""
    found = (each for each in entry.candidates if each.lookup.broken or each.lookup.found is Found.FOUND)
    return next((each for each in found if each.lookup.security is not Security.INSECURE), None)


def surely_none(entry: HostTlsa) -> bool:
    """Whether it is known, and not merely not learnt, that the host has no TLSA records."""
    lookups = [candidate.lookup for candidate in entry.candidates]
    return bool(lookups) and all(
        lookup.found is Found.ABSENT and lookup.security is Security.SECURE for lookup in lookups
    )


def plainly_unusable(record: TlsaRecord) -> bool:
    """Unusable at first sight: usages other than 2 and 3, the private matching type, no data at all."""
    return record.usage not in (dane.DANE_TA, dane.DANE_EE) or record.mtype == 255 or not record.data


def usable(found: TlsaSet | None) -> bool:
    """Whether a record of it can be matched: then the host must be authenticated by it."""
    return found is not None and any(not record.unusable for record in found.records)


def has_insecure_mx(walk: Walk) -> bool:
    """There is an MX RRset, and DNS could have been forged to say so (RFC 7672 section 2.2.1)."""
    return walk.mx.lookup.found is Found.FOUND and walk.mx.lookup.security is not Security.SECURE


def dane_set(walk: Walk, host: MxHost) -> TlsaSet | None:
    """The TLSA RRset by which mail to this host is protected against a forged DNS; None if there is none."""
    return None if has_insecure_mx(walk) else secure_set(tlsa_of(walk, host.name))


def dane_applies(walk: Walk, host: MxHost) -> bool:
    """A sender with DANE must authenticate this host: it has at least one usable TLSA record."""
    return usable(dane_set(walk, host))


def dane_lost(walk: Walk, host: MxHost) -> bool:
    """Whether DANE vouches for this host was not learnt, and that is our own side's fault."""
    asked = [candidate.lookup for candidate in tlsa_of(walk, host.name).candidates]
    return any(our_fault(walk, lookup, tuple(Fault)) for lookup in (walk.mx.lookup, *host.lookups, *asked))


def dane_names(walk: Walk, base: str) -> tuple[str, ...]:
    """Reference identifiers for DANE-TA: TLSA base domain, then next-hop domain and its expansion
    (RFC 7672 section 3.2.3; the name in the MX record only where it is the base)."""
    mx = walk.mx.lookup
    expanded = mx.canonical if mx.found is Found.FOUND else walk.path.recipient
    return tuple(dict.fromkeys((base, walk.path.recipient, expanded)))
