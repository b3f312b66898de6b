"""Which line of a text stands at a line of what was made of it, and the other way round."""

import difflib
from collections.abc import Collection, Sequence
from functools import lru_cache


def original_line(before: str, now: str, line: int) -> int:
    """The line (1-based) of `before` that stands, or stood nearest, at a line of `now`: for lines
    that are new, the one that they stand before."""
    for tag, start, end, new_start, new_end in _opcodes(before, now):
        if new_start < line <= new_end:
            return min(start + _offset(tag, line - new_start, end - start), before.count("\n") + 1)
    return line


def line_now(before: str, now: str, line: int) -> int:
    """The line (1-based) of `now` at which a line of `before` stands, or what took its place."""
    if before == now:
        return line
    for tag, start, end, new_start, new_end in _opcodes(before, now):
        if start < line <= end:
            return new_start + _offset(tag, line - start, new_end - new_start)
    return line


def lines_now(
    before: str, now: str, lines: Collection[int]
) -> tuple[frozenset[int], frozenset[int]]:
    """The lines of `now` at which any of these of `before` may stand, all of what took their
    place; and the lines that are in both."""
    if before == now:
        return frozenset(lines), frozenset(range(1, now.count("\n") + 2))
    found: set[int] = set()
    same: set[int] = set()
    for tag, start, end, new_start, new_end in _opcodes(before, now):
        if tag == "equal":
            same.update(range(new_start + 1, new_end + 1))
            found.update(line - start + new_start for line in lines if start < line <= end)
        elif any(start < line <= end for line in lines):
            found.update(range(new_start + 1, new_end + 1))
    return frozenset(found), frozenset(same)


def _offset(tag: str, offset: int, room: int) -> int:
    """How far into the other text's lines a line comes, which are `room` where they differ."""
    return offset if tag == "equal" else min(offset, max(1, room))


@lru_cache(maxsize=64)
def _opcodes(before: str, now: str) -> Sequence[tuple[str, int, int, int, int]]:
    # With autojunk, as is the default: without it, a file of 20,000 lines, many of them blank,
    # takes minutes.
    return difflib.SequenceMatcher(None, before.split("\n"), now.split("\n")).get_opcodes()
