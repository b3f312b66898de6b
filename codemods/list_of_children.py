"""A list of layers that are registered one by one is gone through by `self.children()`.

## What the compiler says

    failed to convert Python type: 'list' … Cannot infer concrete type of torch.nn.Module

A plain list of modules is no value to TorchScript. It unrolls loops over `self.children()`, though.

## What is written instead

    self.filters = []
    for i in range(count):
        self.filters.append(nn.Conv2d(…))
        self.add_module("conv%d" % i, self.filters[i])
    …
    for layer in self.filters:                  for layer in self.children():

The same layers in the same order, under the names that they have: a ModuleList would add keys to
the state_dict. `len(self.filters)` is kept as a number.

## When it holds back

Where not every layer that is put in the list is registered beside it, where the model has other
children, or may have, and where the list is used for more than a loop and its length.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertBefore, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.held import held_by_definition
from torchscript_fix.facts.kinds import MODULES, Kind
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    self_attribute,
)
from torchscript_fix.kit.substitution import written_again
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"has no attribute '(?P<name>\w+)'")
REGISTERS = frozenset({"add_module", "register_module"})


class ListOfChildren(Rule):
    """`self.children()` in the place of a list that holds them."""

    name: ClassVar[str] = "list-of-children"
    summary: ClassVar[str] = "A loop over a list of all children becomes one over self.children()."
    messages: ClassVar[tuple[str, ...]] = ("Cannot infer concrete type of torch.nn.Module",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a list."""
        done: set[tuple[ClassFacts, str]] = set()
        for located in self.diagnosed(facts):
            said, owner = SAID.search(located.message), located.owner
            if said is None or owner is None:
                continue
            name = said["name"]
            definitions = [d for c in _family(owner) for d in c.own_definitions.get(name, ())]
            filled = _filled(name, definitions)
            if filled is None or (filled.home, name) in done:
                continue  # no list that __init__ begins empty, and fills in a loop
            done.add((filled.home, name))
            uses = list(_uses(filled))
            if uses:
                yield self._one(filled, uses)

    def _one(self, filled: "_Filled", uses: Sequence["_Use"]) -> Rewrite | HeldBack:
        home, name = filled.home, filled.name
        path, line = home.file.path, filled.loop.lineno
        obstacle = _not_registered(filled) or _other_children(filled)
        edits = _edits(filled, uses)
        if obstacle is not None or edits is None:
            reason = obstacle or f"self.{name} is used for more than loops and its length"
            return HeldBack(self.name, path, line, home.qualname, reason)
        summary = f"self.{name} is gone through by self.children()"
        safety = Safety.NARROWING
        return Rewrite(self.name, path, line, home.qualname, summary, safety, tuple(edits))


# ----------------------------------------------------------------------------- how it is filled


@dataclass(frozen=True, eq=False)
class _Filled:
    """`self.NAME = []` in an `__init__`, and the loop that appends to it."""

    name: str
    init: FunctionFacts
    home: ClassFacts
    loop: ast.For
    append: ast.stmt
    appended: ast.expr


def _family(cls: ClassFacts) -> tuple[ClassFacts, ...]:
    return (*cls.mro, *cls.subclasses)


def _filled(name: str, definitions: Sequence[Definition]) -> _Filled | None:
    if len(definitions) != 1 or definitions[0].branches:
        return None
    init, value = definitions[0].function, definitions[0].value
    if init.name != "__init__" or init.owner is None or value is None:
        return None
    if ast.unparse(value) not in {"[]", "list()"}:
        return None
    for loop in init.node.body:
        for statement in loop.body if isinstance(loop, ast.For) else ():
            match statement:
                case ast.Expr(
                    value=ast.Call(func=ast.Attribute(value=place, attr="append"), args=[appended])
                ) if (self_attribute(place) == name):
                    assert isinstance(loop, ast.For)
                    return _Filled(name, init, init.owner, loop, statement, appended)
    return None


def _not_registered(filled: _Filled) -> str | None:
    """Why the list may hold something else than what the loop registers, turn by turn."""
    found = [call for f in _methods(filled.home) for call in f.calls if _registers(call)]
    if len(found) != 1:
        return f"{filled.home.qualname} registers layers in several places, or none"
    (call,) = found
    body = filled.loop.body
    statement = next((s for s in body if isinstance(s, ast.Expr) and s.value is call), None)
    name, layer = call.args[-2:]
    counter = filled.loop.target
    if statement is None or not isinstance(counter, ast.Name):
        return "the layers are not registered where they are put in the list"
    if not any(isinstance(n, ast.Name) and n.id == counter.id for n in ast.walk(name)):
        return "the names of the layers are not told apart by the variable of the loop"
    if not _is_new(filled):
        return "the layer that is put in the list is not made there"
    last = {f"self.{filled.name}[-1]"}
    if _starts_at_zero(filled.loop.iter):
        last.add(f"self.{filled.name}[{counter.id}]")
    if ast.unparse(layer) in last and body.index(statement) > body.index(filled.append):
        return None
    same = isinstance(layer, ast.Name) and ast.unparse(layer) == ast.unparse(filled.appended)
    return None if same else "what is registered is not what is put in the list"


def _methods(cls: ClassFacts) -> Iterator[FunctionFacts]:
    for other in _family(cls):
        yield from other.methods.values()


def _registers(call: ast.Call) -> bool:
    """`self.add_module(…)`, `setattr(self, …)`."""
    match call:
        case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id="self"), _, _]):
            return True
        case ast.Call(func=ast.Attribute(attr=attr), args=[_, _]):
            return attr in REGISTERS and self_attribute(call.func) is not None
    return False


def _is_new(filled: _Filled) -> bool:
    """Whether each turn makes the layer that it appends."""
    match filled.appended:
        case ast.Call():
            return True
        case ast.Name(id=name):
            made = [
                statement
                for statement in filled.loop.body
                if isinstance(statement, ast.Assign)
                and ast.unparse(statement.targets[0]) == name
                and isinstance(statement.value, ast.Call)
            ]
            return len(made) == 1 and len(filled.init.assignments.get(name, ())) == 1
    return False


def _starts_at_zero(source: ast.expr) -> bool:
    match source:
        case ast.Call(func=ast.Name(id="range"), args=[_] | [ast.Constant(value=0), _]):
            return True
    return False


def _other_children(filled: _Filled) -> str | None:
    """What else may be a child of such a model."""
    home = filled.home
    if home.outside_bases - {"torch.nn.Module"}:
        return f"{home.qualname} is more than an nn.Module"
    observed = home.file.project.observed
    for cls in _family(home):
        for name, definitions in cls.own_definitions.items():
            if name == filled.name:
                continue
            kinds = {k for each in definitions for k in held_by_definition(each).kinds}
            seen = observed.attribute(home.file.path, home.qualname, name)
            unknown = Kind.UNKNOWN in kinds and (seen is None or bool(seen.modules))
            if kinds & MODULES or unknown:
                return f"self.{name} may be a child as well"
    return None


# ------------------------------------------------------------------------------------ its uses


@dataclass(frozen=True, eq=False)
class _Use:
    """The list in a method other than the `__init__` that fills it."""

    method: FunctionFacts
    node: ast.Attribute


def _uses(filled: _Filled) -> Iterator[_Use]:
    for method in _methods(filled.home):
        for node in method.nodes if method is not filled.init else ():
            if isinstance(node, ast.Attribute) and self_attribute(node) == filled.name:
                yield _Use(method, node)


def _edits(filled: _Filled, uses: Sequence[_Use]) -> list[Edit] | None:
    """The loops and lengths as they become; None where there are other uses."""
    edits: list[Edit] = []
    count = free_name([f"num_{filled.name.strip('_')}"], _members(filled.home))
    is_counted = False
    for use in uses:
        parent = use.method.file.parents[use.node]
        if use.method.file is not filled.home.file:
            return None
        if _is_looped_over(use.node, use.method):
            edits.append(ReplaceExpression(use.node, "self.children()"))
        elif isinstance(parent, ast.Call) and ast.unparse(parent.func) == "len":
            edits.append(ReplaceExpression(parent, f"self.{count}"))
            is_counted = True
        else:
            return None
    return [*edits, _kept(filled, count)] if is_counted else edits


def _is_looped_over(node: ast.expr, method: FunctionFacts) -> bool:
    parent = method.file.parents[node]
    if isinstance(parent, ast.Call) and ast.unparse(parent.func) == "enumerate":
        node, parent = parent, method.file.parents[parent]
    return isinstance(parent, ast.For) and parent.iter is node


def _members(cls: ClassFacts) -> set[str]:
    return {n for c in _family(cls) for n in (*c.methods, *c.own_definitions, *c.class_level)}


def _kept(filled: _Filled, count: str) -> Edit:
    """`self.num_filters = len(self.filters)` behind the loop that fills it."""
    code = f"self.{count} = len(self.{filled.name})"
    body = filled.init.node.body
    place = body.index(filled.loop) + 1
    if place < len(body):
        return InsertBefore(body[place], code)
    lines = written_again(filled.home.file, [filled.loop], {})
    return ReplaceStatement(filled.loop, "\n".join([*lines, code]))
