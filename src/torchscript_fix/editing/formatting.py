"""The last touch on rewritten text: Black wraps the lines that the rewrite made too long, and no
others.

A rewrite keeps the layout of the lines it changes. Black, in process, gets a say where a changed
line has outgrown the project's line length and the statement is indented by four spaces, and on
that statement alone; otherwise the layout stands as it is.
"""

import ast
import difflib
import io
import sys
import threading
import tokenize
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    # Only Python 3.10 needs it, so elsewhere it is not installed.
    import tomli as tomllib  # type: ignore[import-not-found,unused-ignore]

DEFAULT_LINE_LENGTH = 88

_one_at_a_time = threading.Lock()


def format_touched(before: str, after: str, path: Path, written: str | None = None) -> str:
    """`after` with the statements wrapped that a rewrite of `before` has made too long.

    The limit is `[tool.black] line-length` (or Ruff's) of the nearest `pyproject.toml` above
    `path`; without one it is 88, or the length of the longest line of code that people wrote
    (`written`, or else `before`) if that is longer.
    """
    newline = _only_newline(after)
    if newline is None or before == after:
        return after
    old, new = before.replace(newline, "\n"), after.replace(newline, "\n")
    configured = configured_line_length(path.parent)
    limit = configured or DEFAULT_LINE_LENGTH
    # Most rewrites make no line too long; nothing below is cheap.
    if all(len(line) <= limit for line in new.split("\n")):
        return after
    there = set(old.split("\n"))
    if all(len(line) <= limit or line in there for line in new.split("\n")):
        return after
    if configured is None:
        by_people = old if written is None else written.replace(newline, "\n")
        limit = max(limit, _longest_code(by_people))
    touched = [(number, line) for number, line in _touched_lines(old, new) if len(line) > limit]
    if not touched:
        return after
    comments = _comments(new) if any("#" in line for _, line in touched) else {}
    long = [
        number for number, line in touched if len(line[: comments.get(number)].rstrip()) > limit
    ]
    return _all_wrapped(new, long, limit).replace("\n", newline)


def _only_newline(text: str) -> str | None:
    """The line end of a text that has one kind of them."""
    crlf = text.count("\r\n")
    if crlf == 0:
        return "\n" if "\r" not in text else None
    return "\r\n" if crlf == text.count("\n") == text.count("\r") else None


# ------------------------------------------------------------------------------ which lines


def _touched_lines(before: str, after: str) -> list[tuple[int, str]]:
    """Number (1-based) and text of the lines of `after` that a rewrite changed or added.

    A line that stands for one that was just as long is not the rewrite's to wrap.
    """
    old, new = before.split("\n"), after.split("\n")
    touched: list[tuple[int, str]] = []
    # Without autojunk, a file of 20,000 lines, many of them blank, takes minutes.
    matcher = difflib.SequenceMatcher(None, old, new)
    for tag, old_start, old_end, start, end in matcher.get_opcodes():
        if tag in ("replace", "insert"):
            longest = max(map(len, old[old_start:old_end]), default=0)
            touched += [
                (number + 1, new[number])
                for number in range(start, end)
                if len(new[number]) > longest
            ]
    return touched


def _comments(text: str) -> dict[int, int]:
    """Where the comment of a line starts, by line number."""
    return {
        token.start[0]: token.start[1]
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    }


@lru_cache(maxsize=64)
def _longest_code(text: str) -> int:
    """The length of the longest line without its comment and without the lines of long strings."""
    longest = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_code = token.type not in (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE)
        if is_code and token.start[0] == token.end[0]:
            longest = max(longest, token.end[1])
    return longest


# ------------------------------------------------------------------------------ the project


def configured_line_length(folder: Path) -> int | None:
    """The line length that the nearest `pyproject.toml` at or above `folder` sets, if it does."""
    for up in (folder, *folder.parents):
        if (up / "pyproject.toml").is_file():
            return _line_length_in(up / "pyproject.toml")
    return None


@lru_cache(maxsize=64)
def _line_length_in(pyproject: Path) -> int | None:
    try:
        with pyproject.open("rb") as file:
            tools: Any = tomllib.load(file).get("tool", {})
    except (OSError, ValueError):
        return None
    for tool in ("black", "ruff"):
        length = tools.get(tool, {}).get("line-length")
        if isinstance(length, int) and length > 0:
            return length
    return None


# ------------------------------------------------------------------------------ Black


@dataclass(frozen=True)
class _Statement:
    """A statement, or the header of a compound one: its lines, 1-based and inclusive."""

    first: int
    last: int
    is_header: bool


def _all_wrapped(text: str, numbers: list[int], limit: int) -> str:
    """`text` with the statements on these lines wrapped, but for those that would not say the same
    then, such as one with a string whose lines stand further left.

    All at once, or one by one where they stand inside one another (a `case` in a `match`).
    """
    if not numbers:
        return text
    tree = ast.parse(text)
    statements = _statements_on(tree, numbers)
    if all(one.last < other.first for one, other in pairwise(statements)):
        result = _wrapped(text, statements, limit)
        if result == text or _same_code(tree, result):
            return result
    for number in reversed(numbers):  # from below, so that those above stay where they are
        result = _wrapped(text, _statements_on(ast.parse(text), [number]), limit)
        text = result if _same_code(tree, result) else text
    return text


def _wrapped(text: str, statements: list[_Statement], limit: int) -> str:
    """`text` with each of these wrapped, where it is indented by four spaces."""
    lines = text.split("\n")
    for statement in reversed(statements):
        own = lines[statement.first - 1 : statement.last]
        indent = own[0][: len(own[0]) - len(own[0].lstrip())]
        if indent.strip(" ") or len(indent) % 4:
            continue
        done = _wrapped_alone([line.removeprefix(indent) for line in own], statement, limit, indent)
        done = [indent + line if line else "" for line in done]
        lines[statement.first - 1 : statement.last] = done
    return "\n".join(lines)


def _wrapped_alone(lines: list[str], statement: _Statement, limit: int, indent: str) -> list[str]:
    """The lines of one statement as Black lays them out where they stand alone.

    Formatting a range of the file instead would also change the blank lines around it.
    """
    prefix = "el" if lines[0].startswith("elif") else ""
    code = "\n".join(lines).removeprefix(prefix) + "\n"
    if statement.is_header:
        code += "    pass\n"
    try:
        if len(ast.parse(code).body) > 1:  # a; b
            return lines
        done = _by_black(code, max(limit - len(indent) - len(prefix), 1))
    except Exception:  # Black is a guest here: what it cannot format stays as it is
        return lines
    return (prefix + done).removesuffix("\n    pass\n" if statement.is_header else "\n").split("\n")


def _by_black(code: str, line_length: int) -> str:
    # Compiled as it is, Black hides from Python that it is not imported to its end: another thread
    # would find half of it.
    with _one_at_a_time:
        import black  # noqa: PLC0415  # which takes time, and most runs never need it

        mode = black.Mode(
            line_length=line_length, string_normalization=False, magic_trailing_comma=False
        )
        return black.format_str(code, mode=mode)


def _statements_on(tree: ast.Module, numbers: list[int]) -> list[_Statement]:
    """The innermost statements that cover these lines, without the bodies of compound ones, each
    once, in order."""
    innermost: dict[int, _Statement] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt) or node.end_lineno is None:
            continue
        body: list[ast.stmt] = getattr(node, "body", [])
        below = [_first_line(inner) for inner in body[:1] if _first_line(inner) > node.lineno]
        last = below[0] - 1 if below else node.end_lineno
        for number in numbers[bisect_left(numbers, node.lineno) : bisect_right(numbers, last)]:
            if number not in innermost or node.lineno >= innermost[number].first:
                innermost[number] = _Statement(node.lineno, last, bool(below))
    return sorted(set(innermost.values()), key=lambda each: each.first)


def _first_line(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return decorators[0].lineno if decorators else statement.lineno


def _same_code(tree: ast.Module, formatted: str) -> bool:
    try:
        return ast.dump(ast.parse(formatted)) == ast.dump(tree)
    except SyntaxError:
        return False
