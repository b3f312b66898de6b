"""Calls a layer of a ModuleDict or ModuleList that is chosen at run time by a method that goes
through all of them.

## What the compiler says

    ModuleDict indexing is only supported with string literals
    ModuleList/Sequential indexing is only supported with integer literals

## What is written instead

    x = self.layers[name](x)                    x = self._call_layers(name, x)

    def _call_layers(self, key: str, x):
        for name, layer in self.layers.items():
            if name == key:
                return layer(x)
        raise KeyError(key)

The compiler unrolls the loop. For a ModuleList it is over `enumerate(self.layers)`, where -1 is the
last one as before.

## When it holds back

Where the layer is not called at that place, where the call takes `*args`, and where the attribute
is not known to be a ModuleDict, ModuleList or Sequential.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from torchscript_fix.edit import AddImport, Edit, InsertBefore, ReplaceExpression
from torchscript_fix.facts.held import held_by_attribute
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.spelling import SpellingError, spelled

LISTS = frozenset({Kind.MODULE_LIST, Kind.SEQUENTIAL})
DICTS = frozenset({Kind.MODULE_DICT})


class LayerByKey(Rule):
    name: ClassVar[str] = "layer-by-key"
    summary: ClassVar[str] = "self.layers[key](x) with a computed key becomes a method with a loop."
    messages: ClassVar[tuple[str, ...]] = (
        "ModuleDict indexing is only supported with string literals",
        "ModuleList/Sequential indexing is only supported with integer literals",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a class: all the layers that it chooses so."""
        done: set[ClassFacts] = set()
        for located in self.diagnosed(facts):
            function = located.function
            if function is None or function.owner is None or function.owner in done:
                continue
            done.add(function.owner)
            chosen = list(_chosen(function.owner, function))
            if chosen:
                yield self._one(function.owner, chosen)

    def _one(self, cls: ClassFacts, chosen: list["Chosen"]) -> Rewrite | HeldBack:
        methods = _Methods(cls)
        edits: list[Edit] = []
        for each in chosen:
            found = methods.call(each)
            if isinstance(found, str):
                line, where = each.node.lineno, each.function.qualname
                return HeldBack(self.name, cls.file.path, line, where, found)
            edits.append(found)
        first = min(chosen, key=lambda each: each.node.lineno)
        code = "\n".join(methods.codes.values())
        edits += [*methods.imports, InsertBefore(first.function.node, code)]
        names = ", ".join(methods.names)
        summary = f"layers that are chosen at run time are called by {names}"
        where, line = first.function.qualname, first.node.lineno
        return Rewrite(self.name, cls.file.path, line, where, summary, Safety.SAFE, tuple(edits))


@dataclass(frozen=True, eq=False)
class Chosen:
    """`self.layers[key]` with a key that is not a literal."""

    function: FunctionFacts
    node: ast.Subscript
    attribute: str


def _chosen(cls: ClassFacts, named: FunctionFacts) -> Iterator[Chosen]:
    for method in cls.methods.values():
        if method is not named and not method.scripted:
            continue
        for node in method.nodes:
            if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
                continue
            attribute = self_attribute(node.value)
            if attribute is None or _is_literal(node.slice):
                continue
            if held_by_attribute(method.attribute(attribute)).kinds & (LISTS | DICTS):
                yield Chosen(method, node, attribute)


def _is_literal(index: ast.expr) -> bool:
    match index:
        case ast.Constant() | ast.UnaryOp(operand=ast.Constant()) | ast.Slice():
            return True
    return False


@dataclass
class _Methods:
    """The methods that a class gains."""

    cls: ClassFacts
    codes: dict[tuple[str, ...], str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    imports: dict[AddImport, None] = field(default_factory=dict)

    def call(self, chosen: Chosen) -> ReplaceExpression | str:
        """The Edit that calls a layer by its method; why there is none."""
        function, file = chosen.function, self.cls.file
        call = file.parents[chosen.node]
        if not isinstance(call, ast.Call) or call.func is not chosen.node:
            return "the layer that is chosen is not called there and then"
        if call.keywords or any(isinstance(each, ast.Starred) for each in call.args):
            return "the call takes more than plain arguments"
        kinds = held_by_attribute(function.attribute(chosen.attribute)).kinds - {Kind.NONE}
        if not kinds <= LISTS and not kinds <= DICTS:
            return f"self.{chosen.attribute} may be more than a list or dictionary of layers"
        if any(node is not chosen.node for node in _inner(call, self.cls)):
            return "its arguments choose layers themselves"
        try:
            parameters = [self._parameter(a, n, function) for n, a in enumerate(call.args)]
        except SpellingError as error:
            return str(error)
        name = self._method(chosen.attribute, parameters, kinds <= DICTS)
        arguments = ", ".join(file.segment(each) for each in (chosen.node.slice, *call.args))
        return ReplaceExpression(call, f"self.{name}({arguments})")

    def _method(self, attribute: str, parameters: list[str], is_dict: bool) -> str:
        key = (attribute, *(each.partition(":")[2] for each in parameters))
        if key in self.codes:
            return self.names[list(self.codes).index(key)]
        taken = {*self.names, *(name for c in self.cls.mro for name in c.methods)}
        name = free_name([f"_call_{attribute.strip('_')}"], taken)
        passed = ", ".join(each.partition(":")[0] for each in parameters)
        taken_by = ", ".join(["self", "key: str" if is_dict else "index: int", *parameters])
        items = f"self.{attribute}.items()" if is_dict else f"enumerate(self.{attribute})"
        test = (
            "name == key"
            if is_dict
            else f"place == index or place == index + len(self.{attribute})"
        )
        place, error = ("name", "KeyError(key)") if is_dict else ("place", "IndexError(str(index))")
        self.names.append(name)
        self.codes[key] = (
            f"def {name}({taken_by}):\n    for {place}, layer in {items}:\n"
            f"        if {test}:\n            return layer({passed})\n    raise {error}\n"
        )
        return name

    def _parameter(self, argument: ast.expr, place: int, function: FunctionFacts) -> str:
        own = argument.id if isinstance(argument, ast.Name) else "x"
        reserved = {"self", "key", "index", "name", "place", "layer"}
        name = own if own not in reserved and place == 0 else f"x{place or ''}"
        kind = type_of(argument, function)
        if kind is None or kind == "Tensor":
            return name
        annotation = spelled(kind, function.file, function.node.lineno)
        self.imports.update(dict.fromkeys(annotation.imports))
        return f"{name}: {annotation.code}"


def _inner(call: ast.Call, cls: ClassFacts) -> Iterator[ast.Subscript]:
    """The layers of the class's own lists that stand in the arguments of a call."""
    for argument in call.args:
        for node in ast.walk(argument):
            if isinstance(node, ast.Subscript):
                attribute = self_attribute(node.value)
                kinds = held_by_attribute(cls.attribute(attribute or "")).kinds
                if attribute is not None and kinds & (LISTS | DICTS):
                    yield node
