"""Loops that meet the elements of a list of modules one by one, as loops over the list."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from torchscript_fix.editing.edit import (
    Edit,
    GuardBody,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
)
from torchscript_fix.facts.indexing import (
    Comprehension,
    Site,
    container_kind,
    integer_literal,
    is_pure,
    names_in,
    offset_from,
)
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.lengths import elements_left_by
from torchscript_fix.facts.loops import (
    Loop,
    Partner,
    is_read_after,
    is_stored,
    surely_evaluates,
)
from torchscript_fix.facts.naming import element_names, free_index, taken_names
from torchscript_fix.facts.sizes import (
    End,
    Sizes,
    SizesOf,
    are_constant,
    are_not_negative,
    at_most,
    counted,
    is_within,
    plus,
    reaches,
)
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.there import is_there
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.unrolling.comprehensions import as_loop
from torchscript_fix.kit.unrolling.doubt import NotInStep, refuse_leaving, refuse_unfit
from torchscript_fix.kit.unrolling.sequences import Sequences
from torchscript_fix.kit.unrolling.source import OUT_OF_RANGE, joined_tests


@dataclass(frozen=True, eq=False)
class Unit:
    """What is rewritten together: a loop with what it indexes, or one statement (no loop)."""

    statement: ast.stmt
    loop: Loop | None
    sites: tuple[Site, ...]


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


class InStep:
    """The edits for a loop in step with its lists, or Declined."""

    def __init__(self, function: FunctionFacts, unit: Unit) -> None:
        self.function = function
        self.file = function.file
        self.unit = unit
        self.sizes = SizesOf(function)
        self.taken = taken_names(function)
        self.beside = Sequences(function, unit.statement)
        self.sites = unit.sites
        self.given: dict[str, tuple[str, ast.Assign]] = {}

    def result(self) -> tuple[list[Edit], str]:
        loop = self.unit.loop
        assert loop is not None
        if isinstance(loop.node, ast.For):
            return self._statement(loop, loop.node)
        return self._comprehension(loop)

    def is_in_step(self, loop: Loop) -> bool:
        """Whether each list is met from its first element on: one offset, no step backwards."""
        if loop.step < 0:
            return False
        if loop.index is None:
            return True
        offsets = {offset_from(site.index, loop.index) for site in self.unit.sites}
        bound = {n.id for n in loop.nodes if isinstance(n, ast.Name) and is_stored(n)}
        bound |= {name for p in loop.partners for name in names_in(p.target)}
        moving = any(names_in(site.container) & bound for site in self.unit.sites)
        simple = offsets in ({0}, set()) or (len(offsets) == 1 and None not in offsets)
        return simple and not moving and (offsets <= {0} or not loop.partners)

    def _form(self, loop: Loop) -> _Form:
        self.sites = self._sites_in_step(loop)
        lists = list({site.key: site.container for site in self.sites}.values())
        kept = self._kept(loop)
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
        guards, checks = self._bounds(loop, lists, offset, index)
        if guards:
            refuse_unfit(self.sites, self.function)
        read_after = loop.index is not None and self._is_read_after(loop, loop.index)
        if read_after and (guards or offset or loop.step != 1):
            self._refuse_reading_after(loop)
        used = self._index_is_used(loop) or read_after or bool(guards or sequences)
        if used and offset > 0 and self._index_is_used(loop):
            raise NotInStep("the index is used beside an offset")
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

    def _kept(self, loop: Loop) -> list[Partner]:
        """What the loop goes over that is a list of modules already."""
        return [p for p in loop.partners if container_kind(p.source, self.function) is not None]

    def _sites_in_step(self, loop: Loop) -> tuple[Site, ...]:
        """The sites of the lists that the loop can go over: those that every turn takes an element
        of, and those known to be long enough. The rest is looked for where it is used, and so is
        a list that is not there in every model: the loop may have no turns then."""
        surely = {site.key for site in self.unit.sites if self._is_in_every_turn(site, loop)}
        found = []
        for site in self.unit.sites:
            if not self._is_there(site, loop):
                continue
            offset = offset_from(site.index, loop.index) if loop.index is not None else 0
            ends = self._ends(loop, offset or 0)
            length = self.sizes.length(site.container)
            if site.key in surely or any(is_within(end, length) for _, end in ends):
                found.append(site)
        if self.unit.sites and not found:
            raise NotInStep("not every turn of the loop takes an element of the list")
        return tuple(found)

    def _is_there(self, site: Site, loop: Loop) -> bool:
        """Whether the list is surely there before the loop, or is read there as it is."""
        head = [p.source for p in loop.partners] + ([loop.stop] if loop.stop is not None else [])
        if any(ast.unparse(n) == site.key for part in head for n in ast.walk(part)):
            return True
        return is_there(site.container, self.unit.statement, self.function)

    def _is_in_every_turn(self, site: Site, loop: Loop) -> bool:
        """Whether each turn of the loop that is not left early takes an element of its list."""
        nodes = {other.node for other in self.unit.sites if other.key == site.key}
        return any(surely_evaluates(part, nodes) for part in loop.body)

    def _names(self, lists: Sequence[ast.expr]) -> dict[str, str]:
        kinds = {container_kind(one, self.function) for one in lists}
        kind = "parameter" if kinds == {Kind.PARAMETER_LIST} else "layer"
        names = element_names(lists, self.taken, kind)
        return {ast.unparse(one): name for one, name in zip(lists, names, strict=True)}

    def _names_given(self, loop: Loop) -> dict[str, tuple[str, ast.Assign]]:
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

    def _index(self, loop: Loop) -> str:
        return loop.index if loop.index is not None else free_index(self.taken)

    def _index_is_used(self, loop: Loop) -> bool:
        """Whether the body reads the index otherwise than for the lists."""
        gone = {id(n) for site in self.sites for n in ast.walk(site.node)}
        return any(
            isinstance(n, ast.Name) and n.id == loop.index and id(n) not in gone for n in loop.nodes
        )

    def _check_body(
        self, loop: Loop, lists: Sequence[ast.expr], sequences: Sequence[Partner]
    ) -> None:
        """Refuse a body that leaves early or changes what the loop goes by."""
        refuse_leaving(loop)
        changed = elements_left_by(loop.nodes)
        if loop.index is not None and loop.index in changed:
            raise NotInStep(f"{loop.index} is changed in the loop")
        for part in [*lists, *(p.source for p in sequences)]:
            if ast.unparse(part) in changed:
                raise Declined(f"{ast.unparse(part)} is changed while it is looped over")
        if isinstance(loop.node, ast.For):
            self.beside.check_parameters(loop)

    def _refuse_reading_after(self, loop: Loop) -> None:
        """An index that a part of the list leaves behind. The compiler forgets the index of a
        loop that it does not unroll, so a search helps only where the name is bound before."""
        bound = self.function.assignments.get(loop.index or "", [])
        kind = NotInStep if len(bound) > 1 else Declined
        raise kind(f"{loop.index} is read after the loop")

    def _is_read_after(self, loop: Loop, name: str) -> bool:
        return isinstance(loop.node, ast.For) and is_read_after(loop.node, name, self.function)

    def _take_out(
        self,
        loop: Loop,
        sequences: Sequence[Partner],
        replaced: dict[ast.expr, str],
        index: str,
    ) -> list[str]:
        """How the body gets the elements of a sequence now: in place, or at its head."""
        head = []
        for partner in sequences:
            self.beside.check_sequence(partner.source)
            element = f"{self.file.segment(partner.source)}[{index}]"
            reads = [
                n
                for n in loop.nodes
                if isinstance(n, ast.Name) and names_in(partner.target) == {n.id}
            ]
            in_place = (
                isinstance(partner.target, ast.Name)
                and (len(reads) == 1 or isinstance(loop.node, ast.comprehension))
                and not any(is_stored(n) for n in reads)
                and not self._is_read_after(loop, partner.target.id)
                and ast.unparse(partner.source) not in self._written(loop)
            )
            if in_place:
                replaced.update(dict.fromkeys(reads, element))
            elif isinstance(loop.node, ast.comprehension):
                raise Declined("the elements are taken apart in a comprehension")
            else:
                head.append(f"{self.file.segment(partner.target)} = {element}")
        return head

    def _written(self, loop: Loop) -> set[str]:
        """Texts of what the body assigns elements of: `xs` in `xs[i] = y`."""
        return {
            ast.unparse(n.value)
            for n in loop.nodes
            if isinstance(n, ast.Subscript) and is_stored(n)
        }

    def _bounds(
        self,
        loop: Loop,
        lists: Sequence[ast.expr],
        offset: int,
        index: str,
    ) -> tuple[list[str], list[str]]:
        """Guards on the index, and statements before the loop that raise IndexError."""
        going = [p.source for p in self._kept(loop)] + list(lists)
        lengths = [self.sizes.length(one) for one in going]
        ends = self._ends(loop, offset)
        guards = self._lower_guard(loop, offset, index)
        for text, end in ends:
            if text is not None and not any(reaches(end, length) for length in lengths):
                guards.append((index, "<", text))
        short = [
            one
            for one in lists
            if not any(is_within(end, self.sizes.length(one)) for _, end in ends)
        ]
        if short and loop.step > 1:
            raise NotInStep("a loop in steps that may run past the end of the list")
        if short or any(operator == "<" for _, operator, _ in guards):
            self._check_stop(loop)
        checks = [self._check(loop, short, offset)] if short else []
        steps = [self._step_test(loop, index)] if loop.step > 1 else []
        return [*joined_tests(guards), *steps], checks

    def _ends(self, loop: Loop, offset: int) -> list[tuple[str | None, End]]:
        """What the original loop ends by, the least of them first met: text for a guard, size."""
        if loop.stop is not None:
            size = plus(self.sizes.number(loop.stop), offset)
            return [(self._shifted(loop.stop, max(offset, 0)), (size, counted(size)))]
        kept = self._kept(loop)
        ends: list[tuple[str | None, End]] = []
        for partner in loop.partners:
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
                sign = "-" if less > offset else "+"
                return rest if less == offset else f"{rest} {sign} {abs(less - offset)}"
            case ast.Constant(value=int(number)):
                return str(number + offset)
        return f"{text} + {offset}" if offset else text

    def _first(self, loop: Loop, offset: int) -> str:
        """The text of the first index, an offset added."""
        return self._shifted(loop.start, offset) if loop.start is not None else str(offset)

    def _lower_guard(self, loop: Loop, offset: int, index: str) -> list[tuple[str, str, str]]:
        start = plus(self.sizes.number(loop.start), offset)
        if are_constant(start, 0):
            return []
        if not are_not_negative(start):
            raise NotInStep("the loop may start at a negative index, which counts from the end")
        if loop.start is not None and not is_pure(loop.start):
            raise NotInStep("the start of the range is computed by a call")
        return [(index, ">=", self._first(loop, max(offset, 0)))]

    def _check_stop(self, loop: Loop) -> None:
        """Refuse an end that would be another one when it is asked for in each turn."""
        for part in (loop.start, loop.stop):
            if part is None:
                continue
            if not is_pure(part):
                raise NotInStep(f"{ast.unparse(part)} would be evaluated more than once")
            texts = {
                ast.unparse(n) for n in ast.walk(part) if isinstance(n, ast.Name | ast.Attribute)
            }
            if texts & elements_left_by(loop.nodes):
                raise NotInStep(f"{ast.unparse(part)} changes in the loop")

    def _check(self, loop: Loop, short: Sequence[ast.expr], offset: int) -> str:
        """The statement that raises IndexError where the original would run past a list's end."""
        if any(isinstance(n, ast.Return) for n in loop.nodes):
            raise NotInStep("the loop may return before it runs past the end of the list")
        least = self.least(short)
        if loop.stop is not None:
            turns = self._shifted(loop.stop, offset)
        else:
            over = [self.len_of(p.source) for p in loop.partners]
            turns = over[0] if len(over) == 1 else f"min({', '.join(over)})"
        start = plus(self.sizes.number(loop.start), offset)
        bound = least
        if not are_constant(start, 0) and not self._has_elements(short, start):
            bound = f"max({self._first(loop, offset)}, {least})"
        return f'if {turns} > {bound}:\n    raise IndexError("{OUT_OF_RANGE}")'

    def least(self, lists: Sequence[ast.expr]) -> str:
        """`len(…)` of the shortest list; of lists that are equally long, of one."""
        different: list[ast.expr] = []
        for one in lists:
            size = self.sizes.length(one)
            if not any(at_most(self.sizes.length(other), size) for other in different):
                different.append(one)
        lengths = [self.len_of(one) for one in different]
        return lengths[0] if len(lengths) == 1 else f"min({', '.join(lengths)})"

    def len_of(self, node: ast.expr) -> str:
        if container_kind(node, self.function) is Kind.PARAMETER_LIST:
            text = ast.unparse(node)
            raise Declined(f"len({text}) would be needed, which a ParameterList does not compile")
        return f"len({self.file.segment(node)})"

    def _has_elements(self, lists: Sequence[ast.expr], number: Sizes) -> bool:
        """Whether all lists surely have as many elements, as literal indices before may show."""
        return all(
            at_most(number, self.sizes.length(one)) or self._literal_before(one, number)
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

    def _step_test(self, loop: Loop, index: str) -> str:
        start = integer_literal(loop.start) if loop.start is not None else 0
        if start is None:
            raise NotInStep("a loop in steps that starts at a computed index")
        if start % loop.step == 0:
            return f"{index} % {loop.step} == 0"
        return f"{index} % {loop.step} == {start % loop.step}"

    def _statement(self, loop: Loop, node: ast.For) -> tuple[list[Edit], str]:
        form = self._form(loop)
        edits: list[Edit] = [*self.beside.annotations(loop)]
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

    def _comprehension(self, loop: Loop) -> tuple[list[Edit], str]:
        assert isinstance(loop.node, ast.comprehension)
        form = self._form(loop)
        node = self.file.parents[loop.node]
        assert isinstance(node, Comprehension)
        edits: list[Edit] = [*self.beside.annotations(loop)]
        if form.guards:
            header = [f"for {form.target} in {form.source}:", f"if {' and '.join(form.guards)}:"]
            edits += as_loop(self.function, node, header, form.replaced, form.checks)
        else:
            edits += [InsertBefore(self.unit.statement, check) for check in form.checks]
            edits.append(ReplaceExpression(loop.node.target, form.target))
            edits.append(ReplaceExpression(loop.node.iter, form.source))
            edits += [ReplaceExpression(old, new) for old, new in form.replaced.items()]
        return edits, f"for {form.target} in {form.source}"
