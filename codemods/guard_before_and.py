"""Has the compiler leave out what stands behind a test in an `and`, as Python does.

## What the compiler says

    Module 'Block' has no attribute 'pool'

In `hasattr(self, "pool") and self.pool is not None` both sides are compiled, though the first one
says that there is no `self.pool`. An `if` or a conditional expression is left out where its test is
decided while compiling; the right side of an `and` never is.

## What is written instead

    hasattr(self, "pool") and self.pool is not None

    (self.pool is not None if hasattr(self, "pool") else False)

The same for what stands behind `self.norm is not None and` and, with True for False, for what
stands behind an `or`.

## When it holds back

Where none of the tests before it is one that the compiler can decide: `hasattr`, `is None`, or a
flag that is True or False as long as the model lives.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.flags import is_settled
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.facts.uses import is_none
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

MESSAGES = (
    "has no attribute",
    "NoneType",
    "but got None",
    "Could not cast value of type",
    "found type 'Optional[",
    "Expected a value of type",
)


class GuardBeforeAnd(Rule):
    name: ClassVar[str] = "guard-before-and"
    summary: ClassVar[str] = "What stands behind hasattr(…) and is only compiled where that holds."
    messages: ClassVar[tuple[str, ...]] = MESSAGES
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite an `and`."""
        done: set[ast.BoolOp] = set()
        for located in self.diagnosed(facts):
            function, node = located.function, located.node
            if function is None or not isinstance(node, ast.expr):
                continue
            for guarded in _guarded(node, function):
                if guarded.whole in done:
                    continue
                done.add(guarded.whole)
                yield self._one(guarded)

    def _one(self, guarded: "Guarded") -> Rewrite | HeldBack:
        function, whole = guarded.function, guarded.whole
        path, line, where = function.file.path, whole.lineno, function.qualname
        index = guarded.decided
        if index is None:
            word = "and" if isinstance(whole.op, ast.And) else "or"
            reason = f"no test before the {word} is decided while compiling"
            return HeldBack(self.name, path, line, where, reason)
        test = function.file.segment(whole.values[index])
        summary = f"what stands behind {test} is only compiled where that decides nothing yet"
        edit = ReplaceExpression(whole, guarded.code(index))
        return Rewrite(self.name, path, line, where, summary, Safety.SAFE, (edit,))


@dataclass(frozen=True, eq=False)
class Guarded:
    """An `and` or `or` with an error in one of its values, that is not the first."""

    function: FunctionFacts
    whole: ast.BoolOp
    place: int
    """Of the value with the error."""

    @property
    def decided(self) -> int | None:
        """Place of the last test before the error that the compiler can decide."""
        before = self.whole.values[: self.place]
        found = [i for i, value in enumerate(before) if _is_decided(value, self.function)]
        return found[-1] if found else None

    def code(self, index: int) -> str:
        """The whole, with what stands behind the value at `index` in a conditional expression."""
        is_and = isinstance(self.whole.op, ast.And)
        word = " and " if is_and else " or "
        texts = [self._text(value) for value in self.whole.values]
        test, rest = texts[index], word.join(texts[index + 1 :])
        chosen = f"({rest} if {test} else False)" if is_and else f"(True if {test} else {rest})"
        return word.join([*texts[:index], chosen])

    def _text(self, value: ast.expr) -> str:
        text = self.function.file.segment(value)
        loose = isinstance(value, ast.BoolOp | ast.IfExp | ast.Lambda | ast.NamedExpr)
        return f"({text})" if loose else text


def _guarded(node: ast.expr, function: FunctionFacts) -> Iterator[Guarded]:
    """The `and`s and `or`s around an expression, in whose first value it does not stand."""
    below: ast.AST = node
    for around in function.file.ancestors(node):
        if isinstance(around, ast.stmt):
            return
        if isinstance(around, ast.BoolOp) and isinstance(below, ast.expr):
            place = around.values.index(below)
            if place > 0:
                yield Guarded(function, around, place)
        below = around


def _is_none_by_type(node: ast.expr, function: FunctionFacts) -> bool:
    """Whether it is a parameter that is declared None."""
    if not isinstance(node, ast.Name):
        return False
    return any(p.arg == node.id and is_none(p.annotation) for p in function.parameters)


def _is_decided(test: ast.expr, function: FunctionFacts) -> bool:
    """Whether the compiler can know a test: `hasattr(self, "x")`, `self.x is None`, a flag, what is
    left to Python."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _is_decided(operand, function)
        case ast.Call(func=ast.Name(id="hasattr"), args=[ast.Name(id="self"), ast.Constant()]):
            return True
        case ast.Compare(
            left=left, ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]
        ):
            return self_attribute(left) is not None or _is_none_by_type(left, function)
        case ast.IfExp(test=asked, orelse=ast.Constant(value=bool())):
            return ast.unparse(asked) == "not torch.jit.is_scripting()"
        case ast.Attribute():
            name = self_attribute(test)
            return name is not None and is_settled(name, function)
    return False
