"""`setup.py`, read and never run: what it declares in literals."""

import ast
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from torchscript_fix.packages.declaration import Declaration
from torchscript_fix.packages.project_files import Unparsable, declarations_of
from torchscript_fix.source import parse

MOST_NODES = 20_000
"""Parts of expressions that are worked out in one file: `a = b + b` doubles with each line."""
DEEPEST = 60


def read_setup_script(text: str, markers: Mapping[str, str]) -> tuple[list[Declaration], list[str]]:
    """The declarations, and the names of the project itself. Raises Unparsable."""
    try:
        tree = parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unparsable from error
    literals = _Literals(tree)
    lines: list[str] = []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_setup(node.func):
            given = literals.keywords(node)
            for key in ("install_requires", "extras_require", "tests_require"):
                lines += _strings(given.get(key))
            for key in ("name", "packages", "py_modules"):
                names += _strings(given.get(key))
            if isinstance(folders := given.get("package_dir"), dict):
                names += filter(None, folders)
    return declarations_of(lines, markers), [name.partition(".")[0] for name in names]


def _is_setup(func: ast.expr) -> bool:
    return getattr(func, "attr", getattr(func, "id", "")) == "setup"


def _strings(value: Any) -> list[str]:
    """All strings in lists and in values of dictionaries, a line each."""
    if isinstance(value, str):
        return value.splitlines()
    inner = value.values() if isinstance(value, dict) else value
    return [line for each in inner or () for line in _strings(each)]


class _Literals:
    """What expressions of a file are, as far as they are strings, lists and dictionaries that are
    literals, or names bound to such; what else they hold is left out."""

    def __init__(self, tree: ast.Module) -> None:
        self._left = MOST_NODES
        self._bound: dict[str, list[ast.expr]] = defaultdict(list)
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    if isinstance(target, ast.Name):
                        self._bound[target.id].append(node.value)
            elif isinstance(node, ast.AnnAssign | ast.AugAssign) and node.value is not None:
                name = node.target.id if isinstance(node.target, ast.Name) else ""
                self._bound[name].append(node.value)

    def keywords(self, call: ast.Call) -> dict[str, Any]:
        """What a call passes by name, `**settings` included."""
        given: dict[str, Any] = {}
        for keyword in call.keywords:
            value = self._value(keyword.value, DEEPEST)
            if keyword.arg is not None:
                given[keyword.arg] = value
            elif isinstance(value, dict):
                given |= value
        return given

    def _value(self, node: ast.expr, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or not depth:
            return None
        depth -= 1
        if isinstance(node, ast.Constant):
            return node.value if isinstance(node.value, str) else None
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return [self._value(each, depth) for each in node.elts]
        if isinstance(node, ast.Starred):
            return self._value(node.value, depth)
        if isinstance(node, ast.Dict):
            return self._dictionary(node, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [self._value(node.left, depth), self._value(node.right, depth)]
        if isinstance(node, ast.Subscript):
            outer, key = self._value(node.value, depth), self._value(node.slice, depth)
            return outer.get(key) if isinstance(outer, dict) and isinstance(key, str) else None
        if isinstance(node, ast.Name):
            return self._of_name(node.id, depth)
        return None

    def _dictionary(self, node: ast.Dict, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found[key.value] = self._value(value, depth)
        return found

    def _of_name(self, name: str, depth: int) -> Any:
        """What a name is bound to; all of it where it is bound or added to several times."""
        values = [self._value(each, depth) for each in self._bound.get(name, ())]
        return values[0] if len(values) == 1 else values
