"""Loops over a part of a list of modules, or over one from its end: slices and `reversed`."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from torchscript_fix.editing.edit import (
    Edit,
    GuardBody,
    InsertBefore,
    ReplaceExpression,
    ReplaceStatement,
)
from torchscript_fix.facts.indexing import container_kind, integer_literal, is_pure, names_in
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.loops import Loop, is_read_after
from torchscript_fix.facts.naming import element_names, free_index, free_name, taken_names
from torchscript_fix.facts.sizes import SizesOf, are_not_negative
from torchscript_fix.facts.static import FunctionFacts
from torchscript_fix.facts.types import type_of
from torchscript_fix.kit.answer import Declined
from torchscript_fix.kit.unrolling.comprehensions import as_loop
from torchscript_fix.kit.unrolling.doubt import refuse_leaving
from torchscript_fix.kit.unrolling.source import joined_tests, nested, text_of


@dataclass(frozen=True, eq=False)
class Part:
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
    start: int
    """What the counter starts at."""


def _is_literal(bound: ast.expr | None) -> bool:
    return bound is None or integer_literal(bound) is not None


@dataclass(frozen=True, eq=False)
class PartCall:
    """`y = self.features[:5](x)`: a part of a Sequential is called."""

    statement: ast.Assign | ast.Return
    target: str | None
    argument: ast.expr
    container: ast.expr
    part: ast.Slice


def parts_looped_over(function: FunctionFacts) -> Iterator[Part | PartCall]:
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
) -> Part | None:
    target, source = node.target, node.iter
    index: str | None = None
    start: int | None = 0
    match target, source:
        case ast.Tuple(elts=[ast.Name(id=counter), inner]), ast.Call(
            func=ast.Name(id="enumerate"), args=[inside, *starts], keywords=keywords
        ):
            target, source, index = inner, inside, counter
            starts += [keyword.value for keyword in keywords if keyword.arg == "start"]
            start = integer_literal(starts[0]) if starts else 0
    if start is None:
        return None
    match source:
        case ast.Call(func=ast.Name(id="reversed" | "list" | "tuple" as how), args=[container]):
            if container_kind(container, function) is not None:
                return Part(holder, node, target, index, container, None, how == "reversed", start)
        case ast.Subscript(value=container, slice=ast.Slice() as part):
            if container_kind(container, function) is not None:
                backwards = integer_literal(part.step) == -1
                return Part(holder, node, target, index, container, part, backwards, start)
    return None


def _slice_call(
    statement: ast.Assign | ast.Return, target: str | None, call: ast.Call, function: FunctionFacts
) -> Iterator[PartCall]:
    match call:
        case ast.Call(
            func=ast.Subscript(value=container, slice=ast.Slice() as part),
            args=[argument],
            keywords=[],
        ) if (
            container_kind(container, function) is Kind.SEQUENTIAL
        ):
            yield PartCall(statement, target, argument, container, part)


class PartOfList:
    """The edits for one loop over a part of a list, or Declined."""

    def __init__(self, function: FunctionFacts) -> None:
        self.function = function
        self.file = function.file
        self.sizes = SizesOf(function)
        self.taken = set(taken_names(function))

    def result(self, view: Part | PartCall) -> tuple[list[Edit], str]:
        if isinstance(view, PartCall):
            return self._call(view)
        text = self.file.segment(view.container)
        if isinstance(view.holder, ast.For):
            refuse_leaving(Loop(view.holder, tuple(view.holder.body), None))
        if view.backwards:
            return self._backwards(view), f"{text} from its end"
        if view.part is None:
            source = view.node.iter
            counted = f"enumerate({text}, {view.start})" if view.start else f"enumerate({text})"
            whole = counted if view.index is not None else text
            return [ReplaceExpression(source, whole)], f"for … in {whole}"
        if isinstance(view.holder, ast.For):
            self._refuse_reading_after(view.holder)
            if not all(map(_is_literal, (view.part.lower, view.part.upper))):
                return self._computed(view, view.holder, view.part)
        guards, index, start = self._part(view.part, view.container, view.index, view.start)
        target = f"{index}, {self.file.segment(view.target)}"
        source_text = f"enumerate({text}, {start})" if start else f"enumerate({text})"
        if not guards and view.index is None:
            source_text, target = text, self.file.segment(view.target)
        summary = f"for {target} in {source_text}"
        if isinstance(view.holder, ast.ListComp):
            header = [f"for {target} in {source_text}:"]
            header += [f"if {' and '.join(guards)}:"] if guards else []
            return as_loop(self.function, view.holder, header, {}, ()), summary
        edits: list[Edit] = [ReplaceExpression(view.holder.target, target)]
        edits.append(ReplaceExpression(view.holder.iter, source_text))
        if guards:
            edits.append(GuardBody(view.holder, " and ".join(guards)))
        return edits, summary

    def _refuse_reading_after(self, loop: ast.For) -> None:
        for name in sorted(names_in(loop.target)):
            if is_read_after(loop, name, self.function):
                raise Declined(f"{name} is read after the loop")

    def _computed(self, view: Part, loop: ast.For, part: ast.Slice) -> tuple[list[Edit], str]:
        """A loop over a part whose bounds are known only when it runs."""
        container = self.file.segment(view.container)
        if part.step is not None and integer_literal(part.step) != 1:
            raise Declined(f"a slice in steps with computed bounds: {text_of(view.node.iter)}")
        before: list[str] = []
        first = self._bound(part.lower, "first", view, before) if part.lower else ""
        last = self._bound(part.upper, "last", view, before) if part.upper else ""
        index = view.index or free_index(self.taken)
        begins = view.start if view.index else first
        guards = [(index, ">=", str(begins))] if first else []
        source = f"enumerate({container})"
        if view.index and first:
            bracketed = first if first.isalnum() else f"({first})"
            last = f"{last} - {bracketed}" if last else ""
            begins_at = f"{view.start} - {bracketed}" if view.start else f"-{bracketed}"
            source = f"enumerate({container}, {begins_at})"
        elif view.start:
            source = f"enumerate({container}, {view.start})"
        if last:
            guards.append((index, "<", f"{view.start} + {last}" if view.start else last))
        target = f"{index}, {self.file.segment(view.target)}"
        edits: list[Edit] = [InsertBefore(loop, "\n".join(before) + "\n")] if before else []
        edits.append(ReplaceExpression(loop.target, target))
        edits.append(ReplaceExpression(loop.iter, source))
        edits.append(GuardBody(loop, " and ".join(joined_tests(guards))))
        return edits, f"for {target} in {source}"

    def _bound(self, bound: ast.expr, name: str, view: Part, before: list[str]) -> str:
        """A bound as it counts from the list's beginning, once; with what has to be said before
        the loop, where it may count from the end or be another one when the loop has begun."""
        literal = integer_literal(bound)
        is_settled = is_pure(bound) and not self._is_written_in(view.holder, bound)
        if is_settled and are_not_negative(self.sizes.number(bound)):
            return text_of(bound)
        number = free_name((name, f"{name}_index"), self.taken)
        length = self._len(view.container)
        if literal is not None:
            from_end = f"{length} - {-literal}"
            if name == "last":
                return from_end
            before.append(f"{number} = max({from_end}, 0)")
        elif type_of(bound, self.function) == "int":
            before.append(f"{number} = {self.file.segment(bound)}")
            before += [f"if {number} < 0:", f"    {number} = max({number} + {length}, 0)"]
        else:
            raise Declined(
                f"a slice with computed bounds, and nothing shows that {text_of(bound)} is an int"
            )
        self.taken.add(number)
        return number

    def _is_written_in(self, loop: ast.AST, bound: ast.expr) -> bool:
        """Whether a loop gives another value to what a bound is made of."""
        parts = {text_of(node) for node in ast.walk(bound)}
        return any(
            isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
            and not isinstance(node.ctx, ast.Load)
            and text_of(node) in parts
            for node in ast.walk(loop)
        )

    def _part(
        self, part: ast.Slice, container: ast.expr, counter: str | None, start: int = 0
    ) -> tuple[list[str], str, int]:
        """Guards that leave a part of the list, on which index, and what that starts at; `start`
        is what the counter of the part starts at."""
        index = counter or free_index(self.taken)
        lower = integer_literal(part.lower) if part.lower is not None else 0
        step = integer_literal(part.step) if part.step is not None else 1
        if lower is None or step is None or step < 1:
            raise Declined(f"a slice with computed bounds: {text_of(container)}[{text_of(part)}]")
        moved = lower != start
        if counter is not None and (lower < 0 or step != 1 or (moved and part.upper is not None)):
            raise Declined("the elements of a slice are counted")
        guards: list[tuple[str, str, str]] = []
        if lower:
            first = str(lower) if lower > 0 else f"{self._len(container)} - {-lower}"
            guards.append((index, ">=", str(start) if counter else first))
        if part.upper is not None:
            guards.append((index, "<", self._upper(part.upper, container)))
        tests = joined_tests(guards)
        if step > 1:
            if lower < 0:
                raise Declined("a slice in steps that is counted from the end")
            tests.append(f"{index} % {step} == {lower % step}")
        return tests, index, start - lower if counter else 0

    def _upper(self, upper: ast.expr, container: ast.expr) -> str:
        literal = integer_literal(upper)
        if literal is not None:
            return str(literal) if literal >= 0 else f"{self._len(container)} - {-literal}"
        if not is_pure(upper) or not are_not_negative(self.sizes.number(upper)):
            raise Declined(
                f"a slice of {text_of(container)} up to {text_of(upper)}, which may be < 0"
            )
        return text_of(upper)

    def _len(self, node: ast.expr) -> str:
        if container_kind(node, self.function) is Kind.PARAMETER_LIST:
            raise Declined(
                f"len({text_of(node)}) would be needed, which a ParameterList does not compile"
            )
        return f"len({self.file.segment(node)})"

    def _backwards(self, view: Part) -> list[Edit]:
        """The last element first: counted down, and looked for in each turn."""
        part = view.part
        if part is not None and (part.lower is not None or part.upper is not None):
            raise Declined("a part of a list from its end")
        if view.start:
            raise Declined("a list from its end that is not counted from 0")
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
            return as_loop(self.function, view.holder, header, {}, ())
        return [ReplaceStatement(view.holder, "\n".join(nested(header, self._body(view.holder))))]

    def _body(self, loop: ast.For) -> str:
        """The source of a loop's body with its comments, indented from zero."""
        first = loop.body[0]
        if first.lineno == loop.lineno:
            return "\n".join(self.file.segment(statement) for statement in loop.body)
        header_end = max(loop.iter.end_lineno or 0, loop.lineno)
        lines = self.file.lines[header_end : loop.end_lineno]
        margin = first.col_offset
        return "\n".join(line[margin:] if not line[:margin].strip() else line for line in lines)

    def _call(self, call: PartCall) -> tuple[list[Edit], str]:
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
        lines += nested(header, f"{name} = {layer}({name})")
        if call.target is None:
            lines.append(f"return {name}")
        return [ReplaceStatement(call.statement, "\n".join(lines))], header[0].rstrip(":")
