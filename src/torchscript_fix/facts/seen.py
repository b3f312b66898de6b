"""Every type that an expression is known to have had: what cases observed, else what the code
shows."""

import ast

from torchscript_fix.facts.observed import NOTHING, Types
from torchscript_fix.facts.static import FunctionFacts, self_attribute
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
    found: Types = NOTHING
    for cls in (function.owner, *function.owner.subclasses):
        attribute = seen.attribute(cls.file.path, cls.qualname, name)
        if attribute is not None:
            found |= attribute.types
    return found
