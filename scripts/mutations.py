"""Small changes of a Python source, each of which some test should notice.

`mutations(source)` gives them in the order of the text.  Strings are left alone (sentences are held by
golden files), and so are annotations, decorators and what stands below `if TYPE_CHECKING`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One change: `operator` says of what kind, `line` becomes `becomes` (both without their indentation)."""

    function: str  # "Class.method", "Class.field", "" at the top of a module
    operator: str
    row: int  # from 1, where the change begins
    end: int  # the row where it ends
    line: str
    becomes: str
    source: str  # the whole file, changed


_COMPARED: dict[type[ast.cmpop], ast.cmpop] = {
    ast.Lt: ast.LtE(),
    ast.LtE: ast.Lt(),
    ast.Gt: ast.GtE(),
    ast.GtE: ast.Gt(),
    ast.Eq: ast.NotEq(),
    ast.NotEq: ast.Eq(),
    ast.Is: ast.IsNot(),
    ast.IsNot: ast.Is(),
    ast.In: ast.NotIn(),
    ast.NotIn: ast.In(),
}
_COUNTED: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.FloorDiv(),
    ast.FloorDiv: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
}
_TRUE, _FALSE = ast.Constant(True), ast.Constant(False)


def mutations(source: str) -> list[Mutation]:
    """All changes of a source that still compile."""
    tree = ast.parse(source)
    lines = source.encode().splitlines(keepends=True)
    found = []
    for function, node, operator, becomes in _changes(tree, "", None):
        changed = _replace(lines, node, becomes)
        start, end = node.lineno - 1, node.end_lineno
        after = changed[start : len(changed) - (len(lines) - end)]
        text = b"".join(changed).decode()
        found.append(
            Mutation(
                function,
                operator,
                node.lineno,
                end or node.lineno,
                _join(lines[start:end]),
                _join(after),
                text,
            )
        )
    return sorted(found, key=lambda each: each.row)


def _replace(lines: list[bytes], node: ast.expr | ast.stmt, becomes: ast.AST) -> list[bytes]:
    text = ast.unparse(becomes)
    if isinstance(becomes, ast.expr) and not isinstance(becomes, ast.Constant | ast.Name):
        text = f"({text})"
    start, end = node.lineno - 1, node.end_lineno - 1
    whole = lines[start][: node.col_offset] + text.encode() + lines[end][node.end_col_offset :]
    return [*lines[:start], *whole.splitlines(keepends=True), *lines[end + 1 :]]


def _join(lines: list[bytes]) -> str:
    return " ".join(line.decode().strip() for line in lines)


Change = tuple[str, ast.expr | ast.stmt, str, ast.AST]


def _changes(node: ast.AST, function: str, returns: ast.expr | None) -> Iterator[Change]:
    """(function, node, operator, what takes its place) of a node and of all below it."""
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ):
        return
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and returns is None:
        function = f"{function}.{node.target.id}".lstrip(".")
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        function = f"{function}.{node.name}".lstrip(".")
        returns = None if isinstance(node, ast.ClassDef) else node.returns
    for operator, place, becomes in [*_of_expression(node), *_of_statement(node, returns)]:
        yield function, place, operator, becomes
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list") or (name, type(node)) == (
            "keywords",
            ast.ClassDef,
        ):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _changes(child, function, returns)


def _of_expression(node: ast.AST) -> Iterator[tuple[str, ast.expr, ast.AST]]:
    match node:
        case ast.Compare(left, ops, comparators):
            for at, op in enumerate(ops):
                if other := _COMPARED.get(type(op)):
                    yield "compare", node, ast.Compare(left, [*ops[:at], other, *ops[at + 1 :]], comparators)
        case ast.BoolOp(op, values):
            yield "and-or", node, ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
            for at in range(len(values)):
                rest = [*values[:at], *values[at + 1 :]]
                yield "drop-operand", node, rest[0] if len(rest) == 1 else ast.BoolOp(op, rest)
        case ast.UnaryOp(ast.Not(), operand):
            yield "drop-not", node, operand
        case ast.Constant(bool() as value):
            yield "boolean", node, ast.Constant(not value)
        case ast.Constant(int() as value):
            yield "number", node, ast.Constant(value + 1)
            if value:
                yield "number", node, ast.Constant(value - 1)
        case ast.BinOp(left, op, right) if type(op) in _COUNTED and not _joins_texts(left, right):
            yield "arithmetic", node, ast.BinOp(left, _COUNTED[type(op)], right)
        case ast.IfExp(_, body, orelse):
            yield "choose", node, body
            yield "choose", node, orelse
        case ast.comprehension(ifs=ifs):
            yield from (("drop-filter", each, _TRUE) for each in ifs)


def _joins_texts(*sides: ast.expr) -> bool:
    """Sums that another operator would only break: of strings, bytes, lists and tuples."""
    return any(
        isinstance(side, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)
        or (isinstance(side, ast.Constant) and isinstance(side.value, str | bytes))
        for side in sides
    )


def _of_statement(
    node: ast.AST, returns: ast.expr | None
) -> Iterator[tuple[str, ast.expr | ast.stmt, ast.AST]]:
    match node:
        case ast.If(test=test, orelse=orelse):
            yield "drop-branch", test, _FALSE
            if orelse:
                yield "drop-else", test, _TRUE
        case ast.While(test=test):
            yield "drop-loop", test, _FALSE
        case ast.Expr(ast.Call() | ast.Await()):
            yield "drop-call", node, ast.Pass()
        case ast.AugAssign():
            yield "drop-call", node, ast.Pass()
        case ast.Continue():
            yield "continue-break", node, ast.Break()
        case ast.Return(value) if value and not isinstance(value, ast.Constant) and returns:
            kinds = ast.unparse(returns).split(" | ")
            if kinds == ["bool"]:
                yield "return", value, _TRUE
                yield "return", value, _FALSE
            elif "None" in kinds:
                yield "return", value, ast.Constant(None)
