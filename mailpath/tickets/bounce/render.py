"""A bounce as plain text in 80 columns: who, where, what was said, what it means, which walk shows more."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from mailpath.names import as_domain
from mailpath.tickets.bounce import Bounce
from mailpath.tickets.explain.render import cause_lines, other_lines
from mailpath.wording.layout import hanging

_COLUMN = 11


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
        ("Sentence", bounce.sentence),
        ("Means", " ".join(bounce.means)),
    )
    if not any(text for _, text in rows):
        yield "Nothing in this is known: no address, no code, no sentence of a mail server."
        return
    for label, text in rows:
        if text:
            yield from hanging(label, text, indent=0, column=_COLUMN)
    yield from other_lines(bounce.others)
    if bounce.causes:
        yield ""
        yield "Possible causes"
        for cause in bounce.causes:
            yield from cause_lines(cause)
    sender, recipient = walk_words(bounce)
    if recipient is not None:
        yield ""
        words = ["mailpath", "check", recipient, *(["--from", sender] if sender else [])]
        if len(bounce.postures) == 1:
            words += ["--posture", *bounce.postures]
        if asks_for_tls(bounce):
            words.append("--requiretls")
        yield from hanging("Walk", shlex.join(words), indent=0, column=_COLUMN)
