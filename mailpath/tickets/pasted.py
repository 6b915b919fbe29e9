"""What somebody pasted where a recipient is expected: a line of a log, a bounce, the headers of a message.

It names a path to walk; and what the walk finds is held against what the text says, so that a cause is only
told where both meet: the explanation of the text names a finding, the walk has it, and a sender that could
have written the text fails on this walk at that host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from email.parser import HeaderParser
from email.utils import getaddresses

import msgspec

from mailpath.facts import Walk
from mailpath.findings import CATALOGUE, Finding, find
from mailpath.judge import Posture
from mailpath.judge.message_options import Message, MessageOptions
from mailpath.judge.model import DELIVERED, Outcome
from mailpath.judge.posture import Level
from mailpath.judge.presets import PRESETS
from mailpath.names import as_domain
from mailpath.tickets.bounce import MAX_INPUT, read_bounce
from mailpath.tickets.bounce.render import asks_for_tls, walk_words
from mailpath.tickets.explain import Cause as Explained
from mailpath.tickets.families import NOT_A_BOUNCE, UNKNOWN, WALKED, WHOSE, Side, table
from mailpath.visible import visible
from mailpath.wording.phrases import clause

#: Characters of the line that are shown.
MOST = 200
#: Characters of the headers that are searched for addresses, and of another text.
_HEADERS, _SHORT = 64 * 1024, 4 * 1024
#: An address of a line that is cut, or in no known form: not the sender's, nor a message's id.
_ADDRESS = re.compile(
    r"(?<![^\s<(\[\"',;:=])(?<!from=)(?<!from=<)(?<!id=<)[^\s<>()\[\]\"',;:=@]{1,64}@([\w.-]{1,253})"
)

#: How Exim begins what it says of a host.
_HOST_FIRST = re.compile(r"^H=\S{1,253}(?: DS)? \[[^\]]{2,45}\](?::\d{1,5})?: ")


class Pasted(msgspec.Struct, frozen=True, kw_only=True):
    """`sender` (None where it is not told), `recipient`: domains to walk, A-labels.  `posture`: the preset
    that most likely wrote it, None where nothing says.  `line`: what went wrong, visible text, "" where
    nothing did.  `host`: the mail host that it is about.  `status_code`: enhanced (RFC 3463).  `causes`: what
    can lead to it, with the codes of findings and the presets that fail so.  `requiretls`: the message was
    sent with REQUIRETLS (RFC 8689).  `family`, `side`, `next`: what kind of refusal the line is, whose move
    it is, and the next check.
    """

    sender: str | None
    recipient: str
    posture: str | None = None
    line: str = ""
    host: str | None = None
    status_code: str | None = None
    causes: tuple[Explained, ...] = ()
    requiretls: bool = False
    family: str = UNKNOWN
    side: Side | None = None
    next: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """Of the findings under which a walk shows a cause."""
        return tuple(dict.fromkeys(code for cause in self.causes for code in cause.findings))


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What the walk says to the text, one line of visible text.  `finding`: the cause; None where there is
    none to claim; `posture`: under which the walk fails as the text says, None where that was not needed.
    `unexplained`: the text, where it tells of a failure of which the walk shows no cause.
    """

    told: str
    finding: Finding | None = None
    posture: str | None = None
    unexplained: Pasted | None = None


def read_pasted(text: str | bytes) -> Pasted | None:
    """What `text` names; None where it names no recipient.  Never raises; at most `MAX_INPUT` is read."""
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    bounce = read_bounce(data[:MAX_INPUT])
    sender, recipient = walk_words(bounce)
    if recipient is None:
        sender, recipient = _of_headers(data)
        if recipient is not None:
            return Pasted(sender=sender, recipient=recipient)
        sender, recipient = None, _only_named(data)
        if recipient is None:
            return None
    words, code = bounce.sentence or "", bounce.status_code
    said = words if code is None or code in words else f"{code} {words}".strip()
    return Pasted(
        sender=sender,
        recipient=recipient,
        posture=next(iter(_likeliest(bounce.postures)), None),
        line=visible(said, limit=MOST),
        host=bounce.host,
        status_code=code,
        causes=bounce.causes,
        requiretls=asks_for_tls(bounce),
        family=bounce.family,
        side=bounce.side,
        next=bounce.next,
    )


def find_cause(
    pasted: Pasted, walk: Walk, postures: Mapping[str, Posture] = PRESETS, *, room: int = MOST
) -> Cause:
    """The cause of `pasted` that `walk` shows, or that it shows none.  `room`: for the line, characters."""
    found = next(_met(pasted, walk, postures), None)
    if found is None:
        told = _told(pasted, "" if pasted.codes else None, room)
        return Cause(told=told, unexplained=pasted if pasted.line else None)
    finding, posture = found
    where = f" at {visible(finding.subject)}" if finding.subject else ""
    title = clause(CATALOGUE[finding.code].title)
    # Not the sender that was thought of first.
    under = f", if the sender is {posture}" if posture not in (None, pasted.posture) else ""
    cause = f"{finding.code}{where} ({title}){under}"
    return Cause(told=_told(pasted, cause, room), finding=finding, posture=posture)


def told_before(pasted: Pasted, room: int = MOST) -> str:
    """The line as it is held in sight before there is a walk; of one too long for `room`, what was said."""
    line = pasted.line.rstrip(".")
    if len(line) > room:  # the host is named in the cause
        line = _HOST_FIRST.sub("", line.rpartition(" said: ")[2], count=1)
    if len(line) > room:
        line = f"{line[: room - 2]}.."
    return f"Your line: {line}." if line else "Your message reports no failure."


def _told(pasted: Pasted, cause: str | None, room: int) -> str:
    """`cause`: "" where the walk could have shown one and does not, None where it shows none of this kind."""
    if not pasted.line:
        return told_before(pasted)
    missing = "A walk cannot show what causes this." if cause is None else "Nothing found now explains it."
    if pasted.family not in WALKED:
        missing = _refusal(pasted.family, pasted.side)
    return f"{told_before(pasted, room)} {f'Cause found: {cause}.' if cause else missing}"


def _refusal(family: str, side: Side | None) -> str:
    whose = f" Whose move: {WHOSE[side].partition(';')[0]}." if side else ""
    return f"{table().families[family].definition}{whose}"


def nothing_to_walk(text: str | bytes) -> str:
    """What is told of a text that `read_pasted` finds no path in: what it says nevertheless."""
    told = "The text does not name the recipient of a mail, so there is nothing to walk."
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    bounce = read_bounce(data[:MAX_INPUT])
    if bounce.family in (UNKNOWN, NOT_A_BOUNCE):
        return told
    return f"{told} It is about a refusal: {_refusal(bounce.family, bounce.side)}"


def _likeliest(postures: tuple[str, ...]) -> list[str]:
    """Those that take what the recipient publishes before those that somebody must have told to verify."""
    strict = (Level.VERIFY, Level.SECURE)
    return sorted(postures, key=lambda name: name in PRESETS and PRESETS[name].level in strict)


def _met(pasted: Pasted, walk: Walk, postures: Mapping[str, Posture]) -> Iterator[tuple[Finding, str | None]]:
    """The findings that are the cause, each with the posture that fails so; at the host of the text first."""
    findings = find(walk, requiretls=pasted.requiretls)
    hosts = {visible(host.name) for host in walk.mx.hosts}
    asked = MessageOptions(message=Message.REQUIRETLS if pasted.requiretls else Message.ORDINARY)
    ranked = sorted(findings, key=lambda each: each.subject != pasted.host)
    for name in _likeliest(tuple(name for cause in pasted.causes for name in cause.postures)):
        if name not in postures:
            continue
        verdict = asked.verdict(walk, postures[name])
        failing = {
            visible(attempt.host)
            for attempt in verdict.attempts
            if attempt.outcome not in (*DELIVERED, Outcome.UNKNOWN) and _alike(pasted, attempt.status_code)
        }
        whole = verdict.outcome in (Outcome.DEFERRED, Outcome.BOUNCED) and _alike(pasted, verdict.status_code)
        codes = {code for cause in pasted.causes if name in cause.postures for code in cause.findings}
        for each in ranked:
            if each.code in codes and (each.subject in failing or (whole and each.subject not in hosts)):
                yield each, name
    # What every sender would have met, as the explanation names none.
    codes = {code for cause in pasted.causes if not cause.postures for code in cause.findings}
    yield from ((each, None) for each in ranked if each.code in codes and pasted.host in (None, each.subject))


def _alike(pasted: Pasted, code: str | None) -> bool:
    """A message that waited too long is bounced with the code of its last attempt, of the other class."""
    if code is None or pasted.status_code is None:
        return True
    return code.partition(".")[2] == pasted.status_code.partition(".")[2]


def _only_named(data: bytes) -> str | None:
    """The domain of the addresses in a short text, where it names one domain only."""
    words = data[:_SHORT].decode("utf-8", "replace")
    found = {as_domain(match[1].rstrip(".")) for match in _ADDRESS.finditer(words)} - {None}
    return found.pop() if len(found) == 1 and len(data) < _SHORT else None


def _of_headers(data: bytes) -> tuple[str | None, str | None]:
    """(sender, recipient): the domains that the headers of a message name."""
    message = HeaderParser().parsestr(data[:_HEADERS].decode("utf-8", "replace").lstrip())

    def domain(*names: str) -> str | None:
        addresses = (pair[1] for name in names for pair in getaddresses(map(str, message.get_all(name, []))))
        return next((found for each in addresses if "@" in each and (found := as_domain(each))), None)

    return domain("Return-Path", "From", "Sender"), domain("Delivered-To", "X-Original-To", "To", "Cc")
