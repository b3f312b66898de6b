"""A function inside a function, or a lambda with a name, is written where it is called, or becomes
a method.

## What the compiler says

"function definitions aren't supported", "Lambda aren't supported": TorchScript has no closures.

## What is written instead

One expression takes the place of each call:

    heads = lambda t: t.view(batch, -1, 8, 64)
    q = heads(self.query(x))                     q = self.query(x).view(batch, -1, 8, 64)

A longer body becomes a method (a function of the file where there is no class), what it took from
around it is passed:

    def _second_derivative(self, t, weight: float):
        …
    loss = self._second_derivative(depth, weight)

The types of what is passed are those of the code around, or those that the compiler has named.

## When it holds back

The function is handed on rather than called, calls itself, yields, has `nonlocal` or decorators, is
defined more than once, or is called with `*args`. An argument that does something (a call) is only
put where it would have been evaluated first, and once.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import (
    AddImport,
    Edit,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
)
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.nodes import nodes_in
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

TYPE_FOUND = re.compile(
    r"^(?P<callee>\w+)\([\s\S]*for argument '(?P<argument>\w+)' "
    r"but instead found type '(?P<kind>[^']+)'"
)
LONGEST = 100
"""An expression that is longer is not repeated where it is called."""
PLAIN = ast.Name | ast.Constant
ATOMS = ast.Name | ast.Constant | ast.Call | ast.Attribute | ast.Subscript | ast.List | ast.Tuple


class LocalFunction(Rule):
    name: ClassVar[str] = "local-function"
    summary: ClassVar[str] = "A function inside a function is written out, or becomes a method."
    messages: ClassVar[tuple[str, ...]] = (
        "function definitions aren't supported",
        "Lambda aren't supported",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[str] = set()
        for place in self.diagnosed(facts):
            function = place.function
            if function is None or function.qualname in told:
                continue
            told.add(function.qualname)
            for local in _locals(function):
                try:
                    yield _rewrite(local)
                except _HoldBackError as error:
                    path, line, where = facts.path, local.statement.lineno, function.qualname
                    yield HeldBack(self.name, path, line, where, str(error))


class _HoldBackError(Exception):
    """Why a local function stays."""


@dataclass(frozen=True)
class _Local:
    """A function or lambda with a name inside a function."""

    function: FunctionFacts
    """The one around it."""
    statement: ast.FunctionDef | ast.Assign
    name: str
    arguments: ast.arguments
    body: tuple[ast.stmt, ...]
    """Without its docstring."""

    @property
    def file(self) -> FileFacts:
        return self.function.file

    @property
    def expression(self) -> ast.expr | None:
        """What it gives back, where that is all that it does."""
        match self.body:
            case [ast.Return(value=ast.expr() as value)]:
                return value
        return None

    @property
    def parameters(self) -> list[str]:
        return [argument.arg for argument in self.arguments.args]

    @property
    def calls(self) -> list[ast.Call]:
        return [
            node
            for node in self.function.calls
            if isinstance(node.func, ast.Name) and node.func.id == self.name
        ]


def _locals(function: FunctionFacts) -> Iterator[_Local]:
    for node in function.nodes:
        match node:
            case ast.FunctionDef(name=name, args=arguments, body=body) if node is not function.node:
                first = body[0]
                documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
                yield _Local(function, node, name, arguments, tuple(body[1 if documented else 0 :]))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda(args=arguments) as value):
                returned = ast.Return(value.body)
                yield _Local(function, node, name, arguments, (returned,))


def _rewrite(local: _Local) -> Rewrite:
    _refuse(local)
    edits: list[Edit] = [RemoveStatement(local.statement)]
    replaced = _written_out(local)
    if replaced is not None:
        edits += replaced
        summary = f"{local.name} is written out where it is called"
    else:
        name = _new_name(local)
        edits += _lifted(local, name)
        summary = f"{local.name} is {name}"
    return Rewrite(
        LocalFunction.name,
        local.file.path,
        local.statement.lineno,
        local.function.qualname,
        summary,
        Safety.SAFE,
        tuple(edits),
    )


def _refuse(local: _Local) -> None:
    """Raises _HoldBackError where a function cannot leave its place."""
    name, arguments = local.name, local.arguments
    if isinstance(local.statement, ast.FunctionDef) and local.statement.decorator_list:
        raise _HoldBackError(f"{name} has decorators")
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        raise _HoldBackError(f"{name} takes *args or keyword-only arguments")
    inside = {id(node) for node in ast.walk(local.statement)}
    for node in local.function.nodes:
        if isinstance(node, ast.Name) and node.id == name and node is not _target(local):
            if id(node) in inside:
                raise _HoldBackError(f"{name} calls itself")
            if not isinstance(node.ctx, ast.Load):
                raise _HoldBackError(f"{name} is defined more than once")
            parent = local.file.parents[node]
            if not isinstance(parent, ast.Call) or parent.func is not node:
                raise _HoldBackError(f"{name} is handed on, not only called")
        if isinstance(node, ast.FunctionDef) and node.name == name and node is not local.statement:
            raise _HoldBackError(f"{name} is defined more than once")
    for node in ast.walk(local.statement):
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.Nonlocal | ast.Global):
            raise _HoldBackError(f"{name} yields, or binds names of the function around it")
    for call in local.calls:
        if any(isinstance(arg, ast.Starred) for arg in call.args) or any(
            keyword.arg is None for keyword in call.keywords
        ):
            raise _HoldBackError(f"{name} is called with *args")
        if any(isinstance(o, ast.Lambda) for o in _around(call, local)):
            raise _HoldBackError(f"{name} is called inside a lambda")


def _around(call: ast.Call, local: _Local) -> Iterator[ast.AST]:
    for outer in local.file.ancestors(call):
        if outer is local.function.node:
            return
        yield outer


def _target(local: _Local) -> ast.expr | None:
    return local.statement.targets[0] if isinstance(local.statement, ast.Assign) else None


def _given(local: _Local, call: ast.Call) -> dict[str, ast.expr]:
    """The argument of each parameter in a call. Raises _HoldBackError where one is missing."""
    names = local.parameters
    given = dict(zip(names, call.args, strict=False))
    given |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    defaults = local.arguments.defaults
    for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        given.setdefault(name, default)
    if set(given) != set(names) or len(call.args) > len(names):
        raise _HoldBackError(f"{local.name} is called with other arguments than it takes")
    return given


# ------------------------------------------------------------------------ written out


def _written_out(local: _Local) -> list[Edit] | None:
    """Each call replaced by what the function gives back; None where that cannot stand there."""
    expression = local.expression
    if expression is None or len(ast.unparse(expression)) > LONGEST:
        return None
    edits: list[Edit] = []
    bound = _bound_in(expression)
    for call in local.calls:
        given = _given(local, call)
        nested = any(
            isinstance(node, ast.Call) and node in local.calls
            for argument in given.values()
            for node in ast.walk(argument)
        )
        if nested or not all(_may_stand(name, given[name], expression) for name in given):
            return None
        if bound.intersection(_names_in(given.values())):
            return None
        copy = ast.parse(ast.unparse(expression), mode="eval").body
        made = _Filled(given).visit(copy)
        text = ast.unparse(made)
        parent = local.file.parents[call]
        bare = isinstance(made, ATOMS) or isinstance(
            parent, ast.Assign | ast.Return | ast.AugAssign | ast.Expr | ast.keyword
        )
        edits.append(ReplaceExpression(call, text if bare else f"({text})"))
    return edits


def _may_stand(name: str, argument: ast.expr, expression: ast.expr) -> bool:
    """Whether an argument may take the place of its parameter: evaluated as often, and in order."""
    if isinstance(argument, PLAIN) or _is_attribute(argument):
        return True
    uses = [n for n in ast.walk(expression) if isinstance(n, ast.Name) and n.id == name]
    return len(uses) == 1 and _evaluated_first(expression) is uses[0]


def _is_attribute(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def _evaluated_first(node: ast.expr) -> ast.expr:
    """The innermost part of an expression that Python evaluates first."""
    match node:
        case ast.BinOp(left=inner) | ast.Compare(left=inner) | ast.UnaryOp(operand=inner):
            return _evaluated_first(inner)
        case ast.Call(func=ast.Attribute() as func, args=args):
            if _is_attribute(func) and args and not isinstance(func.value, ast.Call):
                first = func.value
                # A method of a parameter comes first; a function of a module is only looked up.
                return first if _is_local_name(first, args) else _evaluated_first(args[0])
            return _evaluated_first(func)
        case ast.Call(func=ast.Name(), args=[first, *_]):
            return _evaluated_first(first)
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            return _evaluated_first(inner)
        case (
            ast.BoolOp(values=[first, *_])
            | ast.Tuple(elts=[first, *_])
            | ast.List(elts=[first, *_])
        ):
            return _evaluated_first(first)
        case ast.IfExp(test=test):
            return _evaluated_first(test)
    return node


def _is_local_name(node: ast.expr, args: Sequence[ast.expr]) -> bool:
    """Whether `t.view(…)` is a method of a value, so that the value comes first."""
    return isinstance(node, ast.Name) and node.id not in {"torch", "F", "nn", "math"}


def _bound_in(expression: ast.expr) -> set[str]:
    """Names that comprehensions inside an expression bind."""
    return {
        node.id
        for node in ast.walk(expression)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _names_in(expressions: Iterable[ast.expr]) -> set[str]:
    return {
        node.id
        for expression in expressions
        for node in ast.walk(expression)
        if isinstance(node, ast.Name)
    }


class _Filled(ast.NodeTransformer):
    """An expression with arguments in the place of parameters."""

    def __init__(self, given: dict[str, ast.expr]) -> None:
        self.given = given

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.given.get(node.id, node)


# ------------------------------------------------------------------------ made a method


def _new_name(local: _Local) -> str:
    owner, bare = local.function.owner, local.name.strip("_")
    candidates = [f"_{bare}", f"_{local.function.name.strip('_')}_{bare}"]
    taken = set(taken_names(local.function)) - {local.name}
    if owner is not None:
        for cls in (*owner.mro, *owner.subclasses):
            taken |= {*cls.methods, *cls.own_definitions, *cls.class_level}
    return free_name(candidates, taken)


def _lifted(local: _Local, name: str) -> list[Edit]:
    """The method, or function of the file, and the calls of it."""
    captured = _captured(local)
    is_method = local.function.owner is not None
    if is_method and local.function.is_static:
        raise _HoldBackError(f"{local.function.name} is a static method")
    imports: list[AddImport] = []
    header = ["self"] if is_method else []
    for parameter in [*local.parameters, *captured]:
        header.append(_declared(local, name, parameter, imports))
    code = f"def {name}({', '.join(header)}):\n" + "\n".join(
        f"    {line}" if line else "" for line in _body(local)
    )
    prefix = "self." if is_method else ""
    edits: list[Edit] = [*imports, InsertBefore(local.function.node, code)]
    for call in local.calls:
        given = _given(local, call)
        passed = [local.file.segment(given[p]) for p in local.parameters] + captured
        if any(node in local.calls for a in given.values() for node in ast.walk(a)):
            raise _HoldBackError(f"{local.name} is called in an argument of its own")
        edits.append(ReplaceExpression(call, f"{prefix}{name}({', '.join(passed)})"))
    return edits


def _captured(local: _Local) -> list[str]:
    """The locals of the function around that the local function reads."""
    own = set(local.parameters) | {
        node.id
        for statement in local.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    around = {parameter.arg for parameter in local.function.parameters}
    inside = {id(node) for node in ast.walk(local.statement)}
    around |= {
        node.id
        for node in local.function.nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in inside
    }
    read = [
        node.id
        for statement in local.body
        for node in nodes_in(statement)
        if isinstance(node, ast.Name) and node.id in around and node.id not in own
    ]
    return list(dict.fromkeys(read))


def _declared(local: _Local, name: str, parameter: str, imports: list[AddImport]) -> str:
    """`weight: float`: a parameter with the type of what is passed, if that is no Tensor."""
    argument = next((a for a in local.arguments.args if a.arg == parameter), None)
    if argument is not None and argument.annotation is not None:
        return local.file.segment(argument)
    kind = _type_found(local, name, parameter) or _type_passed(local, parameter)
    if kind in {None, "Tensor"}:
        return parameter
    try:
        found = spelled(kind or "", local.file, local.function.node.lineno)
    except SpellingError as error:
        raise _HoldBackError(str(error)) from error
    imports += found.imports
    return f"{parameter}: {found.code}"


def _type_found(local: _Local, name: str, parameter: str) -> str | None:
    """The type that the compiler found for an argument of the new method."""
    for place in local.file.diagnosed(("but instead found type",)):
        said = TYPE_FOUND.search(place.message)
        if said is not None and said["callee"] == name and said["argument"] == parameter:
            return said["kind"].replace(" (inferred)", "")
    return None


def _type_passed(local: _Local, parameter: str) -> str | None:
    if parameter not in local.parameters:
        return type_of(ast.Name(parameter, ast.Load()), local.function)
    types = {type_of(_given(local, call)[parameter], local.function) for call in local.calls}
    return types.pop() if len(types) == 1 else None


def _body(local: _Local) -> list[str]:
    """The lines of the function, those of a lambda as a `return`."""
    statement = local.statement
    if isinstance(statement, ast.Assign):
        return [line for part in local.body for line in ast.unparse(part).split("\n")]
    first, last = statement.body[0], statement.end_lineno or statement.lineno
    if statement.body[0].lineno == statement.lineno or _spans_lines(statement):
        return [line for part in statement.body for line in ast.unparse(part).split("\n")]
    start = first.lineno - 1
    while local.file.lines[start - 1].lstrip().startswith("#"):
        start -= 1
    lines = local.file.lines[start:last]
    return [line[first.col_offset :] for line in lines]


def _spans_lines(statement: ast.FunctionDef) -> bool:
    """Whether a text in it spans lines, which taking away indentation would change."""
    return any(
        isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" in node.value
        for node in ast.walk(statement)
    )
