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
from collections.abc import Iterator

from torchscript_fix.facts import indexing
from torchscript_fix.facts.indexing import (
    COMPREHENSIONS,
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
from torchscript_fix.kit import Declined, Fix, Safety, SiteRule, require
from torchscript_fix.kit.unrolling.in_step import InStep, is_in_step
from torchscript_fix.kit.unrolling.parts import Part, PartCall, PartOfList, parts_looped_over
from torchscript_fix.kit.unrolling.search import Search
from torchscript_fix.kit.unrolling.unit import NotInStep, Unit


class EnumerateModuleList(SiteRule[Unit | Part | PartCall]):
    name = "enumerate-module-list"
    summary = "A ModuleList that is indexed by a variable is looped over instead."
    messages = (
        "Expected integer literal for index but got a variable or non-integer",
        "that does not have a statically determinable length",
        "tuple slice indices must be integer constants",
    )
    safety = Safety.SAFE
    apart = True

    def sites(self, file: FileFacts) -> Iterator[Unit | Part | PartCall]:
        for function in file.functions_in_question:
            # What `scripted` costs is paid once per project; most files end here.
            if function.owner is not None and function.scripted:
                yield from _units(function)
                yield from parts_looped_over(function)

    def fix(self, site: Unit | Part | PartCall) -> Fix:
        if not isinstance(site, Unit):
            return PartOfList(site).fix(site)
        for each in site.indexed:
            is_read = isinstance(each.node.ctx, ast.Load)
            require(is_read, f"an element of {each.key} is replaced here")
        if site.loop is None or not is_in_step(site, site.loop):
            return Search(site).fix()
        try:
            return InStep(site, site.loop).fix()
        except NotInStep as doubt:
            try:
                require(site.indexed, doubt.reason)
                return Search(site).fix()
            except Declined:
                raise doubt from None


def _units(function: FunctionFacts) -> list[Unit]:
    """Everything to be rewritten in a function, outer loops before what is inside them."""
    found: dict[ast.AST, list[indexing.Site]] = {}
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
        found.setdefault(holder, []).append(site)
    for holder, loop in _loops_in_vain(function):
        loops.setdefault(holder, loop)
    units = [
        Unit(statement_of(holder, function), function, None, loop, tuple(found.get(holder, ())))
        for holder, loop in loops.items()
    ]
    return sorted(units, key=lambda unit: (unit.node.lineno, -(unit.node.end_lineno or 0)))


def _holds_a_site(container: ast.expr, function: FunctionFacts) -> bool:
    """Whether the list itself is still to be found: `self.blocks[i]` in `self.blocks[i][j]`."""
    return (
        isinstance(container, ast.Subscript)
        and integer_literal(container.slice) is None
        and container_kind(container.value, function) is not None
    )


def _binder(site: indexing.Site, function: FunctionFacts) -> tuple[ast.AST, Loop | None]:
    """The loop whose index a site uses; the statement around it where there is none."""
    names = names_in(site.index)
    below: ast.AST = site.node
    for above in function.file.ancestors(site.node):
        match above:
            case ast.For(target=target, iter=source) if below is not source:
                if names_in(target) & names:
                    return above, _loop(above, function)
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                if any(names_in(part.target) & names for part in above.generators):
                    return above, _loop(above, function)
            case ast.Lambda() | ast.FunctionDef():
                break
        below = above
    return statement_of(site.node, function), None


def _loop(node: ast.AST, function: FunctionFacts) -> Loop | None:
    if isinstance(node, ast.For):
        return loop_of(node, tuple(node.body), function)
    return loop_of_comprehension(node, function) if isinstance(node, COMPREHENSIONS) else None


def _loops_in_vain(function: FunctionFacts) -> Iterator[tuple[ast.AST, Loop]]:
    """Loops that go over a ModuleList in step with something that is none: `zip(self.convs, xs)`,
    and those over a slice of one or over `reversed(…)`."""
    for node in function.nodes:
        loop = _loop(node, function)
        if loop is None or len(loop.partners) < 2:
            continue
        sources = [partner.source for partner in loop.partners]
        beside = [each for each in sources if container_kind(each, function) is None]
        # Of a tuple that is written out the compiler knows the length.
        written_out = all(isinstance(each, ast.Tuple) for each in beside)
        if len(beside) < len(sources) and not written_out:
            yield node, loop
