"""Folding a branch: what tests come to, and which of them keep a node from being reached."""

import ast
from collections.abc import Callable, Iterator
from itertools import takewhile
from types import UnionType
from typing import NamedTuple

from torchscript_fix.facts.static import FileFacts, FunctionFacts


def parts_of(test: ast.expr) -> Iterator[ast.expr]:
    """The tests that one is made of, without `not`, `and`, `or`."""
    match test:
        case ast.BoolOp(values=values):
            for value in values:
                yield from parts_of(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield from parts_of(operand)
        case _:
            yield test


def truth(test: ast.expr, of: Callable[[ast.expr], bool | None]) -> bool | None:
    """What a test comes to where `of` tells it of its parts; None where that decides nothing."""
    match test:
        case ast.BoolOp(op=op, values=values):
            decisive, truths = isinstance(op, ast.Or), {truth(value, of) for value in values}
            return decisive if decisive in truths else None if None in truths else not decisive
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inside = truth(operand, of)
            return None if inside is None else not inside
    return of(test)


ASKERS = ast.If | ast.IfExp | ast.While
"""What asks for the truth of an expression."""


def is_test(node: ast.expr, file: FileFacts, askers: UnionType = ASKERS) -> bool:
    """Whether nothing but the truth of an expression counts, to one of these around it."""
    around = file.parents[node]
    match around:
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.BoolOp():
            return is_test(around, file, askers)
        case (
            ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test) | ast.Assert(test=test)
        ):
            return isinstance(around, askers) and test is node
        case ast.comprehension(ifs=ifs):
            return isinstance(around, askers) and node in ifs
    return False


class Deciding(NamedTuple):
    """A test that decides whether a node is reached."""

    owner: ast.If | ast.IfExp | ast.BoolOp
    test: ast.expr
    never_if: bool
    """The value of the test with which the node is not reached."""
    is_before: bool
    """Whether it is left before the node, not around it."""


def tests_before(node: ast.AST, function: FunctionFacts) -> Iterator[Deciding]:
    """The tests of a function that decide whether a node in it is reached, nearest first."""
    below = node
    for around in function.file.ancestors(node):
        yield from _directly_before(below, around)
        if around is function.node:
            return
        below = around


def _directly_before(below: ast.AST, around: ast.AST) -> Iterator[Deciding]:
    match around:
        case ast.IfExp(test=test, body=body, orelse=orelse) if below in (body, orelse):
            yield Deciding(around, test, below is orelse, False)
        case ast.BoolOp(op=op, values=values) if isinstance(below, ast.expr):
            for earlier in values[: values.index(below)]:
                yield Deciding(around, earlier, isinstance(op, ast.Or), False)
        case ast.If(test=test, orelse=orelse) if below is not test:
            yield Deciding(around, test, below in orelse, False)
    for part in ("body", "orelse"):
        block = getattr(around, part, None)
        if isinstance(block, list) and below in block:
            for statement in block[: block.index(below)]:
                match statement:
                    case ast.If(test=test, body=[*_, ast.Return() | ast.Raise()]):
                        yield Deciding(statement, test, True, True)


def around(node: ast.AST, function: FunctionFacts) -> Iterator[ast.AST]:
    """The nodes around a node in its function, innermost first."""
    return takewhile(lambda each: each is not function.node, function.file.ancestors(node))
