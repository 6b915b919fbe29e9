"""The reply to a ticket, ready to be sent: to the recipient's postmaster, or to our own user.

What happened, on whose side, the exact change, what that rests on, and when, from where and by what it was
seen.  Written by people who run the sending server.  Visible text all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from mailpath.ending import ExitCode
from mailpath.findings import Finding, Severity
from mailpath.judge import DemandedBy, Event, Outcome, Posture, Verdict
from mailpath.judge.events import NOT_VERIFIED, REQUIRETLS, UNTOLD
from mailpath.judge.model import DELIVERED
from mailpath.judge.posture import DaneUse, Level
from mailpath.report.contents import asked, circumstances, named
from mailpath.report.exit_codes import exit_code
from mailpath.report.explaining import decisive, own_remedy
from mailpath.report.headline import cause
from mailpath.report.panels import Explained, Row, explain, worst_first
from mailpath.report.provenance import marks
from mailpath.report.result import Result
from mailpath.tickets.families import WALKED, table
from mailpath.visible import visible
from mailpath.wording.layout import WIDTH, wrapped
from mailpath.wording.phrases import sentence

if TYPE_CHECKING:
    from mailpath.tickets.pasted import Pasted


class Reader(StrEnum):
    """Whom it is for."""

    POSTMASTER = "postmaster"  # of the recipient
    USER = "user"  # ours, who sent the mail


class Side(StrEnum):
    """Who can mend it."""

    RECIPIENT = "recipient"
    SENDER = "sender"
    ADDRESS = "address"  # the domain takes no mail, or there is none: who wrote to it may have mistyped
    WRITER = "writer"  # our user
    MAILBOX = "mailbox"  # whose it is
    WAITING = "waiting"  # time
    NOBODY = "nobody"  # nothing is wrong
    UNKNOWN = "unknown"


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """`happened`, `whose`: sentences; `remedy`: what to do, with its records, () where nobody has to do
    anything; `evidence`: two lines at most; `seen`: when, from where, by what; `remarks`: what the trust in
    it rests on, and what the message asks for.
    """

    reader: Reader
    side: Side
    subject: str
    happened: str
    whose: str
    remedy: tuple[Row, ...]
    evidence: tuple[str, ...]
    seen: str
    remarks: tuple[str, ...]


def reply(result: Result, reader: Reader, refused: Pasted | None = None) -> Reply:
    """What to answer `reader` on the verdict that decides; on `refused`, a pasted refusal of which the walk
    shows no cause.
    """
    if refused is not None and (result.verdict.outcome in DELIVERED or refused.family not in WALKED):
        return _on_refusal(result, reader, refused)
    side, found = side_of(result), decisive(result)
    if side is Side.UNKNOWN or (side is Side.SENDER and result.verdict.outcome in DELIVERED):
        found = None  # nothing that the recipient could mend
    elif side is Side.NOBODY:
        found = _warned_of(result) if reader is Reader.POSTMASTER else None
    told = explain(found) if found is not None else None
    whose = _WHOSE[reader][side]
    remedy = told.remedy if told is not None else ()
    if reader is Reader.USER and (own := own_remedy(result)):
        remedy = (Row("Fix", own),)
    if told is not None and side in _BESIDE:
        whose = f"{whose} {_BESIDE[side].format(message=told.message)}"
    return Reply(
        reader=reader,
        side=side,
        subject=f"Mail to {named(result.walk.path.recipient)}: {_SUBJECT[result.verdict.outcome]}",
        happened=_happened(result, reader),
        whose=whose.replace("DOMAIN", visible(result.walk.path.recipient)),
        remedy=remedy,
        evidence=tuple(_evidence(result, told))[:2],
        seen=_seen(result),
        remarks=tuple(_remarks(result)),
    )


# --- on a refusal that the walk does not explain -------------------------------------------------------

_MOVES: Mapping[str | None, Side] = {
    "sender-admin": Side.SENDER,
    "sender-user": Side.WRITER,
    "recipient-admin": Side.RECIPIENT,
    "recipient-user": Side.MAILBOX,
    "nobody": Side.WAITING,
    None: Side.UNKNOWN,
}


def _on_refusal(result: Result, reader: Reader, refused: Pasted) -> Reply:
    side = _MOVES[refused.side]
    # Where a walk would show the cause and does not, it may be gone.
    told = refused.family not in WALKED
    so_far = (refused.status_code or refused.line).startswith("4")
    whose = "Your mail" if reader is Reader.USER else "Mail"
    path = result.walk.path
    sender = f" from {named(path.sender)}" if path.sender is not None and reader is Reader.POSTMASTER else ""
    ended = "has not been delivered so far" if so_far else "was not delivered"
    happened = f'{whose}{sender} to {named(path.recipient)} {ended}. The reason given: "{refused.line}".'
    if told:
        happened = f"{happened} {table().families[refused.family].definition}"
    # The next check is for the sender's side to make.
    ours = reader is Reader.USER or side in (Side.SENDER, Side.WRITER)
    following = refused.next if told and ours and side is not Side.WAITING else None
    return Reply(
        reader=reader,
        side=side,
        subject=f"Mail to {named(path.recipient)}: {'delayed' if so_far else 'not delivered'}",
        happened=happened,
        whose=_WHOSE[reader][side if told else Side.UNKNOWN].replace("DOMAIN", visible(path.recipient)),
        remedy=(Row("Next", following),) if following else (),
        evidence=(),
        seen=_seen(result),
        remarks=(
            sentence(f"the path, when checked: mail {_HAPPENS[result.verdict.outcome]}. {reason(result)}"),
            *_remarks(result),
        ),
    )


# --- what happened ---------------------------------------------------------------------------------

_SUBJECT = {
    Outcome.AUTHENTICATED: "delivered",
    Outcome.ENCRYPTED: "delivered",
    Outcome.PLAINTEXT: "delivered without encryption",
    Outcome.DEFERRED: "delayed",
    Outcome.BOUNCED: "returned",
    Outcome.UNKNOWN: "not yet clear",
}
_HAPPENS = {
    Outcome.AUTHENTICATED: "is delivered encrypted, to a server whose identity is proven",
    Outcome.ENCRYPTED: "is delivered encrypted, to a server whose identity is not proven",
    Outcome.PLAINTEXT: "is delivered, but without encryption",
    Outcome.DEFERRED: "is not being delivered at the moment: our mail server keeps it and tries again",
    Outcome.BOUNCED: "cannot be delivered: our mail server returns it to the sender",
    Outcome.UNKNOWN: "may or may not be delivered; that cannot be determined from here",
}


def _happened(result: Result, reader: Reader) -> str:
    path, verdict = result.walk.path, result.verdict
    whose = "Your mail" if reader is Reader.USER else "Mail"
    sender = f" from {named(path.sender)}" if path.sender is not None and reader is Reader.POSTMASTER else ""
    claimed = "According to a capture (see below): " if result.withheld(result.posture) else ""
    what = _HAPPENS[verdict.outcome]
    if verdict.after_retry and verdict.outcome in DELIVERED:
        what += ", at a later attempt"
    again = ""
    if reader is Reader.USER and verdict.outcome is Outcome.DEFERRED:
        again = " You do not need to send it again."
    told = f"{claimed}{whose}{sender} to {named(path.recipient)} {what}."
    return f"{told}{again} {reason(result)}".rstrip()


def reason(result: Result) -> str:
    """Why, at which host, and the status code that the sender's log has for it."""
    verdict = result.verdict
    unknown = verdict.outcome is Outcome.UNKNOWN
    why = visible(verdict.reason).rstrip(".") if unknown else cause(result, result.chosen, verdict)
    if not why:
        return ""
    if verdict.outcome in DELIVERED:
        return f"At {visible(verdict.host or '')}: {why}."
    at = f" at {visible(verdict.host)}" if verdict.host else ""
    code = f" ({verdict.status_code})" if verdict.status_code else ""
    return f"The reason{at}: {why}{code}."


# --- on whose side ---------------------------------------------------------------------------------

_WHOSE = {
    Reader.POSTMASTER: {
        Side.RECIPIENT: "The cause is on your side; could you please fix it?",
        Side.SENDER: "The cause is on our side, and it is for us to change it.",
        Side.ADDRESS: "If DOMAIN should receive mail, this needs a change in its DNS; if not, all is well.",
        Side.WRITER: "This is for the writer of the mail to change; you do not have to do anything about it.",
        Side.MAILBOX: "Only the owner of the mailbox can change this; could you please let them know?",
        Side.WAITING: "Our mail server tries again by itself; nobody has to do anything but wait.",
        Side.NOBODY: "This mail gets through, so you do not have to do anything about it.",
        Side.UNKNOWN: "Nothing so far says that the cause is on your side. We will look again.",
    },
    Reader.USER: {
        Side.RECIPIENT: "The cause is on the recipient's side: only the administrators of DOMAIN can fix"
        " it. You are welcome to forward this to them.",
        Side.SENDER: "The cause is on our side; our own administrators can change it.",
        Side.ADDRESS: "Please check the address for typing errors. If it is right, only the administrators of"
        " DOMAIN can fix this.",
        Side.WRITER: "You can change this yourself.",
        Side.MAILBOX: "Only the recipient can change this.",
        Side.WAITING: "Our mail server tries again by itself; you do not have to do anything but wait.",
        Side.NOBODY: "This mail gets through, so you do not have to do anything about it.",
        Side.UNKNOWN: "We do not know yet on whose side the cause is. We will look again.",
    },
}
#: Where a remedy is given that this mail does not wait for.
_BESIDE = {
    Side.SENDER: "The change below, at DOMAIN, would help as well.",
    Side.NOBODY: "Other senders may be stopped, though: {message}",
}
#: No mail server of theirs is at fault: there is none.
_NO_SERVER = (Event.NULL_MX, Event.NO_SUCH_DOMAIN, Event.NO_ADDRESS)
#: What a sender that insists on DANE does not find.
_INSISTS = (Event.TLSA_MISSING, Event.TLSA_UNUSABLE, Event.NOT_SECURE, Event.HOST_NOT_SECURE)
#: What nobody promised, so that only a sender that demands it of its own accord is stopped by it.
_UNPROMISED = (Event.STARTTLS_ABSENT, *NOT_VERIFIED)


def side_of(result: Result) -> Side:
    """Who can mend what the verdict that decides comes to."""
    verdict, posture = result.verdict, result.chosen
    if verdict.outcome is Outcome.UNKNOWN or verdict.event in UNTOLD:
        return Side.UNKNOWN
    if verdict.outcome in DELIVERED:
        if exit_code(result.walk, posture, verdict) is ExitCode.OK:
            return Side.NOBODY
        return Side.SENDER if _careless(posture, verdict) else Side.RECIPIENT
    if verdict.event in _NO_SERVER:
        return Side.ADDRESS
    insists = verdict.event in _INSISTS and posture.dane is DaneUse.MANDATORY
    demands = verdict.event in _UNPROMISED and verdict.demanded_by is DemandedBy.LEVEL
    asks = verdict.demanded_by is DemandedBy.REQUIRETLS or verdict.event in REQUIRETLS
    own = insists or demands or asks or verdict.event is Event.STS_UNREADABLE
    return Side.SENDER if own else Side.RECIPIENT


def _careless(posture: Posture, verdict: Verdict) -> bool:
    """Whether the sender does less than the recipient publishes."""
    checks = posture.dane is not DaneUse.OFF or posture.sts
    return posture.level is Level.NONE or (verdict.outcome is Outcome.ENCRYPTED and not checks)


def _warned_of(result: Result) -> Finding | None:
    """What is broken although this mail gets through; None where nothing is."""
    grave = worst_first(result.findings, visible(result.verdict.host or ""))
    return next((each for each in grave if each.severity is Severity.ERROR), None)


# --- what that rests on ----------------------------------------------------------------------------


def _evidence(result: Result, told: Explained | None) -> Iterator[str]:
    """What is published, what is there instead; else what the deciding host said."""
    rows = {row.label: row for row in told.rows} if told is not None else {}
    for label, shown in (("Found", "Published"), ("Got", "In use")):
        if label in rows:
            row = rows[label]
            yield f"{shown if row.lines else label}: {(*row.lines, row.text)[0]}"
    verdict = result.verdict
    for each in verdict.attempts:
        if each.host == verdict.host:
            where = f" [{each.address}]" if each.address else ""
            # Most servers' logs name the host themselves.
            at = "" if visible(each.host) in each.reason else f"{visible(each.host)}{where}: "
            yield f"{at}{each.reason}"


def _seen(result: Result) -> str:
    known = dict(circumstances(result))
    seen = f"Seen: {known['Walked']}, from {known['From']}; by {known['By']}."
    return f"{seen} Sender assumed: {visible(result.chosen.title)} ({result.posture})."


def _remarks(result: Result) -> Iterator[str]:
    if result.doubt:
        yield sentence(f"not evidence: {result.doubt}")
    if told := marks(result.provenance):
        yield sentence(f"this check: {', '.join(told)}")
    for label, text in asked(result):
        yield sentence(f"{label}: {text}")


# --- as text ---------------------------------------------------------------------------------------


def text(told: Reply, width: int | None = WIDTH) -> str:
    """The reply to send; ends with a newline.  Records stand on lines of their own, never wrapped; `width`
    None: nothing is.
    """
    return "".join(_laid_out(told, width))


def _laid_out(told: Reply, width: int | None) -> Iterator[str]:
    def flow(line: str) -> Iterator[str]:
        yield from (f"{part}\n" for part in ([line] if width is None else wrapped(line, width)))

    yield from flow(f"Subject: {told.subject}")
    yield "\n"
    yield from flow(told.happened)
    yield from flow(told.whose)
    for row in told.remedy:
        yield "\n"
        yield from flow(f"{_LABELS[row.label]}{row.text}".rstrip())
        yield from (f"{line}\n" for line in row.lines)
    yield "\n"
    yield from (f"{line}\n" for line in told.evidence)
    yield from flow(told.seen)
    for remark in told.remarks:
        yield from flow(remark)


_LABELS = {
    "Fix": "The fix: ",
    "Next": "The next step: ",
    "File": "The file to serve: ",
    "Record": "The record:",
}


def render(
    result: Result,
    *,
    reader: Reader = Reader.POSTMASTER,
    width: int = WIDTH,
    refused: Pasted | None = None,
) -> str:
    """The reply to `reader`, as `reply` makes it; ends with a newline."""
    return text(reply(result, reader, refused), width)
