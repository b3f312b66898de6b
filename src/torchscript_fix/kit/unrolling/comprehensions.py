"""A list comprehension as a loop that appends, where it needs a guard that it cannot have."""

import ast
from collections.abc import Sequence

from torchscript_fix.editing.edit import Edit, InsertBefore, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.indexing import Comprehension, names_in
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.unrolling.source import nested, spliced

RESULT_NAMES = ("outputs", "results", "collected")


def as_loop(
    function: FunctionFacts,
    node: Comprehension,
    header: Sequence[str],
    replaced: dict[ast.expr, str],
    checks: Sequence[str],
) -> list[Edit]:
    """A list comprehension as a loop that appends, before the statement it stands in."""
    statement = statement_of(node, function)
    if not isinstance(node, ast.ListComp) or not comes_first(node, statement, function):
        raise Declined("a comprehension that cannot be taken out of its statement")
    name, direct = free_name(RESULT_NAMES, taken_names(function)), False
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if value is node:
            if target not in names_in(node):
                name, direct = target, True
    body = f"{name}.append({spliced(function.file, node.elt, replaced)})"
    code = "\n".join([*checks, f"{name} = []", *nested(header, body)])
    if direct:
        return [ReplaceStatement(statement, code)]
    return [InsertBefore(statement, code), ReplaceExpression(node, name)]


def comes_first(node: ast.expr, statement: ast.stmt, function: FunctionFacts) -> bool:
    """Whether nothing that could matter is evaluated before `node` in its statement."""
    if not isinstance(statement, ast.Assign | ast.Return | ast.Expr):
        return False
    around = set(function.file.ancestors(node))
    inside = set(ast.walk(node))
    if any(isinstance(a, ast.IfExp | ast.BoolOp | ast.Lambda | Comprehension) for a in around):
        return False
    start = (node.lineno, node.col_offset)
    return not any(
        isinstance(other, ast.Call)
        and other not in around
        and other not in inside
        and (other.lineno, other.col_offset) < start
        for other in ast.walk(statement)
    )
