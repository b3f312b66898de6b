"""Tensors whose types are compared by name are compared by what the name is made of.

## What the compiler says

Nothing at first: it takes `x.type()` for a conversion that does nothing, and `x.type() == y.type()`
compares the Tensors. That fails when it runs: "Boolean value of Tensor with more than one value is
ambiguous", or for the shapes; with Tensors of one element it goes wrong without a word.

## What is written instead

    if window.dtype == x.dtype and window.device.type == x.device.type:

A type that is written out is written in the same parts:

    isinstance(x, torch.LongTensor)     →    (x.dtype == torch.int64
    x.type() == "torch.LongTensor"            and x.device.type == "cpu"
                                              and x.layout == torch.strided)

To the compiler, `torch.LongTensor` is any Tensor.

In Python, `type()` without an argument is a text, `torch.cuda.FloatTensor`: the device's type, the
dtype and, for sparse Tensors, the layout, which is compared as well.

## When it holds back

What is compared is more than a name or an attribute, and would be computed several times. An
`isinstance` is left alone where nothing shows that the value is a Tensor.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.editing.edit import Edit, ReplaceExpression
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.spelling import Spelled, SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

PARTS = ("dtype", "device.type", "layout")
DTYPES = {
    "HalfTensor": "float16",
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
}
DEVICES = {"torch": "cpu", "torch.cuda": "cuda"}


class ComparedTypes(Rule):
    """Spells out comparisons of `x.type()`."""

    name = "compared-types"
    summary = "x.type() == y.type() becomes a comparison of dtypes, devices and layouts."
    messages = (
        "Boolean value of Tensor with more than one value is ambiguous",
        "Unknown type name 'torch.cuda.",
        "but instead found type 'str'",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a comparison, or why it stays."""
        if ".type()" not in facts.text and not any(name in facts.text for name in DTYPES):
            return
        for function in facts.functions.values():
            if function.scripted:
                for node in function.nodes:
                    match node:
                        case ast.Compare(left=left, comparators=[right]) if _written(right):
                            yield from _asked_for_one(function, node, left, _written(right))
                        case ast.Compare():
                            yield from _found(function, node)
                        case ast.Call(func=ast.Name(id="isinstance"), args=[value, kinds]):
                            yield from _instance(function, node, value, kinds)


def _written(side: ast.expr) -> str:
    """`torch.LongTensor`, written out as a text; "" for other expressions."""
    match side:
        case ast.Constant(value=str(text)) if _parts_of(text):
            return text
    return ""


def _parts_of(name: str) -> tuple[str, str] | None:
    """Dtype and device of `torch.cuda.LongTensor`."""
    space, _, last = name.rpartition(".")
    return (DTYPES[last], DEVICES[space]) if last in DTYPES and space in DEVICES else None


def _asked_for_one(
    function: FunctionFacts, compare: ast.Compare, left: ast.expr, name: str
) -> Iterator[Rewrite | HeldBack]:
    """`x.type() == "torch.LongTensor"`."""
    value = _asked(left)
    if value is not None and isinstance(compare.ops[0], ast.Eq | ast.NotEq):
        denied = isinstance(compare.ops[0], ast.NotEq)
        yield from _spelled_out(function, compare, value, [name], denied)


def _instance(
    function: FunctionFacts, call: ast.Call, value: ast.expr, kinds: ast.expr
) -> Iterator[Rewrite | HeldBack]:
    """`isinstance(x, torch.LongTensor)`, or one of several such types."""
    asked = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
    names = [function.file.dotted(kind) for kind in asked]
    if all(map(_parts_of, names)) and types_seen(value, function) == {"Tensor"}:
        yield from _spelled_out(function, call, value, names, denied=False)


def _spelled_out(
    function: FunctionFacts,
    node: ast.expr,
    value: ast.expr,
    names: list[str],
    denied: bool,
) -> Iterator[Rewrite | HeldBack]:
    """Whether a Tensor is of one of these types, by what they are made of."""
    rule, file = ComparedTypes.name, function.file
    if not _is_plain(value):
        reason = "what is compared would be computed several times"
        yield HeldBack(rule, file.path, node.lineno, function.qualname, reason)
        return
    try:
        torch = spelled_module("torch", file, node.lineno)
    except SpellingError as error:
        yield HeldBack(rule, file.path, node.lineno, function.qualname, str(error))
        return
    code = _by_parts(file.segment(value), names, torch)
    code = f"not ({code})" if denied else code
    bare = isinstance(file.parents[node], ast.If | ast.While)
    edit = ReplaceExpression(node, code if bare else f"({code})")
    edits: tuple[Edit, ...] = (*torch.imports, edit)
    yield Rewrite(rule, file.path, node.lineno, function.qualname, code, Safety.SAFE, edits)


def _by_parts(value: str, names: list[str], torch: Spelled) -> str:
    devices: dict[str, list[str]] = {}
    for dtype, device in filter(None, map(_parts_of, names)):
        devices.setdefault(device, []).append(f"{torch.code}.{dtype}")
    tests = []
    for device, dtypes in devices.items():
        test = f"{value}.dtype == {dtypes[0]}"
        if len(dtypes) > 1:
            test = f"({' or '.join(f'{value}.dtype == {dtype}' for dtype in dtypes)})"
        layout = f"{value}.layout == {torch.code}.strided"
        tests.append(f'{test} and {value}.device.type == "{device}" and {layout}')
    return " or ".join(f"({test})" if len(tests) > 1 else test for test in tests)


def _found(function: FunctionFacts, compare: ast.Compare) -> Iterator[Rewrite | HeldBack]:
    sides = [_asked(side) for side in (compare.left, *compare.comparators)]
    left, right = sides[0], sides[-1]
    if len(sides) != 2 or left is None or right is None:
        return
    how = compare.ops[0]
    if not isinstance(how, ast.Eq | ast.NotEq):
        return
    file = function.file
    if not (_is_plain(left) and _is_plain(right)):
        reason = "what is compared would be computed several times"
        yield HeldBack(ComparedTypes.name, file.path, compare.lineno, function.qualname, reason)
        return
    one, other = file.segment(left), file.segment(right)
    sign, word = ("==", " and ") if isinstance(how, ast.Eq) else ("!=", " or ")
    code = word.join(f"{one}.{part} {sign} {other}.{part}" for part in PARTS)
    bare = isinstance(file.parents[compare], ast.If | ast.While)
    yield Rewrite(
        rule=ComparedTypes.name,
        path=file.path,
        line=compare.lineno,
        function=function.qualname,
        summary=code,
        safety=Safety.SAFE,
        edits=(ReplaceExpression(compare, code if bare else f"({code})"),),
    )


def _asked(side: ast.expr) -> ast.expr | None:
    """`x` of `x.type()`, and of `x.data.type()`."""
    match side:
        case ast.Call(func=ast.Attribute(value=value, attr="type"), args=[], keywords=[]):
            is_data = isinstance(value, ast.Attribute) and value.attr == "data"
            return value.value if is_data and isinstance(value, ast.Attribute) else value
    return None


def _is_plain(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
