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

from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Fix, NodeRule, Safety, Scope, Site, require
from torchscript_fix.kit.code import arguments_of, is_written_out

PRODUCTS = ("addmm", "addmv", "addr", "addbmm", "baddbmm")
NAMES: dict[tuple[str, int], tuple[str, ...]]
NAMES = {(name, 3): ("", "alpha", "") for name in ("add", "sub")}
NAMES |= {(name, 4): ("", "value", "", "") for name in ("addcmul", "addcdiv")}
NAMES |= {(name, 4): ("beta", "", "", "") for name in PRODUCTS}
NAMES |= {(name, 5): ("beta", "", "alpha", "", "") for name in PRODUCTS}
"""Function and number of positional arguments to their names; "" where it stays positional."""
METHODS = {
    (name, len(names) - 1): names[:1] + names[2:] if names[0] == "beta" else names[1:]
    for (name, _), names in NAMES.items()
}
"""The same for the method of a Tensor, without the Tensor itself."""


class FactorByName(NodeRule[ast.Call]):
    name = "factor-by-name"
    summary = "A factor in front of a Tensor is passed by its name."
    messages = ("as a scalar argument",)
    safety = Safety.SAFE
    scope = Scope.SCRIPTED
    mentions = ("add", "sub(", "sub_(")
    kinds = ast.Call

    def fix(self, site: Site[ast.Call]) -> Fix | None:
        call, file = site.node, site.file
        names = _names(call, site.function)
        factors = [each for each, name in zip(call.args, names, strict=False) if name]
        if not all(map(_is_number, factors)):
            does_not_show = f"whether {ast.unparse(factors[0])} is a factor does not show"
            require(not file.dotted(call.func).startswith("torch."), does_not_show)
        elif factors:
            arguments = list(zip(arguments_of(call, file), names, strict=True))
            named = [f"{name}={code}" for code, name in arguments if name]
            given = [*(code for code, name in arguments if not name), *named]
            code = f"{file.segment(call.func)}({', '.join(given)})"
            return site.becomes(code, f"{', '.join(named)} by name")
        return None


def _names(call: ast.Call, function: FunctionFacts) -> tuple[str, ...]:
    """The names of the positional arguments of a call in the old order; () for other calls."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=owner, attr=name), args=given, keywords=[]
        ) if is_written_out(call):
            if function.file.dotted(owner) == "torch":
                return NAMES.get((name, len(given)), ())
            names = METHODS.get((name.removesuffix("_"), len(given)), ())
            may_be_a_set = names and name in {"add", "sub"}
            return () if may_be_a_set and type_of(owner, function) != "Tensor" else names
    return ()


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}
