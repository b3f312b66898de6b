"""Who calls whom: the call sites under the path that are known to reach a function."""

import ast
import builtins
from collections import defaultdict
from dataclasses import dataclass

from torchscript_fix.facts.held import module_classes
from torchscript_fix.facts.remembered import remembered
from torchscript_fix.facts.static import (
    FileFacts,
    FunctionFacts,
    Project,
    is_super_call,
    self_attribute,
)


@dataclass(frozen=True)
class CallSite:
    """One call of a function under the path."""

    file: FileFacts
    function: FunctionFacts | None
    """The function around the call; None at module level."""
    call: ast.Call


def call_sites(function: FunctionFacts) -> tuple[CallSite, ...]:
    """The calls under the path that are known to reach `function`; calls through names that
    nothing is known of are not among them."""
    return tuple(_index(function.file.project).get(function, ()))


@remembered
def _index(project: Project) -> dict[FunctionFacts, list[CallSite]]:
    found: dict[FunctionFacts, list[CallSite]] = defaultdict(list)
    for file in project.files.values():
        inside = {call: function for function in file.functions.values() for call in function.calls}
        for call in (node for node in file.nodes if isinstance(node, ast.Call)):
            site = CallSite(file, inside.get(call), call)
            callees = (
                called_at(site.function, call) if site.function else _called_in(file, None, call)
            )
            for callee in callees:
                found[callee].append(site)
    return found


def passed_by(call: ast.Call, name: str, position: int | None) -> ast.expr | None:
    """What a call passes for a parameter, which has a position unless it is keyword-only; None
    where it passes nothing, or where a starred argument hides it."""
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    if position is None or position not in range(len(call.args)):
        return None
    *ahead, argument = call.args[: position + 1]
    return None if any(isinstance(each, ast.Starred) for each in (*ahead, argument)) else argument


def _is_builtin(func: ast.expr, function: FunctionFacts) -> bool:
    """Whether this is `len`, `range` and the like: most calls of names are."""
    return (
        isinstance(func, ast.Name)
        and hasattr(builtins, func.id)
        and func.id not in function.assignments
        and all(parameter.arg != func.id for parameter in function.parameters)
    )


def called_at(function: FunctionFacts, call: ast.Call) -> list[FunctionFacts]:
    """The functions that a call in `function` is known to reach; none where nothing is known."""
    return _called_at(function, call)


@remembered
def _called_at(function: FunctionFacts, call: ast.Call) -> list[FunctionFacts]:
    return _called_in(function.file, function, call)


def _called_in(
    file: FileFacts, function: FunctionFacts | None, call: ast.Call
) -> list[FunctionFacts]:
    """The functions that a call is known to reach: functions by name, methods of `self`, the
    `forward` of modules whose class is known, the `__init__` of classes."""
    project, func = file.project, call.func
    dotted = file.dotted(func)
    named = project.named(dotted)
    if named is not None:
        return [named]
    if dotted in project.classes:
        init = project.classes[dotted].method("__init__")
        return [init] if init else []
    if function is None or dotted.startswith("torch.") or _is_builtin(func, function):
        return []
    name = self_attribute(func)
    if name is not None and function.owner is not None:
        classes = (function.owner, *function.owner.subclasses)
        methods = [m for cls in classes if (m := cls.method(name)) is not None]
        if methods:
            return list(dict.fromkeys(methods))
    if is_super_call(func) and function.owner is not None:
        assert isinstance(func, ast.Attribute)
        above = function.owner.mro[1:]
        return [cls.methods[func.attr] for cls in above if func.attr in cls.methods][:1]
    if isinstance(func, ast.Attribute) and name is None:
        return []  # a method of something: that is no module whose class could be known
    forwards = (
        project.classes[c].method("forward")
        for c in module_classes(func, function)
        if c in project.classes
    )
    return [forward for forward in forwards if forward is not None]
