"""What a method keeps in an attribute, and reads again itself, it reads from a local.

## What the compiler says

    'Optional[Tensor]' object has no attribute or method 'sum'
    Wrong type for attribute assignment. Expected int but got Tensor

An attribute that may be None stays one to the compiler, behind the statement that sets it and under
a test for None; and an attribute has one type for good.

## What is written instead

    attn = self.softmax(scores)                     self.attn = self.softmax(scores)
    self.attn = attn
    return attn.sum(0)                              return self.attn.sum(0)

What the method reads of the time before is read once: `hidden = self.hidden`, before `if hidden is
None:`. Where the attribute cannot have a type that fits, and no compiled code reads what it had
before, it is set in Python only: `if not torch.jit.is_scripting(): self.attn = attn`.

## When it holds back

Where another method that is called sets it, `self` is handed on, the attribute is a layer, a
Parameter or a buffer, or a class has its own `__setattr__`. Where it would be set in Python only:
where a read may see an older value, or other compiled code reads an attribute of that name.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from torchscript_fix.editing.edit import (
    AddImport,
    Edit,
    InsertBefore,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.bindings import bindings
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flow import behind
from torchscript_fix.facts.held import held_by_attribute
from torchscript_fix.facts.kinds import LAYERS
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.presence import HOOKS
from torchscript_fix.facts.reaching import Web, attribute_webs
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.substitution import substituted
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

WRONG = "Wrong type for attribute assignment"
MISSING = "Tried to set nonexistent attribute"
FROM_NONE = re.compile(r"Expected NoneType but got")


@dataclass(frozen=True)
class _Kept:
    """An attribute that a method keeps something in, and which of its values are read where."""

    function: FunctionFacts
    owner: ClassFacts
    name: str
    webs: tuple[Web, ...]


class AttributeInLocal(Rule):
    name: ClassVar[str] = "attribute-in-local"
    summary: ClassVar[str] = "What a method keeps in an attribute, it reads from a local."
    messages: ClassVar[tuple[str, ...]] = (
        WRONG,
        MISSING,
        "'Optional[",
        "type Optional[",
        "NoneType",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an attribute and method."""
        told: set[tuple[FunctionFacts, str]] = set()
        for located in self.diagnosed(facts):
            function, owner = located.function, located.owner
            if function is None or owner is None or function.owner is None:
                continue
            is_set = WRONG in located.message or MISSING in located.message
            for name in _attributes_at(located, function):
                if (function, name) in told:
                    continue
                kept = _Kept(function, owner, name, attribute_webs(function, name))
                found = _set_in_python(kept, located) if is_set else _read_from_local(kept)
                if found is not None:
                    told.add((function, name))
                    yield found


def _attributes_at(located: Located, function: FunctionFacts) -> dict[str, None]:
    """The attributes of `self` in the statement that the compiler stopped at, and those that locals
    in it come from."""
    around = located.node
    while around is not None and not isinstance(around, ast.stmt):
        around = function.file.parents.get(around)
    if around is None or hasattr(around, "body"):
        around = located.node
    nodes = list(ast.walk(around)) if around is not None else []
    values = [
        binding.value
        for node in nodes
        if isinstance(node, ast.Name)
        for binding in bindings(function).get(node.id, ())
    ]
    found = (self_attribute(node) for node in (*nodes, *values) if isinstance(node, ast.Attribute))
    return dict.fromkeys(name for name in found if name is not None)


# ----------------------------------------------------------------------- what is written


def _read_from_local(kept: _Kept) -> Rewrite | None:
    """Where the attribute has its type, and may be None: what is read is the local."""
    webs = [web for web in kept.webs if web.uses and _changes_or_is_tested(web, kept)]
    if not webs or not _may_be_none(kept) or _obstacle(kept, webs) is not None:
        return None
    from_before = any(web.comes_from_before for web in webs)
    if from_before and not _is_there(kept):
        return None
    local = _local(kept)
    rewrite = _rewrite(kept, webs, local, f"self.{kept.name} = {local}", Safety.SAFE)
    if not from_before:
        return rewrite
    first = _first_statement([place for web in webs for place in web.places], kept)
    read = InsertBefore(first, f"{local} = self.{kept.name}")
    return replace(rewrite, edits=(read, *rewrite.edits))


def _set_in_python(kept: _Kept, located: Located) -> Rewrite | HeldBack | None:
    """Where no type of the attribute fits."""
    stored = _stored(kept)
    if stored and not kept.webs:
        reason = f"what else may set self.{kept.name}, and when, is not plain here"
        return _held(kept, located, reason)
    stores = [web for web in kept.webs if any(place in web for place in stored)]
    if not stores or (FROM_NONE.search(located.message) and _has_one_type(kept)):
        return None  # attribute-type declares it
    obstacle = (
        _obstacle(kept, stores)
        or next((_older(kept) for web in kept.webs if web.comes_from_before and web.uses), None)
        or _other_reader(kept)
    )
    if obstacle is not None:
        return _held(kept, located, obstacle)
    local, imports = _local(kept), kept.function.file.imports
    torch = next((name for name, dotted in imports.items() if dotted == "torch"), "torch")
    code = f"if not {torch}.jit.is_scripting():\n    self.{kept.name} = {local}"
    return _rewrite(kept, stores, local, code, Safety.NARROWING)


def _rewrite(kept: _Kept, webs: Sequence[Web], local: str, code: str, safety: Safety) -> Rewrite:
    file = kept.function.file
    places = [place for web in webs for place in web.places if isinstance(place, ast.Attribute)]
    edits: list[Edit] = []
    if safety is not Safety.SAFE and "torch" not in file.imports.values():
        edits.append(AddImport("torch"))
    replaced: set[ast.AST] = set()
    stored = [place for place in places if isinstance(place.ctx, ast.Store)]
    for statement in dict.fromkeys(_statement_of(place, kept) for place in stored):
        assert isinstance(statement, ast.Assign)
        after = behind(statement, kept.function)
        if after:
            edits.append(InsertBefore(after[0], code))
        else:
            text = _text(statement, kept, dict.fromkeys(places, local))
            edits.append(ReplaceStatement(statement, f"{text}\n{code}"))
            replaced |= set(ast.walk(statement))
    edits += [ReplaceExpression(place, local) for place in places if place not in replaced]
    where = "" if safety is Safety.SAFE else ", and set in Python only"
    summary = f"self.{kept.name} is read from {local}{where}"
    line = min(place.lineno for place in places)
    name, qualname = AttributeInLocal.name, kept.function.qualname
    return Rewrite(name, file.path, line, qualname, summary, safety, tuple(edits))


def _text(statement: ast.Assign, kept: _Kept, instead: Mapping[ast.AST, str]) -> str:
    """A statement with the local in the place of the attribute."""
    parts = [*statement.targets, statement.value]
    return " = ".join(substituted(kept.function.file, part, instead) for part in parts)


def _local(kept: _Kept) -> str:
    word = kept.name.strip("_").lower() or "value"
    return free_name([word, f"{word}_now"], taken_names(kept.function))


def _held(kept: _Kept, located: Located, reason: str) -> HeldBack:
    path, where = kept.function.file.path, kept.function.qualname
    return HeldBack(AttributeInLocal.name, path, located.line, where, reason)


# ------------------------------------------------------------------------- what is asked


def _stored(kept: _Kept) -> list[ast.Attribute]:
    return [
        node
        for node in kept.function.nodes
        if isinstance(node, ast.Attribute)
        and self_attribute(node) == kept.name
        and isinstance(node.ctx, ast.Store)
    ]


def _statement_of(place: ast.AST, kept: _Kept) -> ast.AST:
    while not isinstance(place, ast.stmt):
        place = kept.function.file.parents[place]
    return place


def _obstacle(kept: _Kept, webs: Sequence[Web]) -> str | None:
    """Why these values cannot be kept in a local."""
    family = (*kept.owner.mro, *kept.owner.subclasses)
    for cls in family:
        hooks = HOOKS & cls.methods.keys()
        if hooks:
            return f"{cls.qualname} has its own {min(hooks)}"
        if kept.name in cls.methods:
            return f"{cls.qualname} has a method or property {kept.name}"
    if _is_layer(kept, family):
        return f"self.{kept.name} is a layer, a Parameter or a buffer"
    stored = [place for web in webs for place in web.bindings if isinstance(place, ast.Attribute)]
    if any(not isinstance(_statement_of(place, kept), ast.Assign) for place in stored):
        return f"self.{kept.name} is set by more than an assignment"
    return None


def _changes_or_is_tested(web: Web, kept: _Kept) -> bool:
    """Whether the method sets the attribute, or asks whether it is None: what it knows of a local,
    the compiler does not know of an attribute."""
    if any(isinstance(place, ast.Attribute) for place in web.bindings):
        return True
    parents = [kept.function.file.parents[place] for place in web.uses]
    return any(
        isinstance(parent, ast.Compare) and isinstance(parent.ops[0], ast.Is | ast.IsNot)
        for parent in parents
    )


def _is_there(kept: _Kept) -> bool:
    """Whether every object has the attribute before the method runs."""
    attribute = kept.owner.attribute(kept.name)
    if attribute is None:
        return False
    return attribute.class_level is not None or any(
        definition.in_construction and not definition.branches
        for definition in attribute.definitions
    )


def _first_statement(places: Sequence[ast.AST], kept: _Kept) -> ast.stmt:
    """The first statement that one of the places is in, in the innermost block, inside no loop,
    that holds them all."""
    nodes = [place for place in places if isinstance(place, ast.Attribute)]
    block: Sequence[ast.stmt] = kept.function.node.body
    while True:
        holding = [s for s in block if any(node in nodes for node in ast.walk(s))]
        first = holding[0]
        inner: Sequence[ast.stmt] = ()
        if len(holding) == 1 and isinstance(first, ast.If | ast.With):
            for each in (first.body, getattr(first, "orelse", [])):
                inside = [node for s in each for node in ast.walk(s)]
                inner = each if all(node in inside for node in nodes) else inner
        if not inner:
            return first
        block = inner


def _older(kept: _Kept) -> str:
    return f"self.{kept.name} is read where it may have an older value"


def _is_layer(kept: _Kept, family: Sequence[ClassFacts]) -> bool:
    observed = kept.function.file.project.observed
    seen = [observed.attribute(cls.file.path, cls.qualname, kept.name) for cls in family]
    if any(each and (each.buffer or each.parameter or each.modules) for each in seen):
        return True
    return bool(held_by_attribute(kept.owner.attribute(kept.name)).kinds & LAYERS)


def _seen_types(kept: _Kept) -> frozenset[str]:
    observed = kept.function.file.project.observed
    seen = [observed.attribute(c.file.path, c.qualname, kept.name) for c in kept.owner.mro]
    return frozenset().union(*(each.types for each in seen if each is not None))


def _has_one_type(kept: _Kept) -> bool:
    return len(_seen_types(kept) - {"None"}) <= 1


def _may_be_none(kept: _Kept) -> bool:
    attribute = kept.owner.attribute(kept.name)
    values = [d.value for d in attribute.definitions] if attribute is not None else []
    values += [attribute.class_level] if attribute is not None else []
    return "None" in _seen_types(kept) or any(
        isinstance(value, ast.Constant) and value.value is None for value in values
    )


def _other_reader(kept: _Kept) -> str | None:
    """What else that is compiled reads an attribute of this name."""
    for reader in kept.function.file.project.scripted:
        for node in reader.nodes:
            if (
                isinstance(node, ast.Attribute)
                and node.attr == kept.name
                and isinstance(node.ctx, ast.Load)
                and not (reader is kept.function and self_attribute(node) is not None)
                and type_of(node.value, reader) != "Tensor"
            ):
                return f"{reader.qualname} reads {kept.name} as well, and is compiled"
    return None
