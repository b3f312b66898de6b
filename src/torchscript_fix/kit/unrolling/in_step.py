"""Loops that meet the elements of a list of modules one by one, as loops over the list."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace

from torchscript_fix.editing.edit import Edit, InsertAtHead, RemoveStatement
from torchscript_fix.facts.indexing import (
    Site,
    container_kind,
    integer_literal,
    is_pure,
    names_in,
    offset_from,
)
from torchscript_fix.facts.lengths import elements_left_by
from torchscript_fix.facts.loops import (
    Loop,
    Partner,
    is_read_after,
    is_stored,
    surely_evaluates,
)
from torchscript_fix.facts.naming import free_index
from torchscript_fix.facts.sizes import (
    End,
    Sizes,
    are_constant,
    are_not_negative,
    at_most,
    counted,
    is_within,
    plus,
    reaches,
)
from torchscript_fix.facts.there import is_there
from torchscript_fix.facts.types import parameter_type, type_of
from torchscript_fix.kit.answer import Declined, Fix, require
from torchscript_fix.kit.before import SIMPLE
from torchscript_fix.kit.unrolling.unit import (
    OUT_OF_RANGE,
    NotInStep,
    Unit,
    Unrolling,
    enumerated,
    joined_tests,
    least,
    refuse_leaving,
    require_in_step,
)


def is_in_step(unit: Unit, loop: Loop) -> bool:
    """Whether each list is met from its first element on: one offset, no step backwards."""
    if loop.step < 0 or loop.index is None:
        return loop.step > 0
    offsets = {offset_from(site.index, loop.index) for site in unit.indexed}
    bound = {node.id for node in loop.nodes if isinstance(node, ast.Name) and is_stored(node)}
    bound = bound.union(*(names_in(partner.target) for partner in loop.partners))
    moving = any(names_in(site.container) & bound for site in unit.indexed)
    simple = offsets <= {0} or (len(offsets) == 1 and None not in offsets and not loop.partners)
    return simple and not moving


class InStep(Unrolling):
    """The edits for a loop in step with its lists, or Declined."""

    def __init__(self, unit: Unit, loop: Loop) -> None:
        super().__init__(unit)
        self.loop = loop
        self.kept = [p for p in loop.partners if container_kind(p.source, self.function)]
        """What the loop goes over that is a list of modules already."""
        self.sites = list(self._sites_in_step(unit.indexed))
        missed = "not every turn of the loop takes an element of the list"
        require_in_step(self.sites or not unit.indexed, missed)
        self.lists = list({site.key: site.container for site in self.sites}.values())
        self.index = loop.index or free_index(self.taken)
        self.offset = self._offset(self.sites[0]) if self.sites else 0

    def fix(self) -> Fix:
        loop, segment = self.loop, self.file.segment
        sequences = [p for p in loop.partners if p not in self.kept]
        self._check_body(sequences)
        given = self._elements_named()
        names = self.names_of(self.lists)
        names |= {key: segment(assign.targets[0]) for key, assign in given.items()}
        defining = {assign.value for assign in given.values()}
        instead: dict[ast.AST, str] = {
            site.node: names[site.key] for site in self.sites if site.node not in defining
        }
        head = self._take_out(sequences, instead)
        guards, checks = self._bounds()
        if guards:
            self.refuse_unfit(self.sites)
        used, read_after = self._index_is_used(), self._is_read_after(loop.index)
        if read_after and (guards or self.offset or loop.step != 1):
            self._refuse_reading_after()
        require_in_step(not used or self.offset <= 0, "the index is used beside an offset")
        pairs = [(segment(p.target), segment(p.source)) for p in self.kept]
        pairs += [(names[ast.unparse(one)], segment(one)) for one in self.lists]
        target, source = map(", ".join, zip(*pairs, strict=True))
        source = f"zip({source})" if len(pairs) > 1 else source
        if used or read_after or guards or sequences:
            target = f"{self.index}, ({target})" if len(pairs) > 1 else f"{self.index}, {target}"
            source = enumerated(source, max(-self.offset, 0))
        annotations = self.annotations(loop)
        take_out = bool(guards)
        fix = self.over(
            loop.node, target, source, guards, instead, before=checks, take_out=take_out
        )
        edits: list[Edit] = [*annotations, *fix.edits, *map(RemoveStatement, given.values())]
        if isinstance(loop.node, ast.For) and head:
            edits.append(InsertAtHead(loop.node, "body", "\n".join(head)))
        return replace(fix, edits=edits)

    def _offset(self, site: Site) -> int:
        index = self.loop.index
        return offset_from(site.index, index) or 0 if index is not None else 0

    def _sites_in_step(self, sites: Sequence[Site]) -> Iterator[Site]:
        """The sites of the lists that the loop can go over: those that every turn takes an element
        of, and those known to be long enough. The rest is looked for where it is used, and so is
        a list that is not there in every model: the loop may have no turns then."""
        loop = self.loop
        head = [p.source for p in loop.partners] + ([loop.stop] if loop.stop is not None else [])
        asked = {ast.unparse(node) for part in head for node in ast.walk(part)}
        for site in sites:
            is_asked = site.key in asked or is_there(site.container, self.statement, self.function)
            same = {other.node for other in sites if other.key == site.key}
            in_every_turn = any(surely_evaluates(part, same) for part in loop.body)
            length = self.sizes.length(site.container)
            ends = self._ends(self._offset(site))
            if is_asked and (in_every_turn or any(is_within(end, length) for _, end in ends)):
                yield site

    def _elements_named(self) -> dict[str, ast.Assign]:
        """Lists of which the body names the element itself: `layer = self.layers[i]`."""
        found: dict[str, ast.Assign] = {}
        places = {site.node: site.key for site in self.sites}
        for statement in self.loop.body if len(self.loop.body) > 1 else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if value in places:
                    if len(self.function.assignments[name]) == 1:
                        found.setdefault(places[value], statement)
        return found

    def _index_is_used(self) -> bool:
        """Whether the body reads the index otherwise than for the lists."""
        gone = {node for site in self.sites for node in ast.walk(site.node)}
        return any(
            isinstance(node, ast.Name) and node.id == self.loop.index and node not in gone
            for node in self.loop.nodes
        )

    def _is_read_after(self, name: str | None) -> bool:
        loop = self.loop.node
        if name is None or not isinstance(loop, ast.For):
            return False
        return is_read_after(loop, name, self.function)

    def _refuse_reading_after(self) -> None:
        """An index that a part of the list leaves behind. The compiler forgets the index of a
        loop that it does not unroll, so a search helps only where the name is bound before."""
        kind = NotInStep if len(self.function.assignments.get(self.index, [])) > 1 else Declined
        raise kind(f"{self.index} is read after the loop")

    def _check_body(self, sequences: Sequence[Partner]) -> None:
        """Refuse a body that leaves early or changes what the loop goes by."""
        refuse_leaving(self.loop.node, self.loop.body)
        changed = elements_left_by(self.loop.nodes)
        require_in_step(self.loop.index not in changed, f"{self.index} is changed in the loop")
        for part in map(ast.unparse, [*self.lists, *(p.source for p in sequences)]):
            require(part not in changed, f"{part} is changed while it is looped over")
        if isinstance(self.loop.node, ast.For):
            self.annotations(self.loop)

    # The elements of what is no list of modules

    def _take_out(self, sequences: Sequence[Partner], instead: dict[ast.AST, str]) -> list[str]:
        """How the body gets the elements of a sequence now: in place, or at its head."""
        head, nodes = [], self.loop.nodes
        in_comprehension = isinstance(self.loop.node, ast.comprehension)
        written = {
            ast.unparse(n.value) for n in nodes if isinstance(n, ast.Subscript) and is_stored(n)
        }  # `xs` in `xs[i] = y`
        for target, source in ((each.target, each.source) for each in sequences):
            self._check_sequence(source)
            element = f"{self.file.segment(source)}[{self.index}]"
            name = target.id if isinstance(target, ast.Name) else None
            reads = [node for node in nodes if isinstance(node, ast.Name) and node.id == name]
            if (
                name is not None
                and (len(reads) == 1 or in_comprehension)
                and not any(map(is_stored, reads))
                and not self._is_read_after(name)
                and ast.unparse(source) not in written
            ):
                instead.update(dict.fromkeys(reads, element))
                continue
            require(not in_comprehension, "the elements are taken apart in a comprehension")
            head.append(f"{self.file.segment(target)} = {element}")
        return head

    def _check_sequence(self, source: ast.expr) -> None:
        """Refuse what may be no list, tuple or Tensor, so that an index would not do."""
        text = ast.unparse(source)
        made = isinstance(source, ast.Call) or not is_pure(source)
        require(not made, f"{text} is made in the head of the loop")
        kind = type_of(source, self.function)
        if kind is None and isinstance(source, ast.Name):
            if source.id in self.parameters:
                kind = parameter_type(self.function, source.id).type
            elif self._is_local_list(source.id):
                return
        require(kind is not None, f"nothing shows whether {text} is a list", self.by_case)
        is_indexed = kind == "Tensor" or (kind or "").startswith(("List[", "Tuple["))
        require(is_indexed, f"{text} is a {kind}, not a list")

    def _is_local_list(self, name: str) -> bool:
        """Whether a local has only been given list displays so far."""
        values = self.function.assignments.get(name, [])
        before = [v for v in values if v is None or v.lineno < self.statement.lineno]
        return bool(before) and all(isinstance(v, ast.List | ast.ListComp) for v in before)

    # Where it begins and ends

    def _bounds(self) -> tuple[list[str], list[str]]:
        """Guards on the index, and statements before the loop that raise IndexError."""
        step, length = self.loop.step, self.sizes.length
        lengths = [length(one) for one in [*(p.source for p in self.kept), *self.lists]]
        ends, guards = self._ends(self.offset), self._lower_guard()
        for text, end in ends:
            if text is not None and not any(reaches(end, size) for size in lengths):
                guards.append((self.index, "<", text))
        short = [
            one for one in self.lists if not any(is_within(end, length(one)) for _, end in ends)
        ]
        far = "a loop in steps that may run past the end of the list"
        require_in_step(not short or step == 1, far)
        if short or any(operator == "<" for _, operator, _ in guards):
            self._check_stop()
        checks = [self._check(short)] if short else []
        tests = joined_tests(guards)
        if step > 1:
            start = integer_literal(self.loop.start) if self.loop.start is not None else 0
            unknown = "a loop in steps that starts at a computed index"
            require_in_step(start is not None, unknown)
            tests.append(f"{self.index} % {step} == {(start or 0) % step}")
        return tests, checks

    def _ends(self, offset: int) -> list[tuple[str | None, End]]:
        """What the original loop ends by, the least of them first met: text for a guard, size."""
        if self.loop.stop is not None:
            size = plus(self.sizes.number(self.loop.stop), offset)
            return [(self._shifted(self.loop.stop, max(offset, 0)), (size, counted(size)))]
        ends: list[tuple[str | None, End]] = []
        for partner in self.loop.partners:
            text = None if partner in self.kept else f"len({self.file.segment(partner.source)})"
            size = self.sizes.length(partner.source)
            ends.append((text, (size, size)))
        return ends

    def _shifted(self, number: ast.expr | None, offset: int) -> str:
        """The text of a number with an offset added, `len(xs) - 1` with 1 being `len(xs)`."""
        match number:
            case None:
                return str(offset)
            case ast.BinOp(left=left, op=ast.Sub(), right=ast.Constant(value=int(less))) if offset:
                rest, sign = self.file.segment(left), "-" if less > offset else "+"
                return rest if less == offset else f"{rest} {sign} {abs(less - offset)}"
            case ast.Constant(value=int(value)):
                return str(value + offset)
        text = self.file.segment(number)
        text = ast.unparse(number) if "\n" in text else text
        return f"{text} + {offset}" if offset else text

    def _lower_guard(self) -> list[tuple[str, str, str]]:
        start = plus(self.sizes.number(self.loop.start), self.offset)
        if are_constant(start, 0):
            return []
        from_end = "the loop may start at a negative index, which counts from the end"
        require_in_step(are_not_negative(start), from_end)
        is_called = self.loop.start is not None and not is_pure(self.loop.start)
        require_in_step(not is_called, "the start of the range is computed by a call")
        return [(self.index, ">=", self._shifted(self.loop.start, max(self.offset, 0)))]

    def _check_stop(self) -> None:
        """Refuse an end that would be another one when it is asked for in each turn."""
        for part in filter(None, (self.loop.start, self.loop.stop)):
            text, nodes = ast.unparse(part), ast.walk(part)
            require_in_step(is_pure(part), f"{text} would be evaluated more than once")
            texts = {ast.unparse(n) for n in nodes if isinstance(n, ast.Name | ast.Attribute)}
            changes = texts & elements_left_by(self.loop.nodes)
            require_in_step(not changes, f"{text} changes in the loop")

    def _check(self, short: Sequence[ast.expr]) -> str:
        """The statement that raises IndexError where the original would run past a list's end."""
        returns = any(isinstance(node, ast.Return) for node in self.loop.nodes)
        early = "the loop may return before it runs past the end of the list"
        require_in_step(not returns, early)
        bound = self.shortest(short)
        if self.loop.stop is not None:
            turns = self._shifted(self.loop.stop, self.offset)
        else:
            turns = least(self.length(partner.source) for partner in self.loop.partners)
        start = plus(self.sizes.number(self.loop.start), self.offset)
        if not are_constant(start, 0) and not self._have_elements(short, start):
            bound = f"max({self._shifted(self.loop.start, self.offset)}, {bound})"
        return f"if {turns} > {bound}:\n    {OUT_OF_RANGE}"

    def _have_elements(self, lists: Sequence[ast.expr], number: Sizes) -> bool:
        """Whether all lists surely have as many elements, as literal indices before may show."""
        return all(
            at_most(number, self.sizes.length(one)) or self._literal_before(one, number)
            for one in lists
        )

    def _literal_before(self, one: ast.expr, number: Sizes) -> bool:
        """Whether `self.layers[0]`, which would have raised, stands before the loop unguarded."""
        wanted = max((s.constant for s in number if s is not None and s.is_constant), default=99)
        literals = [
            integer_literal(node.slice)
            for statement in self.function.node.body
            if statement.lineno < self.statement.lineno and isinstance(statement, SIMPLE)
            for node in ast.walk(statement)
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == ast.unparse(one)
        ]
        return any(each is not None and max(each + 1, -each) >= wanted for each in literals)
