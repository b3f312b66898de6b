"""Asks of a None, a list or a text what its truth stands for, in the way that the compiler knows.

## What the compiler says

    Could not cast value of type NoneType to bool

In `if self.activation:` TorchScript takes a Tensor, a number or a bool. Of a None, a list, a dict,
a text or a module it does not know whether it is true.

## What is written instead

    if self.activation:          if self.activation is not None and len(self.activation) > 0:

Where the value may be None, `is not None` comes first: in a model where it always is None the
compiler then leaves out the branch. A list, dict, tuple, text or Sequential is true where its
length is not zero, a number where it is not 0, a module without a length always; anything else
keeps its own truth behind the `is not None`. `not x` becomes the opposite, and `x or y` where its
value counts becomes `x if … else y`. With a self attribute, all methods of its class that are
compiled get the same.

## When it holds back

Where the value comes from a call or another expression that would have to be evaluated twice, and
where `x and y` stands for one of the two values.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from torchscript_fix.edit import ReplaceExpression
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.static import FileFacts, FunctionFacts, self_attribute
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"Could not cast value of type (.+) to bool")
SIZED = ("str", "List[", "Dict[", "Tuple[")
NUMBERS = frozenset({"int", "float"})
OWN_LENGTH = frozenset({"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})


class TruthOfAValue(Rule):
    name: ClassVar[str] = "truth-of-a-value"
    summary: ClassVar[str] = "The truth of a None, list or text is asked by is not None and len."
    messages: ClassVar[tuple[str, ...]] = ("Could not cast value of type",)
    safety: ClassVar[Safety] = Safety.NARROWING

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        """One Rewrite a place, or one an attribute of `self`."""
        done: set[ast.expr] = set()
        for located in self.diagnosed(facts):
            said = SAID.search(located.message)
            function, node = located.function, located.node
            if said is None or function is None or not isinstance(node, ast.expr):
                continue
            for where in _places(function, node):
                if where.node not in done:
                    done.add(where.node)
                    found = self._rewritten(located, where, said.group(1))
                    if found is not None:
                        yield found

    def _rewritten(self, located: Located, where: "Place", said: str) -> Rewrite | HeldBack | None:
        file, function = where.function.file, where.function
        line, name = where.node.lineno, file.segment(where.node)
        truth = _truth(located, where.node, said)
        if isinstance(truth, str):
            return HeldBack(self.name, file.path, line, function.qualname, truth)
        edit = where.replaced(truth)
        if edit is None:
            return None
        if where.obstacle is not None:
            return HeldBack(self.name, file.path, line, function.qualname, where.obstacle)
        summary = f"whether {name} is true is asked by {truth.words}"
        return Rewrite(
            self.name, file.path, line, function.qualname, summary, truth.safety, (edit,)
        )


# ----------------------------------------------------------------------- what its truth is


@dataclass(frozen=True)
class Truth:
    """How to ask whether something is true; `{}` in the tests stands for it."""

    may_be_none: bool
    test: str | None
    """None where being not None is enough."""
    opposite: str
    safety: Safety

    @property
    def words(self) -> str:
        """For people: what is asked."""
        parts = ["is not None"] if self.may_be_none else []
        if self.test is not None and self.test != "{}":
            parts.append("its length" if "len" in self.test else "!= 0")
        return " and ".join(parts) or "itself"

    def yes(self, name: str) -> str:
        """The test for it being true."""
        parts = [f"{name} is not None"] if self.may_be_none else []
        if self.test is not None:
            parts.append(self.test.format(name))
        return " and ".join(parts)

    def no(self, name: str) -> str:
        """The test for it being false."""
        parts = [f"{name} is None"] if self.may_be_none else []
        if self.test is not None:
            parts.append(self.opposite.format(name))
        return " or ".join(parts)


def _truth(located: Located, node: ast.expr, said: str) -> Truth | str:
    """What asks for the truth of `node`; why nothing does, where that is so."""
    if "Union[" in said:
        return f"its type is {said}"
    attribute = self_attribute(node)
    if attribute is not None and located.owner is not None:
        return _of_attribute(located, attribute, said)
    if said == "NoneType":
        return Truth(True, "{}", "not {}", Safety.SAFE)
    inside = re.fullmatch(r"Optional\[(.+)\]", said)
    return _of_type(inside.group(1) if inside else said, inside is not None, Safety.SAFE)


def _of_attribute(located: Located, name: str, said: str) -> Truth | str:
    assert located.owner is not None
    observed = located.function.file.project.observed if located.function else None
    owner = located.owner
    seen = observed.attribute(owner.file.path, owner.qualname, name) if observed else None
    types = set(seen.types) if seen is not None else set()
    types |= {_inside(said)} if not said.startswith("__torch__") else set()
    modules = set(seen.modules) if seen is not None else set()
    modules |= {said.split()[0]} if said.startswith("__torch__") else set()
    kinds = {_inside(each) for each in types} - {"NoneType", "None"}
    if modules:
        if kinds:
            return f"self.{name} is a module in one model and {min(kinds)} in another"
        return _of_modules(modules)
    if len(kinds) != 1 or "?" in kinds:
        # Nothing is known but that it may be None: its own truth is right behind that.
        return Truth(True, "{}", "not {}", Safety.SAFE)
    return _of_type(kinds.pop(), True, Safety.NARROWING)


def _inside(kind: str) -> str:
    found = re.fullmatch(r"Optional\[(.+)\]", kind)
    return found.group(1) if found else kind


def _of_type(kind: str, may_be_none: bool, safety: Safety) -> Truth | str:
    if kind.startswith(SIZED):
        return Truth(may_be_none, "len({}) > 0", "len({}) == 0", safety)
    if kind in NUMBERS:
        return Truth(may_be_none, "{} != 0", "{} == 0", safety)
    if kind.startswith("__torch__"):
        return _of_modules({kind.split()[0]})
    return Truth(True, "{}", "not {}", Safety.SAFE) if may_be_none else f"its type is {kind}"


def _of_modules(classes: set[str]) -> Truth | str:
    """The truth of modules: those of torch that have no length of their own are always true."""
    names = {name.rpartition(".")[2] for name in classes}
    if names <= OWN_LENGTH:
        return Truth(True, "len({}) > 0", "len({}) == 0", Safety.NARROWING)
    if names & OWN_LENGTH or any(".nn." not in name for name in classes):
        return "it may be a module that has a length"
    return Truth(True, None, "", Safety.NARROWING)


# ------------------------------------------------------------------------ where it is asked


@dataclass(frozen=True)
class Place:
    """One expression whose truth is asked, and the node that asks."""

    function: FunctionFacts
    node: ast.expr
    asked_by: ast.expr
    """A `not`, an `or` whose value counts; the expression itself where neither stands around it."""
    settled: bool
    """Whether it is asked only where the expression is known not to be None."""
    obstacle: str | None = None

    def replaced(self, truth: Truth) -> ReplaceExpression | None:
        """The Edit that asks in the other way; None where it is asked in that way already."""
        file = self.function.file
        name = file.segment(self.node)
        if self.settled:
            truth = replace(truth, may_be_none=False)
        if truth.test in {None, "{}"} and not truth.may_be_none:
            return None
        match self.asked_by:
            case ast.UnaryOp():
                return ReplaceExpression(self.asked_by, self._enclosed(truth.no(name)))
            case ast.BoolOp(values=[_, *others]):
                other = " or ".join(file.segment(value) for value in others)
                return ReplaceExpression(self.asked_by, f"({name} if {truth.yes(name)} else {other})")
        return ReplaceExpression(self.asked_by, self._enclosed(truth.yes(name)))

    def _enclosed(self, code: str) -> str:
        """In parentheses where the operators around it bind as tight or tighter."""
        match self.function.file.parents[self.asked_by]:
            case ast.UnaryOp():
                return f"({code})"
            case ast.BoolOp(op=ast.And()) if " or " in code:
                return f"({code})"
            case ast.BoolOp(op=ast.Or()) if " and " in code:
                return f"({code})"
        return code


def _places(function: FunctionFacts, named: ast.expr) -> Iterator[Place]:
    """The place that the compiler named; of an attribute of `self` all that ask for it."""
    name = self_attribute(named)
    if name is None or function.owner is None:
        place = _place(function, named)
        if place is not None:
            yield place
        return
    for method in function.owner.methods.values():
        if method is function or method.scripted:
            for node in method.nodes:
                if isinstance(node, ast.Attribute) and self_attribute(node) == name:
                    place = _place(method, node)
                    if place is not None:
                        yield place


def _place(function: FunctionFacts, node: ast.expr) -> Place | None:
    """Where the truth of `node` is asked; None where it is not."""
    parents = function.file.parents
    around = parents[node]
    obstacle = None if is_repeatable(node) else "it would have to be evaluated twice"
    if isinstance(around, ast.UnaryOp) and isinstance(around.op, ast.Not):
        return Place(function, node, around, _is_settled(around, node, parents), obstacle)
    if _is_test(node, parents):
        return Place(function, node, node, _is_settled(node, node, parents), obstacle)
    if isinstance(around, ast.BoolOp) and around.values[-1] is not node:
        if isinstance(around.op, ast.And) or around.values[0] is not node:
            if _is_settled(node, node, parents):
                return None
            obstacle = f"the value of {ast.unparse(around)} counts, not only its truth"
        return Place(function, node, around, False, obstacle)
    return None


def _is_test(node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether nothing but the truth of an expression counts."""
    around = parents[node]
    match around:
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return around.test is node
        case ast.BoolOp():
            return _is_test(around, parents)
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.comprehension(ifs=ifs):
            return node in ifs
    return False


def _is_settled(asking: ast.expr, node: ast.expr, parents: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether `node is not None and` stands before it, or `node is None or`."""
    around = parents[asking]
    if not isinstance(around, ast.BoolOp):
        return False
    word = "is not None" if isinstance(around.op, ast.And) else "is None"
    before = around.values[: around.values.index(asking)]
    return any(ast.unparse(value) == f"{ast.unparse(node)} {word}" for value in before)


def is_repeatable(node: ast.expr) -> bool:
    """Whether reading it twice is as good as once: a name, an attribute of one."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)
