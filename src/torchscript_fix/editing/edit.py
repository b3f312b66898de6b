"""What a rule wants changed, as data: an Edit names a place in the `ast` and gives the new code.

Rules find, Edits say, `surgery.py` cuts. New code is written with "\\n" and four spaces; the host
file's newline and indentation are put in when it is applied. All places are nodes of the one `ast`
tree that the FileFacts hold.
"""

import ast
from dataclasses import dataclass
from typing import Literal

Block = Literal["body", "orelse", "finalbody"]


@dataclass(frozen=True)
class InsertBefore:
    """New statements directly before `statement`; its leading comments stay with it."""

    statement: ast.stmt
    code: str


@dataclass(frozen=True)
class InsertAtHead:
    """New statements at the head of a block of `owner`, behind a docstring if there is one."""

    owner: ast.stmt
    block: Block
    code: str


@dataclass(frozen=True)
class AppendElse:
    """An `else:` for an `if` (or the end of its `elif` chain) that has none; into it otherwise."""

    statement: ast.If
    code: str


@dataclass(frozen=True)
class ReplaceExpression:
    """Another expression in the place of `expression`, parenthesised by the caller if need be."""

    expression: ast.expr
    code: str


@dataclass(frozen=True)
class ReplaceStatement:
    """Other statements in the place of `statement`; comments before and behind it are kept."""

    statement: ast.stmt
    code: str


@dataclass(frozen=True)
class RemoveStatement:
    """`statement` goes; the comments above it stay."""

    statement: ast.stmt


@dataclass(frozen=True)
class GuardBody:
    """The body of `owner` goes under `if test:`, comments and all; or another block of it, which
    must not be written as `elif`. With `otherwise`, that is its `else:`."""

    owner: ast.For | ast.If | ast.FunctionDef | ast.With | ast.While
    test: str
    block: Literal["body", "orelse"] = "body"
    otherwise: str | None = None


@dataclass(frozen=True)
class GuardRest:
    """`first` and all statements behind it in its block go under `if test:`, comments and all, with
    `otherwise` as its `else:`."""

    first: ast.stmt
    test: str
    otherwise: str


@dataclass(frozen=True)
class AnnotateParameter:
    """`parameter: annotation`, in the place of one that is there, ` = ` around a default."""

    parameter: ast.arg
    annotation: str


@dataclass(frozen=True)
class ReplaceParameters:
    """Other parameters for a function: `code` is what stands between the parentheses."""

    function: ast.FunctionDef
    code: str


@dataclass(frozen=True)
class AnnotateReturn:
    """`-> annotation`, in the place of one that is there."""

    function: ast.FunctionDef
    annotation: str


@dataclass(frozen=True)
class RenameFunction:
    """`def name(` in the place of the name that the function has; who calls it is not looked at."""

    function: ast.FunctionDef
    name: str


@dataclass(frozen=True)
class DecoratorToWith:
    """`decorator` of `function` goes, and its body goes under `with code:`, comments and all."""

    function: ast.FunctionDef
    decorator: ast.expr
    code: str


@dataclass(frozen=True)
class AddImport:
    """`from module import name`, or `import module`, where the file does not have it yet."""

    module: str
    name: str | None = None


Edit = (
    InsertBefore
    | InsertAtHead
    | AppendElse
    | ReplaceExpression
    | ReplaceStatement
    | RemoveStatement
    | GuardBody
    | GuardRest
    | AnnotateParameter
    | ReplaceParameters
    | AnnotateReturn
    | RenameFunction
    | DecoratorToWith
    | AddImport
)


def place(edit: Edit) -> ast.AST | None:
    """The node at which an Edit stands; None for an import, which stands nowhere in particular."""
    match edit:
        case InsertBefore() | ReplaceStatement() | RemoveStatement() | AppendElse():
            return edit.statement
        case InsertAtHead() | GuardBody():
            return edit.owner
        case GuardRest():
            return edit.first
        case ReplaceExpression():
            return edit.expression
        case AnnotateParameter():
            return edit.parameter
        case ReplaceParameters() | AnnotateReturn() | RenameFunction() | DecoratorToWith():
            return edit.function
        case AddImport():
            return None
