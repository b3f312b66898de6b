"""A layer that is made where it is used becomes a call of the function that does the same.

## What the compiler says

    Cannot instantiate class 'Softmax' in a script function: nn.Softmax(dim=1)(x)

TorchScript cannot make modules. A layer without weights needs none of what a module is there for.

## What is written instead

    x = nn.Softmax(dim=1)(x)                 x = F.softmax(x, dim=1)
    pool = nn.AdaptiveAvgPool2d(size)
    x = pool(x)                         →    x = F.adaptive_avg_pool2d(x, output_size=size)
    loss = nn.MSELoss()(x, y)                loss = F.mse_loss(x, y)

A Dropout that is made in forward drops at every call, in eval mode as well, and so does the call
that takes its place.

## When it holds back

A layer with weights (it has new ones at every call); one that is kept, passed on, or given
arguments that change before it is used.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, RemoveStatement, ReplaceExpression
from torchscript_fix.facts.loops import block_of
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.torch_functions import TorchFunction, torch_function
from torchscript_fix.kit.spelling import SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

MOVED = frozenset({"cuda", "cpu", "to"})
WITH_WEIGHTS = words("""
    Linear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LayerNorm
    GroupNorm BatchNorm1d BatchNorm2d BatchNorm3d Embedding LSTM GRU RNN PReLU
    """)


class LayerInForward(Rule):
    """Functions for layers that are made where they are used."""

    name: ClassVar[str] = "layer-in-forward"
    summary: ClassVar[str] = "nn.Softmax(dim=1)(x) becomes F.softmax(x, dim=1)."
    messages: ClassVar[tuple[str, ...]] = ("Cannot instantiate class",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for function in facts.functions.values():
            if function.scripted:
                yield from self._in_function(function)

    def _in_function(self, function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
        file = function.file
        for call in function.calls:
            made = _made(call, file)
            if made is None:
                continue
            found: Sequence[Edit] | str
            if isinstance(made.function, str):
                found = made.function
            else:
                found = _instead(made, made.function, function)
            if isinstance(found, str):
                yield HeldBack(self.name, file.path, call.lineno, function.qualname, found)
            else:
                summary = f"{made.layer} is a function where it is used"
                yield Rewrite(
                    self.name,
                    file.path,
                    call.lineno,
                    function.qualname,
                    summary,
                    Safety.SAFE,
                    tuple(found),
                )


@dataclass(frozen=True)
class _Made:
    """A layer that is made in scripted code."""

    constructor: ast.Call
    whole: ast.expr
    """With what moves it to a device."""
    layer: str
    function: TorchFunction | str
    """What does the same; a reason where nothing does."""


def _made(call: ast.Call, file: FileFacts) -> _Made | None:
    """The layer that a call makes; None where it is another call."""
    if not _last_name(call.func, file)[:1].isupper():  # most calls end here, at little cost
        return None
    dotted = file.dotted(call.func)
    if not dotted.startswith("torch.nn."):
        return None
    function = torch_function(dotted)
    layer = dotted.rpartition(".")[2]
    if function is None:
        if layer not in WITH_WEIGHTS or dotted != f"torch.nn.{layer}":
            return None
        reason = f"nn.{layer} has weights, and new ones at every call"
        return _Made(call, call, layer, reason)
    whole: ast.expr = call
    while (
        isinstance(above := file.parents.get(whole), ast.Attribute)
        and above.attr in MOVED
        and isinstance(moved := file.parents.get(above), ast.Call)
    ):
        whole = moved
    return _Made(call, whole, layer, function)


def _last_name(func: ast.expr, file: FileFacts) -> str:
    """`Softmax` of `nn.Softmax`, and of what was imported from there under whichever name."""
    if isinstance(func, ast.Attribute):
        return func.attr
    name = func.id if isinstance(func, ast.Name) else ""
    return file.imports.get(name, name).rpartition(".")[2]


def _instead(made: _Made, does: TorchFunction, function: FunctionFacts) -> list[Edit] | str:
    """The edits, or why there are none."""
    file = function.file
    arguments = does.arguments(made.constructor, file.segment)
    if arguments is None:
        return f"what nn.{made.layer} is made of is not written out"
    try:
        module = spelled_module(does.module, file, made.constructor.lineno)
    except SpellingError as error:
        return str(error)
    edits: list[Edit] = list(module.imports)
    uses, statement = _uses(made.whole, function)
    if isinstance(uses, str):
        return uses
    if statement is not None:
        edits.append(RemoveStatement(statement))
    for use in uses:
        given = [file.segment(argument) for argument in use.args]
        given += [f"{k.arg}={file.segment(k.value)}" for k in use.keywords]
        if not use.args or any(k.arg is None for k in use.keywords):
            return f"what nn.{made.layer} is given is not written out"
        if _holds_a_layer(use, made, file):
            return "another layer is made in what it is given"  # and goes first
        code = f"{module.code}.{does.name}({', '.join([*given, *arguments])})"
        edits.append(ReplaceExpression(use, code))
    return edits


def _holds_a_layer(use: ast.Call, made: _Made, file: FileFacts) -> bool:
    return any(
        isinstance(node, ast.Call) and node is not made.constructor and _made(node, file)
        for part in (*use.args, *(k.value for k in use.keywords))
        for node in ast.walk(part)
    )


def _uses(
    whole: ast.expr, function: FunctionFacts
) -> tuple[list[ast.Call] | str, ast.Assign | None]:
    """The calls of a layer, and the statement that gives it a name where one does."""
    parent = function.file.parents.get(whole)
    if isinstance(parent, ast.Call) and parent.func is whole:
        return [parent], None
    match parent:
        case ast.Assign(targets=[ast.Name(id=name)]) if parent.value is whole:
            return _uses_by_name(name, parent, function), parent
    return "the layer is kept or passed on", None


def _uses_by_name(
    name: str, statement: ast.Assign, function: FunctionFacts
) -> list[ast.Call] | str:
    """The calls of a layer that has a local name."""
    parents = function.file.parents
    block = block_of(statement, function)
    behind = block[block.index(statement) + 1 :]
    inside = {node for later in behind for node in ast.walk(later)}
    needed = {
        ast.unparse(node)
        for node in ast.walk(statement.value)
        if isinstance(node, ast.Name | ast.Attribute)
    }
    uses: list[ast.Call] = []
    for node in function.nodes:
        stored = isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store)
        if stored and node in inside and ast.unparse(node) in needed:
            return "what it is made of changes before it is used"
        if not isinstance(node, ast.Name) or node.id != name or node is statement.targets[0]:
            continue
        call = parents.get(node)
        if node not in inside or not isinstance(call, ast.Call) or call.func is not node:
            return "the layer is kept or passed on"
        uses.append(call)
    return uses
