"""A certificate chain as a tree: the root at the top, what each certificate vouches for below it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mailpath.match.certificate import describe
from mailpath.visible import visible
from mailpath.wording.times import utc

#: Certificates of one chain that are shown.
MOST = 10
_NAMES = 8


def leads(path: tuple[bytes, ...], own: Collection[bytes]) -> str:
    """What the certificate at the end of a path is; `own`: roots that this machine does not know."""
    return "root that is unknown on this machine" if path[-1] in own else "trusted root"


def chain_lines(
    chain: tuple[bytes, ...], path: tuple[bytes, ...] = (), own: Collection[bytes] = ()
) -> Iterator[str]:
    """`chain` (DER, leaf first, as sent) from the top down; `path`: the same up to the trusted root, where it
    leads to one; `own`: as in `leads`.  What was sent beside the path follows."""
    trusted = bool(path)
    down = list(reversed(path or chain[:MOST]))[:MOST]
    top = describe(down[0]) if down and not trusted else None
    rooted = top is not None and not top.error and not top.self_signed
    if top is not None and rooted:
        yield f"{visible(top.issuer) or '(no name)'}  (not sent)"
    for depth, der in enumerate(down, 1 if rooted else 0):
        note = ""
        if trusted and depth == 0:
            note = leads(path, own) if der in chain else f"{leads(path, own)}, not sent"
        last = depth == len(down) - (0 if rooted else 1)
        yield from _certificate(der, depth, note, last)
    beside = [der for der in chain if der not in down]
    for der in beside[:MOST]:
        facts = describe(der)
        yield f"also sent: {visible(facts.subject or facts.error) or '(no subject)'}"
    if len(beside) > MOST:
        yield f"… {len(beside) - MOST} more certificates"


def _certificate(der: bytes, depth: int, note: str, last: bool) -> Iterator[str]:
    """One certificate at its place in the tree."""
    branch = "   " * (depth - 1) + "└─ " if depth else ""
    below = "   " * depth + ("   " if last else "│  ")
    facts = describe(der)
    if facts.error:
        yield f"{branch}unreadable: {visible(facts.error)}"
        yield f"{below}SHA-256 {facts.sha256}"
        return
    notes = [note] if note else []
    if facts.self_signed and not note:
        notes.append("self-signed")
    shown = f"  ({', '.join(notes)})" if notes else ""
    yield f"{branch}{visible(facts.subject) or '(no subject)'}{shown}"
    if facts.sans:
        more = f" and {len(facts.sans) - _NAMES} more" if len(facts.sans) > _NAMES else ""
        yield f"{below}names        {', '.join(visible(name) for name in facts.sans[:_NAMES])}{more}"
    yield f"{below}valid        {utc(facts.not_before)} to {utc(facts.not_after)}"
    yield f"{below}key          {facts.key_type} {facts.key_bits} bits"
    yield f"{below}signed with  {visible(facts.signature_algorithm)}"
    yield f"{below}certificate  SHA-256 {facts.sha256}"
    yield f"{below}public key   SHA-256 {facts.spki_sha256}"
