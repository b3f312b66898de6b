"""All accepted Edits of one file, put into its text by one LibCST pass over the parts they touch.

Edits name nodes of the `ast` tree; the same places are found in the LibCST tree by position, and
what was found is checked against the `ast` before anything is cut. Every line that no Edit touches
comes out byte for byte as it went in, and the result is proved to be what the Edits ask for.
"""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from torchscript_fix.editing.edit import (
    AddImport,
    AnnotateParameter,
    AnnotateReturn,
    DecoratorToWith,
    Edit,
    InsertBefore,
    RemoveStatement,
    RenameFunction,
    ReplaceExpression,
    ReplaceParameters,
    ReplaceStatement,
    place,
)
from torchscript_fix.editing.imports import import_clashes, is_imported
from torchscript_fix.editing.parts import Part, line_of, parts_of
from torchscript_fix.editing.places import (
    Host,
    Located,
    Places,
    Positions,
    SurgeryError,
    end_of,
    start_of,
)
from torchscript_fix.editing.plan import Plan
from torchscript_fix.editing.proof import first_difference
from torchscript_fix.editing.surgeon import Surgeon
from torchscript_fix.source import parse

__all__ = ["SurgeryError", "apply_edits", "import_clashes", "overlaps"]

MOST_READ = 32
"""Trees of LibCST's that are kept: a hundred times the size of their text."""


# --------------------------------------------------------------------------- which Edits get on


_TAKES_AWAY = (
    ReplaceStatement,
    RemoveStatement,
    ReplaceExpression,
    AnnotateParameter,
    ReplaceParameters,
    AnnotateReturn,
    RenameFunction,
    DecoratorToWith,
)


def overlaps(a: Edit, b: Edit) -> bool:
    """Whether applying both Edits (of one file) would lose one of them."""
    return a != b and (_loses(a, b) or _loses(b, a))


def _loses(a: Edit, b: Edit) -> bool:
    """Whether `b` is gone, or contradicted, once `a` has been applied."""
    match a, b:
        case AnnotateParameter(), AnnotateParameter():
            return a.parameter is b.parameter
        case RenameFunction(), RenameFunction():
            return a.function is b.function
        case DecoratorToWith(), DecoratorToWith():
            return a.function is b.function
        case DecoratorToWith(), ReplaceExpression():
            return _contains(a.decorator, b.expression)
        case AnnotateParameter(), ReplaceExpression():
            annotation = a.parameter.annotation
            return annotation is not None and _contains(annotation, b.expression)
        case ReplaceParameters(), ReplaceParameters():
            return a.function is b.function
        case AnnotateReturn(), AnnotateReturn():
            return a.function is b.function
        case ReplaceParameters(), (AnnotateParameter() | ReplaceExpression()):
            return any(node is place(b) for node in ast.walk(a.function.args))
        case AnnotateReturn(), ReplaceExpression():
            returns = a.function.returns
            return returns is not None and _contains(returns, b.expression)
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
    _refuse_overlaps(edits)
    edits = _without_imports_that_are_there(edits, tree)
    if not edits:
        return text
    parts = parts_of(text, tree, edits)
    result = "".join(_cut(part) for part in parts)
    try:
        touched = [statement for part in parts if part.edits for statement in part.statements]
        difference = first_difference(tree, edits, parse(result), touched)
    except SyntaxError as error:
        line = (error.text or "").strip()
        raise SurgeryError(f"the result would not parse: {error.msg}: {line}") from error
    if difference:
        raise SurgeryError(f"the result would not be what was asked for: {difference}")
    return result


def _without_imports_that_are_there(edits: Sequence[Edit], tree: ast.Module) -> list[Edit]:
    first = min((line for line in map(line_of, edits) if line), default=None)
    return [
        edit
        for edit in edits
        if not isinstance(edit, AddImport)
        or not is_imported(tree, edit.module, edit.name, before=first)
    ]


class _Wrapper(MetadataWrapper):
    """One that does not walk through the whole tree on behalf of no visitors, as `resolve` has it
    done for providers that go along with others, of which there are none here."""

    def visit_batched(
        self,
        visitors: Iterable[cst.BatchableCSTVisitor],
        before_visit: Callable[[cst.CSTNode], None] | None = None,
        after_leave: Callable[[cst.CSTNode], None] | None = None,
    ) -> cst.CSTNode:
        given = list(visitors)
        if not given:
            return self.module
        return super().visit_batched(given, before_visit, after_leave)


@lru_cache(maxsize=MOST_READ)
def _read(text: str) -> tuple[cst.Module, str, Mapping[cst.CSTNode, CodeRange]]:
    """LibCST's tree of a text, what it makes of it, and where each node stands. Each round of a
    repair starts from the same text; the tree is never changed, a visit makes another one."""
    module = cst.parse_module(text)
    # Our own transformer never needs two equal nodes told apart, so no copy is needed.
    ranges = _Wrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    return module, module.code, ranges


def _cut(part: Part) -> str:
    """The new text of one part of the file."""
    if not part.edits:
        return part.text
    text = part.head + part.text + part.tail
    first_line = part.first_line - len(part.head.splitlines())
    try:
        module, code, ranges = _read(text)
    except Exception as error:  # LibCST raises several kinds
        where = f"from line {part.first_line} on"
        raise SurgeryError(f"LibCST cannot parse this {where}: {_first_line(error)}") from error
    if code != text:
        raise SurgeryError(
            f"LibCST does not give back byte for byte what it reads from line {part.first_line} on "
            "(a form feed before code, for one)"
        )
    positions = Positions(ranges, first_line)
    host = Host(text, module, first_line)
    plan = Plan.of(part.edits, Places(host, positions))
    try:
        made = module.visit(Surgeon(host, plan, positions)).code
        return made.removeprefix(part.head).removesuffix(part.tail)
    except cst.CSTValidationError as error:
        raise SurgeryError(f"LibCST refuses the result: {_first_line(error)}") from error


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
