"""Flags of a module that the compiler can decide an `if` by: attributes that are bool and never
change after construction.

The compiler emits only one branch where the test is a constant (`CondValue::staticIf` in
torch/csrc/jit/frontend/ir_emitter.cpp): a bool attribute that is declared `Final` is one.
"""

import ast
import re

from torchscript_fix.facts.kept import never_changes
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import ClassFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.types import type_of

FINAL = re.compile(r"\bFinal\b")


def flags_of(test: ast.expr) -> frozenset[str] | None:
    """The attributes of `self` that a test is made of, together with `not`, `and`, `or`; None
    where it is made of anything else too."""
    match test:
        case ast.Attribute():
            name = self_attribute(test)
            return frozenset({name}) if name is not None else None
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return flags_of(operand)
        case ast.BoolOp(values=values):
            found = [flags_of(value) for value in values]
            names = [part for part in found if part is not None]
            return frozenset[str]().union(*names) if len(names) == len(found) else None
    return None


def is_settled(name: str, function: FunctionFacts) -> bool:
    """Whether `self.NAME` is a bool that is given its value once, while the module is built."""
    owner = function.owner
    return owner is not None and never_changes(name, owner) and _is_bool(name, function, owner)


def is_decided(test: ast.expr, function: FunctionFacts) -> bool:
    """Whether the compiler takes one branch alone, or can be told to by declaring flags Final."""
    flags, owner = flags_of(test), function.owner
    return (
        bool(flags)
        and owner is not None
        and all(is_final(f, owner) or is_settled(f, function) for f in flags or ())
    )


def is_final(name: str, cls: ClassFacts) -> bool:
    """Whether a class, or a base of it, declares an attribute constant for the compiler."""
    return any(_declares(name, base) for base in cls.mro)


def _declares(name: str, cls: ClassFacts) -> bool:
    for node in cls.node.body:
        match node:
            case ast.AnnAssign(target=ast.Name(id=target), annotation=annotation):
                if target == name and FINAL.search(ast.unparse(annotation)):
                    return True
            case ast.Assign(targets=[ast.Name(id="__constants__")], value=value):
                if name in {n.value for n in ast.walk(value) if isinstance(n, ast.Constant)}:
                    return True
    return False


def _is_bool(name: str, function: FunctionFacts, owner: ClassFacts) -> bool:
    types = frozenset[str]().union(*(seen.types for seen in attribute_seen(name, owner.mro)))
    if types:
        return types == {"bool"}
    attribute = function.attribute(name)
    if attribute is None:
        return False
    definition = attribute.definitions[0]
    value = definition.value
    if isinstance(value, ast.Name) and value.id in definition.function.defaults:
        default = definition.function.defaults[value.id]
        return isinstance(default, ast.Constant) and isinstance(default.value, bool)
    kind = type_of(value, definition.function) if value is not None else None
    # What is compared in a constructor are sizes and options, unless it is known otherwise.
    return kind == "bool" or (kind is None and isinstance(value, ast.Compare))
