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
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain

from torchscript_fix.editing.edit import (
    AddImport,
    InsertBefore,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.bindings import bindings
from torchscript_fix.facts.held import held_by_attribute
from torchscript_fix.facts.kinds import LAYERS
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.observed import Types
from torchscript_fix.facts.presence import HOOKS
from torchscript_fix.facts.reaching import Web, attribute_webs
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import FileFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Declined, Fix, NameSite, Place, Safety, SiteRule, require
from torchscript_fix.kit.before import put_behind
from torchscript_fix.kit.substitution import substituted

WRONG = "Wrong type for attribute assignment"
MISSING = "Tried to set nonexistent attribute"


class AttributeInLocal(SiteRule[NameSite]):
    name = "attribute-in-local"
    summary = "What a method keeps in an attribute, it reads from a local."
    messages = (WRONG, MISSING, "'Optional[", "type Optional[", "NoneType")
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[NameSite]:
        """The attributes of `self` in the statement that the compiler stopped at, and those that
        locals in it come from."""
        for located in self.diagnosed(file):
            function, node = located.function, located.node
            if function is None or function.owner is None or node is None:
                continue
            statement = statement_of(node, function)
            nodes = list(ast.walk(node if hasattr(statement, "body") else statement))
            names = [each.id for each in nodes if isinstance(each, ast.Name)]
            values = [each.value for name in names for each in bindings(function).get(name, ())]
            found = [self_attribute(each) for each in (*nodes, *values) if each is not None]
            for attribute in dict.fromkeys(filter(None, found)):
                yield NameSite(function, attribute, located)

    def fix(self, site: NameSite) -> Fix | None:
        is_set = any(message in site.message for message in (WRONG, MISSING))
        return _set_in_python(site) if is_set else _read_from_local(site)


# ----------------------------------------------------------------------- what is written


def _read_from_local(kept: NameSite) -> Fix | None:
    """Where the attribute has its type, and may be None: what is read is the local."""
    webs = [web for web in _webs(kept) if web.uses and _changes_or_is_tested(web, kept)]
    if not webs or not _may_be_none(kept) or any(_obstacles(kept, webs)):
        return None
    fix = _written(kept, webs, Safety.SAFE)
    if not any(web.comes_from_before for web in webs):
        return fix
    places = [place for web in webs for place in web.places if isinstance(place, ast.Attribute)]
    read = f"{_local(kept)} = self.{kept.name}"
    edits = [InsertBefore(_first_statement(places, kept), read), *fix.edits]
    return replace(fix, edits=edits) if _is_there(kept) else None


def _set_in_python(kept: NameSite) -> Fix | None:
    """Where no type of the attribute fits."""
    stored = [node for node in kept.function.nodes if _is_set(node, kept.name)]
    untold = f"what else may set self.{kept.name}, and when, is not plain here"
    require(_webs(kept) or not stored, untold)
    stores = [web for web in _webs(kept) if any(place in web for place in stored)]
    is_from_none = "Expected NoneType but got" in kept.message
    if not stores or (is_from_none and len(_types(kept) - {"None"}) <= 1):
        return None  # attribute-type declares it
    for reason in chain(_obstacles(kept, stores), _readers(kept)):
        raise Declined(reason)
    return _written(kept, stores, Safety.NARROWING)


def _written(kept: NameSite, webs: Sequence[Web], safety: Safety) -> Fix:
    local, function, imports = _local(kept), kept.function, kept.file.imports
    code, summary = f"self.{kept.name} = {local}", f"self.{kept.name} is read from {local}"
    edits: list[AddImport | InsertBefore | ReplaceStatement | ReplaceExpression] = []
    if safety is Safety.NARROWING:
        torch = next((name for name, dotted in imports.items() if dotted == "torch"), "torch")
        code = f"if not {torch}.jit.is_scripting():\n    {code}"
        summary += ", and set in Python only"
        edits += [AddImport("torch")] if "torch" not in imports.values() else []
    places = [place for web in webs for place in web.places if isinstance(place, ast.Attribute)]
    instead: dict[ast.AST, str] = dict.fromkeys(places, local)
    stored = (statement_of(place, function) for place in places if _is_set(place, kept.name))
    for statement in dict.fromkeys(stored):
        assert isinstance(statement, ast.Assign)
        parts = [*statement.targets, statement.value]
        text = " = ".join(substituted(kept.file, part, instead) for part in parts)
        edits.append(put_behind(statement, code, function, text))
    again = [edit.statement for edit in edits if isinstance(edit, ReplaceStatement)]
    written = {node for statement in again for node in ast.walk(statement)}
    edits += [ReplaceExpression(place, local) for place in places if place not in written]
    at = Place(kept.file, min(place.lineno for place in places), kept.qualname)
    return Fix(summary, edits, safety, at)


def _local(kept: NameSite) -> str:
    word = kept.name.strip("_").lower() or "value"
    return free_name([word, f"{word}_now"], taken_names(kept.function))


# ------------------------------------------------------------------------- what is asked


def _webs(kept: NameSite) -> Sequence[Web]:
    return attribute_webs(kept.function, kept.name)


def _types(kept: NameSite) -> Types:
    return kept.attribute.types_in(kept.attribute.cls.mro)


def _is_set(node: ast.AST, name: str) -> bool:
    return self_attribute(node) == name and isinstance(getattr(node, "ctx", None), ast.Store)


def _obstacles(kept: NameSite, webs: Sequence[Web]) -> Iterator[str]:
    """Why these values cannot be kept in a local."""
    for cls in kept.attribute.family:
        for hook in sorted(HOOKS & cls.methods.keys()):
            yield f"{cls.qualname} has its own {hook}"
        if kept.name in cls.methods:
            yield f"{cls.qualname} has a method or property {kept.name}"
    seen = attribute_seen(kept.name, kept.attribute.family)
    is_held = any(each.buffer or each.parameter or each.modules for each in seen)
    if is_held or held_by_attribute(kept.attribute.facts).kinds & LAYERS:
        yield f"self.{kept.name} is a layer, a Parameter or a buffer"
    stored = [place for web in webs for place in web.bindings if isinstance(place, ast.Attribute)]
    if not all(isinstance(statement_of(each, kept.function), ast.Assign) for each in stored):
        yield f"self.{kept.name} is set by more than an assignment"


def _changes_or_is_tested(web: Web, kept: NameSite) -> bool:
    """Whether the method sets the attribute, or asks whether it is None: what it knows of a local,
    the compiler does not know of an attribute."""
    parents = (kept.file.parents[place] for place in web.uses)
    tests = [parent for parent in parents if isinstance(parent, ast.Compare)]
    is_tested = any(isinstance(test.ops[0], ast.Is | ast.IsNot) for test in tests)
    return is_tested or any(isinstance(place, ast.Attribute) for place in web.bindings)


def _is_there(kept: NameSite) -> bool:
    """Whether every object has the attribute before the method runs."""
    facts = kept.attribute.facts
    every = kept.attribute.definitions
    surely = any(each.in_construction and not each.branches for each in every)
    return surely or (facts is not None and facts.class_level is not None)


def _first_statement(places: Sequence[ast.AST], kept: NameSite) -> ast.stmt:
    """The first statement that one of the places is in, in the innermost block, inside no loop,
    that holds them all."""
    block: Sequence[ast.stmt] = kept.function.node.body
    while True:
        holding = [s for s in block if any(node in places for node in ast.walk(s))]
        inner: list[list[ast.stmt]] = []
        match holding:
            case [ast.If(body=body, orelse=orelse)]:
                inner = [body, orelse]
            case [ast.With(body=body)]:
                inner = [body]
        nodes = ((each, {node for s in each for node in ast.walk(s)}) for each in inner)
        fitting = [each for each, inside in nodes if inside.issuperset(places)]
        if not fitting:
            return holding[0]
        block = fitting[0]


def _may_be_none(kept: NameSite) -> bool:
    facts = kept.attribute.facts
    values = [each.value for each in kept.attribute.definitions]
    values += [facts.class_level] if facts is not None else []
    return "None" in _types(kept) or any(map(is_none, values))


def _readers(kept: NameSite) -> Iterator[str]:
    """What reads an older value of the attribute, or one of this name in other compiled code."""
    if any(web.comes_from_before and web.uses for web in _webs(kept)):
        yield f"self.{kept.name} is read where it may have an older value"
    for reader in kept.file.project.scripted:
        for node in reader.nodes:
            match node:
                case ast.Attribute(attr=name, ctx=ast.Load(), value=of) if name == kept.name:
                    is_its_own = reader is kept.function and self_attribute(node) is not None
                    if not is_its_own and type_of(of, reader) != "Tensor":
                        yield f"{reader.qualname} reads {name} as well, and is compiled"
