"""An attribute that is an empty list or dict when the model is compiled has its type declared.

## What the compiler says

    Module 'Net' has no attribute 'outputs' (This attribute exists on the Python module, but we
    failed to convert Python type: 'list' to a TorchScript type. List trace inputs must have
    elements.

The type of an attribute is read off its value, and an empty list shows none.

## What is written instead

    class Net(nn.Module):
        outputs: List[Tensor]

The type is what cases saw in it, what an annotation in `__init__` says (which the compiler does not
read), or what the methods put in. Of a list that is never filled and only asked whether it is
empty, it is `List[int]`.

## When it holds back

Where its type does not show, or is several, or where a base or another class is to declare it.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import InsertAtHead
from torchscript_fix.facts.annotations import annotation_type
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    self_attribute,
)
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import seen_together
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"has no attribute '(?P<name>\w+)' \(This attribute exists")
EMPTY = ("List trace inputs must have elements", "Dictionary inputs must have entries")
KINDS = {"list": "List", "dict": "Dict"}


class ListAttribute(Rule):
    name: ClassVar[str] = "list-attribute"
    summary: ClassVar[str] = "An attribute that is an empty list has its type declared."
    messages: ClassVar[tuple[str, ...]] = EMPTY
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an attribute."""
        told: set[tuple[ClassFacts, str]] = set()
        for located in self.diagnosed(facts):
            said = SAID.search(located.message)
            owner = facts.classes.get(located.diagnosis.model) or located.owner
            if said is None or owner is None or owner.file is not facts:
                continue
            name = said["name"]
            home = _declaring(owner, name)
            if home is None or home.file is not facts or (home, name) in told:
                continue
            told.add((home, name))
            found = _declared(home, name)
            if found is not None:
                yield found


def _declaring(owner: ClassFacts, name: str) -> ClassFacts | None:
    """The class to declare it: where it begins, or the class itself, whose annotations hide those
    of its bases."""
    if any(isinstance(node, ast.AnnAssign) for node in owner.node.body):
        return owner
    homes = [cls for cls in owner.mro if _beginnings(cls, name)]
    return homes[0] if homes else None


def _beginnings(cls: ClassFacts, name: str) -> list[Definition]:
    return [each for each in cls.own_definitions.get(name, ()) if each.in_construction]


def _declared(home: ClassFacts, name: str) -> Rewrite | HeldBack | None:
    if any(name in cls.class_level for cls in home.mro):
        return None
    kind = _kind(home, name)
    if kind is None:
        return _held(home, f"nothing shows what self.{name} holds, or it holds several types")
    try:
        annotation = spelled(kind, home.file, home.node.lineno)
    except SpellingError as error:
        return _held(home, str(error))
    return Rewrite(
        ListAttribute.name,
        home.file.path,
        home.node.lineno,
        home.qualname,
        f"{name}: {annotation.code}",
        Safety.NARROWING,
        (*annotation.imports, InsertAtHead(home.node, "body", f"{name}: {annotation.code}\n\n")),
    )


def _kind(home: ClassFacts, name: str) -> str | None:
    """`List[Tensor]`, from the surest source that says anything."""
    seen = _seen(home, name)
    if seen:
        kind = seen_together(seen)
        return kind if kind is not None and kind.startswith(("List[", "Dict[")) else None
    definitions = [d for cls in home.mro for d in cls.own_definitions.get(name, ())]
    for definition in definitions:
        if isinstance(definition.statement, ast.AnnAssign):
            return annotation_type(definition.statement.annotation, home.file)
    put_in = set(_put_in(home, name))
    others = [d for d in definitions if not d.in_construction]
    if put_in:
        element = put_in.pop()
        is_plain = not put_in and element is not None and "?" not in element
        return f"List[{element}]" if is_plain else None
    return "List[int]" if not others and _is_only_asked(home, name) else None


def _seen(home: ClassFacts, name: str) -> frozenset[str]:
    observed = home.file.project.observed
    family = (home, *home.mro, *home.subclasses)
    seen = [observed.attribute(cls.file.path, cls.qualname, name) for cls in family]
    return frozenset().union(*(each.types for each in seen if each is not None))


def _methods(home: ClassFacts) -> Iterator[FunctionFacts]:
    for cls in dict.fromkeys((*home.mro, *home.subclasses)):
        yield from cls.methods.values()


def _put_in(home: ClassFacts, name: str) -> Iterator[str | None]:
    """The types of what methods append to a list."""
    for method in _methods(home):
        for call in method.calls:
            match call:
                case ast.Call(func=ast.Attribute(value=value, attr="append"), args=[element]):
                    if self_attribute(value) == name:
                        yield type_of(element, method)


def _is_only_asked(home: ClassFacts, name: str) -> bool:
    """Whether compiled methods only ask whether it is empty, and it begins as a list."""
    beginnings = [d for cls in home.mro for d in _beginnings(cls, name)]
    if any(isinstance(each.value, ast.Dict) for each in beginnings):
        return False
    for method in _methods(home):
        for node in method.nodes if method.scripted else ():
            is_it = isinstance(node, ast.Attribute) and self_attribute(node) == name
            if is_it and not _asks(method.file.parents[node], node):
                return False
    return True


def _asks(parent: ast.AST, node: ast.AST) -> bool:
    match parent:
        case ast.Call(func=ast.Name(id="len" | "bool"), args=[inside]):
            return inside is node
        case ast.If(test=test) | ast.IfExp(test=test):
            return test is node
    return isinstance(parent, ast.BoolOp) or (
        isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not)
    )


def _held(home: ClassFacts, reason: str) -> HeldBack:
    return HeldBack(ListAttribute.name, home.file.path, home.node.lineno, home.qualname, reason)
