"""The nodes of a tree: walked through once, and remembered beside it."""

import ast
from collections.abc import Mapping

from torchscript_fix.facts.remembered import remembered
from torchscript_fix.source import Parsed

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


_NO_NODES = frozenset({
    *("id", "attr", "arg", "asname", "module", "rest", "kwd_attrs", "type_comment"),
    *("ctx", "level", "kind", "is_async", "conversion", "simple"),
})  # fmt: skip
"""The fields of nodes that hold texts and numbers, and whether a place is read or written."""


class _Fields(dict[type[ast.AST], tuple[str, ...]]):
    """Class of node to its fields that may hold nodes."""

    def __missing__(self, kind: type[ast.AST]) -> tuple[str, ...]:
        fields = self[kind] = tuple(name for name in kind._fields if name not in _NO_NODES)
        return fields


_fields = _Fields()


def children(node: ast.AST) -> list[ast.AST]:
    """`ast.iter_child_nodes` without the contexts (Load, Store), several times as fast."""
    found: list[ast.AST] = []
    for name in _fields[node.__class__]:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found


def nodes_in(root: ast.AST) -> list[ast.AST]:
    """`ast.walk` without the contexts."""
    found = [root]
    for node in found:
        if node.__class__ not in LEAVES:
            found += children(node)
    return found


LEAVES = frozenset({ast.Name, ast.Constant})
"""The most frequent nodes, which have none in them but contexts."""


# A repair makes a Project of the same trees for each of its rounds, so what is remembered of the
# nodes of a function is remembered beside the tree, not with the facts of one Project.


@remembered
def nodes_of(parsed: Parsed) -> tuple[ast.AST, ...]:
    """All nodes of a file, outer ones first."""
    return tuple(nodes_in(parsed.tree))


@remembered
def imports_in(parsed: Parsed) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """All imports of a file, wherever they stand."""
    return tuple(node for node in nodes_of(parsed) if isinstance(node, ast.Import | ast.ImportFrom))


@remembered
def nodes_under(parsed: Parsed, function: FunctionNode) -> tuple[ast.AST, ...]:
    """All nodes of a function of a file, those of functions inside it too, outer ones first."""
    return tuple(nodes_in(function))


_INSIDE = FunctionNode | ast.Lambda | ast.ClassDef


@remembered
def own_nodes(parsed: Parsed, function: FunctionNode) -> tuple[ast.AST, ...]:
    """The nodes of a function without those of functions, lambdas and classes inside it."""
    found: list[ast.AST] = list(function.body)
    for node in found:
        if node.__class__ not in LEAVES and not isinstance(node, _INSIDE):
            found += children(node)
    return tuple(found)


@remembered
def calls_under(parsed: Parsed, function: FunctionNode) -> tuple[ast.Call, ...]:
    """All calls in a function."""
    return tuple(node for node in nodes_under(parsed, function) if isinstance(node, ast.Call))


@remembered
def parents_in(parsed: Parsed) -> Mapping[ast.AST, ast.AST]:
    """Each node's parent."""
    return {
        child: node
        for node in nodes_of(parsed)
        if node.__class__ not in LEAVES
        for child in children(node)
    }
