"""The field `tls=` of Postfix's delivery lines, read: "!dane", "may:none", "verify/requiretls".

`mailpath.judge.tls_field` says what it is made of; the words are in `tls_field.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import msgspec

from mailpath.judge.model import DemandedBy
from mailpath.judge.posture import DaneUse, Posture
from mailpath.judge.presets import PRESETS
from mailpath.tickets.phrases import read_table

#: A field: marks, names, a slash.
FIELD = r"!?[a-z-]{1,20}(?:\?|:[a-z-]{1,20})?(?:/!?[a-z-]{1,20}(?:\?|:[a-z-]{1,20})?)?"
_PART = re.compile(r"(!?)([a-z-]{1,20})(\?|:[a-z-]{1,20})?\Z")

_BY_DANE = (DemandedBy.DANE,)
_ACCOUNTS: Mapping[str, tuple[DemandedBy, ...]] = {
    "dane": _BY_DANE,
    "dane-only": _BY_DANE,
    "halfdane": _BY_DANE,
    "secure": (DemandedBy.LEVEL, DemandedBy.MTA_STS),
    "verify": (DemandedBy.LEVEL,),
    "encrypt": (DemandedBy.LEVEL, DemandedBy.DANE),
    "may": (DemandedBy.LEVEL,),
}


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    asked: Mapping[str, str]
    instead: Mapping[str, str]
    requiretls: Mapping[str, str]


@cache
def _words() -> _Words:
    return read_table(__package__, "tls_field.toml", _Words)


def told(field: str) -> tuple[str, ...]:
    """What the field says, in sentences; () where it is none that we know."""
    level, _, feature = field.partition("/")
    found = [_of_level(level), _of_requiretls(feature)]
    return tuple(each for each in found if each)


def demanded_by(field: str) -> tuple[DemandedBy, ...]:
    """On whose account TLS may have been demanded of a host with this field."""
    return _ACCOUNTS.get(_level(field), tuple(DemandedBy))


def presets_with(field: str) -> frozenset[str]:
    """The presets whose log has such a field, as far as the level in it tells."""
    level, by = _level(field), demanded_by(field)
    return frozenset(
        name
        for name, preset in PRESETS.items()
        if preset.agent.tls_field_words.dane is not None
        and (level not in _ACCOUNTS or _may_ask(preset, level, by))
    )


def _may_ask(preset: Posture, level: str, by: tuple[DemandedBy, ...]) -> bool:
    if DemandedBy.DANE in by and preset.dane is not DaneUse.OFF:
        return True
    return preset.level.value == level or (DemandedBy.MTA_STS in by and preset.sts)


def _level(field: str) -> str:
    return field.lstrip("!").partition("/")[0].rstrip("?").partition(":")[0]


def _of_level(text: str) -> str:
    part = _PART.match(text)
    asked = _words().asked.get(part[2]) if part is not None else None
    if part is None or asked is None:
        return ""
    said = f"{asked[0].upper()}{asked[1:]}"
    if part[1]:
        return f"{said}, and the mail host did not satisfy that."
    if part[3] == "?":
        return f"{said}." if part[2] == "unknown" else f"{said}; the session ended before that was decided."
    instead = _words().instead.get((part[3] or "")[1:])
    return f"{said}; {instead}." if instead is not None else f"{said}, and that is what the session was."


def _of_requiretls(text: str) -> str:
    part = _PART.match(text)
    if part is None or part[2] != "requiretls":
        return ""
    key = part[3] or "met"
    return _words().requiretls.get(f"{part[1]}{key.removeprefix(':')}", "")
