"""One lookup, validated from the trust anchor down, without the rest of a path (RFC 4035 section 5)."""

from __future__ import annotations

import time

import dns.rdatatype

from mailpath.dnssec import Validator
from mailpath.errors import MailpathError, concerning
from mailpath.facts import Lookup, Security, ZoneFact
from mailpath.names import to_dns_name
from mailpath.network.protocol import Network
from mailpath.records import Record


class Validation(Record, frozen=True, kw_only=True):
    """What became of one name and type, as of `at` (Unix seconds).

    `zones`: every zone on the way, parents first.  `trust_anchor`: what was trusted without proof, as
    zone-file text.  `ahead`: `at` is a time to come, seen from the exchanges.
    """

    lookup: Lookup
    zones: tuple[ZoneFact, ...]
    at: int
    trust_anchor: str
    ahead: bool = False

    @property
    def security(self) -> Security:
        """Secure, insecure, bogus or indeterminate (RFC 4033 section 5)."""
        return self.lookup.security

    @property
    def reason(self) -> str:
        """What proves it, or why nothing does, in one clause."""
        return self.lookup.reason


def asked(name: str, type: str) -> tuple[str, str]:
    """Name and type in the form in which they are asked.  `type`: a mnemonic, or its number.  Raises
    `MailpathError`.
    """
    with concerning(key=repr(name.strip()) if name.strip() else ""):
        owner = to_dns_name(name.strip())
    return owner, _record_type(type)


async def validate(owner: str, rdtype: str, live: Network, at: int | None = None) -> Validation:
    """What becomes of it as of `at` (Unix seconds; None: now).  Raises nothing for what the world does."""
    moment = int(time.time()) if at is None else at
    validator = Validator(live, moment)
    return Validation(
        lookup=await validator.claimed(owner, rdtype),
        zones=validator.zones(),
        at=moment,
        trust_anchor=live.ground.trust_anchor,
        ahead=live.ground.precedes(moment),
    )


def _record_type(text: str) -> str:
    try:
        number = text.isascii() and text.isdigit()
        return dns.rdatatype.to_text(dns.rdatatype.from_text(f"TYPE{int(text)}" if number else text))
    except (dns.rdatatype.UnknownRdatatype, ValueError):
        raise MailpathError(f"{text!r} is not a record type.") from None
