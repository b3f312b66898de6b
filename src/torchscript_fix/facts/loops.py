"""Loops read: what a `for` or a comprehension counts by or goes over, and how it is left."""

import ast
from collections.abc import Collection
from dataclasses import dataclass

from torchscript_fix.facts.indexing import (
    COMPREHENSIONS,
    Comprehension,
    integer_literal,
    is_pure,
    names_in,
)
from torchscript_fix.facts.static import FunctionFacts


@dataclass(frozen=True)
class Partner:
    """One thing that a loop goes over, and the target that takes its elements."""

    target: ast.expr
    source: ast.expr


@dataclass(frozen=True, eq=False)
class Loop:
    """A `for` statement or the `for` of a comprehension, over numbers or over sequences.

    With `stop` it counts (`range(start, stop, step)`); otherwise it goes over its partners, as
    many turns as the shortest has elements.
    """

    node: ast.For | ast.comprehension
    body: tuple[ast.AST, ...]
    index: str | None
    start: ast.expr | None = None
    stop: ast.expr | None = None
    step: int = 1
    partners: tuple[Partner, ...] = ()
    spelled: str | None = None
    """What it has to go over instead: the compiler has no `reversed(range(…))`."""

    @property
    def nodes(self) -> list[ast.AST]:
        return [node for part in self.body for node in ast.walk(part)]


def loop_of_comprehension(node: Comprehension, function: FunctionFacts) -> Loop | None:
    if len(node.generators) != 1 or node.generators[0].ifs:
        return None
    return loop_of(node.generators[0], (node.elt,), function)


def loop_of(
    node: ast.For | ast.comprehension, body: tuple[ast.AST, ...], function: FunctionFacts
) -> Loop | None:
    """A loop read; None where it is over something that says nothing of its index."""
    match node.target, node.iter:
        case ast.Name(id=index), ast.Call(func=ast.Name(id="range"), args=args) if (
            1 <= len(args) <= 3 and not node.iter.keywords
        ):
            step = integer_literal(args[2]) if len(args) == 3 else 1
            start = args[0] if len(args) > 1 else None
            stop = args[1] if len(args) > 1 else args[0]
            return Loop(node, body, index, start, stop, step) if step else None
        case ast.Name(id=index), ast.Call(
            func=ast.Name(id="reversed"), args=[ast.Call() as ranged], keywords=[]
        ):
            return _downwards(node, body, index, ranged)
        case ast.Name(id=index), ast.Subscript(
            value=ast.Call() as ranged, slice=ast.Slice(lower=None, upper=None, step=step_back)
        ) if (step_back is not None and integer_literal(step_back) == -1):
            return _downwards(node, body, index, ranged)
        case ast.Tuple(elts=[ast.Name(id=index), target]), ast.Call(
            func=ast.Name(id="enumerate"), args=[source], keywords=[]
        ):
            partners = _partners(target, source)
            return Loop(node, body, index, partners=partners) if partners else None
        case ast.Tuple(), ast.Call(func=ast.Name(id="zip")):
            partners = _partners(node.target, node.iter)
            return Loop(node, body, None, partners=partners) if partners else None
    return None


def _downwards(
    node: ast.For | ast.comprehension, body: tuple[ast.AST, ...], index: str, ranged: ast.Call
) -> Loop | None:
    """The loop over `reversed(range(a, b))` or `range(a, b)[::-1]`."""
    match ranged:
        case ast.Call(func=ast.Name(id="range"), args=[stop], keywords=[]):
            last: ast.expr = ast.UnaryOp(ast.USub(), ast.Constant(1))
        case ast.Call(func=ast.Name(id="range"), args=[start, stop], keywords=[]):
            last = _one_less(start)
        case _:
            return None
    first = _one_less(stop)
    if not all(map(is_pure, ranged.args)):
        return None
    spelled = f"range({ast.unparse(first)}, {ast.unparse(last)}, -1)"
    return Loop(node, body, index, first, last, -1, spelled=spelled)


def _one_less(number: ast.expr) -> ast.expr:
    """`n - 2` for `n - 1`, `n` for `n + 1`."""
    match number:
        case ast.Constant(value=int(value)):
            less = ast.Constant(abs(value - 1))
            return less if value > 0 else ast.UnaryOp(ast.USub(), less)
        case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(value))):
            return ast.BinOp(left, ast.Sub(), ast.Constant(value + 1))
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=1)):
            return left
    return ast.BinOp(number, ast.Sub(), ast.Constant(1))


def _partners(target: ast.expr, source: ast.expr) -> tuple[Partner, ...]:
    match target, source:
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sources, keywords=[]):
            if len(targets) == len(sources):
                return tuple(Partner(t, s) for t, s in zip(targets, sources, strict=True))
            return ()
        case _, ast.Call(func=ast.Name(id="zip")):
            return ()
    return (Partner(target, source),)


def leaves(node: ast.AST) -> bool:
    if isinstance(node, ast.Break | ast.Continue):
        return True
    if isinstance(node, ast.For | ast.While):
        return any(leaves(part) for part in node.orelse)
    return any(leaves(part) for part in ast.iter_child_nodes(node))


def statement_of(node: ast.AST, function: FunctionFacts) -> ast.stmt:
    while not isinstance(node, ast.stmt):
        node = function.file.parents[node]
    return node


def block_of(statement: ast.stmt, function: FunctionFacts) -> list[ast.stmt]:
    """The list of statements that a statement is in."""
    above = function.file.parents[statement]
    for block in ("body", "orelse", "finalbody", "handlers"):
        inside = getattr(above, block, None)
        if isinstance(inside, list) and statement in inside:
            return inside
    raise ValueError("the statement is in no block")  # `except` and `match` do not compile anyway


def is_stored(node: ast.Name | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


def is_read_of(node: ast.AST, name: str) -> bool:
    """Whether a node is `name`, read."""
    return isinstance(node, ast.Name) and node.id == name and not is_stored(node)


def is_read_after(loop: ast.For, name: str, function: FunctionFacts) -> bool:
    """Whether a name that a loop binds is read behind it, before another loop binds it."""
    end = loop.end_lineno or loop.lineno
    return any(
        is_read_of(node, name) and node.lineno > end and not _is_bound_around(node, name, function)
        for node in function.nodes
        if isinstance(node, ast.Name)
    )


def _is_bound_around(node: ast.AST, name: str, function: FunctionFacts) -> bool:
    for above in function.file.ancestors(node):
        if above is function.node:
            return False
        if isinstance(above, ast.For) and name in names_in(above.target):
            return True
        bound = above.generators if isinstance(above, COMPREHENSIONS) else ()
        if any(name in names_in(part.target) for part in bound):
            return True
    return False


def surely_evaluates(part: ast.AST, nodes: Collection[ast.AST]) -> bool:
    """Whether running a statement or an expression to its end surely evaluates one of `nodes`: in
    both branches of a condition, if not before."""
    if part in nodes:
        return True
    match part:
        case ast.If(test=test, body=body, orelse=orelse):
            blocks = (body, orelse)
            return surely_evaluates(test, nodes) or all(
                any(surely_evaluates(statement, nodes) for statement in block) for block in blocks
            )
        case ast.IfExp(test=test, body=true, orelse=false):
            return surely_evaluates(test, nodes) or all(
                surely_evaluates(side, nodes) for side in (true, false)
            )
        case ast.While(test=first) | ast.For(iter=first) | ast.BoolOp(values=[first, *_]):
            return surely_evaluates(first, nodes)
        case ast.Try() | ast.Lambda() | ast.FunctionDef() | ast.comprehension():
            return False
        case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
            return False
    return any(surely_evaluates(inside, nodes) for inside in ast.iter_child_nodes(part))
