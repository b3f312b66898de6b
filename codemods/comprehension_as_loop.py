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
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertBefore, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.loops import statement_of
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.kit.substitution import substituted
from torchscript_fix.kit.unrolling.comprehensions import RESULT_NAMES, comes_first
from torchscript_fix.kit.unrolling.doubt import NotSure
from torchscript_fix.kit.unrolling.source import nested
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

Comprehension = ast.ListComp | ast.GeneratorExp
ALL_OF_IT = frozenset({"list", "tuple", "sum", "min", "max", "sorted", "set"})
"""Functions that take everything out of a generator, whatever comes."""


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
        except (NotSure, SpellingError) as reason:
            return HeldBack(self.name, path, line, function.qualname, str(reason))
        return Rewrite(self.name, path, line, function.qualname, summary, Safety.SAFE, edits)


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
    raise NotSure("who takes how much out of the generator does not show")


# ----------------------------------------------------------------------------------- as a loop


def _as_loop(node: Comprehension, function: FunctionFacts) -> tuple[tuple[Edit, ...], str]:
    file = function.file
    statement = statement_of(node, function)
    if not comes_first(node, statement, function):
        raise NotSure("other things in its statement are evaluated before it, or it is not always")
    if any(isinstance(each, Comprehension) and each is not node for each in ast.walk(node)):
        raise NotSure("there is another comprehension in it")
    replaced: ast.expr = node
    taker = ""
    if isinstance(node, ast.GeneratorExp):  # its parentheses are those of the call
        replaced, taker = _taker(node, function)
    instead = _renamed(node, function)
    name, is_new = _result(node, statement, function)
    begin = f"{name} = []"
    imports: tuple[Edit, ...] = ()
    kind = type_of(node.elt, function)
    if kind is not None and kind != "Tensor":
        spelling = spelled(f"List[{kind}]", file, node.lineno)
        begin, imports = f"{name}: {spelling.code} = []", spelling.imports
    header: list[str] = []
    for generator in node.generators:
        if generator.is_async:
            raise NotSure("it is asynchronous")
        target, source = _text(generator.target, instead, function), generator.iter
        header.append(f"for {target} in {_text(source, instead, function)}:")
        header += [f"if {_text(test, instead, function)}:" for test in generator.ifs]
    body = f"{name}.append({_text(node.elt, instead, function)})"
    code = "\n".join([begin, *nested(header, body)])
    summary = f"{name} is put together in a loop"
    if not is_new:
        return (*imports, ReplaceStatement(statement, code)), summary
    new = f"{taker}({name})" if taker else name
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
            return free_name([f"{name}_list", f"new_{name}"], taken_names(function)), True
    return free_name(RESULT_NAMES, taken_names(function)), True


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
    taken = taken_names(function)
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


def _stored(function: FunctionFacts) -> set[str]:
    """The names that are given a value somewhere in the file."""
    return {
        each.id
        for each in function.file.nodes
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    } | {each.name for each in function.file.tree.body if isinstance(each, ast.FunctionDef)}
