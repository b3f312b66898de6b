"""What a file does to `sys.path`, read and not run."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from torchscript_fix.importing.path_expressions import PathExpressions, called

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Edit:
    """A folder that a file puts on `sys.path`."""

    path: PurePosixPath
    """Absolute, or relative to where the program is started."""
    at_front: bool
    """Before installed packages, or behind them."""
    line: int


def edits_of(file: Path, nodes: Sequence[ast.AST]) -> tuple[Edit, ...]:
    """The edits of `sys.path` among the `nodes` of a file, in the order of their lines. Where an
    edit is of a function's parameter, or of a loop's variable, there is one for each call of the
    function, or each item, that the file shows."""
    paths = PathExpressions(file, nodes)
    aliases = _names_of_sys_path(nodes)
    around = _Around(nodes)
    found: dict[Edit, None] = {}
    for node in nodes:
        for folder, at_front in _edited(node, aliases):
            for arguments in around.meanings(folder, node):
                value = paths.value(folder, arguments)
                if value is not None:
                    found[Edit(value, at_front, getattr(node, "lineno", 1))] = None
    return tuple(sorted(found, key=lambda edit: edit.line))


def _names_of_sys_path(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """How the file writes `sys.path`: `sys.path`, `path` of `from sys import path`."""
    found = {"sys.path"}
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {f"{a.asname}.path" for a in node.names if a.name == "sys" and a.asname}
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            found |= {a.asname or a.name for a in node.names if a.name == "path"}
    return frozenset(found)


def _edited(node: ast.AST, aliases: frozenset[str]) -> Iterator[tuple[ast.expr, bool]]:
    """The folders that a node puts on `sys.path`, and whether in front."""

    def is_path(value: ast.expr) -> bool:
        return isinstance(value, ast.Name | ast.Attribute) and ast.unparse(value) in aliases

    match node:
        case ast.Call(func=ast.Attribute(value=value, attr=name), args=arguments) if is_path(value):
            if name == "insert" and len(arguments) == 2:
                yield arguments[1], True
            elif name == "append" and len(arguments) == 1:
                yield arguments[0], False
            elif name == "extend" and len(arguments) == 1:
                yield from ((item, False) for item in _items(arguments[0]))
        case ast.Call(args=[folder]) if called(node) == "addsitedir":
            yield folder, False
        case ast.AugAssign(target=target, op=ast.Add(), value=value) if is_path(target):
            yield from ((item, False) for item in _items(value))
        case ast.Assign(targets=[target], value=ast.BinOp(left, ast.Add(), right)) if is_path(
            target
        ):
            yield from ((item, True) for item in _items(left))
            yield from ((item, False) for item in _items(right))
        case ast.Assign(targets=[ast.Subscript(value=target)], value=value) if is_path(target):
            yield from ((each, True) for each in (_items(value) or [value]))


def _items(node: ast.expr) -> list[ast.expr]:
    return list(node.elts) if isinstance(node, ast.List | ast.Tuple) else []


class _Around:
    """The functions and loops of a file, and with what they are called and go round."""

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self._functions = [node for node in nodes if isinstance(node, Function)]
        self._loops = [node for node in nodes if isinstance(node, ast.For)]
        self._calls = [node for node in nodes if isinstance(node, ast.Call)]

    def meanings(self, folder: ast.expr, at: ast.AST) -> Iterator[Mapping[str, ast.expr]]:
        """What the names in `folder` stand for, each time that the node `at` is come to."""
        names = {node.id for node in ast.walk(folder) if isinstance(node, ast.Name)}
        line = getattr(at, "lineno", 0)
        for loop in self._loops:
            variable = loop.target.id if isinstance(loop.target, ast.Name) else ""
            if variable in names and _spans(loop, line):
                yield from ({variable: item} for item in _items(loop.iter))
                return
        for function in reversed(self._functions):
            parameters = [arg.arg for arg in (*function.args.posonlyargs, *function.args.args)]
            if names & set(parameters) and _spans(function, line):
                for call in self._calls:
                    if called(call) == function.name:
                        yield {
                            **dict(zip(parameters, call.args, strict=False)),
                            **{each.arg: each.value for each in call.keywords if each.arg},
                        }
                return
        yield {}


def _spans(node: ast.For | Function, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)
