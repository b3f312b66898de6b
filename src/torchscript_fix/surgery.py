"""All accepted Edits of one file, put into its text by one LibCST parse and one pass.

Edits name nodes of the `ast` tree; the same places are found in the LibCST tree by position, and
what was found is checked against the `ast` before anything is cut. Every line that no Edit touches
comes out byte for byte as it went in.
"""

import ast
import bisect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from torchscript_fix.edit import (
    AddImport,
    AnnotateParameter,
    AppendElse,
    Edit,
    GuardBody,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    ReplaceExpression,
    ReplaceStatement,
    place,
)
from torchscript_fix.imports import (
    Wanted,
    import_clashes,
    is_imported,
    split_above_own_comment,
    with_imports,
)

__all__ = ["SurgeryError", "apply_edits", "import_clashes", "is_elif", "overlaps"]

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
SmallOrCompound = cst.BaseSmallStatement | cst.BaseCompoundStatement

_LINE_END = re.compile(r"\r\n?|\n")


class SurgeryError(Exception):
    """The Edits cannot be put into this text; nothing was changed.

    The message says where and why, for people.
    """


# --------------------------------------------------------------------------- which Edits get on


def overlaps(a: Edit, b: Edit) -> bool:
    """Whether applying both Edits (of one file) would lose one of them."""
    return a != b and (_loses(a, b) or _loses(b, a))


def _loses(a: Edit, b: Edit) -> bool:
    """Whether `b` is gone, or contradicted, once `a` has been applied."""
    match a, b:
        case AnnotateParameter(), AnnotateParameter():
            return a.parameter is b.parameter
        case AnnotateParameter(), ReplaceExpression():
            annotation = a.parameter.annotation
            return annotation is not None and _contains(annotation, b.expression)
        case (ReplaceStatement() | RemoveStatement()), InsertBefore():
            return a.statement is not b.statement and _contains(a.statement, b.statement)
        case (ReplaceStatement() | RemoveStatement()), _:
            there = place(b)
            return there is not None and _contains(a.statement, there)
        case ReplaceExpression(), _:
            there = place(b)
            return there is not None and _contains(a.expression, there)
    return False


Located = ast.expr | ast.stmt | ast.arg


def _contains(outer: Located, inner: ast.AST) -> bool:
    assert isinstance(inner, Located)
    if isinstance(outer, ast.expr) and isinstance(inner, ast.stmt):
        return False  # an expression statement spans the same text as its expression
    return _start(outer) <= _start(inner) and _end(inner) <= _end(outer)


def _start(node: Located) -> tuple[int, int]:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first = decorators[0] if decorators else node
    return first.lineno, first.col_offset


def _end(node: Located) -> tuple[int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return node.end_lineno, node.end_col_offset


# ------------------------------------------------------------------------------ the one way in


def apply_edits(text: str, edits: Sequence[Edit], tree: ast.Module) -> str:
    """`text` with all of `edits` applied; `tree` is `ast.parse(text)`, whose nodes they name.

    Edits at one place are applied in the order given; the same line inserted twice at the same
    place is inserted once. Where a `for` gains a guard, what is inserted at the head of its body
    goes under the guard. Raises SurgeryError where two Edits overlap, a place is not found, LibCST
    does not reproduce the text, or the result would not parse.
    """
    if not edits:
        return text
    _refuse_overlaps(edits)
    try:
        module = cst.parse_module(text)
    except Exception as error:  # LibCST raises several kinds, panics of its parser among them
        raise SurgeryError(f"LibCST cannot parse this file: {_first_line(error)}") from error
    if module.code != text:
        raise SurgeryError(
            "LibCST does not reproduce this file byte for byte (a form feed before code does that)"
        )
    # Our own transformer never needs two equal nodes told apart, so the copy is not needed either.
    wrapper = MetadataWrapper(module, unsafe_skip_copy=True)
    positions = wrapper.resolve(PositionProvider)
    host = _Host(text, module)
    plan = _Plan.of(edits, _Places(host, positions, tree), tree)
    result = module.visit(_Surgeon(host, plan, positions)).code
    try:
        ast.parse(result)
    except SyntaxError as error:
        line = result.splitlines()[(error.lineno or 1) - 1 : error.lineno]
        raise SurgeryError(f"the result would not parse: {error.msg}: {''.join(line)}") from error
    return result


def _refuse_overlaps(edits: Sequence[Edit]) -> None:
    for index, edit in enumerate(edits):
        for other in edits[:index]:
            if overlaps(edit, other):
                raise SurgeryError(
                    f"two edits overlap: {type(other).__name__}{_at(other)} "
                    f"and {type(edit).__name__}{_at(edit)}"
                )


def _at(edit: Edit) -> str:
    node = place(edit)
    return f" at line {node.lineno}" if isinstance(node, Located) else ""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__


# ------------------------------------------------------------------ how the host file is written


class _Host:
    """The file that new code must look like: its lines, newlines and indentation."""

    def __init__(self, text: str, module: cst.Module) -> None:
        self.module = module
        self._lines = _LINE_END.split(text)
        self._newlines = _LINE_END.findall(text)

    def column(self, line: int, utf8_column: int) -> int:
        """The column in characters of a column in UTF-8 bytes, as `ast` counts them."""
        content = self._lines[line - 1]
        if content.isascii():
            return utf8_column
        return len(content.encode()[:utf8_column].decode(errors="ignore"))

    def between(self, start: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
        """Every position from `start` up to `end` at which something other than a space stands."""
        for line in range(start[0], end[0] + 1):
            content = self._lines[line - 1]
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
        if line <= len(self._newlines):
            return self._newlines[line - 1]
        return self.module.default_newline

    def statements(self, code: str, line: int) -> list[Statement]:
        """New statements, parsed, with the line ends of those around `line`."""
        ending = self.line_end(line)
        try:
            parsed = cst.parse_module(code.strip("\n").replace("\n", ending) + ending)
        except cst.ParserSyntaxError as error:
            raise SurgeryError(f"the new code does not parse: {code!r}") from error
        if ending != self.module.default_newline:
            parsed = parsed.visit(_SpellNewlines(self.newline(line)))
        body = list(parsed.body)
        if parsed.header and body:
            body[0] = body[0].with_changes(leading_lines=[*parsed.header, *body[0].leading_lines])
        return body

    def expression(self, code: str, line: int) -> cst.BaseExpression:
        """A new expression, parsed, with the line ends of `line`."""
        try:
            return cst.parse_expression(code.replace("\n", self.line_end(line)))
        except cst.ParserSyntaxError as error:
            raise SurgeryError(f"the new expression does not parse: {code!r}") from error


class _SpellNewlines(cst.CSTTransformer):
    """Writes out the line ends that would otherwise be those of the file's first line."""

    def __init__(self, newline: cst.Newline) -> None:
        super().__init__()
        self._newline = newline

    def leave_Newline(self, original_node: cst.Newline, updated_node: cst.Newline) -> cst.Newline:
        return self._newline if updated_node.value is None else updated_node


# ---------------------------------------------------------------------- from `ast` to LibCST


Span = tuple[int, int, int, int]


class _Places:
    """Finds the LibCST node of an `ast` node by its position, and makes sure that it is the one."""

    def __init__(self, host: _Host, positions: "_Positions", tree: ast.Module) -> None:
        self._host = host
        self._tree = tree
        self._statements: dict[tuple[int, int], SmallOrCompound] = {}
        self._parameters: dict[tuple[int, int], cst.Param] = {}
        self._expressions: dict[Span, cst.BaseExpression] = {}
        for node, found in positions.items():
            start = found.start
            if isinstance(node, cst.BaseExpression):
                self._expressions[self._span(node, found, positions)] = node
            elif isinstance(node, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
                self._statements[start.line, start.column] = node
            elif isinstance(node, cst.Param):
                name = positions[node.name].start
                self._parameters[name.line, name.column] = node

    @staticmethod
    def _span(node: cst.BaseExpression, found: CodeRange, positions: "_Positions") -> Span:
        """The span as `ast` has it: with the innermost parentheses of a tuple or generator."""
        start, end = found.start, found.end
        if isinstance(node, (cst.Tuple, cst.GeneratorExp)) and node.lpar:
            start, end = positions[node.lpar[-1]].start, positions[node.rpar[0]].end
        return start.line, start.column, end.line, end.column

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
        end_line, end_column = _end(node)
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


_Positions = dict[cst.CSTNode, CodeRange]


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


# ------------------------------------------------------------------- what is to happen where


@dataclass(frozen=True)
class _NewCode:
    """Code for a place beside `line`."""

    code: str
    line: int


class _Plan:
    """What happens to each LibCST node, and on which lines anything happens at all."""

    def __init__(self) -> None:
        self.before: dict[cst.CSTNode, list[_NewCode]] = defaultdict(list)
        self.after: dict[cst.CSTNode, list[_NewCode]] = defaultdict(list)
        self.replace: dict[cst.CSTNode, _NewCode] = {}
        self.remove: set[cst.CSTNode] = set()
        self.orelse: dict[cst.CSTNode, list[_NewCode]] = defaultdict(list)
        self.guard: dict[cst.CSTNode, list[_NewCode]] = defaultdict(list)
        self.expressions: dict[cst.CSTNode, _NewCode] = {}
        self.annotations: dict[cst.CSTNode, _NewCode] = {}
        self.imports: list[Wanted] = []
        self.lines: list[int] = []

    @classmethod
    def of(cls, edits: Sequence[Edit], places: _Places, tree: ast.Module) -> "_Plan":
        plan = cls()
        wanted = [edit for edit in edits if isinstance(edit, AddImport)]
        for edit in edits:
            plan._add(edit, places)
        first = min(plan.lines, default=None)
        plan.imports = [
            Wanted(edit.module, edit.name)
            for edit in dict.fromkeys(wanted)
            if not is_imported(tree, edit.module, edit.name, before=first)
        ]
        plan.lines.sort()
        return plan

    def _add(self, edit: Edit, places: _Places) -> None:
        match edit:
            case InsertBefore(statement, code):
                self._insert(self.before, places, statement, code)
            case InsertAtHead(owner, block, code):
                self._at_head(places, owner, getattr(owner, block, []), code)
            case AppendElse(statement, code):
                self._append_else(places, statement, code)
            case ReplaceExpression(expression, code):
                self._note(expression)
                new = _NewCode(code, expression.lineno)
                self.expressions[places.expression(expression)] = new
            case ReplaceStatement(statement, code):
                self._note(statement)
                self.replace[places.statement(statement)] = _NewCode(code, _end(statement)[0])
            case RemoveStatement(statement):
                self._note(statement)
                self.remove.add(places.statement(statement))
            case GuardBody(owner, test):
                self._note(owner.body[0])
                guards = self.guard[places.statement(owner)]
                if all(guard.code != test for guard in guards):
                    guards.append(_NewCode(test, owner.body[0].lineno))
            case AnnotateParameter(parameter, annotation):
                self._note(parameter)
                new = _NewCode(annotation, parameter.lineno)
                self.annotations[places.parameter(parameter)] = new
            case AddImport():
                pass

    def _note(self, node: Located) -> None:
        self.lines.append(_start(node)[0])

    def _insert(
        self,
        where: dict[cst.CSTNode, list[_NewCode]],
        places: _Places,
        statement: ast.stmt,
        code: str,
    ) -> None:
        self._note(statement)
        already = where[places.statement(statement)]
        if all(new.code != code for new in already):
            already.append(_NewCode(code, statement.lineno))

    def _at_head(self, places: _Places, owner: ast.stmt, block: list[ast.stmt], code: str) -> None:
        if not block:
            raise SurgeryError(
                f"line {owner.lineno}: this {type(owner).__name__} has no such block to insert into"
            )
        has_docstring = (
            isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            and ast.get_docstring(owner, clean=False) is not None
        )
        if not has_docstring:
            self._insert(self.before, places, block[0], code)
        elif len(block) > 1:
            self._insert(self.before, places, block[1], code)
        else:
            self._insert(self.after, places, block[0], code)

    def _append_else(self, places: _Places, statement: ast.If, code: str) -> None:
        end = statement
        while end.orelse and is_elif(end, end.orelse[0]):
            following = end.orelse[0]
            assert isinstance(following, ast.If)
            end = following
        self._note(end)
        last = (end.orelse or end.body)[-1]
        already = self.orelse[places.statement(end)]
        if all(new.code != code for new in already):
            already.append(_NewCode(code, last.lineno))

    def touches(self, first_line: int, last_line: int) -> bool:
        index = bisect.bisect_left(self.lines, first_line)
        return index < len(self.lines) and self.lines[index] <= last_line


def is_elif(statement: ast.If, following: ast.stmt) -> bool:
    """Whether the first statement of the `else` of `statement` is written as its `elif`."""
    return isinstance(following, ast.If) and (
        following.col_offset == statement.col_offset and following.lineno != statement.lineno
    )


# --------------------------------------------------------------------------------- the cutting


class _Surgeon(cst.CSTTransformer):
    """Carries out a plan, descending only into statements on whose lines something happens."""

    def __init__(self, host: _Host, plan: _Plan, positions: _Positions) -> None:
        super().__init__()
        self._host = host
        self._plan = plan
        self._positions = positions
        self._elifs: set[cst.CSTNode] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.If) and isinstance(node.orelse, cst.If):
            self._elifs.add(node.orelse)
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            found = self._positions[node]
            decorators = getattr(node, "decorators", ())
            first = self._positions[decorators[0]] if decorators else found
            return self._plan.touches(first.start.line, found.end.line)
        return True

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel:
        plan = self._plan
        node = updated_node
        if original_node in plan.expressions:
            assert isinstance(node, cst.BaseExpression)
            return self._replaced(node, plan.expressions[original_node])
        if original_node in plan.annotations:
            assert isinstance(node, cst.Param)
            return self._annotated(node, plan.annotations[original_node])
        if isinstance(original_node, (cst.IndentedBlock, cst.SimpleStatementSuite)):
            assert isinstance(node, (cst.IndentedBlock, cst.SimpleStatementSuite))
            return self._block(original_node, node)
        if isinstance(original_node, cst.Module):
            assert isinstance(node, cst.Module)
            return self._module(original_node, node)
        if isinstance(original_node, cst.BaseCompoundStatement):
            assert isinstance(node, cst.BaseCompoundStatement)
            return self._compound(original_node, node)
        return node

    # expressions and parameters

    def _replaced(self, node: cst.BaseExpression, new: _NewCode) -> cst.BaseExpression:
        """The new expression, in the parentheses that stood around the old one."""
        expression = self._host.expression(new.code, new.line)
        lpar, rpar = list(node.lpar), list(node.rpar)
        if isinstance(node, (cst.Tuple, cst.GeneratorExp)):
            lpar, rpar = lpar[:-1], rpar[1:]  # those belong to the tuple or generator itself
        if lpar and expression.lpar and not isinstance(expression, (cst.Tuple, cst.GeneratorExp)):
            return expression.with_changes(lpar=lpar, rpar=rpar)
        return expression.with_changes(
            lpar=[*lpar, *expression.lpar], rpar=[*expression.rpar, *rpar]
        )

    def _annotated(self, node: cst.Param, new: _NewCode) -> cst.Param:
        expression = self._host.expression(new.code, new.line)
        if node.annotation is not None:
            annotation = node.annotation.with_changes(annotation=expression)
        else:
            annotation = cst.Annotation(
                annotation=expression,
                whitespace_before_indicator=cst.SimpleWhitespace(""),
                whitespace_after_indicator=cst.SimpleWhitespace(" "),
            )
        changed = node.with_changes(annotation=annotation)
        if node.default is None or not isinstance(node.equal, cst.AssignEqual):
            return changed
        return changed.with_changes(
            equal=node.equal.with_changes(
                whitespace_before=_at_least_a_space(node.equal.whitespace_before),
                whitespace_after=_at_least_a_space(node.equal.whitespace_after),
            )
        )

    # blocks

    def _module(self, original: cst.Module, node: cst.Module) -> cst.Module:
        added: dict[int, list[Statement]] = {}
        if self._plan.imports:
            limit = self._first_touched(original)

            def newline_at(index: int) -> cst.Newline:
                beside = original.body[min(index, len(original.body) - 1)]
                return self._host.newline(self._positions[beside].start.line)

            node, added = with_imports(node, self._plan.imports, limit, newline_at)
        if not added and not any(map(self._is_changed, _parts(original.body))):
            return node
        statements, left_over = self._statements(original.body, node.body, added)
        return node.with_changes(body=statements, footer=[*left_over, *node.footer])

    def _first_touched(self, original: cst.Module) -> int:
        """The index of the first statement of the module in which something changes."""
        for index, statement in enumerate(original.body):
            if self._plan.lines and self._positions[statement].end.line >= self._plan.lines[0]:
                return index
        return max(len(original.body) - 1, 0)

    def _block(
        self,
        original: cst.IndentedBlock | cst.SimpleStatementSuite,
        node: cst.IndentedBlock | cst.SimpleStatementSuite,
    ) -> cst.BaseSuite:
        if isinstance(node, cst.SimpleStatementSuite):
            assert isinstance(original, cst.SimpleStatementSuite)
            if not any(map(self._is_changed, original.body)):
                return node
            return self._suite(original, node)
        if not any(map(self._is_changed, _parts(original.body))):
            return node
        statements, left_over = self._statements(original.body, node.body, {})
        if not statements:
            last = self._positions[original.body[-1]].start.line
            statements = self._host.statements("pass", last)
            statements[0] = statements[0].with_changes(leading_lines=left_over)
            left_over = []
        return node.with_changes(body=statements, footer=[*left_over, *node.footer])

    def _suite(
        self, original: cst.SimpleStatementSuite, node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        """A body on the line of its header: it moves below where it no longer fits there."""
        line = self._positions[original.body[0]].start.line
        statements = self._line(original.body, node.body, node.trailing_whitespace, line)
        if not statements:
            statements = self._host.statements("pass", line)
            statements = _ended(statements, node.trailing_whitespace)
        if len(statements) == 1 and isinstance(statements[0], cst.SimpleStatementLine):
            only = statements[0]
            return node.with_changes(body=only.body, trailing_whitespace=only.trailing_whitespace)
        return self._indented(statements, line)

    def _indented(
        self, statements: Sequence[Statement], line: int, indent: str | None = None
    ) -> cst.IndentedBlock:
        header = cst.TrailingWhitespace(newline=self._host.newline(line))
        return cst.IndentedBlock(body=statements, header=header, indent=indent)

    def _is_changed(self, part: cst.CSTNode) -> bool:
        plan = self._plan
        return (
            part in plan.before or part in plan.after or part in plan.replace or part in plan.remove
        )

    def _statements(
        self,
        originals: Sequence[Statement],
        updated: Sequence[Statement],
        added: dict[int, list[Statement]],
    ) -> tuple[list[Statement], list[cst.EmptyLine]]:
        """The statements of a block, and the comments of those that went from its end."""
        statements: list[Statement] = []
        carried: list[cst.EmptyLine] = []
        for index, (original, now) in enumerate(zip(originals, updated, strict=True)):
            statements += added.get(index, [])
            group = self._group(original, now)
            if group:
                lines = _joined(carried, group[0].leading_lines)
                group[0] = group[0].with_changes(leading_lines=lines) if carried else group[0]
                carried = []
            else:
                carried = _joined(carried, now.leading_lines)
            statements += group
        statements += added.get(len(originals), [])
        return statements, [line for line in carried if line.comment is not None]

    def _group(self, original: Statement, now: Statement) -> list[Statement]:
        """What stands where one statement, or one line of them, stood."""
        if not any(map(self._is_changed, _parts([original]))):
            return [now]
        if isinstance(now, cst.SimpleStatementLine):
            assert isinstance(original, cst.SimpleStatementLine)
            line = self._positions[original].start.line
            group = self._line(original.body, now.body, now.trailing_whitespace, line)
            inserts = original.body[0] in self._plan.before
        else:
            group = self._around(original, now)
            inserts = original in self._plan.before
        if not group:
            return []
        if not inserts:
            rest = list(now.leading_lines) if group[0] is not now else []
            if rest:
                group[0] = group[0].with_changes(leading_lines=[*rest, *group[0].leading_lines])
            return group
        return self._below_blank_lines(original, now, group)

    def _below_blank_lines(
        self, original: Statement, now: Statement, group: list[Statement]
    ) -> list[Statement]:
        """Puts the lines above a statement back, new statements between blank lines and comments.

        The comments directly above a statement are about it and stay with it.
        """
        first = original.body[0] if isinstance(original, cst.SimpleStatementLine) else original
        count = sum(
            len(self._host.statements(new.code, new.line)) for new in self._plan.before[first]
        )
        above, own = split_above_own_comment(now.leading_lines)
        head, behind = group[0], group[count:]
        group[0] = head.with_changes(leading_lines=[*above, *head.leading_lines])
        if not behind:  # the statement itself is gone
            group[0] = group[0].with_changes(leading_lines=[*now.leading_lines])
            return group
        kept = [] if behind[0] is now else list(behind[0].leading_lines)
        behind[0] = behind[0].with_changes(leading_lines=[*own, *kept])
        return [*group[:count], *behind]

    def _around(self, original: cst.CSTNode, now: cst.BaseCompoundStatement) -> list[Statement]:
        """What is inserted before a compound statement, and what stands in its place."""
        plan = self._plan
        group = self._new(plan.before.get(original, ()))
        if original in plan.replace:
            group += self._replacement(plan.replace[original], now)
        elif original not in plan.remove:
            group.append(now)
        return group

    def _new(self, codes: Iterable[_NewCode]) -> list[Statement]:
        return [
            statement for new in codes for statement in self._host.statements(new.code, new.line)
        ]

    def _replacement(self, new: _NewCode, old: cst.BaseCompoundStatement) -> list[Statement]:
        """New statements with the comment that stood behind the header of the old one."""
        statements = self._host.statements(new.code, new.line)
        body = getattr(old, "body", None)
        if isinstance(body, cst.IndentedBlock) and body.header.comment is not None:
            return _commented(statements, body.header)
        return statements

    def _line(
        self,
        originals: Sequence[cst.BaseSmallStatement],
        updated: Sequence[cst.BaseSmallStatement],
        end: cst.TrailingWhitespace,
        line: int,
    ) -> list[Statement]:
        """The statements that stood on one line, with `;` between them as far as they still can."""
        plan = self._plan
        newline = cst.TrailingWhitespace(newline=self._host.newline(line))
        statements: list[Statement] = []
        together: list[cst.BaseSmallStatement] = []

        def flush() -> None:
            if together:
                small = [*together[:-1], _without_semicolon(together[-1])]
                statements.append(cst.SimpleStatementLine(body=small, trailing_whitespace=newline))
                together.clear()

        for original, now in zip(originals, updated, strict=True):
            if original in plan.before:
                flush()
                statements += self._new(plan.before[original])
            if original in plan.replace:
                new = self._host.statements(plan.replace[original].code, line)
                if len(originals) > 1 and len(new) == 1 and _is_bare(new[0]):
                    together += _with_semicolons(new[0].body, now)
                else:
                    flush()
                    statements += new
            elif original not in plan.remove:
                together.append(now)
            if original in plan.after:
                flush()
                statements += self._new(plan.after[original])
        flush()
        if plan.remove.issuperset(originals):
            end = end.with_changes(whitespace=cst.SimpleWhitespace(""), comment=None)
        return _ended(statements, end)

    # compound statements

    def _compound(
        self, original: cst.BaseCompoundStatement, node: cst.BaseCompoundStatement
    ) -> cst.CSTNode | cst.RemovalSentinel:
        for guard in self._plan.guard.get(original, ()):
            node = self._guarded(original, node, guard)
        if original in self._plan.orelse:
            assert isinstance(node, cst.If)
            node = self._with_else(node, self._plan.orelse[original])
        if original in self._elifs and self._is_changed(original):
            assert isinstance(node, cst.If)
            return self._elif(original, node)
        return node

    def _guarded(
        self, original: cst.BaseCompoundStatement, node: cst.BaseCompoundStatement, guard: _NewCode
    ) -> cst.BaseCompoundStatement:
        """The body under `if test:`; a docstring stays at the head of its function."""
        body = node.body
        newline = self._host.newline(guard.line)
        if isinstance(body, cst.SimpleStatementSuite):
            body = self._indented(
                [
                    cst.SimpleStatementLine(
                        body=body.body, trailing_whitespace=body.trailing_whitespace
                    )
                ],
                guard.line,
            )
        assert isinstance(body, cst.IndentedBlock)
        inner: list[Statement] = list(body.body)
        outer: list[Statement] = []
        above: list[cst.EmptyLine] = []
        if isinstance(original, cst.FunctionDef) and original.get_docstring(clean=False):
            outer, inner = inner[:1], inner[1:]
            if not inner:
                raise SurgeryError(f"line {guard.line}: nothing but a docstring to guard")
            above, own = split_above_own_comment(inner[0].leading_lines)
            inner[0] = inner[0].with_changes(leading_lines=own)
        condition = cst.If(
            test=self._host.expression(guard.code, guard.line),
            body=cst.IndentedBlock(
                body=inner,
                header=cst.TrailingWhitespace(newline=newline),
                indent=body.indent,
                footer=body.footer,
            ),
            leading_lines=above,
        )
        return node.with_changes(body=body.with_changes(body=[*outer, condition], footer=[]))

    def _with_else(self, node: cst.If, codes: list[_NewCode]) -> cst.If:
        new = self._new(codes)
        if node.orelse is None:
            indent = node.body.indent if isinstance(node.body, cst.IndentedBlock) else None
            return node.with_changes(
                orelse=cst.Else(body=self._indented(new, codes[0].line, indent))
            )
        assert isinstance(node.orelse, cst.Else)
        body = node.orelse.body
        if isinstance(body, cst.SimpleStatementSuite):
            body = self._indented(
                [
                    cst.SimpleStatementLine(
                        body=body.body, trailing_whitespace=body.trailing_whitespace
                    )
                ],
                codes[0].line,
            )
        assert isinstance(body, cst.IndentedBlock)
        there: list[Statement] = list(body.body)
        if len(there) == 1 and _is_pass(there[0]):
            statements = _ended(new, there[0].trailing_whitespace)
            lines = [*there[0].leading_lines, *statements[0].leading_lines]
            statements[0] = statements[0].with_changes(leading_lines=lines)
        elif _leaves(there[-1]):
            statements = [*there[:-1], *new, there[-1]]
        else:
            statements = [*there, *new]
        return node.with_changes(
            orelse=node.orelse.with_changes(body=body.with_changes(body=statements))
        )

    def _elif(self, original: cst.CSTNode, node: cst.If) -> cst.CSTNode | cst.RemovalSentinel:
        """What stands where an `elif` stood: `else:` with an `if` in it, once it is not alone."""
        plain = node.with_changes(leading_lines=[])
        group = self._around(original, plain)
        if not group:
            return cst.RemoveFromParent()
        if len(group) == 1 and isinstance(group[0], cst.If):
            return group[0].with_changes(leading_lines=node.leading_lines)
        indent = node.body.indent if isinstance(node.body, cst.IndentedBlock) else None
        line = self._positions[original].start.line
        return cst.Else(body=self._indented(group, line, indent), leading_lines=node.leading_lines)


def _parts(statements: Iterable[Statement]) -> Iterator[cst.CSTNode]:
    """What an Edit can name: compound statements, and the statements on each line."""
    for statement in statements:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement


def _at_least_a_space(
    whitespace: cst.BaseParenthesizableWhitespace,
) -> cst.BaseParenthesizableWhitespace:
    return cst.SimpleWhitespace(" ") if whitespace.empty else whitespace


def _joined(
    carried: Sequence[cst.EmptyLine], following: Sequence[cst.EmptyLine]
) -> list[cst.EmptyLine]:
    """The lines above a removed statement and those above the next, with no blank line doubled."""
    kept = list(carried)
    if following and following[0].comment is None:
        while kept and kept[-1].comment is None:
            kept.pop()
    return [*kept, *following]


def _ended(statements: list[Statement], end: cst.TrailingWhitespace) -> list[Statement]:
    """`statements` with the end of the line that they replace: its comment, its newline."""
    if not statements:
        return statements
    *first, last = statements
    if isinstance(last, cst.SimpleStatementLine) and last.trailing_whitespace.comment is None:
        return [*first, last.with_changes(trailing_whitespace=end)]
    if end.comment is not None:
        return _commented(statements, end)
    return statements


def _commented(statements: list[Statement], end: cst.TrailingWhitespace) -> list[Statement]:
    """`statements` with a comment behind the first line, or above it where one is there."""
    first, *rest = statements
    body = getattr(first, "body", None)
    if isinstance(body, cst.IndentedBlock) and body.header.comment is None:
        return [first.with_changes(body=body.with_changes(header=end)), *rest]
    if isinstance(first, cst.SimpleStatementLine) and first.trailing_whitespace.comment is None:
        return [first.with_changes(trailing_whitespace=end), *rest]
    comment = cst.EmptyLine(comment=end.comment, newline=end.newline)
    return [first.with_changes(leading_lines=[*first.leading_lines, comment]), *rest]


def _without_semicolon(statement: cst.BaseSmallStatement) -> cst.BaseSmallStatement:
    return statement.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)


def _with_semicolons(
    statements: Sequence[cst.BaseSmallStatement], old: cst.BaseSmallStatement
) -> list[cst.BaseSmallStatement]:
    return [*statements[:-1], statements[-1].with_changes(semicolon=old.semicolon)]


def _is_bare(statement: Statement) -> TypeGuard[cst.SimpleStatementLine]:
    """Whether nothing but itself stands on and above the line."""
    return (
        isinstance(statement, cst.SimpleStatementLine)
        and statement.trailing_whitespace.comment is None
        and not statement.leading_lines
    )


def _is_pass(statement: Statement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, cst.Pass) for part in statement.body
    )


def _leaves(statement: Statement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[-1], (cst.Return, cst.Raise, cst.Break, cst.Continue)
    )
