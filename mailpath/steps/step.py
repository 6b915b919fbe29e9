"""What a step is: how it looks, and what is said of what it found.

A step's module ends in one `STEP`.  Only `line` is needed: a panel may report what other steps found.  The
findings, details and evidence of the path's own steps have packages of their own (`mailpath.findings`,
`mailpath.report.panels`); a small step keeps all of it in one file.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Literal

import msgspec

from mailpath.facts import Entry, Finding, Status, Walk
from mailpath.steps.tools import Tools

#: Status, one or two upper-case words, and a sentence whose capital and full stop may be left to us.
Line = tuple[Status, str, str]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step.  Everything but `look` and `later` is pure.

    `line`: the panel's one line, from the facts of the whole walk.
    `facts`: the record of what `look` finds, which is the JSON's evidence too; `attribute`: of the walk,
    where it stands ("": among `Walk.further`); `empty`: what stands there before, where not just `facts()`.
    `look`: looks; what it is given of the walk has the facts of the steps named in `after`, and for more it
    waits with `Tools.found`.  `later`: yields better facts as other steps make them possible.
    `last`: the line hangs on every other step, and is not told before.
    `asks`: types of DNS records, "HTTPS" and "SMTP", whose exchanges belong to this step.
    `rests_on`: what certificates or signatures that it shows are proven by, beside what it found.
    `entries`: what the catalogue says of its findings' codes, where `catalogue.toml` has none of them;
    `find`: those of a walk.  `details`: (label of
    at most nine characters, text); `evidence`: lines.  Visible text.
    """

    line: Callable[[Walk], Line]
    facts: type[msgspec.Struct] | None = None
    attribute: str = ""
    empty: Callable[[Tools], Any] | None = None
    look: Callable[[Tools, Walk], Awaitable[Any]] | None = None
    after: tuple[str, ...] = ()
    later: Callable[[Tools], AsyncIterator[Any]] | None = None
    last: bool = False
    asks: frozenset[str] = frozenset()
    rests_on: Literal["", "anchor", "roots"] = ""
    entries: tuple[Entry, ...] = ()
    find: Callable[[Walk], Iterable[Finding]] | None = None
    details: Callable[[Walk], Iterable[tuple[str, str]]] | None = None
    evidence: Callable[[Walk], Iterable[str]] | None = None
