"""An attribute that `forward` sets first is there from the beginning, with its type.

## What the compiler says

    Tried to set nonexistent attribute: loss. Did you forget to initialize it in __init__()?

The attributes of a scripted module are those that the module has when it is compiled.

## What is written instead

    super().__init__()                          super().__init__()
                                                self.loss = torch.zeros(0)

An empty Tensor, a zero, an empty text; lists and dictionaries are empty and have their types
declared in the class. It is a plain attribute: the state_dict and the random numbers stay.

## When it holds back

Where the attribute had values of more than one type, or is a module, where something under the path
asks whether it is there, and where the class has no `__init__` of its own.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import (
    AddImport,
    Edit,
    InsertAtHead,
    InsertBefore,
    ReplaceStatement,
)
from torchscript_fix.facts.presence import notices_by_itself, presence
from torchscript_fix.facts.static import (
    ClassFacts,
    Definition,
    FileFacts,
    FunctionFacts,
    is_super_call,
)
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"Tried to set nonexistent attribute: (\w+)")
FIRST = {"Tensor": "torch.zeros(0)", "int": "0", "float": "0.0", "bool": "False", "str": '""'}
EMPTY = {"List": "[]", "Dict": "{}"}


class AttributeOfForward(Rule):
    name: ClassVar[str] = "attribute-of-forward"
    summary: ClassVar[str] = "An attribute that forward sets first is there from the beginning."
    messages: ClassVar[tuple[str, ...]] = ("Tried to set nonexistent attribute",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a class: all such attributes of it."""
        told: set[ClassFacts] = set()
        for located in self.diagnosed(facts):
            function = located.function
            if SAID.search(located.message) is None or function is None or function.owner is None:
                continue
            if function.owner not in told:
                told.add(function.owner)
                yield from self._one(function.owner)

    def _one(self, cls: ClassFacts) -> Iterator[Rewrite | HeldBack]:
        born = {
            name: definitions[0]
            for name, definitions in cls.own_definitions.items()
            if _is_born_later(cls, name, definitions)
        }
        code: list[str] = []
        declared: list[str] = []
        imports: dict[AddImport, None] = {}
        for name, definition in born.items():
            found = _beginning(cls, name, definition, imports)
            if found is None:
                yield self._held(definition, _obstacle(cls, name, definition))
                return
            code.append(f"self.{name} = {found[0]}")
            declared += found[1:]
        if not code:
            return
        first = next(iter(born.values()))
        edit = _behind_super(cls, "\n".join(code))
        if edit is None:
            yield self._held(first, f"{cls.qualname} has no __init__ that calls that of its base")
            return
        edits: list[Edit] = [*imports, edit]
        if declared:
            edits.append(InsertAtHead(cls.node, "body", "\n".join([*declared, ""])))
        names = ", ".join(f"self.{name}" for name in born)
        line = first.statement.lineno
        summary = f"{names}: there from the beginning"
        path = cls.file.path
        yield Rewrite(self.name, path, line, cls.qualname, summary, Safety.NARROWING, tuple(edits))

    def _held(self, definition: Definition, reason: str) -> HeldBack:
        function = definition.function
        line = definition.statement.lineno
        return HeldBack(self.name, function.file.path, line, function.qualname, reason)


def _is_born_later(cls: ClassFacts, name: str, definitions: list[Definition]) -> bool:
    """Whether nothing but compiled methods gives an attribute a value."""
    attribute = cls.attribute(name)
    return (
        attribute is not None
        and attribute.class_level is None
        and not any(definition.in_construction for definition in attribute.definitions)
        and any(d.function.scripted and d.how == "assign" for d in definitions)
    )


def _beginning(
    cls: ClassFacts, name: str, definition: Definition, imports: dict[AddImport, None]
) -> tuple[str, ...] | None:
    """The first value of an attribute and, where it takes one, its declaration; None where there
    is an obstacle."""
    kind = _kind(cls, name, definition)
    if kind is None or _noticed(cls, name):
        return None
    if kind == "Tensor" and cls.file.imports.get("torch") != "torch":
        imports[AddImport("torch")] = None
    if kind in FIRST:
        return (FIRST[kind],)
    empty = EMPTY.get(kind.partition("[")[0])
    if empty is None:
        return None
    try:
        annotation = spelled(kind, cls.file, cls.node.lineno)
    except SpellingError:
        return None
    imports.update(dict.fromkeys(annotation.imports))
    return empty, f"{name}: {annotation.code}"


def _kind(cls: ClassFacts, name: str, definition: Definition) -> str | None:
    seen = cls.file.project.observed.attribute(cls.file.path, cls.qualname, name)
    if seen is not None and (seen.types or seen.modules):
        return next(iter(seen.types)) if len(seen.types) == 1 and not seen.modules else None
    value = definition.value
    return type_of(value, definition.function) if value is not None else None


def _noticed(cls: ClassFacts, name: str) -> str | None:
    """What would notice that the attribute is there before it is set."""
    return presence(cls.file.project).notices(name) or notices_by_itself(cls, name)


def _obstacle(cls: ClassFacts, name: str, definition: Definition) -> str:
    noticed = _noticed(cls, name)
    if noticed:
        return f"self.{name} would be there earlier, which is noticed: {noticed}"
    kind = _kind(cls, name, definition)
    return f"self.{name} has no type that it could begin with: {kind or 'several, or unknown'}"


def _behind_super(cls: ClassFacts, code: str) -> Edit | None:
    """The Edit that puts statements behind the call of the base's `__init__`."""
    init = cls.methods.get("__init__")
    if init is None:
        return None
    body = init.node.body
    for index, statement in enumerate(body):
        if _calls_base(statement, init):
            if index + 1 < len(body):
                return InsertBefore(body[index + 1], code)
            return ReplaceStatement(statement, f"{cls.file.segment(statement)}\n{code}")
    return None


def _calls_base(statement: ast.stmt, init: FunctionFacts) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="__init__") as func, args=args)):
            by_name = bool(args) and isinstance(args[0], ast.Name) and args[0].id == "self"
            return is_super_call(func) or by_name
    return False
