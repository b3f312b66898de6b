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

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.nodes import FunctionNode
from torchscript_fix.facts.static import FileFacts, self_attribute
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require


class PrivateName(SiteRule[Site[FunctionNode]]):
    name = "private-name"
    summary = "self.__layer is written as self._Class__layer, as Python reads it."
    messages = ("has no attribute '__",)
    safety = Safety.SAFE
    mentions = ("self.__",)

    def sites(self, file: FileFacts) -> Iterator[Site[FunctionNode]]:
        for function in file.functions.values():
            if function.owner is not None and function.scripted:
                yield Site(function.node, function)

    def fix(self, site: Site[FunctionNode]) -> Fix | None:
        owner = site.function.owner
        assert owner is not None
        private = [
            Site(node, site.function)
            for node in site.function.nodes
            if isinstance(node, ast.Attribute) and is_private(self_attribute(node))
        ]
        for each in private:
            attribute = each.node.attr
            is_method = attribute in owner.methods
            require(not is_method, f"self.{attribute} is a private method", at=each)
        prefix = owner.node.name.lstrip("_")
        if not private or not prefix:
            return None
        names = ", ".join(dict.fromkeys(each.node.attr for each in private))
        summary = f"{names} are written with the name of the class, as Python reads them"
        edits = [ReplaceExpression(p.node, f"self._{prefix}{p.node.attr}") for p in private]
        return Fix(summary, edits, at=private[0])


def is_private(name: str | None) -> bool:
    """Whether Python reads a name inside a class with the name of the class before it."""
    return name is not None and name.startswith("__") and not name.endswith("__")
