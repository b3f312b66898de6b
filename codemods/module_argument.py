"""A function that is given a layer becomes a method that names the layer.

## What the compiler says

    cannot call a value of type 'Tensor'
    Unknown type name 'nn.Module'
    Expected a value of type 'Tensor (inferred)' for argument 'layer' but instead found type
    '__torch__.torch.nn.modules.linear.Linear'

TorchScript has no type for "a module", nor for "a function": neither can be an argument.

## What is written instead

    return attention(q, k, v, dropout=self.dropout)     return self._attention_with_dropout(q, k, v)

                                                        def _attention_with_dropout(self, q, k, v):
                                                            …
                                                            if self.dropout is not None:
                                                                p = self.dropout(p)
                                                            return torch.matmul(p, v)

The method stands before the one that calls it, one for each layer that is passed; the function
stays as it is for who else calls it. A call that leaves the layer out, where its default is None,
gets a method without what is for the layer only.

## When it holds back

Where the layer is another one each time (the variable of a loop), where the function is the
`forward` of another module, calls itself, takes `*args`, has decorators, or gives the argument
another value, and where a subclass has its own.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertBefore, ReplaceExpression
from torchscript_fix.facts.calls import CallSite, call_sites, called_at
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.layers import is_layer
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import (
    ClassFacts,
    FileFacts,
    FunctionFacts,
    Project,
    self_attribute,
)
from torchscript_fix.facts.types import argument
from torchscript_fix.facts.unify import NONE
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.specialisation import CannotSpecialiseError, specialised
from torchscript_fix.kit.substitution import substituted
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

PASSED = "but instead found type '__torch__."
MODULE_SEEN = ", a module"
"""How an observation of a module ends."""
LONGEST_NAME = 48


class ModuleArgument(Rule):
    """Methods of the caller in the place of functions that are given layers."""

    name: ClassVar[str] = "module-argument"
    summary: ClassVar[str] = "A function that is given a layer becomes a method that names it."
    messages: ClassVar[tuple[str, ...]] = (
        "cannot call a value of type 'Tensor'",
        PASSED,
        "Unknown type name",
        "'Tensor (inferred)' object has no attribute or method",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a class and function that it calls."""
        calls: dict[tuple[ClassFacts, FunctionFacts], list[_Call]] = {}
        for callee, parameters in _asked(self, facts.project).items():
            for site in call_sites(callee):
                caller = site.function
                if site.file is not facts or caller is None or not caller.scripted:
                    continue
                found = _bound(site, caller, callee, parameters)
                if isinstance(found, str):
                    yield self._held_back(site, found)
                elif found and caller.owner is not None:
                    call = _Call(caller, site.call, found)
                    calls.setdefault((caller.owner, callee), []).append(call)
        taken: dict[ClassFacts, set[str]] = {}
        for (owner, callee), sites in calls.items():
            names = taken.setdefault(owner, _members(owner))
            yield self._one(_Methods(owner, callee, names), sites)

    def _one(self, methods: "_Methods", calls: list["_Call"]) -> Rewrite | HeldBack:
        first = min(calls, key=lambda each: each.node.lineno)
        path, line, where = methods.owner.file.path, first.node.lineno, first.caller.qualname
        try:
            edits = methods.edits(calls, first.caller)
        except CannotSpecialiseError as error:
            return HeldBack(self.name, path, line, where, str(error))
        names = ", ".join(dict.fromkeys(methods.names.values()))
        summary = f"{methods.callee.name}, which is given layers, is {names}"
        safety = Safety.NARROWING if methods.narrows else Safety.SAFE
        return Rewrite(self.name, path, line, where, summary, safety, tuple(edits))

    def _held_back(self, site: CallSite, reason: str) -> HeldBack:
        where = site.function.qualname if site.function is not None else ""
        return HeldBack(self.name, site.file.path, site.call.lineno, where, reason)


# ----------------------------------------------------------------------- which functions, which
# ----------------------------------------------------------------------- of their parameters


def _asked(rule: Rule, project: Project) -> dict[FunctionFacts, frozenset[str]]:
    """The functions at which the compiler stopped because of parameters that are layers, those
    parameters, and likewise the functions that pass theirs on to them."""
    asked: dict[FunctionFacts, set[str]] = {}
    for file in project.files.values():
        for located in rule.diagnosed(file):
            for function in _functions_of(located):
                parameters = _layers_among(function) | _called_parameter(function, located)
                if parameters:
                    asked.setdefault(function, set()).update(parameters)
    todo = list(asked)
    while todo:
        callee = todo.pop()
        for site in call_sites(callee):
            caller = site.function
            if caller is None or not caller.scripted:
                continue
            passed_on = {
                given.id
                for parameter in asked[callee]
                if isinstance(given := argument(site.call, callee, parameter), ast.Name)
                and _is_parameter(given.id, caller)
            }
            if not passed_on <= asked.get(caller, set()):
                asked.setdefault(caller, set()).update(passed_on)
                todo.append(caller)
    return {function: frozenset(parameters) for function, parameters in asked.items()}


def _functions_of(located: Located) -> list[FunctionFacts]:
    """The function that the compiler was in, or that it was about to call."""
    if located.function is None:
        return []
    if PASSED not in located.message:
        return [located.function]
    return [
        callee
        for call in located.function.calls
        if located.node in (call, call.func)
        for callee in called_at(located.function, call)
    ]


def _layers_among(function: FunctionFacts) -> set[str]:
    """The parameters that some call gives a layer."""
    observed = function.file.project.observed.function(function.file.path, function.qualname)
    found: set[str] = set()
    for parameter in function.parameters:
        seen = observed.inexpressible.get(parameter.arg, ()) if observed is not None else ()
        if any(each.endswith(MODULE_SEEN) for each in seen):
            found.add(parameter.arg)
        for site in call_sites(function):
            given = argument(site.call, function, parameter.arg)
            if given is None or site.function is None:
                continue
            if is_layer(given, site.function) or _is_function(given, site.function):
                found.add(parameter.arg)
    return found


def _called_parameter(function: FunctionFacts, located: Located) -> set[str]:
    """The parameter that the compiler could not call, where its default is None."""
    node = located.node
    if "cannot call" not in located.message or not isinstance(node, ast.Name):
        return set()
    left_out = is_none(function.defaults.get(node.id))
    return {node.id} if left_out and _is_parameter(node.id, function) else set()


def _is_parameter(name: str, function: FunctionFacts) -> bool:
    return name not in function.assignments and any(p.arg == name for p in function.parameters)


# ------------------------------------------------------------------------------ what is passed


@dataclass(frozen=True, eq=False)
class _Call:
    """A call that passes layers, and the source of each by its parameter."""

    caller: FunctionFacts
    node: ast.Call
    bound: Mapping[str, str]

    @property
    def key(self) -> tuple[str, ...]:
        """What tells the method apart that it is to call."""
        return tuple(f"{name}={code}" for name, code in self.bound.items())


def _bound(
    site: CallSite, caller: FunctionFacts, callee: FunctionFacts, parameters: frozenset[str]
) -> dict[str, str] | str:
    """The source of what a call passes for `parameters`; nothing where it is passed on from the
    caller's own caller; why the call has to stay as it is."""
    if any(isinstance(each, ast.Starred) for each in site.call.args) or any(
        keyword.arg is None for keyword in site.call.keywords
    ):
        return f"{callee.name} is called with *args or **kwargs"
    found: dict[str, str] = {}
    for name in (each.arg for each in callee.parameters if each.arg in parameters):
        given = argument(site.call, callee, name) or callee.defaults.get(name)
        if isinstance(given, ast.Name) and _is_parameter(given.id, caller):
            return {}
        code = _lasting_source(given, caller) if given is not None else None
        if code is None:
            what = ast.unparse(given) if given is not None else "nothing"
            return f"{name} of {callee.name} is {what}, which is no attribute of self"
        found[name] = code
    if caller.owner is None or caller.is_static:
        return f"{callee.name} is called where there is no self"
    if not _is_own(site.call, caller, callee):
        return f"{callee.name} is a method of another object"
    return found


def _lasting_source(given: ast.expr, caller: FunctionFacts) -> str | None:
    """The source of an argument that is the same layer, function or None wherever it stands in the
    caller's class; None where it may be anything."""
    if is_none(given):
        return NONE
    if isinstance(given, ast.Name):
        values = caller.assignments.get(given.id, [])
        if len(values) == 1 and values[0] is not None and is_layer(values[0], caller):
            return caller.file.segment(values[0])
    if is_layer(given, caller) or _is_function(given, caller):
        return caller.file.segment(given)
    return None


def _is_function(given: ast.expr, caller: FunctionFacts) -> bool:
    """Whether this is a function by its name, or a method of self."""
    method = self_attribute(given)
    if method is not None and caller.owner is not None:
        return caller.owner.method(method) is not None
    if not isinstance(given, ast.Name | ast.Attribute):
        return False
    dotted = caller.file.dotted(given)
    last = dotted.rpartition(".")[2]
    return dotted in caller.file.project.functions or (
        dotted.startswith(("torch.", "torch.nn.functional.")) and last.islower()
    )


def _is_own(call: ast.Call, caller: FunctionFacts, callee: FunctionFacts) -> bool:
    """Whether the function is called by its name, or is the one method that `self` has of it."""
    if callee.owner is None or callee.is_static:
        return called_at(caller, call) == [callee]
    return self_attribute(call.func) == callee.name and called_at(caller, call) == [callee]


# ------------------------------------------------------------------------- the methods instead


@dataclass
class _Methods:
    """The methods that a class gains for one function that it calls."""

    owner: ClassFacts
    callee: FunctionFacts
    taken: set[str]
    """Names that a new method must not have."""
    names: dict[tuple[str, ...], str] = field(default_factory=dict)
    narrows: bool = False

    def edits(self, calls: list[_Call], before: FunctionFacts) -> list[Edit]:
        """The methods before the first caller, and the calls of them."""
        edits: list[Edit] = []
        codes: list[str] = []
        for call in calls:
            if call.key in self.names:
                continue
            for name in self._candidates(call.bound):
                made = specialised(self.callee, call.bound, name, self.owner)
                there = self.owner.methods.get(name)
                if there is not None and _is_same(there, made.code):
                    break
                if name not in self.taken:
                    codes.append(made.code)
                    edits += made.imports
                    self.narrows |= made.narrows
                    break
            self.names[call.key] = name
            self.taken.add(name)
        if codes:
            edits.append(InsertBefore(before.node, "\n".join(codes)))
        replaced: dict[ast.AST, str] = {}
        for call in sorted(calls, key=lambda each: len(ast.dump(each.node))):
            replaced[call.node] = self._called(call, replaced)
        inner = {each for call in calls for each in ast.walk(call.node) if each is not call.node}
        edits += [ReplaceExpression(c.node, replaced[c.node]) for c in calls if c.node not in inner]
        return edits

    def _candidates(self, bound: Mapping[str, str]) -> Iterator[str]:
        """`_attention_with_dropout`, one that is there under this name as well, and a free one."""
        present = [_word(code) for code in bound.values() if code != NONE]
        absent = [name for name, code in bound.items() if code == NONE]
        bare = self.callee.name.strip("_")
        full = f"_{bare}"
        full += f"_with_{'_and_'.join(present)}" if present else ""
        full += f"_without_{'_and_'.join(absent)}" if absent else ""
        name = full if len(full) <= LONGEST_NAME else f"_own_{bare}"
        yield name
        yield free_name([name], self.taken)

    def _called(self, call: _Call, instead: Mapping[ast.AST, str]) -> str:
        """The call without the layers, `instead` being the calls in its arguments as they are."""
        file, positional = self.owner.file, [p.arg for p in self.callee.parameters]
        passed = [
            substituted(file, given, instead)
            for place, given in enumerate(call.node.args)
            if positional[place] not in call.bound
        ]
        passed += [
            f"{keyword.arg}={substituted(file, keyword.value, instead)}"
            for keyword in call.node.keywords
            if keyword.arg not in call.bound
        ]
        return f"self.{self.names[call.key]}({', '.join(passed)})"


def _word(code: str) -> str:
    """`layers_0` for `self.layers[0]`, `relu` for `F.relu`."""
    own = code.removeprefix("self.") if code.startswith("self.") else code.rpartition(".")[2]
    return re.sub(r"\W+", "_", own).strip("_")


def _members(owner: ClassFacts) -> set[str]:
    """Every name that instances of a class are known to have."""
    return {
        name
        for cls in (*owner.mro, *owner.subclasses)
        for name in (*cls.methods, *cls.own_definitions, *cls.class_level)
    }


def _is_same(method: FunctionFacts, code: str) -> bool:
    """Whether a class has the method already."""
    return ast.dump(method.node) == ast.dump(ast.parse(code).body[0])
