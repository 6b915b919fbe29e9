"""The house's arrows: imports run down the list only, the pure rooms stay pure, few rooms open sockets."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from statistics import median

import pytest

import mailpath

HOUSE = Path(mailpath.__file__).parent

#: Top to bottom.  A module may import what stands below it, or within its own entry.
LAYERS = [
    "__main__",
    "cli",
    "commands",
    "tui",
    "api",
    "survey",
    "lessons",
    "report",
    "tickets",
    "plan",
    "rehearse",
    "whatif",
    "attacks",
    "servers",
    "config",
    "findings",
    "walk",
    "validation",
    "online",
    "judge",
    "steps",
    "assess",
    "match",
    "dnssec",
    "lab",
    "network",
    "wording",
    "facts",
    "exchanges",
    "names",
    "files",
    "logs",
    "visible",
    "ending",
    "errors",
    "records",
]

#: Modules through which a socket can be opened, and the event loop's own doors.
SOCKET_MODULES = {
    "socket",
    "socketserver",
    "httpx",
    "httpcore",
    "aiosmtplib",
    "aiosmtpd",
    "smtplib",
    "urllib.request",
    "http.client",
    "http.server",
    "dns.asyncquery",
    "dns.query",
    "dns.resolver",
    "dns.asyncresolver",
}
SOCKET_CALLS = {
    "open_connection",
    "start_server",
    "create_connection",
    "create_server",
    "create_datagram_endpoint",
    "open_unix_connection",
    "sock_connect",
    "getaddrinfo",
}


@cache
def modules() -> tuple[Path, ...]:
    return tuple(sorted(HOUSE.rglob("*.py")))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All of a file's syntax tree: six tests read it."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def name_of(path: Path) -> str:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module that a file imports, also inside functions; relative imports resolved."""
    found: set[str] = set()
    package = ["mailpath", *path.relative_to(HOUSE).parent.parts]
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return frozenset(found)


def layer_of(module: str) -> str:
    return module.removeprefix("mailpath").lstrip(".").split(".")[0]


def test_imports_run_down_only() -> None:
    upwards = []
    for path in modules():
        own = layer_of("mailpath." + name_of(path)) or None
        if own is None:
            continue  # the package's own file is everybody's
        assert own in LAYERS, f"{own} has no place in the house: give it one"
        for module in imports_of(path):
            other = layer_of(module) if module.startswith("mailpath.") else ""
            if other in LAYERS and other != own and LAYERS.index(other) < LAYERS.index(own):
                upwards.append(f"{name_of(path)} imports {module}")
    assert upwards == []


@pytest.mark.parametrize("room", ["judge", "match", "findings", "facts"])
def test_pure_rooms_know_no_network_loop_or_clock(room: str) -> None:
    forbidden = {"asyncio", "time", "mailpath.network", "mailpath.lab", *SOCKET_MODULES}
    for path in modules():
        if layer_of("mailpath." + name_of(path)) == room:
            hit = {module for module in imports_of(path) if any(_is(module, name) for name in forbidden)}
            assert not hit, f"{name_of(path)} imports {hit}"


def _is(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")


def test_only_the_live_network_and_the_lab_open_sockets() -> None:
    offenders = []
    for path in modules():
        name = name_of(path)
        if name.startswith(("network.live", "lab")):
            continue
        hits = {module for module in imports_of(path) if any(_is(module, known) for known in SOCKET_MODULES)}
        for node in nodes_of(path):
            if isinstance(node, ast.Attribute) and node.attr in SOCKET_CALLS:
                hits.add(node.attr)
        if hits:
            offenders.append((name, hits))
    assert offenders == []


def test_nothing_below_the_reports_knows_how_anything_looks() -> None:
    for path in modules():
        layer = layer_of("mailpath." + name_of(path))
        if layer in LAYERS and LAYERS.index(layer) > LAYERS.index("report"):
            hits = {
                module for module in imports_of(path) if module.split(".")[0] in ("textual", "rich", "click")
            }
            assert not hits, f"{name_of(path)} imports {hits}"


@pytest.mark.parametrize(
    ("loaded", "unasked"),
    [
        ("mailpath.cli", "textual httpx dns aiosmtplib OpenSSL"),
        # What a ticket holds is text, and what it means is a table.
        ("mailpath.commands.tickets, mailpath.tickets.bounce", "asyncio dns cryptography OpenSSL"),
        # A lookup speaks no mail, and looks at no certificate.
        ("mailpath.commands.dnssec, mailpath.network.live", "aiosmtplib OpenSSL mailpath.steps dns.zone"),
    ],
)
def test_a_command_loads_nothing_heavy_that_it_does_not_use(loaded: str, unasked: str) -> None:
    code = f"import sys, {loaded}; print([m for m in {unasked.split()} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert out.stdout.strip() == "[]"


#: These never leave the room that raises them.
WITHIN = {
    *("BadDer", "BadQuestion", "NotDns", "OverBudget", "Exhausted", "End", "Lost", "ReaderGone", "Stopped")
}


def test_every_exception_that_leaves_has_one_base() -> None:
    builtin = {name for name, each in vars(builtins).items() if isinstance(each, type)}
    others = set()
    for path in modules():
        for node in nodes_of(path):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                bases = {ast.unparse(base) for base in node.bases}
                raised = any(issubclass(getattr(builtins, base), Exception) for base in bases & builtin)
                if raised and "MailpathError" not in bases:
                    others.add(node.name)
    assert others == {"MailpathError", *WITHIN}


def test_rooms_are_small() -> None:
    """A file that grows past 400 lines holds two subjects, a function past 60 two jobs."""
    large = []
    sizes = []
    for path in modules():
        source = path.read_text(encoding="utf-8")
        sizes.append(source.count("\n"))
        if source.count("\n") > 400:
            large.append(f"{name_of(path)}: {source.count(chr(10))} lines")
        for node in nodes_of(path):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 60:
                    large.append(f"{name_of(path)}:{node.name}: {length} lines")
    assert large == []
    assert median(sizes) < 130


def test_every_room_has_its_line_in_the_house() -> None:
    house = (HOUSE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## The house")[1]
    drawn = re.findall(r"\b(\w+)(?:/|\.py)(?= {2,})", house.split("\n\n")[1])
    assert [room for room in drawn if room != "mailpath"] == [room for room in LAYERS if room != "__main__"]
