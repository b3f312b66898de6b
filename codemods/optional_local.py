"""A local that some ways through a function leave unset, or set to None, is declared Optional.

## What the compiler says

"out is not defined in the false branch", where one branch of an `if` binds a name that is read
later; "undefined value out", where only a turn of a loop does; "Variable 'h' previously had type
NoneType but is now being assigned to a value of type Tensor", where it starts as None.

## What is written instead

    short_cut = None                       # in the branch that did not bind it
    …
    if self.residual:
        assert short_cut is not None
        x = x + short_cut

In a loop, and where it is None at first, it is declared before: `out: Optional[Tensor] = None`.
Where every way on reads the name, an `else:` that raises UnboundLocalError, as Python did, says the
same with less. The asserts stand only where a name without a value would have raised anyway. A None
that nobody reads goes.

## When it holds back

The name is read where no assert fits (a lambda, one arm of an `and` chain), or is of a type that
TorchScript has no word for. Where the test is a flag that never changes, `final-flag` answers.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

from torchscript_fix.editing.edit import (
    AppendElse,
    Edit,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    ReplaceStatement,
)
from torchscript_fix.facts.conflict_said import conflict_said
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flags import is_decided
from torchscript_fix.facts.flow import (
    behind,
    block_around,
    bound_before,
    is_read_on_every_way,
    is_stored,
    loop_around,
    may_bind,
    one_sided,
    outermost_of_chain,
)
from torchscript_fix.facts.narrowing import Narrowing, narrow
from torchscript_fix.facts.reaching import webs
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import required
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.spelling import Spelled, SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

UNSET = re.compile(r"(?:^|\n)(?P<name>\w+) is not defined in the (?:true|false) branch")
UNDEFINED = re.compile(r"undefined value (?P<name>\w+)")


class OptionalLocal(Rule):
    name: ClassVar[str] = "optional-local"
    summary: ClassVar[str] = "A local that is not set on every way is declared Optional."
    messages: ClassVar[tuple[str, ...]] = (
        " is not defined in the ",
        "undefined value ",
        "previously had type NoneType but is now being assigned",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[tuple[str, str]] = set()
        for place in self.diagnosed(facts):
            function, name = place.function, _name_in(place.message)
            if function is None or name is None or (function.qualname, name) in told:
                continue
            told.add((function.qualname, name))
            finding = _answer(place, function, name)
            if finding is not None:
                yield finding


def _name_in(message: str) -> str | None:
    for pattern in (UNSET, UNDEFINED):
        found = pattern.search(message)
        if found is not None:
            return found["name"]
    conflict = conflict_said(message)
    return conflict.name if conflict is not None else None


def _answer(place: Located, function: FunctionFacts, name: str) -> Rewrite | HeldBack | None:
    if conflict_said(place.message) is not None:
        return _none_at_first(place, function, name)
    if UNDEFINED.search(place.message):
        loop = _loop_that_binds(function, name)
        return _declared_before(place, function, name, loop) if loop is not None else None
    open_ones = [node for node in one_sided(function, name) if not is_decided(node.test, function)]
    if not open_ones:
        return None
    for node in open_ones:
        loop = loop_around(node, function)
        if loop is not None:
            return _declared_before(place, function, name, loop)
    return _on_the_other_branch(place, function, name, open_ones)


def _loop_that_binds(function: FunctionFacts, name: str) -> ast.For | ast.While | None:
    """The outermost loop that first gives a local its value."""
    for node in function.own_nodes:
        if isinstance(node, ast.stmt) and may_bind([node], name):
            loop = node if isinstance(node, ast.For | ast.While) else loop_around(node, function)
            if loop is not None and not bound_before(loop, name, function):
                return loop
    return None


# ------------------------------------------------------------------------ what is written


def _on_the_other_branch(
    place: Located, function: FunctionFacts, name: str, nodes: list[ast.If]
) -> Rewrite | HeldBack:
    raising = all(
        is_read_on_every_way(behind(outermost_of_chain(node, function), function), name, function)
        for node in nodes
    )
    if raising and all(may_bind(node.body, name) and not node.orelse for node in nodes):
        words = f"{name} is read where it has no value"
        edits = [AppendElse(node, f'raise UnboundLocalError("{words}")') for node in nodes]
        return _rewrite(place, function, f"{name} is refused where it has no value", edits)
    narrowing = narrow(function, name, undefined=True)
    if narrowing.obstacles:
        return _obstructed(function, narrowing)
    unset = [_set_to_none(node, name) for node in nodes]
    summary = f"{name} is None on the other branch, and asserted where it is used"
    return _rewrite(place, function, summary, [*unset, *narrowing.edits])


def _set_to_none(node: ast.If, name: str) -> Edit:
    code = f"{name} = None"
    if may_bind(node.body, name):
        return InsertAtHead(node, "orelse", code) if node.orelse else AppendElse(node, code)
    return InsertAtHead(node, "body", code)


def _declared_before(
    place: Located, function: FunctionFacts, name: str, loop: ast.For | ast.While
) -> Rewrite | HeldBack:
    declared = _declaration(function, name, loop.lineno)
    if isinstance(declared, HeldBack):
        return declared
    narrowing = narrow(function, name, undefined=True)
    if narrowing.obstacles:
        return _obstructed(function, narrowing)
    edits = [
        *declared.imports,
        InsertBefore(loop, f"{name}: {declared.code} = None"),
        *narrowing.edits,
    ]
    return _rewrite(place, function, f"{name}: {declared.code} before the loop", edits)


def _none_at_first(place: Located, function: FunctionFacts, name: str) -> Rewrite | HeldBack | None:
    first = _set_none_first(function, name)
    if first is None:
        return None
    if _is_overwritten(first, name, function):
        summary = f"{name} = None goes: it has another value before it is read"
        return _rewrite(place, function, summary, [RemoveStatement(first)])
    declared = _declaration(function, name, first.lineno)
    if isinstance(declared, HeldBack):
        return declared
    narrowing = narrow(function, name)
    if narrowing.obstacles:
        return _obstructed(function, narrowing)
    others = [t.id for t in first.targets if isinstance(t, ast.Name) and t.id != name]
    lines = [f"{name}: {declared.code} = None", *(f"{other} = None" for other in others)]
    edits = [*declared.imports, ReplaceStatement(first, "\n".join(lines)), *narrowing.edits]
    return _rewrite(place, function, f"{name}: {declared.code} = None", edits)


def _set_none_first(function: FunctionFacts, name: str) -> ast.Assign | None:
    """`h = None`, `c = h = None`: the first statement that gives a local a value."""
    stores = [s for s in _statements(function) if any(is_stored(n, name) for n in ast.walk(s))]
    match stores[:1]:
        case [ast.Assign(targets=targets, value=value) as first] if is_none(value):
            return first if all(isinstance(target, ast.Name) for target in targets) else None
    return None


def _is_overwritten(statement: ast.Assign, name: str, function: FunctionFacts) -> bool:
    """Whether `h = None` does nothing, and does not stand alone in its block."""
    alone = block_around(function.file.parents[statement], statement) == [statement]
    return not alone and any(
        web.places == (target,)
        for target in (statement.targets if len(statement.targets) == 1 else ())
        for web in webs(function, name)
    )


def _statements(function: FunctionFacts) -> list[ast.stmt]:
    """The statements that have no blocks of their own, in the order of the source."""
    found = [
        node
        for node in function.own_nodes
        if isinstance(node, ast.stmt) and not hasattr(node, "body")
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _declaration(function: FunctionFacts, name: str, line: int) -> Spelled | HeldBack:
    """`Optional[Tensor]`, by what the compiler said of the name, else by what is assigned."""
    kind = _type_said(function, name) or _type_assigned(function, name) or "Tensor"
    if "__torch__" in kind:
        return _held(function, line, f"{name} is of type {kind}, which has no name in the file")
    try:
        return spelled(f"Optional[{required(kind)}]", function.file, line)
    except SpellingError as error:
        return _held(function, line, str(error))


def _type_said(function: FunctionFacts, name: str) -> str | None:
    """The type that the compiler last said is assigned to a name."""
    found: str | None = None
    for place in function.file.diagnosed(("previously had type",)):
        said = conflict_said(place.message)
        if said is not None and place.function is function and said.name == name:
            found = said.now if said.now != "NoneType" else found
    return found


def _type_assigned(function: FunctionFacts, name: str) -> str | None:
    kind = type_of(ast.Name(name, ast.Load()), function)
    return None if kind in {None, "None"} else kind


# ------------------------------------------------------------------------ what is found


def _rewrite(
    place: Located, function: FunctionFacts, summary: str, edits: Sequence[Edit]
) -> Rewrite:
    path, where = function.file.path, function.qualname
    rule, safety = OptionalLocal.name, Safety.SAFE
    return Rewrite(rule, path, place.line, where, summary, safety, tuple(edits))


def _obstructed(function: FunctionFacts, narrowing: Narrowing) -> HeldBack:
    first = narrowing.obstacles[0]
    return _held(function, int(getattr(first.node, "lineno", 1)), first.reason)


def _held(function: FunctionFacts, line: int, reason: str) -> HeldBack:
    return HeldBack(OptionalLocal.name, function.file.path, line, function.qualname, reason)
