"""MTA-STS: the TXT record that says that there is a policy (RFC 8461 section 3.1)."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from mailpath.match.sts_dialects import RFC, StsParsing
from mailpath.wording.phrases import count

MAX_TEXTS = 100

_TXT_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}"
_TXT_RECORD = re.compile(
    rf"v=STSv1(?:[ \t]*;[ \t]*{_TXT_NAME}=[\x21-\x3a\x3c\x3e-\x7e]+)+(?:[ \t]*;[ \t]*)?\Z"
)
_TXT_ID = re.compile(r"[A-Za-z0-9]{1,32}\Z")


class TxtResult(msgspec.Struct, frozen=True, kw_only=True):
    """`id`: of the one valid record; None without one, and `reason` is a plain sentence (raw text).

    `several`: more than one record has the right prefix.  `problems`: what is odd, but accepted.
    """

    id: str | None = None
    reason: str = ""
    several: bool = False
    problems: tuple[str, ...] = ()


@lru_cache(maxsize=64)
def parse_txt(texts: tuple[bytes, ...], parsing: StsParsing = RFC) -> TxtResult:
    """The policy id in the TXT records at `_mta-sts.<domain>` (strings of a record joined).  Never raises."""
    if not texts:
        return TxtResult(reason="There is no TXT record.")
    # The lax reader drops a record that is not ASCII; by the grammar such a record counts, and is invalid.
    readable = [text.decode("latin-1") for text in texts[:MAX_TEXTS] if parsing.txt_grammar or text.isascii()]
    candidates = [text for text in readable if _begins(text, parsing)]
    if not candidates:
        return TxtResult(reason=f"No TXT record begins with '{parsing.txt_prefix}'.")
    if len(candidates) > 1 and not parsing.txt_several:
        return TxtResult(
            several=True,
            reason=f"{len(candidates)} TXT records begin with '{parsing.txt_prefix}'; there must be only"
            " one.",
        )
    record = candidates[0]
    dropped = len(texts) - 1
    problems = (f"The name has {count(dropped, 'other TXT record')}.",) if dropped else ()
    if parsing.txt_grammar:
        return _read_strict_txt(record, problems)
    return _read_lax_txt(record, problems, parsing)


def _begins(text: str, parsing: StsParsing) -> bool:
    prefix = parsing.txt_prefix
    start = text.lstrip()[: len(prefix)] if parsing.ignores_case else text[: len(prefix)]
    if start.casefold() != prefix.casefold() if parsing.ignores_case else start != prefix:
        return False
    return not parsing.txt_blanks or text[len(prefix) :].lstrip(" \t").startswith(";")


def _read_strict_txt(record: str, problems: tuple[str, ...]) -> TxtResult:
    fields = [field.strip(" \t").partition("=") for field in record.split(";")]
    ids = [value for key, _, value in fields if key == "id"]
    well_formed = _TXT_RECORD.match(record) is not None
    # The most frequent mistake has its own words, even in a record that is wrong elsewhere too: a bad id.
    if not all(map(_TXT_ID.match, ids[:1] if well_formed else ids)):
        return TxtResult(reason="The id is not 1 to 32 letters and digits.")
    if not well_formed:
        return TxtResult(reason="The TXT record does not have the form of RFC 8461 section 3.1.")
    if not ids:
        return TxtResult(reason="The TXT record has no id.")
    if len(ids) > 1:
        problems += ("The id appears more than once; the first one counts.",)
    return TxtResult(id=ids[0], problems=problems)


def _read_lax_txt(record: str, problems: tuple[str, ...], parsing: StsParsing) -> TxtResult:
    fields: dict[str, str] = {}
    for piece in record.split(";"):
        field = piece.strip()
        if field:
            key, _, value = field.partition("=")
            if parsing.ignores_case:
                key, value = key.strip().lower(), value.strip()
            if parsing.last_wins or key not in fields:
                fields[key] = value
    version = fields.get("v", "")
    if version.casefold() != "stsv1" if parsing.ignores_case else version != "STSv1":
        return TxtResult(reason="The version is not STSv1.")
    if "id" not in fields and parsing.txt_id:
        return TxtResult(reason="The TXT record has no id.")
    if not _read_strict_txt(record, ()).id:
        problems += ("The TXT record does not have the form of RFC 8461 section 3.1.",)
    return TxtResult(id=fields.get("id", ""), problems=problems)
