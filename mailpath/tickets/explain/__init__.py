"""What a code, a sentence or a line of a log means, what leads to it, and which postures produce it.

A code of the catalogue ("TLSA002"), an enhanced status code ("4.7.5"), a sentence ("Server certificate
not verified"), a whole line of Postfix's, Exim's or Sendmail's log, a result type of a TLS report
("certificate-host-mismatch"), an event or a rule of a JSON report ("tlsa-mismatch", "dane-missing").
Sentences are recognised by the judge's own (`patterns.py`), and postures
are those under which the judge ends so (`reach.py`): nothing here can say otherwise than the verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailpath.findings import CATALOGUE
from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.presets import PRESETS
from mailpath.judge.rules import RULES
from mailpath.judge.sentences import TABLES
from mailpath.tickets import reach
from mailpath.tickets.explain import tls_field, wordings
from mailpath.tickets.explain.codes import FINDINGS, code_in, meaning, plain
from mailpath.tickets.explain.loglines import MOST_FILLED, LogLine, read_log
from mailpath.tickets.explain.means import DELIVERIES, ENVELOPE, NAMED
from mailpath.tickets.explain.model import Cause, Explanation, Kind, Other
from mailpath.tickets.explain.named import rule
from mailpath.tickets.explain.render import render_text, to_dict
from mailpath.tickets.explain.sentences import (
    causes_of,
    explain_events,
    explain_wording,
    narrowed,
    understand,
)
from mailpath.tickets.explain.tlsrpt_types import RESULT_TYPES
from mailpath.tickets.families import NOT_A_BOUNCE, UNKNOWN, classify, table
from mailpath.tickets.reach import CASES, Case, Reach
from mailpath.visible import visible

__all__ = ["Cause", "Explanation", "Kind", "Other", "explain", "render_text", "to_dict", "with_field"]

#: Longest text that is read, in characters.
MOST = 64 * 1024

_FINDING = re.compile(r"[A-Za-z]{2,4}[0-9]{3}\Z")
#: A reply that refuses (RFC 5321 section 4.2), with or without an enhanced status code.
_REPLY = re.compile(r"(?:^|[\s'(:])[45][0-5]\d[ -]")
#: The extension's name alone, or that it is missing (RFC 8689 section 5).
_NOT_ANNOUNCED = re.compile(r"^REQUIRETLS$|\bREQUIRETLS\b.{1,300}\bnot (?:offer|announce|support)", re.I)


def explain(text: str, *, beside: Sequence[str] = (), server: str | None = None) -> Explanation:
    """The explanation of `text`; of kind UNKNOWN, with what was recognised, where there is none.

    `beside`: what else is said of the same delivery; it can only tell the cause more exactly.  `server`:
    whose log `text` is from, where it is no whole line of one.
    """
    text = text[:MOST].strip()
    subject = visible(" ".join(text.split()))
    if _FINDING.match(text) and text.upper() in CATALOGUE:
        return _finding(text.upper())
    if text.lower() in RESULT_TYPES:
        return _result_type(text.lower(), subject)
    if text.replace("-", "_") in RULES:  # in capitals it is the extension "REQUIRETLS"
        return rule(text.replace("_", "-"))
    if text in set(Event):
        return _event(Event(text))
    if code_in(text) == text:
        return _refused(msgspec.structs.replace(_code_only(text), subject=subject, status_code=text), ())
    lines = read_log(text)
    found = _line(text if len(lines) < 2 else lines[0].text, lines[0] if lines else None, beside, server)
    chosen = 0
    for number, line in enumerate(lines[1:MOST_FILLED], 1):
        if found.postures:
            break
        other = _line(line.text, line)
        if other.postures:
            found, chosen = other, number
    if not lines and " " in subject:
        sure = _REPLY.search(text) is not None or wordings.is_failure(" ".join(text.split()))
        found = _refused(found, (text,), sure=sure)
    elif lines and (lines[chosen].failed or " reject: " in f" {lines[chosen].sentence} "):
        found = _refused(found, (lines[chosen].sentence or "", *lines[chosen].beside))
    others = (_other(line) for number, line in enumerate(lines) if number != chosen)
    return msgspec.structs.replace(found, subject=subject, others=tuple(others))


def _line(
    text: str, line: LogLine | None, beside: Sequence[str] = (), server: str | None = None
) -> Explanation:
    """The explanation of `text` by one of its lines."""
    words = line.sentence if line is not None and line.sentence else text
    code = (line.status_code if line is not None else None) or code_in(words) or code_in(text)
    if code is None and _NOT_ANNOUNCED.search(words):
        code = "5.7.30"
    said = None
    # "REQUIRETLS is required" is not "TLS is".
    general = code is not None and code.partition(".")[2] in FINDINGS
    if not general or wordings.recognise(" ".join(words.split())) in wordings.of_requiretls():
        near = (*beside, *(line.beside if line is not None else ()))
        server = line.server if line is not None else server or ""
        said = understand(words, code, near, line=text, server=server)
        if said is None and words != text:
            said = understand(text, code, near, server=server)
    field = line.tls_field if line is not None else None
    if said is None and line is not None and line.final and not line.failed:
        said = _taken(field)
    if said is None and code is None:
        named = next((name for name in RESULT_TYPES if re.search(rf"\b{name}\b", text.lower())), None)
        if named is not None:
            return _result_type(named, "")
    return _with_line(with_field(said or _code_only(code), field), line, code)


def _refused(found: Explanation, sentences: tuple[str, ...], *, sure: bool = True) -> Explanation:
    """`found`, with the family of the refusal that `sentences` and the code are of.  `sure`: they are one."""
    code = found.status_code
    known = found.kind is not Kind.UNKNOWN
    if (code or "").startswith("2") or (code is None and known and not sure):
        return found
    waiting = (code or " ".join(sentences)).startswith("4")
    refusal = classify(sentences, code, waiting=waiting, recipient=found.recipient)
    # What nothing above explains of TLS and DNS is no sentence that a server says.
    if refusal.family == UNKNOWN or (not known and refusal.family in ("tls", "dns", NOT_A_BOUNCE)):
        return found
    if not known:
        recognised = (*found.recognised, "the words of a refusal")
        found = msgspec.structs.replace(found, kind=Kind.SENTENCE, recognised=recognised, means=())
    return msgspec.structs.replace(found, family=refusal.family, side=refusal.side, next=refusal.next)


def _other(line: LogLine) -> Other:
    return Other(
        recipient=_shown(line.recipient), status_code=line.status_code, sentence=_shown(line.sentence)
    )


# --- codes -----------------------------------------------------------------------------------------


def _finding(code: str) -> Explanation:
    entry = CATALOGUE[code]
    causes = tuple(
        _cause(case)
        for case in CASES.values()
        if code in case.findings and not DELIVERIES.intersection(case.events)
    )
    means = [f"{entry.title}.", entry.meaning]
    if not causes and all(code not in codes for codes in FINDINGS.values()):
        means.append("On its own it makes no sender defer or bounce mail.")
    return Explanation(
        kind=Kind.FINDING,
        subject=code,
        recognised=(f"finding {code} ({entry.severity.value})",),
        means=tuple(means),
        causes=causes,
        postures=reach.union(causes),
        fix=entry.fix,
        source=entry.rfc,
    )


def _result_type(name: str, subject: str) -> Explanation:
    known = RESULT_TYPES[name]
    causes = [_cause(CASES[case]) for case in known.cases]
    means = [known.means]
    if not causes:
        causes = [Cause(text=known.means, findings=known.findings, postures=_with_sts())]
        means.append("Mail is delivered without the policy, unless the sender has one cached.")
    return Explanation(
        kind=Kind.REPORT,
        subject=subject,
        recognised=(f"result type {name} of a TLS report",),
        means=tuple(means),
        causes=tuple(causes),
        postures=reach.union(causes),
        source="RFC 8460 section 4.3",
    )


def _event(event: Event) -> Explanation:
    """An event that a JSON report names."""
    alike = NOT_VERIFIED if event in NOT_VERIFIED else (event,)
    found = list(reach.by_events([event]) or reach.by_events(alike))
    made = explain_events([event], found, means=(NAMED[event],), recognised=(f"event {event.value}",))
    return msgspec.structs.replace(made, kind=Kind.EVENT, subject=event.value)


def _taken(field: str | None) -> Explanation:
    means = "The next host accepted the message."
    if field is None:
        means += " This line does not say whether over TLS; another line of the same delivery does."
    return Explanation(kind=Kind.SENTENCE, subject="", recognised=("a delivery",), means=(means,))


def with_field(found: Explanation, field: str | None) -> Explanation:
    """`found`, with what Postfix's `tls=` says of the session."""
    if field is None or not (told := tls_field.told(field)):
        return found
    causes = narrowed(found.causes, tls_field.demanded_by(field), tls_field.presets_with(field))
    return msgspec.structs.replace(
        found,
        recognised=(*found.recognised, f"the field tls={field}"),
        means=(*found.means, *told),
        causes=causes,
        postures=reach.union(causes) if causes else found.postures,
        tls_field=visible(field),
    )


def _with_sts() -> tuple[str, ...]:
    return tuple(name for name, posture in PRESETS.items() if posture.sts)


def _code_only(code: str | None) -> Explanation:
    """All that a status code tells without the words beside it."""
    if code is None:
        unknown = "Nothing in this is known: no code, no sentence of a mail server, no log line."
        return Explanation(kind=Kind.UNKNOWN, subject="", means=(unknown,))
    sentences, source = meaning(code)
    wording = wordings.recognise(code)
    if wording is not None:
        spoken = explain_wording(wording, code)
        means = tuple(dict.fromkeys((*spoken.means, *sentences)))
        return msgspec.structs.replace(
            spoken, kind=Kind.STATUS, recognised=(f"status code {code}",), means=means, source=source
        )
    causes = causes_of(each for each in reach.by_code(code) if _own_code(each))
    if not causes and plain(code):
        causes = (Cause(text=sentences[0], findings=FINDINGS.get(code.partition(".")[2], ())),)
    told = causes or code.partition(".")[2] in table().codes
    notes = () if told else ("No preset uses this code on its own; the receiving server's words say why.",)
    return Explanation(
        kind=Kind.STATUS,
        subject="",
        recognised=(f"status code {code}",),
        means=(*sentences, *notes),
        causes=causes,
        postures=reach.union(causes),
        source=source,
    )


def _own_code(each: Reach) -> bool:
    """The sender's own code, not one that it takes from the reply."""
    return bool(TABLES[PRESETS[each.posture].agent.family][each.event].code)


# --- parts -----------------------------------------------------------------------------------------


def _cause(case: Case) -> Cause:
    """The case, with the postures that fail in it."""
    failing = reach.ordered({each.posture for each in case.reaches if each.event not in ENVELOPE})
    return Cause(text=case.text, findings=case.findings, postures=failing)


def _with_line(found: Explanation, line: LogLine | None, code: str | None) -> Explanation:
    """What the line says of the delivery."""
    if line is None:
        return msgspec.structs.replace(found, status_code=code)
    return msgspec.structs.replace(
        found,
        recognised=(f"a line of {line.server}'s log", *found.recognised),
        sender=_shown(line.sender),
        recipient=_shown(line.recipient),
        host=_shown(line.host),
        address=_shown(line.address),
        status_code=code,
        sentence=_shown(line.sentence),
    )


def _shown(value: str | None) -> str | None:
    return visible(value) if value else None
