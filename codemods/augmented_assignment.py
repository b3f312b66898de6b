"""An augmented assignment that TorchScript does not have is written out: `n //= 2` is `n = n // 2`.

## What the compiler says

    unsupported kind of augmented assignment: FloorDiv
    unsupported kind of augmented assignment: MatMult

## What is written instead

    height //= 2                         →    height = height // 2
    x //= 2           (x is a Tensor)    →    x.floor_divide_(2)
    x @= self.weight                     →    x = x @ self.weight

A Tensor is divided in place by `//=`, which others who have it see; there is no `@=` in place.
Where only runs show what is divided, the rewrite is right for what they showed (narrowing).

## When it holds back

Where it does not show whether it is a number or a Tensor that is divided; where the place that is
assigned to is found by a call.
"""

import ast

from torchscript_fix.facts.observed import NOTHING
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require
from torchscript_fix.kit.code import LOOSE

SIGNS: dict[type[ast.operator], str] = {ast.FloorDiv: "//", ast.MatMult: "@"}


class AugmentedAssignment(NodeRule[ast.AugAssign]):
    name = "augmented-assignment"
    summary = "n //= 2 becomes n = n // 2."
    messages = (
        "unsupported kind of augmented assignment: FloorDiv",
        "unsupported kind of augmented assignment: MatMult",
    )
    safety = Safety.NARROWING
    kinds = ast.AugAssign

    def fix(self, site: Site[ast.AugAssign]) -> Fix | None:
        node, sign = site.node, SIGNS.get(type(site.node.op))
        if sign is None:
            return None
        target, value = site.file.segment(node.target), site.file.segment(node.value)
        called = any(isinstance(each, ast.Call) for each in ast.walk(node.target))
        require(not called, f"{target} is found by a call")
        operand = f"({value})" if isinstance(node.value, LOOSE) else value
        code, safety = f"{target} = {target} {sign} {operand}", Safety.SAFE
        if sign == "//":
            kind = type_of(node.target, site.function)
            if kind is None:
                kind, safety = _seen(site), Safety.NARROWING
            unknown = f"whether {target} is a number or a Tensor does not show"
            require(kind in {"int", "float", "Tensor"}, unknown)
            code = f"{target}.floor_divide_({value})" if kind == "Tensor" else code
        return site.becomes(code, safety=safety)


def _seen(site: Site[ast.AugAssign]) -> str | None:
    """The one type that the name or attribute was seen to have."""
    target, owner, types = site.node.target, site.function.owner, NOTHING
    attribute, seen = self_attribute(target), site.observed
    if attribute is not None and owner is not None:
        types = NOTHING.union(*(each.types for each in attribute_seen(attribute, [owner])))
    elif isinstance(target, ast.Name):
        every = (seen.arguments, seen.locals, seen.rebound)
        types = NOTHING.union(*(names.get(target.id, NOTHING) for names in every))
    return next(iter(types)) if len(types) == 1 else None
