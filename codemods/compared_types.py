"""Tensors whose types are compared by name are compared by what the name is made of.

## What the compiler says

Nothing at first: it takes `x.type()` for a conversion that does nothing, and `x.type() == y.type()`
compares the Tensors. That fails when it runs: "Boolean value of Tensor with more than one value is
ambiguous", or for the shapes; with Tensors of one element it goes wrong without a word.

## What is written instead

    if window.dtype == x.dtype and window.device.type == x.device.type:

In Python, `type()` without an argument is a text, `torch.cuda.FloatTensor`: the device's type, the
dtype and, for sparse Tensors, the layout, which is compared as well.

## When it holds back

What is compared is more than a name or an attribute, and would be computed several times.
"""

import ast
from collections.abc import Iterator

from torchscript_fix.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

PARTS = ("dtype", "device.type", "layout")


class ComparedTypes(Rule):
    """Spells out comparisons of `x.type()`."""

    name = "compared-types"
    summary = "x.type() == y.type() becomes a comparison of dtypes, devices and layouts."
    messages = ("Boolean value of Tensor with more than one value is ambiguous",)
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a comparison, or why it stays."""
        if ".type()" not in facts.text:
            return
        for function in facts.functions.values():
            if function.scripted:
                for node in function.nodes:
                    if isinstance(node, ast.Compare):
                        yield from _found(function, node)


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
