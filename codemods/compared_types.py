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
from collections.abc import Sequence

from torchscript_fix.facts.annotations import OLD_TENSORS
from torchscript_fix.facts.seen import types_seen
from torchscript_fix.kit import Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.code import is_path
from torchscript_fix.kit.legacy import old_tensor
from torchscript_fix.kit.spelling import Spelled, spelled_module

PARTS = ("dtype", "device.type", "layout")


class ComparedTypes(NodeRule[ast.expr]):
    name = "compared-types"
    summary = "x.type() == y.type() becomes a comparison of dtypes, devices and layouts."
    messages = (
        "Boolean value of Tensor with more than one value is ambiguous",
        "Unknown type name 'torch.cuda.",
        "but instead found type 'str'",
    )
    safety = Safety.SAFE
    scope = Scope.SCRIPTED
    mentions = (".type()", *(dotted.removeprefix("torch.") for dotted in OLD_TENSORS))
    kinds = ast.Compare | ast.Call

    def fix(self, site: Site[ast.expr]) -> Fix | None:
        written = _by_parts(site)
        if written is None:
            return None
        bare = isinstance(site.parent, ast.If | ast.While)
        code = written.code if bare else f"({written.code})"
        return site.becomes(Spelled(code, written.imports), written.code)


def _by_parts(site: Site[ast.expr]) -> Spelled | None:
    """A comparison of types by what they are made of; None for other comparisons."""
    file = site.file
    match site.node:
        case ast.Compare(left, [ast.Eq() | ast.NotEq() as sign], [ast.Constant(value=str(name))]):
            value = _asked(left)
            if value is not None and old_tensor(name):
                is_one = _is_one_of(value, [name], site)
                denied = isinstance(sign, ast.NotEq)
                return Spelled(f"not ({is_one.code})", is_one.imports) if denied else is_one
        case ast.Compare(left, [ast.Eq() | ast.NotEq() as sign], [right]):
            one, other = _asked(left), _asked(right)
            if one is not None and other is not None:
                _require_paths(one, other)
                how, word = ("==", " and ") if isinstance(sign, ast.Eq) else ("!=", " or ")
                sides = file.segment(one), file.segment(other)
                return Spelled(word.join(f" {how} ".join(f"{s}.{p}" for s in sides) for p in PARTS))
        case ast.Call(func=ast.Name(id="isinstance"), args=[value, kinds]):
            asked = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
            names = [file.dotted(kind) for kind in asked]
            if all(map(old_tensor, names)) and types_seen(value, site.function) == {"Tensor"}:
                return _is_one_of(value, names, site)
    return None


def _require_paths(*values: ast.expr) -> None:
    require(all(map(is_path, values)), "what is compared would be computed several times")


def _is_one_of(value: ast.expr, names: Sequence[str], site: Site[ast.expr]) -> Spelled:
    """Whether a Tensor is of one of these types. Raises Declined."""
    _require_paths(value)
    torch, tensor = spelled_module("torch", site.file, site.line), site.file.segment(value)
    devices: dict[str, list[str]] = {}
    for dtype, device in filter(None, map(old_tensor, names)):
        devices.setdefault(device, []).append(f"{tensor}.dtype == {torch.code}.{dtype}")
    tests = []
    for device, dtypes in devices.items():
        test = f"({' or '.join(dtypes)})" if len(dtypes) > 1 else dtypes[0]
        layout = f"{tensor}.layout == {torch.code}.strided"
        tests.append(f'{test} and {tensor}.device.type == "{device}" and {layout}')
    code = " or ".join(f"({test})" if len(tests) > 1 else test for test in tests)
    return Spelled(code, torch.imports)


def _asked(side: ast.expr) -> ast.expr | None:
    """`x` of `x.type()`, and of `x.data.type()`."""
    match side:
        case ast.Call(ast.Attribute(ast.Attribute(value, "data"), "type"), [], []) | ast.Call(
            ast.Attribute(value, "type"), [], []
        ):
            return value
    return None
