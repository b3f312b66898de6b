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

from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.shapes import measured
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Declined, Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.spelling import Spelled, spelled_call

EXACT = frozenset({"sqrt", "ceil", "floor", "abs", "absolute", "prod"})
INEXACT = words("log log2 log10 exp sin cos tan tanh power arctan")
NUMBERS = frozenset({"int", "float", "bool"})


class NumpyOfNumbers(NodeRule[ast.Call]):
    name = "numpy-of-numbers"
    summary = "np.sqrt of a number becomes math.sqrt."
    messages = ("cannot create weak reference to 'numpy.",)
    safety = Safety.NARROWING
    scope = Scope.SCRIPTED
    mentions = ("numpy",)
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        match site.node:
            case ast.Call(func=func, args=[value], keywords=[]):
                space, _, name = site.file.dotted(func).rpartition(".")
                if space == "numpy" and name in EXACT | INEXACT:
                    instead = _instead(site, name, value)
                    is_safe = name != "sqrt" or _cannot_be_negative(value)
                    summary = f"np.{name} by what Python itself has"
                    return site.becomes(instead, summary, Safety.SAFE if is_safe else None)
        return None


def _instead(site: Site[ast.Call], name: str, value: ast.expr) -> Spelled:
    """What stands for one call. Raises Declined."""
    code = site.file.segment(value)
    require(name not in INEXACT, f"np.{name} and math.{name} may differ in the last digit")
    on_it = isinstance(site.parent, ast.Attribute)
    require(not on_it, "a method of numpy's own numbers is called on it")
    if name == "prod":
        tensor = measured(value)
        if tensor is None:
            raise Declined(
                "Python has no function for the product of a list that TorchScript knows"
            )
        return Spelled(f"{site.file.segment(tensor)}.numel()")
    require(_is_number(value, site.function), f"nothing shows that {code} is a number")
    if name in {"abs", "absolute"}:
        return Spelled(f"abs({code})")
    of_python = spelled_call(f"math.{name}", [code], site.file, site.line)
    match site.parent:
        case ast.Call(func=ast.Name(id="int")):
            return of_python
    return of_python if name == "sqrt" else Spelled(f"float({of_python.code})", of_python.imports)


def _is_size(node: ast.expr) -> bool:
    """One size of a Tensor, or a length."""
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=int())):
            return measured(value) is not None
        case ast.Call(func=ast.Attribute(attr="size") | ast.Name(id="len"), args=[_]):
            return True
    return False


def _is_number(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether an expression is a plain number for certain."""
    match node:
        case ast.BinOp(left=left, right=right):
            return _is_number(left, function) and _is_number(right, function)
        case ast.UnaryOp(operand=operand):
            return _is_number(operand, function)
        case ast.Attribute(attr="pi" | "e"):
            return function.file.dotted(node) in {"math.pi", "math.e", "numpy.pi", "numpy.e"}
        case ast.Call(func=func, args=[value]):
            space, _, name = function.file.dotted(func).rpartition(".")
            if space == "numpy" and name in EXACT and _is_number(value, function):
                return True
    types = types_seen(node, function) or {"?"}
    return _is_size(node) or type_of(node, function) in NUMBERS or types <= NUMBERS


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
