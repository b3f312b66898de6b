"""All accepted Edits of one file, put into its text by one LibCST parse and one pass.

Edits name nodes of the `ast` tree; the same places are found in the LibCST tree by position, and
what was found is checked against the `ast` before anything is cut. Every line that no Edit touches
comes out byte for byte as it went in.
"""

import ast
from collections.abc import Sequence

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from torchscript_fix.edit import (
    AnnotateParameter,
    Edit,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
    place,
)
from torchscript_fix.imports import import_clashes
from torchscript_fix.places import Host, Located, Places, SurgeryError, end_of, start_of
from torchscript_fix.plan import Plan
from torchscript_fix.proof import first_difference
from torchscript_fix.source import parse
from torchscript_fix.surgeon import Surgeon

__all__ = ["SurgeryError", "apply_edits", "import_clashes", "overlaps"]


# --------------------------------------------------------------------------- which Edits get on


_TAKES_AWAY = (ReplaceStatement, RemoveStatement, ReplaceExpression, AnnotateParameter)


def overlaps(a: Edit, b: Edit) -> bool:
    """Whether applying both Edits (of one file) would lose one of them."""
    return a != b and (_loses(a, b) or _loses(b, a))


def _loses(a: Edit, b: Edit) -> bool:
    """Whether `b` is gone, or contradicted, once `a` has been applied."""
    match a, b:
        case AnnotateParameter(), AnnotateParameter():
            return a.parameter is b.parameter
        case AnnotateParameter(), ReplaceExpression():
            annotation = a.parameter.annotation
            return annotation is not None and _contains(annotation, b.expression)
        case (ReplaceStatement() | RemoveStatement()), InsertBefore():
            return a.statement is not b.statement and _contains(a.statement, b.statement)
        case (ReplaceStatement() | RemoveStatement()), _:
            there = place(b)
            return there is not None and _contains(a.statement, there)
        case ReplaceExpression(), _:
            there = place(b)
            return there is not None and _contains(a.expression, there)
    return False


def _contains(outer: Located, inner: ast.AST) -> bool:
    assert isinstance(inner, Located)
    if isinstance(outer, ast.expr) and isinstance(inner, ast.stmt):
        return False  # an expression statement spans the same text as its expression
    return start_of(outer) <= start_of(inner) and end_of(inner) <= end_of(outer)


# ------------------------------------------------------------------------------ the one way in


def apply_edits(text: str, edits: Sequence[Edit], tree: ast.Module) -> str:
    """`text` with all of `edits` applied; `tree` is `ast.parse(text)`, whose nodes they name.

    Edits at one place are applied in the order given; the same line inserted twice at the same
    place is inserted once. Where a `for` gains a guard, what is inserted at the head of its body
    goes under the guard. Raises SurgeryError where two Edits overlap, a place is not found, LibCST
    does not reproduce the text, or the result is not exactly what the Edits ask for.
    """
    if not edits:
        return text
    _refuse_overlaps(edits)
    try:
        module = cst.parse_module(text)
    except Exception as error:  # LibCST raises several kinds, panics of its parser among them
        raise SurgeryError(f"LibCST cannot parse this file: {_first_line(error)}") from error
    if module.code != text:
        raise SurgeryError(
            "LibCST does not reproduce this file byte for byte (a form feed before code does that)"
        )
    # Our own transformer never needs two equal nodes told apart, so the copy is not needed either.
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    host = Host(text, module)
    plan = Plan.of(edits, Places(host, positions), tree)
    try:
        result = module.visit(Surgeon(host, plan, positions)).code
    except cst.CSTValidationError as error:
        raise SurgeryError(f"LibCST refuses the result: {_first_line(error)}") from error
    try:
        difference = first_difference(tree, edits, parse(result))
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise SurgeryError(f"the result would not parse: {error.msg}: {line}") from error
    if difference:
        raise SurgeryError(f"the result would not be what was asked for: {difference}")
    return result


def _refuse_overlaps(edits: Sequence[Edit]) -> None:
    """Raise SurgeryError for the first two Edits of which one would be lost."""
    taking = [edit for edit in edits if isinstance(edit, _TAKES_AWAY)]
    for edit in taking:
        for other in edits:
            if other is not edit and overlaps(edit, other):
                raise SurgeryError(
                    f"two edits overlap: {type(other).__name__}{_at(other)} "
                    f"and {type(edit).__name__}{_at(edit)}"
                )


def _at(edit: Edit) -> str:
    node = place(edit)
    return f" at line {node.lineno}" if isinstance(node, Located) else ""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
