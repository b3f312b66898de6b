"""What a script, a README or a notebook calls a model with, beside where it builds it.

The call itself, and what tracing, exporting or counting calls it with: `torch.jit.trace(model, x)`,
`torch.onnx.export(model, (x, y), f)`, `torch.export.export(model, (x,))`, `summary(model, size)`.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torchscript_fix.cases.call_text import Writer
from torchscript_fix.cases.calls_written import GUESS
from torchscript_fix.cases.scope import Scope
from torchscript_fix.facts.static import self_attribute

MOST_SHOWN = 3
"""Calls of one model that are tried."""

_TAKE_INPUTS = frozenset({"trace", "export", "_export", "dynamo_export", "trace_module", "profile"})
_TAKE_SIZES = frozenset({"summary", "get_model_complexity_info", "torchsummary"})
_INPUTS = frozenset({"args", "inputs", "example_inputs", "input_data"})
_TENSOR = re.compile(r"torch\.(rand\w*|zeros|ones|full|empty|tensor|arange|\w*Tensor)\(")
"""A tensor that is made where it stands: what else is given the model beside one can only want to
call it with that, as `writer.add_graph(model, x)` and `count_operations(model, x)` do."""
_SAME = frozenset({"cuda", "cpu", "to", "eval", "train", "float", "half"})
"""Methods of a Module that give it."""
_SIZES = frozenset({"input_size", "input_res", "input_shape"})


@dataclass(frozen=True)
class Shown:
    """Inputs of a model, each as it stands between the parentheses of a call."""

    inputs: tuple[str, ...]
    where: str


def shown_inputs(build: ast.Call, scope: Scope, writer: Writer) -> tuple[Shown, ...]:
    """What the model that a call builds is called with, as far as all of it is known."""
    found: dict[tuple[str, ...], Shown] = {}
    for call, arguments, keywords in _calls_of(build, scope, writer):
        texts = _written(arguments, keywords, scope, writer)
        if texts and texts not in found:
            where = f"{scope.file.path.name} line {call.lineno}"
            found[texts] = Shown(texts, where)
    return tuple(found.values())[:MOST_SHOWN]


def _written(
    arguments: Iterable[ast.expr], keywords: Iterable[ast.keyword], scope: Scope, writer: Writer
) -> tuple[str, ...]:
    texts = [writer.text(argument, scope) for argument in arguments]
    for keyword in keywords:
        text = writer.text(keyword.value, scope)
        texts.append(text and f"{keyword.arg}={text}" if keyword.arg else "")
    is_known = all(texts) and not any(GUESS in text for text in texts)
    return tuple(texts) if is_known and any("torch." in text for text in texts) else ()


Called = tuple[ast.Call, list[ast.expr], list[ast.keyword]]
"""Where a model is called, and what it is given."""


def _calls_of(build: ast.Call, scope: Scope, writer: Writer) -> Iterator[Called]:
    """The calls of what one call builds: of it at once, or of the name that it is given."""
    parent = scope.file.parents.get(build)
    if isinstance(parent, ast.Call) and parent.func is build:
        yield parent, parent.args, parent.keywords
        return
    target = _given_to(build, scope)
    if target is None:
        return
    for node in _nodes_around(target, scope):
        if isinstance(node, ast.Call):
            yield from _as_call(node, target, scope, writer)


def _as_call(node: ast.Call, target: ast.expr, scope: Scope, writer: Writer) -> Iterator[Called]:
    func = node.func
    if isinstance(func, ast.Attribute) and func.attr == "forward":
        func = func.value
    if _is_same(func, target):
        yield node, node.args, node.keywords
        return
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    if not node.args or not _is_same(node.args[0], target):
        return
    if name in _TAKE_INPUTS:
        given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg in _INPUTS)]
        if given:
            first = given[0]
            items = first.elts if isinstance(first, ast.Tuple) else [first]
            yield node, list(items), []
    elif name in _TAKE_SIZES:
        sizes = [*node.args[1:2], *(k.value for k in node.keywords if k.arg in _SIZES)]
        if sizes and isinstance(sizes[0], ast.Tuple) and sizes[0].elts:
            yield node, [_random_of(sizes[0], name)], []
    elif len(node.args) == 2 and _TENSOR.match(writer.text(node.args[1], scope)):
        yield node, node.args[1:], []


def _random_of(size: ast.Tuple, name: str) -> ast.expr:
    """`torch.rand(1, 3, 64, 64)` for `summary(model, (3, 64, 64))`, which leaves the batch out."""
    sizes = list(size.elts)
    if name != "summary" or len(sizes) < 4:
        sizes = [ast.Constant(1), *sizes]
    function = ast.Attribute(ast.Name("torch", ast.Load()), "rand", ast.Load())
    return ast.copy_location(ast.Call(function, sizes, []), size)


def _given_to(build: ast.Call, scope: Scope) -> ast.expr | None:
    """The name, or the attribute of self, that what is built is bound to, wrappers left aside."""
    node: ast.AST = build
    while (parent := scope.file.parents.get(node)) is not None:
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
            target = parent.targets[0]
            if isinstance(target, ast.Tuple) and target.elts:  # `model, loss = build()`
                target = target.elts[0]
            is_one = isinstance(target, ast.Name) or self_attribute(target) is not None
            return target if is_one else None
        if not isinstance(parent, ast.Call | ast.Attribute | ast.IfExp):
            return None
        node = parent
    return None


def _nodes_around(target: ast.expr, scope: Scope) -> Iterable[ast.AST]:
    """All nodes of the function or, for an attribute, of the class around a model."""
    if scope.function is None:
        return scope.file.nodes
    owner = scope.function.owner
    if isinstance(target, ast.Attribute) and owner is not None:
        return [node for method in owner.methods.values() for node in method.nodes]
    return scope.function.nodes


def _is_same(node: ast.expr, target: ast.expr) -> bool:
    """Whether it is the model, moved to where it runs or not."""
    while (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ) and node.func.attr in _SAME:
        node = node.func.value
    if isinstance(node, ast.Name) and isinstance(target, ast.Name):
        return node.id == target.id
    own = self_attribute(node)
    return own is not None and own == self_attribute(target)
