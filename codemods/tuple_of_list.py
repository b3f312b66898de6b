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
from dataclasses import dataclass

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.indexing import is_pure
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.facts.unify import parts
from torchscript_fix.kit import Fix, NodeRule, Safety, Site, require
from torchscript_fix.kit.before import Before, only_looks
from torchscript_fix.kit.code import tuple_of

MOST_PARTS = 32


class TupleOfList(NodeRule[ast.Return]):
    name = "tuple-of-list"
    summary = "A returned tuple(outs) names the elements that cases saw it have."
    messages = ("cannot statically infer the expected size of a list in this context",)
    safety = Safety.NARROWING
    kinds = ast.Return

    def fix(self, site: Site[ast.Return]) -> Fix | None:
        found = _tuple_call(site.node)
        if found is None:
            return None
        segment, whole, function = site.file.segment, found.whole, site.function
        before, kind = Before(found.call, function), found.observed(function)
        if isinstance(whole, ast.IfExp):
            looks = "the condition of what is returned is more than a look at values"
            require(only_looks(whole.test), looks)
            sides = [whole.body, whole.orelse]
            seen = sides[found.place if kind.startswith("Tuple[") else 1 - found.place]
            test = segment(whole.test)
            before.lines.append(f"assert {test}" if seen is whole.body else f"assert not ({test})")
            if seen is not found.call:
                edits = (before.edit(), ReplaceExpression(whole, segment(seen)))
                return Fix(f"what cases saw returned: {ast.unparse(seen)}", edits)
        count = _number_of_parts(kind)
        ahead = whole.elts[: found.place] if isinstance(whole, ast.Tuple) else []
        moved = "what stands ahead of it in the tuple would be worked out after it"
        require(isinstance(found.source, ast.Name) or all(map(is_pure, ahead)), moved)
        name = _named_list(found.source, function, before)
        before.lines.append(f"assert len({name}) == {count}")
        replaced = found.call if isinstance(whole, ast.Tuple) else whole
        code = tuple_of((f"{name}[{i}]" for i in range(count)), bare=replaced is whole)
        edits = (before.edit(), ReplaceExpression(replaced, code))
        return Fix(f"the tuple of {name} has {count} parts", edits)


@dataclass(frozen=True)
class _TupleCall:
    """A returned `tuple(source)`, and its place among the sides or parts of what is returned."""

    whole: ast.expr
    call: ast.Call
    source: ast.expr
    place: int

    def observed(self, function: FunctionFacts) -> str:
        """The one type that cases saw: of what is returned, or of that part of it."""
        path = function.file.path
        seen = function.file.project.observed.return_types(path, function.qualname)
        if isinstance(self.whole, ast.Tuple):
            tuples = [parts(kind) for kind in seen]
            alike = all(h == "Tuple" and len(i) == len(self.whole.elts) for h, i in tuples)
            require(alike, "cases saw it return other things as well")
            seen = frozenset(inside[self.place] for _, inside in tuples)
        require(seen, "no case shows how many parts the tuple has")
        require(len(seen) == 1, f"cases saw it return {' and '.join(sorted(seen))}")
        return next(iter(seen))


def _tuple_call(node: ast.Return) -> _TupleCall | None:
    match node.value:
        case ast.IfExp(body=body, orelse=orelse) as whole:
            values = [body, orelse]
        case ast.Tuple(elts=values) as whole:
            pass
        case ast.Call() as whole:
            values = [whole]
        case _:
            return None
    for place, value in enumerate(values):
        match value:
            case ast.Call(func=ast.Name(id="tuple"), args=[source], keywords=[]):
                return _TupleCall(whole, value, source, place)
    return None


def _number_of_parts(kind: str) -> int:
    head, inside = parts(kind)
    no_list = f"cases saw it return {kind}, which is no tuple of what a list can hold"
    require(head == "Tuple" and len(set(inside)) == 1, no_list)
    require(len(inside) <= MOST_PARTS, f"it has {len(inside)} parts")
    return len(inside)


def _named_list(source: ast.expr, function: FunctionFacts, before: Before) -> str:
    """The name of the list, which is given one where it has none."""
    code = ""
    values = function.assignments.get(source.id, []) if isinstance(source, ast.Name) else []
    is_local_list = values and all(isinstance(v, ast.List | ast.ListComp) for v in values)
    if not is_local_list and not isinstance(source, ast.List | ast.ListComp | ast.GeneratorExp):
        is_list = (type_of(source, function) or "").startswith("List[")
        require(is_list, f"nothing shows that {ast.unparse(source)} is a list")
        code = f"list({function.file.segment(source)})"  # as `dict.values()` is to the compiler
    return before.named(source, "outputs", "results", "elements", code=code)
