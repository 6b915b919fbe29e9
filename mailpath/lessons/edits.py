"""One edit of a lesson's world, as it is written in a lesson file and typed by a learner.

    set KEY VALUE          set server.mx1.cert.key next      set zone.sec signed      set sts.max_age 86400
    add KEY VALUE          add zone.rr @ MX 20 mx2           add server { host = "mx2" }
    drop KEY [VALUE]       drop zone.rr @ MX 20 mx2          drop sts
    wait SPAN              wait 1h                           time passes; old records leave the caches
    posture NAME, attack NAME, clock SPAN, policy-age SPAN

KEY is dotted, as in TOML.  It begins with `zone` (the first one, or `zone.NAME`), `server.HOST` or `sts`.
VALUE is TOML, or plain words.  A SPAN is a number of seconds, or has a unit: 90s, 10m, 2h, 3d.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from typing import Any, Literal, cast, get_args

import msgspec

from mailpath.errors import MailpathError
from mailpath.wording.times import UNITS

Verb = Literal["set", "add", "drop", "wait", "posture", "attack", "clock", "policy-age"]
#: They change the scenario itself.
_CHANGES = ("set", "add", "drop")
_SPANS = ("wait", "clock", "policy-age")
#: Longest edit that is read, in characters.
MAX_LENGTH = 2000

_SPAN = re.compile(r"\+?([0-9]{1,9})([smhd]?)\Z")
_KEY = re.compile(r"""(?:[A-Za-z0-9_-]+|"[^"]*")(?:\.(?:[A-Za-z0-9_-]+|"[^"]*"))*""")
_TABLES = ("zone", "server", "sts", "fault")


class EditError(MailpathError):
    """An edit that cannot be understood, or cannot be made in this world; says why in one sentence."""


class Edit(msgspec.Struct, frozen=True):
    """`text`: as it was typed.  `path`: of a change, the key's parts.  `value`: of a change a TOML value
    (None where there is none), of a span the seconds, else a name.
    """

    text: str
    verb: Verb
    path: tuple[str, ...] = ()
    value: Any = None

    @property
    def key(self) -> str:
        """What `may` speaks of: "zone.rr", "wait"."""
        return ".".join(self.path) or self.verb

    def allowed(self, may: Iterable[str]) -> bool:
        """Whether `may` names what it edits, or something that this is part of."""
        parts = self.path or (self.verb,)
        return any(tuple(_parts(each)) == parts[: len(_parts(each))] for each in may)


def parse(text: str) -> Edit:
    """The edit in `text`.  Raises `EditError`."""
    if len(text) > MAX_LENGTH:
        raise EditError(f"An edit has at most {MAX_LENGTH} characters.")
    verb, _, rest = text.strip().partition(" ")
    rest = rest.strip()
    if verb not in get_args(Verb):
        raise EditError(f"{verb!r} is no edit. Edits are {', '.join(get_args(Verb))}.")
    known = cast("Verb", verb)
    if verb in _SPANS:
        return Edit(text, known, value=seconds(rest))
    if verb not in _CHANGES:
        if not rest or len(rest.split()) > 1:
            raise EditError(f"{verb} takes one name.")
        return Edit(text, known, value=rest)
    found = _KEY.match(rest)
    if found is None:
        raise EditError(f"{verb} takes a key, such as zone.rr or server.mx1.cert.")
    path = tuple(_parts(found[0]))
    if path[0] not in _TABLES:
        raise EditError(f"{path[0]!r} is nothing that can be edited. Keys begin with {', '.join(_TABLES)}.")
    told = rest[found.end() :].strip().removeprefix("=").strip()
    if not told and not (verb == "drop" or (verb == "set" and path == ("sts",))):
        raise EditError(f"{verb} {found[0]} takes a value.")
    return Edit(text, known, path, _value(told) if told else None)


def seconds(text: str) -> int:
    """Of a span: "90", "10m", "2h", "3d".  Raises `EditError`."""
    found = _SPAN.match(text)
    if found is None:
        raise EditError(f"{text!r} is no span of time: write 90s, 10m, 2h or 3d.")
    return int(found[1]) * UNITS[found[2] or "s"]


def _parts(key: str) -> list[str]:
    """The parts of a dotted key; those with a dot of their own are quoted."""
    return [plain or quoted for quoted, plain in re.findall(r'"([^"]*)"|([A-Za-z0-9_-]+)', key)]


def _value(text: str) -> Any:
    """As TOML if it is any, else as words: zone lines and names need no quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
