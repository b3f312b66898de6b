"""Which ways through a function give a local name a value: branches, loops, early exits.

As the compiler sees it: a name that one branch of an `if` binds and the other does not is unknown
behind it, and so is a name that only a loop binds (torch/csrc/jit/frontend/ir_emitter.cpp).
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from enum import Enum

from torchscript_fix.facts.statements import may_leave
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.uses import Thing, uses_of

EXITS = ast.Return | ast.Raise | ast.Continue | ast.Break
LOOPS = ast.For | ast.While


def binds(block: Sequence[ast.stmt], name: str) -> bool:
    """Whether every way to the end of a block gives `name` a value; ways that leave it do not
    count."""
    return any(_surely_binds(statement, name) for statement in block)


def may_bind(block: Sequence[ast.stmt], name: str) -> bool:
    """Whether some statement in a block gives `name` a value."""
    return any(is_stored(node, name) for statement in block for node in ast.walk(statement))


def is_stored(node: ast.AST, name: str) -> bool:
    """Whether this node is `name` being given a value."""
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def exits(block: Sequence[ast.stmt]) -> bool:
    """Whether the end of a block is never reached."""
    return any(
        isinstance(statement, EXITS)
        or (isinstance(statement, ast.If) and exits(statement.body) and exits(statement.orelse))
        or (isinstance(statement, ast.With) and exits(statement.body))
        for statement in block
    )


def _surely_binds(statement: ast.stmt, name: str) -> bool:
    match statement:
        case ast.If(body=body, orelse=orelse):
            return binds(body, name) and binds(orelse, name)
        case ast.With(items=items, body=body):
            return binds(body, name) or any(
                is_stored(node, name) for item in items for node in ast.walk(item)
            )
        case ast.Assign() | ast.AugAssign() | ast.Expr():
            return any(is_stored(node, name) for node in ast.walk(statement))
        case ast.AnnAssign(target=target, value=value):
            return value is not None and is_stored(target, name)
    return isinstance(statement, EXITS)


def bound_before(
    statement: ast.stmt,
    name: str,
    function: FunctionFacts,
    bound_in: Callable[[Sequence[ast.stmt], str], bool] = binds,
) -> bool:
    """Whether `name` has a value wherever `statement` is reached, loops around it at their first
    turn; with `may_bind`, whether it may have one, in this turn of the loops."""
    if any(parameter.arg == name for parameter in function.parameters):
        return True
    inner: ast.AST = statement
    for outer in function.file.ancestors(statement):
        block = block_around(outer, inner)
        if bound_in(block[: _index(block, inner)], name):
            return True
        if isinstance(outer, ast.For) and any(is_stored(n, name) for n in ast.walk(outer.target)):
            return True
        if outer is function.node:
            return False
        inner = outer
    return False


def block_around(owner: ast.AST, statement: ast.AST) -> list[ast.stmt]:
    """The block of `owner` that a statement stands in directly; empty if it stands in none."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(owner, field, None)
        if isinstance(block, list) and any(inner is statement for inner in block):
            return block
    return []


def _index(block: Sequence[ast.stmt], statement: ast.AST) -> int:
    return next((i for i, inner in enumerate(block) if inner is statement), 0)


def loop_around(statement: ast.AST, function: FunctionFacts) -> ast.For | ast.While | None:
    """The outermost loop of `function` around a statement."""
    found: ast.For | ast.While | None = None
    for outer in function.file.ancestors(statement):
        if outer is function.node:
            break
        if isinstance(outer, LOOPS):
            found = outer
    return found


def one_sided(function: FunctionFacts, name: str) -> Iterator[ast.If]:
    """The `if` statements of which one branch surely gives `name` a value and the other never does
    though it goes on behind, where nothing before can have bound it and something behind may read
    it."""
    for node in function.own_nodes:
        if not isinstance(node, ast.If) or not may_bind([node], name):
            continue
        sides = [node.body, node.orelse]
        sure = [binds(side, name) and not exits(side) for side in sides]
        never = [not may_bind(side, name) and not exits(side) for side in sides]
        if (
            ((sure[0] and never[1]) or (sure[1] and never[0]))
            and _is_read_outside(node, name, function)
            and not bound_before(node, name, function, may_bind)
        ):
            yield node


def _is_read_outside(statement: ast.If, name: str, function: FunctionFacts) -> bool:
    inside = {id(node) for node in ast.walk(statement)}
    return any(
        isinstance(node, ast.Name)
        and node.id == name
        and isinstance(node.ctx, ast.Load)
        and (id(node) not in inside or loop_around(statement, function) is not None)
        for node in function.own_nodes
    )


def is_read_on_every_way(block: Sequence[ast.stmt], name: str, function: FunctionFacts) -> bool:
    """Whether every way through a block reads `name` before it gives it another value."""
    return _fate(block, Thing(function, name, undefined=True)) is _Fate.READ


class _Fate(Enum):
    """What happens to a name on the ways through a block."""

    READ = "every way reads it"
    OPEN = "some ways come to the end without reading it, the others read it"
    LOST = "some way gives it another value, or leaves, without reading it"


def _fate(block: Sequence[ast.stmt], thing: Thing) -> _Fate:
    for statement in block:
        if any(use.sure for use in uses_of(thing, statement)):
            return _Fate.READ
        match statement:
            case ast.If(body=body, orelse=orelse):
                sides = {_fate(body, thing), _fate(orelse, thing)}
                if _Fate.LOST in sides:
                    return _Fate.LOST
                if sides == {_Fate.READ}:
                    return _Fate.READ
            case ast.With(body=body):
                inside = _fate(body, thing)
                if inside is not _Fate.OPEN:
                    return inside
            case _ if _is_over(statement, thing):
                return _Fate.LOST
    return _Fate.OPEN


def _is_over(statement: ast.stmt, thing: Thing) -> bool:
    parsed = thing.function.file.parsed
    return may_leave(parsed, statement) or may_bind([statement], thing.name)


def outermost_of_chain(statement: ast.If, function: FunctionFacts) -> ast.If:
    """The `if` whose `elif` this is, or itself."""
    parent = function.file.parents.get(statement)
    while isinstance(parent, ast.If) and parent.orelse == [statement]:
        statement, parent = parent, function.file.parents.get(parent)
    return statement


def behind(statement: ast.stmt, function: FunctionFacts) -> list[ast.stmt]:
    """The statements that follow in the block that `statement` stands in."""
    block = block_around(function.file.parents[statement], statement)
    return block[_index(block, statement) + 1 :]
