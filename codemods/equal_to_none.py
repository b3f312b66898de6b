"""Compares with None by `is`.

## What the compiler says

    object has no attribute or method '__ne__'

In `if self.downsample != None:` TorchScript looks for a comparison of the two values, which a
module does not have, nor a None with a Tensor.

## What is written instead

    if self.downsample is not None:

In a model where it is None the compiler then leaves out the branch, and does not look for a None
where there is a layer.

## When it holds back

Where the value is made at that very place: what is compared there may have an `==` of its own.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class EqualToNone(Rule):
    name: ClassVar[str] = "equal-to-none"
    summary: ClassVar[str] = "x != None becomes x is not None."
    messages: ClassVar[tuple[str, ...]] = (
        "has no attribute or method '__ne__'",
        "has no attribute or method '__eq__'",
        "aten::ne",
        "aten::eq",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a comparison; all in a class of which the compiler named one."""
        done: set[FunctionFacts] = set()
        for located in self.diagnosed(facts):
            function = located.function
            if function is None:
                continue
            methods = function.owner.methods.values() if function.owner is not None else ()
            for each in (function, *(method for method in methods if method.scripted)):
                if each not in done:
                    done.add(each)
                    yield from self._in(each)

    def _in(self, function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
        path, where = function.file.path, function.qualname
        for node in function.nodes:
            match node:
                case ast.Compare(
                    left=left, ops=[ast.Eq() | ast.NotEq() as op], comparators=[ast.Constant(None)]
                ):
                    pass
                case _:
                    continue
            text = function.file.segment(left)
            if not _is_named(left):
                reason = f"{text} may have its own =="
                yield HeldBack(self.name, path, node.lineno, where, reason)
                continue
            word = "is" if isinstance(op, ast.Eq) else "is not"
            edit = ReplaceExpression(node, f"{text} {word} None")
            summary = f"{text} {word} None, as the compiler knows it"
            yield Rewrite(self.name, path, node.lineno, where, summary, Safety.SAFE, (edit,))


def _is_named(node: ast.expr) -> bool:
    """Whether this is a name, or an attribute of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
