"""Which top-level modules a file imports, and whether it can be imported without them."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torchscript_fix.verify.worker.guards import tolerates_missing

_FROM = re.compile(r"\bfrom\b(?:[ \t\f]|\\\r?\n)+(\w+)")
_IMPORT = re.compile(r"\bimport\b((?:[^\n\\;#]|\\\r?\n)+)")
_TOP = re.compile(r"\s*(\w+)")

_OF_TENSORBOARD = "torch.utils.tensorboard."
"""Of torch, and imports tensorboard, which torch does not bring along."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_TRIES = ("Try", "TryStar")
_PYTHON_2 = {"PY2": False, "PY3": True}
"""Of `six`, and of what people write themselves."""


@dataclass(frozen=True)
class Import:
    """A top-level module that a line imports."""

    name: str
    line: int
    optional: bool
    """Whether the file can be imported without: it catches that it is missing, or imports it in a
    function, or only when run as a script."""


def names_mentioned(text: str) -> set[str]:
    """The top-level modules that a text may import, and more: what only looks like an import."""
    found = {match[1] for match in _FROM.finditer(text)}
    for match in _IMPORT.finditer(text):
        for part in match[1].replace("\\", " ").split(","):
            top = _TOP.match(part)
            if top:
                found.add(top[1])
    if "tensorboard" in text:
        found.add("tensorboard")
    return {name for name in found if name.isidentifier()}


def imports_of(
    tree: ast.Module, version: tuple[int, ...], is_there: Callable[[str], bool]
) -> Iterator[Import]:
    """What a file imports, in Python `version` where `is_there` tells which modules it has. What is
    imported for a type checker alone is not."""
    waiting: list[tuple[Sequence[ast.stmt], bool]] = [(tree.body, False)]
    while waiting:
        body, optional = waiting.pop()
        for statement in body:
            for name in _names(statement):
                yield Import(name, statement.lineno, optional)
            waiting += _bodies(statement, optional, version, is_there)


def _names(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Import):
        modules = [alias.name for alias in statement.names]
        names = [module.partition(".")[0] for module in modules]
    elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
        modules = [f"{statement.module}.{alias.name}" for alias in statement.names]
        names = [statement.module.partition(".")[0]]
    else:
        return []
    if any(f"{module}.".startswith(_OF_TENSORBOARD) for module in modules):
        names.append("tensorboard")
    return names


def _bodies(
    statement: ast.stmt, optional: bool, version: tuple[int, ...], is_there: Callable[[str], bool]
) -> Iterator[tuple[Sequence[ast.stmt], bool]]:
    """The statements within a statement, and whether what they import is optional."""
    if isinstance(statement, _FUNCTIONS):
        yield statement.body, True
    elif isinstance(statement, ast.If):
        decided = _decided(statement.test, version)
        if decided is not False:
            yield statement.body, optional or _is_main(statement.test)
        if decided is not True:
            yield statement.orelse, optional
    elif type(statement).__name__ in _TRIES:
        yield from _of_try(statement, optional, is_there)
    else:
        optional = optional or tolerates_missing(statement)
        for field in ("body", "orelse"):
            yield getattr(statement, field, []), optional
        for case in getattr(statement, "cases", []):
            yield case.body, optional


def _of_try(
    statement: ast.stmt, optional: bool, is_there: Callable[[str], bool]
) -> Iterator[tuple[Sequence[ast.stmt], bool]]:
    body: list[ast.stmt] = statement.body  # type: ignore[attr-defined]  # a Try or a TryStar
    tolerated = tolerates_missing(statement)
    yield body, optional or tolerated
    imported = [name for each in body for name in _names(each)]
    is_missing = not all(map(is_there, imported))
    # A handler is for when what the body imports is missing; `else` for when it is not.
    instead = optional or not (tolerated and is_missing)
    for handler in statement.handlers:  # type: ignore[attr-defined]  # as above
        yield handler.body, instead
    yield statement.orelse, optional or is_missing  # type: ignore[attr-defined]  # as above
    yield statement.finalbody, optional  # type: ignore[attr-defined]  # as above


def _is_main(test: ast.expr) -> bool:
    """`__name__ == "__main__"`"""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and isinstance(test.ops[0], ast.Eq)
    )


def _decided(test: ast.expr, version: tuple[int, ...]) -> bool | None:
    """What a test is where that is known without running anything."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _decided(test.operand, version)
        return None if inner is None else not inner
    if isinstance(test, ast.Constant):
        return bool(test.value)
    last = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")
    if last == "TYPE_CHECKING":
        return False
    if last in _PYTHON_2:
        return _PYTHON_2[last]
    return _of_version(test, version) if isinstance(test, ast.Compare) else None


def _of_version(test: ast.Compare, version: tuple[int, ...]) -> bool | None:
    """`sys.version_info >= (3, 8)`, `sys.version_info[0] == 2`, `sys.version_info.major < 3`."""
    asked = ast.unparse(test.left) if not _is_large(test.left) else ""
    own: object = {
        "sys.version_info": version,
        "sys.version_info[:2]": version[:2],
        "sys.version_info[0]": version[0],
        "sys.version_info.major": version[0],
    }.get(asked)
    try:
        other = ast.literal_eval(test.comparators[0])
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if len(test.ops) != 1 or type(own) is not type(other):
        return None
    operate = _COMPARISONS.get(type(test.ops[0]))
    try:
        return operate(own, other) if operate is not None else None
    except TypeError:
        return None


_COMPARISONS: dict[type[ast.cmpop], Callable[[object, object], bool]] = {
    ast.Lt: lambda a, b: a < b,  # type: ignore[operator]  # both are tuples, or both are numbers
    ast.LtE: lambda a, b: a <= b,  # type: ignore[operator]  # as above
    ast.Gt: lambda a, b: a > b,  # type: ignore[operator]  # as above
    ast.GtE: lambda a, b: a >= b,  # type: ignore[operator]  # as above
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}


def _is_large(node: ast.expr) -> bool:
    """Whether an expression is no mere `sys.version_info`, indexed or not."""
    inner = node.value if isinstance(node, ast.Subscript | ast.Attribute) else node
    inner = inner.value if isinstance(inner, ast.Attribute) else inner
    return not isinstance(inner, ast.Name)
