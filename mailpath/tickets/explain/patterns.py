"""The judge's sentences, read backwards: which event does a line of a log speak of?

The patterns are made from `mailpath.judge.sentences` itself: each sentence is said once about a scene of
markers, and the markers become groups.  So a sentence that the judge learns is recognised here as well.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from mailpath.judge.events import Event
from mailpath.judge.habits import Family
from mailpath.judge.sentences import CONNECT, TABLES, Scene, say

#: Longest text that is searched, in characters.
MOST = 4000

#: A name or an address of a mail host, in linear time.
_NAME = r"[A-Za-z0-9_*][A-Za-z0-9_*.-]{0,252}"

_MARKERS = {
    "domain": ("\ue000", _NAME),
    "host": ("\ue001", _NAME),
    "address": ("\ue002", r"[0-9A-Fa-f:.]{2,45}"),
    "reply": ("\ue003", r".*"),
    "why": ("\ue004", r".*"),
    "rrtype": ("\ue005", r"[A-Z]{1,10}"),
    "last": ("\ue006", r".*"),
    "word": ("\ue007", r"\S{1,20}"),
    "version": ("\ue008", r"[A-Za-z0-9.]{1,10}"),
    "cipher": ("\ue009", r"[A-Za-z0-9_-]{1,80}"),
}
_PORT, _BITS = 60001, 60002
_SPLIT = re.compile(f"([\ue000-\ue009]|{_PORT}|{_BITS})")

#: Literal characters without which a sentence could be anybody's, unless it is the whole text.
_TELLING = 10
#: Literal characters after which the server's own words may be missing.
_COMPLETE = 20


#: What is said of a name that has no MX record as well as of one that a MX record names.
_OF_THE_DOMAIN = frozenset({Event.NO_ADDRESS, Event.NO_SUCH_DOMAIN})


class Match(msgspec.Struct, frozen=True):
    """One sentence found.  `fields`: what stood where the sentence has a name, an address, a reply."""

    family: Family
    event: Event
    literal: int
    fields: dict[str, str]


class Pattern(msgspec.Struct, frozen=True):
    """`literal`: how many characters of the sentence are the server's own, hence how telling a match is."""

    family: Family
    event: Event
    regex: re.Pattern[str]
    literal: int


#: How Exim's lines name the peer; its bounces say the rest on a line of its own.
_PEER = f"H=\ue001 [\ue002]:{_PORT}: "


def _compiled(family: Family, event: Event, text: str) -> Pattern:
    optional = text.startswith(_PEER) and event is not Event.CONNECT_FAILED
    if optional:
        ahead = _compiled(family, event, _PEER.removesuffix(" ")).regex.pattern
        rest = _compiled(family, event, text.removeprefix(_PEER))
        whole = re.compile(rf"(?:{ahead}\ )?{rest.regex.pattern}", re.IGNORECASE)
        return Pattern(family, event, whole, rest.literal)
    by_marker = {marker: (name, regex) for name, (marker, regex) in _MARKERS.items()}
    by_marker |= {str(_PORT): ("port", r"\d{1,5}"), str(_BITS): ("bits", r"\d{1,5}")}
    seen: set[str] = set()
    parts: list[str] = []
    literal = 0
    for piece in _SPLIT.split(text):
        if piece not in by_marker:
            literal += len(piece.replace(" ", ""))
            parts.append(re.escape(piece))
            continue
        name, regex = by_marker[piece]
        if name == "why" and event is Event.CONNECT_FAILED:
            regex = "|".join(re.escape(words) for words in (*CONNECT.values(), "No route to host"))
        parts.append(f"(?:{regex})" if name in seen else f"(?P<{name}>{regex})")
        seen.add(name)
    if len(parts) > 2 and text[-1] in "\ue003\ue004" and literal >= _COMPLETE:
        parts[-3:] = [parts[-3].removesuffix(r":\ "), rf"(?::\ {parts[-2]})?", ""]
    pattern = "".join(parts)
    if family is Family.EXIM:
        # Between name and address Exim marks a secure address; the port is logged on request only.
        pattern = pattern.replace(rf"(?P<host>{_NAME})\ \[", rf"(?P<host>{_NAME})(?:\ DS)?\ \[")
        pattern = pattern.replace(r"\]:(?P<port>\d{1,5})", r"\](?::(?P<port>\d{1,5}))?")
    if family is Family.POSTFIX:
        # Which type is named hangs on what the host was looked up for last (smtp_addr.c, inet_protocols).
        types = "A|AAAA|MX" if event in _OF_THE_DOMAIN else "A|AAAA"
        pattern = pattern.replace("type=AAAA:", f"type=(?:{types}):")
    start = r"(?<![\w.*-])" if pattern.startswith("(?P<") else ""
    return Pattern(family, event, re.compile(start + pattern, re.IGNORECASE), literal)


@cache
def patterns() -> tuple[Pattern, ...]:
    """Every sentence of every family; one that depends on the circumstances in each of its forms."""
    made: list[Pattern] = []
    for family, table in TABLES.items():
        for event, sentence in table.items():
            if sentence.text == "{last}":
                continue
            scenes = [_scene(late, forced) for late in (False, True) for forced in (False, True)]
            texts = {say(family, event, scene) for scene in scenes}
            made += [_compiled(family, event, text) for text in sorted(texts)]
    return tuple(made)


def _scene(timed_out: bool, required: bool) -> Scene:
    fields = {name: marker for name, (marker, _) in _MARKERS.items()}
    return Scene(**fields, port=_PORT, bits=_BITS, timed_out=timed_out, required=required)


def recognise(text: str) -> tuple[Match, ...]:
    """The sentence that `text` holds: the most telling one, with every event that is told in the same words.

    Sentences of the family `rfc` are in nobody's log; they count only when they are the whole text.
    """
    flat = " ".join(text[:MOST].split())
    found: list[Match] = []
    for each in patterns():
        telling = each.literal >= _TELLING or each.event is Event.CONNECT_FAILED
        whole = each.family is Family.RFC or not telling
        hit = each.regex.fullmatch(flat) if whole else each.regex.search(flat)
        if hit is not None:
            fields = {name: value for name, value in hit.groupdict().items() if value}
            found.append(Match(each.family, each.event, each.literal, fields))
    if not found:
        return ()
    best = max(match.literal for match in found)
    kept: dict[tuple[Family, Event], Match] = {}
    for candidate in found:
        if candidate.literal == best:
            kept.setdefault((candidate.family, candidate.event), candidate)
    return tuple(kept.values())
