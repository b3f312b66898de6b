"""A property that does not compile, and that no compiled code reads, is left out of scripting.

## What the compiler says

Whatever it says of the body of a property: scripting compiles all properties of a module, its
methods ask for them or not. "Python builtin <built-in function next> is currently not supported in
Torchscript", in `next(self.parameters()).device`, is what it says most often.

## What is written instead

    class Model(nn.Module):                         class Model(nn.Module):
        __jit_unused_properties__ = ["device"]

                                                        @property
        @property                                       def device(self):
        def device(self):                                   return next(self.parameters()).device
            return next(self.parameters()).device

In Python nothing changes. A list that is there gets longer; that of a base is taken over.
Properties that read this one, and that nobody reads, go with it.

## When it holds back

Where a compiled method reads the property: it would see the value from when the module was
compiled. Where a subclass has such a list, or a base is not among the files and may have one.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertAtHead, ReplaceExpression
from torchscript_fix.facts.diagnosed import Diagnosis
from torchscript_fix.facts.held import held_by_attribute, module_classes
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

UNUSED = "__jit_unused_properties__"
WITHOUT = ("torch.nn.", "abc.", "typing.", "object")
"""Bases outside the path that have no such list."""
OF_TENSORS = frozenset({"bias", "data", "grad", "weight"})
"""Attributes of modules and Tensors that hold Tensors."""


@dataclass(frozen=True)
class _Property:
    """A property, and the class that defines it."""

    home: ClassFacts
    name: str

    @property
    def getter(self) -> ast.FunctionDef:
        return next(getter for getter in _getters(self.home) if getter.name == self.name)


class UnusedProperty(Rule):
    name: ClassVar[str] = "unused-property"
    summary: ClassVar[str] = "A property that nothing compiled reads is left out of scripting."
    # It helps against whatever is said of a property; these are what is said most often.
    messages: ClassVar[tuple[str, ...]] = (
        "Python builtin <built-in function next> is currently not supported",
        "has no attribute 'parameters'",
        "has no attribute or method '__next__'",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a class."""
        diagnoses = facts.project.diagnosed.diagnoses
        asked = dict.fromkeys(each for d in diagnoses for each in _properties_of(d, facts))
        left_out: dict[ClassFacts, dict[str, None]] = {}
        for each in asked:
            obstacle = _no_place_for_a_list(each.home)
            group = _with_its_readers(each, ()) if obstacle is None else obstacle
            if isinstance(group, str):
                yield _held(each, group)
            else:
                left_out.setdefault(each.home, {}).update(dict.fromkeys(group))
        for home, names in left_out.items():
            known = _listed(home)
            new = [name for name in names if name not in known]
            if new:
                yield _rewrite(_Property(home, new[0]), new)


# ---------------------------------------------------------------------- which properties


def _properties_of(diagnosis: Diagnosis, facts: FileFacts) -> Iterator[_Property]:
    """The properties of a file in which the compiler was when it stopped."""
    places = [(diagnosis.path, diagnosis.function)]
    places += [(caller.path, caller.function) for caller in diagnosis.chain]
    for path, function in places:
        owner, _, name = function.rpartition(".")
        cls = facts.classes.get(owner) if path == facts.path else None
        if cls is not None and name in _names(cls):
            yield _Property(cls, name)


def _getters(cls: ClassFacts) -> Iterator[ast.FunctionDef]:
    for node in cls.node.body:
        if isinstance(node, ast.FunctionDef) and any(
            isinstance(decorator, ast.Name) and decorator.id == "property"
            for decorator in node.decorator_list
        ):
            yield node


def _names(cls: ClassFacts) -> frozenset[str]:
    return frozenset(getter.name for getter in _getters(cls))


# ------------------------------------------------------------------------- who reads them


def _with_its_readers(each: _Property, known: tuple[str, ...]) -> tuple[str, ...] | str:
    """The property and those that read it; why it cannot be left out."""
    found = (*known, each.name)
    family = (each.home, *each.home.subclasses)
    for reader in each.home.file.project.scripted:
        is_left_out = reader.name in found and reader.owner in family
        if is_left_out or not _reads(reader, each):
            continue
        if reader.owner is not each.home or reader.name not in _names(each.home):
            return f"{reader.qualname} reads {each.name}, and is compiled"
        further = _with_its_readers(_Property(each.home, reader.name), found)
        if isinstance(further, str):
            return further
        found = further
    return found


def _reads(reader: FunctionFacts, each: _Property) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == each.name
        and _may_be_one(node.value, reader, each.home)
        for node in reader.nodes
    )


def _may_be_one(receiver: ast.expr, reader: FunctionFacts, home: ClassFacts) -> bool:
    """Whether a receiver may be a module of the class."""
    family = {cls.dotted for cls in (home, *home.mro, *home.subclasses)}
    if isinstance(receiver, ast.Name) and receiver.id == "self":
        return reader.owner is not None and reader.owner.dotted in family
    if module_classes(receiver, reader) & family:
        return True
    name = self_attribute(receiver)
    if name is not None:
        held = held_by_attribute(reader.attribute(name)).kinds
        return Kind.UNKNOWN in held and type_of(receiver, reader) is None
    if isinstance(receiver, ast.Attribute):
        return receiver.attr not in OF_TENSORS and type_of(receiver, reader) is None
    return False


# ---------------------------------------------------------------------- where they are listed


def _listed(home: ClassFacts) -> tuple[str, ...]:
    there = home.class_level.get(UNUSED)
    if not isinstance(there, ast.List | ast.Tuple | ast.Set):
        return ()
    return tuple(str(e.value) for e in there.elts if isinstance(e, ast.Constant))


def _no_place_for_a_list(home: ClassFacts) -> str | None:
    """Why the class cannot say which properties are left out."""
    below = next((cls for cls in home.subclasses if UNUSED in cls.class_level), None)
    if below is not None:
        return f"{below.qualname} has a {UNUSED} of its own"
    if UNUSED in home.class_level:
        there = home.class_level[UNUSED]
        if not isinstance(there, ast.List | ast.Tuple | ast.Set) or not there.elts:
            return f"{UNUSED} is no list that could be made longer"
        return f"{UNUSED} has comments in it" if "#" in home.file.segment(there) else None
    outside = sorted(b for b in home.outside_bases if not b.startswith(WITHOUT))
    if outside:
        return f"{outside[0]} is not among the files, and may have a {UNUSED}"
    if len(_bases_with_a_list(home)) > 1:
        return f"several bases have a {UNUSED}"
    return None


def _bases_with_a_list(home: ClassFacts) -> list[ast.expr]:
    return [
        node
        for node, base in zip(home.node.bases, home.bases, strict=True)
        if isinstance(base, ClassFacts) and any(UNUSED in cls.class_level for cls in base.mro)
    ]


def _rewrite(first: _Property, names: list[str]) -> Rewrite:
    home = first.home
    quoted = ", ".join(f'"{name}"' for name in names)
    there = home.class_level.get(UNUSED)
    edit: Edit
    if isinstance(there, ast.List | ast.Tuple | ast.Set):
        known = ", ".join(home.file.segment(element) for element in there.elts)
        edit = ReplaceExpression(there, f"[{known}, {quoted}]")
    else:
        inherited = "".join(f"*{home.file.segment(b)}.{UNUSED}, " for b in _bases_with_a_list(home))
        edit = InsertAtHead(home.node, "body", f"{UNUSED} = [{inherited}{quoted}]\n\n")
    return Rewrite(
        UnusedProperty.name,
        home.file.path,
        first.getter.lineno,
        home.qualname,
        f"{', '.join(names)}: left out of scripting, where nothing reads it",
        Safety.SAFE,
        (edit,),
    )


def _held(each: _Property, reason: str) -> HeldBack:
    path, where = each.home.file.path, f"{each.home.qualname}.{each.name}"
    return HeldBack(UnusedProperty.name, path, each.getter.lineno, where, reason)
