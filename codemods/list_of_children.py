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
from collections.abc import Iterator
from dataclasses import dataclass, field

from torchscript_fix.editing.edit import Edit, InsertBefore, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.held import held_by_definition
from torchscript_fix.facts.indexing import names_in
from torchscript_fix.facts.kinds import MODULES, Kind
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.kit import Fix, Safety, SiteRule, require
from torchscript_fix.kit.attributes import NAMED
from torchscript_fix.kit.substitution import written_again

REGISTERS = frozenset({"add_module", "register_module"})


@dataclass(frozen=True)
class Filled:
    """`self.NAME = []` in the `__init__` of a class, and the loop that appends to it."""

    home: ClassFacts
    name: str
    init: FunctionFacts = field(compare=False)
    loop: ast.For = field(compare=False)
    append: ast.stmt = field(compare=False)
    appended: ast.expr = field(compare=False)

    @property
    def file(self) -> FileFacts:
        return self.home.file

    @property
    def line(self) -> int:
        return self.loop.lineno

    @property
    def qualname(self) -> str:
        return self.home.qualname

    @property
    def family(self) -> tuple[ClassFacts, ...]:
        return (*self.home.mro, *self.home.subclasses)

    @property
    def methods(self) -> Iterator[FunctionFacts]:
        return (method for cls in self.family for method in cls.methods.values())


class ListOfChildren(SiteRule[Filled]):
    name = "list-of-children"
    summary = "A loop over a list of all children becomes one over self.children()."
    messages = ("Cannot infer concrete type of torch.nn.Module",)
    safety = Safety.NARROWING

    def sites(self, file: FileFacts) -> Iterator[Filled]:
        for located in self.diagnosed(file):
            said = NAMED.search(located.message)
            if said is not None and located.owner is not None:
                yield from _filled(said["name"], located.owner)

    def fix(self, site: Filled) -> Fix | None:
        uses = [
            (method, node)
            for method in site.methods
            for node in (method.nodes if method is not site.init else ())
            if isinstance(node, ast.Attribute) and self_attribute(node) == site.name
        ]
        if not uses:
            return None
        _require_registered(site)
        _require_no_other_children(site)
        members = {n for c in site.family for n in (*c.methods, *c.own_definitions, *c.class_level)}
        count = free_name([f"num_{site.name.strip('_')}"], members)
        edits: list[Edit] = []
        for method, node in uses:
            parent = method.file.parents[node]
            is_length = isinstance(parent, ast.Call) and ast.unparse(parent.func) == "len"
            other = f"self.{site.name} is used for more than loops and its length"
            known = is_length or _is_looped_over(node, method)
            require(known and method.file is site.file, other)
            if is_length and isinstance(parent, ast.Call):
                edits += [ReplaceExpression(parent, f"self.{count}"), _counted(site, count)]
            else:
                edits.append(ReplaceExpression(node, "self.children()"))
        return Fix(f"self.{site.name} is gone through by self.children()", edits)


# ----------------------------------------------------------------------------- how it is filled


def _filled(name: str, owner: ClassFacts) -> Iterator[Filled]:
    """The one list of that name that an `__init__` begins empty, and fills in a loop."""
    family = (*owner.mro, *owner.subclasses)
    match [each for cls in family for each in cls.own_definitions.get(name, ())]:
        case [only] if not only.branches and only.value is not None:
            init, home = only.function, only.function.owner
            if init.name != "__init__" or ast.unparse(only.value) not in {"[]", "list()"}:
                return
        case _:
            return
    for loop in init.node.body:
        for statement in loop.body if isinstance(loop, ast.For) else ():
            match statement:
                case ast.Expr(
                    value=ast.Call(func=ast.Attribute(value=place, attr="append"), args=[appended])
                ) if (self_attribute(place) == name and home is not None):
                    assert isinstance(loop, ast.For)
                    yield Filled(home, name, init, loop, statement, appended)
                    return


def _require_registered(filled: Filled) -> None:
    """Decline where the list may hold something else than what the loop registers, turn by turn."""
    found = [call for method in filled.methods for call in method.calls if _registers(call)]
    several = f"{filled.qualname} registers layers in several places, or none"
    require(len(found) == 1, several)
    name, layer = found[0].args[-2:]
    body, counter = filled.loop.body, ast.unparse(filled.loop.target)
    at = [i for i, s in enumerate(body) if isinstance(s, ast.Expr) and s.value is found[0]]
    beside = at and isinstance(filled.loop.target, ast.Name)
    require(beside, "the layers are not registered where they are put in the list")
    told_apart = "the names of the layers are not told apart by the variable of the loop"
    require(counter in names_in(name), told_apart)
    require(_is_new(filled), "the layer that is put in the list is not made there")
    last = {f"self.{filled.name}[-1]"}
    match filled.loop.iter:
        case ast.Call(func=ast.Name(id="range"), args=[_] | [ast.Constant(value=0), _]):
            last.add(f"self.{filled.name}[{counter}]")
    is_last = ast.unparse(layer) in last and at[0] > body.index(filled.append)
    same = isinstance(layer, ast.Name) and ast.unparse(layer) == ast.unparse(filled.appended)
    require(is_last or same, "what is registered is not what is put in the list")


def _registers(call: ast.Call) -> bool:
    """`self.add_module(…)`, `setattr(self, …)`."""
    match call:
        case ast.Call(func=ast.Name(id="setattr"), args=[ast.Name(id="self"), _, _]):
            return True
        case ast.Call(func=ast.Attribute(attr=attr), args=[_, _]):
            return attr in REGISTERS and self_attribute(call.func) is not None
    return False


def _is_new(filled: Filled) -> bool:
    """Whether each turn makes the layer that it appends."""
    match filled.appended:
        case ast.Call():
            return True
        case ast.Name(id=name):
            made = [
                statement
                for statement in filled.loop.body
                if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call)
                if ast.unparse(statement.targets[0]) == name
            ]
            return len(made) == 1 and len(filled.init.assignments.get(name, ())) == 1
    return False


def _require_no_other_children(filled: Filled) -> None:
    home, observed = filled.home, filled.file.project.observed
    more = home.outside_bases - {"torch.nn.Module"}
    require(not more, f"{home.qualname} is more than an nn.Module")
    for cls in filled.family:
        for name, definitions in cls.own_definitions.items():
            kinds = {kind for each in definitions for kind in held_by_definition(each).kinds}
            seen = observed.attribute(home.file.path, home.qualname, name)
            unknown = Kind.UNKNOWN in kinds and (seen is None or bool(seen.modules))
            is_other = name != filled.name and (kinds & MODULES or unknown)
            require(not is_other, f"self.{name} may be a child as well")


# ------------------------------------------------------------------------------------ its uses


def _is_looped_over(node: ast.expr, method: FunctionFacts) -> bool:
    parent = method.file.parents[node]
    if isinstance(parent, ast.Call) and ast.unparse(parent.func) == "enumerate":
        node, parent = parent, method.file.parents[parent]
    return isinstance(parent, ast.For) and parent.iter is node


def _counted(filled: Filled, count: str) -> Edit:
    """`self.num_filters = len(self.filters)` behind the loop that fills it."""
    code, body = f"self.{count} = len(self.{filled.name})", filled.init.node.body
    behind = body[body.index(filled.loop) + 1 :]
    if behind:
        return InsertBefore(behind[0], code)
    lines = written_again(filled.file, [filled.loop], {})
    return ReplaceStatement(filled.loop, "\n".join([*lines, code]))
