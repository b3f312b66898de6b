"""What a definition in a constructor holds, looked up further than the definition: what the calls
of the constructor pass, what a class given as a parameter makes."""

import ast

from torchscript_fix.facts.calls import CallSite, call_sites
from torchscript_fix.facts.held import held_by, held_by_class, held_by_definition
from torchscript_fix.facts.kinds import NOTHING, UNKNOWN, Held, Kind
from torchscript_fix.facts.static import Definition, FunctionFacts


def held_by_layer(definition: Definition) -> Held:
    """What one definition of an attribute gives it; UNKNOWN where nothing shows it."""
    found = held_by_definition(definition)
    if found.kinds != {Kind.UNKNOWN} or definition.value is None:
        return found
    return _looked_up(definition.value, definition.function)


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
