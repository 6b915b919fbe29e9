"""A certificate chain as a viewer shows it, leaf first."""

from __future__ import annotations

from collections.abc import Iterator

from mailpath.findings.words import day
from mailpath.match.pkix import describe
from mailpath.visible import visible

#: Certificates of one chain that are shown.
MOST = 10


def chain_lines(chain: tuple[bytes, ...]) -> Iterator[str]:
    """What each certificate of `chain` (DER, leaf first) says."""
    for depth, der in enumerate(chain[:MOST]):
        facts = describe(der)
        if facts.error:
            yield f"{depth}  unreadable: {visible(facts.error)}"
            yield f"   SHA-256 {facts.sha256}"
            continue
        kind = "self-signed" if facts.self_signed else f"from {visible(facts.issuer)}"
        yield f"{depth}  {visible(facts.subject) or '(no subject)'}, {kind}"
        if facts.sans:
            more = f" and {len(facts.sans) - 8} more" if len(facts.sans) > 8 else ""
            yield f"   names {', '.join(visible(name) for name in facts.sans[:8])}{more}"
        yield f"   valid {day(facts.not_before)} to {day(facts.not_after)}"
        yield f"   {facts.key_type} {facts.key_bits} bits, {visible(facts.signature_algorithm)}"
        yield f"   certificate SHA-256 {facts.sha256}"
        yield f"   public key  SHA-256 {facts.spki_sha256}"
    if len(chain) > MOST:
        yield f"… {len(chain) - MOST} more certificates"
