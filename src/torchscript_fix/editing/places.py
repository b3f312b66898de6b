"""Where an `ast` node stands in the LibCST tree of the same text, and how new code has to be
written to look like that text.

The two trees agree on positions except in a few places, which are bridged here. What was found by
position is compared with the `ast` node before anything is done to it.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst
from libcst.metadata import CodeRange

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
SmallOrCompound = cst.BaseSmallStatement | cst.BaseCompoundStatement
Located = ast.expr | ast.stmt | ast.arg

_LINE_END = re.compile(r"\r\n?|\n")


class SurgeryError(Exception):
    """The Edits cannot be put into this text; nothing was changed.

    The message says where and why, for people.
    """


@dataclass(frozen=True)
class Positions:
    """Where LibCST nodes stand, with lines counted as in the whole file, from which a part that
    starts on `first_line` was parsed."""

    ranges: Mapping[cst.CSTNode, CodeRange]
    first_line: int

    def start(self, node: cst.CSTNode) -> tuple[int, int]:
        start = self.ranges[node].start
        return start.line + self.first_line - 1, start.column

    def end(self, node: cst.CSTNode) -> tuple[int, int]:
        end = self.ranges[node].end
        return end.line + self.first_line - 1, end.column

    def line(self, node: cst.CSTNode) -> int:
        """The line on which a node starts, as in the whole file."""
        return self.start(node)[0]


# ------------------------------------------------------------------------------- `ast` spans


def start_of(node: Located) -> tuple[int, int]:
    """Line (1-based) and column (UTF-8 bytes) at which a node starts, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = decorators[0] if decorators else node
    return first.lineno, first.col_offset


def end_of(node: Located) -> tuple[int, int]:
    """Line (1-based) and column (UTF-8 bytes) behind the last character of a node."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


def chain_end(statement: ast.If) -> ast.If:
    """The last `elif` of the chain that an `if` begins; the `if` itself where there is none."""
    while statement.orelse and is_elif(statement, statement.orelse[0]):
        following = statement.orelse[0]
        assert isinstance(following, ast.If)
        statement = following
    return statement


def is_elif(statement: ast.If, following: ast.stmt) -> bool:
    """Whether the first statement of the `else` of `statement` is written as its `elif`."""
    return isinstance(following, ast.If) and (
        following.col_offset == statement.col_offset and following.lineno != statement.lineno
    )


def docstring_length(owner: ast.AST) -> int:
    """How many statements of a body are its docstring: one or none."""
    has_docstring = (
        isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and ast.get_docstring(owner, clean=False) is not None
    )
    return int(has_docstring)


# ------------------------------------------------------------------ how the host file is written


class Host:
    """The part of a file that new code must look like: its lines, newlines and indentation.

    Lines are counted as in the whole file, in which the part starts on `first_line`.
    """

    def __init__(self, text: str, module: cst.Module, first_line: int = 1) -> None:
        self.module = module
        # With nothing in front, the index of a line is its number.
        self._lines = [""] * first_line + _LINE_END.split(text)
        self._newlines: list[str] = [""] * first_line + _LINE_END.findall(text)

    def column(self, line: int, utf8_column: int) -> int:
        """The column in characters of a column in UTF-8 bytes, as `ast` counts them."""
        content = self._lines[line]
        if content.isascii():
            return utf8_column
        return len(content.encode()[:utf8_column].decode(errors="ignore"))

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Every position from `start` up to `end` at which something other than a space stands."""
        for line in range(start[0], end[0] + 1):
            content = self._lines[line]
            first = start[1] if line == start[0] else 0
            last = end[1] if line == end[0] else len(content)
            for column in range(first, last):
                if not content[column].isspace():
                    yield line, column

    def newline(self, line: int) -> cst.Newline:
        """The end of a new line that stands beside `line`."""
        ending = self.line_end(line)
        return cst.Newline(value=None if ending == self.module.default_newline else ending)

    def line_end(self, line: int) -> str:
        if line < len(self._newlines):
            return self._newlines[line]
        return self.module.default_newline

    def statements(self, code: str, line: int, indent: str | None = None) -> list[Statement]:
        """New statements, parsed, with the line ends of those around `line`; blocks in them are
        indented by `indent`, or as the file's first block is."""
        ending = self.line_end(line)
        try:
            parsed = cst.parse_module(code.strip("\n").replace("\n", ending) + ending)
        except cst.ParserSyntaxError as error:
            raise SurgeryError(f"the new code does not parse: {code!r}") from error
        if ending != self.module.default_newline:
            parsed = parsed.visit(_SpellNewlines(self.newline(line)))
        if indent is not None:
            parsed = parsed.visit(_SpellIndents(indent))
        if "\n\n" in code:
            parsed = parsed.visit(_BareBlankLines())
        body = list(parsed.body)
        if parsed.header and body:
            body[0] = body[0].with_changes(leading_lines=[*parsed.header, *body[0].leading_lines])
        return body

    def expression(self, code: str, line: int) -> cst.BaseExpression:
        """A new expression, parsed, with the line ends of `line`."""
        ending = self.line_end(line)
        try:
            expression = cst.parse_expression(code.replace("\n", ending))
        except cst.ParserSyntaxError as error:
            raise SurgeryError(f"the new expression does not parse: {code!r}") from error
        if "\n" in code and ending != self.module.default_newline:
            spelled = expression.visit(_SpellNewlines(self.newline(line)))
            assert isinstance(spelled, cst.BaseExpression)
            return spelled
        return expression

    def parameters(self, code: str, line: int) -> cst.Parameters:
        """The parameters that a function is to have, with the line ends of `line`."""
        (function,) = self.statements(f"def function({code}):\n    pass", line)
        assert isinstance(function, cst.FunctionDef)
        return function.params


class _BareBlankLines(cst.CSTTransformer):
    """Leaves blank lines without the indentation of what stands around them."""

    def leave_EmptyLine(
        self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine
    ) -> cst.EmptyLine:
        if updated_node.comment is not None:
            return updated_node
        return updated_node.with_changes(indent=False, whitespace=cst.SimpleWhitespace(""))


class _SpellNewlines(cst.CSTTransformer):
    """Writes out the line ends that would otherwise be those of the file's first line."""

    def __init__(self, newline: cst.Newline) -> None:
        super().__init__()
        self._newline = newline

    def leave_Newline(self, original_node: cst.Newline, updated_node: cst.Newline) -> cst.Newline:
        return self._newline if updated_node.value is None else updated_node


class _SpellIndents(cst.CSTTransformer):
    """Writes out the indentation that would otherwise be that of the file's first block."""

    def __init__(self, indent: str) -> None:
        super().__init__()
        self._indent = indent

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(indent=self._indent)


# ---------------------------------------------------------------------- from `ast` to LibCST


Span = tuple[int, int, int, int]


class Places:
    """Finds the LibCST node of an `ast` node by its position, and makes sure that it is the one."""

    def __init__(self, host: Host, positions: Positions) -> None:
        self._host = host
        self._statements: dict[tuple[int, int], SmallOrCompound] = {}
        self._parameters: dict[tuple[int, int], cst.Param] = {}
        self._expressions: dict[Span, cst.BaseExpression] = {}
        for node in positions.ranges:
            if isinstance(node, cst.BaseExpression):
                self._expressions[self._span(node, positions)] = node
            elif isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
                self._statements[positions.start(node)] = node
            elif isinstance(node, cst.Param):
                self._parameters[positions.start(node.name)] = node

    @staticmethod
    def _span(node: cst.BaseExpression, positions: Positions) -> Span:
        """The span as `ast` has it: with the innermost parentheses of a tuple or generator."""
        if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:
            return *positions.start(node.lpar[-1]), *positions.end(node.rpar[0])
        return *positions.start(node), *positions.end(node)

    def statement(self, node: ast.stmt) -> SmallOrCompound:
        start = node.lineno, self._host.column(node.lineno, node.col_offset)
        found = self._statements.get(start)
        if found is None or type(found).__name__ not in _CST_STATEMENTS.get(type(node), ()):
            raise _not_found(node)
        return found

    def parameter(self, node: ast.arg) -> cst.Param:
        start = node.lineno, self._host.column(node.lineno, node.col_offset)
        found = self._parameters.get(start)
        if found is None or found.name.value != node.arg:
            raise _not_found(node)
        return found

    def expression(self, node: ast.expr) -> cst.BaseExpression:
        end_line, end_column = end_of(node)
        start = node.lineno, self._host.column(node.lineno, node.col_offset)
        end = end_line, self._host.column(end_line, end_column)
        found = self._expressions.get((*start, *end))
        if found is None and isinstance(node, ast.GeneratorExp):
            # `f(x for x in y)`: to `ast` the parentheses of the call are the generator's own.
            inside = list(self._host.between((start[0], start[1] + 1), (end[0], end[1] - 1)))
            if inside:
                last_line, last_column = inside[-1]
                found = self._expressions.get((*inside[0], last_line, last_column + 1))
        if found is None or not self._same(found, node):
            raise _not_found(node)
        return found

    def _same(self, found: cst.BaseExpression, node: ast.expr) -> bool:
        code = self._host.module.code_for_node(found)
        try:
            parsed = ast.parse(f"({code}\n)", mode="eval").body
        except SyntaxError:
            return False
        return _without_context(parsed) == _without_context(node)


def _without_context(node: ast.expr) -> str:
    return re.sub(r"ctx=(Store|Del)\(\)", "ctx=Load()", ast.dump(node))


def _not_found(node: Located) -> SurgeryError:
    return SurgeryError(
        f"line {node.lineno}: LibCST has no {type(node).__name__} where Python has one"
    )


_CST_STATEMENTS: dict[type[ast.stmt], tuple[str, ...]] = {
    ast.FunctionDef: ("FunctionDef",),
    ast.AsyncFunctionDef: ("FunctionDef",),
    ast.ClassDef: ("ClassDef",),
    ast.Return: ("Return",),
    ast.Delete: ("Del",),
    ast.Assign: ("Assign",),
    ast.AugAssign: ("AugAssign",),
    ast.AnnAssign: ("AnnAssign",),
    ast.For: ("For",),
    ast.AsyncFor: ("For",),
    ast.While: ("While",),
    ast.If: ("If",),
    ast.With: ("With",),
    ast.AsyncWith: ("With",),
    ast.Match: ("Match",),
    ast.Raise: ("Raise",),
    ast.Try: ("Try",),
    ast.Assert: ("Assert",),
    ast.Import: ("Import",),
    ast.ImportFrom: ("ImportFrom",),
    ast.Global: ("Global",),
    ast.Nonlocal: ("Nonlocal",),
    ast.Expr: ("Expr",),
    ast.Pass: ("Pass",),
    ast.Break: ("Break",),
    ast.Continue: ("Continue",),
}
if hasattr(ast, "TryStar"):
    _CST_STATEMENTS[ast.TryStar] = ("TryStar",)
