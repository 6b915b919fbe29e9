"""The app's own rules: a defect that it survives is logged, and what it is composed of raises no upcalls."""

from __future__ import annotations

import ast
from pathlib import Path

import mailpath.tui

MODULES = sorted(Path(mailpath.tui.__file__).parent.rglob("*.py"))


def test_whoever_catches_everything_logs_the_traceback() -> None:
    silent = []
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ExceptHandler) and ast.unparse(node.type or node) == "Exception":
                first = ast.unparse(node.body[0])
                if not first.startswith("log.exception("):
                    silent.append(f"{path.name}:{node.lineno}: {first}")
    assert silent == []


def test_nothing_is_left_for_a_class_made_from_it() -> None:
    """Parts are owned, and called by who owns them."""
    assert [path.name for path in MODULES if "NotImplementedError" in path.read_text(encoding="utf-8")] == []
