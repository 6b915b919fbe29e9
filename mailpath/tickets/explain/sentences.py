"""What a sentence of a log or a bounce means: the judge's own, other servers' wordings, libraries' words.

A server's sentence tells what became of the mail, a TLS library's what was wrong: what the library says, in
the sentence or in a line beside it, narrows the causes down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from mailpath.findings import CATALOGUE
from mailpath.judge.events import NOT_VERIFIED, Event
from mailpath.judge.habits import Family
from mailpath.judge.model import DemandedBy
from mailpath.judge.presets import PRESETS
from mailpath.tickets import reach
from mailpath.tickets.explain import patterns, wordings
from mailpath.tickets.explain.codes import meaning
from mailpath.tickets.explain.means import ENVELOPE, ENVELOPE_NOTE, EVENTS, WORDS, told
from mailpath.tickets.explain.model import Cause, Explanation, Kind
from mailpath.tickets.explain.wordings import Heard, Meaning, Said, Speaker, Wording
from mailpath.tickets.reach import CASES, Reach

_WORD = re.compile(r"\b(Anonymous|Untrusted|Trusted|Verified) TLS connection|\b(CV=(?:no|yes|dane))\b")
#: What Exchange Online heard, or made of it, beside a code that only says that nothing came of it.
_QUOTED = re.compile(r"(?:\[Message=|\bMSG=|\bresponded with: \"?)([^]}\"]{1,1000})")
_EXIM_SENT = re.compile(r"\bH=\S{1,253}(?: DS)? \[[^\]]{2,45}\](?::\d{1,5})?( X=\S+)?.{0,1000} C=\"")
#: In the log of a server that takes mail: a client's TLS with it.
_TAKING = re.compile(
    r"\bSSL_accept\b|\bpostfix/(?:[\w-]{1,30}/)?(?:smtpd|tlsproxy)\[\d{1,9}\]: "
    r"(?:warning: TLS library problem|lost connection after STARTTLS)"
    r"|\bSTARTTLS=server\b|\bTLS error on connection from\b"
)
#: A reply without an enhanced status code says whether it is for good.
_REPLY = re.compile(r"(?:^|\breturned was:? ['\"]?)([45])\d\d[ -]")
_OWN_PRESETS = {
    Speaker.EXCHANGE: frozenset({"exchange-online"}),
    Speaker.GMAIL: frozenset({"gmail"}),
}
_PRESET_NAMES = {Speaker.ZONE_MTA: "zone-mta"}
_ANYBODY = frozenset({Speaker.RECEIVER, Speaker.OTHER})
_FAMILIES = {Speaker.POSTFIX: Family.POSTFIX, Speaker.EXIM: Family.EXIM}
_NAMES = {Family.POSTFIX: "Postfix", Family.EXIM: "Exim", Family.RFC: "mailpath's ideal sender"}

#: What a library may be the reason for.
_NARROWED = frozenset(
    {
        *NOT_VERIFIED,
        Event.HANDSHAKE_FAILED,
        Event.CONNECT_FAILED,
        Event.GREETING_LOST,
        Event.STARTTLS_LOST,
        Event.TLS_LOST,
    }
)
#: What a line beside may say more about.
_TLS = frozenset({*NOT_VERIFIED, Event.HANDSHAKE_FAILED})

_TAKES_MAIL = "This line is from a server that accepts mail: a sender's TLS with it failed."
_WALK_IT = "mailpath explains the sending side: a walk to a domain of this server shows what senders see."
_CLIENTS_CERTIFICATE = Meaning(
    means="It speaks of a certificate that the sender presented because this server asked for one; a server"
    " that accepts mail from everybody has no use for it."
)


class Understood(msgspec.Struct, frozen=True, kw_only=True):
    """`events`: what the words speak of; `presets`: who says so, None: anybody; `opening`: what a
    server's own wording means; `by`: on whose account TLS was demanded, where it says so; `narrow`: no
    library can tell more.
    """

    found: Explanation
    events: frozenset[Event]
    presets: frozenset[str] | None = None
    opening: str | None = None
    by: DemandedBy | None = None
    narrow: bool = False


def understand(
    text: str, code: str | None, beside: Sequence[str] = (), *, line: str = "", server: str = ""
) -> Explanation | None:
    """The explanation of a sentence, with the status code and the sentences beside it; None: not known.

    `line`: the whole line of the log, where `text` is a part of one; `server`: whose log it is.
    """
    flat = " ".join(text.split())[: patterns.MOST]
    reply = _REPLY.search(flat)
    fate = code or (reply[1] if reply is not None else None)
    quoted = _QUOTED.search(flat)
    if quoted is not None:
        inner = understand(quoted[1], code)
        if inner is not None:
            return inner
    heard = wordings.hear(flat)
    if _TAKING.search(flat) or _TAKING.search(line[: patterns.MOST]):
        return _coded(_taken(heard), code)
    base = _spoken(flat, fate)
    if base is None:
        return _coded(_heard(heard, None, fate, _logging(server)), code) if heard is not None else None
    if heard is not None and not base.narrow and (not base.events or base.events & _NARROWED):
        return _coded(_heard(heard, base, fate, _logging(server)), code)
    return _coded(_with_beside(base, beside, fate), code)


def _spoken(flat: str, code: str | None) -> Understood | None:
    """What the server says: a sentence of the judge's, else one of the wordings."""
    matches = patterns.recognise(flat)
    wording = wordings.recognise(flat)
    # Another server's words outweigh what merely looks alike.
    own = wording is not None and wording.speaker not in _FAMILIES and wording.speaker is not Speaker.OTHER
    if wording is not None and own:
        return _wording(wording, code)
    if matches:
        events = frozenset(match.event for match in matches)
        found = _sentence(flat, matches, code)
        if wording is not None and wording.cause is not None:  # what no walk can show comes first
            found = msgspec.structs.replace(found, causes=(Cause(text=wording.cause), *found.causes))
        return Understood(found=found, events=events, presets=_of_family(matches[0].family))
    sent = _EXIM_SENT.search(flat)
    if sent is not None:
        found = _delivered(flat, Family.EXIM) if sent[1] else _in_clear(Family.EXIM)
        return Understood(found=found, events=frozenset({Event.SENT_TLS}))
    return _wording(wording, code) if wording is not None else None


def _with_beside(base: Understood, beside: Sequence[str], code: str | None) -> Explanation:
    """`base`, with what the other lines of the same delivery say of its cause."""
    for sentence in beside:
        heard = wordings.hear(sentence)
        alike = heard is not None and not _TLS.isdisjoint(base.events & {*heard.said.events})
        if heard is not None and (alike or not base.events) and not base.narrow:
            return _heard(heard, base, code)
    for sentence in beside:
        wording = wordings.beside(sentence, base.events)
        if wording is not None:
            other = _wording(wording, code)
            shown = base.presets
            causes = tuple(_among(cause, shown) for cause in other.found.causes)
            return msgspec.structs.replace(
                base.found,
                recognised=(*base.found.recognised, "the line beside it"),
                means=(base.found.means[0], wording.means),
                causes=causes,
                postures=reach.union(causes),
            )
    return base.found


def _among(cause: Cause, presets: frozenset[str] | None) -> Cause:
    kept = tuple(name for name in cause.postures if presets is None or name in presets)
    return msgspec.structs.replace(cause, postures=kept)


def _of_family(family: Family) -> frozenset[str]:
    return frozenset(name for name, posture in PRESETS.items() if posture.agent.family is family)


def _coded(found: Explanation, code: str | None) -> Explanation:
    """The status code beside the sentence: named, and explained where its class adds something."""
    if code is None:
        return found
    return msgspec.structs.replace(
        found,
        recognised=(*found.recognised, f"status code {code}"),
        means=(*found.means, meaning(code)[0][-1]),
        source=found.source or meaning(code)[1],
    )


# --- words of TLS libraries ------------------------------------------------------------------------


def _logging(server: str) -> frozenset[str] | None:
    """The presets whose log it is; None: of a server that has none."""
    return next((_of_family(family) for speaker, family in _FAMILIES.items() if speaker == server), None)


def _heard(
    heard: Heard, base: Understood | None, code: str | None, logging: frozenset[str] | None = None
) -> Explanation:
    """What a library says, within what the server says around it; `logging`: who can have written it."""
    said = heard.said
    presets = logging or heard.presets if base is None or base.presets is None else base.presets
    found = [each for each in reach.by_events(said.events) if presets is None or each.posture in presets]
    means = [said.means]
    # A wide sentence that leads elsewhere ("cannot connect") is no more than what surrounds the cause.
    own = base is not None and (not base.events or base.events.intersection(said.events))
    opening = base.opening if base is not None and own else None
    if opening is not None:
        means.insert(0, opening)
    if Event.HANDSHAKE_FAILED in said.events:
        means.append(told(Event.HANDSHAKE_FAILED, code, said=opening is not None))
    recognised = base.found.recognised if base is not None else ()
    by = base.by if base is not None else None
    found = [each for each in found if by is None or CASES[each.case].by is by] or found
    # Where DANE decides, no authority that is missing is the cause, but what the TLSA records say.
    general = not any(code.startswith("TLSA") for code in said.findings)
    dane = by is DemandedBy.DANE and general and {*said.events} <= {*NOT_VERIFIED}
    causes = causes_of(found) if dane else _meant(said, found, by)
    return Explanation(
        kind=Kind.SENTENCE,
        subject="",
        recognised=(*recognised, f"words of {' and '.join(heard.libraries)}"),
        means=tuple(dict.fromkeys(means)),
        causes=causes,
        postures=reach.union(causes),
    )


def _taken(heard: Heard | None) -> Explanation:
    """In the log of the server that takes the mail: the same words, from the other end."""
    said = None if heard is None else heard.said.taking
    if said is None and heard is not None:
        said = _CLIENTS_CERTIFICATE if set(heard.said.events) & set(NOT_VERIFIED) else heard.said
    causes = () if said is None else _meant(said, list(reach.by_events(said.events)))
    return Explanation(
        kind=Kind.SENTENCE,
        subject="",
        recognised=(
            "a line of a receiving server's log",
            *((f"words of {' and '.join(heard.libraries)}",) if heard is not None else ()),
        ),
        means=(_TAKES_MAIL, *((said.means,) if said is not None else ()), _WALK_IT),
        causes=causes,
        postures=reach.union(causes),
    )


def _meant(said: Meaning, found: Sequence[Reach], by: DemandedBy | None = None) -> tuple[Cause, ...]:
    """The causes to which words narrow it down, each with those of `found` that look at it."""
    if said.cause is not None:
        return (Cause(text=said.cause, findings=said.findings),)
    looks = {
        code: {each.posture for each in found if code in CASES[each.case].findings} for code in said.findings
    }
    anybody = {each.posture for each in found}
    also = ("STS014",) if by is DemandedBy.MTA_STS and {*said.events} == {*NOT_VERIFIED} else ()
    return tuple(
        Cause(
            text=f"{CATALOGUE[code].title}.",
            findings=tuple(dict.fromkeys((code, *also))),
            postures=reach.ordered(names or anybody),
        )
        for code, names in looks.items()
        # With a library, TLSA records have to do with it only where a sender looks at them.
        if names or not (isinstance(said, Said) and code.startswith("TLSA"))
    )


# --- sentences -------------------------------------------------------------------------------------


def _sentence(text: str, matches: tuple[patterns.Match, ...], code: str | None) -> Explanation:
    family = matches[0].family
    events = [match.event for match in matches]
    if Event.SENT_TLS in events or (Event.SENT_PLAIN in events and _WORD.search(text)):
        return _delivered(text, family)
    found = list(reach.by_events(events, family=family))
    first, *others = dict.fromkeys(told(event, code) for event in events if event in EVENTS)
    means = (first, *(f"Or: {other}" for other in others))
    recognised = (f"a sentence of {_NAMES[family]}: {', '.join(_words(events))}",)
    return explain_events(events, found, means=means, recognised=recognised)


def _words(events: Iterable[Event]) -> list[str]:
    names = ("not verified" if event in NOT_VERIFIED else event.value.replace("-", " ") for event in events)
    return list(dict.fromkeys(names))


def explain_events(
    events: Iterable[Event], found: list[Reach], *, means: tuple[str, ...], recognised: tuple[str, ...]
) -> Explanation:
    """`events`, with those of the reaches `found` that lead to them."""
    listed = list(events)
    envelope = bool(ENVELOPE.intersection(listed))
    causes = causes_of(found)
    if envelope:
        texts = [CASES[each].text for each in CASES if ENVELOPE.intersection(CASES[each].events, listed)]
        causes = tuple(Cause(text=text) for text in texts)
    return Explanation(
        kind=Kind.SENTENCE,
        subject="",
        recognised=recognised,
        means=(*means, ENVELOPE_NOTE) if envelope else means,
        causes=causes,
        postures=() if envelope else reach.union(causes),
    )


def _delivered(text: str, family: Family) -> Explanation:
    """A delivery over TLS: the word in the log says what it was worth."""
    found = _WORD.search(text)
    word = (found[1] or found[2]) if found else None
    known = [each for each in reach.by_events([Event.SENT_TLS], family=family) if word in (None, each.word)]
    means = (EVENTS[Event.SENT_TLS], *([WORDS[word]] if word is not None else []))
    recognised = ("a delivery over TLS", *([f"the word {word}"] if word else []))
    return explain_events([Event.SENT_TLS], known, means=means, recognised=recognised)


def _in_clear(family: Family) -> Explanation:
    events = [Event.SENT_PLAIN]
    found = list(reach.by_events(events, family=family))
    recognised = ("a delivery without TLS",)
    return explain_events(events, found, means=(EVENTS[Event.SENT_PLAIN],), recognised=recognised)


def _wording(wording: Wording, code: str | None) -> Understood:
    return Understood(
        found=explain_wording(wording, code),
        events=frozenset(wording.events),
        presets=_speaking(wording.speaker),
        opening=None if wording.speaker is Speaker.OTHER else wording.means,
        by=wording.by,
        narrow=wording.speaker is Speaker.RECEIVER or (bool(wording.findings) and not wording.events),
    )


def _speaking(speaker: Speaker) -> frozenset[str] | None:
    """Whose log says so; None: anybody's."""
    if speaker in _ANYBODY:
        return None
    if speaker in _FAMILIES:
        return _of_family(_FAMILIES[speaker])
    own = _OWN_PRESETS.get(speaker) or _named_like(speaker)
    return own or wordings.libraries().speaks.get(speaker.value, frozenset())


@cache
def _named_like(speaker: Speaker) -> frozenset[str]:
    """The presets of this server: "haraka", "haraka-none"."""
    name = _PRESET_NAMES.get(speaker, speaker.value.lower())
    return frozenset(each for each in PRESETS if each == name or each.startswith(f"{name}-"))


def explain_wording(wording: Wording, code: str | None) -> Explanation:
    """What `wording` means, with its causes."""
    presets = _speaking(wording.speaker)
    recognised = (f"a sentence of {wording.speaker.value}",)
    found = [each for each in reach.by_events(wording.events) if presets is None or each.posture in presets]
    if wording.by is not None:
        found = [each for each in found if CASES[each.case].by is wording.by] or found
    if not wording.events:
        sent = [each for each in reach.by_events([Event.SENT_PLAIN]) if each.case in wording.in_clear]
        made = explain_events((), sent, means=(wording.means,), recognised=recognised)
    else:
        # Where the words say which it is, "not authenticated: by this or by that" only says less.
        general = () if wording.findings and wording.events == NOT_VERIFIED else wording.events
        said = dict.fromkeys(told(event, code, said=True) for event in general if event in EVENTS)
        means = (wording.means, *(filter(None, said) if len(said) == 1 else ()))
        made = explain_events(wording.events, found, means=means, recognised=recognised)
    if wording.findings or wording.cause is not None:
        causes = _meant(wording, found, wording.by)
        return msgspec.structs.replace(made, causes=causes, postures=reach.union(causes))
    if wording.events and not found and not ENVELOPE.intersection(wording.events):
        causes = tuple(
            Cause(text=case.text, findings=case.findings)
            for case in CASES.values()
            if set(wording.events).intersection(case.events)
        )
        return msgspec.structs.replace(made, causes=causes)
    return made


def causes_of(found: Iterable[Reach]) -> tuple[Cause, ...]:
    """One cause per case, in the order of the cases."""
    by_case: dict[str, set[str]] = {}
    for each in found:
        by_case.setdefault(each.case, set()).add(each.posture)
    return tuple(
        Cause(text=case.text, findings=case.findings, postures=reach.ordered(by_case[case.id]))
        for case in CASES.values()
        if case.id in by_case
    )


def narrowed(
    causes: tuple[Cause, ...], by: Sequence[DemandedBy], presets: frozenset[str]
) -> tuple[Cause, ...]:
    """Those of `causes` in which TLS was demanded on one of these accounts, or that hang on none, among the
    senders `presets`; all of them where nothing is left.
    """
    of = {case.text: case.by for case in CASES.values()}
    kept = (each for each in causes if of.get(each.text) is None or of[each.text] in by)
    told = (_among(each, presets) for each in kept)
    return tuple(each for each in told if each.postures) or causes
