"""Bounces and lines of a log, read for who wrote to whom, which host said what, and why.

A delivery status notification (RFC 3464) with its parts, one that lost them on the way, a bounce that never
had any (qmail, old Exim), a mail in a mailbox file, or a piece of a mail server's log.  The input is
somebody else's: at most 1 MiB is read, and no bytes whatever make it fail.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from mailpath.tickets.bounce.events import read_events
from mailpath.tickets.bounce.mail import MAX_INPUT, Mail, address, bounded, read_mail
from mailpath.tickets.bounce.notification import pasted_status, read_notification
from mailpath.tickets.bounce.text import State, Told, any_address, host_in, read_text, telling, unquoted
from mailpath.tickets.explain import Cause, Other, explain, tls_field, with_field
from mailpath.tickets.explain.codes import code_in
from mailpath.tickets.explain.loglines import MOST_FILLED, LogLine, read_line, read_log
from mailpath.tickets.explain.means import ENVELOPE_NOTE
from mailpath.tickets.families import (
    NOT_A_BOUNCE,
    UNKNOWN,
    Refusal,
    Side,
    as_itself,
    classify,
    table,
)
from mailpath.visible import visible

__all__ = ["MAX_INPUT", "Bounce", "read_bounce", "to_dict"]


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """One recipient that failed: whose move it is (`side`, None where nobody knows), and the next check."""

    recipient: str | None
    family: str
    side: Side | None
    next: str | None
    status_code: str | None


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages to a domain (None: no line says which) a log tells failed so."""

    family: str
    domain: str | None
    count: int


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    """What a bounce tells; None or () where it does not.  All of it visible text.

    `sender`, `recipient`: mail addresses; `host`: the mail host that refused, or could not be used;
    `status_code`: enhanced status code (RFC 3463); `sentence`: what the host, or the sender's own server,
    said; `tls_field`: the `tls=` of Postfix's delivery line; `means`: that in plain words; `causes`,
    `postures`: as `mailpath explain` has them; `others`: what failed beside it.  `family`, `side`, `next`: of
    the recipient told here, who is the first of `recipients`; `groups`: of a log, the most frequent first.
    """

    sender: str | None = None
    recipient: str | None = None
    host: str | None = None
    status_code: str | None = None
    sentence: str | None = None
    tls_field: str | None = None
    means: tuple[str, ...] = ()
    causes: tuple[Cause, ...] = ()
    postures: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    family: str = UNKNOWN
    side: Side | None = None
    next: str | None = None
    recipients: tuple[Recipient, ...] = ()
    groups: tuple[Group, ...] = ()

    @property
    def known(self) -> bool:
        """Whether more is known than that there is a text, and perhaps who sent it."""
        return self.family != UNKNOWN or any((self.recipient, self.host, self.status_code, self.means))


#: Of a line of a log: the message stays in the queue.
_WAITS = re.compile(r"\bstatus=deferred\b|\bresult=\"TempFail\"|\s==\s|: deferral: |\bstat=Deferred")

#: Of a notice in words: likewise.
_DELAY = re.compile(
    r"\bdelay|\bretried\b|\bwill retry\b|keep(?:s|ing)? trying|will try again|still (?:try|being)"
    r"|warning only",
    re.IGNORECASE,
)

#: What is told of one failure, and other sentences about it.
Failure = tuple[Told, tuple[str, ...]]


def read_bounce(data: bytes) -> Bounce:
    """What `data` tells.  Never raises; bytes beyond `MAX_INPUT` are not read."""
    data = bounded(data)
    mail = read_mail(data)
    if mail is not None:
        failures = _from_mail(mail)
        if mail.is_reply or all(told.state == "done" for told, _ in failures):
            return _delivered(failures[0][0])
        return _most_telling(failures)
    text = data.decode("utf-8", "replace")
    events = read_events(text)
    if events:
        done = all(told.state == "done" for told in events)
        return _delivered(events[0]) if done else _most_telling([(told, ()) for told in events])
    lines = read_log(text)
    if lines:
        found = _most_telling([(_logged(line), (line.text, *line.beside)) for line in lines])
        return msgspec.structs.replace(found, groups=_groups(text))
    return _most_telling([(told, ()) for told in _in_words(text, notice=True)])


def _in_words(text: str, *, notice: bool) -> tuple[Told, ...]:
    """What a text says, and the machine-readable part where somebody pasted that too.  Never ()."""
    text = unquoted(text)
    words = read_text(text, notice=notice)
    pasted = read_notification(pasted_status(text))
    alone = len(pasted) == 1
    return tuple(each.over(_of_the_same(each, words, alone=alone)) for each in pasted) or words


def _of_the_same(told: Told, others: Sequence[Told], *, alone: bool) -> Told:
    """That of `others` which speaks of the same recipient; the first where there is one recipient only."""
    known = (told.recipient or "").casefold()
    found = next((each for each in others if known and (each.recipient or "").casefold() == known), None)
    if found is not None or not others:
        return found or Told()
    return others[0] if alone else Told(sender=others[0].sender)


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
        state=("waiting" if _WAITS.search(line.text) else "failed")
        if line.failed
        else "done"
        if line.final
        else None,
        server=line.server,
        tls_field=line.tls_field,
    )


def _from_mail(mail: Mail) -> list[Failure]:
    """The machine-readable part first; then what the text says; then the headers."""
    notices: Sequence[Told] = read_notification(mail.status)
    words = _in_words(mail.text, notice=mail.is_notice)
    logged = [_logged(line) for line in read_log(mail.text)]
    if not notices:
        # Lines of a log count where the notice has no sentence of its own.
        in_lines = logged and words[0].sentence is None
        notices = [words[0].over(each) for each in logged] if in_lines else words
    recipient = mail.failed_recipient if len(notices) == 1 else None
    if recipient is None and mail.is_notice:
        named = (address(mail.headers.get(each)) or "" for each in ("from", "to", "reply-to"))
        recipient = any_address(mail.text, {each.casefold() for each in (*named, mail.sender or "")})
    # A notice that does not speak of a delay has given up, whatever its code.
    state: State | None = ("waiting" if _DELAY.search(mail.text) else "failed") if mail.is_notice else None
    sentence = telling(mail.text) if mail.is_notice and words[0].sentence is None else None
    headers = Told(sender=mail.sender, recipient=recipient, sentence=sentence, state=state)
    return [_joined(each, words, logged, headers, alone=len(notices) == 1) for each in notices]


def _joined(
    status: Told, words: Sequence[Told], logged: Sequence[Told], headers: Told, *, alone: bool
) -> Failure:
    body = _of_the_same(status, words, alone=alone)
    line = _of_the_same(status, logged, alone=alone)
    # The text's sentence is the sender's own server speaking, the part's often only the reply in it.
    also = tuple(told.sentence for told in (body, line) if told.sentence)
    told = status.over(body).over(line).over(headers)
    code = told.status_code
    if code is None or code.endswith(".0.0"):
        better = code_in(told.sentence or "") or body.status_code
        told = msgspec.structs.replace(told, status_code=better or code)
    return told, also


def _most_telling(failures: Sequence[Failure]) -> Bounce:
    """The first failure that hangs on TLS or DNS, else the first; the rest beside it."""
    chosen, found = 0, _explained(*failures[0])
    for number, failure in enumerate(failures[1:MOST_FILLED], 1):
        if found.postures:
            break
        other = _explained(*failure)
        if other.postures:
            chosen, found = number, other
    order = [chosen, *(number for number in range(len(failures)) if number != chosen)]
    recipients = tuple(_recipient(*failures[number]) for number in order)
    if found.recipient is None and recipients[0].family == UNKNOWN:  # of nobody, and nothing known
        return found
    return msgspec.structs.replace(
        found,
        others=tuple(_other(failures[number][0]) for number in order[1:]),
        family=recipients[0].family,
        side=recipients[0].side,
        next=recipients[0].next,
        recipients=recipients,
    )


def _recipient(told: Told, also: tuple[str, ...]) -> Recipient:
    refusal = _refusal(told, also)
    return Recipient(
        recipient=_shown(told.recipient),
        family=refusal.family,
        side=refusal.side,
        next=refusal.next,
        status_code=_shown(told.status_code),
    )


def _refusal(told: Told, also: tuple[str, ...]) -> Refusal:
    if told.state == "done":
        return as_itself(NOT_A_BOUNCE)
    said = told.sentence or ""
    waiting = told.state == "waiting" or (told.state is None and (told.status_code or said).startswith("4"))
    return classify(
        dict.fromkeys((said, *(text for text in also if not said or said not in text))),
        told.status_code,
        waiting=waiting,
        recipient=told.recipient,
    )


def _delivered(told: Told) -> Bounce:
    """What is no failure: a reply, a report, or a notice of success."""
    refusal = as_itself(NOT_A_BOUNCE)
    recipient = _recipient(msgspec.structs.replace(told, state="done"), ())
    return Bounce(
        sender=_shown(told.sender),
        recipient=recipient.recipient,
        status_code=recipient.status_code,
        tls_field=_shown(told.tls_field),
        means=(table().families[NOT_A_BOUNCE].definition, *tls_field.told(told.tls_field or "")),
        family=refusal.family,
        side=refusal.side,
        next=refusal.next,
        recipients=(recipient,) if recipient.recipient else (),
    )


def _groups(text: str) -> tuple[Group, ...]:
    """The messages that failed, each once and as it went last, counted by family and domain."""
    failed: dict[tuple[str, str | None], LogLine] = {}
    to: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines()):
        line = read_line(raw)
        if line is None:
            continue
        if line.recipient and line.queue:
            to.setdefault(line.queue, line.recipient)
        if line.failed:
            failed[line.queue or str(number), line.recipient] = line
    counted: Counter[tuple[str, str | None]] = Counter()
    for line in failed.values():
        told = _logged(line)
        domain = (told.recipient or to.get(line.queue, "")).rpartition("@")[2].casefold()
        counted[_refusal(told, ()).family, _shown(domain)] += 1
    return tuple(
        Group(family=family, domain=domain, count=count) for (family, domain), count in counted.most_common()
    )


def _other(told: Told) -> Other:
    return Other(
        recipient=_shown(told.recipient),
        status_code=_shown(told.status_code),
        sentence=_shown(told.sentence),
    )


def _explained(told: Told, also: tuple[str, ...]) -> Bounce:
    """The explanation of the sentence that tells most: the one that leads to causes."""
    # The notice itself, of several pages, is no sentence; its code is the last resort.
    texts = [text for text in (told.sentence, *also, told.status_code) if text]
    explanations = [explain(text, beside=also, server=told.server) for text in dict.fromkeys(texts)]
    found = next((each for each in explanations if each.causes), None)
    found = found or next((each for each in explanations if each.recognised), None)
    found = with_field(found, told.tls_field) if found is not None else None
    means, causes = (found.means, found.causes) if found else ((), ())
    family = _refusal(told, also).family if ENVELOPE_NOTE in means else UNKNOWN
    if family != UNKNOWN:  # "refused the recipient's address" is less than what kind of refusal it is
        definition = table().families[family].definition
        means, causes = (definition, *means[means.index(ENVELOPE_NOTE) :]), (Cause(text=definition),)
    return Bounce(
        sender=_shown(told.sender),
        recipient=_shown(told.recipient),
        host=_shown(told.host),
        status_code=_shown(told.status_code),
        sentence=_shown(told.sentence),
        tls_field=_shown(told.tls_field),
        means=means,
        causes=causes,
        postures=found.postures if found else (),
    )


def _shown(value: str | None) -> str | None:
    if value is None:
        return None
    return visible(" ".join(value.split())) or None
