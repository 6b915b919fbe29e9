"""What servers (`wordings.toml`) and TLS libraries (`libraries.toml`) say beside the judge's sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache

import msgspec

from mailpath.judge.events import NOT_VERIFIED, REQUIRETLS, Event
from mailpath.judge.model import DemandedBy
from mailpath.tickets.phrases import Phrases, read_table

#: In the tables: any event of `NOT_VERIFIED`.
_NOT_VERIFIED = "not-verified"
#: Most characters between the two sides of a "*" in a phrase.
_GAP = 60


class Speaker(StrEnum):
    """Whose words they are."""

    POSTFIX = "Postfix"
    EXIM = "Exim"
    EXCHANGE = "Exchange Online"
    GMAIL = "Gmail"
    SENDMAIL = "Sendmail"
    QMAIL = "qmail"
    COURIER = "Courier"
    ZONE_MTA = "ZoneMTA"
    HARAKA = "Haraka"
    OPENSMTPD = "OpenSMTPD"
    DMA = "dma"
    CHASQUID = "chasquid"
    MOX = "mox"
    GO = "Go"
    RECEIVER = "a receiving server"
    OTHER = "mail servers"


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """What words mean.  `events`: what they speak of, () where nothing that they tell happened to the mail;
    `findings`: to which codes they narrow the causes down; `cause`: of what no walk can show.
    """

    means: str
    named: tuple[str, ...] = msgspec.field(default=(), name="events")
    findings: tuple[str, ...] = ()
    cause: str | None = None

    @property
    def events(self) -> tuple[Event, ...]:
        return _events(self.named)


class Wording(Meaning, frozen=True, kw_only=True):
    """`by`: on whose account TLS was demanded, where the words say so; `in_clear`: cases in which a sender
    without TLS would hear them; `beside`: what they explain from a line beside (`explains`).
    """

    speaker: Speaker
    pattern: str = msgspec.field(name="regex")
    by: DemandedBy | None = None
    in_clear: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def regex(self) -> re.Pattern[str]:
        return _compiled(self.pattern)

    @property
    def explains(self) -> tuple[Event, ...]:
        return _events(self.beside)


class Said(Meaning, frozen=True, kw_only=True):
    """Words of TLS libraries.  `like`: library to phrases; `taking`: what they mean in the log of the server
    that takes the mail, where that is another thing.
    """

    like: Mapping[str, tuple[str, ...]]
    taking: Meaning | None = None


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """Words of TLS libraries in a text.  `libraries`: which of them say so; `presets`: whose servers speak
    through them, None where anybody's may.
    """

    said: Said
    libraries: tuple[str, ...]
    presets: frozenset[str] | None


class _Wordings(msgspec.Struct, frozen=True):
    wording: tuple[Wording, ...]


class _Libraries(msgspec.Struct, frozen=True):
    speaks: Mapping[str, frozenset[str]]
    said: tuple[Said, ...]


def _events(names: tuple[str, ...]) -> tuple[Event, ...]:
    return tuple(
        event for name in names for event in (NOT_VERIFIED if name == _NOT_VERIFIED else (Event(name),))
    )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@cache
def wordings() -> tuple[Wording, ...]:
    """`wordings.toml`.  The first that matches counts."""
    return read_table(__package__, "wordings.toml", _Wordings).wording


@cache
def libraries() -> _Libraries:
    """`libraries.toml`.  The first with a phrase in the text counts."""
    return read_table(__package__, "libraries.toml", _Libraries)


@cache
def _phrases() -> Phrases[tuple[int, str, int]]:
    """(number of `libraries().said`, library, length of the phrase) by phrase."""
    return Phrases(
        [
            ((at, name, len(phrase)), (phrase,))
            for at, said in enumerate(libraries().said)
            for name, phrases in said.like.items()
            for phrase in phrases
        ],
        gap=_GAP,
    )


def recognise(text: str) -> Wording | None:
    """The first wording that `text` (one line) holds."""
    return next((each for each in wordings() if each.regex.search(text)), None)


def is_failure(text: str) -> bool:
    """Whether `text` (one line) is what a sender that we know says of a delivery that failed."""
    said = recognise(text)
    if said is None or not said.events or said.beside:
        return False
    return said.speaker not in (Speaker.OTHER, Speaker.RECEIVER)


@cache
def of_requiretls() -> tuple[Wording, ...]:
    """Those that speak of REQUIRETLS."""
    return tuple(each for each in wordings() if set(REQUIRETLS).intersection(each.events))


def beside(text: str, events: frozenset[Event]) -> Wording | None:
    """The first wording in `text` that explains one of `events` from a line beside it."""
    return next(
        (each for each in wordings() if events.intersection(each.explains) and each.regex.search(text)), None
    )


def hear(text: str) -> Heard | None:
    """The first words of TLS libraries that stand in `text`."""
    found = list(_phrases().find(text))
    if not found:
        return None
    first = found[0][0]
    longest = max(length for at, _, length in found if at == first)
    names = tuple(dict.fromkeys(name for at, name, length in found if (at, length) == (first, longest)))
    speaks = libraries().speaks
    own = all(name in speaks for name in names)
    presets = frozenset[str]().union(*(speaks[name] for name in names)) if own else None
    return Heard(said=libraries().said[first], libraries=names, presets=presets or None)
