"""Writes out the name that Python gives a private attribute, `self.__layer`.

## What the compiler says

    Module 'Attention' has no attribute '__query_layer'

Inside a class Python reads `self.__query_layer` as `self._Attention__query_layer`; the compiler
reads it as it stands, and finds nothing of that name.

## What is written instead

    self.__query_layer(x)          self._Attention__query_layer(x)

Only in methods that are compiled. It is the same attribute, so nothing else changes.

## When it holds back

Where the private name is that of a method: the compiler would find it, and not the methods that it
calls in turn. Names that end in two underscores as well are not private.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class PrivateName(Rule):
    name: ClassVar[str] = "private-name"
    summary: ClassVar[str] = "self.__layer is written as self._Class__layer, as Python reads it."
    messages: ClassVar[tuple[str, ...]] = ("has no attribute '__",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a method."""
        if "self.__" not in facts.text:
            return
        for function in facts.functions.values():
            if function.owner is not None and function.scripted:
                yield from self._one(function)

    def _one(self, function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
        assert function.owner is not None
        private = [
            node
            for node in function.nodes
            if isinstance(node, ast.Attribute) and is_private(self_attribute(node))
        ]
        path, where = function.file.path, function.qualname
        methods = [node for node in private if node.attr in function.owner.methods]
        prefix = function.owner.node.name.lstrip("_")
        for node in methods[:1]:
            reason = f"self.{node.attr} is a private method"
            yield HeldBack(self.name, path, node.lineno, where, reason)
        if not private or methods or not prefix:
            return
        names = ", ".join(dict.fromkeys(node.attr for node in private))
        yield Rewrite(
            self.name,
            path,
            private[0].lineno,
            where,
            f"{names} are written with the name of the class, as Python reads them",
            Safety.SAFE,
            tuple(ReplaceExpression(node, f"self._{prefix}{node.attr}") for node in private),
        )


def is_private(name: str | None) -> bool:
    """Whether Python reads a name inside a class with the name of the class before it."""
    return name is not None and name.startswith("__") and not name.endswith("__")
