"""What an import makes: postures as tables of the config file, each line with where it came from.

A draft is not yet a posture: it is a preset to begin with and what differs from it, in values that TOML has.
`Imported.tables` gives what the config file would hold, `rendering` the same with its reasons.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from mailpath.judge.presets import PRESETS
from mailpath.records import Record


class Kind(StrEnum):
    """What a remark is about."""

    ASSUMED = "assumed"  # the files do not say it; this was taken for true
    CONTRADICTED = "contradicted"  # the server was seen to do otherwise
    UNDECIDED = "undecided"  # a verdict may hang on it, and it could not be told
    WRONG = "wrong"  # the server itself cannot use it
    IGNORED = "ignored"  # no verdict hangs on it
    AGREED = "agreed"  # the server was seen to do so


#: Takes a remark: what it is about, its line, its sentence.
Tell = Callable[[Kind, str, str], None]


class Remark(Record, frozen=True, kw_only=True):
    """`where`: the line that it is about, "" for none; `sentence`: what to know of it.  Visible text."""

    kind: Kind
    where: str
    sentence: str


class Setting(Record, frozen=True, kw_only=True):
    """`value`: of a field, as TOML has it; where `open`, the values that it may have.  `why`: the line that
    says so.
    """

    field: str
    value: Any
    why: str
    open: bool = False


class Draft(Record, frozen=True, kw_only=True):
    """A posture: `base`, a preset, and what differs.  `why`: the line that the base comes from."""

    base: str
    why: str
    agent: str | None = None
    settings: tuple[Setting, ...] = ()

    def table(self) -> dict[str, Any]:
        """As the config file has it."""
        told: dict[str, Any] = {"base": self.base}
        if self.agent is not None and PRESETS[self.base].agent.name != self.agent:
            told["agent"] = self.agent
        told |= {each.field: each.value for each in self.settings if not each.open}
        unknown = {each.field: each.value for each in self.settings if each.open}
        return {**told, "unknown": unknown} if unknown else told


class Imported(Record, frozen=True, kw_only=True):
    """`program`: where they come from, as a heading.  `postures`: by name, the server's own first.

    `recipients`: recipient -> (name of the posture, the line that says so); `remarks`: on what is not there.
    """

    program: str
    postures: dict[str, Draft]
    recipients: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()

    @property
    def name(self) -> str:
        """The server's own posture."""
        return next(iter(self.postures))

    @property
    def decided(self) -> bool:
        """Nothing is open that a verdict could hang on."""
        doubts = (Kind.UNDECIDED, Kind.WRONG, Kind.CONTRADICTED)
        told = any(each.kind in doubts for each in self.remarks)
        return not told and not any(each.open for draft in self.postures.values() for each in draft.settings)

    def tables(self) -> dict[str, dict[str, Any]]:
        """The tables of the config file by posture name."""
        found = {name: draft.table() for name, draft in self.postures.items()}
        if self.recipients:
            found[self.name]["for"] = {domain: name for domain, (name, _) in self.recipients.items()}
        return found


#: Most names that one posture gets a number for.
_MOST = 10_000
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._-]+")


def posture_name(text: str, usual: str = "my-server") -> str:
    """`text` as the name of a posture, or `usual` where nothing of it can be one."""
    bare = _NOT_IN_A_NAME.sub("-", text.lower()).strip("-._")[:40]
    taken = bare in PRESETS or f"postfix-{bare}" in PRESETS
    return usual if not bare else f"{bare}-own" if taken else bare


def gathered(
    program: str,
    name: str,
    main: Draft,
    others: Iterable[tuple[str, str, Draft, str]],
    *,
    remarks: Iterable[Remark],
    beside: Mapping[str, Draft] | None = None,
) -> Imported:
    """Drafts that say the same become one posture.

    `others`: (recipient, a word for the name, its draft, the line that says so), the first of a recipient
    counts; one that is as `main` is left out, unless a parent domain has another.  `beside`: postures that
    no recipient is known for, by the word for their name.
    """
    postures, names = {name: main}, {_key(main): name}

    def named(word: str, draft: Draft) -> str:
        found = names.get(_key(draft))
        if found is None:
            wanted = posture_name(f"{name}-{word}")
            free = (wanted, *(f"{wanted}-{number}" for number in range(2, _MOST)))
            found = next(each for each in free if each not in postures)
            postures[found] = draft
            names[_key(draft)] = found
        return found

    recipients: dict[str, tuple[str, str]] = {}
    for recipient, word, draft, why in others:
        if recipient not in recipients:
            recipients[recipient] = (named(word, draft), why)
    for word, draft in (beside or {}).items():
        named(word, draft)
    told = dict.fromkeys((each.kind, each.where, each.sentence) for each in remarks)
    return Imported(
        program=program,
        postures=postures,
        recipients={
            each: told for each, told in recipients.items() if told[0] != name or _below(each, recipients)
        },
        remarks=tuple(Remark(kind=kind, where=where, sentence=said) for kind, where, said in told),
    )


def _below(recipient: str, among: Mapping[str, object]) -> bool:
    """Whether an entry for a parent domain would stand in for this one."""
    labels = recipient.lstrip(".").split(".")
    return any("." + ".".join(labels[first:]) in among for first in range(1, len(labels)))


def _key(draft: Draft) -> str:
    return repr(sorted(draft.table().items()))
