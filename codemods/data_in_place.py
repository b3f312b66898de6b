"""`w.data *= mask` becomes `w.data.mul_(mask)`.

## What the compiler says

    Tried to set an attribute: data on a non-class: Tensor

## What is written instead

    self.weight.data *= self.mask       →    self.weight.data.mul_(self.mask)

Python multiplies in place, too, and then sets the attribute to the storage that it has anyway.

## When it holds back

`w.data = x` gives the parameter another storage, which TorchScript cannot; the same for operators
that Tensor has no method in place for.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceStatement
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

IN_PLACE: dict[type[ast.operator], str] = {
    ast.Add: "add_",
    ast.Sub: "sub_",
    ast.Mult: "mul_",
    ast.Div: "div_",
}


class DataInPlace(Rule):
    """Methods that work in place for operators that set `data`."""

    name: ClassVar[str] = "data-in-place"
    summary: ClassVar[str] = "w.data *= mask becomes w.data.mul_(mask)."
    messages: ClassVar[tuple[str, ...]] = ("Tried to set an attribute: data on a non-class",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        if ".data" not in facts.text:
            return
        for function in facts.functions.values():
            if function.scripted:
                for node in function.nodes:
                    if isinstance(node, ast.AugAssign | ast.Assign):
                        yield from self._found(function, node)

    def _found(
        self, function: FunctionFacts, node: ast.AugAssign | ast.Assign
    ) -> Iterator[Rewrite | HeldBack]:
        target = node.target if isinstance(node, ast.AugAssign) else node.targets[0]
        if not isinstance(target, ast.Attribute) or target.attr != "data":
            return
        path, line, name = function.file.path, node.lineno, function.qualname
        segment = function.file.segment
        method = IN_PLACE.get(type(node.op)) if isinstance(node, ast.AugAssign) else None
        if method is None:
            reason = f"{segment(target)} gets another storage, which TorchScript cannot give it"
            yield HeldBack(self.name, path, line, name, reason)
            return
        code = f"{segment(target)}.{method}({segment(node.value)})"
        summary = f"{segment(target)} changes by {method}"
        edit = ReplaceStatement(node, code)
        yield Rewrite(self.name, path, line, name, summary, Safety.SAFE, (edit,))
