"""`check --envelope`: which addresses MAIL FROM and RCPT TO name (RFC 5321 section 3.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from mailpath.commands.options import domain_of
from mailpath.names import is_local_part

if TYPE_CHECKING:
    from mailpath.exchanges import Envelope

#: Who every domain that takes mail has (RFC 5321 section 4.5.1).
POSTMASTER = "postmaster"


class Asked(NamedTuple):
    """What the command line says of the envelope."""

    mail_from: str | None
    rcpt_to: str | None


def asked(flag: bool, mail_from: str | None, rcpt_to: str | None) -> Asked | None:
    """None where no envelope is to be tried.  Raises `click.UsageError`."""
    if flag:
        return Asked(mail_from, rcpt_to)
    if mail_from is not None or rcpt_to is not None:
        raise click.UsageError("--envelope-from and --rcpt belong to --envelope.")
    return None


def made(wanted: Asked, sender: str | None, recipient: str) -> Envelope:
    """The envelope for a walk to `recipient`, which as `sender` may be an address or a domain.

    Raises `click.UsageError`.
    """
    from mailpath.exchanges import Envelope

    rcpt_to = wanted.rcpt_to if wanted.rcpt_to is not None else recipient
    if domain_of(rcpt_to) != domain_of(recipient):
        raise click.UsageError(f"{rcpt_to!r} is not at {domain_of(recipient)}, whose servers are asked.")
    return Envelope(mail_from=_sender(wanted.mail_from, sender), rcpt_to=_mailbox(rcpt_to, POSTMASTER))


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
        raise click.UsageError(f"{text!r} has no local part that MAIL FROM or RCPT TO could name.")
    return f"{local}@{domain_of(bare)}"
