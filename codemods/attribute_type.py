"""Declares the type of an attribute that begins as an int or None and becomes something else.

## What the compiler says

    Wrong type for attribute assignment. Expected int but got float

The type of an attribute is that of the value which it has when the module is compiled.

## What is written instead

    class Attention(nn.Module):
        temperature: float

A None that becomes a Tensor is declared as `Optional[Tensor]`. Where Python's value stays an int,
and only the compiler takes `n ** 2` for a float, the value is written as `int(n ** 2)`.

## When it holds back

Where the attribute had values of more types than these, or is declared already. `int(…)` is written
only where all that is computed with is known to be an int.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertAtHead, ReplaceExpression
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(
    r"Wrong type for attribute assignment\. Expected (?P<wanted>int|NoneType) but got "
    r"(?P<found>[\w\[\], .]+?)(?: \(inferred\))?:?(?:\n|$)"
)


class AttributeType(Rule):
    name: ClassVar[str] = "attribute-type"
    summary: ClassVar[str] = "An attribute that begins as an int or None is declared as it becomes."
    messages: ClassVar[tuple[str, ...]] = ("Wrong type for attribute assignment",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an attribute."""
        told: set[tuple[ClassFacts, str]] = set()
        for located in self.diagnosed(facts):
            said, function, owner = SAID.search(located.message), located.function, located.owner
            if said is None or function is None or owner is None:
                continue
            name = _assigned(located.node, facts)
            if name is None:
                continue
            home = _home(owner, name)
            if (home, name) not in told and home.file is facts:
                told.add((home, name))
                found = self._one(home, name, said["wanted"], said["found"], function)
                if found is not None:
                    yield found

    def _one(
        self, home: ClassFacts, name: str, wanted: str, found: str, function: FunctionFacts
    ) -> Rewrite | HeldBack | None:
        path, line = home.file.path, function.node.lineno
        seen = home.file.project.observed.attribute(path, home.qualname, name)
        types = seen.types if seen is not None else frozenset()
        edits: list[Edit] = []
        if wanted == "int" and found == "float" and types == {"int"}:
            edits = list(_kept_as_int(function, name))
        if edits:
            summary = f"self.{name} stays an int, as in Python"
        else:
            kind = f"Optional[{found}]" if wanted == "NoneType" else found
            begins = "None" if wanted == "NoneType" else wanted
            if types - {begins, found} or (wanted == "int" and found != "float"):
                others = ", ".join(sorted(types | {begins, found}))
                reason = f"self.{name} is of several types: {others}"
                return HeldBack(self.name, path, line, function.qualname, reason)
            if _is_declared(home, name):
                return None
            try:
                annotation = spelled(kind, home.file, home.node.lineno)
            except SpellingError as error:
                return HeldBack(self.name, path, line, function.qualname, str(error))
            code = f"{name}: {annotation.code}\n\n"
            edits = [*annotation.imports, InsertAtHead(home.node, "body", code)]
            summary = f"{name}: {annotation.code}"
        if not edits:
            return None
        safety = Safety.NARROWING
        return Rewrite(self.name, path, line, function.qualname, summary, safety, tuple(edits))


def _assigned(node: ast.AST | None, file: FileFacts) -> str | None:
    """The attribute of `self` that a statement sets, or that is itself named; the one among the
    targets of `x, self.weights = …`, of which the compiler underlines the value."""
    around = file.parents.get(node) if node is not None else None
    match node:
        case ast.expr() if isinstance(around, ast.Assign) and around.value is node:
            match around.targets:
                case [ast.Tuple(elts=targets)]:
                    found = [name for target in targets if (name := self_attribute(target))]
                    return found[0] if len(found) == 1 else None
        case ast.Assign(targets=[target]):
            return self_attribute(target)
        case ast.AugAssign(target=target) | ast.AnnAssign(target=target):
            return self_attribute(target)
        case ast.Attribute():
            return self_attribute(node)
    return None


def _taken_apart(node: ast.AST | None, function: FunctionFacts) -> str | None:
    """The only attribute of `self` among what a value is taken apart into."""
    match function.file.parents.get(node) if node is not None else None:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=value) if value is node:
            found = [name for name in map(self_attribute, targets) if name is not None]
            return found[0] if len(found) == 1 else None
    return None


def _home(owner: ClassFacts, name: str) -> ClassFacts:
    """The class that sets an attribute while it is built; the one that sets it later, else."""
    for cls in owner.mro:
        if any(d.in_construction for d in cls.own_definitions.get(name, ())):
            return cls
    return owner


def _is_declared(cls: ClassFacts, name: str) -> bool:
    return any(
        isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and node.target.id == name
        for base in cls.mro
        for node in base.node.body
    )


def _kept_as_int(function: FunctionFacts, name: str) -> Iterator[Edit]:
    """The Edits that make what a method gives an attribute an int to the compiler."""
    for node in function.nodes:
        match node:
            case ast.Assign(targets=[target], value=ast.BinOp() as value):
                if self_attribute(target) == name and _is_int(value, function):
                    yield ReplaceExpression(value, f"int({function.file.segment(value)})")


def _is_int(value: ast.expr, function: FunctionFacts) -> bool:
    """Whether Python's arithmetic surely comes to an int, whatever the compiler takes it for."""
    match value:
        case ast.BinOp(op=ast.Pow(), left=left, right=ast.Constant(value=int(exponent))):
            return exponent >= 0 and _is_int(left, function)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.FloorDiv() | ast.Mod()):
            return _is_int(value.left, function) and _is_int(value.right, function)
        case ast.Attribute():
            name, owner = self_attribute(value), function.owner
            if name is None or owner is None:
                return False
            seen = owner.file.project.observed.attribute(owner.file.path, owner.qualname, name)
            return seen is not None and seen.types == {"int"}
    return type_of(value, function) == "int"
