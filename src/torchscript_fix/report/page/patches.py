"""Diffs for the page: their lines, and the colours of their syntax.

The page holds a diff as text, so that it can be read without the script; colours are lengths and
letters beside it (`_4k3_n8`: four characters as they are, a keyword of three, …), from which the
script makes elements when somebody looks. That is a fifth of what the elements would take.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from torchscript_fix.report import document
from torchscript_fix.report.page.visible import cut, visible

MOST_LINES = 400
"""Lines shown of the diff of one file."""
MOST_LINES_IN_ALL = 1200
"""Lines shown of the diffs of one repository."""
LONGEST_LINE = 400

_HEADER = re.compile(r"diff --git .*\n--- .*\n\+\+\+ .*\n")
_LETTERS: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (String, "s"),
    (Number, "n"),
    (Keyword, "k"),
    (Operator.Word, "k"),
    (Name.Function, "f"),
    (Name.Class, "f"),
    (Name.Decorator, "d"),
    (Name.Builtin, "b"),
)
PLAIN = "_"


@dataclass(frozen=True)
class ShownPatch:
    """The diff of one file as it is shown: without header, visible, cut where it is long."""

    path: str
    added: int
    removed: int
    lines: tuple[str, ...]
    left_out: int
    """How many lines are not shown."""

    def plain(self) -> Markup:
        """The diff to read: runs of added and removed lines and heads of hunks are marked."""
        return Markup("").join(self._runs())

    def _runs(self) -> Iterator[Markup]:
        for sign, run in groupby(self.lines, key=lambda line: line[:1]):
            text = escape("\n".join(run) + "\n")
            tag = _TAGS.get(sign)
            yield Markup("<{0}>{1}</{0}>").format(Markup(tag), text) if tag else text

    def colours(self) -> str:
        """The colours of every line, separated by `/`."""
        return "/".join(_colours(self.lines))


_TAGS = {"+": "ins", "-": "del", "@": "b"}


def shown_patches(changes: Sequence[document.Change]) -> Iterator[ShownPatch]:
    """The diffs of one repository, the later ones cut short where they are long together."""
    room = MOST_LINES_IN_ALL
    for change in changes:
        shown = shown_patch(change, min(room, MOST_LINES))
        room -= len(shown.lines)
        yield shown


def shown_patch(change: document.Change, most: int = MOST_LINES) -> ShownPatch:
    """The diff of one file, of which at most so many lines are shown."""
    body = change.patch
    header = _HEADER.match(body)
    if header:
        body = body[header.end() :]
    lines = [line.removesuffix("\r") for line in body.removesuffix("\n").split("\n")]
    return ShownPatch(
        path=change.path,
        added=change.added,
        removed=change.removed,
        lines=tuple(cut(visible(line), LONGEST_LINE) for line in lines[:most]),
        left_out=max(0, len(lines) - most),
    )


# ------------------------------------------------------------------------------------- colours


def _colours(lines: Sequence[str]) -> list[str]:
    coloured = [""] * len(lines)
    for hunk in _hunks(lines):
        for sign in "-+":  # What stays as it is is coloured as in the new text, which comes last.
            side = [number for number in hunk if lines[number][:1] in (sign, " ", "")]
            text = [lines[number][1:] for number in side]
            for number, colours in zip(side, _coloured(text), strict=True):
                coloured[number] = colours
    return coloured


def _hunks(lines: Sequence[str]) -> Iterator[list[int]]:
    """The numbers of the lines between two heads."""
    for is_head, group in groupby(range(len(lines)), key=lambda n: lines[n].startswith("@@")):
        if not is_head:
            yield list(group)


def _coloured(text: Sequence[str]) -> list[str]:
    """The colours of lines of Python that follow each other, the sign before them counted in."""
    runs: list[list[tuple[str, int]]] = [[(PLAIN, 1)] for _ in text]
    line = 0
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    for token, value in lexer.get_tokens("\n".join(text)):
        for number, part in enumerate(value.split("\n")):
            line += number > 0
            if part and line < len(runs):
                runs[line].append((_letter(token, part), len(part)))
    return [_written(run) for run in runs]


def _letter(token: _TokenType, part: str) -> str:
    if part.isspace():
        return PLAIN
    return next((letter for kind, letter in _LETTERS if token[: len(kind)] == kind), PLAIN)


def _written(runs: Sequence[tuple[str, int]]) -> str:
    joined = [(letter, sum(n for _, n in same)) for letter, same in groupby(runs, lambda r: r[0])]
    if joined[-1][0] == PLAIN:
        joined.pop()
    return "".join(letter + (str(length) if length > 1 else "") for letter, length in joined)
