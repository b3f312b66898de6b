"""A tuple that is made of a list and returned has as many parts as cases saw.

## What the compiler says

    cannot statically infer the expected size of a list in this context

A tuple has a fixed number of parts in TorchScript, and a list has as many as come.

## What is written instead

    outs = []                           outs = []
    for layer in self.layers:           for layer in self.layers:
        x = layer(x)                        x = layer(x)
        outs.append(x)                      outs.append(x)
    return tuple(outs)                  assert len(outs) == 3
                                        return outs[0], outs[1], outs[2]

Who calls it gets the tuple that it always got, or an AssertionError where a case would have been
needed that showed another number. Of `tuple(outs) if len(outs) > 1 else outs[0]` that side stays
which cases came to.

## When it holds back

Where no case came there or they saw several numbers of parts, where nothing shows that it is a list
to the compiler, where calls ahead of it in a longer tuple would come after it, and where there are
more than 32 parts.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.edit import InsertBefore, ReplaceExpression
from torchscript_fix.facts.indexing import is_pure
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import parts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

MOST_PARTS = 32


class TupleOfList(Rule):
    name: ClassVar[str] = "tuple-of-list"
    summary: ClassVar[str] = "A returned tuple(outs) names the elements that cases saw it have."
    messages: ClassVar[tuple[str, ...]] = (
        "cannot statically infer the expected size of a list in this context",
    )
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a `return`."""
        functions = dict.fromkeys(located.function for located in self.diagnosed(facts))
        for function in functions:
            if function is not None and function.file is facts:
                for node in function.nodes:
                    found = _returned(node)
                    if found is not None:
                        yield _finding(found, function)


@dataclass(frozen=True)
class _Returned:
    """A `return` with a call of `tuple` in it: all of what is returned, one side of a conditional
    expression, or a part of a longer tuple."""

    statement: ast.Return
    call: ast.Call
    source: ast.expr
    choice: ast.IfExp | None = None
    place: int | None = None
    """Where in the tuple that is returned."""

    @property
    def ahead(self) -> list[ast.expr]:
        """What is worked out before it in a longer tuple."""
        whole = self.statement.value
        return whole.elts[: self.place] if isinstance(whole, ast.Tuple) else []


def _returned(node: ast.AST) -> _Returned | None:
    match node:
        case ast.Return(
            value=ast.Call(func=ast.Name(id="tuple"), args=[source], keywords=[]) as call
        ):
            return _Returned(node, call, source)
        case ast.Return(value=ast.IfExp(body=body, orelse=orelse) as choice):
            for side in (body, orelse):
                match side:
                    case ast.Call(func=ast.Name(id="tuple"), args=[source], keywords=[]):
                        return _Returned(node, side, source, choice=choice)
        case ast.Return(value=ast.Tuple(elts=elements)):
            for place, element in enumerate(elements):
                match element:
                    case ast.Call(func=ast.Name(id="tuple"), args=[source], keywords=[]):
                        return _Returned(node, element, source, place=place)
    return None


def _finding(found: _Returned, function: FunctionFacts) -> Rewrite | HeldBack:
    file, line = function.file, found.statement.lineno
    try:
        edits, summary = _edits(found, function)
    except _NotSure as doubt:
        return HeldBack(TupleOfList.name, file.path, line, function.qualname, str(doubt))
    return Rewrite(
        TupleOfList.name, file.path, line, function.qualname, summary, Safety.NARROWING, edits
    )


class _NotSure(Exception):
    """Why a tuple stays."""


def _edits(
    found: _Returned, function: FunctionFacts
) -> tuple[tuple[InsertBefore | ReplaceExpression, ...], str]:
    file = function.file
    kind = _observed(found, function)
    before: list[str] = []
    choice = found.choice
    if choice is not None:
        if not _looks(choice.test):
            raise _NotSure("the condition of what is returned is more than a look at values")
        is_tuple = kind.startswith("Tuple[")
        is_first = (found.call is choice.body) == is_tuple
        test = file.segment(choice.test)
        before.append(f"assert {test}" if is_first else f"assert not ({test})")
        if not is_tuple:
            side = choice.orelse if found.call is choice.body else choice.body
            edits = (
                _before(found, before, function),
                ReplaceExpression(choice, file.segment(side)),
            )
            return edits, f"what cases saw returned: {ast.unparse(side)}"
    number = _number(kind)
    if not isinstance(found.source, ast.Name) and not all(map(is_pure, found.ahead)):
        raise _NotSure("what stands ahead of it in the tuple would be worked out after it")
    name = _listed(found.source, function, before)
    before.append(f"assert len({name}) == {number}")
    elements = ", ".join(f"{name}[{i}]" for i in range(number)) + ("," if number == 1 else "")
    whole = choice if choice is not None else found.call
    is_bare = isinstance(file.parents[whole], ast.Return) and number > 1
    code = elements if is_bare else f"({elements})"
    edits = (_before(found, before, function), ReplaceExpression(whole, code))
    return edits, f"the tuple of {name} has {number} parts"


def _before(found: _Returned, lines: list[str], function: FunctionFacts) -> InsertBefore:
    above = function.file.parents[found.statement]
    if found.statement.lineno == getattr(above, "lineno", 0):
        raise _NotSure("it stands on the line of what decides about it")
    return InsertBefore(found.statement, "".join(f"{line}\n" for line in lines))


def _observed(found: _Returned, function: FunctionFacts) -> str:
    """The type that cases saw: of what is returned, or of that part of it."""
    file = function.file
    seen = file.project.observed.return_types(file.path, function.qualname)
    if found.place is not None:
        heads = [parts(kind) for kind in seen]
        count = (
            len(found.statement.value.elts) if isinstance(found.statement.value, ast.Tuple) else 0
        )
        if any(head != "Tuple" or len(inside) != count for head, inside in heads):
            raise _NotSure("cases saw it return other things as well")
        seen = frozenset(inside[found.place] for _, inside in heads)
    if not seen:
        raise _NotSure("no case shows how many parts the tuple has")
    if len(seen) > 1:
        raise _NotSure(f"cases saw it return {' and '.join(sorted(seen))}")
    return next(iter(seen))


def _number(kind: str) -> int:
    """How many parts a tuple has, all of one type."""
    head, inside = parts(kind)
    if head != "Tuple" or len(set(inside)) != 1:
        raise _NotSure(f"cases saw it return {kind}, which is no tuple of what a list can hold")
    if len(inside) > MOST_PARTS:
        raise _NotSure(f"it has {len(inside)} parts")
    return len(inside)


def _listed(source: ast.expr, function: FunctionFacts, before: list[str]) -> str:
    """The name of the list, which is given one where it has none."""
    code = function.file.segment(source)
    if isinstance(source, ast.Name):
        values = function.assignments.get(source.id, [])
        if values and all(isinstance(value, ast.List | ast.ListComp) for value in values):
            return code
    if isinstance(source, ast.GeneratorExp):
        code = f"[{code[1:-1] if code.startswith('(') else code}]"
    elif not isinstance(source, ast.List | ast.ListComp):
        if not (type_of(source, function) or "").startswith("List["):
            raise _NotSure(f"nothing shows that {ast.unparse(source)} is a list")
        code = f"list({code})"  # which `dict.values()` is to the compiler alone
    name = free_name(("outputs", "results", "elements"), taken_names(function))
    before.append(f"{name} = {code}")
    return name


def _looks(test: ast.expr) -> bool:
    """Whether a condition only looks at values."""
    match test:
        case ast.Compare(left=left, comparators=others):
            return all(map(_looks, (left, *others)))
        case ast.BoolOp(values=values):
            return all(map(_looks, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _looks(operand)
    return is_pure(test)
