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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from torchscript_fix.editing.edit import Edit, InsertAtHead, ReplaceExpression
from torchscript_fix.facts.diagnosed import Caller, Diagnosis
from torchscript_fix.facts.held import held_by_attribute, module_classes
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit import Declined, Fix, Safety, SiteRule, require
from torchscript_fix.kit.answer import Place

UNUSED = "__jit_unused_properties__"
WITHOUT = ("torch.nn.", "abc.", "typing.", "object")
"""Bases outside the path that have no such list."""
OF_TENSORS = frozenset({"bias", "data", "grad", "weight"})
"""Attributes of modules and Tensors that hold Tensors."""
LISTS = ast.List | ast.Tuple | ast.Set


@dataclass(frozen=True)
class Properties(Place):
    """Properties that a class is to leave out of scripting, or one that it cannot."""

    cls: ClassFacts
    names: Sequence[str]
    obstacle: str = ""


class UnusedProperty(SiteRule[Properties]):
    name = "unused-property"
    summary = "A property that nothing compiled reads is left out of scripting."
    # It helps against whatever is said of a property; these are what is said most often.
    messages = (
        "Python builtin <built-in function next> is currently not supported",
        "has no attribute 'parameters'",
        "has no attribute or method '__next__'",
    )
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[Properties]:
        left_out: dict[ClassFacts, list[str]] = {}
        for cls, name in dict.fromkeys(_diagnosed(file)):
            try:
                _require_place_for_a_list(cls)
                left_out.setdefault(cls, []).extend(_with_its_readers(cls, name, ()))
            except Declined as why:
                line, qualname = _getters(cls)[name], f"{cls.qualname}.{name}"
                yield Properties(file, line, qualname, cls, (name,), why.reason)
        for cls, names in left_out.items():
            new = tuple(name for name in dict.fromkeys(names) if name not in _listed(cls))
            if new:
                yield Properties(file, _getters(cls)[new[0]], cls.qualname, cls, new)

    def fix(self, site: Properties) -> Fix:
        require(not site.obstacle, site.obstacle)
        cls, there, segment = site.cls, site.cls.class_level.get(UNUSED), site.file.segment
        quoted = [f'"{name}"' for name in site.names]
        edit: Edit
        if isinstance(there, LISTS):
            listed = ", ".join([*map(segment, there.elts), *quoted])
            edit = ReplaceExpression(there, f"[{listed}]")
        else:
            inherited = [f"*{segment(base)}.{UNUSED}" for base in _bases_with_a_list(cls)]
            listed = ", ".join([*inherited, *quoted])
            edit = InsertAtHead(cls.node, "body", f"{UNUSED} = [{listed}]\n\n")
        names = ", ".join(site.names)
        return Fix(f"{names}: left out of scripting, where nothing reads it", [edit])


# ---------------------------------------------------------------------- which properties


def _diagnosed(file: FileFacts) -> Iterator[tuple[ClassFacts, str]]:
    """The properties of a file in which the compiler was when it stopped."""
    for diagnosis in file.project.diagnosed.diagnoses:
        places: list[Diagnosis | Caller] = [diagnosis, *diagnosis.chain]
        for place in places:
            owner, _, name = place.function.rpartition(".")
            cls = file.classes.get(owner) if place.path == file.path else None
            if cls is not None and name in _getters(cls):
                yield cls, name


def _getters(cls: ClassFacts) -> dict[str, int]:
    """The properties of a class, each with its line."""
    functions = [node for node in cls.node.body if isinstance(node, ast.FunctionDef)]
    return {
        node.name: node.lineno
        for node in reversed(functions)
        if any(isinstance(d, ast.Name) and d.id == "property" for d in node.decorator_list)
    }


# ------------------------------------------------------------------------- who reads them


def _with_its_readers(cls: ClassFacts, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The property and those that read it. Raises Declined where compiled code does."""
    found = (*known, name)
    for reader in cls.file.project.scripted:
        is_left_out = reader.name in found and reader.owner in (cls, *cls.subclasses)
        if not is_left_out and _reads(reader, cls, name):
            is_property = reader.owner is cls and reader.name in _getters(cls)
            require(is_property, f"{reader.qualname} reads {name}, and is compiled")
            found = _with_its_readers(cls, reader.name, found)
    return found


def _reads(reader: FunctionFacts, cls: ClassFacts, name: str) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == name
        and _may_be_one(node.value, reader, cls)
        for node in reader.nodes
    )


def _may_be_one(receiver: ast.expr, reader: FunctionFacts, cls: ClassFacts) -> bool:
    """Whether a receiver may be a module of the class."""
    family = {each.dotted for each in (cls, *cls.mro, *cls.subclasses)}
    if isinstance(receiver, ast.Name) and receiver.id == "self":
        return reader.owner is not None and reader.owner.dotted in family
    if module_classes(receiver, reader) & family:
        return True
    if not isinstance(receiver, ast.Attribute) or type_of(receiver, reader) is not None:
        return False
    name = self_attribute(receiver)
    if name is not None:
        return Kind.UNKNOWN in held_by_attribute(reader.attribute(name)).kinds
    return receiver.attr not in OF_TENSORS


# ---------------------------------------------------------------------- where they are listed


def _listed(cls: ClassFacts) -> list[str]:
    there = cls.class_level.get(UNUSED)
    elements = there.elts if isinstance(there, LISTS) else []
    return [str(each.value) for each in elements if isinstance(each, ast.Constant)]


def _require_place_for_a_list(cls: ClassFacts) -> None:
    """Decline where the class cannot say which properties are left out."""
    for below in cls.subclasses:
        require(UNUSED not in below.class_level, f"{below.qualname} has a {UNUSED} of its own")
    if UNUSED in cls.class_level:
        there = cls.class_level[UNUSED]
        if not isinstance(there, LISTS) or not there.elts:
            raise Declined(f"{UNUSED} is no list that could be made longer")
        require("#" not in cls.file.segment(there), f"{UNUSED} has comments in it")
        return
    for base in sorted(cls.outside_bases):
        known = base.startswith(WITHOUT)
        require(known, f"{base} is not among the files, and may have a {UNUSED}")
    require(len(_bases_with_a_list(cls)) < 2, f"several bases have a {UNUSED}")


def _bases_with_a_list(cls: ClassFacts) -> list[ast.expr]:
    return [
        node
        for node, base in zip(cls.node.bases, cls.bases, strict=True)
        if isinstance(base, ClassFacts) and any(UNUSED in each.class_level for each in base.mro)
    ]
