"""A file in parts that can be cut on their own: runs of statements of the module, or of a class of
it, with every line in exactly one part.

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
    """Those of the module of which lines are in this part."""
    edits: tuple[Edit, ...]
    head: str = ""
    """A line under which the text can be parsed: where it begins inside of a class, `class _:`."""


@dataclass(frozen=True)
class _Run:
    """Statements that follow one another, of the module or in the body of one of its classes."""

    first_line: int
    statements: tuple[ast.stmt, ...]
    """Of the module: these, or the class that they are in."""
    members: tuple[ast.stmt, ...]
    is_inside: bool = False
    """Whether the run begins inside of a class."""


def parts_of(text: str, tree: ast.Module, edits: Sequence[Edit]) -> list[Part]:
    """`text` in parts, in order.

    AddImports are in the first part, which then holds all imports above the other Edits.
    """
    if not tree.body:
        return [Part(text, 1, (), tuple(edits))]
    runs = _runs(tree, edits)
    starts = [1, *(run.first_line for run in runs[1:])]
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
        within = lines[starts[first] - 1 : last_line]
        statements = dict.fromkeys(s for run in runs[first:behind] for s in run.statements)
        head = f"class _:{_line_end(within[0])}" if runs[first].is_inside else ""
        edited = tuple(inside[number])
        parts.append(Part("".join(within), starts[first], tuple(statements), edited, head))
    return parts


def _line_end(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :] or "\n"


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
    insides = {index for index, run in enumerate(runs) if run.is_inside}
    glued: set[int] = set()
    for edit, run in zip(edits, run_of, strict=True):
        match edit:
            case InsertBefore() | ReplaceStatement() | RemoveStatement():
                if edit.statement in top_level:
                    glued |= {run, run + 1}
                elif edit.statement in members:
                    glued |= {run, run + 1} & insides
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
    """The statements of the module; those that share a line are together. A class in the body of
    which there are Edits is a run for each of its own statements, the first with its head."""
    runs: list[_Run] = []
    places = [node for node in map(place, edits) if isinstance(node, Located)]
    for together in _on_lines(tree.body):
        first = together[0]
        if len(together) == 1 and isinstance(first, ast.ClassDef) and _may_be_split(first, places):
            for index, members in enumerate(_on_lines(first.body)):
                line = start_of(members[0])[0] if index else start_of(first)[0]
                runs.append(_Run(line, together, members, is_inside=index > 0))
        else:
            runs.append(_Run(start_of(first)[0], together, together))
    return runs


def _on_lines(body: Sequence[ast.stmt]) -> list[tuple[ast.stmt, ...]]:
    """Statements, those that share a line together."""
    found: list[tuple[ast.stmt, ...]] = []
    for statement in body:
        if found and start_of(statement)[0] <= end_of(found[-1][-1])[0]:
            found[-1] = (*found[-1], statement)
        else:
            found.append((statement,))
    return found


def _may_be_split(cls: ast.ClassDef, places: Sequence[Located]) -> bool:
    """Whether a class of several statements has Edits in its body, and none of it as a whole."""
    first, last = start_of(cls)[0], end_of(cls)[0]
    if len(_on_lines(cls.body)) == 1:
        return False
    inside = [node for node in places if first <= start_of(node)[0] <= last]
    return bool(inside) and cls not in inside
