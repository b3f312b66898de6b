"""Goes through a Sequential by itself, not through its table of modules.

## What the compiler says

    Module 'Stack' has no attribute '_modules'

`_modules` belongs to Python's side of a module; the compiler unrolls a loop over the Sequential.

## What is written instead

    for module in self._modules.values():          for module in self:

A class that derives from Sequential or ModuleList goes through the same modules in the same order.

## When it holds back

Where the class is no Sequential or ModuleList, or goes through itself in a way of its own.
"""

import ast
from collections.abc import Iterator
from typing import ClassVar, TypeGuard

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

ITERATED = frozenset({Kind.SEQUENTIAL, Kind.MODULE_LIST})


class ModuleTable(Rule):
    name: ClassVar[str] = "module-table"
    summary: ClassVar[str] = "self._modules.values() of a Sequential becomes self."
    messages: ClassVar[tuple[str, ...]] = ("has no attribute '_modules'",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a loop."""
        done: set[FunctionFacts] = set()
        for located in self.diagnosed(facts):
            function = located.function
            if function is None or function.owner is None or function in done:
                continue
            done.add(function)
            for node in function.nodes:
                if _is_all_modules(node):
                    yield self._one(node, function)

    def _one(self, node: ast.Call, function: FunctionFacts) -> Rewrite | HeldBack:
        owner, path, line = function.owner, function.file.path, node.lineno
        assert owner is not None
        reason = None
        if owner.container not in ITERATED:
            reason = f"{owner.qualname} is no Sequential or ModuleList"
        elif owner.method("__iter__") is not None:
            reason = f"{owner.qualname} has its own __iter__"
        elif not _is_looped_over(node, function):
            reason = "the modules are not gone through there and then"
        if reason is not None:
            return HeldBack(self.name, path, line, function.qualname, reason)
        summary = "the modules are gone through by self"
        edit = ReplaceExpression(node, "self")
        return Rewrite(self.name, path, line, function.qualname, summary, Safety.SAFE, (edit,))


def _is_all_modules(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Attribute() as table, attr="values"), args=[]):
            return self_attribute(table) == "_modules"
    return False


def _is_looped_over(node: ast.Call, function: FunctionFacts) -> bool:
    parent = function.file.parents[node]
    if isinstance(parent, ast.Call) and isinstance(parent.func, ast.Name):
        return parent.func.id == "enumerate"
    return isinstance(parent, ast.For | ast.comprehension) and parent.iter is node
