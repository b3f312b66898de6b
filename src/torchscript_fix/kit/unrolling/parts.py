"""Loops over a part of a list of modules, or over one from its end: slices and `reversed`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import Edit, ReplaceExpression, ReplaceStatement
from torchscript_fix.facts.indexing import container_kind, integer_literal, is_pure, names_in
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.loops import is_read_after, statement_of
from torchscript_fix.facts.naming import element_names, free_index, free_name
from torchscript_fix.facts.sizes import are_not_negative
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.answer import Fix, require
from torchscript_fix.kit.sites import Site
from torchscript_fix.kit.substitution import body_of
from torchscript_fix.kit.unrolling.comprehensions import nested, taken_out
from torchscript_fix.kit.unrolling.unit import Unrolling, enumerated, joined_tests, refuse_leaving


@dataclass(frozen=True, kw_only=True)
class Part(Site[ast.stmt]):
    """A loop over a part of a list of modules, or over one from its end: `self.layers[1:]`,
    `reversed(self.layers)`."""

    loop: ast.For | ast.comprehension
    target: ast.expr
    container: ast.expr
    part: ast.Slice | None
    """None for the whole list: `list(self.layers)`, `reversed(self.layers)`."""
    backwards: bool
    index: str | None
    """The counter of an `enumerate` around it."""
    start: int
    """What the counter starts at."""


@dataclass(frozen=True, kw_only=True)
class PartCall(Site[ast.stmt]):
    """`y = self.features[:5](x)`: a part of a Sequential is called."""

    target: str | None
    argument: ast.expr
    container: ast.expr
    part: ast.Slice


def parts_looped_over(function: FunctionFacts) -> Iterator[Part | PartCall]:
    for node in function.nodes:
        part: Part | PartCall | None = None
        match node:
            case ast.For():
                part = _looped_over(node, function)
            case ast.ListComp(generators=[only]) if not only.ifs:
                part = _looped_over(only, function)
            case ast.Assign(targets=[ast.Name(id=target)], value=ast.Call() as call):
                part = _called(node, target, call, function)
            case ast.Return(value=ast.Call() as call):
                part = _called(node, None, call, function)
        if part is not None:
            yield part


def _looped_over(loop: ast.For | ast.comprehension, function: FunctionFacts) -> Part | None:
    target, source, index = loop.target, loop.iter, None
    start: int | None = 0
    match target, source:
        case ast.Tuple(elts=[ast.Name(id=counter), inner]), ast.Call(
            func=ast.Name(id="enumerate"), args=[inside, *starts], keywords=keywords
        ):
            target, source, index = inner, inside, counter
            starts += [keyword.value for keyword in keywords if keyword.arg == "start"]
            start = integer_literal(starts[0]) if starts else 0
    part: ast.Slice | None = None
    match source:
        case ast.Call(func=ast.Name(id="reversed" | "list" | "tuple" as how), args=[container]):
            backwards = how == "reversed"
        case ast.Subscript(value=container, slice=ast.Slice(step=step) as sliced):
            part, backwards = sliced, integer_literal(step) == -1
        case _:
            return None
    if start is None or container_kind(container, function) is None:
        return None
    return Part(
        statement_of(loop, function),
        function,
        loop=loop,
        target=target,
        container=container,
        part=part,
        backwards=backwards,
        index=index,
        start=start,
    )


def _called(
    statement: ast.stmt, target: str | None, call: ast.Call, function: FunctionFacts
) -> PartCall | None:
    match call:
        case ast.Call(
            func=ast.Subscript(value=whole, slice=ast.Slice() as part), args=[given], keywords=[]
        ) if (container_kind(whole, function) is Kind.SEQUENTIAL):
            return PartCall(
                statement, function, target=target, argument=given, container=whole, part=part
            )
    return None


class PartOfList(Unrolling):
    """The edits for one loop over a part of a list, or Declined."""

    def fix(self, view: Part | PartCall) -> Fix:
        container = self.file.segment(view.container)
        if isinstance(view, PartCall):
            return self._call(view, container)
        loop, part, index = view.loop, view.part, view.index
        if isinstance(loop, ast.For):
            refuse_leaving(loop, loop.body)
        if view.backwards:
            return Fix(f"{container} from its end", self._backwards(view))
        if part is None:
            source = enumerated(container, view.start) if index is not None else container
            return Fix(f"for … in {source}", [ReplaceExpression(loop.iter, source)])
        if isinstance(loop, ast.For):
            for name in sorted(names_in(loop.target)):
                is_read = is_read_after(loop, name, self.function)
                require(not is_read, f"{name} is read after the loop")
            bounds = [bound for bound in (part.lower, part.upper) if bound is not None]
            if any(integer_literal(bound) is None for bound in bounds):
                return self._computed(view, part)
        guards, new_index, start = self._part(part, view.container, index, view.start)
        target, source = self.file.segment(view.target), container
        if guards or index is not None:
            target, source = f"{new_index}, {target}", enumerated(container, start)
        return self.over(loop, target, source, guards, take_out=True)

    def _computed(self, view: Part, part: ast.Slice) -> Fix:
        """A loop over a part whose bounds are known only when it runs."""
        steps = f"a slice in steps with computed bounds: {ast.unparse(view.loop.iter)}"
        require(part.step is None or integer_literal(part.step) == 1, steps)
        before: list[str] = []
        first = self._bound(part.lower, "first", view, before) if part.lower else ""
        last = self._bound(part.upper, "last", view, before) if part.upper else ""
        index = view.index or free_index(self.taken)
        guards = [(index, ">=", str(view.start) if view.index else first)] if first else []
        start: int | str = view.start
        if view.index and first:
            bracketed = first if first.isalnum() else f"({first})"
            last = f"{last} - {bracketed}" if last else ""
            start = f"{view.start} - {bracketed}" if view.start else f"-{bracketed}"
        if last:
            guards.append((index, "<", f"{view.start} + {last}" if view.start else last))
        target = f"{index}, {self.file.segment(view.target)}"
        source = enumerated(self.file.segment(view.container), start)
        lines = ["\n".join([*before, ""])] if before else []
        return self.over(view.loop, target, source, joined_tests(guards), before=lines)

    def _bound(self, bound: ast.expr, name: str, view: Part, before: list[str]) -> str:
        """A bound as it counts from the list's beginning, once; with what has to be said before
        the loop, where it may count from the end or be another one when the loop has begun."""
        literal, text = integer_literal(bound), ast.unparse(bound)
        is_settled = is_pure(bound) and not self._is_written_in(view.loop, bound)
        if is_settled and are_not_negative(self.sizes.number(bound)):
            return text
        number = free_name((name, f"{name}_index"), self.taken)
        length = self.length(view.container)
        if literal is not None:
            from_end = f"{length} - {-literal}"
            if name == "last":
                return from_end
            before.append(f"{number} = max({from_end}, 0)")
        else:
            no_int = f"a slice with computed bounds, and nothing shows that {text} is an int"
            require(type_of(bound, self.function) == "int", no_int)
            before.append(f"{number} = {self.file.segment(bound)}")
            before += [f"if {number} < 0:", f"    {number} = max({number} + {length}, 0)"]
        self.taken.add(number)
        return number

    def _is_written_in(self, loop: ast.AST, bound: ast.expr) -> bool:
        """Whether a loop gives another value to what a bound is made of."""
        parts = {ast.unparse(node) for node in ast.walk(bound)}
        return any(
            isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
            and not isinstance(node.ctx, ast.Load)
            and ast.unparse(node) in parts
            for node in ast.walk(loop)
        )

    def _part(
        self, part: ast.Slice, container: ast.expr, counter: str | None, start: int = 0
    ) -> tuple[list[str], str, int]:
        """Guards that leave a part of the list, on which index, and what that starts at; `start`
        is what the counter of the part starts at."""
        index, text = counter or free_index(self.taken), ast.unparse(container)
        lower = integer_literal(part.lower) if part.lower is not None else 0
        step = integer_literal(part.step) if part.step is not None else 1
        computed = f"a slice with computed bounds: {text}[{ast.unparse(part)}]"
        require(lower is not None and step is not None and step >= 1, computed)
        assert lower is not None and step is not None
        moved = lower != start and part.upper is not None
        is_counted = counter is not None and (lower < 0 or step != 1 or moved)
        require(not is_counted, "the elements of a slice are counted")
        guards: list[tuple[str, str, str]] = []
        if lower:
            first = self._from_end(lower, container)
            guards.append((index, ">=", str(start) if counter else first))
        if part.upper is not None:
            guards.append((index, "<", self._upper(part.upper, container)))
        tests = joined_tests(guards)
        if step > 1:
            require(lower >= 0, "a slice in steps that is counted from the end")
            tests.append(f"{index} % {step} == {lower % step}")
        return tests, index, start - lower if counter else 0

    def _from_end(self, literal: int, container: ast.expr) -> str:
        return str(literal) if literal >= 0 else f"{self.length(container)} - {-literal}"

    def _upper(self, upper: ast.expr, container: ast.expr) -> str:
        literal, text = integer_literal(upper), ast.unparse(upper)
        if literal is not None:
            return self._from_end(literal, container)
        is_settled = is_pure(upper) and are_not_negative(self.sizes.number(upper))
        negative = f"a slice of {ast.unparse(container)} up to {text}, which may be < 0"
        require(is_settled, negative)
        return text

    def _backwards(self, view: Part) -> list[Edit]:
        """The last element first: counted down, and looked for in each turn."""
        part, loop = view.part, view.loop
        whole = part is None or (part.lower is None and part.upper is None)
        require(whole, "a part of a list from its end")
        require(not view.start, "a list from its end that is not counted from 0")
        length, target = self.length(view.container), self.file.segment(view.target)
        turn = view.index or free_index(self.taken)
        self.taken.add(turn)
        place = free_index(self.taken)
        numbers, test = f"range({length} - 1, -1, -1)", f"{place} == {turn}"
        if view.index is not None:
            numbers, test = f"range({length})", f"{place} == {length} - 1 - {turn}"
        container = self.file.segment(view.container)
        search = f"for {place}, {target} in enumerate({container}):"
        header = [f"for {turn} in {numbers}:", search, f"if {test}:"]
        if isinstance(loop, ast.comprehension):
            return taken_out(loop, header, {}, self.function)
        return [ReplaceStatement(loop, "\n".join(nested(header, body_of(self.file, loop))))]

    def _call(self, call: PartCall, container: str) -> Fix:
        """The modules of a part of a Sequential, one after the other."""
        guards, index, _ = self._part(call.part, call.container, None)
        argument = self.file.segment(call.argument)
        name = call.target or free_name(("y", "out", "output", "result"), self.taken)
        layer = element_names([call.container], self.taken | {index, name}, "layer")[0]
        summary, header = f"for {layer} in {container}", []
        if guards:
            summary = f"for {index}, {layer} in enumerate({container})"
            header = [f"if {' and '.join(guards)}:"]
        lines = [] if argument == name else [f"{name} = {argument}"]
        lines += nested([f"{summary}:", *header], f"{name} = {layer}({name})")
        if call.target is None:
            lines.append(f"return {name}")
        return Fix(summary, [ReplaceStatement(call.node, "\n".join(lines))])
