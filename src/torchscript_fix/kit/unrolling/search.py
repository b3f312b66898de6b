"""Loops that look for an index: `for j, layer in enumerate(self.layers): if j == i: …`."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from torchscript_fix.editing.edit import (
    AnnotateParameter,
    Edit,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.indexing import (
    Comprehension,
    Site,
    integer_literal,
    is_pure,
    names_in,
    sites,
)
from torchscript_fix.facts.lengths import elements_left_by
from torchscript_fix.facts.loops import (
    Loop,
    block_of,
    is_read_of,
    is_stored,
    leaves,
    loop_of,
    loop_of_comprehension,
    statement_of,
    surely_evaluates,
)
from torchscript_fix.facts.naming import free_index, taken_names
from torchscript_fix.facts.sizes import Sizes, are_not_negative, at_most, plus
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.kit.answer import Fix, require
from torchscript_fix.kit.substitution import moved
from torchscript_fix.kit.unrolling.comprehensions import nested, taken_out
from torchscript_fix.kit.unrolling.unit import OUT_OF_RANGE, Unit, Unrolling


@dataclass(frozen=True)
class _Choice:
    """One index and the lists that it is used on: `self.a[mode]` and `self.b[mode]`."""

    index: ast.expr
    sites: tuple[Site, ...]

    @property
    def text(self) -> str:
        return ast.unparse(self.index)

    @property
    def lists(self) -> list[ast.expr]:
        return list({site.key: site.container for site in self.sites}.values())

    @property
    def by_list(self) -> list[tuple[Site, ...]]:
        """The sites of each list."""
        keys = dict.fromkeys(site.key for site in self.sites)
        return [tuple(site for site in self.sites if site.key == key) for key in keys]


def _choices(found: Iterable[Site]) -> list[_Choice]:
    """Sites by the text of their index, in source order."""
    by_index: dict[str, list[Site]] = {}
    for site in found:
        by_index.setdefault(ast.unparse(site.index), []).append(site)
    return [_Choice(group[0].index, tuple(group)) for group in by_index.values()]


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

    @property
    def nodes(self) -> Iterator[ast.AST]:
        return (node for statement in self.statements for node in ast.walk(statement))

    def takes(self, site: Site, block: Sequence[ast.stmt], at: int) -> bool:
        """Whether a site of this block belongs here: in it, or next to it with its index."""
        same = ast.unparse(site.index) in {ast.unparse(other.index) for other in self.sites}
        return block is self.block and (at <= self.last or (at == self.last + 1 and same))

    def covers(self, inner: "_Stretch") -> bool:
        if self.block is inner.block:
            return inner.first <= self.last
        return inner.statements[0] in self.nodes


class Search(Unrolling):
    """Loops that look for an index, or Declined."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit)
        self.unit = unit
        self.edits: list[Edit] = []
        self.searched: list[str] = []

    def fix(self) -> Fix:
        loop = self.unit.loop
        if loop is not None:
            self.edits += self.annotations(loop)
        holder = self._comprehension()
        if holder is not None:
            self._as_loop(holder)
        else:
            for stretch in self._stretches():
                self._write(stretch)
            if loop is not None and loop.spelled is not None:
                self.edits.append(ReplaceExpression(loop.node.iter, loop.spelled))
        searched = ", ".join(dict.fromkeys(self.searched))
        return Fix(f"{searched} looked for by its index", self.edits)

    def _comprehension(self) -> Comprehension | None:
        """The comprehension that all sites are in. Raises Declined for what is no loop."""
        for site in self.unit.indexed:
            for above in self.file.ancestors(site.node):
                if isinstance(above, Comprehension):
                    has_if = any(part.ifs for part in above.generators)
                    require(not has_if, "a comprehension with an `if` does not compile")
                    is_loop = self.unit.loop is not None and len(above.generators) == 1
                    require(is_loop, "an index is computed in a comprehension")
                    return above
                if isinstance(above, ast.Lambda | ast.stmt):
                    break
        return None

    def _as_loop(self, holder: Comprehension) -> None:
        part, loop = holder.generators[0], self.unit.loop
        source = loop.spelled if loop is not None and loop.node is part else None
        target, source = self.file.segment(part.target), source or self.file.segment(part.iter)
        header, instead = [f"for {target} in {source}:"], dict[ast.AST, str]()
        for choice in self._told_apart(_choices(self.unit.indexed)):
            lines, checks = self._search(choice, instead)
            require(not checks, f"{choice.text} may be no index of the list")
            header += lines
        self.edits += taken_out(part, header, instead, self.function)

    # Which statements

    def _stretches(self) -> list[_Stretch]:
        found: list[_Stretch] = []
        for site in self.unit.indexed:
            statement = statement_of(site.node, self.function)
            block = block_of(statement, self.function)
            at = block.index(statement)
            if found and found[-1].takes(site, block, at):
                found[-1].last = max(at, found[-1].last)
                found[-1].sites.append(site)
            else:
                found.append(_Stretch(block, at, at, [site]))
        for stretch in found:
            self._extend(stretch)
        merged: list[_Stretch] = []
        for stretch in sorted(found, key=lambda s: (s.statements[0].lineno, -s.last)):
            around = next((each for each in merged if each.covers(stretch)), None)
            if around is None:
                merged.append(stretch)
                continue
            around.sites += stretch.sites
            if around.block is stretch.block:
                around.last = max(around.last, stretch.last)
                self._extend(around)
        return merged

    def _extend(self, stretch: _Stretch) -> None:
        """Take in what reads names that are first defined under the search."""
        stored = {n.id for n in stretch.nodes if isinstance(n, ast.Name) and is_stored(n)}
        last = max((self._last_reader(name, stretch) for name in sorted(stored)), default=-1)
        if last > stretch.last:
            stretch.last = last
            self._extend(stretch)

    def _last_reader(self, name: str, stretch: _Stretch) -> int:
        """The last statement behind the stretch, in its block, that reads a name not defined
        before it; -1 for none."""
        if self._is_defined_before(name, stretch):
            return -1
        reading = [node for node in self.function.nodes if is_read_of(node, name)]
        start, inside = stretch.statements[0].lineno, -1
        for at, statement in enumerate(stretch.block):
            here = set(ast.walk(statement))
            if at > stretch.last and not here.isdisjoint(reading):
                inside = at
            reading = [node for node in reading if node not in here]
        elsewhere = any(getattr(node, "lineno", 0) > start for node in reading)
        require(not elsewhere, f"{name} is defined by the module looked for, and read elsewhere")
        return inside

    def _is_defined_before(self, name: str, stretch: _Stretch) -> bool:
        """Whether a name surely has a value before the stretch runs."""
        block, at = stretch.block, stretch.first
        node: ast.AST = stretch.statements[0]
        while name not in self.parameters:
            if any(_surely_defines(statement, name) for statement in block[:at]):
                return True
            above = self.file.parents[node]
            if isinstance(above, ast.For) and name in names_in(above.target):
                return True
            if above is self.function.node or not isinstance(above, ast.stmt):
                return False
            block, node = block_of(above, self.function), above
            at = block.index(above)
        return True

    # What is written

    def _write(self, stretch: _Stretch) -> None:
        choices = self._told_apart(_choices(self._all_sites(stretch)))
        require(len(choices) <= 2, "more than two computed indices in one statement")
        self._check_stretch(stretch, choices)
        self.taken = set(taken_names(self.function))
        instead: dict[ast.AST, str] = {}
        header: list[str] = []
        checks: list[str] = []
        for choice in choices:
            lines, more = self._search(choice, instead)
            header += lines
            checks += more
            unused = f"{choice.text} may be no index of the list where it is not used"
            require(not more or self._is_surely_used(choice, stretch), unused)
        body = "\n".join(moved(self.file, s, instead) for s in stretch.statements)
        lines = nested(header, body)
        # The compiler wants a way out behind a search that returns; it serves a wrong index too.
        if isinstance(stretch.statements[-1], ast.Return):
            lines.append(OUT_OF_RANGE)
        else:
            lines[:0] = checks
        first, *others = stretch.statements
        self.edits.append(ReplaceStatement(first, "\n".join(lines)))
        self.edits += map(RemoveStatement, others)

    def _is_surely_used(self, choice: _Choice, stretch: _Stretch) -> bool:
        """Whether the stretch always indexes each list, so that a check may come first."""
        return all(
            any(surely_evaluates(each, {s.node for s in own}) for each in stretch.statements)
            for own in choice.by_list
        )

    def _told_apart(self, choices: Sequence[_Choice]) -> list[_Choice]:
        """One choice for each list where an index may mean another element in each of them."""
        found: list[_Choice] = []
        for choice in choices:
            first, *others = (self.sizes.length(one) for one in choice.lists)
            as_long = all(at_most(first, other) and at_most(other, first) for other in others)
            if are_not_negative(self._extreme(choice, low=True)) or (
                as_long and (others or at_most(first, first))
            ):
                found.append(choice)
            else:
                found += [_Choice(choice.index, own) for own in choice.by_list]
        return found

    def _all_sites(self, stretch: _Stretch) -> list[Site]:
        """The sites of the stretch, with those deeper in it that use the same index and list."""
        wanted = {(ast.unparse(site.index), site.key) for site in stretch.sites}
        inside = set(stretch.nodes)
        return [
            site
            for site in sites(self.function)
            if site.node in inside and (ast.unparse(site.index), site.key) in wanted
        ]

    def _check_stretch(self, stretch: _Stretch, choices: Sequence[_Choice]) -> None:
        is_left = any(map(leaves, stretch.statements))
        require(not is_left, "break or continue beside an index that is computed")
        changed = elements_left_by(stretch.nodes)
        for part in (part for choice in choices for part in (choice.index, *choice.lists)):
            names = (n for n in ast.walk(part) if isinstance(n, ast.Name | ast.Attribute))
            changes = not changed.isdisjoint(map(ast.unparse, names))
            require(not changes, f"{ast.unparse(part)} changes where it is used as an index")

    def _search(self, choice: _Choice, instead: dict[ast.AST, str]) -> tuple[list[str], list[str]]:
        """The lines that look for one index, and those that raise where there is none."""
        self._check_index(choice)
        self.refuse_unfit(choice.sites)
        index = free_index(self.taken)
        self.taken.add(index)
        names = self.names_of(choice.lists)
        self.taken.update(names.values())
        instead.update({site.node: names[site.key] for site in choice.sites})
        self.searched += list(names)
        source = ", ".join(map(self.file.segment, choice.lists))
        target = ", ".join(names.values())
        if len(names) > 1:
            source, target = f"zip({source})", f"({target})"
        guard, checks = self._guard(choice, index)
        return [f"for {index}, {target} in enumerate({source}):", f"if {guard}:"], checks

    def _guard(self, choice: _Choice, index: str) -> tuple[str, list[str]]:
        """The test that finds the index, and what raises where the list has no such element."""
        guard, lists = f"{index} == {choice.text}", choice.lists
        if are_not_negative(self._extreme(choice, low=True)):
            behind = plus(self._extreme(choice, low=False), 1)
            if all(at_most(behind, self.sizes.length(one)) for one in lists):
                return guard, []
            wrong = f"{choice.text} >= {self.shortest(lists)}"
        else:
            length = self.length(lists[0])
            wrong = f"not -{length} <= {choice.text} < {length}"
            guard = f"{guard} or {guard} + {length}"
        return guard, [f"if {wrong}:\n    {OUT_OF_RANGE}"]

    def _check_index(self, choice: _Choice) -> None:
        """Refuse what may not be an int, or not the same int twice; annotate parameters."""
        index, text = choice.index, choice.text
        require(is_pure(index), f"the index {text} would be computed more than once")
        counted = {loop.index for loop in self._loops(choice)}
        is_int = not any(isinstance(n, ast.Attribute | ast.Subscript) for n in ast.walk(index))
        for name in sorted(names_in(index) - counted - {"self"}):
            parameter = self.parameters.get(name)
            if parameter is None or name in self.function.assignments:
                is_int = False
            elif parameter.annotation is None:
                self._annotate_int(parameter)
            elif type_of(ast.Name(id=name, ctx=ast.Load()), self.function) != "int":
                is_int = False
        unknown = f"nothing shows that the index {text} is an int and not a Tensor"
        require(is_int or type_of(index, self.function) == "int", unknown, self.by_case)

    def _annotate_int(self, parameter: ast.arg) -> None:
        name = parameter.arg
        found, default = parameter_type(self.function, name), self.function.defaults.get(name)
        require(found.type in {None, "int"}, f"the index {name} is a {found.type}")
        unknown = f"nothing shows that the index {name} is an int: {found.because}"
        is_int = found.type is not None or integer_literal(default) is not None
        require(is_int, unknown, self.by_case)
        self.edits.append(AnnotateParameter(parameter, "int"))

    # Where the index can be

    def _loops(self, choice: _Choice) -> list[Loop]:
        """The loops around a site whose index is known, outermost first."""
        found: list[Loop] = []
        below: ast.AST = choice.sites[0].node
        for above in self.file.ancestors(below):
            if above is self.function.node:
                break
            loop = None
            if isinstance(above, ast.For) and below in above.body:
                loop = loop_of(above, tuple(above.body), self.function)
            elif isinstance(above, Comprehension):
                loop = loop_of_comprehension(above, self.function)
            if loop is not None and loop.index is not None:
                names = (node for node in loop.nodes if isinstance(node, ast.Name))
                if not any(node.id == loop.index and is_stored(node) for node in names):
                    found.insert(0, loop)
            below = above
        return found

    def _extreme(self, choice: _Choice, *, low: bool) -> Sizes:
        """The least, or the greatest, number that the index can be, if it goes straight up or down
        with the loops around it."""
        return self._extreme_at(choice.index, self._loops(choice), low, {})

    def _extreme_at(
        self, index: ast.expr, loops: Sequence[Loop], low: bool, names: dict[str, Sizes]
    ) -> Sizes:
        if not loops:
            return self.sizes.at(index, names)
        loop, *inner = loops
        assert loop.index is not None
        first, last = self._ends(loop, names)
        here, next_to_it, there = (
            self._extreme_at(index, inner, low, {**names, loop.index: number})
            for number in (first, plus(first, 1), last)
        )
        return here if here == next_to_it or at_most(here, next_to_it) == low else there

    def _ends(self, loop: Loop, names: dict[str, Sizes]) -> tuple[Sizes, Sizes]:
        """The least and the greatest index of a loop that runs at all."""
        start = self.sizes.number(None)
        if loop.stop is None:
            return start, plus(self.sizes.length(loop.partners[0].source), -1)
        stop = self.sizes.at(loop.stop, names)
        start = self.sizes.at(loop.start, names) if loop.start is not None else start
        return (start, plus(stop, -1)) if loop.step > 0 else (plus(stop, 1), start)


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
