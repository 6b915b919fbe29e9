"""Notices of sending services in JSON: Amazon SES (through SNS or not), and flat events like SendGrid's.

Shapes: the services' public documentation.  Whatever else the JSON is, it is no notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from mailpath.tickets.bounce.mail import address
from mailpath.tickets.bounce.text import Told, host_in
from mailpath.tickets.explain.codes import code_in

#: Most events, and recipients of one event, that are read.
MOST = 200

#: Names of a flat event -> how it ended.
_FLAT = {
    "bounce": "failed",
    "bounced": "failed",
    "failed": "failed",
    "dropped": "failed",
    "blocked": "failed",
    "deferred": "waiting",
    "delivered": "done",
    "open": "done",
    "click": "done",
    "spamreport": "done",
    "complained": "done",
}


def read_events(text: str) -> tuple[Told, ...]:
    """What the notices in `text` tell; () where it is no JSON, or none of a service that we know."""
    if not text.lstrip().startswith(("{", "[")):
        return ()
    try:
        return tuple(_told(msgspec.json.decode(text)))[:MOST]
    except (msgspec.DecodeError, RecursionError):
        return ()


def _told(found: Any) -> Iterator[Told]:
    for event in found[:MOST] if isinstance(found, list) else [found]:
        if not isinstance(event, dict):
            continue
        inner = event.get("Message")
        if isinstance(inner, str):  # SNS around SES
            inner = msgspec.json.decode(inner) if inner.lstrip().startswith("{") else None
        yield from _of_ses(inner if isinstance(inner, dict) else event)
        yield from _flat(event)


def _of_ses(event: dict[str, Any]) -> Iterator[Told]:
    sender = address(_text(_dict(event, "mail").get("source")))
    for kind, listed, state in (
        ("bounce", "bouncedRecipients", "failed"),
        ("deliveryDelay", "delayedRecipients", "waiting"),
        ("complaint", "complainedRecipients", "done"),
        ("delivery", "recipients", "done"),
    ):
        part = _dict(event, kind)
        recipients = part.get(listed)
        for each in recipients[:MOST] if isinstance(recipients, list) else ():
            one = each if isinstance(each, dict) else {"emailAddress": each}
            said = _text(one.get("diagnosticCode"))
            sentence = said.partition(";")[2].strip() if said and said.lower().startswith("smtp;") else said
            if sentence is None and part.get("bounceSubType") in ("Suppressed", "OnAccountSuppressionList"):
                sentence = "The address is on the suppression list"
            yield Told(
                sender=sender,
                recipient=address(_text(one.get("emailAddress"))),
                host=host_in(sentence or ""),
                status_code=code_in(_text(one.get("status")) or "") or code_in(sentence or ""),
                sentence=sentence,
                state=state,  # type: ignore[arg-type]
            )


def _flat(event: dict[str, Any]) -> Iterator[Told]:
    state = _FLAT.get(_text(event.get("event")) or "")
    recipient = address(_text(event.get("email")) or _text(event.get("recipient")))
    if state is None or recipient is None:
        return
    sentence = next(
        (said for each in ("reason", "response", "error") if (said := _text(event.get(each)))), None
    )
    yield Told(
        sender=address(_text(event.get("sender"))),
        recipient=recipient,
        host=host_in(sentence or ""),
        status_code=code_in(_text(event.get("status")) or "") or code_in(sentence or ""),
        sentence=sentence,
        state=state,  # type: ignore[arg-type]
    )


def _dict(event: dict[str, Any], name: str) -> dict[str, Any]:
    found = event.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str | None:
    return value[:4000] if isinstance(value, str) and value.strip() else None
