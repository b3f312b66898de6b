"""The Edits of one file, sorted by the LibCST node at which each of them happens."""

import ast
import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from torchscript_fix.editing.edit import (
    AddImport,
    AnnotateParameter,
    AnnotateReturn,
    AppendElse,
    DecoratorToWith,
    Edit,
    GuardBody,
    GuardRest,
    InsertAtHead,
    InsertBefore,
    RemoveStatement,
    RenameFunction,
    ReplaceExpression,
    ReplaceParameters,
    ReplaceStatement,
)
from torchscript_fix.editing.imports import Wanted
from torchscript_fix.editing.places import (
    Located,
    Places,
    SurgeryError,
    chain_end,
    docstring_length,
    end_of,
    is_elif,
    start_of,
)


@dataclass(frozen=True)
class NewCode:
    """Code for a place beside `line`."""

    code: str
    line: int


@dataclass(frozen=True)
class Guard:
    """What statements from `line` on go under: `if test:`, and its `else:`."""

    test: str
    otherwise: str | None
    line: int
    block: str = "body"


class Plan:
    """What happens to each LibCST node, and on which lines anything happens at all."""

    def __init__(self) -> None:
        self.before: dict[cst.CSTNode, list[NewCode]] = defaultdict(list)
        self.after: dict[cst.CSTNode, list[NewCode]] = defaultdict(list)
        self.replace: dict[cst.CSTNode, NewCode] = {}
        self.remove: set[cst.CSTNode] = set()
        self.orelse: dict[cst.CSTNode, list[NewCode]] = defaultdict(list)
        self.guard: dict[cst.CSTNode, list[Guard]] = defaultdict(list)
        self.rest: dict[cst.CSTNode, Guard] = {}
        """The first of the statements that go under a guard, to the end of their block."""
        self.expressions: dict[cst.CSTNode, NewCode] = {}
        self.annotations: dict[cst.CSTNode, NewCode] = {}
        self.parameters: dict[cst.CSTNode, NewCode] = {}
        self.returns: dict[cst.CSTNode, NewCode] = {}
        self.names: dict[cst.CSTNode, str] = {}
        self.withs: dict[cst.CSTNode, tuple[int, NewCode]] = {}
        """Which decorator of a function goes, and what its body goes under."""
        self.imports: list[Wanted] = []
        self.lines: list[int] = []

    @classmethod
    def of(cls, edits: Sequence[Edit], places: Places) -> "Plan":
        plan = cls()
        for edit in edits:
            plan._add(edit, places)
        plan.lines.sort()
        return plan

    def _add(self, edit: Edit, places: Places) -> None:
        match edit:
            case InsertBefore(statement, code):
                self._insert(self.before, places, statement, code)
            case InsertAtHead(owner, block, code):
                self._at_head(places, owner, getattr(owner, block, []), code)
            case AppendElse(statement, code):
                self._append_else(places, statement, code)
            case ReplaceExpression(expression, code):
                self._note(expression)
                new = NewCode(code, expression.lineno)
                self.expressions[places.expression(expression)] = new
            case ReplaceStatement(statement, code):
                self._note(statement)
                self.replace[places.statement(statement)] = NewCode(code, end_of(statement)[0])
            case RemoveStatement(statement):
                self._note(statement)
                self.remove.add(places.statement(statement))
            case GuardBody(owner, test, block, otherwise):
                first = _first_of(owner, block)
                self._note(first)
                guards = self.guard[places.statement(owner)]
                guard = Guard(test, otherwise, first.lineno, block)
                if guard not in guards:
                    guards.append(guard)
            case GuardRest(first, test, otherwise):
                self._note(first)
                self.rest[places.statement(first)] = Guard(test, otherwise, first.lineno)
            case AnnotateParameter(parameter, annotation):
                self._note(parameter)
                new = NewCode(annotation, parameter.lineno)
                self.annotations[places.parameter(parameter)] = new
            case ReplaceParameters(function, code):
                self._note(function)
                self.parameters[places.statement(function)] = NewCode(code, function.lineno)
            case AnnotateReturn(function, annotation):
                self._note(function)
                new = NewCode(annotation, function.lineno)
                self.returns[places.statement(function)] = new
            case RenameFunction(function, name):
                self._note(function)
                self.names[places.statement(function)] = name
            case DecoratorToWith(function, decorator, code):
                self._note(function)
                which = function.decorator_list.index(decorator)
                new = NewCode(code, decorator.lineno)
                self.withs[places.statement(function)] = which, new
            case AddImport(module, name):
                wanted = Wanted(module, name)
                if wanted not in self.imports:
                    self.imports.append(wanted)

    def _note(self, node: Located) -> None:
        self.lines.append(start_of(node)[0])

    def _insert(
        self,
        where: dict[cst.CSTNode, list[NewCode]],
        places: Places,
        statement: ast.stmt,
        code: str,
    ) -> None:
        self._note(statement)
        already = where[places.statement(statement)]
        if all(new.code != code for new in already):
            already.append(NewCode(code, statement.lineno))

    def _at_head(self, places: Places, owner: ast.stmt, block: list[ast.stmt], code: str) -> None:
        if not block:
            raise SurgeryError(
                f"line {owner.lineno}: this {type(owner).__name__} has no such block to insert into"
            )
        behind = docstring_length(owner)
        if behind < len(block):
            self._insert(self.before, places, block[behind], code)
        else:
            self._insert(self.after, places, block[-1], code)

    def _append_else(self, places: Places, statement: ast.If, code: str) -> None:
        end = chain_end(statement)
        self._note(end)
        last = (end.orelse or end.body)[-1]
        already = self.orelse[places.statement(end)]
        if all(new.code != code for new in already):
            already.append(NewCode(code, last.lineno))

    def touches(self, first_line: int, last_line: int) -> bool:
        index = bisect.bisect_left(self.lines, first_line)
        return index < len(self.lines) and self.lines[index] <= last_line


def _first_of(owner: ast.stmt, block: str) -> ast.stmt:
    """The first statement of a block that can go under a guard."""
    statements: list[ast.stmt] = getattr(owner, block, [])
    if not statements:
        raise SurgeryError(f"line {owner.lineno}: there is no such block to guard")
    if block == "orelse" and isinstance(owner, ast.If) and is_elif(owner, statements[0]):
        raise SurgeryError(f"line {owner.lineno}: an elif cannot be guarded as a whole")
    return statements[0]
