"""A function of numpy that is given plain numbers becomes the one of Python that gives the same.

## What the compiler says

    cannot create weak reference to 'numpy.ufunc' object
    cannot create weak reference to 'numpy._ArrayFunctionDispatcher' object

## What is written instead

    scores = x / np.sqrt(self.d_k)                scores = x / math.sqrt(self.d_k)
    chunks = x.chunk(int(np.ceil(n / 4)), 0) →    chunks = x.chunk(int(math.ceil(n / 4)), 0)
    loss = loss / float(np.prod(x.size()))        loss = loss / float(x.numel())

`sqrt`, `ceil`, `floor` and `abs` are exact in both, so the numbers are the same bit for bit. Of a
negative number `math.sqrt` raises a ValueError where numpy gives nan, so the rewrite is `safe` only
where the number cannot be negative.

## When it holds back

Where nothing shows that the argument is a number: of a Tensor, numpy makes an array. `np.log`,
`np.exp` and the trigonometric functions may differ from Python's in the last digit, and stay.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

EXACT = frozenset({"sqrt", "ceil", "floor", "abs", "absolute", "prod"})
INEXACT = words("log log2 log10 exp sin cos tan tanh power arctan")
KNOWN = EXACT | INEXACT
NUMBERS = frozenset({"int", "float", "bool"})


class NumpyOfNumbers(Rule):
    """Python's own functions for numpy's, where they are given numbers."""

    name: ClassVar[str] = "numpy-of-numbers"
    summary: ClassVar[str] = "np.sqrt of a number becomes math.sqrt."
    messages: ClassVar[tuple[str, ...]] = ("cannot create weak reference to 'numpy.",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if "numpy" not in facts.text:
            return
        for function in facts.functions.values():
            if not function.scripted:
                continue
            for call in function.calls:
                if len(call.args) != 1 or call.keywords or isinstance(call.func, ast.Call):
                    continue
                if isinstance(call.func, ast.Attribute) and call.func.attr not in KNOWN:
                    continue
                space, _, name = facts.dotted(call.func).rpartition(".")
                if space == "numpy" and name in KNOWN:
                    yield from self._found(function, call, name)

    def _found(
        self, function: FunctionFacts, call: ast.Call, name: str
    ) -> Iterator[Rewrite | HeldBack]:
        path, line = function.file.path, call.lineno
        if name in INEXACT:
            reason = f"np.{name} and math.{name} may differ in the last digit"
            yield HeldBack(self.name, path, line, function.qualname, reason)
            return
        new = _instead(function, call, name)
        if isinstance(new, str):
            yield HeldBack(self.name, path, line, function.qualname, new)
            return
        summary = f"np.{name} by what Python itself has"
        yield Rewrite(self.name, path, line, function.qualname, summary, new.safety, new.edits)


@dataclass(frozen=True)
class _New:
    edits: tuple[Edit, ...]
    safety: Safety


def _instead(function: FunctionFacts, call: ast.Call, name: str) -> _New | str:
    """What stands for one call, or why it stays."""
    (value,) = call.args
    file, code = function.file, function.file.segment(value)
    if isinstance(file.parents.get(call), ast.Attribute):
        return "a method of numpy's own numbers is called on it"
    if name == "prod":
        tensor = _of_all_sizes(value)
        if tensor is None:
            return "Python has no function for the product of a list that TorchScript knows"
        new = ReplaceExpression(call, f"{file.segment(tensor)}.numel()")
        return _New((new,), Safety.SAFE)
    if not _is_number(value, function):
        return f"nothing shows that {code} is a number"
    if name in {"abs", "absolute"}:
        return _New((ReplaceExpression(call, f"abs({code})"),), Safety.SAFE)
    try:
        math = spelled_module("math", file, call.lineno)
    except SpellingError as error:
        return str(error)
    replaced = f"{math.code}.{name}({code})"
    if name != "sqrt" and not _is_made_an_int(call, file):
        replaced = f"float({replaced})"
    safe = name != "sqrt" or _cannot_be_negative(value)
    safety = Safety.SAFE if safe else Safety.NARROWING
    return _New((*math.imports, ReplaceExpression(call, replaced)), safety)


def _of_all_sizes(node: ast.expr) -> ast.expr | None:
    """`x` of `x.size()` and `x.shape`."""
    match node:
        case ast.Call(func=ast.Attribute(value=tensor, attr="size"), args=[], keywords=[]):
            return tensor
        case ast.Attribute(value=tensor, attr="shape"):
            return tensor
    return None


def _is_size(node: ast.expr) -> bool:
    """One size of a Tensor, or a length."""
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=int())):
            return _of_all_sizes(value) is not None
        case ast.Call(func=ast.Attribute(attr="size"), args=[_]):
            return True
        case ast.Call(func=ast.Name(id="len"), args=[_]):
            return True
    return False


def _is_number(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether an expression is a plain number for certain."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, int | float)
        case ast.BinOp(left=left, right=right):
            return _is_number(left, function) and _is_number(right, function)
        case ast.UnaryOp(operand=operand):
            return _is_number(operand, function)
        case ast.Attribute(attr="pi" | "e"):
            return function.file.dotted(node) in {"math.pi", "math.e", "numpy.pi", "numpy.e"}
    if _is_size(node) or type_of(node, function) in NUMBERS:
        return True
    if isinstance(node, ast.Call):
        space, _, name = function.file.dotted(node.func).rpartition(".")
        numpy = space == "numpy" and name in EXACT and len(node.args) == 1
        return numpy and _is_number(node.args[0], function)
    return _was_always_a_number(node, function)


def _was_always_a_number(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether every case showed a number where the expression is an attribute or a parameter."""
    observed, path = function.file.project.observed, function.file.path
    name = self_attribute(node)
    types: frozenset[str] = frozenset()
    if name is not None and function.owner is not None:
        attribute = observed.attribute(path, function.owner.qualname, name)
        types = attribute.types if attribute is not None and not attribute.modules else types
    elif isinstance(node, ast.Name) and len(function.assignments.get(node.id, ())) == 0:
        types = observed.argument_types(path, function.qualname, node.id)
    return bool(types) and types <= NUMBERS


def _is_made_an_int(call: ast.Call, file: FileFacts) -> bool:
    parent = file.parents.get(call)
    return (
        isinstance(parent, ast.Call)
        and isinstance(parent.func, ast.Name)
        and parent.func.id == "int"
    )


def _cannot_be_negative(node: ast.expr) -> bool:
    """Whether a number is at least 0: a literal, a size, and products and sums of such."""
    match node:
        case ast.Constant(value=int() | float() as value):
            return value >= 0
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult() | ast.Div(), right=right):
            return _cannot_be_negative(left) and _cannot_be_negative(right)
        case ast.Attribute(attr="pi" | "e"):
            return True
    return _is_size(node)
