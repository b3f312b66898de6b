"""The sizes of Tensors in code: what is one (`x.size()[2:]`), and which places take one.

TorchScript knows a size as List[int]; in Python it is a `torch.Size`, which is a tuple.
"""

import ast

from torchscript_fix.facts.bindings import names
from torchscript_fix.facts.signatures import words
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of

APART = words("""
    view reshape permute expand repeat tile new_zeros new_ones new_empty
    """)
"""Methods of a Tensor that take sizes one by one or as one list."""

MADE_APART = words("zeros ones empty rand randn")
"""Functions of torch that do."""

AS_ONE = words("""
    broadcast_to new_full full randint zeros ones empty rand randn reshape permute tile
    interpolate upsample adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d layer_norm pad normal roll flip
    """)
"""Methods, and functions of torch, that take a list of ints for a tuple of them."""


def is_size(expression: ast.expr, function: FunctionFacts, depth: int = 4) -> bool:
    """Whether an expression is surely a Tensor's size or a part of it, a `torch.Size`."""
    match expression:
        case ast.Subscript(value=base, slice=ast.Slice()):
            return is_size(base, function, depth)
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Tuple()):
            return is_size(left, function, depth)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return is_size(left, function, depth) and is_size(right, function, depth)
        case ast.Name(id=name) if depth and all(p.arg != name for p in function.parameters):
            values = function.assignments.get(name, [])
            return bool(values) and all(
                value is not None and is_size(value, function, depth - 1) for value in values
            )
    tensor = measured(expression)
    return tensor is not None and may_be_tensor(tensor, function)


def measured(expression: ast.expr) -> ast.expr | None:
    """`x` of `x.size()` and `x.shape`."""
    match expression:
        case ast.Call(func=ast.Attribute(value=tensor, attr="size"), args=[], keywords=[]):
            return tensor
        case ast.Attribute(value=tensor, attr="shape"):
            return tensor
    return None


def is_fresh_list(expression: ast.expr) -> bool:
    """Whether it makes a list of its own: `[1] * n`, `list(...)`, `[... for ...]`."""
    match expression:
        case ast.List() | ast.ListComp():
            return True
        case ast.BinOp(left=left, op=ast.Mult() | ast.Add(), right=right):
            return is_fresh_list(left) or is_fresh_list(right)
        case ast.Call(func=ast.Name(id="list")):
            return True
        case ast.Subscript(value=base, slice=ast.Slice()):
            return is_fresh_list(base)
    return False


def takes_sizes_apart(call: ast.Call, function: FunctionFacts) -> bool:
    """Whether all of a call's positional arguments are sizes, for which one list may stand."""
    dotted = function.file.dotted(call.func)
    if dotted.startswith("torch."):
        return dotted.removeprefix("torch.") in MADE_APART
    return isinstance(call.func, ast.Attribute) and (
        call.func.attr in APART and may_be_tensor(call.func.value, function)
    )


def takes_one_list(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether an expression stands where a list of ints may stand for a tuple of them."""
    parent = function.file.parents[node]
    call = function.file.parents[parent] if isinstance(parent, ast.keyword) else parent
    if not isinstance(call, ast.Call) or call.func is node:
        return False
    if takes_sizes_apart(call, function) and call.args == [node]:
        return True
    dotted = function.file.dotted(call.func)
    name = dotted.rpartition(".")[2] if dotted else getattr(call.func, "attr", "")
    if name not in AS_ONE:
        return False
    return is_of_torch(call.func, function)


def is_of_torch(called: ast.expr, function: FunctionFacts) -> bool:
    """Whether what is called is a function of torch, or may be a method of a Tensor."""
    if function.file.dotted(called).startswith("torch."):
        return True
    return isinstance(called, ast.Attribute) and may_be_tensor(called.value, function)


def is_only_a_size(name: str, function: FunctionFacts) -> bool:
    """Whether a local name is used for nothing but what a list serves as well as a tuple does:
    given to what takes sizes, taken apart, indexed, measured by `len`."""
    return all(
        isinstance(place.ctx, ast.Store) or _serves_as_list(place, function)
        for place in names(function).get(name, ())
    )


def _serves_as_list(place: ast.Name, function: FunctionFacts) -> bool:
    match function.file.parents[place]:
        case ast.Starred() | ast.For():
            return True
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
            return value is place and not isinstance(index, ast.Slice)
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.Assign(targets=[ast.Tuple()]):
            return True
    return takes_one_list(place, function)


def may_be_tensor(base: ast.expr, function: FunctionFacts) -> bool:
    """Whether nothing speaks against a Tensor."""
    if isinstance(base, ast.Name) and base.id in {"self", "cls"}:
        return False
    if function.file.dotted(base).partition(".")[0] in function.file.imports:
        return False
    return type_of(base, function) in {None, "Tensor"}
