"""A flag that decides which branch a model has is declared `Final`, so that only that branch
compiles.

## What the compiler says

Both branches of `if self.is_last:` are compiled, whatever the flag says, and have to agree: "out is
not defined in the true branch", "Previous return statement returned a value of type Tuple[Tensor,
Tensor] but this return statement returns a value of type Tensor", "Type mismatch: x is set to type
Tensor in the true branch and type List[Tensor] in the false branch".

## What is written instead

    class Block(nn.Module):
        is_last: Final[bool]

Nothing else changes, and nothing at all in eager mode. The flag becomes a constant of the scripted
module, each instance with its own, and a test made of such flags (`not`, `and`, `or`) is decided
while compiling.

## When it holds back

The flag is given a value anywhere but once in `__init__`, is not known to be a bool, or the class
that sets it stands in another file.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import ClassVar

from torchscript_fix.editing.edit import Edit, InsertAtHead
from torchscript_fix.facts.diagnosed import Located
from torchscript_fix.facts.flags import flags_of, is_final, is_settled
from torchscript_fix.facts.flow import is_stored
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.kit.spelling import SpellingError, spelled
from torchscript_fix.rule import HeldBack, Rewrite, Rule, Safety

NAMED = re.compile(
    r"(?:^|\n|Type mismatch: |Variable ')(?P<name>\w+)"
    r"(?:'| is not defined in the | is set to type )"
)
"""How the messages name the local that they are about."""


class FinalFlag(Rule):
    name: ClassVar[str] = "final-flag"
    summary: ClassVar[str] = "A bool that decides which branch a model has is declared Final."
    messages: ClassVar[tuple[str, ...]] = (
        " is not defined in the ",
        "Previous return statement returned a value of type",
        "does not return along all paths",
        "Type mismatch: ",
        " previously had type ",
        "if-expression's true branch has type",
    )
    safety: ClassVar[Safety] = Safety.SAFE

    def find(self, facts: FileFacts) -> Iterator[Rewrite | HeldBack]:
        told: set[str] = set()
        for place in self.diagnosed(facts):
            function = place.function
            if function is None or function.owner is None or function.qualname in told:
                continue
            told.add(function.qualname)
            deciding = {
                flag: test
                for flag, test in _deciding(place, function)
                if not is_final(flag, function.owner)
            }
            yield from _declared(deciding, function)


def _deciding(place: Located, function: FunctionFacts) -> Iterator[tuple[str, ast.expr]]:
    """The flags that decide which way the function goes where the compiler complains, each with
    its test."""
    named = NAMED.search(place.message)
    for node in function.own_nodes:
        if isinstance(node, ast.If | ast.IfExp) and _matters(
            node, named["name"] if named else None
        ):
            flags = flags_of(node.test) or frozenset()
            if "training" not in flags:
                for flag in sorted(flags):
                    yield flag, node.test


def _matters(choice: ast.If | ast.IfExp, name: str | None) -> bool:
    """Whether a choice is about what the compiler complains of: a local, or what is returned."""
    if isinstance(choice, ast.IfExp):
        return name is None
    parts = [node for statement in [*choice.body, *choice.orelse] for node in ast.walk(statement)]
    if name is None:
        return any(isinstance(node, ast.Return | ast.IfExp) for node in parts)
    return any(is_stored(node, name) for node in parts)


def _declared(
    deciding: Mapping[str, ast.expr], function: FunctionFacts
) -> Iterator[Rewrite | HeldBack]:
    """One Rewrite for the flags that can be Final, and why the others cannot."""
    flags: dict[ClassFacts, list[str]] = defaultdict(list)
    for flag, test in deciding.items():
        owner = _owner(flag, function)
        if isinstance(owner, str):
            yield _held(test, function, owner)
        else:
            flags[owner].append(flag)
    for owner, names in flags.items():
        test = deciding[names[0]]
        try:
            final = spelled("Final[bool]", owner.file, owner.node.lineno)
        except SpellingError as error:
            yield _held(test, function, str(error))
            continue
        lines = "".join(f"{name}: {final.code}\n" for name in names)
        edits: tuple[Edit, ...] = (*final.imports, InsertAtHead(owner.node, "body", f"{lines}\n"))
        yield Rewrite(
            FinalFlag.name,
            owner.file.path,
            test.lineno,
            function.qualname,
            f"{', '.join(names)}: {final.code}, so that one branch alone compiles",
            Safety.SAFE,
            edits,
        )


def _owner(flag: str, function: FunctionFacts) -> ClassFacts | str:
    """The class that sets a flag, or why it cannot be Final."""
    attribute = function.attribute(flag)
    definitions = attribute.definitions if attribute is not None else ()
    owner = definitions[0].function.owner if definitions else None
    if owner is None or not is_settled(flag, function):
        return f"self.{flag} is not known to be a bool that never changes"
    if owner.file is not function.file:
        return f"{owner.qualname}, which sets it, stands in another file"
    if _annotations_are_text(owner.file):
        return "the file's annotations are text, in which Final is not seen"
    return owner


def _held(test: ast.expr, function: FunctionFacts, reason: str) -> HeldBack:
    path, name = function.file.path, function.qualname
    return HeldBack(FinalFlag.name, path, test.lineno, name, reason)


def _annotations_are_text(file: FileFacts) -> bool:
    """Whether `from __future__ import annotations` keeps `Final` from the compiler."""
    return file.imports.get("annotations") == "__future__.annotations"
