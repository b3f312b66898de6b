"""A file in parts that can be cut on their own: runs of statements of the module, with every line
in exactly one part.

Only parts with Edits in them are parsed by LibCST: its parser and its positions cost many times
what everything else does, and a large file has few places that change.
"""

import ast
import bisect
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from torchscript_fix.edit import (
    AddImport,
    Edit,
    InsertBefore,
    RemoveStatement,
    ReplaceStatement,
    place,
)
from torchscript_fix.places import Located, end_of, start_of

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|$)")


@dataclass(frozen=True)
class Part:
    """Consecutive lines of a file, from `first_line` (1-based) on, and the Edits within them."""

    text: str
    first_line: int
    statements: tuple[ast.stmt, ...]
    edits: tuple[Edit, ...]


def parts_of(text: str, tree: ast.Module, edits: Sequence[Edit]) -> list[Part]:
    """`text` in parts, in order.

    AddImports are in the first part, which then holds all imports above the other Edits.
    """
    if not tree.body:
        return [Part(text, 1, (), tuple(edits))]
    runs = _runs(tree)
    starts = [1, *(start_of(run[0])[0] for run in runs[1:])]
    run_of = [_run_of(edit, starts) for edit in edits]
    glued = _glued(tree, runs, edits, run_of)
    firsts = [index for index in range(len(runs)) if index not in glued]
    inside: dict[int, list[Edit]] = defaultdict(list)
    for edit, run in zip(edits, run_of, strict=True):
        inside[bisect.bisect_right(firsts, run) - 1].append(edit)
    lines = _LINE.findall(text)
    parts = []
    for number, (first, behind) in enumerate(pairwise([*firsts, len(runs)])):
        last_line = starts[behind] - 1 if behind < len(runs) else len(lines)
        statements = tuple(statement for run in runs[first:behind] for statement in run)
        part_text = "".join(lines[starts[first] - 1 : last_line])
        parts.append(Part(part_text, starts[first], statements, tuple(inside[number])))
    return parts


def _run_of(edit: Edit, starts: list[int]) -> int:
    line = line_of(edit)
    return 0 if line is None else max(bisect.bisect_right(starts, line) - 1, 0)


def _glued(
    tree: ast.Module, runs: list[list[ast.stmt]], edits: Sequence[Edit], run_of: list[int]
) -> set[int]:
    """The runs that cannot be cut without the one before: because of the comments between them,
    which belong to both, or because an import may go there."""
    top_level = set(tree.body)
    glued: set[int] = set()
    for edit, run in zip(edits, run_of, strict=True):
        match edit:
            case InsertBefore() | ReplaceStatement() | RemoveStatement():
                if edit.statement in top_level:
                    glued |= {run, run + 1}
    if any(isinstance(edit, AddImport) for edit in edits):
        glued.update(range(1, _end_of_imports(tree, runs, edits, run_of) + 1))
    return glued - {0}


def _end_of_imports(
    tree: ast.Module, runs: list[list[ast.stmt]], edits: Sequence[Edit], run_of: list[int]
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
        if any(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in run)
    ]
    return min(max([start, *behind]), limit)


def line_of(edit: Edit) -> int | None:
    """The line (1-based) at which an Edit stands; None for an import."""
    node = place(edit)
    return start_of(node)[0] if isinstance(node, Located) else None


def _runs(tree: ast.Module) -> list[list[ast.stmt]]:
    """The statements of the module; those that share a line are together."""
    runs: list[list[ast.stmt]] = []
    for statement in tree.body:
        if runs and start_of(statement)[0] <= end_of(runs[-1][-1])[0]:
            runs[-1].append(statement)
        else:
            runs.append([statement])
    return runs
