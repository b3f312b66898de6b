"""An attribute that is a range becomes a list of its numbers.

## What the compiler says

    (This attribute exists on the Python module, but we failed to convert Python type: 'range' to a
    TorchScript type.)

## What is written instead

    self.steps = range(n - 1)            →    self.steps = list(range(n - 1))

What is gone through, counted, indexed and searched is the same in both. An empty list has to say
what it is of; that is for another rule, where the compiler asks.

## When it holds back

Where something else than that is done with it (`self.steps.stop`), where it is given away, and
where it is set from elsewhere.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.static import ClassFacts, FileFacts, self_attribute
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"has no attribute '(?P<name>\w+)'.*failed to convert Python type: 'range'", re.S)
LOOKED_AT = frozenset({"len", "enumerate", "zip", "reversed", "sum", "min", "max", "list", "tuple"})


class RangeAttribute(Rule):
    name: ClassVar[str] = "range-attribute"
    summary: ClassVar[str] = "self.steps = range(n) becomes self.steps = list(range(n))."
    messages: ClassVar[tuple[str, ...]] = ("failed to convert Python type: 'range'",)
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an attribute."""
        told: set[tuple[ClassFacts, str]] = set()
        for located in self.diagnosed(facts):
            said, owner = SAID.search(located.message), located.owner
            if said is None or owner is None or (owner, said["name"]) in told:
                continue
            told.add((owner, said["name"]))
            found = self._one(owner, said["name"])
            if found is not None:
                yield found

    def _one(self, owner: ClassFacts, name: str) -> Rewrite | HeldBack | None:
        attribute = owner.attribute(name)
        definitions = attribute.definitions if attribute is not None else ()
        ranges = [d for d in definitions if _is_range(d.value, owner.file)]
        if not ranges:
            return None
        first = ranges[0]
        path, line, function = owner.file.path, first.statement.lineno, first.function.qualname
        reason = ""
        if any(d.function.file is not owner.file or d.how != "assign" for d in definitions):
            reason = f"self.{name} is set in another file or in another way"
        elif not all(isinstance(d.value, ast.Call | ast.List | ast.ListComp) for d in definitions):
            reason = f"self.{name} is something else at times"
        elif not all(map(_is_plain, _uses(name, owner))):
            reason = f"more is done with self.{name} than with a list"
        if reason:
            return HeldBack(self.name, path, line, function, reason)
        edits = tuple(
            ReplaceExpression(d.value, f"list({owner.file.segment(d.value)})")
            for d in ranges
            if d.value is not None
        )
        summary = f"self.{name} is a list of numbers"
        return Rewrite(self.name, path, line, function, summary, Safety.SAFE, edits)


def _is_range(value: ast.expr | None, file: FileFacts) -> bool:
    match value:
        case ast.Call(func=ast.Name(id="range")):
            return "range" not in file.functions and "range" not in file.imports
    return False


def _uses(name: str, owner: ClassFacts) -> Iterator[tuple[ast.Attribute, FileFacts]]:
    """Where any file reads an attribute of that name."""
    for file in owner.file.project.everywhere:
        for node in file.nodes:
            if not isinstance(node, ast.Attribute) or node.attr != name:
                continue
            if isinstance(node.ctx, ast.Load) or self_attribute(node) is None:
                yield node, file


def _is_plain(use: tuple[ast.Attribute, FileFacts]) -> bool:
    """Whether a list would do as well."""
    node, file = use
    if isinstance(node.ctx, ast.Store):
        return False
    match file.parents.get(node):
        case ast.For(iter=source) | ast.comprehension(iter=source):
            return source is node
        case ast.Subscript(value=value, slice=index):
            return value is node and not isinstance(index, ast.Slice)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[where]):
            return where is node
        case ast.Call(func=ast.Name(id=called)):
            return called in LOOKED_AT
    return False
