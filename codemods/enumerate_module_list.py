"""A ModuleList that is indexed by a variable is looped over instead.

**What the compiler says.** `Expected integer literal for index but got a variable or non-integer.
ModuleList/Sequential indexing is only supported with integer literals.` And, where a ModuleList is
zipped with a list: `Can not iterate over a module list or tuple with a value that does not have a
statically determinable length`.

Every element of a ModuleList has a type of its own, so TorchScript unrolls loops over it, and must
know while compiling which module an index means.

**What is written instead.**

    for i in range(len(self.convs)):               for i, conv in enumerate(self.convs):
        ys.append(self.convs[i](xs[i]))       →        ys.append(conv(xs[i]))

Several lists of one length go in step by `zip`; the index goes where nothing else uses it. Where
the loop takes a part of the list, a guard on the index says which (`if i >= 1:`). Where it might
run past the list's end, `raise IndexError` comes before the loop, as the original would have
raised, though before the first layer has run. Lengths count as equal only if `__init__` shows it.

An index that is computed (`self.layers[mode](x)`, `self.ups[i + 1]`, a loop that counts down)
becomes a loop that looks for it: `for i, layer in enumerate(self.layers): if i == mode:`. Inside
another loop over n that is n × n comparisons of integers, and the guarded statements n times in
the graph; negative indices still count from the end. Slices and `reversed` of a ModuleList, and a
`zip` with a list, are written the same way. A bound of a slice that may be negative is counted from
the beginning before the loop (`if first < 0: first = max(first + len(self.layers), 0)`).

**When it holds back.** A loop with `break`, `continue`, or `else`; an index that is changed in the
loop, or read after a loop over a part of the list; a slice up to what may be no int; a list that
changes while it is looped over; a ParameterList whose length would have to be compared (`len()` of
one does not compile); a parameter in step with the list of which nothing shows whether it is a
list; an index that may be a Tensor.
All modules behind a guard are compiled with the same arguments, so a list of modules that are
called in different ways still does not compile.
"""

import ast
from collections.abc import Callable, Iterator
from functools import partial

from torchscript_fix.editing.edit import Edit
from torchscript_fix.facts.indexing import (
    COMPREHENSIONS,
    Site,
    container_kind,
    integer_literal,
    names_in,
    sites,
)
from torchscript_fix.facts.loops import (
    Loop,
    block_of,
    loop_of,
    loop_of_comprehension,
    statement_of,
)
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.kit.unrolling.doubt import NotInStep, NotSure
from torchscript_fix.kit.unrolling.in_step import InStep, Unit
from torchscript_fix.kit.unrolling.parts import PartCall, PartOfList, parts_looped_over
from torchscript_fix.kit.unrolling.search import Search
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety


class EnumerateModuleList(Rule):
    """Loops over a ModuleList instead of indexing it by a variable."""

    name = "enumerate-module-list"
    summary = "A ModuleList that is indexed by a variable is looped over instead."
    messages = (
        "Expected integer literal for index but got a variable or non-integer",
        "that does not have a statically determinable length",
        "tuple slice indices must be integer constants",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for function in facts.functions_in_question:
            # What `scripted` costs is paid once per project; most files end here.
            if function.owner is not None and function.scripted:
                yield from _in_function(function)


def _in_function(function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
    rewritten: list[ast.stmt] = []
    for unit in _units(function):
        if any(_inside(unit.statement, other) for other in rewritten):
            continue  # found again in the next round, when the loop around it is done
        found = _finding(function, _line(unit), partial(_result, function, unit))
        if isinstance(found, Rewrite):
            rewritten.append(unit.statement)
        yield found
    for view in parts_looped_over(function):
        statement = view.statement if isinstance(view, PartCall) else view.holder
        around = statement_of(statement, function)
        if any(_inside(around, other) or _inside(other, around) for other in rewritten):
            continue
        found = _finding(function, around.lineno, partial(PartOfList(function).result, view))
        if isinstance(found, Rewrite):
            rewritten.append(around)
        yield found


def _finding(
    function: FunctionFacts, line: int, result: Callable[[], tuple[list[Edit], str]]
) -> Rewrite | HeldBack:
    rule, path, name = EnumerateModuleList.name, function.file.path, function.qualname
    try:
        edits, summary = result()
    except NotSure as doubt:
        return HeldBack(rule, path, line, name, doubt.reason, doubt.decided_by)
    return Rewrite(rule, path, line, name, summary, Safety.SAFE, tuple(edits))


def _result(function: FunctionFacts, unit: Unit) -> tuple[list[Edit], str]:
    """The edits for one unit and what they come to; NotSure where it is better left alone."""
    for site in unit.sites:
        if not isinstance(site.node.ctx, ast.Load):
            raise NotSure(f"an element of {site.key} is replaced here")
    in_step = InStep(function, unit)
    if unit.loop is None or not in_step.is_in_step(unit.loop):
        return Search(in_step).result()
    try:
        return in_step.result()
    except NotInStep as doubt:
        if not unit.sites:
            raise
        try:
            return Search(in_step).result()
        except NotSure:
            raise doubt from None


def _line(unit: Unit) -> int:
    return unit.sites[0].node.lineno if unit.loop is None and unit.sites else unit.statement.lineno


def _inside(inner: ast.stmt, outer: ast.stmt) -> bool:
    return outer.lineno <= inner.lineno and (inner.end_lineno or 0) <= (outer.end_lineno or 0)


def _units(function: FunctionFacts) -> list[Unit]:
    """Everything to be rewritten in a function, outer loops before what is inside them."""
    by_loop: dict[ast.AST, list[Site]] = {}
    loops: dict[ast.AST, Loop | None] = {}
    together: dict[tuple[int, str], ast.stmt] = {}
    for site in sites(function):
        if _holds_a_site(site.container, function):
            continue
        holder, loop = _binder(site, function)
        if loop is None and isinstance(holder, ast.stmt):
            # Statements side by side that use one index are looked for once.
            key = (id(block_of(holder, function)), ast.unparse(site.index))
            holder = together.setdefault(key, holder)
        loops[holder] = loop
        by_loop.setdefault(holder, []).append(site)
    for node, loop in _loops_in_vain(function):
        loops.setdefault(node, loop)
        by_loop.setdefault(node, [])
    units = [
        Unit(statement_of(holder, function), loops[holder], tuple(found))
        for holder, found in by_loop.items()
    ]
    return sorted(
        units, key=lambda unit: (unit.statement.lineno, -(unit.statement.end_lineno or 0))
    )


def _holds_a_site(container: ast.expr, function: FunctionFacts) -> bool:
    """Whether the list itself is still to be found: `self.blocks[i]` in `self.blocks[i][j]`."""
    return (
        isinstance(container, ast.Subscript)
        and integer_literal(container.slice) is None
        and container_kind(container.value, function) is not None
    )


def _binder(site: Site, function: FunctionFacts) -> tuple[ast.AST, Loop | None]:
    """The loop whose index a site uses; the statement around it where there is none."""
    names = names_in(site.index)
    below: ast.AST = site.node
    for above in function.file.ancestors(site.node):
        if above is function.node:
            break
        if isinstance(above, ast.For) and below is not above.iter:
            loop = loop_of(above, tuple(above.body), function)
            if names_in(above.target) & names:
                return above, loop
        elif isinstance(above, COMPREHENSIONS):
            for part in above.generators:
                if names_in(part.target) & names:
                    return above, loop_of_comprehension(above, function)
        elif isinstance(above, ast.Lambda | ast.FunctionDef):
            break
        below = above
    return statement_of(site.node, function), None


def _loops_in_vain(function: FunctionFacts) -> Iterator[tuple[ast.AST, Loop]]:
    """Loops that go over a ModuleList in step with something that is none: `zip(self.convs, xs)`,
    and those over a slice of one or over `reversed(…)`."""
    for node in function.nodes:
        if isinstance(node, ast.For):
            loop = loop_of(node, tuple(node.body), function)
            holder: ast.AST = node
        elif isinstance(node, COMPREHENSIONS):
            loop, holder = loop_of_comprehension(node, function), node
        else:
            continue
        if loop is None or len(loop.partners) < 2:
            continue
        kinds = [container_kind(partner.source, function) for partner in loop.partners]
        # Of a tuple that is written out the compiler knows the length.
        beside = [p.source for p, kind in zip(loop.partners, kinds, strict=True) if kind is None]
        if any(kinds) and not all(isinstance(source, ast.Tuple) for source in beside):
            yield holder, loop
