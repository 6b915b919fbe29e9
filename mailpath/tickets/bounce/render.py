"""A bounce as plain text in 80 columns: who, where, what was said, what it means, which walk shows more."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mailpath.names import as_domain
from mailpath.tickets.bounce import Bounce
from mailpath.tickets.explain.render import causes_lines, family_rows, other_lines
from mailpath.tickets.families import NOT_A_BOUNCE
from mailpath.wording.layout import hanging

_COLUMN = 11
#: Most lines of groups that are shown.
MOST_GROUPS = 40


def walk_words(bounce: Bounce) -> tuple[str | None, str | None]:
    """(sender domain, recipient domain) to walk, as A-labels; None where the bounce does not tell."""
    return as_domain(bounce.sender or ""), as_domain(bounce.recipient or "")


def asks_for_tls(bounce: Bounce) -> bool:
    """Whether the message was sent with REQUIRETLS (RFC 8689 section 5: 5.7.30 is said of no other)."""
    return bounce.status_code == "5.7.30" or "REQUIRETLS" in (bounce.sentence or "").upper()


def render_text(bounce: Bounce) -> str:
    """The bounce to read; ends with a newline."""
    return "\n".join(_lines(bounce)) + "\n"


def _lines(bounce: Bounce) -> Iterator[str]:
    rows = (
        ("From", bounce.sender),
        ("To", bounce.recipient),
        ("Host", bounce.host),
        ("Code", bounce.status_code),
        ("TLS", f"tls={bounce.tls_field}" if bounce.tls_field else None),
        ("Sentence", bounce.sentence),
        ("Means", " ".join(bounce.means)),
        *family_rows(bounce.family, bounce.side, bounce.next),
    )
    if not bounce.known:
        yield "Nothing in this is known: no recipient, no code, no sentence of a mail server."
        return
    for label, text in rows:
        if text:
            yield from hanging(label, text, indent=0, column=_COLUMN)
    yield from other_lines(bounce.others)
    yield from causes_lines("Possible causes", bounce.causes, bounce.means)
    if sum(group.count for group in bounce.groups) > 1:
        yield ""
        yield "Failed, by family and domain"
        width = max(len(group.family) for group in bounce.groups)
        for group in bounce.groups[:MOST_GROUPS]:
            yield f"  {group.count:>6}  {group.family:<{width}}  {group.domain or '(domain not told)'}"
        if len(bounce.groups) > MOST_GROUPS:
            yield f"  and {len(bounce.groups) - MOST_GROUPS} more: `--json` has all."
    sender, recipient = walk_words(bounce)
    if recipient is not None and bounce.family != NOT_A_BOUNCE:
        yield ""
        words = ["mailpath", "check", recipient, *(["--from", sender] if sender else [])]
        if len(bounce.postures) == 1:
            words += ["--posture", *bounce.postures]
        if asks_for_tls(bounce):
            words.append("--requiretls")
        yield from hanging("Walk", shlex.join(words), indent=0, column=_COLUMN)
