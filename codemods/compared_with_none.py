"""`self.downsample != None` becomes `self.downsample is not None`.

## What the compiler says

"object has no attribute or method '__ne__'", where a layer is compared; where it is None, a list of
all the comparisons that there are, "aten::ne.Tensor(Tensor self, Tensor other)" among them.

## What is written instead

    if self.downsample != None:                  if self.downsample is not None:

It is the same wherever the class of the value leaves `==` alone, as Tensors, layers, numbers and
lists do.

## When it holds back

The class of the value is under the path and defines `__eq__` or `__ne__`, or the value is an array
of numpy, which compares element by element.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.held import module_classes
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.uses import is_none
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

COMPARING = ("__eq__", "__ne__")


class ComparedWithNone(Rule):
    name: ClassVar[str] = "compared-with-none"
    summary: ClassVar[str] = "What is compared with None by == is asked by `is`."
    messages: ClassVar[tuple[str, ...]] = (
        "has no attribute or method '__ne__'",
        "has no attribute or method '__eq__'",
        "aten::eq.Tensor(Tensor self, Tensor other)",
        "aten::ne.Tensor(Tensor self, Tensor other)",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[str] = set()
        for place in self.diagnosed(facts):
            function = place.function
            if function is not None and function.qualname not in told:
                told.add(function.qualname)
                for node in function.nodes:
                    if isinstance(node, ast.Compare) and _is_with_none(node):
                        yield _answer(node, function)


def _is_with_none(node: ast.Compare) -> bool:
    return (
        len(node.ops) == 1
        and isinstance(node.ops[0], ast.Eq | ast.NotEq)
        and (is_none(node.left) or is_none(node.comparators[0]))
    )


def _answer(node: ast.Compare, function: FunctionFacts) -> Rewrite | HeldBack:
    file = function.file
    value = node.comparators[0] if is_none(node.left) else node.left
    for dotted in sorted(module_classes(value, function)):
        cls = file.project.classes.get(dotted)
        if cls is not None and any(cls.method(name) is not None for name in COMPARING):
            reason = f"{cls.qualname} has a comparison of its own"
            return HeldBack(
                ComparedWithNone.name, file.path, node.lineno, function.qualname, reason
            )
    word = "is" if isinstance(node.ops[0], ast.Eq) else "is not"
    code = f"{file.segment(value)} {word} None"
    return Rewrite(
        ComparedWithNone.name,
        file.path,
        node.lineno,
        function.qualname,
        code,
        Safety.SAFE,
        (ReplaceExpression(node, code),),
    )
