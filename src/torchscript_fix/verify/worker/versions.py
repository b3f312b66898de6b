"""The `__version__` of a stand-in: the newest that is admitted.

What admits: each `Requires-Dist` of an installed distribution that names the package and is no
extra; and in the file that asks, each comparison of the version with a literal that an `assert`
wants, or that an `if` raises for, and each call that takes the version and one literal (the least)
or two (the least and the most). Where these contradict each other the file's do not count; where
nothing is known, it is the newest there could be.
"""

import ast
import importlib.metadata
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from .guards import gives_up

NEWEST = "9999.0.0"
PARTS = 3
LAST = 99
"""The number of the last release of a series."""

Release = tuple[int, ...]
Bound = tuple[str, str]
"""An operator as a requirement writes it, and a version."""

_REQUIREMENT = re.compile(r"^\s*([\w.-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")
_SPECIFIER = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\s*([\w.*+!-]+)")
_RELEASE = re.compile(r"v?(\d+(?:\.\d+)*)")
_OPERATORS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_SWAPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OTHERWISE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def version_for(package: str, distribution: str, tree: ast.Module | None) -> str:
    """What `package.__version__` is to the file that `tree` is of."""
    required = _required(distribution)
    checked = list(_Checks(package, tree).bounds()) if tree is not None else []
    for bounds in ([*required, *checked], required):
        found = _newest(bounds)
        if found:
            return found
    return NEWEST


def _newest(bounds: Iterable[Bound]) -> str:
    """The newest version within all bounds; "" where there is none."""
    bounds = list(bounds)
    near = {each for _, bound in bounds for each in _near(release(bound))}
    for candidate in sorted({release(NEWEST), *near}, reverse=True):
        if all(admits(operator, bound, candidate) for operator, bound in bounds):
            return ".".join(map(str, candidate))
    return ""


def release(version: str) -> Release:
    """The numbers of a version, three at least."""
    match = _RELEASE.match(version)
    numbers = [int(part) for part in match[1].split(".")] if match else []
    return tuple(numbers + [0] * (PARTS - len(numbers)))


def _near(bound: Release) -> Iterator[Release]:
    """A version, a little older and newer ones, and the last of its series."""
    yield bound
    yield (*bound[:-1], bound[-1] + 1)
    yield from ((bound[0], LAST, 0), (*bound[:2], LAST))
    last = max((place for place, number in enumerate(bound) if number), default=None)
    if last is not None:
        rest = [LAST, *bound][: len(bound) - last - 1]
        yield (*bound[:last], bound[last] - 1, *rest[:1], *(0 for _ in rest[1:]))


def admits(operator: str, bound: str, candidate: Release) -> bool:
    """Whether a version is within one bound."""
    at = release(bound)
    match = _RELEASE.match(bound)
    prefix = at[: len(match[1].split("."))] if match else ()
    if operator in ("==", "!=") and bound.endswith("*"):
        return (candidate[: len(prefix)] == prefix) == (operator == "==")
    if operator == "~=":
        return candidate >= at and candidate[: len(prefix) - 1] == prefix[:-1]
    return _COMPARE[operator](candidate, at)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "===": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
}


# ------------------------------------------------------------------------------- distributions


def _required(distribution: str) -> list[Bound]:
    return [
        bound
        for name, bounds in _requirements()
        if name == _plain(distribution)
        for bound in bounds
    ]


@lru_cache(maxsize=1)
def _requirements() -> list[tuple[str, list[Bound]]]:
    """Each `Requires-Dist` of what is installed that is no extra, by name."""
    found = []
    for installed in importlib.metadata.distributions():
        for text in installed.requires or ():
            match = _REQUIREMENT.match(text)
            if match and "extra" not in (match[3] or ""):
                found.append((_plain(match[1]), _SPECIFIER.findall(match[2])))
    return sorted(found)


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# -------------------------------------------------------------------------------------- checks


class _Checks:
    """What a file wants of the version of a package."""

    def __init__(self, package: str, tree: ast.Module) -> None:
        self._tree = tree
        self._modules, self._versions = set[str](), set[str]()
        self._literals: dict[str, str] = {}
        nodes = list(ast.walk(tree))
        for node in nodes:
            self._imported(node, package)
        for _ in range(2):  # of a version, and of what was made of one
            for node in nodes:
                self._assigned(node)

    def _imported(self, node: ast.AST, package: str) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] == package:
                    self._modules.add(alias.asname or package)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == package:
            for alias in node.names:
                known = self._versions if alias.name == "__version__" else self._modules
                known.add(alias.asname or alias.name)

    def _assigned(self, node: ast.AST) -> None:
        if not isinstance(node, ast.Assign):
            return
        for target in node.targets:
            if isinstance(target, ast.Name):
                literal = self._literal(node.value)
                if self._is_version(node.value):
                    self._versions.add(target.id)
                elif literal:
                    self._literals[target.id] = literal

    def bounds(self) -> Iterator[Bound]:
        """The versions that it goes on with, as far as it says so."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Assert):
                yield from self._wanted(node.test, True)
            elif isinstance(node, ast.If) and gives_up(node.body):
                yield from self._wanted(node.test, False)
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                yield from self._of_call(node.value)

    def _wanted(self, test: ast.expr, truth: bool) -> Iterator[Bound]:
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            yield from self._wanted(test.operand, not truth)
        elif isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) == truth:
            for value in test.values:
                yield from self._wanted(value, truth)
        elif isinstance(test, ast.Compare) and (truth or len(test.ops) == 1):
            sides = [test.left, *test.comparators]
            for left, operator, right in zip(sides, test.ops, sides[1:], strict=False):
                yield from self._compared(left, _OPERATORS.get(type(operator), ""), right, truth)
        elif isinstance(test, ast.Call) and truth:
            yield from self._of_call(test)

    def _compared(
        self, left: ast.expr, operator: str, right: ast.expr, truth: bool
    ) -> Iterator[Bound]:
        if not operator:
            return
        if self._is_version(right):
            left, operator, right = right, _SWAPPED[operator], left
        literal = self._literal(right)
        if literal and self._is_version(left):
            yield (operator if truth else _OTHERWISE[operator], literal)

    def _of_call(self, call: ast.Call) -> Iterator[Bound]:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        if any(self._is_version(each) for each in given):
            literals = [text for each in given if (text := self._literal(each))]
            yield from zip((">=", "<="), literals, strict=False)

    def _is_version(self, node: ast.expr) -> bool:
        """Whether an expression is the version, or made of it as a whole: not its second part."""
        is_whole = not any(
            isinstance(each, ast.Subscript) and getattr(each.slice, "value", 0) != 0
            for each in ast.walk(node)
        )
        return is_whole and any(
            (isinstance(each, ast.Name) and each.id in self._versions)
            or (isinstance(each, ast.Attribute) and self._is_asked(each))
            for each in ast.walk(node)
        )

    def _is_asked(self, node: ast.Attribute) -> bool:
        root: ast.expr = node
        while isinstance(root, ast.Attribute):
            root = root.value
        is_package = isinstance(root, ast.Name) and root.id in self._modules
        return node.attr == "__version__" and is_package

    def _literal(self, node: ast.expr) -> str:
        """The version that an expression is, or is made of: `"1.2"`, `Version("1.2")`, `(1, 2)`."""
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool):
            text = str(node.value)
            return text if _RELEASE.fullmatch(text) else ""
        if isinstance(node, ast.Name):
            return self._literals.get(node.id, "")
        if isinstance(node, ast.Call) and len(node.args) == 1:
            return self._literal(node.args[0])
        if isinstance(node, (ast.Tuple, ast.List)) and node.elts:
            parts = [each.value if isinstance(each, ast.Constant) else None for each in node.elts]
            return ".".join(map(str, parts)) if all(type(part) is int for part in parts) else ""
        return ""
