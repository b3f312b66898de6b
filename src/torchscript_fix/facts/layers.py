"""What a definition in a constructor holds, looked up further than the definition: what the calls
of the constructor pass, what a class given as a parameter makes."""

import ast

from torchscript_fix.facts.calls import CallSite, call_sites
from torchscript_fix.facts.held import (
    held_by,
    held_by_attribute,
    held_by_class,
    held_by_definition,
    is_surely,
    module_classes,
)
from torchscript_fix.facts.kinds import MODULES, NOTHING, UNKNOWN, Held, Kind
from torchscript_fix.facts.seen import attribute_seen
from torchscript_fix.facts.static import Definition, FunctionFacts
from torchscript_fix.facts.unify import NONE

OF_MODULES = frozenset({Kind.MODULE_LIST, Kind.SEQUENTIAL, Kind.MODULE_DICT})
"""What has modules for its members."""


def held_by_layer(definition: Definition) -> Held:
    """What one definition of an attribute gives it; UNKNOWN where nothing shows it."""
    found = held_by_definition(definition)
    if found.kinds != {Kind.UNKNOWN} or definition.value is None:
        return found
    return _looked_up(definition.value, definition.function)


def is_layer(expression: ast.expr, function: FunctionFacts) -> bool:
    """Whether this is `self.conv`, `self.layers[0]`, `self.block.conv`: a module, None at most."""
    match expression:
        case ast.Subscript(value=ast.Attribute(value=ast.Name(id="self"), attr=name)):
            of = held_by_attribute(function.attribute(name)).kinds - {Kind.NONE}
            return isinstance(expression.slice, ast.Constant) and bool(of) and of <= OF_MODULES
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return _holds_a_layer(name, function)
        case ast.Attribute(value=ast.Attribute() | ast.Subscript() as inner, attr=name):
            classes = function.file.project.classes
            owners = [classes.get(dotted) for dotted in module_classes(inner, function)]
            return bool(owners) and all(
                owner is not None and is_surely(owner.attribute(name), MODULES) for owner in owners
            )
    return False


def _holds_a_layer(name: str, function: FunctionFacts) -> bool:
    kinds = held_by_attribute(function.attribute(name)).kinds - {Kind.NONE}
    if kinds and kinds != {Kind.UNKNOWN}:
        return kinds <= MODULES
    known = attribute_seen(name, function.scripted_for)
    return bool(known) and all(each.modules and each.types <= {NONE} for each in known)


def _looked_up(value: ast.expr, function: FunctionFacts) -> Held:
    match value:
        case ast.Name(id=name) if _is_parameter(name, function):
            return _passed(name, function)
        case ast.Call(func=func):
            if isinstance(func, ast.Name) and func.id in function.defaults:
                dotted = function.file.dotted(function.defaults[func.id])
                return held_by_class(dotted, function.file.project) or UNKNOWN
            name = function.file.dotted(func).rpartition(".")[2]
            if name[:1].isupper() and not name.isupper():
                return Held(frozenset({Kind.MODULE}))  # a class by its name, from elsewhere
    return UNKNOWN


def _is_parameter(name: str, function: FunctionFacts) -> bool:
    return name not in function.assignments and any(p.arg == name for p in function.parameters)


def _passed(name: str, function: FunctionFacts) -> Held:
    """What all known calls pass for a parameter; UNKNOWN where one of them does not show it."""
    names = [parameter.arg for parameter in function.parameters]
    result = NOTHING
    for site in call_sites(function):
        result |= _passed_at(site, names.index(name), name)
    return result if result.kinds else UNKNOWN


def _passed_at(site: CallSite, position: int, name: str) -> Held:
    if site.function is None:
        return UNKNOWN
    for keyword in site.call.keywords:
        if keyword.arg == name:
            return held_by(keyword.value, site.function)
    for index, argument in enumerate(site.call.args):
        if isinstance(argument, ast.Starred):
            return _unpacked(argument.value, position - index, site.function)
        if index == position:
            return held_by(argument, site.function)
    return UNKNOWN


def _unpacked(value: ast.expr, index: int, function: FunctionFacts) -> Held:
    """The element at `index` of the tuple that a function under the path returns."""
    callee = (
        function.file.project.functions.get(function.file.dotted(value.func))
        if isinstance(value, ast.Call)
        else None
    )
    result = NOTHING
    for returned in callee.returns if callee is not None else ():
        if not isinstance(returned, ast.Tuple) or index >= len(returned.elts):
            return UNKNOWN
        assert callee is not None
        result |= held_by(returned.elts[index], callee)
    return result if result.kinds else UNKNOWN
