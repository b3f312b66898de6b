"""What a function's local names are bound to, and where they stand."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from torchscript_fix.facts.nodes import FunctionNode, own_nodes
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.source import Parsed


@dataclass(frozen=True)
class Binding:
    """One value of a local name: an expression, or something taken out of it step by step."""

    value: ast.expr | None
    steps: tuple[int | Literal["element"], ...] = ()


def names(function: FunctionFacts) -> Mapping[str, Sequence[ast.Name]]:
    """Every place where a local name stands."""
    return _names_in(function.file.parsed, function.node)


@remembered
def _names_in(parsed: Parsed, function: FunctionNode) -> Mapping[str, Sequence[ast.Name]]:
    found: dict[str, list[ast.Name]] = defaultdict(list)
    for node in own_nodes(parsed, function):
        if isinstance(node, ast.Name):
            found[node.id].append(node)
    return dict(found)


def is_bound_above(node: ast.expr, name: str, function: FunctionFacts) -> bool:
    """Whether a line above a node binds a local name."""
    bound = [each for each in names(function).get(name, ()) if isinstance(each.ctx, ast.Store)]
    return any(each.lineno < node.lineno for each in bound)


def bindings(function: FunctionFacts) -> Mapping[str, Sequence[Binding]]:
    """Every value of each local name."""
    return _bindings_in(function.file.parsed, function.node)


@remembered
def _bindings_in(parsed: Parsed, function: FunctionNode) -> Mapping[str, Sequence[Binding]]:
    found: dict[str, list[Binding]] = defaultdict(list)
    for name, binding in _bound_among(own_nodes(parsed, function)):
        found[name].append(binding)
    return dict(found)


def _bound_among(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, Binding]]:
    """Every value that the nodes of a function give to a local name."""
    for node in nodes:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _taken_apart(target, Binding(value))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _taken_apart(target, Binding(value))
            case ast.NamedExpr(target=target, value=value):
                yield from _taken_apart(target, Binding(value))
            case ast.For(target=target, iter=source) | ast.comprehension(
                target=target, iter=source
            ):
                yield from _taken_apart(target, Binding(source, ("element",)))
            case ast.AugAssign(target=ast.Name(id=name) as target, op=op, value=value):
                yield name, Binding(ast.BinOp(ast.Name(name, ast.Load()), op, value))
            case ast.withitem(optional_vars=ast.Name(id=name)):
                yield name, Binding(None)


def _taken_apart(target: ast.expr, binding: Binding) -> Iterator[tuple[str, Binding]]:
    if isinstance(target, ast.Name):
        yield target.id, binding
    elif isinstance(target, ast.Starred):
        yield from _taken_apart(target.value, Binding(None))
    elif isinstance(target, ast.Tuple | ast.List):
        for position, element in enumerate(target.elts):
            value = binding.value
            if isinstance(value, ast.Tuple | ast.List) and not binding.steps:
                inner = value.elts[position] if position < len(value.elts) else None
                yield from _taken_apart(element, Binding(inner))
            else:
                yield from _taken_apart(element, Binding(value, (*binding.steps, position)))
