"""A method of a base class is called by a name of its own instead of through `super()`.

## What the compiler says

    Python type cannot be used as a value: super(DenseLayer, self).forward(x)
    'Tensor' object has no attribute or method 'forward': super().forward(x)
    attribute lookup is not defined on python value of type 'type': Block.forward(self, x)

TorchScript compiles the methods of one object; it knows `super()` and classes as little as any
other Python object.

## What is written instead

Where the base class is under the path, its method gets a name that subclasses can call, and the
old name passes on to it:

    class Block(nn.Module):                  class Block(nn.Module):
        def forward(self, x):                    def forward(self, x):
            return self.conv(x)                      return self._block_forward(x)

                                                 def _block_forward(self, x):
                                                     return self.conv(x)

    class Residual(Block):                   class Residual(Block):
        def forward(self, x):                    def forward(self, x):
            return x + super().forward(x)            return x + self._block_forward(x)

Where it is a layer of torch, what that layer does stands instead: `super().forward(x)` in a
subclass of nn.Conv2d is `self._conv_forward(x, self.weight, self.bias)`, in one of nn.Linear
`F.linear(x, self.weight, self.bias)`, and so on; for nn.Sequential and the BatchNorms the subclass
gets a method. `Parent.forward(self, x)` is written in the same way.

## When it holds back

- The base class comes from another package, or is a layer of torch whose forward is long (LSTM,
  MultiheadAttention, …).
- Which method `super()` means depends on the class of the instance, or the method is static, a
  property, or has a decorator of somebody else's.
- `super().forward` is passed on and not called.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertBefore, RenameFunction, ReplaceExpression
from torchscript_fix.facts.inheritance import FromElsewhere, method_behind
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.remembered import remembered, remembered_of_text
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, Project
from torchscript_fix.facts.torch_forwards import METHODS, TorchForward, method_for, torch_forward
from torchscript_fix.kit.spelling import Spelled, SpellingError, spelled_module
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class SuperForward(Rule):
    """Methods of base classes under a name that TorchScript can call."""

    name: ClassVar[str] = "super-forward"
    summary: ClassVar[str] = "super().forward(x) becomes a call of a method with its own name."
    messages: ClassVar[tuple[str, ...]] = (
        "'Tensor' object has no attribute or method 'forward'",
        "Python type cannot be used as a value",
        "attribute lookup is not defined on python value of type 'type'",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        calls = _super_calls(facts.project)
        split = dict.fromkeys(
            call.target for call in calls if isinstance(call.target, FunctionFacts)
        )
        for method in split:
            yield from self._split(method, facts, [c for c in calls if c.target is method])
        for call in calls:
            if call.function.file is not facts:
                continue
            if isinstance(call.target, str):
                yield self._held_back(call, call.target)
            elif isinstance(call.target, FromElsewhere):
                yield self._of_torch(call, call.target.base)

    def _split(
        self, method: FunctionFacts, facts: FileFacts, calls: list["SuperCall"]
    ) -> Iterator[Rewrite | HeldBack]:
        """A method under the path and those of its calls that stand in this file."""
        here = [call for call in calls if call.function.file is facts]
        passes_on_to = _passes_on_to(method)
        reason = None if passes_on_to else _not_to_be_split(method)
        if reason is not None:
            yield from (self._held_back(call, reason) for call in here)
            return
        name = passes_on_to or _own_name(method)
        edits: list[Edit] = []
        if passes_on_to is None and method.file is facts:
            edits += _renamed(method, name)
        if edits or passes_on_to is not None:
            edits += [_replaced(call, name) for call in here]
        if not edits:
            return
        line, function = method.node.lineno, method.qualname
        if method.file is not facts:
            line, function = here[0].call.lineno, here[0].function.qualname
        summary = f"{method.qualname} is called as self.{name}"
        yield Rewrite(self.name, facts.path, line, function, summary, Safety.SAFE, tuple(edits))

    def _of_torch(self, call: "SuperCall", base: str) -> Rewrite | HeldBack:
        """A call of the forward of one of torch's own layers."""
        forward = torch_forward(base) if call.name == "forward" else None
        if forward is None:
            return self._held_back(call, f"{base}.{call.name} is not under the path")
        arguments = _bound(call, forward)
        if arguments is None:
            return self._held_back(call, f"{base}.forward is called with other arguments")
        file, line = call.function.file, call.call.lineno
        try:
            functional = spelled_module("torch.nn.functional", file, line)
            torch = spelled_module("torch", file, line)
        except SpellingError as error:
            return self._held_back(call, str(error))
        code = forward.code.format(F=functional.code, torch=torch.code, **arguments)
        edits: list[Edit] = [ReplaceExpression(call.call, code)]
        method = method_for(forward)
        if method is not None:
            added = _added_method(call, method, functional)
            if added is None:
                return self._held_back(call, f"{call.owner.qualname} has another {method}")
            edits += added
        for spelled, mark in ((functional, "{F}"), (torch, "{torch}")):
            if mark in forward.code or (method and mark in METHODS[method]):
                edits += spelled.imports
        summary = f"the forward of {base} is written out"
        return Rewrite(
            self.name, file.path, line, call.function.qualname, summary, Safety.SAFE, tuple(edits)
        )

    def _held_back(self, call: "SuperCall", reason: str) -> HeldBack:
        function = call.function
        return HeldBack(self.name, function.file.path, call.call.lineno, function.qualname, reason)


@dataclass(frozen=True)
class SuperCall:
    """One call of a base class's method in a method that is scripted."""

    function: FunctionFacts
    owner: ClassFacts
    call: ast.Call
    name: str
    """The method's name."""
    arguments: tuple[ast.expr, ...]
    """The positional ones, without `self`."""
    explicit: bool
    """`Parent.forward(self, x)`."""
    target: FunctionFacts | FromElsewhere | str
    """The method that is called; a reason where it is not one."""


# ------------------------------------------------------------------------------------ finding


@remembered
def _super_calls(project: Project) -> tuple[SuperCall, ...]:
    """All calls of base classes' methods in scripted code."""
    found = []
    for function in project.scripted:
        if function.owner is not None and not function.is_static:
            for call in function.calls:
                one = _super_call(function, function.owner, call)
                if one is not None:
                    found.append(one)
    return tuple(found)


def _super_call(function: FunctionFacts, owner: ClassFacts, call: ast.Call) -> SuperCall | None:
    first = _first_parameter(function)
    if first != "self" or not isinstance(call.func, ast.Attribute):
        return None
    name, arguments, explicit = call.func.attr, tuple(call.args), False
    match call.func.value:
        case ast.Call(func=ast.Name(id="super"), args=[], keywords=[]):
            start: ClassFacts | str = owner
        case ast.Call(func=ast.Name(id="super"), args=[named, ast.Name(id="self")], keywords=[]):
            start = _class_named(named, owner)
        case (ast.Name() | ast.Attribute()) as named:
            if not (arguments and isinstance(arguments[0], ast.Name) and arguments[0].id == first):
                return None
            start, explicit, arguments = _class_named(named, owner), True, arguments[1:]
            if start not in owner.mro and start not in owner.outside_bases:
                return None
        case _:
            return None
    target = _target(owner, start, name, explicit)
    if target is None:
        return None
    return SuperCall(function, owner, call, name, arguments, explicit, target)


def _first_parameter(function: FunctionFacts) -> str:
    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args]
    return names[0].arg if names else ""


def _class_named(node: ast.expr, owner: ClassFacts) -> ClassFacts | str:
    dotted = owner.file.dotted(node)
    return owner.file.project.classes.get(dotted, dotted)


def _target(
    owner: ClassFacts, start: ClassFacts | str, name: str, explicit: bool
) -> FunctionFacts | FromElsewhere | str | None:
    """The method that is meant for every instance of `owner`; None where there is none."""
    if explicit:
        instances: tuple[ClassFacts, ...] = (start,) if isinstance(start, ClassFacts) else (owner,)
    else:
        instances = (owner, *owner.subclasses)
    targets = dict.fromkeys(
        method_behind(instance, start, name, itself=explicit) for instance in instances
    )
    if len(targets) > 1:
        return "which method is meant depends on the class of the instance"
    return next(iter(targets))


def _passes_on_to(method: FunctionFacts) -> str | None:
    """The method that one does nothing but call, with all that it was given itself."""
    body = method.node.body
    match body:
        case [ast.Return(value=ast.Call(func=ast.Attribute(value=ast.Name(id="self"))) as call)]:
            assert isinstance(call.func, ast.Attribute)
            name = call.func.attr
        case _:
            return None
    owner = method.owner
    if owner is None or name not in owner.methods or not name.startswith("_"):
        return None
    if any(name in cls.methods for cls in owner.subclasses):
        return None
    wanted = ast.parse(_passing_on(method, name), mode="eval").body
    return name if ast.dump(wanted) == ast.dump(call) else None


def _not_to_be_split(method: FunctionFacts) -> str | None:
    """Why a method cannot have a second name."""
    node = method.node
    if not isinstance(node, ast.FunctionDef):
        return f"{method.qualname} is asynchronous"
    for decorator in node.decorator_list:
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        dotted = method.file.dotted(called)
        if not dotted.startswith("torch.") or dotted.startswith("torch.jit."):
            return f"{method.qualname} is decorated by {ast.unparse(called)}"
    if _first_parameter(method) != "self":
        return f"{method.qualname} does not call its object self"
    return None


def _own_name(method: FunctionFacts) -> str:
    """`_dense_layer_forward`, or with a number behind it where that is taken in some class."""
    assert method.owner is not None
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", method.owner.node.name)
    base = f"_{words.lower().strip('_')}_{method.name.strip('_')}"
    return free_name([base], _members(method.file.project))


@remembered
def _members(project: Project) -> frozenset[str]:
    """Every name that follows a dot or is a method's anywhere under the path."""
    found: set[str] = set()
    for file in project.everywhere:
        found |= _members_in(file)
    return frozenset(found)


@remembered_of_text
def _members_in(file: FileFacts) -> frozenset[str]:
    attributes = {node.attr for node in file.nodes if isinstance(node, ast.Attribute)}
    return frozenset(attributes | {function.name for function in file.functions.values()})


# ------------------------------------------------------------------------------------- edits


def _renamed(method: FunctionFacts, name: str) -> list[Edit]:
    """The method under a new name, and one of the old name that calls it."""
    node = method.node
    assert isinstance(node, ast.FunctionDef)
    signature = _signature(method)
    passing = f"def {method.name}{signature}:\n    return {_passing_on(method, name)}"
    return [InsertBefore(node, passing), RenameFunction(node, name)]


def _signature(method: FunctionFacts) -> str:
    """The parameters and what is returned, as they are written."""
    spec, segment = method.node.args, method.file.segment
    parts = []
    for arg in (*spec.posonlyargs, *spec.args):
        parts.append(_parameter(method, arg, segment(arg)))
        if spec.posonlyargs and arg is spec.posonlyargs[-1]:
            parts.append("/")
    if spec.vararg is not None or spec.kwonlyargs:
        parts.append(f"*{segment(spec.vararg)}" if spec.vararg is not None else "*")
    parts += [_parameter(method, arg, segment(arg)) for arg in spec.kwonlyargs]
    if spec.kwarg is not None:
        parts.append(f"**{segment(spec.kwarg)}")
    returns = f" -> {segment(method.node.returns)}" if method.node.returns else ""
    return f"({', '.join(parts)}){returns}"


def _parameter(method: FunctionFacts, arg: ast.arg, code: str) -> str:
    default = method.defaults.get(arg.arg)
    if default is None:
        return code
    equals = " = " if arg.annotation is not None else "="
    return f"{code}{equals}{method.file.segment(default)}"


def _passing_on(method: FunctionFacts, name: str) -> str:
    """`self._block_forward(x, *args, key=key)`: the call with all that a method was given."""
    spec = method.node.args
    given = [arg.arg for arg in (*spec.posonlyargs, *spec.args)][1:]
    if spec.vararg is not None:
        given.append(f"*{spec.vararg.arg}")
    given += [f"{arg.arg}={arg.arg}" for arg in spec.kwonlyargs]
    if spec.kwarg is not None:
        given.append(f"**{spec.kwarg.arg}")
    return f"self.{name}({', '.join(given)})"


def _replaced(call: SuperCall, name: str) -> Edit:
    if not call.explicit:
        return ReplaceExpression(call.call.func, f"self.{name}")
    segment = call.function.file.segment
    given = [segment(argument) for argument in call.arguments]
    given += [
        f"{keyword.arg}={segment(keyword.value)}" if keyword.arg else f"**{segment(keyword.value)}"
        for keyword in call.call.keywords
    ]
    return ReplaceExpression(call.call, f"self.{name}({', '.join(given)})")


def _bound(call: SuperCall, forward: TorchForward) -> dict[str, str] | None:
    """The source of each argument by the name of the parameter that it is for."""
    found = dict(zip(forward.parameters, call.arguments, strict=False))
    named = {k.arg: k.value for k in call.call.keywords if k.arg is not None}
    given = len(call.arguments) + len(call.call.keywords)
    arguments = {**found, **named}
    if len(arguments) != given or set(arguments) != set(forward.parameters):
        return None
    if any(isinstance(argument, ast.Starred) for argument in call.arguments):
        return None
    segment = call.function.file.segment
    atoms = ast.Name | ast.Attribute | ast.Call | ast.Subscript
    alone = forward.code.startswith("{input}") or any(
        isinstance(value, ast.GeneratorExp | ast.NamedExpr) for value in arguments.values()
    )
    return {
        name: (f"({segment(value)})" if alone and not isinstance(value, atoms) else segment(value))
        for name, value in arguments.items()
    }


def _added_method(call: SuperCall, name: str, functional: Spelled) -> list[Edit] | None:
    """The method that a forward calls, before the one that calls it; None where the name is
    taken."""
    code = METHODS[name].replace("{F}", functional.code).strip("\n")
    there = call.owner.method(name)
    if there is None:
        return [InsertBefore(call.function.node, code)]
    same = ast.dump(there.node) == ast.dump(ast.parse(code).body[0])
    return [] if same else None
