"""A file in parts that can be cut on their own: runs of statements of the module, or of a class or
a function in it, with every line in exactly one part.

Only parts with Edits in them are parsed by LibCST: its parser and its positions cost many times
what everything else does, and a large file has few places that change.
"""

import ast
import bisect
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from torchscript_fix.editing.edit import (
    AddImport,
    AnnotateReturn,
    Edit,
    GuardRest,
    InsertBefore,
    RemoveStatement,
    RenameFunction,
    ReplaceParameters,
    ReplaceStatement,
    place,
)
from torchscript_fix.editing.places import Located, end_of, start_of

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|$)")


_Block = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Part:
    """Consecutive lines of a file, from `first_line` (1-based) on, and the Edits within them."""

    text: str
    first_line: int
    statements: tuple[ast.stmt, ...]
    """Those of the module of which lines are in this part."""
    edits: tuple[Edit, ...]
    head: str = ""
    """Lines under which the text can be parsed, where it begins inside of a class or a function:
    `class _:`, and below that perhaps `def _():`."""
    tail: str = ""
    """A line in the place of the one behind the text: a statement, indented as that one is. At the
    end of a file, LibCST reads comments and blank lines otherwise than between statements."""


@dataclass(frozen=True)
class _Run:
    """Statements that follow one another, of the module or in the body of a class or function."""

    first_line: int
    statements: tuple[ast.stmt, ...]
    """Of the module: these, or the class or function that they are in."""
    members: tuple[ast.stmt, ...]
    decorated: bool = False
    """Whether it begins with a decorator."""
    around: tuple[_Block, ...] = ()
    """The classes and functions inside of which the run begins, outermost first."""


def parts_of(text: str, tree: ast.Module, edits: Sequence[Edit]) -> list[Part]:
    """`text` in parts, in order.

    AddImports are in the first part, which then holds all imports above the other Edits.
    """
    if not tree.body:
        return [Part(text, 1, (), tuple(edits))]
    runs = _runs(tree, edits)
    starts = [1, *(run.first_line for run in runs[1:])]
    run_of = [_run_of(edit, starts) for edit in edits]
    lines = _LINE.findall(text)
    # Python does not say where the `@` of a decorator stands that is written below it.
    late = {i for i, run in enumerate(runs) if run.decorated and "@" not in lines[starts[i] - 1]}
    glued = _glued(tree, runs, edits, run_of) | (late - {0})
    firsts = [index for index in range(len(runs)) if index not in glued]
    inside: dict[int, list[Edit]] = defaultdict(list)
    for edit, run in zip(edits, run_of, strict=True):
        inside[bisect.bisect_right(firsts, run) - 1].append(edit)
    parts = []
    for number, (first, behind) in enumerate(pairwise([*firsts, len(runs)])):
        last_line = starts[behind] - 1 if behind < len(runs) else len(lines)
        within = lines[starts[first] - 1 : last_line]
        statements = dict.fromkeys(s for run in runs[first:behind] for s in run.statements)
        edited = tuple(inside[number])
        head = _head(runs[first].around, lines)
        tail = _like("pass", lines[last_line]) if behind < len(runs) else ""
        parts.append(Part("".join(within), starts[first], tuple(statements), edited, head, tail))
    return parts


_HEADS = {
    ast.ClassDef: "class _:",
    ast.FunctionDef: "def _():",
    ast.AsyncFunctionDef: "async def _():",
}


def _head(around: Sequence[_Block], lines: Sequence[str]) -> str:
    """What has to stand above lines from inside of these, indented as they are."""
    return "".join(_like(_HEADS[type(block)], lines[block.lineno - 1]) for block in around)


def _like(code: str, line: str) -> str:
    """Code in the place of a line: indented as that is, and with its end."""
    indent, end = line[: len(line) - len(line.lstrip(" \t"))], line[len(line.rstrip("\r\n")) :]
    return f"{indent}{code}{end}"


def _run_of(edit: Edit, starts: list[int]) -> int:
    line = line_of(edit)
    return 0 if line is None else max(bisect.bisect_right(starts, line) - 1, 0)


def _glued(
    tree: ast.Module, runs: list[_Run], edits: Sequence[Edit], run_of: list[int]
) -> set[int]:
    """The runs that cannot be cut without the one before: because of the comments between them,
    which belong to both, or because an import may go there."""
    top_level = set(tree.body)
    members = {statement for run in runs for statement in run.members}
    insides = {index for index, run in enumerate(runs) if run.around}
    glued: set[int] = set()
    for edit, run in zip(edits, run_of, strict=True):
        match edit:
            case InsertBefore() | ReplaceStatement() | RemoveStatement():
                if edit.statement in top_level:
                    glued |= {run, run + 1}
                elif edit.statement in members:
                    begins = start_of(edit.statement)[0] == runs[run].first_line
                    glued |= ({run, run + 1} if begins else {run + 1}) & insides
                elif start_of(edit.statement)[0] == runs[run].first_line:
                    glued.add(run)  # a class or function that is split, and this is its head
    if any(isinstance(edit, AddImport) for edit in edits):
        glued.update(range(1, _end_of_imports(tree, runs, edits, run_of) + 1))
    return glued - {0}


def _end_of_imports(
    tree: ast.Module, runs: list[_Run], edits: Sequence[Edit], run_of: list[int]
) -> int:
    """The run behind the last import above all other Edits, or the first one that has any."""
    others = [
        run for edit, run in zip(edits, run_of, strict=True) if not isinstance(edit, AddImport)
    ]
    limit = min(others, default=len(runs) - 1)
    start = 0 if ast.get_docstring(tree, clean=False) is None else 1
    behind = [
        index + 1
        for index, run in enumerate(runs[:limit])
        if any(isinstance(each, (ast.Import, ast.ImportFrom)) for each in run.statements)
    ]
    return min(max([start, *behind]), limit)


def line_of(edit: Edit) -> int | None:
    """The line (1-based) at which an Edit stands; None for an import."""
    node = place(edit)
    return start_of(node)[0] if isinstance(node, Located) else None


def _runs(tree: ast.Module, edits: Sequence[Edit]) -> list[_Run]:
    """The statements of the module; those that share a line are together. A class or function in
    the body of which there are Edits is a run for each of its own statements, the first with its
    head."""
    return [
        run for together in _on_lines(tree.body) for run in _within(together, together, (), edits)
    ]


def _within(
    together: tuple[ast.stmt, ...],
    statements: tuple[ast.stmt, ...],
    around: tuple[_Block, ...],
    edits: Sequence[Edit],
) -> list[_Run]:
    """The runs of what stands on the same lines, `statements` being what it is in of the module."""
    block, line = together[0], start_of(together[0])[0]
    if len(together) > 1 or not isinstance(block, _Block) or not _may_be_split(block, edits):
        decorated = bool(getattr(block, "decorator_list", ()))
        return [_Run(line, statements, together, decorated, around)]
    first, *others = (
        run
        for inside in _on_lines(block.body)
        for run in _within(inside, statements, (*around, block), edits)
    )
    decorated = bool(block.decorator_list)
    return [replace(first, first_line=line, decorated=decorated, around=around), *others]


def _on_lines(body: Sequence[ast.stmt]) -> list[tuple[ast.stmt, ...]]:
    """Statements, those that share a line together."""
    found: list[tuple[ast.stmt, ...]] = []
    for statement in body:
        if found and start_of(statement)[0] <= end_of(found[-1][-1])[0]:
            found[-1] = (*found[-1], statement)
        else:
            found.append((statement,))
    return found


def _may_be_split(block: _Block, edits: Sequence[Edit]) -> bool:
    """Whether a class or function of several statements has Edits in its body, and none of it as a
    whole."""
    first, last = start_of(block)[0], end_of(block)[0]
    inside = [edit for edit in edits if first <= (line_of(edit) or 0) <= last]
    return (
        bool(inside)
        and len(_on_lines(block.body)) > 1
        and not any(_is_about(edit, block) for edit in inside)
    )


def _is_about(edit: Edit, block: _Block) -> bool:
    """Whether an Edit changes more of a class or function than its head, or one of its statements
    and what stands around that."""
    match edit:
        case AnnotateReturn() | ReplaceParameters() | RenameFunction() | InsertBefore():
            return False
        case GuardRest(first=first):
            return first in block.body
    return place(edit) is block
