"""The machine-readable part of a delivery status notification (RFC 3464 section 2, RFC 6533 section 3)."""

from __future__ import annotations

import email
import re

from mailpath.tickets.bounce.mail import address, headers_of
from mailpath.tickets.bounce.text import State, Told, host_in
from mailpath.tickets.explain.codes import code_in

_TYPED = re.compile(r"\s*[A-Za-z0-9][A-Za-z0-9-]{0,40}\s*;\s*(.*)", re.DOTALL)
#: A character in an address of the type utf-8 (RFC 6533 section 3, utf-8-addr-xtext); no surrogate.
_CHARACTER = re.compile(r"\\x\{((?!D[89A-F]..\})(?:10|[1-9A-F])?[0-9A-F]{2,4})\}", re.IGNORECASE)
_FAILED = ("failed", "delayed")
#: RFC 3464 section 2.3.3.
_STATES: dict[str, State] = {
    "failed": "failed",
    "delayed": "waiting",
    "delivered": "done",
    "relayed": "done",
    "expanded": "done",
}
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")


def read_notification(status: tuple[dict[str, str], ...]) -> tuple[Told, ...]:
    """What the blocks of the part say of each recipient that failed (or waits), else of the first."""
    recipients = [block for block in status if "final-recipient" in block or "action" in block]
    message = next((block for block in status if "reporting-mta" in block), {})
    if not recipients:
        recipients = [block for block in status if "status" in block or "diagnostic-code" in block]
    if not recipients:
        return ()
    failed = [block for block in recipients if block.get("action", "").strip().lower().startswith(_FAILED)]
    return tuple(_told(block, message) for block in failed or recipients[:1])


def _told(chosen: dict[str, str], message: dict[str, str]) -> Told:
    sentence = _value(chosen.get("diagnostic-code"))
    action = chosen.get("action", "").strip().lower()
    return Told(
        sender=_address(message.get("x-postfix-sender")),
        recipient=_address(chosen.get("original-recipient")) or _address(chosen.get("final-recipient")),
        host=_host(chosen.get("remote-mta")) or host_in(sentence or ""),
        status_code=code_in(chosen.get("status", "")),
        sentence=sentence,
        state=next((state for word, state in _STATES.items() if action.startswith(word)), None),
    )


def _value(field: str | None) -> str | None:
    """What follows the type ("smtp; 550 ...", "rfc822; u@b.example"); all of it where there is none."""
    if not field:
        return None
    found = _TYPED.match(field)
    return (found[1] if found else field).strip() or None


def _address(field: str | None) -> str | None:
    value = _value(field)
    if value and field and field.lstrip().lower().startswith("utf-8"):
        value = _CHARACTER.sub(lambda found: chr(int(found[1], 16)), value)
    return address(value)


def _host(field: str | None) -> str | None:
    """A name; Sendmail and Exchange put an address there in brackets when they have none."""
    found = _NAME.match(_value(field) or "")
    return found[0] if found is not None and "." in found[0] else None


_PASTED = re.compile(
    r"^[ \t]*(?:Reporting-MTA|Original-Recipient|Final-Recipient):.*(?:\n.*){0,60}",
    re.IGNORECASE | re.MULTILINE,
)


def pasted_status(text: str) -> tuple[dict[str, str], ...]:
    """The fields of a delivery status notification that stand in a text (RFC 3464 section 2.1)."""
    found = _PASTED.search(text)
    if found is None:
        return ()
    pieces = re.split(r"\n[ \t]*\n", found[0].lstrip())
    blocks = (headers_of(email.message_from_string(piece)) for piece in pieces)
    return tuple(
        block for block in blocks if {"reporting-mta", "final-recipient", "action"}.intersection(block)
    )
