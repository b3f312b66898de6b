"""`Variable(x)` becomes `x.detach()`, or `x` where that is a new Tensor.

## What the compiler says

    Class Variable does not have an __init__ function defined: Variable(x)

Since PyTorch 0.4 every Tensor is what a Variable was; the class is still there for old code, and
TorchScript does not know it.

## What is written instead

    h = Variable(torch.zeros(2, 8))          h = torch.zeros(2, 8)
    target = Variable(scores.data)      →    target = scores.data
    x = Variable(x, requires_grad=True)      x = x.detach().requires_grad_(True)

`Variable(x)` gives a Tensor that shares its values with x and has no history, and that is what
`x.detach()` is; it can be left out only where the Tensor has just been made. `volatile=` has had no
effect for as long, and goes. Where `Variable` is named as a type (`isinstance(x, Variable)`, an
annotation), `Tensor` stands instead.

## When it holds back

Only what scripting reaches is rewritten. A Variable without a value, or with arguments that are not
written out, stays.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

NAMES = frozenset({"torch.autograd.Variable", "torch.autograd.variable.Variable"})
MADE = words("""
    zeros ones empty full rand randn randint randperm arange linspace eye tensor from_numpy
    zeros_like ones_like empty_like full_like rand_like randn_like randint_like
    """)
"""Functions of torch that give a new Tensor without a history, whatever they are given."""
MADE_BY = words("new_zeros new_ones new_empty new_full new_tensor detach")
PASSED_ON = words("""
    cuda cpu to float double half long int bool type type_as fill_ zero_ uniform_ normal_ bernoulli_
    view reshape unsqueeze squeeze transpose t expand repeat contiguous clone
    """)
"""Methods that give no history to a Tensor that has none, given no Tensor that has one."""


class Variable(Rule):
    """Tensors instead of Variables."""

    name: ClassVar[str] = "variable"
    summary: ClassVar[str] = "Variable(x) becomes x.detach(), or x where it has just been made."
    messages: ClassVar[tuple[str, ...]] = (
        "Class Variable does not have an __init__ function defined",
        "torch.autograd.variable.Variable",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if "Variable" not in facts.text:
            return
        for function in facts.functions.values():
            if function.scripted:
                yield from self._in_function(function)

    def _in_function(self, function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
        file, edits, line = function.file, list[Edit](), 0
        types = _types_in(function)
        covered: set[ast.AST] = set()
        for node in function.nodes:  # outer ones come first
            if node in covered or not isinstance(node, ast.Call | ast.Name | ast.Attribute):
                continue
            named = node.func if isinstance(node, ast.Call) else node
            if file.dotted(named) not in NAMES:
                continue
            covered.update(ast.walk(node))
            try:
                new = _instead(node, types, file)
            except _Stays as stays:
                yield HeldBack(self.name, file.path, node.lineno, function.qualname, stays.reason)
                continue
            edits += new
            line = line or node.lineno
        if edits:
            summary = "a Tensor is no longer wrapped into a Variable"
            yield Rewrite(
                self.name, file.path, line, function.qualname, summary, Safety.SAFE, tuple(edits)
            )


class _Stays(Exception):
    """Why a Variable stays."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _types_in(function: FunctionFacts) -> set[ast.AST]:
    """What is written where a type is meant: annotations, and what isinstance tests for."""
    found: set[ast.AST] = set()
    for node in function.nodes:
        match node:
            case ast.arg(annotation=ast.expr() as kind) | ast.FunctionDef(
                returns=ast.expr() as kind
            ):
                found.update(ast.walk(kind))
            case ast.AnnAssign(annotation=kind):
                found.update(ast.walk(kind))
            case ast.Call(func=ast.Name(id="isinstance"), args=[_, kind]):
                found.update(ast.walk(kind))
    return found


def _instead(node: ast.expr, types: set[ast.AST], file: FileFacts) -> list[Edit]:
    """What stands for one use of Variable. Raises _Stays."""
    if isinstance(node, ast.Call):
        code = _as_tensor(node, file)
        if code is None:
            raise _Stays("the Variable is given arguments that are not written out")
        return [ReplaceExpression(node, code)]
    if node not in types:
        raise _Stays("Variable itself is handed on")
    try:
        tensor = spelled("Tensor", file, node.lineno)
    except SpellingError as error:
        raise _Stays(str(error)) from None
    return [*tensor.imports, ReplaceExpression(node, tensor.code)]


def _as_tensor(call: ast.Call, file: FileFacts) -> str | None:
    """What `Variable(…)` is without Variable; None where it cannot be told."""
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    values = [*call.args, *([named.pop("data")] if "data" in named else [])]
    needs = named.pop("requires_grad", None)
    volatile = named.pop("volatile", None)
    if len(values) == 2 and needs is None:
        needs = values.pop()
    if len(values) != 1 or named or isinstance(values[0], ast.Starred):
        return None
    if volatile is not None and not isinstance(volatile, ast.Constant | ast.Name):
        return None
    (value,) = values
    code = file.segment(value)
    if isinstance(value, ast.Constant) or ("\n" in code and not isinstance(value, ast.Call)):
        return None
    if not isinstance(value, ast.Name | ast.Attribute | ast.Call | ast.Subscript):
        code = f"({code})"
    if not _has_no_history(value, file):
        code += ".detach()"
    if needs is None or (isinstance(needs, ast.Constant) and not needs.value):
        return code
    return f"{code}.requires_grad_({file.segment(needs)})"


def _has_no_history(value: ast.expr, file: FileFacts) -> bool:
    """Whether a value is a Tensor that was made here, or split off from its history."""
    match value:
        case ast.Attribute(attr="data"):
            return True
        case ast.Call(func=ast.Attribute(value=base, attr=name) as func):
            plain = all(keyword.arg not in {None, "requires_grad"} for keyword in value.keywords)
            if file.dotted(func).startswith("torch."):
                return plain and _is_made(file.dotted(func).removeprefix("torch."), value)
            if name in MADE_BY or (name == "new" and _sizes(value)):
                return plain
            return name in PASSED_ON and plain and _has_no_history(base, file)
    return False


def _is_made(name: str, call: ast.Call) -> bool:
    """Whether a function of torch gives a new Tensor; `torch.Tensor(x)` shares that of x."""
    if name.endswith("Tensor"):
        return all(isinstance(arg, ast.List | ast.ListComp | ast.Constant) for arg in call.args)
    return name in MADE


def _sizes(call: ast.Call) -> bool:
    """Whether `x.new(…)` is surely given sizes: `x.new(tensor)` shares its history."""
    for argument in call.args:
        match argument:
            case ast.Constant():
                pass
            case ast.Call(func=ast.Attribute(attr="size"), args=[_, *_]):
                pass
            case _:
                return False
    return True
