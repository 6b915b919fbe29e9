"""Lookup tables: smtp_tls_policy_maps and transport_maps, as far as the files given hold them.

A table is named `type:name`; its source is the file `name`, whatever database was made of it (postmap(1)).
`inline:` and `static:` are their own source.  A plugin answers over a socket: those for MTA-STS are known by
their port and request.  Everything else (regular expressions, LDAP, SQL) cannot be looked up without the
server, and is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from mailpath.records import Record
from mailpath.servers.given import Given, Line, find_file, logical_lines

#: Their source is a text file of `key value` lines.
_FILES = frozenset({"hash", "btree", "cdb", "dbm", "lmdb", "sdbm", "texthash"})
_SOCKETS = frozenset({"socketmap", "tcp", "unix"})


class Plugin(Record, frozen=True, kw_only=True):
    """A program that answers for policies.  `name`: "mta-sts-resolver", "tlspol", "" for one not known."""

    name: str
    spec: str


class Table(Record, frozen=True, kw_only=True):
    """`entries`: key -> (value, line); `always`: what it says of every key, with the line.  `plugin`: it is
    one.  `missing`: why it cannot be looked up here, `broken`: why not by Postfix; "" where it can.
    """

    spec: str
    entries: dict[str, tuple[str, Line]] = msgspec.field(default_factory=dict)
    always: tuple[str, Line] | None = None
    plugin: Plugin | None = None
    missing: str = ""
    broken: str = ""


def split_specs(value: str) -> tuple[str, ...]:
    """The tables of a `*_maps` parameter: between commas and blanks, but not inside braces."""
    found, depth, current = [], 0, ""
    for char in value:
        depth += (char == "{") - (char == "}")
        if depth <= 0 and char in ", \t\r\n":
            found.append(current)
            current = ""
        else:
            current += char
    return tuple(each for each in (*found, current) if each)


def open_table(spec: str, line: Line, files: Sequence[Given]) -> Table:
    """The table `spec`, which `line` names, out of `files`."""
    kind, _, name = spec.removeprefix("proxy:").partition(":")
    if kind == "static":
        return Table(spec=spec, always=(_bare(name), line))
    if kind == "inline":
        return Table(spec=spec, entries=_inline(name, line))
    if kind in _SOCKETS:
        return Table(spec=spec, plugin=Plugin(name=_plugin(name), spec=spec))
    if kind in _FILES:
        file = find_file(name, files)
        if file is None:
            return Table(spec=spec, missing=f"The table {spec} is not among the files given.")
        entries, twice = _entries(file)
        # Unlike postmap(1), which warns, texthash has no use of a file with a key twice (dict_thash.c).
        broken = (
            f"{twice.said()}: The key stands there twice, so that Postfix cannot use {spec}." if twice else ""
        )
        return Table(spec=spec, entries=entries, broken=broken if kind == "texthash" else "")
    return Table(spec=spec, missing=f"A table of the type {kind or spec} cannot be looked up here.")


def _entries(file: Given) -> tuple[dict[str, tuple[str, Line]], Line | None]:
    """Key -> value of a table's source, the first of a key, as postmap(1) takes it; and a line whose key was
    there before."""
    twice = None
    found: dict[str, tuple[str, Line]] = {}
    for line in logical_lines(file):
        key, _, value = line.text.replace("\t", " ").partition(" ")
        if key.lower() in found:
            twice = twice or line
        else:
            found[key.lower()] = (value.strip(), line)
    return found, twice


def _inline(text: str, line: Line) -> dict[str, tuple[str, Line]]:
    """`{ key=value, { key = text with blanks } }` (DATABASE_README, inline)."""
    inner = _bare(text)
    braced = re.findall(r"\{([^{}]*)\}", inner)
    plain = re.split(r"[,\s]+", re.sub(r"\{[^{}]*\}", " ", inner))
    found: dict[str, tuple[str, Line]] = {}
    for each in (*braced, *plain):
        key, equals, value = each.partition("=")
        if equals and key.strip():
            found.setdefault(key.strip().lower(), (value.strip(), line))
    return found


def _bare(text: str) -> str:
    text = text.strip()
    return text[1:-1].strip() if text.startswith("{") and text.endswith("}") else text


def _plugin(name: str) -> str:
    """postfix-mta-sts-resolver: port 8461, asked for "postfix"; postfix-tlspol: port 8642, for QUERY."""
    asked = name.rpartition(":")[2]
    if asked in ("QUERY", "QUERYwithTLSRPT") or ":8642" in name or "tlspol" in name:
        return "tlspol"
    if asked == "postfix" or ":8461" in name or "mta-sts" in name:
        return "mta-sts-resolver"
    return ""
