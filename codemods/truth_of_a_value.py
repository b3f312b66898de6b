"""Asks of what may be None whether it is true in the way that the compiler knows.

## What the compiler says

    Could not cast value of type NoneType to bool

In `if self.activation:` TorchScript takes Tensors, numbers, texts, lists and dictionaries. Whether
a None, something Optional, a tuple or a module is true, it does not know.

## What is written instead

    if self.activation:          if (self.activation if self.activation is not None else False):

In a model where it is None the compiler leaves out the branch; in any other its truth is asked as
before. An argument or local of an Optional type becomes `mask is not None and mask`. A module is
true unless it is None, a tuple, Sequential or ModuleList where its length is not 0. `x or y` whose
value counts becomes `x if … else y`. Of an attribute, all methods of its class that are compiled
get the same.

## When it holds back

Where the value comes from a call or another expression that would have to be evaluated twice, where
`x and y` stands for one of the two values, and where an attribute is declared as Optional.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from torchscript_fix.editing.edit import ReplaceExpression
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts, self_attribute
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

SAID = re.compile(r"Could not cast value of type (.+) to bool")
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
    """How to ask whether something is true, and whether it is false; `{}` stands for it."""

    yes: str
    no: str
    safety: Safety

    @property
    def words(self) -> str:
        """For people: what is asked."""
        return "its length" if "len(" in self.yes else "is not None"


UNLESS_NONE = Truth(
    "({} if {} is not None else False)", "not ({} if {} is not None else False)", Safety.SAFE
)
UNLESS_OPTIONAL = Truth("{} is not None and {}", "{} is None or not {}", Safety.SAFE)
LENGTH = Truth("len({}) > 0", "len({}) == 0", Safety.SAFE)


def _truth(located: Located, node: ast.expr, said: str) -> Truth | str:
    """What asks for the truth of `node`; why nothing does, where that is so."""
    attribute = self_attribute(node)
    if attribute is not None and located.owner is not None:
        return _of_attribute(located.owner, attribute, said)
    if said == "NoneType":
        return UNLESS_NONE
    if said.startswith("Optional["):
        return UNLESS_OPTIONAL
    return LENGTH if said.startswith("Tuple[") else f"its type is {said}"


def _of_attribute(owner: ClassFacts, name: str, said: str) -> Truth | str:
    seen = owner.file.project.observed.attribute(owner.file.path, owner.qualname, name)
    types = seen.types - {"None"} if seen is not None else frozenset()
    modules = seen.modules if seen is not None else frozenset()
    may_be_none = seen is None or "None" in seen.types or seen.missing
    if said == "NoneType":
        sure = bool(modules) and not types and not _lengths(modules)
        return Truth("{} is not None", "{} is None", Safety.NARROWING) if sure else UNLESS_NONE
    if said.startswith("Optional["):
        return f"self.{name} is declared as {said}, and may change between test and use"
    classes = modules | (
        {said.split(maxsplit=1)[0]} if said.startswith("__torch__.") else frozenset()
    )
    if not classes and not said.startswith("Tuple["):
        return f"its type is {said}"
    if types and classes:
        return f"self.{name} is a module in one model and {min(types)} in another"
    if classes and not _lengths(classes):
        if any(".nn.modules." not in each for each in classes):
            return "it may be a module that has a length or truth of its own"
        return Truth("{} is not None", "{} is None", Safety.NARROWING)
    if _lengths(classes) != classes:
        return "it is a module with a length in one model, and one without in another"
    if may_be_none:
        counted = "(len({}) > 0 if {} is not None else False)"
        return Truth(counted, f"not {counted}", Safety.NARROWING)
    return LENGTH


def _lengths(classes: frozenset[str]) -> frozenset[str]:
    """Those of the classes of modules that have a length."""
    return frozenset(each for each in classes if each.rpartition(".")[2] in OWN_LENGTH)


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
            return None
        yes, no = (text.replace("{}", name) for text in (truth.yes, truth.no))
        match self.asked_by:
            case ast.UnaryOp():
                return ReplaceExpression(self.asked_by, self._enclosed(no))
            case ast.BoolOp(values=[_, *others]):
                other = " or ".join(file.segment(value) for value in others)
                return ReplaceExpression(self.asked_by, f"({name} if {yes} else {other})")
        return ReplaceExpression(self.asked_by, self._enclosed(yes))

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
