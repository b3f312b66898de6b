"""Where an expression of a project stands, and what is known of the project to follow it by."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from torchscript_fix.cases.config_files import ConfigFiles
from torchscript_fix.cases.names import Names
from torchscript_fix.cases.settings import Settings
from torchscript_fix.facts.static import FileFacts, FunctionFacts

MOST_CALLS = 4
"""Calls of one function that are looked at for what they pass."""


@dataclass(frozen=True)
class Scope:
    """Where an expression stands."""

    file: FileFacts
    function: FunctionFacts | None

    def values_of_own(self, name: str) -> Iterator[tuple[ast.expr, "Scope"]]:
        """What the attribute of that name of `self` is given, and where."""
        attribute = self.function.attribute(name) if self.function is not None else None
        for definition in attribute.definitions if attribute is not None else ():
            if definition.value is not None:
                yield definition.value, Scope(definition.function.file, definition.function)


Text = Callable[[ast.expr, Scope, int], str]
"""The source of what an expression gives, so many steps in; "" where that is not known."""
Value = Callable[[ast.expr, Scope, int], tuple[object] | None]
"""The value of an expression that comes down to a literal."""


@dataclass(frozen=True)
class Known:
    """What expressions are followed through."""

    names: Names
    settings: Settings
    configs: ConfigFiles
    callers: Mapping[str, Sequence[tuple[ast.Call, Scope]]]
    """Dotted name of a function, or of a class for its constructor, to the calls of it."""
    builders: frozenset[str] = frozenset()
    """Dotted names of functions that give a Module."""

    def passed(self, function: FunctionFacts, name: str) -> Iterator[tuple[ast.expr, Scope]]:
        """What callers pass for a parameter, and where."""
        owner = function.owner
        callee = f"{function.file.module}.{function.qualname}"
        if owner is not None and function.name == "__init__":
            callee = owner.dotted
        names = [parameter.arg for parameter in function.parameters]
        for call, where in self.callers.get(callee, ())[:MOST_CALLS]:
            argument = _argument(call, names, name)
            if argument is not None:
                yield argument, where


def _argument(call: ast.Call, names: Sequence[str], name: str) -> ast.expr | None:
    """What a call passes for a parameter."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if name in names and names.index(name) < len(call.args):
        passed = call.args[: names.index(name) + 1]
        if not any(isinstance(each, ast.Starred) for each in passed):
            return passed[-1]
    return None
