"""Carries out a Plan on a LibCST tree: the one place that takes it apart and puts it together.

Comments stay with what they are about, a comment behind a line stays behind what replaces that
line, and everything that is not in the Plan is passed through as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeGuard, cast

import libcst as cst

from torchscript_fix.editing.imports import split_above_own_comment, with_imports
from torchscript_fix.editing.places import Host, Positions, Statement, SurgeryError
from torchscript_fix.editing.plan import Guard, NewCode, Plan


class Surgeon(cst.CSTTransformer):
    """Carries out a plan, descending only into statements on whose lines something happens."""

    def __init__(self, host: Host, plan: Plan, positions: Positions) -> None:
        super().__init__()
        self._host = host
        self._plan = plan
        self._positions = positions
        self._elifs: set[cst.CSTNode] = set()
        self._indents: list[str | None] = [None]

    @property
    def _indent(self) -> str | None:
        """How deep the blocks around the present place are indented, if not as the file's first."""
        return self._indents[-1]

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.IndentedBlock):
            self._indents.append(node.indent)
        if isinstance(node, cst.If) and isinstance(node.orelse, cst.If):
            self._elifs.add(node.orelse)
        if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            decorators = getattr(node, "decorators", ())
            first = self._positions.line(decorators[0] if decorators else node)
            return self._plan.touches(first, self._positions.end(node)[0])
        return True

    # LibCST types this by a type variable and for flattened results, which are not used here.
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
        if isinstance(original_node, cst.IndentedBlock):
            assert isinstance(node, cst.IndentedBlock)
            block = self._with_guarded_rest(original_node, node)
            self._indents.pop()
            return block
        if isinstance(original_node, cst.SimpleStatementSuite):
            assert isinstance(node, cst.SimpleStatementSuite)
            return self._suite(original_node, node)
        if isinstance(original_node, cst.Module):
            assert isinstance(node, cst.Module)
            return self._module(original_node, node)
        if isinstance(original_node, cst.BaseCompoundStatement):
            assert isinstance(node, cst.BaseCompoundStatement)
            if isinstance(node, cst.FunctionDef):
                node = self._with_signature(original_node, node)
            return self._compound(original_node, node)
        return node

    # expressions and parameters

    def _replaced(self, node: cst.BaseExpression, new: NewCode) -> cst.BaseExpression:
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

    def _annotated(self, node: cst.Param, new: NewCode) -> cst.Param:
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

    def _with_signature(self, original: cst.CSTNode, node: cst.FunctionDef) -> cst.FunctionDef:
        plan = self._plan
        if original in plan.parameters:
            new = plan.parameters[original]
            node = node.with_changes(
                params=self._host.parameters(new.code, new.line),
                whitespace_before_params=cst.SimpleWhitespace(""),
            )
        if original in plan.returns:
            new = plan.returns[original]
            expression = self._host.expression(new.code, new.line)
            space = cst.SimpleWhitespace(" ")
            arrow = node.returns or cst.Annotation(expression, space, space)
            node = node.with_changes(returns=arrow.with_changes(annotation=expression))
        return node

    # blocks

    def _module(self, original: cst.Module, node: cst.Module) -> cst.Module:
        added: dict[int, list[Statement]] = {}
        if self._plan.imports:
            limit = self._first_touched(original)

            def newline_at(index: int) -> cst.Newline:
                beside = original.body[index : index + 1] or original.body[-1:]
                line = self._positions.line(beside[0]) if beside else 1
                return self._host.newline(line)

            node, added = with_imports(node, self._plan.imports, limit, newline_at)
        if not added and not any(map(self._is_changed, _parts(original.body))):
            return node
        statements, left_over = self._statements(original.body, node.body, added)
        if not original.body:  # an empty file has no last newline to keep away
            node = node.with_changes(has_trailing_newline=True)
        return node.with_changes(body=statements, footer=[*left_over, *node.footer])

    def _first_touched(self, original: cst.Module) -> int:
        """The index of the first statement of the module in which something changes."""
        for index, statement in enumerate(original.body):
            if self._plan.lines and self._positions.end(statement)[0] >= self._plan.lines[0]:
                return index
        return len(original.body)

    def _with_guarded_rest(
        self, original: cst.IndentedBlock, node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        block = self._block(original, node)
        lines, updated = _lines(original), _lines(node)
        # From the last on: what goes under the first takes the others along.
        for index in reversed(range(len(lines))):
            guards = [self._plan.rest[p] for p in _parts([lines[index]]) if p in self._plan.rest]
            if guards:
                start = len(self._statements(lines[:index], updated[:index], {})[0])
                block = self._under(guards[0], block, start)
        return block

    def _block(self, original: cst.IndentedBlock, node: cst.IndentedBlock) -> cst.IndentedBlock:
        if not any(map(self._is_changed, _parts(original.body))):
            return node
        statements, left_over = self._statements(_lines(original), _lines(node), {})
        if not statements:
            last = self._positions.line(original.body[-1])
            statements = self._host.statements("pass", last)
            statements[0] = statements[0].with_changes(leading_lines=left_over)
            left_over = []
        return node.with_changes(body=statements, footer=[*left_over, *node.footer])

    def _suite(
        self, original: cst.SimpleStatementSuite, node: cst.SimpleStatementSuite
    ) -> cst.BaseSuite:
        """A body on the line of its header: it moves below where it no longer fits there."""
        if not any(map(self._is_changed, original.body)):
            return node
        line = self._positions.line(original.body[0])
        statements = [
            *self._new(self._plan.before.get(original.body[0], ())),
            *self._line(original.body, node.body, node.trailing_whitespace, line),
        ]
        if not statements:
            statements = _ended(self._host.statements("pass", line), node.trailing_whitespace)
        if len(statements) == 1 and isinstance(statements[0], cst.SimpleStatementLine):
            only = statements[0]
            return node.with_changes(body=only.body, trailing_whitespace=only.trailing_whitespace)
        return self._indented(statements, line, self._indent)

    def _indented(
        self, statements: Sequence[Statement], line: int, indent: str | None
    ) -> cst.IndentedBlock:
        header = cst.TrailingWhitespace(newline=self._host.newline(line))
        return cst.IndentedBlock(body=statements, header=header, indent=indent)

    def _below_header(self, body: cst.BaseSuite, line: int) -> cst.IndentedBlock:
        """A body as an indented block, also where it stood on the line of its header."""
        if isinstance(body, cst.IndentedBlock):
            return body
        assert isinstance(body, cst.SimpleStatementSuite)
        only = cst.SimpleStatementLine(body=body.body, trailing_whitespace=body.trailing_whitespace)
        return self._indented([only], line, self._indent)

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
        """What stands where one statement, or one line of them, stood.

        The comment directly above a statement is about it and stays with it; new statements go
        between that and the lines further up.
        """
        first = next(_parts([original]))
        if not any(map(self._is_changed, _parts([original]))):
            return [now]
        inserted = self._new(self._plan.before.get(first, ()))
        standing = self._standing(original, now)
        above, own = split_above_own_comment(now.leading_lines)
        if not inserted or not standing:
            return _under([*above, *own], [*inserted, *standing])
        own = [*self._blank_lines(original, inserted[-1]), *own]
        return [*_under(above, inserted), *_under(own, standing)]

    def _blank_lines(self, original: Statement, inserted: Statement) -> list[cst.EmptyLine]:
        """What stands between a new statement and the function or class that it precedes: a blank
        line behind an attribute or a method, two behind a function of the file."""
        if not isinstance(original, cst.FunctionDef | cst.ClassDef):
            return []
        if not _is_annotation(inserted) and not isinstance(inserted, cst.FunctionDef):
            return []
        line, column = self._positions.start(original)
        blank = cst.EmptyLine(indent=False, newline=self._host.newline(line))
        return [blank.deep_clone() for _ in range(1 if column else 2)]

    def _standing(self, original: Statement, now: Statement) -> list[Statement]:
        """The statement itself or what replaces it, without the lines above it."""
        bare = now.with_changes(leading_lines=[])
        if isinstance(bare, cst.SimpleStatementLine):
            assert isinstance(original, cst.SimpleStatementLine)
            line = self._positions.line(original)
            return self._line(original.body, bare.body, bare.trailing_whitespace, line)
        return self._compound_standing(original, bare)

    def _compound_standing(
        self, original: cst.CSTNode, now: cst.BaseCompoundStatement
    ) -> list[Statement]:
        plan = self._plan
        if original in plan.remove:
            return []
        if original not in plan.replace:
            return [now]
        statements = self._new([plan.replace[original]])
        body = getattr(now, "body", None)
        if isinstance(body, cst.IndentedBlock) and body.header.comment is not None:
            return _commented(statements, body.header)
        return statements

    def _new(self, codes: Iterable[NewCode]) -> list[Statement]:
        return [
            statement
            for new in codes
            for statement in self._host.statements(new.code, new.line, self._indent)
        ]

    def _line(
        self,
        originals: Sequence[cst.BaseSmallStatement],
        updated: Sequence[cst.BaseSmallStatement],
        end: cst.TrailingWhitespace,
        line: int,
    ) -> list[Statement]:
        """What becomes of the statements on one line, with `;` between them as far as still can be.

        What goes before the first of them is not in it.
        """
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
            if original in plan.before and original is not originals[0]:
                flush()
                statements += self._new(plan.before[original])
            if original in plan.replace:
                new = self._host.statements(plan.replace[original].code, line, self._indent)
                if len(originals) > 1 and len(new) == 1 and _is_bare(new[0]):
                    together += _with_semicolons(new[0].body, now)
                else:
                    flush()
                    statements += new
            elif original not in plan.remove:
                together.append(now)
            if original in plan.after:  # a docstring with nothing behind it
                flush()
                return _ended(statements, end) + self._new(plan.after[original])
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
        if original in self._plan.withs:
            assert isinstance(node, cst.FunctionDef)
            node = self._with_for_decorator(original, node)
        if original in self._plan.names:
            assert isinstance(node, cst.FunctionDef)
            node = node.with_changes(name=node.name.with_changes(value=self._plan.names[original]))
        if original in self._plan.orelse:
            assert isinstance(node, cst.If)
            node = self._with_else(node, self._plan.orelse[original])
        if original in self._elifs and self._is_changed(original):
            assert isinstance(node, cst.If)
            return self._elif(original, node)
        return node

    def _guarded(
        self, original: cst.BaseCompoundStatement, node: cst.BaseCompoundStatement, guard: Guard
    ) -> cst.BaseCompoundStatement:
        """A block under `if test:`; a docstring stays at the head of its function."""
        if guard.block == "orelse":
            orelse = node.orelse  # type: ignore[attr-defined]  # of an `if` or a loop
            assert isinstance(orelse, cst.Else)
            block = self._below_header(orelse.body, guard.line)
            return node.with_changes(orelse=orelse.with_changes(body=self._under(guard, block, 0)))
        body = self._below_header(node.body, guard.line)
        outside = _docstring_length(original, body, guard.line)
        return node.with_changes(body=self._under(guard, body, outside))

    def _under(self, guard: Guard, block: cst.IndentedBlock, start: int) -> cst.IndentedBlock:
        """A block whose statements from an index on are under a guard, with all comments."""
        orelse = None
        if guard.otherwise is not None:
            new = self._new([NewCode(guard.otherwise, guard.line)])
            orelse = cst.Else(body=self._indented(new, guard.line, block.indent))
        test = self._host.expression(guard.test, guard.line)

        def guarded(inner: cst.IndentedBlock, above: list[cst.EmptyLine]) -> cst.If:
            return cst.If(test=test, body=inner, orelse=orelse, leading_lines=above)

        return self._deeper(block, start, guard.line, guarded)

    def _with_for_decorator(self, original: cst.CSTNode, node: cst.FunctionDef) -> cst.FunctionDef:
        """A function whose body is under `with`, in the place of one of its decorators."""
        which, new = self._plan.withs[original]
        gone, kept = node.decorators[which], list(node.decorators)
        del kept[which]
        lines = [line for line in gone.leading_lines if line.comment is not None]
        if gone.trailing_whitespace.comment is not None:
            comment = gone.trailing_whitespace.comment
            lines.append(cst.EmptyLine(comment=comment, newline=self._host.newline(new.line)))
        if which < len(kept):
            leading = [*lines, *kept[which].leading_lines]
            kept[which] = kept[which].with_changes(leading_lines=leading)
            lines = []
        body = self._below_header(node.body, new.line)
        item = cst.WithItem(item=self._host.expression(new.code, new.line))

        def within(inner: cst.IndentedBlock, above: list[cst.EmptyLine]) -> cst.With:
            return cst.With(items=[item], body=inner, leading_lines=above)

        outside = _docstring_length(original, body, new.line)
        return node.with_changes(
            decorators=kept,
            lines_after_decorators=[*lines, *node.lines_after_decorators],
            body=self._deeper(body, outside, new.line, within),
        )

    def _deeper(
        self,
        block: cst.IndentedBlock,
        start: int,
        line: int,
        made: Callable[[cst.IndentedBlock, list[cst.EmptyLine]], Statement],
    ) -> cst.IndentedBlock:
        """A block whose statements from an index on are in the block of a new statement, `made` of
        them and of the lines above it."""
        statements = _lines(block)
        outer, inner = statements[:start], statements[start:]
        above: list[cst.EmptyLine] = []
        if outer:
            above, own = split_above_own_comment(inner[0].leading_lines)
            inner[0] = inner[0].with_changes(leading_lines=own)
        within = cst.IndentedBlock(
            body=inner,
            header=cst.TrailingWhitespace(newline=self._host.newline(line)),
            indent=block.indent,
            footer=block.footer,
        )
        return block.with_changes(body=[*outer, made(within, above)], footer=[])

    def _with_else(self, node: cst.If, codes: list[NewCode]) -> cst.If:
        new = self._new(codes)
        if node.orelse is None:
            block = self._indented(new, codes[0].line, self._indent_of(node.body))
            return node.with_changes(orelse=cst.Else(body=block))
        assert isinstance(node.orelse, cst.Else)
        body = self._below_header(node.orelse.body, codes[0].line)
        there = _lines(body)
        only = there[0]
        if len(there) == 1 and _is_pass(only):
            statements = _ended(new, only.trailing_whitespace)
            lines = [*only.leading_lines, *statements[0].leading_lines]
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
        group = [
            *self._new(self._plan.before.get(original, ())),
            *self._compound_standing(original, plain),
        ]
        if not group:
            return cst.RemoveFromParent()
        if len(group) == 1 and isinstance(group[0], cst.If):
            return group[0].with_changes(leading_lines=node.leading_lines)
        line = self._positions.line(original)
        block = self._indented(group, line, self._indent_of(node.body))
        return cst.Else(body=block, leading_lines=node.leading_lines)

    def _indent_of(self, body: cst.BaseSuite) -> str | None:
        return body.indent if isinstance(body, cst.IndentedBlock) else self._indent


def _docstring_length(original: cst.CSTNode, body: cst.IndentedBlock, line: int) -> int:
    """How many statements at the head of a body stay where they are: the docstring of a function.
    Raises SurgeryError where there is nothing else."""
    if not isinstance(original, cst.FunctionDef) or not original.get_docstring(clean=False):
        return 0
    if len(body.body) == 1:
        raise SurgeryError(f"line {line}: nothing but a docstring to guard")
    return 1


def _under(lines: Sequence[cst.EmptyLine], statements: list[Statement]) -> list[Statement]:
    """`statements` with more lines above the first of them."""
    if not statements or not lines:
        return statements
    first, *rest = statements
    return [first.with_changes(leading_lines=[*lines, *first.leading_lines]), *rest]


def _lines(block: cst.IndentedBlock) -> list[Statement]:
    statements = list(block.body)
    assert all(isinstance(statement, Statement) for statement in statements)
    return cast("list[Statement]", statements)


def _parts(statements: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
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


def _is_annotation(statement: Statement) -> bool:
    """Whether this is `name: type`, or `__name__ = value`."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    match statement.body[-1]:
        case cst.AnnAssign():
            return True
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))]):
            return name.startswith("__")
    return False


def _is_pass(statement: Statement) -> TypeGuard[cst.SimpleStatementLine]:
    return isinstance(statement, cst.SimpleStatementLine) and all(
        isinstance(part, cst.Pass) for part in statement.body
    )


def _leaves(statement: Statement) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and isinstance(
        statement.body[-1], (cst.Return, cst.Raise, cst.Break, cst.Continue)
    )
