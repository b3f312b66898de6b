"""A comprehension as a loop that appends, before the statement in which it stands."""

import ast
from collections.abc import Mapping, Sequence

from torchscript_fix.editing.edit import Edit, InsertBefore, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.indexing import Comprehension, names_in
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.kit.answer import require
from torchscript_fix.kit.before import why_not_first
from torchscript_fix.kit.substitution import moved

RESULT_NAMES = ("outputs", "results", "collected")


def nested(header: Sequence[str], body: str) -> list[str]:
    """`body` under each line of `header` in turn."""
    lines = [f"{'    ' * depth}{line}" for depth, line in enumerate(header)]
    return [*lines, *("    " * len(header) + line if line else "" for line in body.split("\n"))]


def comes_first(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether `node` is what a plain statement evaluates first, and always."""
    plain = isinstance(statement_of(node, function), ast.Assign | ast.Return | ast.Expr)
    return plain and why_not_first(node, function, in_callee=True) is None


def as_loop(
    function: FunctionFacts,
    node: Comprehension,
    header: Sequence[str],
    element: str,
    *,
    before: Sequence[str] = (),
    annotation: str = "",
    names: Sequence[str] = RESULT_NAMES,
    taker: ast.Call | None = None,
) -> tuple[str, list[Edit]]:
    """What the list is called, and the Edits that have a loop append each `element` to it.

    It gets the name that the statement gives it, if that does for the loop; `taker` is the call
    that takes everything out of a generator.
    """
    statement = statement_of(node, function)
    name, inside = free_name(names, taken_names(function)), names_in(node)
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if value is node:
            name = name if target in inside else target
    begin = f"{name}{annotation} = []"
    code = "\n".join([*before, begin, *nested(header, f"{name}.append({element})")])
    if name in function.assignments:
        return name, [ReplaceStatement(statement, code)]
    used = name if taker is None else f"{ast.unparse(taker.func)}({name})"
    return name, [InsertBefore(statement, code), ReplaceExpression(taker or node, used)]


def taken_out(
    loop: ast.comprehension,
    header: Sequence[str],
    instead: Mapping[ast.AST, str],
    function: FunctionFacts,
    before: Sequence[str] = (),
) -> list[Edit]:
    """A list comprehension over modules, by its `for`, as such a loop. Raises Declined."""
    node = function.file.parents[loop]
    can_be = isinstance(node, ast.ListComp) and comes_first(node, function)
    require(can_be, "a comprehension that cannot be taken out of its statement")
    assert isinstance(node, ast.ListComp)
    element = moved(function.file, node.elt, instead)
    return as_loop(function, node, header, element, before=before)[1]
