"""Bounces and lines of a log, read for who wrote to whom, which host said what, and why.

A delivery status notification (RFC 3464) with its parts, one that lost them on the way, a bounce that never
had any (qmail, old Exim), a mail in a mailbox file, or a piece of a mail server's log.  The input is
somebody else's: at most 1 MiB is read, and no bytes whatever make it fail.
"""

from __future__ import annotations

from typing import Any

import msgspec

from mailpath.report.bounce.mail import MAX_INPUT, Mail, bounded, pasted_status, read_mail
from mailpath.report.bounce.notification import read_notification
from mailpath.report.bounce.text import Told, host_in, read_text, unquoted
from mailpath.report.explain import Cause, explain
from mailpath.report.explain.codes import code_in
from mailpath.report.explain.loglines import LogLine, read_log
from mailpath.visible import visible

__all__ = ["MAX_INPUT", "Bounce", "read_bounce", "to_dict"]


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """What a bounce tells; None or () where it does not.  All of it visible text.

    `sender`, `recipient`: mail addresses; `host`: the mail host that refused, or could not be used;
    `status_code`: enhanced status code (RFC 3463); `sentence`: what the host, or the sender's own server,
    said; `means`: that in plain words; `causes`, `postures`: as `mailpath explain` has them.
    """

    sender: str | None = None
    recipient: str | None = None
    host: str | None = None
    status_code: str | None = None
    sentence: str | None = None
    means: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    postures: tuple[str, ...] = ()


def read_bounce(data: bytes) -> Bounce:
    """What `data` tells.  Never raises; bytes beyond `MAX_INPUT` are not read."""
    data = bounded(data)
    mail = read_mail(data)
    if mail is None:
        text = data.decode("utf-8", "replace")
        line = read_log(text)
        if line is not None:
            return _explained(_logged(line), also=(line.text, *line.beside))
        return _explained(_in_words(text), also=())
    return _from_mail(mail)


def _in_words(text: str) -> Told:
    """What a text says, and the machine-readable part where somebody pasted that too."""
    text = unquoted(text)
    return read_notification(pasted_status(text)).over(read_text(text))


def to_dict(bounce: Bounce) -> dict[str, Any]:
    """The fields of `Bounce`, as JSON has them."""
    made = msgspec.to_builtins(bounce)
    assert isinstance(made, dict)
    return made


def _logged(line: LogLine) -> Told:
    sentence = line.sentence
    code = line.status_code
    if code is None or code.endswith(".0.0"):
        code = code_in(sentence or "") or code
    return Told(
        sender=line.sender,
        recipient=line.recipient,
        host=line.host or host_in(sentence or ""),
        status_code=code,
        sentence=sentence,
    )


def _from_mail(mail: Mail) -> Bounce:
    """The machine-readable part first; then what the text says; then the headers."""
    status = read_notification(mail.status)
    body = _in_words(mail.text)
    line = read_log(mail.text)
    logged = _logged(line) if line is not None else Told()
    # The text's sentence is the sender's own server speaking, the part's often only the reply in it.
    also = tuple(told.sentence for told in (body, logged) if told.sentence)
    told = status.over(body).over(logged).over(Told(sender=mail.sender, recipient=mail.failed_recipient))
    code = told.status_code
    if code is None or code.endswith(".0.0"):
        better = code_in(told.sentence or "") or body.status_code
        told = msgspec.structs.replace(told, status_code=better or code)
    return _explained(told, also=also)


def _explained(told: Told, *, also: tuple[str, ...]) -> Bounce:
    """The explanation of the sentence that tells most: the one that leads to causes."""
    # The notice itself, of several pages, is no sentence; its code is the last resort.
    texts = [text for text in (told.sentence, *also, told.status_code) if text]
    explanations = [explain(text) for text in dict.fromkeys(texts)]
    found = next((each for each in explanations if each.causes), None)
    found = found or next((each for each in explanations if each.recognised), None)
    return Bounce(
        sender=_shown(told.sender),
        recipient=_shown(told.recipient),
        host=_shown(told.host),
        status_code=_shown(told.status_code),
        sentence=_shown(told.sentence),
        means=found.means if found else (),
        causes=found.causes if found else (),
        postures=found.postures if found else (),
    )


def _shown(value: str | None) -> str | None:
    if value is None:
        return None
    return visible(" ".join(value.split())) or None
