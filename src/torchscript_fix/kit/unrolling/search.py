"""Loops that look for an index: `for j, layer in enumerate(self.layers): if j == i: …`."""

import ast
from collections.abc import Sequence
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
    container_kind,
    integer_literal,
    is_pure,
    names_in,
    sites,
)
from torchscript_fix.facts.kinds import Kind
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
from torchscript_fix.facts.naming import element_names, free_index
from torchscript_fix.facts.sizes import Sizes, are_not_negative, at_most, plus
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.unrolling.comprehensions import as_loop
from torchscript_fix.kit.unrolling.doubt import refuse_unfit
from torchscript_fix.kit.unrolling.in_step import InStep
from torchscript_fix.kit.unrolling.source import OUT_OF_RANGE, nested, spliced, text_of


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

    def takes(self, site: Site, block: Sequence[ast.stmt], at: int) -> bool:
        """Whether a site of this block belongs here: in it, or next to it with its index."""
        same = text_of(site.index) in {text_of(other.index) for other in self.sites}
        return block is self.block and (at <= self.last or (at == self.last + 1 and same))


class Search:
    """Loops that look for an index: `for j, layer in enumerate(self.layers): if j == i: …`."""

    def __init__(self, rewriter: InStep) -> None:
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
            self.edits += self.rewriter.beside.annotations(loop)
        holder = self._comprehension()
        if holder is not None:
            self._as_loop(holder)
        else:
            for stretch in self._stretches():
                self._write(stretch)
            if loop is not None and loop.spelled is not None:
                self.edits.append(ReplaceExpression(loop.node.iter, loop.spelled))
        edits = list(dict.fromkeys(self.edits))
        return edits, f"{', '.join(dict.fromkeys(self.searched))} looked for by its index"

    def _comprehension(self) -> Comprehension | None:
        """The comprehension that all sites are in. Raises Declined for what is no loop."""
        for site in self.unit.sites:
            for above in self.file.ancestors(site.node):
                if isinstance(above, Comprehension):
                    if any(part.ifs for part in above.generators):
                        raise Declined("a comprehension with an `if` does not compile")
                    if self.unit.loop is None or len(above.generators) != 1:
                        raise Declined("an index is computed in a comprehension")
                    return above
                if isinstance(above, ast.Lambda | ast.FunctionDef):
                    break
                if isinstance(above, ast.stmt):
                    break
        return None

    def _as_loop(self, holder: Comprehension) -> None:
        part = holder.generators[0]
        loop = self.unit.loop
        target, source = self.file.segment(part.target), self.file.segment(part.iter)
        if loop is not None and loop.node is part and loop.spelled is not None:
            source = loop.spelled
        header, replaced = [f"for {target} in {source}:"], dict[ast.expr, str]()
        for choice in self._told_apart(_choices(self.unit.sites)):
            lines, checks = self._search(choice, replaced)
            if checks:
                raise Declined(f"{ast.unparse(choice.index)} may be no index of the list")
            header += lines
        self.edits += as_loop(self.function, holder, header, replaced, ())

    # Which statements

    def _stretches(self) -> list[_Stretch]:
        found: list[_Stretch] = []
        for site in self.unit.sites:
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
        start = stretch.statements[0].lineno
        inside = {n for statement in stretch.block for n in ast.walk(statement)}
        for node in self.function.nodes:
            if is_read_of(node, name) and node not in inside and _line_of(node) > start:
                raise Declined(f"{name} is defined by the module looked for, and read elsewhere")
        reading = [
            at
            for at, statement in enumerate(stretch.block)
            if at > stretch.last and any(is_read_of(n, name) for n in ast.walk(statement))
        ]
        return max(reading, default=None)

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
            block, node = block_of(above, self.function), above
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
        choices = self._told_apart(_choices(self._all_sites(stretch)))
        if len(choices) > 2:
            raise Declined("more than two computed indices in one statement")
        self._check_stretch(stretch, choices)
        self.taken = set(self.rewriter.taken)
        replaced: dict[ast.expr, str] = {}
        header: list[str] = []
        checks: list[str] = []
        for choice in choices:
            lines, more = self._search(choice, replaced)
            header += lines
            checks += more
            if more and not self._is_surely_used(choice, stretch):
                raise Declined(
                    f"{text_of(choice.index)} may be no index of the list where it is not used"
                )
        body = "\n".join(spliced(self.file, s, replaced) for s in stretch.statements)
        lines = nested(header, body)
        # The compiler wants a way out behind a search that returns; it serves a wrong index too.
        if isinstance(stretch.statements[-1], ast.Return):
            lines.append(f'raise IndexError("{OUT_OF_RANGE}")')
        else:
            lines[:0] = checks
        self.edits.append(ReplaceStatement(stretch.statements[0], "\n".join(lines)))
        self.edits += [RemoveStatement(statement) for statement in stretch.statements[1:]]

    def _is_surely_used(self, choice: _Choice, stretch: _Stretch) -> bool:
        """Whether the stretch always indexes each list, so that a check may come first."""
        by_list: dict[str, set[ast.AST]] = {}
        for site in choice.sites:
            by_list.setdefault(site.key, set()).add(site.node)
        return all(
            any(surely_evaluates(statement, nodes) for statement in stretch.statements)
            for nodes in by_list.values()
        )

    def _told_apart(self, choices: Sequence[_Choice]) -> list[_Choice]:
        """One choice for each list where an index may mean another element in each of them."""
        found: list[_Choice] = []
        for choice in choices:
            lengths = [self.sizes.length(one) for one in choice.lists]
            first = lengths[0]
            if are_not_negative(self._extreme(choice, low=True)) or all(
                at_most(first, other) and at_most(other, first) for other in lengths
            ):
                found.append(choice)
                continue
            for key in dict.fromkeys(site.key for site in choice.sites):
                own = tuple(site for site in choice.sites if site.key == key)
                found.append(_Choice(choice.index, own))
        return found

    def _all_sites(self, stretch: _Stretch) -> list[Site]:
        """The sites of the stretch, with those deeper in it that use the same index and list."""
        wanted = {(text_of(site.index), site.key) for site in stretch.sites}
        inside = {n for statement in stretch.statements for n in ast.walk(statement)}
        return [
            site
            for site in sites(self.function)
            if site.node in inside and (text_of(site.index), site.key) in wanted
        ]

    def _check_stretch(self, stretch: _Stretch, choices: Sequence[_Choice]) -> None:
        nodes = [n for statement in stretch.statements for n in ast.walk(statement)]
        if any(leaves(statement) for statement in stretch.statements):
            raise Declined("break or continue beside an index that is computed")
        changed = elements_left_by(nodes)
        for choice in choices:
            for part in (choice.index, *choice.lists):
                texts = {
                    text_of(n) for n in ast.walk(part) if isinstance(n, ast.Name | ast.Attribute)
                }
                if texts & changed:
                    raise Declined(f"{text_of(part)} changes where it is used as an index")

    def _search(
        self, choice: _Choice, replaced: dict[ast.expr, str]
    ) -> tuple[list[str], list[str]]:
        """The lines that look for one index, and those that raise where there is none."""
        lists = choice.lists
        self._check_index(choice)
        refuse_unfit(choice.sites, self.function)
        index = free_index(self.taken)
        self.taken.add(index)
        kinds = {container_kind(one, self.function) for one in lists}
        kind = "parameter" if kinds == {Kind.PARAMETER_LIST} else "layer"
        names = dict(zip(map(text_of, lists), element_names(lists, self.taken, kind), strict=True))
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
        text, lists = text_of(choice.index), choice.lists
        lowest, highest = self._extreme(choice, low=True), self._extreme(choice, low=False)
        lengths = [self.sizes.length(one) for one in lists]
        below_end = all(at_most(plus(highest, 1), length) for length in lengths)
        if are_not_negative(lowest):
            if below_end:
                return f"{index} == {text}", []
            least = self.rewriter.least(lists)
            check = f'if {text} >= {least}:\n    raise IndexError("{OUT_OF_RANGE}")'
            return f"{index} == {text}", [check]
        length = self.rewriter.len_of(lists[0])
        check = f'if not -{length} <= {text} < {length}:\n    raise IndexError("{OUT_OF_RANGE}")'
        return f"{index} == {text} or {index} == {text} + {length}", [check]

    def _check_index(self, choice: _Choice) -> None:
        """Refuse what may not be an int, or not the same int twice; annotate parameters."""
        index = choice.index
        if not is_pure(index):
            raise Declined(f"the index {text_of(index)} would be computed more than once")
        if isinstance(index, ast.Compare | ast.BoolOp | ast.IfExp):
            raise Declined(f"the index {text_of(index)} is a condition")
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
            raise Declined(
                f"nothing shows that the index {text_of(index)} is an int and not a Tensor",
                decided_by=f"a --case that calls {self.function.qualname}",
            )

    def _int_annotation(self, name: str) -> list[Edit]:
        parameter = next(p for p in self.function.parameters if p.arg == name)
        found = parameter_type(self.function, name)
        if found.type == "int":
            return [AnnotateParameter(parameter, "int")]
        if found.type is not None:
            raise Declined(f"the index {name} is a {found.type}")
        default = self.function.defaults.get(name)
        if default is not None and integer_literal(default) is not None:
            return [AnnotateParameter(parameter, "int")]
        raise Declined(
            f"nothing shows that the index {name} is an int: {found.because}",
            decided_by=f"a --case that calls {self.function.qualname}",
        )

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
                changed = {n.id for n in loop.nodes if isinstance(n, ast.Name) and is_stored(n)}
                if loop.index not in changed:
                    found.insert(0, loop)
            below = above
        return found

    def _extreme(self, choice: _Choice, low: bool) -> Sizes:
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
        here = self._extreme_at(index, inner, low, {**names, loop.index: first})
        following = {**names, loop.index: plus(first, 1)}
        next_to_it = self._extreme_at(index, inner, low, following)
        if here == next_to_it or at_most(here, next_to_it) == low:
            return here
        return self._extreme_at(index, inner, low, {**names, loop.index: last})

    def _ends(self, loop: Loop, names: dict[str, Sizes]) -> tuple[Sizes, Sizes]:
        """The least and the greatest index of a loop that runs at all."""
        if loop.stop is None:
            lengths = [self.sizes.length(p.source) for p in loop.partners]
            return self.sizes.number(None), plus(lengths[0], -1)
        stop = self.sizes.at(loop.stop, names)
        start = (
            self.sizes.at(loop.start, names) if loop.start is not None else self.sizes.number(None)
        )
        return (start, plus(stop, -1)) if loop.step > 0 else (plus(stop, 1), start)


def _choices(found: Sequence[Site]) -> list[_Choice]:
    """Sites by the text of their index, in source order."""
    by_index: dict[str, list[Site]] = {}
    for site in found:
        by_index.setdefault(text_of(site.index), []).append(site)
    return [_Choice(group[0].index, tuple(group)) for group in by_index.values()]


def _line_of(node: ast.AST) -> int:
    return node.lineno if isinstance(node, ast.expr | ast.stmt) else 0


def _covers(outer: _Stretch, inner: _Stretch) -> bool:
    if outer.block is inner.block:
        return inner.first <= outer.last
    return any(inner.statements[0] in list(ast.walk(statement)) for statement in outer.statements)


def _stored(statements: Sequence[ast.stmt]) -> set[str]:
    return {
        n.id
        for statement in statements
        for n in ast.walk(statement)
        if isinstance(n, ast.Name) and is_stored(n)
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
