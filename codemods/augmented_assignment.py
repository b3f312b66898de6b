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
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceStatement
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

NUMBERS = frozenset({"int", "float"})
SIGNS = {ast.FloorDiv: "//", ast.MatMult: "@"}
BINDS_LOOSELY = (
    ast.Lambda | ast.IfExp | ast.NamedExpr | ast.BoolOp | ast.Compare | ast.BinOp | ast.Tuple
) | ast.UnaryOp
"""What has to stand in parentheses behind an operator."""


class AugmentedAssignment(Rule):
    """Writes out the augmented assignments that TorchScript does not have."""

    name: ClassVar[str] = "augmented-assignment"
    summary: ClassVar[str] = "n //= 2 becomes n = n // 2."
    messages: ClassVar[tuple[str, ...]] = (
        "unsupported kind of augmented assignment: FloorDiv",
        "unsupported kind of augmented assignment: MatMult",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """All of a function at once: the compiler names the first only."""
        done: set[ast.AST] = set()
        for located in self.diagnosed(facts):
            function = located.function
            for node in function.nodes if function is not None else ():
                if isinstance(node, ast.AugAssign) and type(node.op) in SIGNS and node not in done:
                    done.add(node)
                    assert function is not None
                    yield self._written_out(node, function)

    def _written_out(self, node: ast.AugAssign, function: FunctionFacts) -> Rewrite | HeldBack:
        file = function.file
        target, value = file.segment(node.target), file.segment(node.value)
        operand = f"({value})" if isinstance(node.value, BINDS_LOOSELY) else value
        kind, safety = type_of(node.target, function), Safety.SAFE
        if kind is None and isinstance(node.op, ast.FloorDiv):
            kind, safety = _seen(node.target, function), Safety.NARROWING
        reason = ""
        code = f"{target} = {target} {SIGNS[type(node.op)]} {operand}"
        if any(isinstance(each, ast.Call) for each in ast.walk(node.target)):
            reason = f"{target} is found by a call"
        elif isinstance(node.op, ast.FloorDiv) and kind == "Tensor":
            code = f"{target}.floor_divide_({value})"
        elif isinstance(node.op, ast.FloorDiv) and kind not in NUMBERS:
            reason = f"whether {target} is a number or a Tensor does not show"
        if reason:
            return HeldBack(self.name, file.path, node.lineno, function.qualname, reason)
        return Rewrite(
            self.name,
            file.path,
            node.lineno,
            function.qualname,
            code,
            safety,
            (ReplaceStatement(node, code),),
        )


def _seen(target: ast.expr, function: FunctionFacts) -> str | None:
    """The one type that a name or an attribute was seen to have."""
    observed, path = function.file.project.observed, function.file.path
    types: frozenset[str] = frozenset()
    attribute = self_attribute(target)
    if attribute is not None and function.owner is not None:
        seen = observed.attribute(path, function.owner.qualname, attribute)
        types = seen.types if seen is not None else types
    elif isinstance(target, ast.Name):
        calls = observed.function(path, function.qualname)
        for names in (calls.arguments, calls.locals, calls.rebound) if calls is not None else ():
            types |= names.get(target.id, frozenset())
    return next(iter(types)) if len(types) == 1 else None
