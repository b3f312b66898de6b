"""`torch.add(x, 1, y)` becomes `torch.add(x, y, alpha=1)`: a factor is passed by its name.

## What the compiler says

Nothing, and then, when the model runs, "Cannot input a tensor that requires grad as a scalar
argument" or "Cannot input a tensor of dimension other than 0 as a scalar argument": TorchScript
takes the second argument for the other summand. In `addcmul`, `addcdiv` and `addmm` there are more
arguments than it knows: "Arguments for call are not valid".

## What is written instead

    torch.add(x, 1, self.conv(x))                    torch.add(x, self.conv(x), alpha=1)
    x.addcmul_(0.5, a, b)                            x.addcmul_(a, b, value=0.5)
    torch.addmm(1, x, -2, a, b)                      torch.addmm(x, a, b, beta=1, alpha=-2)

PyTorch has done the same with both since 1.5, and warns of the first.

## When it holds back

The factor is no number as it stands (`torch.add(x, y, z)`): the code says so as a hold-back, since
only a person knows which is the factor.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

NAMES = {
    ("add", 3): ("", "alpha", ""),
    ("sub", 3): ("", "alpha", ""),
    ("addcmul", 4): ("", "value", "", ""),
    ("addcdiv", 4): ("", "value", "", ""),
} | {
    (name, count): names
    for name in ("addmm", "addmv", "addr", "addbmm", "baddbmm")
    for count, names in ((4, ("beta", "", "", "")), (5, ("beta", "", "alpha", "", "")))
}
"""Function and number of positional arguments to their names; "" where it stays positional."""
METHODS = {
    (name, len(names) - 1): names[:1] + names[2:] if names[0] == "beta" else names[1:]
    for (name, _), names in NAMES.items()
}
"""The same for the method of a Tensor, without the Tensor itself."""


class FactorByName(Rule):
    name: ClassVar[str] = "factor-by-name"
    summary: ClassVar[str] = "A factor in front of a Tensor is passed by its name."
    messages: ClassVar[tuple[str, ...]] = ("as a scalar argument",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if not any(word in facts.text for word in ("add", "sub(", "sub_(")):
            return
        for function in facts.functions.values():
            for call in function.calls if function.scripted else ():
                names = _names(call, function)
                if names is None:
                    continue
                factors = [a for a, name in zip(call.args, names, strict=True) if name]
                if all(_is_number(factor) for factor in factors):
                    yield _rewrite(call, names, function)
                elif facts.dotted(call.func).startswith("torch."):
                    reason = f"whether {ast.unparse(factors[0])} is a factor does not show"
                    path, line, where = facts.path, call.lineno, function.qualname
                    yield HeldBack(self.name, path, line, where, reason)


def _names(call: ast.Call, function: FunctionFacts) -> tuple[str, ...] | None:
    """The names of the positional arguments of a call in the old order."""
    if not isinstance(call.func, ast.Attribute) or call.keywords:
        return None
    count = len(call.args)
    if function.file.dotted(call.func.value) == "torch":
        names = NAMES.get((call.func.attr, count))
    else:
        names = METHODS.get((call.func.attr.removesuffix("_"), count))
        may_be_a_set = names is not None and call.func.attr in {"add", "sub"}
        if may_be_a_set and type_of(call.func.value, function) != "Tensor":
            names = None
    if names is None or any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    return names


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}


def _rewrite(call: ast.Call, names: tuple[str, ...], function: FunctionFacts) -> Rewrite:
    file = function.file
    texts = [file.segment(argument) for argument in call.args]
    positional = [text for text, name in zip(texts, names, strict=True) if not name]
    named = [f"{name}={text}" for text, name in zip(texts, names, strict=True) if name]
    code = f"{file.segment(call.func)}({', '.join(positional + named)})"
    summary = f"{', '.join(named)} by name"
    path, where = file.path, function.qualname
    edit = ReplaceExpression(call, code)
    return Rewrite(FactorByName.name, path, call.lineno, where, summary, Safety.SAFE, (edit,))
