"""What is unrolled together, what is known of it, and why it is left alone."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from torchscript_fix.editing.edit import Edit, GuardBody, InsertBefore, ReplaceExpression
from torchscript_fix.facts import indexing
from torchscript_fix.facts.indexing import container_kind, names_in, unfit_class
from torchscript_fix.facts.kinds import Kind
from torchscript_fix.facts.loops import Loop, leaves
from torchscript_fix.facts.naming import element_names, taken_names
from torchscript_fix.facts.sizes import SizesOf, at_most
from torchscript_fix.facts.types import parameter_type
from torchscript_fix.kit.answer import Declined, Fix, require
from torchscript_fix.kit.declare import declare_parameter
from torchscript_fix.kit.sites import Site
from torchscript_fix.kit.spelling import spelled
from torchscript_fix.kit.unrolling.comprehensions import taken_out

OUT_OF_RANGE = 'raise IndexError("index out of range")'


class NotInStep(Declined):
    """The loop cannot become one over the list; looking for each index still may be right."""


def require_in_step(condition: object, reason: str) -> None:
    """Raise NotInStep unless the condition holds."""
    if not condition:
        raise NotInStep(reason)


def refuse_leaving(loop: ast.For | ast.comprehension, body: Iterable[ast.AST]) -> None:
    """Refuse `break`, `continue` and `else`: unrolled loops have none."""
    require_in_step(not getattr(loop, "orelse", ()), "the loop has an else")
    unrolled = "a loop over a ModuleList is unrolled, and can have no break or continue"
    require_in_step(not any(map(leaves, body)), unrolled)


@dataclass(frozen=True)
class Unit(Site[ast.stmt]):
    """What is rewritten together: a loop with what it indexes, or one statement (no loop)."""

    loop: Loop | None = None
    indexed: tuple[indexing.Site, ...] = ()

    @property
    def line(self) -> int:
        is_statement = self.loop is None and self.indexed
        return self.indexed[0].node.lineno if is_statement else self.node.lineno


class Unrolling:
    """What the edits of one place are made of."""

    def __init__(self, site: Site[ast.stmt]) -> None:
        self.statement, self.function, self.file = site.node, site.function, site.file
        self.sizes = SizesOf(site.function)
        self.taken = set(taken_names(site.function))
        self.parameters = {p.arg: p for p in site.function.parameters}
        self.by_case = f"a --case that calls {site.function.qualname}"

    def names_of(self, lists: Sequence[ast.expr]) -> dict[str, str]:
        """Text of a list to a name for an element of it."""
        kinds = {container_kind(one, self.function) for one in lists}
        kind = "parameter" if kinds == {Kind.PARAMETER_LIST} else "layer"
        names = element_names(lists, self.taken, kind)
        return dict(zip(map(ast.unparse, lists), names, strict=True))

    def length(self, node: ast.expr) -> str:
        """`len(…)` of a list. Raises Declined."""
        has_none = container_kind(node, self.function) is Kind.PARAMETER_LIST
        needed = f"len({ast.unparse(node)}) would be needed, which a ParameterList does not compile"
        require(not has_none, needed)
        return f"len({self.file.segment(node)})"

    def shortest(self, lists: Sequence[ast.expr]) -> str:
        """`len(…)` of the shortest list; of lists that are equally long, of one."""
        different: list[ast.expr] = []
        for one in lists:
            size = self.sizes.length(one)
            if not any(at_most(self.sizes.length(other), size) for other in different):
                different.append(one)
        return least(map(self.length, different))

    def over(
        self,
        loop: ast.For | ast.comprehension,
        target: str,
        source: str,
        tests: Sequence[str],
        instead: Mapping[ast.AST, str] | None = None,
        *,
        before: Sequence[str] = (),
        take_out: bool = False,
    ) -> Fix:
        """The loop over something else, its body where the tests hold, with other text for some
        nodes in it; a comprehension as a loop of its own if it is to `take_out`."""
        summary, test = f"for {target} in {source}", " and ".join(tests)
        if isinstance(loop, ast.comprehension) and take_out:
            header = [f"{summary}:", *([f"if {test}:"] if tests else [])]
            return Fix(summary, taken_out(loop, header, instead or {}, self.function, before))
        edits: list[Edit] = [InsertBefore(self.statement, lines) for lines in before]
        edits.append(ReplaceExpression(loop.target, target))
        edits.append(ReplaceExpression(loop.iter, source))
        for old, text in (instead or {}).items():
            assert isinstance(old, ast.expr)
            edits.append(ReplaceExpression(old, text))
        edits += [GuardBody(loop, test)] if isinstance(loop, ast.For) and tests else []
        return Fix(summary, edits)

    def refuse_unfit(self, sites: Iterable[indexing.Site]) -> None:
        """Refuse a guard on modules of which some are called in another way."""
        for site in sites:
            unfit = unfit_class(site, self.function)
            every = f"a guard is compiled for every module of {site.key}"
            require(unfit is None, f"{every}, and {unfit} takes other arguments")

    def annotations(self, loop: Loop) -> list[Edit]:
        """The edits that annotate the parameters which are indexed in step and are lists. Raises
        Declined where nothing shows what one is."""
        found = [
            node.value.id
            for node in loop.nodes
            if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
            if loop.index in names_in(node.slice) and not isinstance(node.slice, ast.Tuple)
        ]
        found += [p.source.id for p in loop.partners if isinstance(p.source, ast.Name)]
        names = [name for name in dict.fromkeys(found) if name in self.parameters]
        return [edit for name in names for edit in self._annotation(name)]

    def _annotation(self, name: str) -> Sequence[Edit]:
        """None where it is a Tensor, or has one."""
        parameter, default = self.parameters[name], self.function.defaults.get(name)
        if parameter.annotation is not None or isinstance(default, ast.Constant):
            return ()  # what may be None is for optional-argument to annotate
        if any(value is not None for value in self.function.assignments.get(name, ())):
            return ()
        found = parameter_type(self.function, name)
        unknown = f"nothing shows whether {name} is a list or a Tensor: {found.because}"
        require(found.type is not None, unknown, self.by_case)
        if found.type is None or found.type == "Tensor":
            return ()
        annotation = spelled(found.type, self.file, self.function.node.lineno)
        return declare_parameter(parameter, annotation)


def least(numbers: Iterable[str]) -> str:
    """The text of the least of some numbers."""
    listed = list(numbers)
    return listed[0] if len(listed) == 1 else f"min({', '.join(listed)})"


def enumerated(source: str, start: int | str = 0) -> str:
    """`enumerate(source)`, from another number than 0 if need be."""
    return f"enumerate({source}, {start})" if start else f"enumerate({source})"


def joined_tests(guards: Sequence[tuple[str, str, str]]) -> list[str]:
    """`i >= 1` and `i < n` as `1 <= i < n`."""
    match guards:
        case [(index, ">=", low), (_, "<", high)]:
            return [f"{low} <= {index} < {high}"]
    return [" ".join(guard) for guard in guards]
