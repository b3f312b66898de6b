"""Calls a layer whose name is put together at run time by a method that knows all the names.

## What the compiler says

    getattr's second argument must be a string literal

TorchScript has to know which layer is called. A name that is computed, as in
`getattr(self, "conv%d" % i)(x)` or `self._modules[name](x)`, can be any.

## What is written instead

    x = getattr(self, "conv%d" % i)(x)         x = self._call_conv("conv%d" % i, x)

    def _call_conv(self, name: str, x):
        if hasattr(self, "conv1") and name == "conv1":
            return self.conv1(x)
        if hasattr(self, "conv2") and name == "conv2":
            return self.conv2(x)
        raise AttributeError(name)

The names are those of the layers that the class defines or that its models were seen to have, as
far as they match; where a model lacks one, the compiler leaves that branch out. Keys and values of
the state_dict are what they were. A name that is none of these raises, which is narrower.

## When it holds back

Where nothing shows which names there are, where what is looked up is not called but kept, returned
or handed on, and where the call takes `*args`.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.edit import (
    AddImport,
    Edit,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
)
from torchscript_fix.facts.held import held_by_definition
from torchscript_fix.facts.kinds import MODULES
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.spelling import SpellingError, spelled

MOST_NAMES = 40
UNUSED = "__jit_unused_properties__"
"""The properties that the compiler leaves alone (`torch/jit/_recursive.py`)."""


class LayerByName(Rule):
    name: ClassVar[str] = "layer-by-name"
    summary: ClassVar[str] = (
        "getattr(self, name)(x) with a computed name becomes a method that knows the names."
    )
    messages: ClassVar[tuple[str, ...]] = (
        "getattr's second argument must be a string literal",
        "has no attribute '_modules'",
        "Unknown type name 'Module'",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a class: all of its methods that look layers up by name."""
        classes: dict[ClassFacts, FunctionFacts] = {}
        for located in self.diagnosed(facts):
            function = located.function
            if function is not None and function.owner is not None:
                classes.setdefault(function.owner, function)
            elif located.owner is not None and (forward := located.owner.method("forward")):
                classes.setdefault(located.owner, forward)
        for cls, function in classes.items():
            lookups = [
                lookup
                for method in cls.methods.values()
                if method is function or method.scripted
                for lookup in _lookups(method)
            ]
            if lookups:
                yield self._one(cls, lookups)

    def _one(self, cls: ClassFacts, lookups: list["Lookup"]) -> Rewrite | HeldBack:
        file, first = cls.file, lookups[0]
        methods = _Methods(cls, first.function)
        edits: list[Edit] = []
        for lookup in lookups:
            found = _called_otherwise(lookup, methods)
            if isinstance(found, str):
                line, where = lookup.node.lineno, lookup.function.qualname
                shown_by = f"a --case that runs {where}" if "no case" in found else None
                return HeldBack(self.name, file.path, line, where, found, shown_by)
            edits += found
        edits += methods.edits()
        names = ", ".join(dict.fromkeys(methods.names))
        summary = f"layers that are looked up by a computed name are called by {names}"
        return Rewrite(
            self.name,
            file.path,
            first.node.lineno,
            first.function.qualname,
            summary,
            Safety.NARROWING,
            tuple(edits),
        )


# ------------------------------------------------------------------------ what is looked up


@dataclass(frozen=True, eq=False)
class Lookup:
    """`getattr(self, name)` or `self._modules[name]`, where the name is not a literal."""

    function: FunctionFacts
    node: ast.expr
    name: ast.expr

    @property
    def parent(self) -> ast.AST:
        """What stands around it."""
        return self.function.file.parents[self.node]


def _lookups(function: FunctionFacts) -> Iterator[Lookup]:
    """What a method looks up by name; nothing where it is a property that is not compiled."""
    unused = function.owner.class_level.get(UNUSED) if function.owner is not None else None
    if unused is not None and function.name in _strings(unused):
        return
    for node in function.nodes:
        match node:
            case ast.Call(func=ast.Name(id="getattr"), args=[ast.Name(id="self"), name]):
                pass
            case ast.Call(func=ast.Attribute(attr="__getattr__") as place, args=[name]):
                if self_attribute(place) is None:
                    continue
            case ast.Subscript(value=ast.Attribute() as place, slice=name):
                if self_attribute(place) != "_modules":
                    continue
            case _:
                continue
        if not isinstance(name, ast.Constant):
            yield Lookup(function, node, name)


def _strings(node: ast.expr) -> set[object]:
    return {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}


def _called_otherwise(lookup: Lookup, methods: "_Methods") -> list[Edit] | str:
    """The Edits by which a lookup's calls go by a method; why that cannot be."""
    names = _layer_names(lookup)
    if isinstance(names, str):
        return names
    match lookup.parent:
        case ast.Call(func=func) as call if func is lookup.node:
            name = _compiled(lookup.name, lookup.function)
            obstacle = methods.call(lookup, call, name, names)
            return obstacle if obstacle is not None else []
        case ast.Assign(targets=[ast.Name(id=local)]) as assign:
            return _calls_of_local(lookup, assign, local, names, methods)
        case ast.Return() if "property" in lookup.function.decorators:
            return _calls_of_property(lookup, names, methods)
    return "the layer that is looked up is not called there and then"


def _calls_of_property(
    lookup: Lookup, names: tuple[str, ...], methods: "_Methods"
) -> list[Edit] | str:
    """`self.norm(x)` of a property that looks `self.norm_name` up: the property is not compiled."""
    cls, name = lookup.function.owner, lookup.function.name
    assert cls is not None
    if self_attribute(lookup.name) is None or len(lookup.function.node.body) != 1:
        return "the property does more than look up a layer whose name the model keeps"
    if any(UNUSED in other.class_level for other in (*cls.mro, *cls.subclasses)):
        return f"{cls.qualname} has its own {UNUSED}"
    code = lookup.function.file.segment(lookup.name)
    for method in cls.methods.values():
        for node in method.nodes:
            if self_attribute_of(node) != name or not method.scripted:
                continue
            call = method.file.parents[node]
            if not isinstance(call, ast.Call) or call.func is not node:
                return f"self.{name} is not only called"
            obstacle = methods.call(Lookup(method, lookup.node, lookup.name), call, code, names)
            if obstacle is not None:
                return obstacle
    return [InsertAtHead(cls.node, "body", f'{UNUSED} = ["{name}"]')]


def self_attribute_of(node: ast.AST) -> str | None:
    """`self_attribute` of any node."""
    return self_attribute(node) if isinstance(node, ast.Attribute) else None


def _calls_of_local(
    lookup: Lookup, assign: ast.Assign, local: str, names: tuple[str, ...], methods: "_Methods"
) -> list[Edit] | str:
    """`conv = getattr(self, name)`, then `conv(x)`: a local keeps the name instead."""
    function = lookup.function
    if len(function.assignments[local]) != 1:
        return f"{local} is given other values as well"
    edits: list[Edit]
    if isinstance(lookup.name, ast.Name) and _is_bound_beside(lookup.name.id, assign, function):
        kept = lookup.name.id
        edits = [RemoveStatement(assign)]
    else:
        taken = {node.id for node in function.nodes if isinstance(node, ast.Name)}
        kept = free_name([f"{local}_name", f"name_of_{local}"], taken)
        code = _compiled(lookup.name, function)
        edits = [
            ReplaceExpression(assign.targets[0], kept),
            ReplaceExpression(assign.value, code),
        ]
    for load in _loads(function, local):
        call = function.file.parents[load]
        if not isinstance(call, ast.Call) or call.func is not load:
            return f"{local} is not only called"
        obstacle = methods.call(lookup, call, kept, names)
        if obstacle is not None:
            return obstacle
    return edits


def _loads(function: FunctionFacts, name: str) -> Iterator[ast.Name]:
    for node in function.nodes:
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            yield node


def _is_bound_beside(name: str, statement: ast.stmt, function: FunctionFacts) -> bool:
    """Whether a local is bound once, in the block in which the statement stands."""
    parents = function.file.parents
    bound = [
        node
        for node in function.nodes
        if isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load)
    ]
    if len(bound) != 1 or not isinstance(parents[bound[0]], ast.Assign):
        return False
    return parents[parents[bound[0]]] is parents[statement]


def _compiled(name: ast.expr, function: FunctionFacts) -> str:
    """The expression of a name as the compiler takes it: `"{}"` for `"{:d}"`."""
    match name:
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            if "{:d}" in text:
                code = function.file.segment(name)
                return code.replace("{:d}", "{}")
    return function.file.segment(name)


# --------------------------------------------------------------------------- which names


def _layer_names(lookup: Lookup) -> tuple[str, ...] | str:
    """The names of layers that a lookup may come to; why they are not known."""
    function = lookup.function
    cls = function.owner
    assert cls is not None
    wanted = _possible(lookup.name, function)
    if wanted is None:
        return f"which names {ast.unparse(lookup.name)} may be is not known: no case showed them"
    known = _layers(cls)
    if isinstance(wanted, frozenset):
        names = sorted(wanted & known, key=_natural)
    else:
        names = sorted(filter(wanted.fullmatch, known), key=_natural)
    if not names:
        return f"no layer is known of the name {ast.unparse(lookup.name)}: no case showed one"
    if len(names) > MOST_NAMES:
        return f"{len(names)} layers have such a name"
    return tuple(names)


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part or 0), word) for word, part in re.findall(r"(\D*)(\d*)", name)]


def _layers(cls: ClassFacts) -> frozenset[str]:
    """Names of the modules that instances of the class are known to have."""
    names = {
        name
        for other in (*cls.mro, *cls.subclasses)
        for name, definitions in other.own_definitions.items()
        if any(held_by_definition(definition).kinds & MODULES for definition in definitions)
    }
    seen = cls.file.project.observed.attributes.get((cls.file.path, cls.qualname), {})
    return frozenset(names | {name for name, attribute in seen.items() if attribute.modules})


def _possible(
    name: ast.expr, function: FunctionFacts, depth: int = 4
) -> frozenset[str] | re.Pattern[str] | None:
    """What an expression of a name may be: the names, or how they are put together."""
    pattern = _pattern(name)
    if pattern is not None:
        return re.compile(pattern)
    attribute = self_attribute(name)
    if attribute is not None:
        return _observed_names(attribute, function)
    if not isinstance(name, ast.Name) or depth <= 0:
        return None
    if any(parameter.arg == name.id for parameter in function.parameters):
        seen = function.file.project.observed.function(function.file.path, function.qualname)
        return _texts(seen.values.get(name.id, frozenset())) if seen is not None else None
    values = function.assignments.get(name.id, [])
    if len(values) != 1:
        return None
    if values[0] is not None:
        return _possible(values[0], function, depth - 1)
    for loop in function.nodes:
        if isinstance(loop, ast.For) and isinstance(loop.target, ast.Name):
            attribute = self_attribute(loop.iter)
            if loop.target.id == name.id and attribute is not None:
                return _observed_names(attribute, function)
    return None


def _pattern(name: ast.expr) -> str | None:
    """A regular expression for what a text that is put together comes to; None where it is no
    such text, or nothing of it is literal."""
    parts: list[str | None]
    match name:
        case ast.JoinedStr(values=values):
            parts = [_literal(value) for value in values]
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str(text))):
            parts = _alternating(text, r"%[\d.]*[a-z]")
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            parts = _alternating(text, r"\{[^}]*\}")
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = [_pattern(left) or _literal(left), _pattern(right) or _literal(right)]
        case _:
            return None
    if not any(part is not None for part in parts):
        return None
    return "".join(r"\w+" if part is None else part for part in parts)


def _literal(node: ast.expr) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return re.escape(text)
    return None


def _alternating(text: str, placeholder: str) -> list[str | None]:
    pieces = re.split(placeholder, text)
    parts: list[str | None] = [re.escape(pieces[0])] if pieces[0] else []
    for piece in pieces[1:]:
        parts.append(None)
        parts += [re.escape(piece)] if piece else []
    return parts


def _observed_names(attribute: str, function: FunctionFacts) -> frozenset[str] | None:
    cls = function.owner
    assert cls is not None
    seen = cls.file.project.observed.attribute(cls.file.path, cls.qualname, attribute)
    return _texts(seen.values) if seen is not None else None


def _texts(values: frozenset[str]) -> frozenset[str] | None:
    """The texts in the `repr` of texts, and of lists and tuples of them."""
    found: set[str] = set()
    for value in values - {"nan", "inf", "-inf"}:
        literal = ast.literal_eval(value)
        texts = literal if isinstance(literal, list | tuple) else [literal]
        found.update(text for text in texts if isinstance(text, str))
    return frozenset(found) or None


# ---------------------------------------------------------------------- the new methods


@dataclass
class _Method:
    """A method that calls one of several layers."""

    name: str
    names: tuple[str, ...]
    parameters: list[str]
    """Of the layers' own arguments, with their annotations."""
    keywords: frozenset[str]

    @property
    def code(self) -> str:
        own = [parameter.partition(":")[0] for parameter in self.parameters]
        passed = ", ".join(f"{p}={p}" if p in self.keywords else p for p in own)
        taken = ", ".join(["self", "name: str", *self.parameters])
        lines = [f"def {self.name}({taken}):"]
        for name in self.names:
            layer = f"self.{name}" if name.isidentifier() else f'getattr(self, "{name}")'
            lines.append(f'    if hasattr(self, "{name}") and name == "{name}":')
            lines.append(f"        return {layer}({passed})")
        return "\n".join([*lines, "    raise AttributeError(name)", ""])


class _Methods:
    """The methods that one class gains, and the calls that go by them."""

    def __init__(self, cls: ClassFacts, before: FunctionFacts) -> None:
        self.cls = cls
        self.before = before
        self.made: dict[tuple[object, ...], _Method] = {}
        self.calls: dict[ast.Call, tuple[str, str]] = {}
        """Each call with the method and the name that it gets."""
        self.imports: dict[AddImport, None] = {}

    @property
    def names(self) -> list[str]:
        """What the methods are called."""
        return [method.name for method in self.made.values()]

    def call(self, lookup: Lookup, call: ast.Call, name: str, names: tuple[str, ...]) -> str | None:
        """Have a call of a layer go by a method; why it cannot, where that is so."""
        starred = any(isinstance(argument, ast.Starred) for argument in call.args)
        if starred or any(keyword.arg is None for keyword in call.keywords):
            return "the call takes arguments of a number that is not known"
        try:
            parameters = self._parameters(call, lookup.function)
        except SpellingError as error:
            return str(error)
        keywords = frozenset(keyword.arg or "" for keyword in call.keywords)
        key = (names, keywords, *(parameter.partition(":")[2] for parameter in parameters))
        if key not in self.made:
            self.made[key] = _Method(self._free_name(names), names, parameters, keywords)
        self.calls[call] = (self.made[key].name, name)
        return None

    def _free_name(self, names: tuple[str, ...]) -> str:
        words = {re.sub(r"[\W\d]+", "", name).strip("_") for name in names}
        shared = words.pop() if len(words) == 1 else ""
        taken = {*self.names, *(name for c in self.cls.mro for name in c.methods)}
        return free_name([f"_call_{shared}" if shared else "_call_layer"], taken)

    def _parameters(self, call: ast.Call, function: FunctionFacts) -> list[str]:
        """What the method takes besides the name, annotated where it is no Tensor."""
        found: list[str] = []
        taken = {"self", "name", *(keyword.arg or "" for keyword in call.keywords)}
        for argument in call.args:
            own = argument.id if isinstance(argument, ast.Name) else "x"
            name = free_name([own, "x", "value"], taken)
            taken.add(name)
            found.append(self._annotated(name, argument, function))
        for keyword in call.keywords:
            found.append(self._annotated(keyword.arg or "", keyword.value, function))
        return found

    def _annotated(self, name: str, argument: ast.expr, function: FunctionFacts) -> str:
        kind = type_of(argument, function)
        if kind is None or kind == "Tensor":
            return name
        annotation = spelled(kind, function.file, self.before.node.lineno)
        self.imports.update(dict.fromkeys(annotation.imports))
        return f"{name}: {annotation.code}"

    def edits(self) -> list[Edit]:
        """The calls, the methods before the first of their callers, and their imports."""
        edits: list[Edit] = list(self.imports)
        code = "\n".join(method.code for method in self.made.values())
        edits.append(InsertBefore(self.before.node, code))
        inner = {each for call in self.calls for each in ast.walk(call) if each is not call}
        for call in self.calls:
            if call not in inner:
                edits.append(ReplaceExpression(call, self._code(call)))
        return edits

    def _code(self, call: ast.Call) -> str:
        """A call as it will be, with the calls in its arguments."""
        method, name = self.calls[call]
        arguments = [name, *(self._with_calls(argument) for argument in call.args)]
        arguments += [f"{k.arg}={self._with_calls(k.value)}" for k in call.keywords]
        return f"self.{method}({', '.join(arguments)})"

    def _with_calls(self, node: ast.expr) -> str:
        """An expression's source, with the calls in it as they will be."""
        file = self.before.file
        found: list[ast.Call] = []
        todo: list[ast.AST] = [node]
        while todo:
            each = todo.pop()
            if isinstance(each, ast.Call) and each in self.calls:
                found.append(each)
            else:
                todo.extend(ast.iter_child_nodes(each))
        code = file.segment(node)
        for call in found:
            code = code.replace(file.segment(call), self._code(call), 1)
        return code
