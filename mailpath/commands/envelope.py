"""`check --envelope`: which addresses MAIL FROM and RCPT TO name (RFC 5321 section 3.3)."""

from __future__ import annotations

import click

from mailpath.commands.options import domain_of
from mailpath.exchanges import Envelope
from mailpath.names import is_local_part

#: Who every domain that takes mail has (RFC 5321 section 4.5.1).
POSTMASTER = "postmaster"


def envelope_for(recipient: str, sender: str | None, rcpt_to: str | None, mail_from: str | None) -> Envelope:
    """The envelope for a walk to `recipient`, which as `sender` may be an address or a domain; `rcpt_to` and
    `mail_from`: the addresses asked for, None where nobody said.  Raises `click.UsageError`, `BadName`.
    """
    to = rcpt_to if rcpt_to is not None else recipient
    if domain_of(to) != domain_of(recipient):
        raise click.UsageError(
            f"{to!r} is not an address at {domain_of(recipient)}, whose servers are tested."
        )
    return Envelope(mail_from=_sender(mail_from, sender), rcpt_to=_mailbox(to, POSTMASTER))


def _sender(wanted: str | None, sender: str | None) -> str:
    """The address asked for, or SENDER where that is one; else the null reverse-path, which all must take."""
    if wanted is not None:
        return "" if wanted.strip() in ("", "<>") else _mailbox(wanted, POSTMASTER)
    return _mailbox(sender, "") if sender is not None and "@" in sender else ""


def _mailbox(text: str, default: str) -> str:
    """ "User <user@b.example>" as "user@b.example", a domain alone with the local part `default`."""
    bare = text.strip()
    if bare.endswith(">") and "<" in bare:
        bare = bare[bare.rindex("<") + 1 : -1].strip()
    local = bare.rpartition("@")[0] if "@" in bare else default
    if not is_local_part(local):
        raise click.UsageError(f"{text!r} has no local part, which MAIL FROM and RCPT TO need.")
    return f"{local}@{domain_of(bare)}"
