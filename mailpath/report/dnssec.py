"""The chain of trust as a teacher draws it, and as JSON.

Top down, as trust flows: each zone, the DS by which its parent vouches for it, its keys, the signature
over them with its window, an arrow to the next, and at the foot the records that were asked for.  Pure:
what is drawn comes from the facts of one lookup and the zones of its validator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from mailpath.facts import AliasLink, DsFact, Found, KeyFact, Lookup, Security, SignatureFact, ZoneFact
from mailpath.visible import visible
from mailpath.wording.times import day, rfc3339, span, utc

_DIGESTS = {1: "SHA-1", 2: "SHA-256", 3: "GOST", 4: "SHA-384"}
_GLYPHS = {
    Security.SECURE: "✓",
    Security.INSECURE: "!",
    Security.BOGUS: "✗",
    Security.INDETERMINATE: "?",
}
#: (zone, key tag)
_Signers = frozenset[tuple[str, int]]
_ROLES = {"KSK": 0, "ZSK": 1, "revoked": 2}
#: Longest text of one record: longer ones are cut in the drawing, never in JSON.
_RECORD = 512
_JSON_TEXT = 1 << 20


def render_text(
    lookup: Lookup,
    zones: Sequence[ZoneFact],
    at: int,
    *,
    ascii_only: bool = False,
    drawn: Collection[str] = (),
    fix: str = "",
    mind: str = "",
) -> str:
    """The chain of trust of `lookup` as plain lines (RFC 4035 section 5), for people.

    `zones`: `Validator.zones()`; `at`: Unix time as of which it was validated; `drawn`: names of those that
    the reader has seen in full; `fix`: what mends the answer; `mind`: a sentence on whose trust anchor it
    is, where that is not IANA's.  Ends with a newline.
    """
    known = {zone.name: zone for zone in zones}
    pen = _Pen(ascii_only, _signers(lookup, zones))
    head = f"{_dns(lookup.name)} {lookup.rdtype}, as of {utc(at)}: {_word(lookup)}"
    lines = [head, f"  {_shown(lookup.reason)}"] if lookup.reason else [head]
    if lookup.ede is not None:
        lines.append(f"  Extended DNS error {lookup.ede} (RFC 8914): {_EDE.get(lookup.ede, 'other')}")
    if fix:
        lines.append(f"  Fix: {_shown(fix)}")
    if mind:
        lines.append(f"  {_shown(mind)}")
    lines.append("")
    for name in lookup.chain:
        if name in known:
            lines += pen.again(known[name]) if name in drawn else pen.zone(known[name], at)
            lines += pen.arrow()
    beside = [zone for zone in zones if zone.name not in lookup.chain and _concerns(zone, lookup.links)]
    for link in lookup.links:
        lines += pen.link(link)
        lines += pen.arrow()
    lines += pen.answer(lookup, at)
    if beside:
        lines += ["", "Zones that the aliases lead through:"]
        for zone in beside:
            lines += pen.zone(zone, at)
    lines += ["", *_footer(lookup, at)]
    return "\n".join(lines) + "\n"


def to_json(
    lookup: Lookup, zones: Sequence[ZoneFact], at: int, *, fix: str = "", anchor: str = "iana"
) -> dict[str, Any]:
    """The same as one JSON object (RFC 4035 section 4.3): "status", "reason", "fix", "chain", and more.

    "anchor": whose the trust anchors are, "iana" or "own".
    Times are RFC 3339 in UTC.  "chain" holds every zone that was come across, parents first; "on_path" tells
    those that vouch for the last RRset, and "anchor" where a chain begins ("positive") or validation was
    switched off ("negative").
    """
    signers = _signers(lookup, zones)
    return {
        **_record(lookup, "rdata", "final_security", "resolver_ad", "resolver_rcode", "detail"),
        "at": rfc3339(at),
        "anchor": anchor,
        "fix": fix or None,
        "chain": [_zone(zone, zone.name in lookup.chain, signers) for zone in zones],
        "resolver": {"ad": lookup.resolver_ad, "rcode": lookup.resolver_rcode},
    }


#: RFC 8914 section 4, those that the validator gives.
_EDE = {
    0: "other error",
    1: "unsupported DNSKEY algorithm",
    2: "unsupported DS digest type",
    5: "DNSSEC indeterminate",
    6: "DNSSEC bogus",
    7: "signature expired",
    8: "signature not yet valid",
    9: "DNSKEY missing",
    10: "RRSIGs missing",
    11: "no zone key bit set",
    12: "NSEC missing",
    22: "no reachable authority",
    23: "network error",
    27: "unsupported NSEC3 iterations value",
}


class _Pen:
    """Draws lines; `ascii_only` for poor fonts."""

    def __init__(self, ascii_only: bool, signers: _Signers) -> None:
        self._bar, self._tip = ("|", "v") if ascii_only else ("│", "▼")
        self._ascii = ascii_only
        self._signers = signers

    def status(self, security: Security) -> str:
        word = security.value.upper()
        return word if self._ascii else f"{_GLYPHS[security]} {word}"

    def arrow(self) -> list[str]:
        return [self._bar, self._tip]

    def again(self, zone: ZoneFact) -> list[str]:
        """One zone that was drawn before."""
        return [f"{_zone_name(zone)}  {self.status(zone.status)}, as above"]

    def zone(self, zone: ZoneFact, at: int) -> list[str]:
        """One zone with everything that vouches for it."""
        label = "anchor" if zone.anchor or zone.name == "." else "DS"
        body = [_ds_line(ds, label, bool(zone.keys)) for ds in zone.ds]
        body += [_signature_line(s, at) for s in zone.signatures if s.rdtype != "DNSKEY"]
        body += [
            _key_line(key, _role(zone, key, self._signers))
            for key in sorted(zone.keys, key=lambda key: (_ROLES.get(key.role, 9), key.tag))
        ]
        body += [_signature_line(s, at) for s in zone.signatures if s.rdtype == "DNSKEY"]
        if zone.reason and zone.reason not in {signature.verdict for signature in zone.signatures}:
            body.append(_shown(zone.reason))
        head = f"{_zone_name(zone)}  {self.status(zone.status)}"
        return [head, *(f"{self._bar}   {line}" for line in body)]

    def link(self, link: AliasLink) -> list[str]:
        line = f"{_dns(link.owner)} {link.rdtype} {_dns(link.target)}  {self.status(link.security)}"
        return [line, *([f"{self._bar}   {_shown(link.reason)}"] if link.reason else [])]

    def answer(self, lookup: Lookup, at: int) -> list[str]:
        """The records, or their absence, at the foot of the chain."""
        lines = [f"{_dns(lookup.canonical)} {lookup.rdtype}  {self.status(lookup.final_security)}"]
        if lookup.found is Found.ABSENT:
            gone = "the name does not exist" if lookup.rcode == "NXDOMAIN" else "there is none"
            lines.append(f"    {gone} ({lookup.rcode})")
        elif lookup.found is Found.FAILED:
            lines.append("    lookup failed")
        lines += [f"    {_dns(record, limit=_RECORD)}" for record in lookup.records]
        if lookup.wildcard is not None:
            lines.append(f"    expanded from the wildcard {_dns(lookup.wildcard)}")
        if lookup.denial:
            kinds = sorted({each.rdtype for each in lookup.signatures} & {"NSEC", "NSEC3"})
            proof = f"{' and '.join(kinds)} of " if kinds else ""
            lines.append(f"    proven by {proof}{', '.join(_dns(owner) for owner in lookup.denial)}")
        return lines + [f"    {_signature_line(signature, at)}" for signature in lookup.signatures]


def _zone_name(zone: ZoneFact) -> str:
    """Of a trust anchor below the root, which is never IANA's, whose it is."""
    name = "root (.)" if zone.name == "." else _dns(zone.name)
    if zone.anchor == "positive" and zone.name != ".":
        return f"trust anchor {name}, your own"
    return f"negative trust anchor {name}" if zone.anchor == "negative" else name


def _footer(lookup: Lookup, at: int) -> list[str]:
    lines: list[str] = []
    if lookup.expires is not None:
        left = span(lookup.expires - at, full=True)
        what = "answer validates" if lookup.security is Security.SECURE else "proof that it is unsigned holds"
        lines.append(f"This {what} until {utc(lookup.expires)} ({left} left), unless it is signed again.")
    if lookup.resolver_rcode is not None:
        lines.append(f"Your resolver says: {_claim(lookup)}.")
        ours = _expected_claim(lookup)
        if ours is not None and ours != (lookup.resolver_ad, lookup.resolver_rcode):
            lines.append(f"That differs from the result here: {_shown(lookup.reason)}")
    return lines


def _claim(lookup: Lookup) -> str:
    if lookup.resolver_rcode == "SERVFAIL":
        return "SERVFAIL without CD, as for a bogus answer"
    ad = "authenticated (AD set)" if lookup.resolver_ad else "not authenticated (AD clear)"
    return f"{lookup.resolver_rcode}, {ad}"


def _expected_claim(lookup: Lookup) -> tuple[bool, str | None] | None:
    """(AD, RCODE) that a validating resolver gives for our verdict (RFC 4035 section 3.2.3)."""
    if lookup.security is Security.BOGUS:
        return False, "SERVFAIL"
    if lookup.found is Found.FAILED or lookup.security is Security.INDETERMINATE:
        return None
    return lookup.security is Security.SECURE, lookup.rcode


def _concerns(zone: ZoneFact, links: Iterable[AliasLink]) -> bool:
    return any(link.owner == zone.name or link.owner.endswith("." + zone.name) for link in links)


def _word(lookup: Lookup) -> str:
    if lookup.found is Found.FAILED:
        return f"NO ANSWER, {lookup.security.value.upper()}"
    return lookup.security.value.upper()


def _ds_line(ds: DsFact, label: str, compared: bool) -> str:
    digest = _DIGESTS.get(ds.digest_type, f"digest type {ds.digest_type}")
    known = "" if ds.supported else ", not supported"
    matches = "matches a key" if ds.matches else "matches no key" if compared else "no key to compare with"
    return f"{label:<6} {ds.tag:<5}  algorithm {ds.algorithm}, {digest} {_short(ds.digest)}, {matches}{known}"


def _signers(lookup: Lookup, zones: Sequence[ZoneFact]) -> _Signers:
    """(zone, key tag) of the keys that were seen to sign other records than keys."""
    held = [*lookup.signatures, *(signature for zone in zones for signature in zone.signatures)]
    return frozenset((each.signer, each.tag) for each in held if each.rdtype != "DNSKEY")


def _role(zone: ZoneFact, key: KeyFact, signers: _Signers) -> str:
    """The SEP bit's word; CSK (RFC 9499 section 10) where the key that is vouched for signs the rest too."""
    both = key.trusted_by and key.role != "revoked" and (zone.name, key.tag) in signers
    return "CSK" if both else key.role


def _key_line(key: KeyFact, role: str) -> str:
    size = f", {key.bits} bits" if key.bits else ""
    trust = {"anchor": "  trusted: it is the trust anchor", "DS": "  trusted: the DS record names it"}.get(
        key.trusted_by, ""
    )
    return f"DNSKEY {key.tag:<5}  {_shown(key.algorithm_name)}{size}  {role}{trust}"


def _signature_line(signature: SignatureFact, at: int) -> str:
    if signature.verdict == "good":
        window = f"{day(signature.inception)} to {day(signature.expiration)}"
        worth = f"{window} ({span(signature.expiration - at, full=True)} left), good"
    else:
        worth = f"NOT GOOD: {_shown(signature.verdict)}"
    what = f"{_dns(signature.owner)} {signature.rdtype}"
    return f"RRSIG  {signature.tag:<5}  over {what} by {_dns(signature.signer)}, {worth}"


def _short(digest: str) -> str:
    return digest if len(digest) <= 20 else f"{digest[:8]}..{digest[-8:]}"


def _dns(text: str, *, limit: int = _RECORD) -> str:
    """DNS presentation text: plain ASCII is escaped already (RFC 1035 section 5.1), the rest made visible."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    return visible(text, limit=limit)


def _shown(text: str) -> str:
    return _dns(text, limit=1024)


#: What JSON calls a fact's field where not by its own name, and those that are times.
_KEYS = {"rdtype": "type", "security": "status", "links": "aliases"}
_MOMENTS = frozenset({"inception", "expiration", "expires"})


def _zone(zone: ZoneFact, on_path: bool, signers: _Signers) -> dict[str, Any]:
    keys = tuple(msgspec.structs.replace(key, role=_role(zone, key, signers)) for key in zone.keys)
    return {
        "zone": _dns(zone.name),
        "on_path": on_path,
        **_record(msgspec.structs.replace(zone, keys=keys), "name", "failure"),
        "anchor": zone.anchor or None,
    }


def _record(record: msgspec.Struct, *left_out: str) -> dict[str, Any]:
    """A fact's fields, with those of the facts within."""
    fields = msgspec.structs.asdict(record)
    return {
        _KEYS.get(name, name): rfc3339(value) if name in _MOMENTS and value is not None else _value(value)
        for name, value in fields.items()
        if name not in left_out
    }


def _value(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return _record(value)
    if isinstance(value, tuple):
        return [_value(each) for each in value]
    return _dns(str(value), limit=_JSON_TEXT) if isinstance(value, str) else value
