"""A function that returns one thing or another says so: `-> Union[Tensor, Tuple[Tensor, Tensor]]`.

## What the compiler says

"Previous return statement returned a value of type Tuple[Tensor, Tensor] but this return statement
returns a value of type Tensor": without an annotation, all `return` statements have to agree.

## What is written instead

    def forward(self, x) -> Union[Tuple[Tensor, Tensor], Tensor]:
        …
        if self.training:
            return out, auxiliary
        return out

The values are what they were, in eager mode and from the scripted module. The types are those that
the compiler found; a third one, which it only reaches then, is added in the next round.

## When it holds back

- A flag that never changes decides which it is: `final-flag` answers that, without a Union.
- One way returns a number and another a Tensor: who calls it in scripted code could do nothing with
  either.
- The function has an annotation already, of its own or in a comment. Only where its body is nothing
  but `pass` ("does not return along all paths") the annotation gives way to `-> None`.
"""

import ast
import re
from collections.abc import Iterator
from typing import ClassVar

from torchscript_fix.editing.edit import AnnotateReturn, AppendElse
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flags import is_decided
from torchscript_fix.facts.flow import exits
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import parts, required
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

TWO_TYPES = re.compile(
    r"Previous return statement returned a value of type (?P<first>.+?) "
    r"but this return statement returns a value of type (?P<second>[^:\n]+)"
)
ANOTHER = re.compile(
    r"Return value was annotated as having type (?P<first>Union\[.+\]) "
    r"but is actually of type (?P<second>[^:\n]+)"
)
NUMBERS = frozenset({"int", "float", "bool", "complex"})


class ReturnedUnion(Rule):
    name: ClassVar[str] = "returned-union"
    summary: ClassVar[str] = "A function that returns one type or another says which."
    messages: ClassVar[tuple[str, ...]] = (
        "Previous return statement returned a value of type",
        "Return value was annotated as having type Union[",
        "does not return along all paths",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        places: dict[FunctionFacts, list[Located]] = {}
        for place in self.diagnosed(facts):
            if place.function is not None:
                places.setdefault(place.function, []).append(place)
        for function, told in places.items():
            if _only_passes(function):
                yield _returns_nothing(function)
            elif function.node.returns is None and not (
                len(told) == 1 and _is_left_to_a_flag(function)
            ):
                types = _types(told)
                if set(types) - {"NoneType"}:
                    yield _annotated(function, types)
                yield from _returned_at_its_end(function)


def _is_left_to_a_flag(function: FunctionFacts) -> bool:
    """Whether the compiler can be told which `return` an instance has."""
    return any(
        isinstance(node, ast.If)
        and is_decided(node.test, function)
        and any(isinstance(inner, ast.Return) for inner in ast.walk(node))
        for node in function.own_nodes
    )


def _only_passes(function: FunctionFacts) -> bool:
    """Whether a function does nothing, though its annotation says that it returns something."""
    returns = function.node.returns
    return (
        returns is not None
        and not is_none(returns)
        and all(
            isinstance(statement, ast.Pass)
            or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
            for statement in function.node.body
        )
    )


def _returns_nothing(function: FunctionFacts) -> Rewrite:
    assert isinstance(function.node, ast.FunctionDef)
    return Rewrite(
        ReturnedUnion.name,
        function.file.path,
        function.node.lineno,
        function.qualname,
        f"{function.name} -> None, which is what it returns",
        Safety.SAFE,
        (AnnotateReturn(function.node, "None"),),
    )


def _returned_at_its_end(function: FunctionFacts) -> Iterator[Rewrite]:
    """`return None` where the last `if` of a function that returns something has no `else`."""
    last = function.node.body[-1]
    if isinstance(last, ast.If) and not exits([last]) and any(function.returns):
        yield Rewrite(
            ReturnedUnion.name,
            function.file.path,
            last.lineno,
            function.qualname,
            "the way that returned nothing returns None",
            Safety.SAFE,
            (AppendElse(last, "return None"),),
        )


def _annotated(function: FunctionFacts, types: list[str]) -> Rewrite | HeldBack:
    file, line = function.file, function.node.lineno
    if any(not _has_name(kind) for kind in types):
        return _held(function, f"{' or '.join(types)} has no name in the file")
    if NUMBERS.intersection(types) and "Tensor" in types:
        return _held(function, "it returns a number on one way and a Tensor on another")
    if "type:" in "".join(file.lines[line - 1 : function.node.body[0].lineno]):
        return _held(function, "its types stand in a comment")
    try:
        annotation = spelled(_one_type(types), file, line)
    except SpellingError as error:
        return _held(function, str(error))
    assert isinstance(function.node, ast.FunctionDef)
    return Rewrite(
        ReturnedUnion.name,
        file.path,
        line,
        function.qualname,
        f"{function.name} -> {annotation.code}",
        Safety.SAFE,
        (*annotation.imports, AnnotateReturn(function.node, annotation.code)),
    )


def _types(told: list[Located]) -> list[str]:
    """The types that the compiler said are returned, in the order in which it met them."""
    found: dict[str, None] = {}
    for place in told:
        if "does not return along all paths" in place.message:
            found["NoneType"] = None
            continue
        said = TWO_TYPES.search(place.message) or ANOTHER.search(place.message)
        if said is not None:
            for words in (said["first"], said["second"]):
                kind = words.replace(" (inferred)", "").strip()
                if kind.startswith("Union["):
                    found |= dict.fromkeys(parts(kind)[1])
                else:
                    found[kind] = None
    return list(found)


def _one_type(types: list[str]) -> str:
    """`Union[…]` of several types, `Optional[…]` of one that may be None."""
    some = list(dict.fromkeys(required(kind) for kind in types if kind != "NoneType"))
    may_be_none = "NoneType" in types or any(kind.startswith("Optional[") for kind in types)
    one = some[0] if len(some) == 1 else f"Union[{', '.join(some)}]"
    return f"Optional[{one}]" if may_be_none else one


def _has_name(kind: str) -> bool:
    return "__torch__" not in kind and "Any" not in kind


def _held(function: FunctionFacts, reason: str) -> HeldBack:
    path, line = function.file.path, function.node.lineno
    return HeldBack(ReturnedUnion.name, path, line, function.qualname, reason)
