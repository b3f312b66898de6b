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

from torchscript_fix.editing.edit import Edit, RemoveStatement, ReplaceExpression
from torchscript_fix.facts.flow import behind
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.torch_functions import torch_function
from torchscript_fix.kit import Declined, Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.code import arguments_of
from torchscript_fix.kit.spelling import spelled_member

MOVED = frozenset({"cuda", "cpu", "to"})
WITH_WEIGHTS = words("""
    Linear Bilinear Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d LayerNorm
    GroupNorm BatchNorm1d BatchNorm2d BatchNorm3d Embedding LSTM GRU RNN PReLU
    """)
KEPT = "the layer is kept or passed on"


class LayerInForward(NodeRule[ast.Call]):
    name = "layer-in-forward"
    summary = "nn.Softmax(dim=1)(x) becomes F.softmax(x, dim=1)."
    messages = ("Cannot instantiate class",)
    safety = Safety.SAFE
    scope = Scope.SCRIPTED
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        file, layer = site.file, _layer(site.node, site.file)
        if layer is None:
            return None
        does = torch_function(f"torch.nn.{layer}")
        if does is None:
            raise Declined(f"nn.{layer} has weights, and new ones at every call")
        arguments = does.arguments(site.node, file.segment)
        if arguments is None:
            raise Declined(f"what nn.{layer} is made of is not written out")
        function = spelled_member(f"{does.module}.{does.name}", file, site.line)
        uses, edits = _uses(_moved(site.node, file), site.function)
        for use in uses:
            is_written_out = use.args and all(each.arg for each in use.keywords)
            require(is_written_out, f"what nn.{layer} is given is not written out")
            inside = (node for part in (*use.args, *use.keywords) for node in ast.walk(part))
            inner = any(_layer(node, file) for node in inside if node is not site.node)
            require(not inner, "another layer is made in what it is given")  # and goes first
            given = ", ".join([*arguments_of(use, file), *arguments])
            edits.append(ReplaceExpression(use, f"{function.code}({given})"))
        summary = f"{layer} is a function where it is used"
        return Fix(summary, [*function.imports, *edits])


def _layer(node: ast.AST, file: FileFacts) -> str | None:
    """`Softmax`, where a node makes one of torch's layers that are known here."""
    if not isinstance(node, ast.Call):
        return None
    space, _, layer = (dotted := file.dotted(node.func)).rpartition(".")
    known = layer in WITH_WEIGHTS or torch_function(dotted) is not None
    return layer if space == "torch.nn" and known else None


def _moved(layer: ast.expr, file: FileFacts) -> ast.expr:
    """A layer with what moves it to a device."""
    match file.parents[layer]:
        case ast.Attribute(attr=name) as method if name in MOVED:
            call = file.parents[method]
            return _moved(call, file) if isinstance(call, ast.Call) else layer
    return layer


def _uses(layer: ast.expr, function: FunctionFacts) -> tuple[list[ast.Call], list[Edit]]:
    """The calls of a layer; the statement that gives it a name goes. Raises Declined."""
    match function.file.parents[layer]:
        case ast.Call(func=func) as call if func is layer:
            return [call], []
        case ast.Assign(targets=[ast.Name() as name]) as statement:
            return _uses_by_name(name, statement, function), [RemoveStatement(statement)]
    raise Declined(KEPT)


def _uses_by_name(name: ast.Name, statement: ast.Assign, function: FunctionFacts) -> list[ast.Call]:
    """The calls of a layer that has a local name."""
    inside = {node for later in behind(statement, function) for node in ast.walk(later)}
    parts = ast.walk(statement.value)
    needed = {ast.unparse(part) for part in parts if isinstance(part, ast.Name | ast.Attribute)}
    uses: list[ast.Call] = []
    for node in function.nodes:
        match node:
            case ast.Name(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()) if (
                node in inside and ast.unparse(node) in needed
            ):
                raise Declined("what it is made of changes before it is used")
            case ast.Name(id=name.id) if node is not name:
                require(node in inside, KEPT)
                uses.append(Site(node, function).called(KEPT))
    return uses
