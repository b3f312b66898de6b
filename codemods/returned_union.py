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
from collections.abc import Iterator, Sequence
from itertools import chain

from torchscript_fix.editing.edit import AppendElse
from torchscript_fix.facts.flags import is_decided
from torchscript_fix.facts.flow import exits
from torchscript_fix.facts.static import FileFacts, FunctionFacts
from torchscript_fix.facts.unify import parts, required
from torchscript_fix.facts.uses import is_none
from torchscript_fix.kit import Fix, Safety, Site, SiteRule, require
from torchscript_fix.kit.declare import declare_return
from torchscript_fix.kit.spelling import Spelled, spelled

SAID = re.compile(
    r"(?:return statement returned a value of|was annotated as having) type (.+?) "
    r"but (?:this return statement returns a value|is actually) of type ([^:\n]+)"
)
NO_RETURN = "does not return along all paths"
NUMBERS = frozenset({"int", "float", "bool", "complex"})


class ReturnedUnion(SiteRule[Site[ast.stmt]]):
    name = "returned-union"
    summary = "A function that returns one type or another says which."
    messages = (
        "Previous return statement returned a value of type",
        "Return value was annotated as having type Union[",
        NO_RETURN,
    )
    safety = Safety.SAFE

    def sites(self, file: FileFacts) -> Iterator[Site[ast.stmt]]:
        for function in self.functions(file):
            yield Site(function.node, function)
            last = function.node.body[-1]
            if isinstance(last, ast.If) and not exits([last]) and any(function.returns):
                yield Site(last, function)

    def fix(self, site: Site[ast.stmt]) -> Fix | None:
        function, node = site.function, site.node
        if _only_passes(function):
            nothing = f"{function.name} -> None, which is what it returns"
            return Fix(nothing, declare_return(function, Spelled("None")))
        told = [each.message for each in self.diagnosed(site.file) if each.function is function]
        if function.node.returns or (len(told) == 1 and _is_left_to_a_flag(function)):
            return None
        if isinstance(node, ast.If):
            ending = "the way that returned nothing returns None"
            return Fix(ending, [AppendElse(node, "return None")])
        types = _types(told)
        if not set(types) - {"NoneType"}:
            return None
        unnamed = any("__torch__" in kind or "Any" in kind for kind in types)
        require(not unnamed, f"{' or '.join(types)} has no name in the file")
        mixed = NUMBERS.intersection(types) and "Tensor" in types
        require(not mixed, "it returns a number on one way and a Tensor on another")
        header = "".join(site.file.lines[site.line - 1 : function.node.body[0].lineno])
        require("type:" not in header, "its types stand in a comment")
        annotation = spelled(_one_type(types), site.file, site.line)
        return Fix(f"{function.name} -> {annotation.code}", declare_return(function, annotation))


def _is_left_to_a_flag(function: FunctionFacts) -> bool:
    """Whether the compiler can be told which `return` an instance has."""
    branches = [node for node in function.own_nodes if isinstance(node, ast.If)]
    decided = [node for node in branches if is_decided(node.test, function)]
    return any(isinstance(inner, ast.Return) for node in decided for inner in ast.walk(node))


def _only_passes(function: FunctionFacts) -> bool:
    """Whether a function does nothing, though its annotation says that it returns something."""
    returns, body = function.node.returns, function.node.body
    idle = (
        isinstance(each, ast.Pass)
        or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in body
    )
    return returns is not None and not is_none(returns) and all(idle)


def _types(told: Sequence[str]) -> list[str]:
    """The types that the compiler said are returned, in the order in which it met them."""
    found: list[str] = []
    for message in told:
        said = [("NoneType",)] if NO_RETURN in message else SAID.findall(message)
        for words in chain.from_iterable(said):
            kind = words.replace(" (inferred)", "").strip()
            found += parts(kind)[1] if kind.startswith("Union[") else [kind]
    return list(dict.fromkeys(found))


def _one_type(types: Sequence[str]) -> str:
    """`Union[…]` of several types, `Optional[…]` of one that may be None."""
    some = dict.fromkeys(required(kind) for kind in types if kind != "NoneType")
    may_be_none = "NoneType" in types or any(kind.startswith("Optional[") for kind in types)
    one = ", ".join(some) if len(some) == 1 else f"Union[{', '.join(some)}]"
    return f"Optional[{one}]" if may_be_none else one
