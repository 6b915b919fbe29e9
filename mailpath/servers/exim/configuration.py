"""Exim's configuration as sections of options (spec.txt, "The Exim run time configuration file").

A line that ends with a backslash goes on; `NAME = text` before the first section is a macro, which stands for
its text wherever its name is; `.ifdef` leaves lines out.  An `.include` is not followed.  `exim -bP
transports` prints the same options, every one of them, below "NAME transport:".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mailpath.servers.drafts import Kind
from mailpath.servers.given import MAX_LINE, Given, ImportRefused, Line

#: Characters that macros may add to all lines together.
MAX_REPLACED = 1024 * 1024
MAX_MACROS = 500

_MACRO = re.compile(r"([A-Z][A-Za-z0-9_]*)\s*==?\s*(.*)\Z")
_OPTION = re.compile(r"(?:hide\s+)?([a-z][a-z0-9_]*)\s*(?:=\s*(.*))?\Z", re.DOTALL)
_BLOCK = re.compile(r"([A-Za-z0-9_.-]+):\s*(.*)\Z")
_PRINTED = re.compile(r"([A-Za-z0-9_.-]+) (transport|router):\Z")
_LIST = re.compile(r"(?:hide\s+)?(domain|host|address|localpart)list\s+([A-Za-z0-9_]+)\s*=\s*(.*)\Z")
_CONDITION = re.compile(r"\.(ifdef|ifndef|elifdef|elifndef|else|endif)\b\s*(\S*)")
_VERSION = re.compile(r"Exim version ([0-9.]+)")


@dataclass(frozen=True)
class Option:
    """`value`: as it is written; a switch has "true" or "false"."""

    name: str
    value: str
    line: Line


@dataclass
class Block:
    """A router or transport, or the main section: its options by name, the last of a name."""

    name: str
    line: Line
    options: dict[str, Option] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str | None:
        found = self.options.get(name)
        return found.value if found is not None else None

    @property
    def printed(self) -> bool:
        """By `exim -bP`, which prints every option there is; what is not set is empty there."""
        return bool(_PRINTED.match(self.line.text))

    def why(self, name: str) -> str:
        """The line that sets `name`, as told; else that it is the default."""
        found = self.options.get(name)
        return found.line.said() if found is not None else f"{self.name}: {name} is not set"


@dataclass
class Exim:
    """`main`: options outside of any block; `lists`: named domain lists; `strange`: lines left out, and why.

    `files`: all of them, as any may be a table that a list looks up.
    """

    main: Block
    routers: dict[str, Block] = field(default_factory=dict)
    transports: dict[str, Block] = field(default_factory=dict)
    lists: dict[str, Option] = field(default_factory=dict)
    version: str = ""
    openssl: bool = False
    strange: list[tuple[Kind, Line, str]] = field(default_factory=list)
    files: tuple[Given, ...] = ()

    @property
    def found(self) -> bool:
        """Whether there is a transport that sends by SMTP."""
        return any(each["driver"] == "smtp" for each in self.transports.values())


def read_exim(files: Iterable[Given]) -> Exim:
    """What the files say.  Raises `ImportRefused`."""
    found = Exim(main=Block("main", Line(file="", number=0, text="")))
    found.files = tuple(files)
    for file in found.files:
        if version := _VERSION.search(file.text):
            found.version = version[1]
            found.openssl = "OpenSSL" in file.text
        _Reader(found).read(file)
    return found


class _Reader:
    """One file: which section and block its lines are in, its macros, and whether they are left out."""

    def __init__(self, found: Exim) -> None:
        self._found = found
        self._section = "main"
        self._block = found.main
        self._macros: dict[str, str] = {}
        self._conditions: list[tuple[bool, bool]] = []  # (these lines count, some branch did)
        self._room = MAX_REPLACED

    def read(self, file: Given) -> None:
        """Take all lines of `file`."""
        for line in _logical_lines(file):
            text = line.text
            if (condition := _CONDITION.match(text)) is not None:
                self._condition(condition[1], condition[2])
            elif not all(counts for counts, _ in self._conditions):
                continue
            elif text.startswith("."):
                said = "An include is not followed; give the file itself."
                self._found.strange.append((Kind.UNDECIDED, line, said))
            elif self._section == "main" and (macro := _MACRO.match(text)) is not None:
                if len(self._macros) >= MAX_MACROS:
                    raise ImportRefused(f"There are more than {MAX_MACROS} macros.", file=line.file)
                self._macros[macro[1]] = self._replaced(macro[2])
            else:
                self._take(Line(file=line.file, number=line.number, text=self._replaced(text)[:MAX_LINE]))

    def _condition(self, word: str, name: str) -> None:
        known = (name in self._macros) is not word.endswith("ndef")
        if word in ("ifdef", "ifndef"):
            self._conditions.append((known, known))
            del self._conditions[1000:]
        elif self._conditions:
            _, done = self._conditions.pop()
            if word != "endif":
                counts = not done and (word == "else" or known)
                self._conditions.append((counts, done or counts))

    def _replaced(self, text: str) -> str:
        for name, value in self._macros.items():
            if name in text:
                longer = text.replace(name, value)
                self._room -= max(0, len(longer) - len(text))
                if self._room < 0 or len(longer) > MAX_LINE:
                    raise ImportRefused("Macros make the configuration too large.")
                text = longer
        return text

    def _take(self, line: Line) -> None:
        text = line.text
        if printed := _PRINTED.match(text):
            self._open(printed[2] + "s", printed[1], line)
        elif text.startswith("begin "):
            self._section = text[6:].strip()
            self._block = Block(self._section, line)  # what comes before its first block is of none
        elif (named := _LIST.match(text)) is not None:
            if named[1] == "domain":
                self._found.lists[named[2]] = Option(named[2], named[3].strip(), line)
        elif (block := _BLOCK.match(text)) is not None and not _OPTION.match(text):
            # A block without a section is a transport that somebody cut out of a file.
            self._open("transports" if self._section == "main" else self._section, block[1], line)
            if block[2]:
                self._take(Line(file=line.file, number=line.number, text=block[2]))
        elif (option := _OPTION.match(text)) is not None:
            made = _option(option[1], option[2], line)
            if made.name in self._block.options and self._block is not self._found.main:
                said = "Exim does not start with an option that is set twice."
                self._found.strange.append((Kind.WRONG, line, said))
            self._block.options[made.name] = made

    def _open(self, section: str, name: str, line: Line) -> None:
        self._section = section
        self._block = Block(name, line)
        if section == "transports":
            self._found.transports[name] = self._block
        elif section == "routers":
            self._found.routers[name] = self._block


def _option(name: str, value: str | None, line: Line) -> Option:
    if value is None:
        for negation in ("no_", "not_"):
            if name.startswith(negation):
                return Option(name.removeprefix(negation), "false", line)
        return Option(name, "true", line)
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    return Option(name, {"yes": "true", "no": "false"}.get(value, value), line)


def entries(text: str) -> Iterator[str]:
    """Those of a list (spec.txt, "Lists"): between colons, or the sign behind a "<" at its beginning."""
    text, separator = text.strip(), ":"
    if text.startswith("<") and len(text) > 1:
        separator, text = text[1], text[2:]
    return (bare for each in text.split(separator) if (bare := each.strip()))


def _logical_lines(file: Given) -> Iterator[Line]:
    start, parts, length = 0, [""], 0
    for number, raw in enumerate(file.text.split("\n"), 1):
        bare = raw.strip()
        if bare.startswith("#") or (not bare and not start):
            continue
        start = start or number
        if length < MAX_LINE:
            parts.append(bare.removesuffix("\\"))
            length += len(parts[-1])
        if not bare.endswith("\\"):
            yield from _joined(file, start, parts)
            start, parts, length = 0, [""], 0
    yield from _joined(file, start, parts)


def _joined(file: Given, start: int, parts: Iterable[str]) -> Iterator[Line]:
    if text := "".join(parts)[:MAX_LINE]:
        yield Line(file=file.name, number=start, text=text)
