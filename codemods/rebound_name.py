"""A name that is given a value of another type is another name from there on.

## What the compiler says

    Variable 'x' previously had type Tensor but is now being assigned to a value of type List[int]
    Cannot re-assign 'conv' to a value of type module because conv is not a first-class value

A branch, the body of a loop and a comprehension cannot give another type to a name that has one
outside of them, not even where nobody reads the name afterwards.

## What is written instead

    if x.dim() > 2:                             if x.dim() > 2:
        x_list = x.size()                           x = x.size()
        return self.fold(x_list)                    return self.fold(x)

All uses that the new value reaches read the new name, in Python and for the compiler the same value
as before.

## When it holds back

Where a use is reached by values of both types, on different ways or in the next turn of a loop;
where a name is deleted, global, looked at by `locals()`, read by a lambda or a function inside, or
bound inside `try`. A name that starts as None or as a number is the business of optional-local and
number-then-tensor.
"""

import ast
from collections.abc import Iterator, Sequence
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.conflict_said import Conflict, conflict_said
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flow import block_around
from torchscript_fix.facts.naming import free_name, taken_names
from torchscript_fix.facts.reaching import Place, comprehension_places, webs
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

ENDINGS = {
    "Dict": "dict",
    "List": "list",
    "Tensor": "tensor",
    "Tuple": "tuple",
    "bool": "bool",
    "float": "float",
    "int": "int",
    "module": "module",
    "str": "str",
}
ANSWERED_ELSEWHERE = frozenset({"NoneType", "int", "float"})


class ReboundName(Rule):
    name: ClassVar[str] = "rebound-name"
    summary: ClassVar[str] = "A value of another type has a name of its own."
    messages: ClassVar[tuple[str, ...]] = (" previously had type ", "Cannot re-assign '")
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a web of a name."""
        told: set[Place] = set()
        for located in self.diagnosed(facts):
            conflict, function = conflict_said(located.message), located.function
            if conflict is None or function is None:
                continue
            binding = _binding(located, conflict.name, function)
            if binding is None or binding in told:
                continue
            found = _renamed(binding, conflict, function)
            if isinstance(found, HeldBack):
                yield found
            elif found:
                told.update(found)
                yield _rewrite(found, conflict, function)


def _binding(located: Located, name: str, function: FunctionFacts) -> ast.Name | None:
    """Where the name is given the value that the compiler complains of."""
    if _is_binding(located.node, name):
        assert isinstance(located.node, ast.Name)
        return located.node
    there = [node for node in function.nodes if _is_binding(node, name)]
    on_the_line = [n for n in there if isinstance(n, ast.Name) and n.lineno == located.line]
    return on_the_line[0] if on_the_line else None


def _is_binding(node: ast.AST | None, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)


def _renamed(
    binding: ast.Name, conflict: Conflict, function: FunctionFacts
) -> Sequence[Place] | HeldBack:
    """The places that get the new name; none where other rules may answer."""
    inside = comprehension_places(binding, function)
    if inside:
        return inside
    every = webs(function, binding.id)
    web = next((each for each in every if binding in each), None)
    if web is None:
        reason = f"which values of {binding.id} reach which of its uses is not plain here"
        return _held(binding, function, reason)
    before = [place for each in every for place in each.bindings]
    previous = [place for place in before if _is_seen_from(place, binding, function)]
    last = max(previous, key=_position, default=None)
    if last is None or web.has_parameter or last in web:
        if conflict.before is None or conflict.before in ANSWERED_ELSEWHERE:
            return ()
        return _held(binding, function, f"both values of {binding.id} reach the same use")
    return web.places


def _position(place: Place) -> tuple[int, int]:
    return place.lineno, place.col_offset


def _is_seen_from(place: Place, binding: ast.Name, function: FunctionFacts) -> bool:
    """Whether the compiler has come by a binding before another one, in a block around it."""
    if place is binding or _position(place) > _position(binding):
        return False
    if isinstance(place, ast.arg):
        return True
    parents = function.file.parents
    statement: ast.AST = place
    while not isinstance(statement, ast.stmt):
        statement = parents[statement]
    around = [binding, *function.file.ancestors(binding)]
    if isinstance(statement, ast.For):
        return any(inner in statement.body for inner in around)
    block = block_around(parents[statement], statement)
    return any(inner in block for inner in around)


def _rewrite(places: Sequence[Place], conflict: Conflict, function: FunctionFacts) -> Rewrite:
    old, ending = conflict.name, ENDINGS.get((conflict.now or "").partition("[")[0])
    candidates = [f"{old}_{ending}"] if ending and not old.endswith(f"_{ending}") else []
    new = free_name([*candidates, old], taken_names(function))
    edits = tuple(ReplaceExpression(each, new) for each in places if isinstance(each, ast.Name))
    kind = f"the {conflict.now}" if conflict.now and ending else "what is no longer the same type"
    return Rewrite(
        ReboundName.name,
        function.file.path,
        places[0].lineno,
        function.qualname,
        f"{old} is called {new} where it is {kind}",
        Safety.SAFE,
        edits,
    )


def _held(binding: ast.Name, function: FunctionFacts, reason: str) -> HeldBack:
    path, where = function.file.path, function.qualname
    return HeldBack(ReboundName.name, path, binding.lineno, where, reason)
