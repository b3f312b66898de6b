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
`zip` with a list, are written the same way.

**When it holds back.** A loop with `break`, `continue`, or `else`; an index that is read after the
loop or changed in it; a list that changes while it is looped over; a ParameterList whose length
would have to be compared (`len()` of one does not compile); a parameter in step with the list of
which nothing shows whether it is a list; an index that may be a Tensor. All modules behind a guard
are compiled with the same arguments, so a list of modules that are called in different ways still
does not compile.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from torchscript_fix.edit import (
    AddImport,
    AnnotateParameter,
    Edit,
    GuardBody,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.indexing import (
    COMPREHENSIONS,
    Comprehension,
    Site,
    container_kind,
    integer_literal,
    is_pure,
    names_in,
    offset_from,
    sites,
)
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.lengths import Lengths, Size, count, elements_left_by
from torchscript_fix.facts.naming import element_names, free_index, free_name, taken_names
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

OUT_OF_RANGE = "index out of range"
RESULT_NAMES = ("outputs", "results", "collected")


class EnumerateModuleList(Rule):
    """Loops over a ModuleList instead of indexing it by a variable."""

    name = "enumerate-module-list"
    summary = "A ModuleList that is indexed by a variable is looped over instead."
    messages = (
        "Expected integer literal for index but got a variable or non-integer",
        "that does not have a statically determinable length",
    )
    safety = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        for function in facts.functions.values():
            # What `scripted` costs is paid once per project; most files end here.
            if function.owner is not None and function.scripted:
                yield from _in_function(function)


class _NotSure(Exception):
    """The place is recognised and left alone; `decided_by` where an observation would help."""

    def __init__(self, reason: str, decided_by: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.decided_by = decided_by


class _NotInStep(_NotSure):
    """The loop cannot become one over the list; looking for each index still may be right."""


# ------------------------------------------------------------------------------ what there is


@dataclass(frozen=True)
class _Partner:
    """One thing that a loop goes over, and the target that takes its elements."""

    target: ast.expr
    source: ast.expr


@dataclass(frozen=True, eq=False)
class _Loop:
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
    partners: tuple[_Partner, ...] = ()

    @property
    def nodes(self) -> list[ast.AST]:
        return [node for part in self.body for node in ast.walk(part)]


@dataclass(frozen=True, eq=False)
class _Unit:
    """What is rewritten together: a loop with what it indexes, or one statement (no loop)."""

    statement: ast.stmt
    loop: _Loop | None
    sites: tuple[Site, ...]


def _in_function(function: FunctionFacts) -> Iterator[Rewrite | HeldBack]:
    rewritten: list[ast.stmt] = []
    for unit in _units(function):
        if any(_inside(unit.statement, other) for other in rewritten):
            continue  # found again in the next round, when the loop around it is done
        found = _finding(function, _line(unit), _Rewriter(function, unit).result)
        if isinstance(found, Rewrite):
            rewritten.append(unit.statement)
        yield found
    for view in _views(function):
        statement = view.statement if isinstance(view, _SliceCall) else view.holder
        around = _statement_of(statement, function)
        if any(_inside(around, other) or _inside(other, around) for other in rewritten):
            continue
        found = _finding(function, around.lineno, partial(_ViewRewriter(function).result, view))
        if isinstance(found, Rewrite):
            rewritten.append(around)
        yield found


def _finding(
    function: FunctionFacts, line: int, result: Callable[[], tuple[list[Edit], str]]
) -> Rewrite | HeldBack:
    rule, path, name = EnumerateModuleList.name, function.file.path, function.qualname
    try:
        edits, summary = result()
    except _NotSure as doubt:
        return HeldBack(rule, path, line, name, doubt.reason, doubt.decided_by)
    return Rewrite(rule, path, line, name, summary, Safety.SAFE, tuple(edits))


def _line(unit: _Unit) -> int:
    return unit.sites[0].node.lineno if unit.loop is None and unit.sites else unit.statement.lineno


def _inside(inner: ast.stmt, outer: ast.stmt) -> bool:
    return outer.lineno <= inner.lineno and (inner.end_lineno or 0) <= (outer.end_lineno or 0)


def _units(function: FunctionFacts) -> list[_Unit]:
    """Everything to be rewritten in a function, outer loops before what is inside them."""
    by_loop: dict[ast.AST, list[Site]] = {}
    loops: dict[ast.AST, _Loop | None] = {}
    together: dict[tuple[int, str], ast.stmt] = {}
    for site in sites(function):
        if _holds_a_site(site.container, function):
            continue
        holder, loop = _binder(site, function)
        if loop is None and isinstance(holder, ast.stmt):
            # Statements side by side that use one index are looked for once.
            key = (id(_block_of(holder, function)), ast.unparse(site.index))
            holder = together.setdefault(key, holder)
        loops[holder] = loop
        by_loop.setdefault(holder, []).append(site)
    for node, loop in _loops_in_vain(function):
        loops.setdefault(node, loop)
        by_loop.setdefault(node, [])
    units = [
        _Unit(_statement_of(holder, function), loops[holder], tuple(found))
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


def _binder(site: Site, function: FunctionFacts) -> tuple[ast.AST, _Loop | None]:
    """The loop whose index a site uses; the statement around it where there is none."""
    names = names_in(site.index)
    below: ast.AST = site.node
    for above in function.file.ancestors(site.node):
        if above is function.node:
            break
        if isinstance(above, ast.For) and below is not above.iter:
            loop = _loop(above, tuple(above.body), function)
            if names_in(above.target) & names:
                return above, loop
        elif isinstance(above, COMPREHENSIONS):
            for part in above.generators:
                if names_in(part.target) & names:
                    return above, _loop_of_comprehension(above, function)
        elif isinstance(above, ast.Lambda | ast.FunctionDef):
            break
        below = above
    return _statement_of(site.node, function), None


def _loop_of_comprehension(node: Comprehension, function: FunctionFacts) -> _Loop | None:
    if len(node.generators) != 1 or node.generators[0].ifs:
        return None
    return _loop(node.generators[0], (node.elt,), function)


def _loop(
    node: ast.For | ast.comprehension, body: tuple[ast.AST, ...], function: FunctionFacts
) -> _Loop | None:
    """A loop read; None where it is over something that says nothing of its index."""
    match node.target, node.iter:
        case ast.Name(id=index), ast.Call(func=ast.Name(id="range"), args=args) if (
            1 <= len(args) <= 3 and not node.iter.keywords
        ):
            step = integer_literal(args[2]) if len(args) == 3 else 1
            start = args[0] if len(args) > 1 else None
            stop = args[1] if len(args) > 1 else args[0]
            return _Loop(node, body, index, start, stop, step) if step else None
        case ast.Tuple(elts=[ast.Name(id=index), target]), ast.Call(
            func=ast.Name(id="enumerate"), args=[source], keywords=[]
        ):
            partners = _partners(target, source)
            return _Loop(node, body, index, partners=partners) if partners else None
        case ast.Tuple(), ast.Call(func=ast.Name(id="zip")):
            partners = _partners(node.target, node.iter)
            return _Loop(node, body, None, partners=partners) if partners else None
    return None


def _partners(target: ast.expr, source: ast.expr) -> tuple[_Partner, ...]:
    match target, source:
        case ast.Tuple(elts=targets), ast.Call(func=ast.Name(id="zip"), args=sources, keywords=[]):
            if len(targets) == len(sources):
                return tuple(_Partner(t, s) for t, s in zip(targets, sources, strict=True))
            return ()
        case _, ast.Call(func=ast.Name(id="zip")):
            return ()
    return (_Partner(target, source),)


def _loops_in_vain(function: FunctionFacts) -> Iterator[tuple[ast.AST, _Loop]]:
    """Loops that go over a ModuleList in step with something that is none: `zip(self.convs, xs)`,
    and those over a slice of one or over `reversed(…)`."""
    for node in function.nodes:
        if isinstance(node, ast.For):
            loop = _loop(node, tuple(node.body), function)
            holder: ast.AST = node
        elif isinstance(node, COMPREHENSIONS):
            loop, holder = _loop_of_comprehension(node, function), node
        else:
            continue
        if loop is None or len(loop.partners) < 2:
            continue
        kinds = [container_kind(partner.source, function) for partner in loop.partners]
        if any(kinds) and not all(kinds):
            yield holder, loop


def _statement_of(node: ast.AST, function: FunctionFacts) -> ast.stmt:
    while not isinstance(node, ast.stmt):
        node = function.file.parents[node]
    return node


# ------------------------------------------------------------------------------ how long it is


Sizes = tuple[Size | None, ...]
"""A number for each class that a function is compiled for."""

End = tuple[Sizes, Sizes]
"""Where a loop ends, as it is written and with 0 for what is negative."""


class _Sizes:
    """What is known of numbers and lengths in a function, for all classes that run it."""

    def __init__(self, function: FunctionFacts) -> None:
        classes = function.scripted_for
        self._answers = [Lengths(function, cls) for cls in classes]

    def number(self, node: ast.expr | None, default: int = 0) -> Sizes:
        if node is None:
            return tuple(Size(default) for _ in self._answers)
        return tuple(lengths.value(node) for lengths in self._answers)

    def length(self, node: ast.expr) -> Sizes:
        return tuple(lengths.length(node) for lengths in self._answers)

    def at(self, node: ast.expr, names: dict[str, Sizes]) -> Sizes:
        """The number that an expression has where some names have these values."""
        found = []
        for which, lengths in enumerate(self._answers):
            values = {name: sizes[which] for name, sizes in names.items()}
            known = {name: size for name, size in values.items() if size is not None}
            found.append(lengths.value(node, known) if len(known) == len(values) else None)
        return tuple(found)


def _plus(sizes: Sizes, number: int) -> Sizes:
    return tuple(size + Size(number) if size is not None else None for size in sizes)


def _at_most(one: Sizes, other: Sizes) -> bool:
    """Whether the one is surely no greater than the other."""
    return bool(one) and all(
        a is not None
        and b is not None
        and ((b - a).surely_not_negative or (b - count(a)).surely_not_negative)
        for a, b in zip(one, other, strict=True)
    )


def _counted(sizes: Sizes) -> Sizes:
    return tuple(count(size) if size is not None else None for size in sizes)


def _is_within(end: End, length: Sizes) -> bool:
    """Whether a loop surely ends no later than a list of this length."""
    return any(_at_most(size, length) for size in end)


def _reaches(end: End, length: Sizes) -> bool:
    """Whether a loop surely goes on to the end of a list of this length."""
    return any(_at_most(length, size) for size in end)


def _constants(sizes: Sizes, number: int) -> bool:
    return bool(sizes) and all(size == Size(number) for size in sizes)


def _not_negative(sizes: Sizes) -> bool:
    return bool(sizes) and all(size is not None and size.surely_not_negative for size in sizes)


# ------------------------------------------------------------------------------ loops in step


@dataclass(frozen=True)
class _Form:
    """A loop written anew: its head, what its body does for the indexed elements, and what comes
    before it."""

    target: str
    source: str
    guards: tuple[str, ...]
    checks: tuple[str, ...]
    """Statements before the loop that raise what the original raises."""
    head: tuple[str, ...]
    """Statements at the head of the body."""
    replaced: dict[ast.expr, str]
    """Expressions in the body that have another text now."""


class _Rewriter:
    """The edits for one unit, or _NotSure."""

    def __init__(self, function: FunctionFacts, unit: _Unit) -> None:
        self.function = function
        self.file = function.file
        self.unit = unit
        self.sizes = _Sizes(function)
        self.taken = taken_names(function)
        self.sites = unit.sites
        self.given: dict[str, tuple[str, ast.Assign]] = {}

    def result(self) -> tuple[list[Edit], str]:
        for site in self.unit.sites:
            if not isinstance(site.node.ctx, ast.Load):
                raise _NotSure(f"an element of {site.key} is replaced here")
        loop = self.unit.loop
        if loop is None or not self._is_in_step(loop):
            return _Selection(self).result()
        try:
            if isinstance(loop.node, ast.For):
                return self._statement(loop, loop.node)
            return self._comprehension(loop)
        except _NotInStep as doubt:
            if not self.unit.sites:
                raise
            try:
                return _Selection(self).result()
            except _NotSure:
                raise doubt from None

    # The decision

    def _is_in_step(self, loop: _Loop) -> bool:
        """Whether each list is met from its first element on: one offset, no step backwards."""
        if loop.step < 0:
            return False
        if loop.index is None:
            return True
        offsets = {offset_from(site.index, loop.index) for site in self.unit.sites}
        bound = {n.id for n in loop.nodes if isinstance(n, ast.Name) and _is_stored(n)}
        bound |= {name for p in loop.partners for name in names_in(p.target)}
        moving = any(names_in(site.container) & bound for site in self.unit.sites)
        simple = offsets in ({0}, set()) or (len(offsets) == 1 and None not in offsets)
        return simple and not moving and (offsets == {0} or not loop.partners)

    def _form(self, loop: _Loop) -> _Form:
        self.sites = self._sites_in_step(loop)
        lists = list({site.key: site.container for site in self.sites}.values())
        kept = [p for p in loop.partners if container_kind(p.source, self.function) is not None]
        sequences = [p for p in loop.partners if p not in kept]
        offset = 0
        if self.sites and loop.index is not None:
            offset = offset_from(self.sites[0].index, loop.index) or 0
        self._check_body(loop, lists, sequences)
        names = self._names(lists)
        self.given = self._names_given(loop)
        names |= {key: name for key, (name, _) in self.given.items()}
        replaced: dict[ast.expr, str] = {
            site.node: names[site.key]
            for site in self.sites
            if not any(assign.value is site.node for _, assign in self.given.values())
        }
        head = self._take_out(loop, sequences, replaced, index := self._index(loop))
        guards, checks = self._bounds(loop, lists, kept, sequences, offset, index)
        used = self._index_is_used(loop) or bool(guards or sequences)
        if used and offset > 0 and self._index_is_used(loop):
            raise _NotInStep("the index is used beside an offset")
        targets = [self.file.segment(p.target) for p in kept] + [
            names[ast.unparse(c)] for c in lists
        ]
        iterated = [self.file.segment(p.source) for p in kept] + [
            self.file.segment(c) for c in lists
        ]
        target, source = targets[0], iterated[0]
        if len(targets) > 1:
            target, source = ", ".join(targets), f"zip({', '.join(iterated)})"
        if used:
            target = f"{index}, ({target})" if len(targets) > 1 else f"{index}, {target}"
            source = f"enumerate({source}, {-offset})" if offset < 0 else f"enumerate({source})"
        return _Form(target, source, tuple(guards), tuple(checks), tuple(head), replaced)

    def _sites_in_step(self, loop: _Loop) -> tuple[Site, ...]:
        """The sites of the lists that the loop can go over: those that every turn takes an element
        of, and those known to be long enough. The rest is looked for where it is used."""
        surely = {site.key for site in self.unit.sites if self._is_unconditional(site, loop)}
        sequences = [p for p in loop.partners if container_kind(p.source, self.function) is None]
        kept = [p for p in loop.partners if p not in sequences]
        found = []
        for site in self.unit.sites:
            offset = offset_from(site.index, loop.index) if loop.index is not None else 0
            ends = self._ends(loop, kept, sequences, offset or 0)
            length = self.sizes.length(site.container)
            if site.key in surely or any(_is_within(end, length) for _, end in ends):
                found.append(site)
        if self.unit.sites and not found:
            raise _NotInStep("not every turn of the loop takes an element of the list")
        return tuple(found)

    def _is_unconditional(self, site: Site, loop: _Loop) -> bool:
        """Whether each turn of the loop that is not left early evaluates a site."""
        below: ast.AST = site.node
        for above in self.file.ancestors(site.node):
            if above is loop.node or (above in loop.body and isinstance(above, ast.expr)):
                return True
            match above:
                case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                    if below is not test:
                        return False
                case ast.For(iter=iterated):
                    if below is not iterated:
                        return False
                case ast.BoolOp(values=[first, *_]):
                    if below is not first:
                        return False
                case ast.Try() | ast.Lambda() | ast.FunctionDef() | ast.comprehension():
                    return False
                case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() if above is not (
                    self.file.parents.get(loop.node)
                ):
                    return False
            below = above
        return True

    def _names(self, lists: Sequence[ast.expr]) -> dict[str, str]:
        kinds = {container_kind(one, self.function) for one in lists}
        kind = "parameter" if kinds == {Kind.PARAMETER_LIST} else "layer"
        names = element_names(lists, self.taken, kind)
        return {ast.unparse(one): name for one, name in zip(lists, names, strict=True)}

    def _names_given(self, loop: _Loop) -> dict[str, tuple[str, ast.Assign]]:
        """Lists of which the body names the element itself: `layer = self.layers[i]`."""
        found: dict[str, tuple[str, ast.Assign]] = {}
        for statement in loop.body if isinstance(loop.node, ast.For) else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() as value):
                    site = Site(value)
                    once = len(self.function.assignments[name]) == 1 and len(loop.body) > 1
                    if site in self.sites and once and site.key not in found:
                        found[site.key] = (name, statement)
        return found

    def _index(self, loop: _Loop) -> str:
        return loop.index if loop.index is not None else free_index(self.taken)

    def _index_is_used(self, loop: _Loop) -> bool:
        """Whether the body reads the index otherwise than for the lists."""
        gone = {id(n) for site in self.sites for n in ast.walk(site.node)}
        return any(
            isinstance(n, ast.Name) and n.id == loop.index and id(n) not in gone for n in loop.nodes
        )

    def _check_body(
        self, loop: _Loop, lists: Sequence[ast.expr], sequences: Sequence[_Partner]
    ) -> None:
        """Refuse a body that leaves early or changes what the loop goes by."""
        _refuse_leaving(loop)
        changed = elements_left_by(loop.nodes)
        if loop.index is not None and loop.index in changed:
            raise _NotInStep(f"{loop.index} is changed in the loop")
        for part in [*lists, *(p.source for p in sequences)]:
            if ast.unparse(part) in changed:
                raise _NotSure(f"{ast.unparse(part)} is changed while it is looped over")
        if loop.index is not None and self._is_read_after(loop, loop.index):
            raise _NotInStep(f"{loop.index} is read after the loop")
        if isinstance(loop.node, ast.For):
            self._check_parameters(loop)

    def _is_read_after(self, loop: _Loop, name: str) -> bool:
        """Whether a name that the loop binds is read behind it, before another loop binds it."""
        if not isinstance(loop.node, ast.For):
            return False
        end = loop.node.end_lineno or loop.node.lineno
        for node in self.function.nodes:
            if isinstance(node, ast.Name) and node.id == name and node.lineno > end:
                if not _is_stored(node) and not self._is_bound_around(node, name):
                    return True
        return False

    def _is_bound_around(self, node: ast.AST, name: str) -> bool:
        for above in self.file.ancestors(node):
            if above is self.function.node:
                return False
            if isinstance(above, ast.For) and name in names_in(above.target):
                return True
            if isinstance(above, COMPREHENSIONS):
                if any(name in names_in(part.target) for part in above.generators):
                    return True
        return False

    # Sequences in step

    def _check_parameters(self, loop: _Loop) -> None:
        """Refuse where a parameter is indexed in step and nothing shows what it is."""
        for name in self._parameters_in_step(loop):
            self.annotation_for(name)

    def _parameters_in_step(self, loop: _Loop) -> list[str]:
        names = {p.arg for p in self.function.parameters}
        found = []
        for node in loop.nodes:
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
                if loop.index in names_in(node.slice) and not isinstance(node.slice, ast.Tuple):
                    found.append(node.value.id)
        found += [p.source.id for p in loop.partners if isinstance(p.source, ast.Name)]
        return [name for name in dict.fromkeys(found) if name in names]

    def annotation_for(self, name: str) -> list[Edit]:
        """The edits that annotate a parameter which is a list; none where it is a Tensor or has
        an annotation; _NotSure where nothing shows what it is."""
        parameter = next(p for p in self.function.parameters if p.arg == name)
        if parameter.annotation is not None:
            return []
        if name in self.function.assignments:
            first = self.function.assignments[name]
            if any(value is not None for value in first):
                return []
        found = parameter_type(self.function, name)
        if found.type is None:
            where = f"{self.function.qualname}"
            raise _NotSure(
                f"nothing shows whether {name} is a list or a Tensor: {found.because}",
                decided_by=f"a --case that calls {where}",
            )
        if found.type == "Tensor":
            return []
        text, imports = _spelled(found.type, self.file)
        return [AnnotateParameter(parameter, text), *imports]

    def annotations(self, loop: _Loop) -> list[Edit]:
        return [e for name in self._parameters_in_step(loop) for e in self.annotation_for(name)]

    def _take_out(
        self,
        loop: _Loop,
        sequences: Sequence[_Partner],
        replaced: dict[ast.expr, str],
        index: str,
    ) -> list[str]:
        """How the body gets the elements of a sequence now: in place, or at its head."""
        head = []
        for partner in sequences:
            self._check_sequence(partner.source)
            element = f"{self.file.segment(partner.source)}[{index}]"
            reads = [
                n
                for n in loop.nodes
                if isinstance(n, ast.Name) and names_in(partner.target) == {n.id}
            ]
            in_place = (
                isinstance(partner.target, ast.Name)
                and (len(reads) == 1 or isinstance(loop.node, ast.comprehension))
                and not any(_is_stored(n) for n in reads)
                and not self._is_read_after(loop, partner.target.id)
                and ast.unparse(partner.source) not in self._written(loop)
            )
            if in_place:
                replaced.update(dict.fromkeys(reads, element))
            elif isinstance(loop.node, ast.comprehension):
                raise _NotSure("the elements are taken apart in a comprehension")
            else:
                head.append(f"{self.file.segment(partner.target)} = {element}")
        return head

    def _written(self, loop: _Loop) -> set[str]:
        """Texts of what the body assigns elements of: `xs` in `xs[i] = y`."""
        return {
            ast.unparse(n.value)
            for n in loop.nodes
            if isinstance(n, ast.Subscript) and _is_stored(n)
        }

    def _check_sequence(self, source: ast.expr) -> None:
        """Refuse what may be no list, tuple or Tensor, so that an index would not do."""
        if not is_pure(source) or isinstance(source, ast.Call):
            raise _NotSure(f"{ast.unparse(source)} is made in the head of the loop")
        kind = type_of(source, self.function)
        if kind is None and self._is_local_list(source):
            return
        if kind is None and isinstance(source, ast.Name):
            if any(p.arg == source.id for p in self.function.parameters):
                kind = parameter_type(self.function, source.id).type
        if kind is None:
            where = f"a --case that calls {self.function.qualname}"
            raise _NotSure(
                f"nothing shows whether {ast.unparse(source)} is a list", decided_by=where
            )
        if kind != "Tensor" and not kind.startswith(("List[", "Tuple[")):
            raise _NotSure(f"{ast.unparse(source)} is a {kind}, not a list")

    def _is_local_list(self, source: ast.expr) -> bool:
        """Whether a local has only been given list displays so far."""
        if not isinstance(source, ast.Name):
            return False
        if any(p.arg == source.id for p in self.function.parameters):
            return False
        before = self.unit.statement.lineno
        values = [
            value
            for value in self.function.assignments.get(source.id, [])
            if value is None or value.lineno < before
        ]
        return bool(values) and all(isinstance(v, ast.List | ast.ListComp) for v in values)

    # How far the loop goes

    def _bounds(
        self,
        loop: _Loop,
        lists: Sequence[ast.expr],
        kept: Sequence[_Partner],
        sequences: Sequence[_Partner],
        offset: int,
        index: str,
    ) -> tuple[list[str], list[str]]:
        """Guards on the index, and statements before the loop that raise IndexError."""
        going = [p.source for p in kept] + list(lists)
        lengths = [self.sizes.length(one) for one in going]
        ends = self._ends(loop, kept, sequences, offset)
        guards = self._lower_guard(loop, offset, index)
        for text, end in ends:
            if text is not None and not any(_reaches(end, length) for length in lengths):
                guards.append((index, "<", text))
        short = [
            one
            for one in lists
            if not any(_is_within(end, self.sizes.length(one)) for _, end in ends)
        ]
        if short and loop.step > 1:
            raise _NotInStep("a loop in steps that may run past the end of the list")
        if short or any(operator == "<" for _, operator, _ in guards):
            self._check_stop(loop)
        checks = [self._check(loop, short, kept, sequences, offset)] if short else []
        tests = _tests(guards)
        if loop.step > 1:
            tests.append(self._step_test(loop, index))
        return tests, checks

    def _ends(
        self, loop: _Loop, kept: Sequence[_Partner], sequences: Sequence[_Partner], offset: int
    ) -> list[tuple[str | None, End]]:
        """What the original loop ends by, the least of them first met: text for a guard, size."""
        if loop.stop is not None:
            text = self._shifted(loop.stop, max(offset, 0))
            size = _plus(self.sizes.number(loop.stop), offset)
            return [(text, (size, _counted(size)))]
        ends: list[tuple[str | None, End]] = []
        for partner in (*kept, *sequences):
            text = None if partner in kept else f"len({self.file.segment(partner.source)})"
            size = self.sizes.length(partner.source)
            ends.append((text, (size, size)))
        return ends

    def _shifted(self, stop: ast.expr, offset: int) -> str:
        """The text of a number with an offset added, `len(xs) - 1` with 1 being `len(xs)`."""
        text = self.file.segment(stop)
        if "\n" in text:
            text = ast.unparse(stop)
        match stop:
            case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(less))) if offset:
                rest = self.file.segment(left)
                return rest if less == offset else f"{rest} - {less - offset}"
            case ast.Constant(value=int(number)):
                return str(number + offset)
        return f"{text} + {offset}" if offset else text

    def _first(self, loop: _Loop, offset: int) -> str:
        """The text of the first index, an offset added."""
        return self._shifted(loop.start, offset) if loop.start is not None else str(offset)

    def _lower_guard(self, loop: _Loop, offset: int, index: str) -> list[tuple[str, str, str]]:
        start = _plus(self.sizes.number(loop.start), offset)
        if _constants(start, 0):
            return []
        if not _not_negative(start):
            raise _NotInStep("the loop may start at a negative index, which counts from the end")
        if loop.start is not None and not is_pure(loop.start):
            raise _NotInStep("the start of the range is computed by a call")
        return [(index, ">=", self._first(loop, max(offset, 0)))]

    def _check_stop(self, loop: _Loop) -> None:
        """Refuse an end that would be another one when it is asked for in each turn."""
        for part in (loop.start, loop.stop):
            if part is None:
                continue
            if not is_pure(part):
                raise _NotInStep(f"{ast.unparse(part)} would be evaluated more than once")
            texts = {
                ast.unparse(n) for n in ast.walk(part) if isinstance(n, ast.Name | ast.Attribute)
            }
            if texts & elements_left_by(loop.nodes):
                raise _NotInStep(f"{ast.unparse(part)} changes in the loop")

    def _check(
        self,
        loop: _Loop,
        short: Sequence[ast.expr],
        kept: Sequence[_Partner],
        sequences: Sequence[_Partner],
        offset: int,
    ) -> str:
        """The statement that raises IndexError where the original would run past a list's end."""
        if any(isinstance(n, ast.Return) for n in loop.nodes):
            raise _NotInStep("the loop may return before it runs past the end of the list")
        least = self._least(short)
        if loop.stop is not None:
            turns = self._shifted(loop.stop, offset)
        else:
            over = [self._len(p.source) for p in (*kept, *sequences)]
            turns = over[0] if len(over) == 1 else f"min({', '.join(over)})"
        start = _plus(self.sizes.number(loop.start), offset)
        bound = least
        if not _constants(start, 0) and not self._has_elements(short, start):
            bound = f"max({self._first(loop, offset)}, {least})"
        if " if " in turns or " or " in turns:
            turns = f"({turns})"
        return f'if {turns} > {bound}:\n    raise IndexError("{OUT_OF_RANGE}")'

    def _least(self, lists: Sequence[ast.expr]) -> str:
        """`len(…)` of the shortest list; of lists that are equally long, of one."""
        different: list[ast.expr] = []
        for one in lists:
            size = self.sizes.length(one)
            if not any(_at_most(self.sizes.length(other), size) for other in different):
                different.append(one)
        lengths = [self._len(one) for one in different]
        return lengths[0] if len(lengths) == 1 else f"min({', '.join(lengths)})"

    def _len(self, node: ast.expr) -> str:
        if container_kind(node, self.function) is Kind.PARAMETER_LIST:
            text = ast.unparse(node)
            raise _NotSure(f"len({text}) would be needed, which a ParameterList does not compile")
        return f"len({self.file.segment(node)})"

    def _has_elements(self, lists: Sequence[ast.expr], number: Sizes) -> bool:
        """Whether all lists surely have as many elements: literal indices before the loop say so."""
        return all(
            _at_most(number, self.sizes.length(one)) or self._literal_before(one, number)
            for one in lists
        )

    def _literal_before(self, one: ast.expr, number: Sizes) -> bool:
        """Whether `self.layers[0]`, which would have raised, stands before the loop unguarded."""
        wanted = max((s.constant for s in number if s is not None and s.is_constant), default=99)
        body = self.function.node.body
        text = ast.unparse(one)
        for statement in body:
            if statement.lineno >= self.unit.statement.lineno:
                return False
            if isinstance(statement, ast.Assign | ast.Expr | ast.AugAssign | ast.AnnAssign):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == text:
                        literal = integer_literal(node.slice)
                        if literal is not None and max(literal + 1, -literal) >= wanted:
                            return True
        return False

    def _step_test(self, loop: _Loop, index: str) -> str:
        start = integer_literal(loop.start) if loop.start is not None else 0
        if start is None:
            raise _NotInStep("a loop in steps that starts at a computed index")
        if start % loop.step == 0:
            return f"{index} % {loop.step} == 0"
        return f"{index} % {loop.step} == {start % loop.step}"

    # What is written

    def _statement(self, loop: _Loop, node: ast.For) -> tuple[list[Edit], str]:
        form = self._form(loop)
        edits: list[Edit] = [*self.annotations(loop)]
        edits += [InsertBefore(node, check) for check in form.checks]
        edits.append(ReplaceExpression(node.target, form.target))
        edits.append(ReplaceExpression(node.iter, form.source))
        edits += [ReplaceExpression(old, new) for old, new in form.replaced.items()]
        edits += [RemoveStatement(assign) for _, assign in self.given.values()]
        if form.guards:
            edits.append(GuardBody(node, " and ".join(form.guards)))
        if form.head:
            edits.append(InsertAtHead(node, "body", "\n".join(form.head)))
        return edits, f"for {form.target} in {form.source}"

    def _comprehension(self, loop: _Loop) -> tuple[list[Edit], str]:
        assert isinstance(loop.node, ast.comprehension)
        form = self._form(loop)
        node = self.file.parents[loop.node]
        assert isinstance(node, Comprehension)
        edits: list[Edit] = [*self.annotations(loop)]
        if form.guards:
            header = [f"for {form.target} in {form.source}:", f"if {' and '.join(form.guards)}:"]
            edits += self.as_loop(node, header, form.replaced, form.checks)
        else:
            edits += [InsertBefore(self.unit.statement, check) for check in form.checks]
            edits.append(ReplaceExpression(loop.node.target, form.target))
            edits.append(ReplaceExpression(loop.node.iter, form.source))
            edits += [ReplaceExpression(old, new) for old, new in form.replaced.items()]
        return edits, f"for {form.target} in {form.source}"

    def as_loop(
        self,
        node: Comprehension,
        header: Sequence[str],
        replaced: dict[ast.expr, str],
        checks: Sequence[str],
    ) -> list[Edit]:
        """A list comprehension as a loop that appends, before the statement it stands in."""
        statement = self.unit.statement
        if not isinstance(node, ast.ListComp) or not self._comes_first(node, statement):
            raise _NotSure("a comprehension that cannot be taken out of its statement")
        name, direct = free_name(RESULT_NAMES, self.taken), False
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if value is node:
                if target not in names_in(node):
                    name, direct = target, True
        body = f"{name}.append({_spliced(self.file, node.elt, replaced)})"
        code = "\n".join([*checks, f"{name} = []", *_nested(header, body)])
        if direct:
            return [ReplaceStatement(statement, code)]
        return [InsertBefore(statement, code), ReplaceExpression(node, name)]

    def _comes_first(self, node: ast.expr, statement: ast.stmt) -> bool:
        """Whether nothing that could matter is evaluated before `node` in its statement."""
        if not isinstance(statement, ast.Assign | ast.Return | ast.Expr):
            return False
        around = set(self.file.ancestors(node))
        inside = set(ast.walk(node))
        if any(isinstance(a, ast.IfExp | ast.BoolOp | ast.Lambda | Comprehension) for a in around):
            return False
        start = (node.lineno, node.col_offset)
        return not any(
            isinstance(other, ast.Call)
            and other not in around
            and other not in inside
            and (other.lineno, other.col_offset) < start
            for other in ast.walk(statement)
        )


def _tests(guards: Sequence[tuple[str, str, str]]) -> list[str]:
    """`i >= 1` and `i < n` as `1 <= i < n`."""
    match guards:
        case [(index, ">=", low), (_, "<", high)]:
            return [f"{low} <= {index} < {high}"]
    return [f"{index} {operator} {bound}" for index, operator, bound in guards]


def _refuse_leaving(loop: _Loop) -> None:
    """Refuse `break`, `continue` and `else`: unrolled loops have none."""
    if isinstance(loop.node, ast.For) and loop.node.orelse:
        raise _NotInStep("the loop has an else")
    for part in loop.body:
        if _leaves(part):
            raise _NotInStep(
                "a loop over a ModuleList is unrolled, and can have no break or continue"
            )


def _leaves(node: ast.AST) -> bool:
    if isinstance(node, ast.Break | ast.Continue):
        return True
    if isinstance(node, ast.For | ast.While):
        return any(_leaves(part) for part in node.orelse)
    return any(_leaves(part) for part in ast.iter_child_nodes(node))


def _is_stored(node: ast.Name | ast.Subscript) -> bool:
    return isinstance(node.ctx, ast.Store | ast.Del)


# ------------------------------------------------------------------------------ computed indices


@dataclass(frozen=True)
class _Choice:
    """One index and the lists that it is used on: `self.a[mode]` and `self.b[mode]`."""

    index: ast.expr
    sites: tuple[Site, ...]

    @property
    def lists(self) -> list[ast.expr]:
        return list({site.key: site.container for site in self.sites}.values())


@dataclass
class _Stretch:
    """Statements of one block that go under the search for their indices, first to last."""

    block: Sequence[ast.stmt]
    first: int
    last: int
    sites: list[Site]

    @property
    def statements(self) -> Sequence[ast.stmt]:
        return self.block[self.first : self.last + 1]


class _Selection:
    """Loops that look for an index: `for j, layer in enumerate(self.layers): if j == i: …`."""

    def __init__(self, rewriter: _Rewriter) -> None:
        self.rewriter = rewriter
        self.function = rewriter.function
        self.file = rewriter.file
        self.unit = rewriter.unit
        self.sizes = rewriter.sizes
        self.taken = set(rewriter.taken)
        self.edits: list[Edit] = []
        self.searched: list[str] = []

    def result(self) -> tuple[list[Edit], str]:
        loop = self.unit.loop
        if loop is not None:
            self.edits += self.rewriter.annotations(loop)
        holder = self._comprehension()
        if holder is not None:
            self._as_loop(holder)
        else:
            for stretch in self._stretches():
                self._write(stretch)
        edits = list(dict.fromkeys(self.edits))
        return edits, f"{', '.join(dict.fromkeys(self.searched))} looked for by its index"

    def _comprehension(self) -> Comprehension | None:
        """The comprehension that all sites are in, or None; _NotSure for what has none as a loop."""
        for site in self.unit.sites:
            for above in self.file.ancestors(site.node):
                if isinstance(above, Comprehension):
                    if (
                        self.unit.loop is None
                        or len(above.generators) != 1
                        or above.generators[0].ifs
                    ):
                        raise _NotSure("an index is computed in a comprehension")
                    return above
                if isinstance(above, ast.Lambda | ast.FunctionDef):
                    break
                if isinstance(above, ast.stmt):
                    break
        return None

    def _as_loop(self, holder: Comprehension) -> None:
        part = holder.generators[0]
        target, source = self.file.segment(part.target), self.file.segment(part.iter)
        header, replaced = [f"for {target} in {source}:"], dict[ast.expr, str]()
        for choice in _choices(self.unit.sites):
            lines, checks = self._search(choice, replaced)
            if checks:
                raise _NotSure(f"{ast.unparse(choice.index)} may be no index of the list")
            header += lines
        self.edits += self.rewriter.as_loop(holder, header, replaced, ())

    # Which statements

    def _stretches(self) -> list[_Stretch]:
        found: list[_Stretch] = []
        for site in self.unit.sites:
            statement = _statement_of(site.node, self.function)
            block = _block_of(statement, self.function)
            at = block.index(statement)
            last = found[-1] if found else None
            if last is not None and last.block is block and at <= last.last + 1:
                if at <= last.last or _text(site.index) in {_text(s.index) for s in last.sites}:
                    last.last = max(at, last.last)
                    last.sites.append(site)
                    continue
            found.append(_Stretch(block, at, at, [site]))
        for stretch in found:
            self._extend(stretch)
        return self._merged(found)

    def _extend(self, stretch: _Stretch) -> None:
        """Take in what reads names that are first defined under the search."""
        while True:
            ends = [
                self._last_reader(name, stretch) for name in sorted(_stored(stretch.statements))
            ]
            last = max([end for end in ends if end is not None], default=stretch.last)
            if last <= stretch.last:
                return
            stretch.last = last

    def _last_reader(self, name: str, stretch: _Stretch) -> int | None:
        """The last statement of the block that reads a name not defined before the stretch."""
        if self._is_defined_before(name, stretch):
            return None
        found: int | None = None
        inside = {id(n) for statement in stretch.block for n in ast.walk(statement)}
        start = stretch.statements[0].lineno
        for node in self.function.nodes:
            if isinstance(node, ast.Name) and node.id == name and not _is_stored(node):
                if id(node) not in inside and node.lineno > start:
                    raise _NotSure(
                        f"{name} is defined by the module looked for, and read elsewhere"
                    )
        for at, statement in enumerate(stretch.block):
            reads = any(
                isinstance(n, ast.Name) and n.id == name and not _is_stored(n)
                for n in ast.walk(statement)
            )
            if at > stretch.last and reads:
                found = at
        return found

    def _is_defined_before(self, name: str, stretch: _Stretch) -> bool:
        """Whether a name surely has a value before the stretch runs."""
        if any(p.arg == name for p in self.function.parameters):
            return True
        block, at = stretch.block, stretch.first
        node: ast.AST = stretch.statements[0]
        while True:
            if any(_surely_defines(statement, name) for statement in block[:at]):
                return True
            above = self.file.parents[node]
            if isinstance(above, ast.For) and name in names_in(above.target):
                return True
            if above is self.function.node or not isinstance(above, ast.stmt):
                return False
            block, node = _block_of(above, self.function), above
            at = block.index(above)

    def _merged(self, found: list[_Stretch]) -> list[_Stretch]:
        merged: list[_Stretch] = []
        for stretch in sorted(found, key=lambda s: (s.statements[0].lineno, -s.last)):
            around = next((m for m in merged if _covers(m, stretch)), None)
            if around is not None:
                around.sites += stretch.sites
                if around.block is stretch.block:
                    around.last = max(around.last, stretch.last)
                    self._extend(around)
            else:
                merged.append(stretch)
        return merged

    # What is written

    def _write(self, stretch: _Stretch) -> None:
        choices = _choices(self._all_sites(stretch))
        if len(choices) > 2:
            raise _NotSure("more than two computed indices in one statement")
        self._check_stretch(stretch, choices)
        self.taken = set(self.rewriter.taken)
        replaced: dict[ast.expr, str] = {}
        header: list[str] = []
        checks: list[str] = []
        for choice in choices:
            lines, more = self._search(choice, replaced)
            header += lines
            checks += more
        returns = isinstance(stretch.statements[-1], ast.Return)
        body = "\n".join(_spliced(self.file, s, replaced) for s in stretch.statements)
        lines = _nested(header, body)
        if returns:
            # The compiler wants a way out behind the loop, which serves an index out of range too.
            lines = [*lines, f'raise IndexError("{OUT_OF_RANGE}")']
        else:
            lines = [*checks, *lines]
        self.edits.append(ReplaceStatement(stretch.statements[0], "\n".join(lines)))
        self.edits += [RemoveStatement(statement) for statement in stretch.statements[1:]]

    def _all_sites(self, stretch: _Stretch) -> list[Site]:
        """The sites of the stretch, with those deeper in it that use the same index and list."""
        wanted = {(_text(site.index), site.key) for site in stretch.sites}
        inside = {n for statement in stretch.statements for n in ast.walk(statement)}
        return [
            site
            for site in sites(self.function)
            if site.node in inside and (_text(site.index), site.key) in wanted
        ]

    def _check_stretch(self, stretch: _Stretch, choices: Sequence[_Choice]) -> None:
        nodes = [n for statement in stretch.statements for n in ast.walk(statement)]
        if any(_leaves(statement) for statement in stretch.statements):
            raise _NotSure("break or continue beside an index that is computed")
        changed = elements_left_by(nodes)
        for choice in choices:
            for part in (choice.index, *choice.lists):
                texts = {
                    _text(n) for n in ast.walk(part) if isinstance(n, ast.Name | ast.Attribute)
                }
                if texts & changed:
                    raise _NotSure(f"{_text(part)} changes where it is used as an index")

    def _search(
        self, choice: _Choice, replaced: dict[ast.expr, str]
    ) -> tuple[list[str], list[str]]:
        """The lines that look for one index, and those that raise where there is none."""
        lists = choice.lists
        self._check_index(choice)
        index = free_index(self.taken)
        self.taken.add(index)
        kinds = {container_kind(one, self.function) for one in lists}
        kind = "parameter" if kinds == {Kind.PARAMETER_LIST} else "layer"
        names = dict(zip(map(_text, lists), element_names(lists, self.taken, kind), strict=True))
        self.taken.update(names.values())
        replaced.update({site.node: names[site.key] for site in choice.sites})
        self.searched += list(names)
        source = ", ".join(self.file.segment(one) for one in lists)
        target = ", ".join(names.values())
        if len(lists) > 1:
            source, target = f"zip({source})", f"({target})"
        guard, checks = self._guard(choice, index)
        return [f"for {index}, {target} in enumerate({source}):", f"if {guard}:"], checks

    def _guard(self, choice: _Choice, index: str) -> tuple[str, list[str]]:
        """The test that finds the index, and what raises where the list has no such element."""
        text, lists = _text(choice.index), choice.lists
        lowest, highest = self._extreme(choice, low=True), self._extreme(choice, low=False)
        lengths = [self.sizes.length(one) for one in lists]
        below_end = all(_at_most(_plus(highest, 1), length) for length in lengths)
        if _not_negative(lowest):
            if below_end:
                return f"{index} == {text}", []
            least = self.rewriter._least(lists)
            check = f'if {text} >= {least}:\n    raise IndexError("{OUT_OF_RANGE}")'
            return f"{index} == {text}", [check]
        if not all(
            _at_most(lengths[0], other) and _at_most(other, lengths[0]) for other in lengths
        ):
            raise _NotSure("an index that may count from the ends of lists of different lengths")
        length = self.rewriter._len(lists[0])
        check = f'if not -{length} <= {text} < {length}:\n    raise IndexError("{OUT_OF_RANGE}")'
        return f"{index} == {text} or {index} == {text} + {length}", [check]

    def _check_index(self, choice: _Choice) -> None:
        """Refuse what may not be an int, or not the same int twice; annotate parameters."""
        index = choice.index
        if not is_pure(index):
            raise _NotSure(f"the index {_text(index)} would be computed more than once")
        if isinstance(index, ast.Compare | ast.BoolOp | ast.IfExp):
            raise _NotSure(f"the index {_text(index)} is a condition")
        parameters = {p.arg: p for p in self.function.parameters}
        counted = {name for loop in self._loops(choice) if (name := loop.index) is not None}
        known = True
        for name in sorted(names_in(index) - counted - {"self"}):
            parameter = parameters.get(name)
            if parameter is None or name in self.function.assignments:
                known = False
                continue
            if parameter.annotation is None:
                self.edits += self._int_annotation(name)
            elif type_of(ast.Name(id=name, ctx=ast.Load()), self.function) != "int":
                known = False
        simple = not any(isinstance(n, ast.Attribute | ast.Subscript) for n in ast.walk(index))
        if not (known and simple) and type_of(index, self.function) != "int":
            raise _NotSure(
                f"nothing shows that the index {_text(index)} is an int and not a Tensor",
                decided_by=f"a --case that calls {self.function.qualname}",
            )

    def _int_annotation(self, name: str) -> list[Edit]:
        parameter = next(p for p in self.function.parameters if p.arg == name)
        found = parameter_type(self.function, name)
        if found.type == "int":
            return [AnnotateParameter(parameter, "int")]
        if found.type is not None:
            raise _NotSure(f"the index {name} is a {found.type}")
        default = self.function.defaults.get(name)
        if default is not None and integer_literal(default) is not None:
            return [AnnotateParameter(parameter, "int")]
        raise _NotSure(
            f"nothing shows that the index {name} is an int: {found.because}",
            decided_by=f"a --case that calls {self.function.qualname}",
        )

    # Where the index can be

    def _loops(self, choice: _Choice) -> list[_Loop]:
        """The loops around a site whose index is known, outermost first."""
        found: list[_Loop] = []
        below: ast.AST = choice.sites[0].node
        for above in self.file.ancestors(below):
            if above is self.function.node:
                break
            loop = None
            if isinstance(above, ast.For) and below in above.body:
                loop = _loop(above, tuple(above.body), self.function)
            elif isinstance(above, Comprehension):
                loop = _loop_of_comprehension(above, self.function)
            if loop is not None and loop.index is not None:
                changed = {n.id for n in loop.nodes if isinstance(n, ast.Name) and _is_stored(n)}
                if loop.index not in changed:
                    found.insert(0, loop)
            below = above
        return found

    def _extreme(self, choice: _Choice, low: bool) -> Sizes:
        """The least, or the greatest, number that the index can be, if it goes straight up or down
        with the loops around it."""
        loops = self._loops(choice)

        def at(depth: int, names: dict[str, Sizes]) -> Sizes:
            if depth == len(loops):
                return self.sizes.at(choice.index, names)
            loop = loops[depth]
            assert loop.index is not None
            first, last = self._ends(loop, names)
            here = at(depth + 1, {**names, loop.index: first})
            next_to_it = at(depth + 1, {**names, loop.index: _plus(first, 1)})
            if here == next_to_it:
                return here
            if _at_most(here, next_to_it) == low:
                return here
            return at(depth + 1, {**names, loop.index: last})

        return at(0, {})

    def _ends(self, loop: _Loop, names: dict[str, Sizes]) -> tuple[Sizes, Sizes]:
        """The least and the greatest index of a loop that runs at all."""
        if loop.stop is None:
            lengths = [self.sizes.length(p.source) for p in loop.partners]
            return self.sizes.number(None), _plus(lengths[0], -1)
        stop = self.sizes.at(loop.stop, names)
        start = (
            self.sizes.at(loop.start, names) if loop.start is not None else self.sizes.number(None)
        )
        return (start, _plus(stop, -1)) if loop.step > 0 else (_plus(stop, 1), start)


def _choices(found: Sequence[Site]) -> list[_Choice]:
    """Sites by the text of their index, in source order."""
    by_index: dict[str, list[Site]] = {}
    for site in found:
        by_index.setdefault(_text(site.index), []).append(site)
    return [_Choice(group[0].index, tuple(group)) for group in by_index.values()]


def _covers(outer: _Stretch, inner: _Stretch) -> bool:
    if outer.block is inner.block:
        return inner.first <= outer.last
    return any(inner.statements[0] in list(ast.walk(statement)) for statement in outer.statements)


def _stored(statements: Sequence[ast.stmt]) -> set[str]:
    return {
        n.id
        for statement in statements
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and _is_stored(n)
    }


def _surely_defines(statement: ast.stmt, name: str) -> bool:
    """Whether a statement gives a name a value whatever happens."""
    match statement:
        case ast.Assign(targets=targets):
            return any(name in names_in(t) and not isinstance(t, ast.Subscript) for t in targets)
        case ast.AnnAssign(target=ast.Name(id=target), value=value):
            return target == name and value is not None
        case ast.If(body=body, orelse=orelse):
            return all(any(_surely_defines(s, name) for s in b) for b in (body, orelse))
        case ast.With(body=body):
            return any(_surely_defines(s, name) for s in body)
    return False


def _block_of(statement: ast.stmt, function: FunctionFacts) -> list[ast.stmt]:
    """The list of statements that a statement is in."""
    above = function.file.parents[statement]
    for block in ("body", "orelse", "finalbody", "handlers"):
        inside = getattr(above, block, None)
        if isinstance(inside, list) and statement in inside:
            return inside
    raise _NotSure("the statement is in no block that is known")


# ------------------------------------------------------------------------------ slices, reversed


@dataclass(frozen=True, eq=False)
class _View:
    """A loop over a part of a list of modules, or over one from its end: `self.layers[1:]`,
    `reversed(self.layers)`."""

    holder: ast.For | ast.ListComp
    node: ast.For | ast.comprehension
    target: ast.expr
    index: str | None
    """The counter of an `enumerate` around it."""
    container: ast.expr
    part: ast.Slice | None
    """None for the whole list: `list(self.layers)`, `reversed(self.layers)`."""
    backwards: bool


@dataclass(frozen=True, eq=False)
class _SliceCall:
    """`y = self.features[:5](x)`: a part of a Sequential is called."""

    statement: ast.Assign | ast.Return
    target: str | None
    argument: ast.expr
    container: ast.expr
    part: ast.Slice


def _views(function: FunctionFacts) -> Iterator[_View | _SliceCall]:
    for node in function.nodes:
        match node:
            case ast.For():
                view = _view(node, node, function)
            case ast.ListComp(generators=[only]) if not only.ifs:
                view = _view(node, only, function)
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call() as call):
                view = None
                yield from _slice_call(node, target, call, function)
            case ast.Return(value=ast.Call() as call):
                view = None
                yield from _slice_call(node, None, call, function)
            case _:
                continue
        if view is not None:
            yield view


def _view(
    holder: ast.For | ast.ListComp, node: ast.For | ast.comprehension, function: FunctionFacts
) -> _View | None:
    target, source = node.target, node.iter
    index: str | None = None
    match target, source:
        case ast.Tuple(elts=[ast.Name(id=counter), inner]), ast.Call(
            func=ast.Name(id="enumerate"), args=[inside], keywords=[]
        ):
            target, source, index = inner, inside, counter
    match source:
        case ast.Call(func=ast.Name(id="reversed" | "list" | "tuple" as how), args=[container]):
            if container_kind(container, function) is not None:
                return _View(holder, node, target, index, container, None, how == "reversed")
        case ast.Subscript(value=container, slice=ast.Slice() as part):
            if container_kind(container, function) is not None:
                backwards = integer_literal(part.step) == -1
                return _View(holder, node, target, index, container, part, backwards)
    return None


def _slice_call(
    statement: ast.Assign | ast.Return, target: str | None, call: ast.Call, function: FunctionFacts
) -> Iterator[_SliceCall]:
    match call:
        case ast.Call(
            func=ast.Subscript(value=container, slice=ast.Slice() as part),
            args=[argument],
            keywords=[],
        ) if (
            container_kind(container, function) is Kind.SEQUENTIAL
        ):
            yield _SliceCall(statement, target, argument, container, part)


class _ViewRewriter:
    """The edits for one loop over a part of a list, or _NotSure."""

    def __init__(self, function: FunctionFacts) -> None:
        self.function = function
        self.file = function.file
        self.sizes = _Sizes(function)
        self.taken = set(taken_names(function))

    def result(self, view: _View | _SliceCall) -> tuple[list[Edit], str]:
        if isinstance(view, _SliceCall):
            return self._call(view)
        text = self.file.segment(view.container)
        if isinstance(view.holder, ast.For):
            _refuse_leaving(_Loop(view.holder, tuple(view.holder.body), None))
        if view.backwards:
            return self._backwards(view), f"{text} from its end"
        if view.part is None:
            source = view.node.iter
            whole = f"enumerate({text})" if view.index is not None else text
            return [ReplaceExpression(source, whole)], f"for … in {whole}"
        guards, index, start = self._part(view.part, view.container, view.index)
        target = f"{index}, {self.file.segment(view.target)}"
        source_text = f"enumerate({text}, {-start})" if start else f"enumerate({text})"
        if not guards:
            source_text, target = text, self.file.segment(view.target)
        summary = f"for {target} in {source_text}"
        if isinstance(view.holder, ast.ListComp):
            header = [f"for {target} in {source_text}:", f"if {' and '.join(guards)}:"]
            return self._as_loop(view.holder, header), summary
        edits: list[Edit] = [ReplaceExpression(view.holder.target, target)]
        edits.append(ReplaceExpression(view.holder.iter, source_text))
        if guards:
            edits.append(GuardBody(view.holder, " and ".join(guards)))
        return edits, summary

    def _part(
        self, part: ast.Slice, container: ast.expr, counter: str | None
    ) -> tuple[list[str], str, int]:
        """Guards that leave a part of the list, on which index, and what that starts before 0."""
        index = counter or free_index(self.taken)
        lower = integer_literal(part.lower) if part.lower is not None else 0
        step = integer_literal(part.step) if part.step is not None else 1
        if lower is None or step is None or step < 1:
            raise _NotSure(f"a slice with computed bounds: {_text(container)}[{_text(part)}]")
        if counter is not None and (lower < 0 or (lower and (part.upper or step != 1))):
            raise _NotSure("the elements of a slice are counted")
        guards: list[tuple[str, str, str]] = []
        if lower:
            first = str(lower) if lower > 0 else f"{self._len(container)} - {-lower}"
            guards.append((index, ">=", "0" if counter else first))
        if part.upper is not None:
            guards.append((index, "<", self._upper(part.upper, container)))
        tests = _tests(guards)
        if step > 1:
            if lower < 0:
                raise _NotSure("a slice in steps that is counted from the end")
            tests.append(f"{index} % {step} == {lower % step}")
        return tests, index, lower if counter else 0

    def _upper(self, upper: ast.expr, container: ast.expr) -> str:
        literal = integer_literal(upper)
        if literal is not None:
            return str(literal) if literal >= 0 else f"{self._len(container)} - {-literal}"
        if not is_pure(upper) or not _not_negative(self.sizes.number(upper)):
            raise _NotSure(f"a slice of {_text(container)} up to {_text(upper)}, which may be < 0")
        return _text(upper)

    def _len(self, node: ast.expr) -> str:
        if container_kind(node, self.function) is Kind.PARAMETER_LIST:
            raise _NotSure(
                f"len({_text(node)}) would be needed, which a ParameterList does not compile"
            )
        return f"len({self.file.segment(node)})"

    def _backwards(self, view: _View) -> list[Edit]:
        """The last element first: counted down, and looked for in each turn."""
        part = view.part
        if part is not None and (part.lower is not None or part.upper is not None):
            raise _NotSure("a part of a list from its end")
        length = self._len(view.container)
        target = self.file.segment(view.target)
        turn = view.index or free_index(self.taken)
        self.taken.add(turn)
        place = free_index(self.taken)
        outer = f"for {turn} in range({length} - 1, -1, -1):"
        test = f"{place} == {turn}"
        if view.index is not None:
            outer, test = f"for {turn} in range({length}):", f"{place} == {length} - 1 - {turn}"
        search = f"for {place}, {target} in enumerate({self.file.segment(view.container)}):"
        header = [outer, search, f"if {test}:"]
        if isinstance(view.holder, ast.ListComp):
            return self._as_loop(view.holder, header)
        return [ReplaceStatement(view.holder, "\n".join(_nested(header, self._body(view.holder))))]

    def _body(self, loop: ast.For) -> str:
        """The source of a loop's body with its comments, indented from zero."""
        first = loop.body[0]
        if first.lineno == loop.lineno:
            return "\n".join(self.file.segment(statement) for statement in loop.body)
        header_end = max(loop.iter.end_lineno or 0, loop.lineno)
        lines = self.file.lines[header_end : loop.end_lineno]
        margin = first.col_offset
        return "\n".join(line[margin:] if not line[:margin].strip() else line for line in lines)

    def _as_loop(self, node: ast.ListComp, header: Sequence[str]) -> list[Edit]:
        unit = _Unit(_statement_of(node, self.function), None, ())
        return _Rewriter(self.function, unit).as_loop(node, header, {}, ())

    def _call(self, call: _SliceCall) -> tuple[list[Edit], str]:
        """The modules of a part of a Sequential, one after the other."""
        guards, index, _ = self._part(call.part, call.container, None)
        argument = self.file.segment(call.argument)
        name = call.target or free_name(("y", "out", "output", "result"), self.taken)
        layer = element_names([call.container], self.taken | {index, name}, "layer")[0]
        container = self.file.segment(call.container)
        header = [f"for {index}, {layer} in enumerate({container}):", f"if {' and '.join(guards)}:"]
        if not guards:
            header = [f"for {layer} in {container}:"]
        lines = [] if argument == name else [f"{name} = {argument}"]
        lines += _nested(header, f"{name} = {layer}({name})")
        if call.target is None:
            lines.append(f"return {name}")
        return [ReplaceStatement(call.statement, "\n".join(lines))], header[0].rstrip(":")


# ------------------------------------------------------------------------------ text


def _text(node: ast.AST) -> str:
    return ast.unparse(node)


def _nested(header: Sequence[str], body: str) -> list[str]:
    """`body` under each line of `header` in turn."""
    lines = [f"{'    ' * depth}{line}" for depth, line in enumerate(header)]
    return [*lines, *("    " * len(header) + line if line else "" for line in body.split("\n"))]


def _spliced(file: FileFacts, node: ast.expr | ast.stmt, replaced: dict[ast.expr, str]) -> str:
    """The source of a node with other text in the place of some expressions in it, its block
    indented from zero."""
    lines = [line.encode() for line in file.segment(node).split("\n")]
    inside = [expression for expression in ast.walk(node) if expression in replaced]
    places = [part for part in inside if isinstance(part, ast.expr)]
    for part in sorted(places, key=lambda p: (p.lineno, p.col_offset), reverse=True):
        first, last = part.lineno - node.lineno, (part.end_lineno or part.lineno) - node.lineno
        start = part.col_offset - (node.col_offset if first == 0 else 0)
        end = (part.end_col_offset or 0) - (node.col_offset if last == 0 else 0)
        lines[first : last + 1] = [
            lines[first][:start] + replaced[part].encode() + lines[last][end:]
        ]
    texts = [line.decode() for line in lines]
    margin = " " * node.col_offset
    return "\n".join(
        [texts[0], *(t[len(margin) :] if t.startswith(margin) else t.lstrip() for t in texts[1:])]
    )


def _spelled(kind: str, file: FileFacts) -> tuple[str, list[Edit]]:
    """A type as the file spells Tensor, with the imports that it takes."""
    edits: list[Edit] = []
    for generic in ("List", "Tuple", "Dict", "Optional"):
        if f"{generic}[" in kind:
            edits.append(AddImport("typing", generic))
    if "Tensor" in kind and file.imports.get("Tensor") != "torch.Tensor":
        if file.imports.get("torch") == "torch":
            return kind.replace("Tensor", "torch.Tensor"), edits
        edits.append(AddImport("torch", "Tensor"))
    return kind, edits
