"""Every type that an expression is known to have had: what cases observed, else what the code
shows."""

import ast
from collections.abc import Iterable

from torchscript_fix.facts.observed import NOTHING, ObservedAttribute, Types
from torchscript_fix.facts.static import ClassFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of


def types_seen(expression: ast.expr, function: FunctionFacts) -> Types:
    """The types of a parameter or an attribute of `self` over all cases; where no case showed it,
    and for other expressions, the type that the code shows; nothing where that is not known."""
    observed = _observed(expression, function)
    if observed:
        return observed
    kind = type_of(expression, function)
    if kind is None:
        return NOTHING
    if kind.startswith("Optional["):
        return frozenset({kind.removeprefix("Optional[").removesuffix("]"), "None"})
    return frozenset({kind})


def _observed(expression: ast.expr, function: FunctionFacts) -> Types:
    seen, path = function.file.project.observed, function.file.path
    if isinstance(expression, ast.Name) and expression.id not in function.assignments:
        return seen.argument_types(path, function.qualname, expression.id)
    name = self_attribute(expression)
    if name is None or function.owner is None:
        return NOTHING
    on_self = attribute_seen(name, (function.owner, *function.owner.subclasses))
    return NOTHING.union(*(each.types for each in on_self))


def attribute_seen(name: str, classes: Iterable[ClassFacts]) -> list[ObservedAttribute]:
    """What cases saw of an attribute on the instances of each of these classes."""
    every = ((c.file.project.observed, c.file.path, c.qualname) for c in classes)
    seen = (observed.attribute(path, qualname, name) for observed, path, qualname in every)
    return [each for each in seen if each is not None]
