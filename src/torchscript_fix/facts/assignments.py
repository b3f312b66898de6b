"""What the statements of a function give to names, remembered beside the tree."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from torchscript_fix.facts.nodes import FunctionNode, nodes_under
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.source import Parsed


@remembered
def assignments_in(
    parsed: Parsed, function: FunctionNode
) -> Mapping[str, Sequence[ast.expr | None]]:
    """Name to every value it is bound to in a function and in those inside it; None where the value
    is not one expression."""
    found: dict[str, list[ast.expr | None]] = defaultdict(list)
    for node in nodes_under(parsed, function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in bound(target, node.value):
                    found[name].append(value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr):
            if isinstance(node.target, ast.Name):
                found[node.target.id].append(node.value)
        elif isinstance(node, ast.AugAssign):
            if isinstance(node.target, ast.Name):
                found[node.target.id].append(None)
        elif isinstance(node, ast.For | ast.comprehension):
            for name, _ in bound(node.target, None):
                found[name].append(None)
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            for name, _ in bound(node.optional_vars, None):
                found[name].append(None)
    return dict(found)


def bound(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr | None]]:
    """The names that an assignment binds, each with its value where it has one of its own."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Starred):
        yield from bound(target.value, None)
    elif isinstance(target, ast.Tuple | ast.List):
        for element, part in zip(target.elts, parts_of(value, len(target.elts)), strict=True):
            yield from bound(element, part)


def parts_of(value: ast.expr | None, count: int) -> list[ast.expr | None]:
    """The `count` parts of what is unpacked; None for each where it is not written out."""
    if isinstance(value, ast.Tuple | ast.List) and len(value.elts) == count:
        return list(value.elts)
    return [None] * count
