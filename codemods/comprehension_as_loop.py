"""A comprehension with a condition, or with two loops, becomes a loop that appends.

## What the compiler says

    Comprehension ifs are not supported yet
    Only a single generator is currently supported

TorchScript has comprehensions over one thing, all of it. A generator is a list to it.

## What is written instead

                                             outs = []
    outs = [layer(x)                         for i, layer in enumerate(self.layers):
            for i, layer                →        if i in self.indices:
            in enumerate(self.layers)                outs.append(layer(x))
            if i in self.indices]

The list says what goes into it where that is no Tensor. Names of the comprehension that mean
something else in the function are given others.

## When it holds back

Where the comprehension is not evaluated first of what its statement evaluates, or not always;
where it holds another one; and a generator that something else than `sum`, `list` and their like
takes from: `any` stops at the first one that decides.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.edit import Edit, InsertBefore, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety
from torchscript_fix.spelling import SpellingError, spelled
from torchscript_fix.substitution import substituted

Comprehension = ast.ListComp | ast.GeneratorExp
ALL_OF_IT = frozenset({"list", "tuple", "sum", "min", "max", "sorted", "set"})
"""Functions that take everything out of a generator, whatever comes."""
SIMPLE = ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
NOT_ALWAYS = ast.Lambda | ast.BoolOp | ast.IfExp | ast.ListComp | ast.SetComp | ast.DictComp
"""What evaluates a part of itself at times, or several times."""
EFFECTS = ast.Call | ast.NamedExpr | ast.Subscript | ast.BinOp | ast.Compare | ast.Await
"""What may do something, or raise something, as it is evaluated."""


class ComprehensionAsLoop(Rule):
    """Loops for the comprehensions that TorchScript does not have."""

    name: ClassVar[str] = "comprehension-as-loop"
    summary: ClassVar[str] = "[f(x) for x in xs if c] becomes a loop that appends."
    messages: ClassVar[tuple[str, ...]] = (
        "Comprehension ifs are not supported yet",
        "Only a single generator is currently supported",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a statement at a time: the next is found when the first is made."""
        done: set[ast.AST] = set()
        for located in self.diagnosed(facts):
            function = located.function
            for node in function.nodes if function is not None else ():
                if isinstance(node, Comprehension) and node not in done and _is_unknown(node):
                    done.add(node)
                    assert function is not None
                    yield self._rewritten(node, function)

    def _rewritten(self, node: Comprehension, function: FunctionFacts) -> Rewrite | HeldBack:
        path, line = function.file.path, node.lineno
        try:
            edits, summary = _as_loop(node, function)
        except (_HoldsBack, SpellingError) as reason:
            return HeldBack(self.name, path, line, function.qualname, str(reason))
        return Rewrite(self.name, path, line, function.qualname, summary, Safety.SAFE, edits)


class _HoldsBack(Exception):
    """Why a comprehension stays."""


def _is_unknown(node: Comprehension) -> bool:
    """Whether the compiler does not take it."""
    return len(node.generators) > 1 or bool(node.generators[0].ifs)


def _taker(node: ast.GeneratorExp, function: FunctionFacts) -> tuple[ast.Call, str]:
    """The call that takes everything out of a generator, and what it calls."""
    call = function.file.parents.get(node)
    match call:
        case ast.Call(func=ast.Name(id=name), args=[only], keywords=[]) if only is node:
            if name in ALL_OF_IT and name not in _stored(function):
                return call, name
    raise _HoldsBack("who takes how much out of the generator does not show")


# ----------------------------------------------------------------------------------- as a loop


@dataclass(frozen=True)
class _Place:
    """Where a comprehension stands."""

    statement: ast.stmt
    function: FunctionFacts

    def check(self, node: Comprehension) -> None:
        """Raises _HoldsBack where the loop could not run directly before the statement."""
        around = []
        for each in self.function.file.ancestors(node):
            if each is self.statement:
                break
            around.append(each)
        if not isinstance(self.statement, SIMPLE) or any(
            isinstance(each, NOT_ALWAYS | ast.GeneratorExp) for each in around
        ):
            raise _HoldsBack("it is not evaluated just once whenever its statement runs")
        inside = set(ast.walk(node))
        before = [
            other
            for other in ast.walk(self.statement)
            if isinstance(other, EFFECTS) and other not in inside and other not in around
            if (other.lineno, other.col_offset) < (node.lineno, node.col_offset)
            if not isinstance(getattr(other, "ctx", None), ast.Store)
        ]
        if before:
            raise _HoldsBack("other things in its statement are evaluated before it")
        if any(isinstance(each, Comprehension) and each is not node for each in inside):
            raise _HoldsBack("there is another comprehension in it")


def _as_loop(node: Comprehension, function: FunctionFacts) -> tuple[tuple[Edit, ...], str]:
    file = function.file
    statement = statement_of(node, function)
    _Place(statement, function).check(node)
    instead = _renamed(node, function)
    name, is_new = _result(node, statement, function)
    begin = f"{name} = []"
    imports: tuple[Edit, ...] = ()
    kind = type_of(node.elt, function)
    if kind is not None and kind != "Tensor":
        spelling = spelled(f"List[{kind}]", file, node.lineno)
        begin, imports = f"{name}: {spelling.code} = []", spelling.imports
    lines = [begin]
    for generator in node.generators:
        if generator.is_async:
            raise _HoldsBack("it is asynchronous")
        target, source = _text(generator.target, instead, function), generator.iter
        lines.append(f"for {target} in {_text(source, instead, function)}:")
        lines += [f"if {_text(test, instead, function)}:" for test in generator.ifs]
    lines.append(f"{name}.append({_text(node.elt, instead, function)})")
    code = begin + "".join(f"\n{'    ' * depth}{line}" for depth, line in enumerate(lines[1:]))
    summary = f"{name} is put together in a loop"
    if not is_new:
        return (*imports, ReplaceStatement(statement, code)), summary
    replaced: ast.expr = node
    new = name
    if isinstance(node, ast.GeneratorExp):  # its parentheses are those of the call
        replaced, taker = _taker(node, function)
        new = f"{taker}({name})"
    return (*imports, InsertBefore(statement, code), ReplaceExpression(replaced, new)), summary


def _text(node: ast.expr, instead: dict[ast.AST, str], function: FunctionFacts) -> str:
    text = substituted(function.file, node, instead)
    return f"({text})" if "\n" in text else text


def _result(node: Comprehension, statement: ast.stmt, function: FunctionFacts) -> tuple[str, bool]:
    """A name for the list, and whether it is a new one."""
    used = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is node:
            if name not in used:
                return name, False
            return free_name([f"{name}_list", f"new_{name}"], _all_names(function)), True
    return free_name(["chosen", "found", "elements"], _all_names(function)), True


def _renamed(node: Comprehension, function: FunctionFacts) -> dict[ast.AST, str]:
    """The names that the comprehension binds and that mean something else outside of it, each
    place with the name that it has in the loop."""
    inside = set(ast.walk(node))
    bound = _bound(node.generators)
    outside = {
        each.id
        for each in ast.walk(function.node)
        if isinstance(each, ast.Name) and each not in inside
    } | {
        parameter.arg
        for parameter in ast.walk(function.node.args)
        if isinstance(parameter, ast.arg)
    }
    taken = _all_names(function)
    new: dict[str, str] = {}
    for name in bound:
        if name in outside:
            new[name] = free_name([f"each_{name}", f"this_{name}"], {*taken, *new.values()})
    first = set(ast.walk(node.generators[0].iter))  # evaluated outside of the comprehension
    return {
        each: new[each.id]
        for each in inside
        if isinstance(each, ast.Name) and each.id in new and each not in first
    }


def _bound(generators: Sequence[ast.comprehension]) -> dict[str, None]:
    return {
        each.id: None
        for generator in generators
        for each in ast.walk(generator.target)
        if isinstance(each, ast.Name)
    }


def _all_names(function: FunctionFacts) -> set[str]:
    names = {each.id for each in ast.walk(function.file.tree) if isinstance(each, ast.Name)}
    return names | {each.arg for each in ast.walk(function.node) if isinstance(each, ast.arg)}


def _stored(function: FunctionFacts) -> set[str]:
    """The names that are given a value somewhere in the file."""
    return {
        each.id
        for each in function.file.nodes
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    } | {each.name for each in function.file.tree.body if isinstance(each, ast.FunctionDef)}
