"""Declarations: the type of a parameter, of what is returned, of an attribute, of a local."""

import ast
from collections.abc import Sequence

from torchscript_fix.editing.edit import AnnotateParameter, AnnotateReturn, Edit, InsertAtHead
from torchscript_fix.facts.static import ClassFacts, FileFacts, FunctionFacts
from torchscript_fix.kit.answer import require
from torchscript_fix.kit.spelling import Spelled, spelled

SAID_ANY = ("found type 'Any'", "'Any' object", "of type Any")
"""What the compiler says of what is declared as Any."""
AS_TEXT = "the file's annotations are text, in which Final is not seen"


def declare_parameter(parameter: ast.arg, annotation: Spelled) -> tuple[Edit, ...]:
    """`parameter: annotation`, with its imports."""
    return (*annotation.imports, AnnotateParameter(parameter, annotation.code))


def declare_return(function: FunctionFacts, annotation: Spelled) -> tuple[Edit, ...]:
    """`-> annotation`, with its imports."""
    assert isinstance(function.node, ast.FunctionDef)
    return (*annotation.imports, AnnotateReturn(function.node, annotation.code))


def declare_attributes(
    cls: ClassFacts, names: Sequence[str], kind: str
) -> tuple[Spelled, tuple[Edit, ...]]:
    """The annotation of attributes at the head of their class, and the Edits that put it there.

    Raises Declined where the type has no spelling in the file.
    """
    annotation = spelled(kind, cls.file, cls.node.lineno)
    lines = "".join(f"{name}: {annotation.code}\n" for name in names)
    return annotation, (*annotation.imports, InsertAtHead(cls.node, "body", f"{lines}\n"))


def declare_final(cls: ClassFacts, flags: Sequence[str]) -> tuple[Spelled, tuple[Edit, ...]]:
    """Bools of a module as constants of the scripted one, each instance with its own: the compiler
    decides what tests them (`CondValue::staticIf` in torch/csrc/jit/frontend/ir_emitter.cpp).

    Raises Declined where the compiler would not see it.
    """
    require(not annotations_are_text(cls.file), AS_TEXT)
    return declare_attributes(cls, flags, "Final[bool]")


def annotations_are_text(file: FileFacts) -> bool:
    """Whether `from __future__ import annotations` keeps `Final` from the compiler."""
    return file.imports.get("annotations") == "__future__.annotations"


def says_any(annotation: ast.expr | None, file: FileFacts) -> bool:
    """Whether an annotation is `Any`, which the compiler can do nothing with."""
    return annotation is not None and file.dotted(annotation) == "typing.Any"
