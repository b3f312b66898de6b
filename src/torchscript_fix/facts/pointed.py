"""Which node of the source the compiler means: it underlines a piece of text, often not all of it.

A call is underlined without its closing parenthesis, a list by its bracket, a statement by its
first word (torch/jit/frontend.py, `make_range`), a comprehension not at all.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torchscript_fix.facts.static import FileFacts

Pointed = ast.expr | ast.stmt | ast.arg
"""What a Diagnosis may point to; a statement that is an expression is that expression."""

COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.If,
    ast.With,
    ast.AsyncWith,
    ast.Try,
)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

_UNSUPPORTED = re.compile(r"^(?P<what>[\w ]+?)( without assigned value)? aren't supported")
_DEFAULT = re.compile(r'default value of type .+ on parameter "(?P<name>\w+)"')
PRETTY = {
    "function definitions": ast.FunctionDef,
    "for loops": ast.For,
    "del statements": ast.Delete,
    "class definitions": ast.ClassDef,
    "with statements": ast.With,
    "raise statements": ast.Raise,
    "assertions": ast.Assert,
    "global variables": ast.Global,
    "break statements": ast.Break,
    "continue statements": ast.Continue,
    "async function definitions": ast.AsyncFunctionDef,
    "async for loops": ast.AsyncFor,
    "async with statements": ast.AsyncWith,
    "try blocks": ast.Try,
    "nonlocal variables": ast.Nonlocal,
    "annotated assignments": ast.AnnAssign,
}
"""The names that torch/jit/frontend.py has for what it does not compile (`pretty_node_names`)."""

Position = tuple[int, int]
"""Line (1-based) and byte in it, as `ast` counts."""


@dataclass(frozen=True)
class Range:
    """What is underlined; `end` is exclusive."""

    start: Position
    end: Position


def pointed_at(nodes: Iterable[ast.AST], where: Range, words: str) -> Pointed | None:
    """The node that the compiler means by underlining a range and saying `words`."""
    pointed = list(_pointed(nodes))
    default = _DEFAULT.search(words)
    if default is not None:  # the whole function is underlined
        inside = [n for n in pointed if isinstance(n, ast.arg) and n.arg == default["name"]]
        return next((n for n in inside if where.start <= _start(n) <= where.end), None)
    unsupported = _UNSUPPORTED.match(words)
    if unsupported is not None:
        what = unsupported["what"]
        kind = PRETTY.get(what) or getattr(ast, what, None)
        starting = [n for n in pointed if _start(n) == where.start]
        found = next((n for n in starting if kind is not None and isinstance(n, kind)), None)
        if found is not None:
            return found
    return _fitting(pointed, where)


def _fitting(nodes: list[Pointed], where: Range) -> Pointed | None:
    """The node of that very range, else one that it begins, ends, or stands in."""
    starting = [node for node in nodes if _start(node) == where.start]
    exact = [node for node in starting if _end(node) == where.end]
    if exact:
        return exact[0]
    beyond = [node for node in starting if _end(node) > where.end]
    if beyond:
        expressions = [node for node in beyond if not isinstance(node, ast.stmt)]
        # The first word of a statement begins no expression.
        return min(expressions or beyond, key=_end)
    ending = [node for node in nodes if _end(node) == where.end and _start(node) > where.start]
    if ending:
        return ending[0]
    if starting:
        return max(starting, key=_end)
    around = [n for n in nodes if _start(n) <= where.start and where.end <= _end(n)]
    return max(around, key=_start, default=None)


def comprehension_on(nodes: Iterable[ast.AST], line: int, words: str) -> Pointed | None:
    """The comprehension that begins on a line and is of the kind that `words` refuse: the compiler
    gives it a range of no width, and so underlines nothing."""
    for node in nodes:
        if isinstance(node, COMPREHENSIONS) and node.lineno == line:
            several = len(node.generators) != 1
            if several if "single generator" in words else bool(node.generators[0].ifs):
                return node
    return None


def use_of(nodes: Iterable[ast.AST], name: str) -> Pointed | None:
    """The first use of a name, or of an attribute so called, where no place is shown."""
    found = [
        node
        for node in nodes
        if (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.Name) and node.id == name)
    ]
    return min(found, key=_start, default=None)


def statement_at(nodes: Iterable[ast.AST], line: int) -> Pointed | None:
    """The innermost statement around a line."""
    around = [node for node in _pointed(nodes) if node.lineno <= line <= (node.end_lineno or 0)]
    statements = [node for node in around if isinstance(node, ast.stmt)]
    return max(statements or around[:1], key=_start, default=None)


def source_of(file: "FileFacts", node: Pointed) -> str:
    """The source of a node; of a compound statement only its head, for what it holds may change."""
    if not isinstance(node, COMPOUND):
        return file.segment(node)
    first = node.body[0]
    decorators: list[ast.expr] = getattr(first, "decorator_list", [])
    line, column = min([_start(first), *(_start(each) for each in decorators)])
    head = list(file.lines[node.lineno - 1 : line])
    head[-1] = head[-1].encode()[:column].decode()
    head[0] = head[0].encode()[node.col_offset :].decode()
    return "\n".join(each for each in head if not each.lstrip().startswith("#")).strip().rstrip("@")


def _pointed(nodes: Iterable[ast.AST]) -> Iterator[Pointed]:
    for node in nodes:
        if isinstance(node, ast.expr | ast.stmt | ast.arg) and not isinstance(node, ast.Expr):
            yield node


def _start(node: Pointed) -> Position:
    return node.lineno, node.col_offset


def _end(node: Pointed) -> Position:
    return node.end_lineno or node.lineno, node.end_col_offset or 0
